//! A file and the bundles that are to vouch for it, apart from any registry.

use crate::documents::Values;
use crate::engine::{GatherError, Gathered};
use crate::established::Established;
use crate::report;
use bytes::Bytes;
use referee_core::decision::Elapsed;
use referee_core::facts::{ReferrerFact, RequestFact, SubjectFact};
use referee_core::{Budget, Digest, Findings, FoundBy, Limits, Reference, Timestamp};
use referee_verify::CosignVerifier;
use referee_verify::cosign::{Blob, NAME};
use referee_verify::envelope::bundle::media_type;
use referee_verify::protocol::tlog::Digests;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// The media type of a file that nothing says more of.
const FILE: &str = "application/octet-stream";

/// One question about one file.
#[derive(Clone, Debug)]
pub struct FileRequest {
    /// What the file is called in facts and decisions.
    pub name: String,
    /// The reference it is to be judged as. Scopes are matched against it; without it only the
    /// scope `**` admits the file.
    pub judged_as: Option<Reference>,
    /// Its SHA-256, by which facts call it.
    pub digest: Digest,
    /// Its digests by all algorithms that are at hand.
    pub digests: Digests,
    /// Its size in bytes; `None` where only its digest is at hand.
    pub size: Option<u64>,
    /// All of it, where that is at hand. Without it a signature by an Ed25519 key is not verified:
    /// that is over the bytes themselves.
    pub bytes: Option<Bytes>,
    /// The bundles.
    pub bundles: Vec<Bytes>,
    /// How long the answer may take; `None` for the engine's default.
    pub deadline: Option<Duration>,
    /// The time to take as now; `None` for the clock's.
    pub now: Option<Timestamp>,
    /// The Kubernetes namespace, or whatever plays its part, for the policy.
    pub namespace: Option<String>,
    /// Whatever else the caller wants the policy to know.
    pub parameters: Map<String, Value>,
}

/// Examines the bundles. Takes as long as its signatures need.
pub(crate) fn gather(
    verifier: &CosignVerifier,
    values: &Values,
    request: &FileRequest,
    limits: &Limits,
    now: Timestamp,
    deadline: Duration,
    cancelled: Arc<AtomicBool>,
) -> Result<Gathered, GatherError> {
    let started = std::time::Instant::now();
    let repository = request.judged_as.as_ref().map(|reference| reference.repository().clone());
    let budget = Budget::new(limits, cancelled);
    let blob = Blob {
        digest: &request.digest,
        digests: &request.digests,
        bytes: request.bytes.as_deref(),
        repository: repository.as_ref(),
    };
    let findings: Vec<Findings> = request
        .bundles
        .iter()
        .map(|bundle| verifier.verify_blob(&blob, bundle, now, &budget))
        .collect();
    let referrers = request.bundles.iter().map(|bundle| ReferrerFact {
        digest: Digest::sha256(bundle),
        subject: request.digest.clone(),
        depth: 1,
        artifact_type: None,
        media_type: media_type(bundle).unwrap_or_else(|| FILE.to_owned()),
        size: u64::try_from(bundle.len()).unwrap_or(u64::MAX),
        annotations: BTreeMap::new(),
        found_by: FoundBy::File,
        examined_by: vec![NAME.to_owned()],
    });
    let subject = SubjectFact {
        registry: repository.as_ref().map(|repository| repository.registry().to_owned()),
        repository: repository.as_ref().map(|repository| repository.path().to_owned()),
        tag: request.judged_as.as_ref().and_then(|named| named.tag().map(str::to_owned)),
        digest: request.digest.clone(),
        media_type: FILE.to_owned(),
        artifact_type: None,
        size: request.size.unwrap_or_default(),
        annotations: BTreeMap::new(),
        platforms: Vec::new(),
    };
    let asked = RequestFact {
        reference: request.name.clone(),
        time: now,
        deadline_ms: Some(report::millis(deadline)),
        namespace: request.namespace.clone(),
        parameters: request.parameters.clone(),
    };
    let verify = started.elapsed();
    let facts = report::file_facts(
        subject,
        referrers.collect(),
        &findings,
        verifier,
        now,
        verify,
        asked.clone(),
    );
    let changes_at = findings.iter().filter_map(|found| found.changes_at).min();
    let elapsed = Elapsed { verify: report::millis(verify), ..Elapsed::default() };
    let established = Established::new(facts, changes_at, elapsed, values)
        .map_err(|error| GatherError::Facts(Arc::new(error)))?;
    Ok(Gathered { established: Arc::new(established), request: asked })
}
