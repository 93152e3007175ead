//! What an SBOM says is inside: packages, their licences, how they hang together. One form for all
//! formats.

use super::content::SourceOfDocument;
use super::signature::Problem;
use crate::timestamp::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One SBOM that something carries about the subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SbomFact {
    /// Where it stands, and who signed it.
    #[serde(flatten)]
    pub source: SourceOfDocument,
    /// What it says.
    #[serde(flatten)]
    pub sbom: Arc<Sbom>,
}

/// What an SBOM says, whatever format it is in. Nothing here is proven by anything but a signature
/// over the whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sbom {
    /// Its format.
    pub format: SbomFormat,
    /// The version of the format's specification, such as `2.3` or `1.6`.
    pub spec_version: SmolStr,
    /// How it is written.
    pub encoding: SbomEncoding,
    /// The name that the document gives itself.
    pub name: Option<String>,
    /// What identifies the document: SPDX's namespace or id, CycloneDX's serial number.
    pub document_id: Option<String>,
    /// When it says that it was made.
    pub created_at: Option<Timestamp>,
    /// The tools that say they made it: name, or name and version joined by a space.
    pub tools: Vec<String>,
    /// People and organisations that say they made it.
    pub authors: Vec<String>,
    /// The packages that it is about, by their `id`.
    pub describes: Vec<SmolStr>,
    /// The packages, in the document's order; the first so many where `truncated`.
    pub packages: Vec<PackageFact>,
    /// How many packages the document has, those left out as well.
    pub package_count: u64,
    /// How the packages hang together, in the document's order; the first so many where
    /// `truncated`.
    pub relationships: Vec<RelationshipFact>,
    /// How many such relationships the document has, those left out as well.
    pub relationship_count: u64,
    /// Every licence text that a package names, by the text as it is written there: what
    /// `license_declared` and `license_concluded` of the packages refer to.
    pub licenses: BTreeMap<SmolStr, LicenseFact>,
    /// How many packages there are of each purl type (`npm`, `deb`, …); packages without a purl
    /// stand under the empty name.
    pub package_types: BTreeMap<SmolStr, u64>,
    /// Whether something of the document is left out here because of a limit; `problems` says what.
    pub truncated: bool,
    /// What is wrong with it or was left out.
    pub problems: Vec<Problem>,
}

/// Formats of SBOMs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum SbomFormat {
    /// SPDX 2 and 3.
    Spdx,
    /// CycloneDX.
    CycloneDx,
}

/// How an SBOM is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SbomEncoding {
    /// JSON.
    Json,
    /// JSON-LD, as SPDX 3 has it.
    JsonLd,
    /// XML.
    Xml,
    /// SPDX 2's tags and values.
    TagValue,
}

/// One package.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackageFact {
    /// What the document calls it: SPDX's identifier, CycloneDX's `bom-ref`; where it has none,
    /// `#` and its position.
    pub id: SmolStr,
    /// Its name, with CycloneDX's `group` and a `/` before it where there is one.
    pub name: SmolStr,
    /// Its version.
    pub version: Option<SmolStr>,
    /// Its package URL, as it is written.
    pub purl: Option<SmolStr>,
    /// What it is in lower case (`library`, `application`, `file`, …), where the document says.
    pub kind: Option<SmolStr>,
    /// Who supplies it, without SPDX's `Organization:` or `Person:`; `NOASSERTION` as it is written.
    pub supplier: Option<SmolStr>,
    /// Hashes by the lower-case name of their algorithm without `-` (`sha256`), lower-case hex.
    pub hashes: BTreeMap<SmolStr, SmolStr>,
    /// The licence that its authors declare, a key of `licenses`; `null` where nothing is said. Several
    /// separate ones are one expression, joined by ` AND `.
    pub license_declared: Option<SmolStr>,
    /// The licence that whoever made the document concluded, likewise.
    pub license_concluded: Option<SmolStr>,
}

/// A relationship between two packages, or of a package and something outside the document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RelationshipFact {
    /// The `id` that it goes from.
    pub from: SmolStr,
    /// The `id` that it goes to.
    pub to: SmolStr,
    /// What it is: SPDX 2's name of it, in lower case (`depends_on`, `contains`).
    pub kind: SmolStr,
}

/// What a licence text means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenseFact {
    /// What kind of text it is.
    pub status: LicenseStatus,
    /// The expression in SPDX's spelling, with deprecated identifiers replaced; `null` where the text
    /// is none.
    pub expression: Option<SmolStr>,
    /// The ways to comply with it: each is a list of licences all of which must be kept to, and
    /// keeping to one list is enough. Empty where the text is no expression.
    pub alternatives: Vec<Vec<SmolStr>>,
    /// Whether `alternatives` is empty because there would be too many.
    pub alternatives_omitted: bool,
    /// Every licence that the expression names, with its exception, each once.
    pub licenses: Vec<SmolStr>,
    /// Those of them that are not on the SPDX licence list.
    pub unlisted: Vec<SmolStr>,
    /// The deprecated identifiers that were replaced, and by what.
    pub replaced: BTreeMap<SmolStr, SmolStr>,
    /// What is wrong, where `status` is `unknown`.
    pub error: Option<String>,
    /// How many packages declare it.
    pub declared: u64,
    /// How many packages are concluded to have it.
    pub concluded: u64,
}

/// What kind of text stands where a licence is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LicenseStatus {
    /// An expression of SPDX (specification 2.3 annex D, 3.0 annex B).
    Expression,
    /// `NONE`: there is no licence.
    None,
    /// `NOASSERTION`: nobody says whether there is one.
    NoAssertion,
    /// Anything else: a name or a sentence that is no expression.
    Unknown,
}
