//! What is logged of a request: never a body, never a header, and user text only quoted.

use crate::route::Endpoint;
use axum::http::{Method, StatusCode};
use referee_core::{Decision, Verdict};
use std::time::Duration;

/// What the access log tells of a ruling.
#[derive(Clone, Debug)]
pub(crate) struct Ruling {
    pub(crate) decision_id: String,
    pub(crate) verdict: Verdict,
}

/// One event a ruling: who audits finds the reference by the decision's number.
pub(crate) fn decision(policy: &str, decision: &Decision) {
    tracing::info!(
        target: "referee_server::decision",
        decision_id = %decision.decision_id,
        // Written as Rust writes a string: line feeds and terminal codes are escaped.
        reference = ?decision.reference,
        digest = decision.subject.as_ref().map(|subject| subject.digest.as_str()),
        verdict = decision.verdict.as_str(),
        policy,
        revision = ?decision.policy.revision,
        retryable = decision.retryable,
        reason = decision.reasons.first().and_then(|reason| reason.code.as_deref()),
        "ruled"
    );
}

/// One event a request.
pub(crate) fn request(
    method: &Method,
    endpoint: Endpoint,
    status: StatusCode,
    elapsed: Duration,
    rulings: &[Ruling],
) {
    let count = |verdict| rulings.iter().filter(|ruling| ruling.verdict == verdict).count();
    tracing::info!(
        target: "referee_server::access",
        method = ?method.as_str(),
        route = endpoint.template(),
        status = status.as_u16(),
        elapsed_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
        decisions = ?rulings.iter().map(|ruling| &ruling.decision_id).collect::<Vec<_>>(),
        allow = count(Verdict::Allow),
        deny = count(Verdict::Deny),
        error = count(Verdict::Error),
        "answered"
    );
}
