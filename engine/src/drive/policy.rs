//! Evaluating a policy without ever waiting longer than the deadline.
//!
//! The evaluator stops itself at its time limit. Should it be inside something that does not look
//! at the clock, the answer does not wait for it: the thread is left to end on its own, and a
//! bounded number of such threads can exist.

use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// How an evaluation ended.
#[derive(Debug)]
pub(crate) enum Evaluated<T> {
    /// It answered.
    Answer(T),
    /// It had not answered at the deadline.
    TimeUp,
    /// It panicked.
    Failed,
}

/// Runs an evaluation on a thread where it cannot hold up anything else.
pub(crate) async fn evaluate<T: Send + 'static>(
    permits: &Arc<Semaphore>,
    until: Instant,
    evaluation: impl FnOnce() -> T + Send + 'static,
) -> Evaluated<T> {
    let Ok(Ok(permit)) = tokio::time::timeout_at(until, permits.clone().acquire_owned()).await
    else {
        return Evaluated::TimeUp;
    };
    let task = tokio::task::spawn_blocking(move || {
        let answer = evaluation();
        drop(permit);
        answer
    });
    match tokio::time::timeout_at(until, task).await {
        Ok(Ok(answer)) => Evaluated::Answer(answer),
        Ok(Err(error)) => {
            tracing::error!(%error, "a policy evaluation failed");
            Evaluated::Failed
        }
        Err(_) => Evaluated::TimeUp,
    }
}
