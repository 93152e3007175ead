//! What VEX documents say of vulnerabilities: whether they matter here. One form for all formats.

use super::content::SourceOfDocument;
use super::signature::Problem;
use crate::timestamp::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::sync::Arc;

/// One VEX document about the subject.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VexFact {
    /// Where it stands, and who signed it.
    #[serde(flatten)]
    pub source: SourceOfDocument,
    /// What it says.
    #[serde(flatten)]
    pub document: Arc<Vex>,
}

/// What a VEX document says, whatever format it is in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Vex {
    /// Its format.
    pub format: VexFormat,
    /// The version of the format, where the document says.
    pub spec_version: Option<SmolStr>,
    /// What identifies the document.
    pub document_id: Option<String>,
    /// The document's version.
    pub version: Option<SmolStr>,
    /// Who says that they wrote it.
    pub author: Option<String>,
    /// The author's role.
    pub role: Option<String>,
    /// When it says that it was first issued.
    pub issued_at: Option<Timestamp>,
    /// When it says that it was last changed.
    pub updated_at: Option<Timestamp>,
    /// The statements, in the document's order; the first so many where `truncated`. One speaks of
    /// one vulnerability and has one status.
    pub statements: Vec<VexStatementFact>,
    /// How many statements the document has, those left out as well.
    pub statement_count: u64,
    /// Whether statements are left out here because of a limit.
    pub truncated: bool,
    /// What is wrong with it or was left out.
    pub problems: Vec<Problem>,
}

/// Formats of VEX documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum VexFormat {
    /// OpenVEX 0.0.1 and 0.2.0.
    OpenVex,
    /// CycloneDX with `vulnerabilities[].analysis`.
    CycloneDx,
    /// CSAF 2.0 and 2.1, profile VEX.
    Csaf,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VexStatementFact {
    /// The vulnerability.
    pub vulnerability: SmolStr,
    /// Other names of the same.
    pub aliases: Vec<SmolStr>,
    /// What the statement says.
    pub status: VexStatus,
    /// Why the product is not affected.
    pub justification: Option<VexJustification>,
    /// The document's own words for status and justification, where they differ from those here.
    pub stated: Option<String>,
    /// The products that it speaks of.
    pub products: Vec<VexProductFact>,
    /// Why it is not exploitable, in prose, at most 1,000 characters.
    pub impact: Option<String>,
    /// What is to be done, in prose, at most 1,000 characters.
    pub action: Option<String>,
    /// When it was made or last changed: its own time, else the document's.
    pub stated_at: Option<Timestamp>,
}

/// A product that a statement speaks of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VexProductFact {
    /// What the document calls it: a purl, an address, a reference into an SBOM.
    pub id: Option<SmolStr>,
    /// Its package URLs.
    pub purls: Vec<SmolStr>,
    /// Its digests (`sha256:…`).
    pub digests: Vec<SmolStr>,
    /// The parts of it that the statement is about, by id or purl; empty where it is about all of it.
    pub components: Vec<SmolStr>,
}

/// What a statement says (CISA, "Minimum Requirements for VEX").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VexStatus {
    /// Nothing need be done.
    NotAffected,
    /// Something should be done.
    Affected,
    /// It is mended in this version.
    Fixed,
    /// Not known yet.
    UnderInvestigation,
}

/// Why a product is not affected (CISA, "VEX Status Justifications"); CycloneDX's are led to these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VexJustification {
    /// The component is not there.
    ComponentNotPresent,
    /// The component is there, the code at fault is not.
    VulnerableCodeNotPresent,
    /// The code is never run.
    VulnerableCodeNotInExecutePath,
    /// The code cannot be reached by an adversary.
    VulnerableCodeCannotBeControlledByAdversary,
    /// Something else stops it.
    InlineMitigationsAlreadyExist,
}
