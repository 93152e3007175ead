//! Facts, version 1: the document a policy sees as `input`.
//!
//! Every list is complete or says that it is not (`complete`, `unavailable`). Times are RFC 3339
//! UTC, sizes bytes, durations milliseconds, digests `algorithm:hex`. The JSON Schema of
//! `policies/schema/facts-v1.json` is generated from these types and checked by a test.

mod attestation;
mod content;
mod evidence;
mod provenance;
mod sbom;
mod schema_check;
mod signature;
mod vex;
mod vulnerability;

pub use attestation::{AttestationFact, AttestationFormat};
pub use content::{ContentFact, ContentKind, Contents, SignedThrough, SourceOfDocument};
pub use evidence::{
    Check, ChecksFact, Proof, TimestampFact, TimestampSource, TransparencyFact, TrustRootFact,
    TrustRootSource, WitnessFact,
};
pub use provenance::{
    BuildKind, CompletenessFact, ImageFact, MaterialFact, Provenance, ProvenanceFact, SourceFact,
    VerificationSummary, VerificationSummaryFact,
};
pub use sbom::{
    LicenseFact, LicenseStatus, PackageFact, RelationshipFact, Sbom, SbomEncoding, SbomFact,
    SbomFormat,
};
pub use schema_check::{SchemaCheckFact, SchemaErrorFact};
pub use signature::{
    CertificateFact, Format, IdentityFact, KeyFact, Problem, Purpose, RevocationFact,
    RevocationMethod, RevocationStatus, SignatureFact, SignatureStatus,
};
pub use vex::{
    Vex, VexFact, VexFormat, VexJustification, VexProductFact, VexStatementFact, VexStatus,
};
pub use vulnerability::{
    AppliedVex, AppliedVexFact, FindingFact, FixState, ReportFormat, ScoreFact, Severity,
    VulnerabilityReport, VulnerabilityReportFact,
};

use crate::digest::Digest;
use crate::json::canonical;
use crate::oci::Platform;
use crate::referrer::FoundBy;
use crate::timestamp::Timestamp;
use crate::unavailable::Unavailable;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The version that this code writes.
pub const FACTS_VERSION: u32 = 1;

/// The facts about one artifact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Always 1.
    pub facts_version: u32,
    /// What was asked, by whom, when.
    pub request: RequestFact,
    /// The artifact.
    pub subject: SubjectFact,
    /// Everything found that refers to it, to its platforms, or to another referrer.
    pub referrers: Vec<ReferrerFact>,
    /// Every signature found, in the order of the referrers and inside them.
    pub signatures: Vec<SignatureFact>,
    /// Every attestation found, signed or not, in the order of the referrers and inside them.
    pub attestations: Vec<AttestationFact>,
    /// The SBOMs among them.
    pub sboms: Vec<SbomFact>,
    /// The vulnerability reports among them.
    pub vulnerability_reports: Vec<VulnerabilityReportFact>,
    /// The VEX documents among them.
    pub vex: Vec<VexFact>,
    /// The provenance among them.
    pub provenance: Vec<ProvenanceFact>,
    /// The verification summaries among them.
    pub verification_summaries: Vec<VerificationSummaryFact>,
    /// The files that were held against a JSON Schema of their media type, where the configuration
    /// names any: the artifact's own first.
    pub schema_checks: Vec<SchemaCheckFact>,
    /// The trusted roots that signatures were held against, in the order of the trust document.
    pub trust_roots: Vec<TrustRootFact>,
    /// What could not be had.
    pub unavailable: Vec<Unavailable>,
    /// Whether every listing was read to its end and everything found that a verifier wants was
    /// examined. Absence may be claimed only where this is true, and only of what is wanted:
    /// `examined_by` of each referrer says whether any verifier is.
    pub complete: bool,
    /// What each verifier did.
    pub verifiers: BTreeMap<String, VerifierFact>,
}

impl Facts {
    /// The digest of what was established: SHA-256 over the canonical JSON of the document
    /// without `request` and without what only tells how long things took or where they came
    /// from (`elapsed_ms`, `cached`). What was read from documents stands in it by the digests of
    /// those documents (`document`), from which it follows.
    ///
    /// Two gatherings that established the same have the same digest.
    ///
    /// # Errors
    /// Where the document cannot be written as JSON, which no document of this type can be.
    pub fn digest(&self) -> Result<Digest, serde_json::Error> {
        let mut value = serde_json::to_value(Digested::of(self))?;
        if let Some(document) = value.as_object_mut() {
            let verifiers = document.get_mut("verifiers").and_then(Value::as_object_mut);
            for verifier in verifiers.into_iter().flat_map(Map::values_mut) {
                forget(verifier, &["elapsed_ms", "cached"]);
            }
            let unavailable = document.get_mut("unavailable").and_then(Value::as_array_mut);
            for entry in unavailable.into_iter().flatten() {
                forget(entry, &["elapsed_ms"]);
            }
        }
        Ok(Digest::sha256(canonical(&value).as_bytes()))
    }
}

/// What the digest is over.
#[derive(Serialize)]
struct Digested<'a> {
    facts_version: u32,
    subject: &'a SubjectFact,
    referrers: &'a [ReferrerFact],
    signatures: &'a [SignatureFact],
    attestations: &'a [AttestationFact],
    sboms: Vec<&'a SourceOfDocument>,
    vulnerability_reports: Vec<(&'a SourceOfDocument, &'a AppliedVex)>,
    vex: Vec<&'a SourceOfDocument>,
    provenance: Vec<&'a SourceOfDocument>,
    verification_summaries: Vec<&'a SourceOfDocument>,
    schema_checks: &'a [SchemaCheckFact],
    trust_roots: &'a [TrustRootFact],
    unavailable: &'a [Unavailable],
    complete: bool,
    verifiers: &'a BTreeMap<String, VerifierFact>,
}

impl<'a> Digested<'a> {
    fn of(facts: &'a Facts) -> Self {
        // Named one by one, so that no member of the document is missed.
        let Facts {
            facts_version,
            request: _,
            subject,
            referrers,
            signatures,
            attestations,
            sboms,
            vulnerability_reports,
            vex,
            provenance,
            verification_summaries,
            schema_checks,
            trust_roots,
            unavailable,
            complete,
            verifiers,
        } = facts;
        Self {
            facts_version: *facts_version,
            subject,
            referrers,
            signatures,
            attestations,
            sboms: sboms.iter().map(|fact| &fact.source).collect(),
            vulnerability_reports: vulnerability_reports
                .iter()
                .map(|fact| (&fact.source, &fact.vex))
                .collect(),
            vex: vex.iter().map(|fact| &fact.source).collect(),
            provenance: provenance.iter().map(|fact| &fact.source).collect(),
            verification_summaries: verification_summaries
                .iter()
                .map(|fact| &fact.source)
                .collect(),
            schema_checks,
            trust_roots,
            unavailable,
            complete: *complete,
            verifiers,
        }
    }
}

fn forget(value: &mut Value, names: &[&str]) {
    if let Some(members) = value.as_object_mut() {
        members.retain(|name, _| !names.contains(&name.as_str()));
    }
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestFact {
    /// The reference as it was given.
    pub reference: String,
    /// The time taken as now.
    pub time: Timestamp,
    /// The deadline in milliseconds; `null` where there is none (a replay).
    pub deadline_ms: Option<u64>,
    /// The Kubernetes namespace, or whatever plays its part.
    pub namespace: Option<String>,
    /// What the caller handed over for the policy.
    pub parameters: Map<String, Value>,
}

/// The artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectFact {
    /// The registry; `null` for a layout that nothing names.
    pub registry: Option<String>,
    /// The repository's path in the registry; `null` likewise.
    pub repository: Option<String>,
    /// The tag it was asked for by.
    pub tag: Option<String>,
    /// Its digest.
    pub digest: Digest,
    /// Its media type.
    pub media_type: String,
    /// Its artifact type; for an image the configuration's media type.
    pub artifact_type: Option<String>,
    /// The size of its manifest in bytes.
    pub size: u64,
    /// The annotations of its manifest. Whoever pushed the manifest wrote them.
    pub annotations: BTreeMap<String, String>,
    /// The platform manifests of an index; empty for an image.
    pub platforms: Vec<PlatformFact>,
}

/// One platform manifest of an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlatformFact {
    /// The digest of the platform's manifest.
    pub digest: Digest,
    /// The operating system.
    pub os: Option<String>,
    /// The architecture.
    pub architecture: Option<String>,
    /// Its variant.
    pub variant: Option<String>,
}

impl PlatformFact {
    /// A platform manifest, with what the index says of it.
    #[must_use]
    pub fn new(digest: Digest, platform: Option<&Platform>) -> Self {
        let named = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Self {
            digest,
            os: platform.and_then(|p| named(&p.os)),
            architecture: platform.and_then(|p| named(&p.architecture)),
            variant: platform.and_then(|p| p.variant.clone()),
        }
    }
}

/// One referrer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferrerFact {
    /// The digest of its manifest.
    pub digest: Digest,
    /// What it refers to.
    pub subject: Digest,
    /// 1 for a referrer of the subject or one of its platforms, 2 for a referrer of such, …
    pub depth: u32,
    /// Its artifact type, as the listing says; `null` where the listing does not.
    pub artifact_type: Option<String>,
    /// Its media type.
    pub media_type: String,
    /// The size of its manifest in bytes.
    pub size: u64,
    /// Its annotations, as the listing says.
    pub annotations: BTreeMap<String, String>,
    /// How it was found.
    pub found_by: FoundBy,
    /// Which verifiers examined it; empty where none wants its type.
    pub examined_by: Vec<String>,
}

/// What a verifier did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifierFact {
    /// How far it came.
    pub status: VerifierStatus,
    /// How long it worked, in milliseconds.
    pub elapsed_ms: u64,
    /// Whether all it says comes from a cache.
    pub cached: bool,
}

/// How far a verifier came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum VerifierStatus {
    /// It examined all it wanted.
    Done,
    /// It examined some of it; `unavailable` says what is missing.
    Partial,
    /// It examined nothing of what it wanted.
    Failed,
    /// There was nothing for it to examine.
    Skipped,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unavailable::{UnavailableCode, UnavailableKind};

    fn facts() -> Facts {
        Facts {
            facts_version: FACTS_VERSION,
            request: RequestFact {
                reference: "registry.example/app:1".into(),
                time: Timestamp::UNIX_EPOCH,
                deadline_ms: Some(1000),
                namespace: None,
                parameters: Map::new(),
            },
            subject: SubjectFact {
                registry: None,
                repository: None,
                tag: None,
                digest: Digest::sha256(b""),
                media_type: String::new(),
                artifact_type: None,
                size: 0,
                annotations: BTreeMap::new(),
                platforms: Vec::new(),
            },
            referrers: Vec::new(),
            signatures: Vec::new(),
            attestations: Vec::new(),
            sboms: Vec::new(),
            vulnerability_reports: Vec::new(),
            vex: Vec::new(),
            provenance: Vec::new(),
            verification_summaries: Vec::new(),
            schema_checks: Vec::new(),
            trust_roots: Vec::new(),
            unavailable: vec![Unavailable::new(
                UnavailableKind::Blob,
                "x",
                UnavailableCode::Timeout,
                "",
            )],
            complete: true,
            verifiers: BTreeMap::from([(
                "cosign".into(),
                VerifierFact { status: VerifierStatus::Done, elapsed_ms: 1, cached: false },
            )]),
        }
    }

    #[test]
    fn the_digest_is_of_what_was_established_not_of_how_long_it_took() {
        let one = facts();
        let mut two = facts();
        two.request.time = Timestamp::from_unix_seconds(5).unwrap();
        two.unavailable[0].elapsed_ms = 77;
        two.verifiers.insert(
            "cosign".into(),
            VerifierFact { status: VerifierStatus::Done, elapsed_ms: 9, cached: true },
        );
        assert_eq!(one.digest().unwrap(), two.digest().unwrap());
        two.complete = false;
        assert_ne!(one.digest().unwrap(), two.digest().unwrap());
    }

    #[test]
    fn what_is_written_can_be_read_again() {
        let text = serde_json::to_string(&facts()).unwrap();
        assert_eq!(serde_json::from_str::<Facts>(&text).unwrap(), facts());
    }
}
