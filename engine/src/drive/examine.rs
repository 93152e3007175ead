//! One verifier over one referrer: fetch what it asks for until it is done.

use super::allowance::Allowance;
use super::gather::Context;
use crate::plan::Outcome;
use bytes::Bytes;
use futures_util::StreamExt as _;
use referee_core::{
    Budget, Evidence, EvidenceRequest, Findings, Job, Outcome as EvidenceOutcome, Referrer,
    Selector, Step, Subject, Timestamp, Unavailable, UnavailableCode, UnavailableKind, Verifier,
};
use referee_store::Place;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// What is to be examined, and by whom.
#[derive(Clone, Debug)]
pub(crate) struct Examination {
    pub(crate) subject: Arc<Subject>,
    pub(crate) referrer: Arc<Referrer>,
    pub(crate) manifest: Option<Bytes>,
    pub(crate) verifier: Arc<dyn Verifier>,
}

pub(crate) async fn examine(
    context: &Context,
    place: &Place,
    now: Timestamp,
    allowance: &Allowance,
    job: Examination,
) -> Outcome {
    let budget = Budget::new(&context.limits, allowance.cancelled.clone());
    let (mut fetch, mut verify) = (Duration::ZERO, Duration::ZERO);
    let mut evidence = Evidence::default();
    // The first step has no evidence and therefore nothing to compute.
    let mut step = step(&job, &evidence, now, &budget);
    let mut rounds = 0u32;
    let mut findings = loop {
        let requests = match step {
            Step::Done(findings) => break findings,
            Step::More(requests) => requests,
        };
        rounds += 1;
        let news = requests.iter().any(|request| evidence.get(request).is_none());
        if rounds > context.limits.max_evidence_rounds || !news {
            break gave_up(&job, rounds);
        }
        let started = Instant::now();
        gather_evidence(context, place, allowance, &job, requests, &mut evidence).await;
        fetch += started.elapsed();
        let started = Instant::now();
        (step, evidence) = match computed(context, &job, evidence, now, &budget).await {
            Some(next) => next,
            None => break failed(&job),
        };
        verify += started.elapsed();
    };
    // A verifier may leave out what is too large without a word; here others were so large that
    // there was no room for it, so what it says is missing.
    if allowance.is_exhausted() {
        findings.unavailable.push(not_all_fetched(context, &job));
    }
    Outcome::Examined { findings, fetch, verify }
}

fn step(job: &Examination, evidence: &Evidence, now: Timestamp, budget: &Budget) -> Step {
    job.verifier.verify(
        &Job { subject: &job.subject, referrer: &job.referrer },
        evidence,
        now,
        budget,
    )
}

/// Signature mathematics runs where it cannot hold up the tasks that wait for the network.
/// `None` where the verifier panicked, which must not take the gathering with it.
async fn computed(
    context: &Context,
    job: &Examination,
    evidence: Evidence,
    now: Timestamp,
    budget: &Budget,
) -> Option<(Step, Evidence)> {
    let (job, budget) = (job.clone(), budget.clone());
    // The semaphore is never closed.
    let permit = context.computations.clone().acquire_owned().await.ok()?;
    let task = tokio::task::spawn_blocking(move || {
        let step = step(&job, &evidence, now, &budget);
        drop(permit);
        (step, evidence)
    });
    task.await.inspect_err(|error| tracing::error!(%error, "a verifier failed")).ok()
}

async fn gather_evidence(
    context: &Context,
    place: &Place,
    allowance: &Allowance,
    job: &Examination,
    requests: Vec<EvidenceRequest>,
    evidence: &mut Evidence,
) {
    let wanted: Vec<EvidenceRequest> =
        requests.into_iter().filter(|request| evidence.get(request).is_none()).collect();
    let mut fetches = futures_util::stream::iter(wanted)
        .map(|request| async {
            let outcome = fetch(context, place, allowance, job, &request).await;
            (request, outcome)
        })
        .buffer_unordered(context.settings.concurrency());
    while let Some((request, outcome)) = fetches.next().await {
        evidence.insert(request, outcome);
    }
}

async fn fetch(
    context: &Context,
    place: &Place,
    allowance: &Allowance,
    job: &Examination,
    request: &EvidenceRequest,
) -> EvidenceOutcome {
    let unavailable = |kind, error: &referee_store::StoreError, started: Instant| {
        let mut fact = error.to_unavailable(kind);
        fact.elapsed_ms = crate::report::millis(started.elapsed());
        EvidenceOutcome::Unavailable(fact)
    };
    let started = Instant::now();
    match request {
        EvidenceRequest::Manifest { digest, .. } => {
            if *digest == job.referrer.descriptor.digest
                && let Some(manifest) = &job.manifest
            {
                return EvidenceOutcome::Bytes(manifest.clone());
            }
            if digest == job.subject.digest() {
                return EvidenceOutcome::Bytes(job.subject.bytes.clone());
            }
            let selector = Selector::Digest(digest.clone());
            match context.store.manifest(place, Some(&selector)).await {
                Ok(fetched) => EvidenceOutcome::Bytes(fetched.bytes),
                Err(error) => unavailable(UnavailableKind::Registry, &error, started),
            }
        }
        EvidenceRequest::Blob { digest, size, .. } if !allowance.take(digest, *size) => {
            let limit = context.limits.max_gathered_bytes;
            let message = format!(
                "all referrers together have blobs of more than {limit} bytes, and it has {size}"
            );
            let (kind, code) = (UnavailableKind::Blob, UnavailableCode::TooLarge);
            EvidenceOutcome::Unavailable(Unavailable::new(kind, digest.as_str(), code, message))
        }
        EvidenceRequest::Blob { digest, size, limit } => {
            match context.store.blob(place, digest, *size, *limit).await {
                Ok(bytes) => EvidenceOutcome::Bytes(bytes),
                Err(error) => unavailable(UnavailableKind::Blob, &error, started),
            }
        }
        other => EvidenceOutcome::Unavailable(Unavailable::new(
            UnavailableKind::Verification,
            other.digest().as_str(),
            UnavailableCode::Refused,
            "this engine cannot fetch evidence of this kind",
        )),
    }
}

fn not_all_fetched(context: &Context, job: &Examination) -> Unavailable {
    let limit = context.limits.max_gathered_bytes;
    let message = format!("the referrers together have blobs of more than {limit} bytes");
    let (kind, code) = (UnavailableKind::Verification, UnavailableCode::TooLarge);
    let target = job.subject.digest().as_str();
    Unavailable::new(kind, target, code, message).affecting("signatures").affecting("attestations")
}

fn gave_up(job: &Examination, rounds: u32) -> Findings {
    not_examined(
        job,
        UnavailableCode::TooLarge,
        format!("the verifier asked for evidence {rounds} times without coming to an end"),
    )
}

fn failed(job: &Examination) -> Findings {
    not_examined(job, UnavailableCode::Refused, "the verifier failed on it".to_owned())
}

fn not_examined(job: &Examination, code: UnavailableCode, problem: String) -> Findings {
    let target = job.referrer.descriptor.digest.as_str();
    let message = format!("{}: {problem}", job.verifier.name());
    let mut fact = Unavailable::new(UnavailableKind::Verification, target, code, message)
        .affecting("signatures")
        .affecting("attestations");
    fact.retryable = false;
    Findings { unavailable: vec![fact], ..Findings::default() }
}
