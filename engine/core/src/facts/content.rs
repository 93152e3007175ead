//! What the documents that attestations carry turned out to be, and where each stands.

use super::provenance::{Provenance, VerificationSummary};
use super::sbom::Sbom;
use super::signature::Problem;
use super::vex::Vex;
use super::vulnerability::VulnerabilityReport;
use crate::digest::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Where a document stands, what it is about and who signed it: what each entry of `sboms`,
/// `vulnerability_reports`, `vex`, `provenance` and `verification_summaries` begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceOfDocument {
    /// The position in the list.
    pub id: u32,
    /// The attestation that carries it, by its `id`.
    pub attestation: u32,
    /// The digest of the document's own bytes. Two entries with the same, whose
    /// attestations have the same type of a predicate, say the same.
    pub document: Digest,
    /// The referrer that carries it.
    pub referrer: Digest,
    /// What it is attached to: the subject, one of its platforms or another referrer.
    pub subject: Digest,
    /// The signatures over it, by their `id`.
    pub signed_by: Vec<u32>,
    /// What those signatures are over, where they are not over the document itself.
    pub signed_through: Option<SignedThrough>,
    /// Whether at least one of those signatures is `trusted`, and nothing is wrong with the
    /// attestation.
    pub verified: bool,
}

/// What a signature is over that covers a document only by its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SignedThrough {
    /// The index that lists the attestation's manifest, as BuildKit writes it. Whoever signed it
    /// vouches for the index; that they made or read the document does not follow.
    Index,
    /// The referrer's manifest, which names the subject and the document.
    Referrer,
}

/// Kinds of documents that are read.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ContentKind {
    /// An SBOM.
    Sbom,
    /// A vulnerability report.
    VulnerabilityReport,
    /// A VEX document.
    Vex,
    /// Provenance.
    Provenance,
    /// A verification summary.
    VerificationSummary,
}

/// What an attestation's document turned out to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContentFact {
    /// The digest of its bytes: of the predicate's JSON as it is written, without cosign's wrapper,
    /// or of the file.
    pub document: Digest,
    /// How many bytes that are.
    pub size: u64,
    /// What was read from it; empty where it could not be read.
    pub kinds: Vec<ContentKind>,
    /// Why it could not be read.
    pub error: Option<Problem>,
}

/// What was read from one document: all that its formats have a place for. A CycloneDX document may
/// be three things at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contents {
    /// The SBOM.
    pub sbom: Option<Arc<Sbom>>,
    /// The vulnerability report.
    pub report: Option<Arc<VulnerabilityReport>>,
    /// The VEX document.
    pub vex: Option<Arc<Vex>>,
    /// The provenance.
    pub provenance: Option<Arc<Provenance>>,
    /// The verification summary.
    pub summary: Option<Arc<VerificationSummary>>,
    /// How many bytes all this takes in the facts, as JSON.
    pub facts_bytes: u64,
}

impl Contents {
    /// What it is.
    #[must_use]
    pub fn kinds(&self) -> Vec<ContentKind> {
        let kinds = [
            (self.sbom.is_some(), ContentKind::Sbom),
            (self.report.is_some(), ContentKind::VulnerabilityReport),
            (self.vex.is_some(), ContentKind::Vex),
            (self.provenance.is_some(), ContentKind::Provenance),
            (self.summary.is_some(), ContentKind::VerificationSummary),
        ];
        kinds.into_iter().filter(|(there, _)| *there).map(|(_, kind)| kind).collect()
    }
}
