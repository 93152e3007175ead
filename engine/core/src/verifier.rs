//! The contract between the engine and a verifier.

use crate::evidence::{Evidence, EvidenceRequest};
use crate::facts::{AttestationFact, Contents, SchemaCheckFact, SignatureFact, TrustRootFact};
use crate::referrer::Referrer;
use crate::subject::Subject;
use crate::timestamp::Timestamp;
use crate::unavailable::Unavailable;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// One referrer to be examined by one verifier.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The artifact in question.
    pub subject: &'a Subject,
    /// The referrer, which refers to the subject, to one of its platforms or to another referrer.
    pub referrer: &'a Referrer,
}

/// What a verifier may spend on one job.
#[derive(Clone, Debug)]
pub struct Budget {
    /// The most signature checks (one signature against one key).
    pub max_signature_checks: u32,
    /// The most signatures read from one referrer; what is beyond is told, not read.
    pub max_signatures: u32,
    /// The largest payload or bundle, in bytes.
    pub max_payload_bytes: u64,
    /// The most bytes of payloads and bundles held for one referrer.
    pub max_evidence_bytes: u64,
    /// The largest predicate handed to the policy, in bytes of JSON.
    pub max_predicate_bytes: usize,
    cancelled: Arc<AtomicBool>,
}

impl Budget {
    /// A budget from the limits, cancelled when `cancelled` becomes true.
    #[must_use]
    pub fn new(limits: &crate::Limits, cancelled: Arc<AtomicBool>) -> Self {
        Self {
            max_signature_checks: limits.max_signature_checks,
            max_signatures: limits.max_signatures_per_referrer,
            max_payload_bytes: limits.max_payload_bytes,
            max_evidence_bytes: limits.max_evidence_bytes,
            max_predicate_bytes: limits.max_predicate_bytes,
            cancelled,
        }
    }

    /// Whether the work should end now with what it has; asked between signature checks.
    #[must_use]
    pub fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

/// What a verifier established.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Every signature met, in the order in which the referrer holds them. Their `id` is given
    /// by the engine.
    pub signatures: Vec<SignatureFact>,
    /// Attestations; `signed_by` holds positions in `signatures` above, renumbered by the engine.
    pub attestations: Vec<AttestationFact>,
    /// What was read from the documents of attestations, by the attestation's position above.
    pub contents: Vec<(u32, Arc<Contents>)>,
    /// Files that were held against JSON Schemas.
    pub schema_checks: Vec<SchemaCheckFact>,
    /// What could not be had or not be examined. `affects` names are renumbered likewise.
    pub unavailable: Vec<Unavailable>,
    /// The first time after `now` at which another answer may be due (a key becomes valid or
    /// expires); `None` where time changes nothing. Caches keep the findings no longer.
    pub changes_at: Option<Timestamp>,
}

/// What a verifier answers.
#[derive(Clone, Debug)]
pub enum Step {
    /// It needs this evidence and wants to be called again. Never empty, and never only things
    /// it was given already: the engine ends a job that asks in a circle.
    More(Vec<EvidenceRequest>),
    /// It is done.
    Done(Findings),
}

/// A verifier: pure, synchronous, built from the trust document.
///
/// `verify` is called first with no evidence and again each time with what it asked for. It must
/// answer for every referrer that it wants, whatever the bytes: what cannot be read is a
/// signature fact with status `invalid`, never a panic and never silence.
pub trait Verifier: Send + Sync + fmt::Debug {
    /// The name in the facts.
    fn name(&self) -> &'static str;

    /// Whether it examines this referrer. Decided by artifact type, media type and the way it was
    /// found, all of which the registry may have made up: wanting too much is harmless, wanting
    /// too little hides a signature.
    fn wants(&self, referrer: &Referrer) -> bool;

    /// Whether it examines the artifact's own manifest as well. Its job then has a referrer that is
    /// the artifact itself, at depth 0.
    fn wants_subject(&self) -> bool {
        false
    }

    /// The trusted roots that it holds signatures against, as they are at a point in time.
    fn trust_roots(&self, _now: Timestamp) -> Vec<TrustRootFact> {
        Vec::new()
    }

    /// Examines a referrer at a point in time.
    fn verify(&self, job: &Job<'_>, evidence: &Evidence, now: Timestamp, budget: &Budget) -> Step;
}
