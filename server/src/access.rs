//! What is logged of a request: never a body, a header or a query, and user text only quoted (which
//! is what the log does with text in either of its forms).

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

/// Who asked, and for what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    /// What the decision log calls `req_id`.
    pub(crate) number: u64,
    /// What the decision log calls `requested_by`.
    pub(crate) by: Option<&'a str>,
    pub(crate) method: &'a Method,
    /// Without the query: secrets may stand there.
    pub(crate) path: &'a str,
}

/// One event a request.
pub(crate) fn request(
    asked: Asked<'_>,
    endpoint: Endpoint,
    status: StatusCode,
    elapsed: Duration,
    rulings: &[Ruling],
) {
    let count = |verdict| rulings.iter().filter(|ruling| ruling.verdict == verdict).count();
    let decisions: Vec<_> = rulings.iter().map(|ruling| ruling.decision_id.as_str()).collect();
    tracing::info!(
        target: "referee_server::access",
        req_id = asked.number,
        requested_by = asked.by,
        method = asked.method.as_str(),
        path = asked.path,
        route = endpoint.template(),
        status = status.as_u16(),
        elapsed_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
        // Fields are no lists.
        decisions = (!decisions.is_empty()).then(|| decisions.join(" ")),
        allow = count(Verdict::Allow),
        deny = count(Verdict::Deny),
        error = count(Verdict::Error),
        "answered"
    );
}
