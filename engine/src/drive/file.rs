//! One request about a file: nothing is fetched, so there is nothing to wait for but signatures.

use super::answer::{Span, after, rule_over};
use crate::engine::{Engine, GatherError, Gathered, Ruled};
use crate::file::{self, FileRequest};
use crate::policy::LoadedPolicy;
use referee_core::Timestamp;
use referee_core::limits::reserve;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::Instant;

pub(crate) async fn gather_file(
    engine: &Engine,
    request: &FileRequest,
) -> Result<Gathered, GatherError> {
    let (now, deadline) = frame(engine, request);
    let end = after(Instant::now(), deadline.saturating_sub(reserve(deadline)));
    gather_until(engine, request, now, deadline, end).await
}

/// What has no turn by the end stands in the facts as unavailable.
async fn gather_until(
    engine: &Engine,
    request: &FileRequest,
    now: Timestamp,
    deadline: Duration,
    end: Instant,
) -> Result<Gathered, GatherError> {
    let cancelled = Arc::new(AtomicBool::new(false));
    let (stop, asked) = (cancelled.clone(), request.clone());
    let (verifier, limits) = (engine.inner.cosign.clone(), engine.inner.limits.clone());
    let values = engine.inner.values.clone();
    let mut work = tokio::task::spawn_blocking(move || {
        file::gather(&verifier, &values, &asked, &limits, now, deadline, stop)
    });
    let done = tokio::select! {
        done = &mut work => done,
        () = tokio::time::sleep_until(end) => {
            cancelled.store(true, Ordering::Relaxed);
            work.await
        }
    };
    done.map_err(|error| GatherError::Facts(Arc::new(error)))?
}

pub(crate) async fn rule_file(
    engine: &Engine,
    request: &FileRequest,
    policy: &LoadedPolicy,
) -> Result<Ruled, GatherError> {
    let started = Instant::now();
    let (now, deadline) = frame(engine, request);
    let end = after(started, deadline.saturating_sub(reserve(deadline)));
    let gathered = gather_until(engine, request, now, deadline, end).await?;
    let span = Span { started, end: after(started, deadline) };
    Ok(rule_over(engine, gathered, policy, now, span).await)
}

fn frame(engine: &Engine, request: &FileRequest) -> (Timestamp, Duration) {
    let now = request.now.unwrap_or_else(|| engine.inner.clock.now());
    (now, request.deadline.unwrap_or_else(|| engine.settings().deadline()))
}
