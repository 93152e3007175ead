//! Sending chunks: when, and what becomes of those that do not arrive.

use super::buffer::{Outgoing, wide};
use super::config::Trigger;
use super::counters::Count;
use super::pipeline::{Shared, locked};
use async_trait::async_trait;
use bytes::Bytes;
use referee_core::Coded;
use referee_core::error::chain;
use referee_store::spool::SpoolError;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

/// The shortest time after a failure, as OPA has it.
const MIN_RETRY: Duration = Duration::from_millis(100);

/// By how much each further wait is longer, and how much it varies: as OPA's.
const FACTOR: f64 = 1.6;
const JITTER: f64 = 0.2;

/// How often a chunk is sent that the service refuses for what it is, before it is given up: what
/// comes behind it would never be sent otherwise. With the waits between them that is six seconds
/// where the longest delay is one, and half a minute where it is longer.
const MOST_REFUSALS: u32 = 10;

/// How often a spool is looked after.
const HOUSEKEEPING: Duration = Duration::from_millis(500);

/// Why a chunk, or a status, did not arrive.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UploadError {
    /// The service answered, and not with success.
    #[error("log upload failed, server replied with HTTP {status} {reason}")]
    Status {
        /// The status.
        status: u16,
        /// Its name.
        reason: &'static str,
    },
    /// It did not answer, or could not be asked.
    #[error("log upload failed")]
    Unreachable(#[source] Arc<dyn std::error::Error + Send + Sync>),
    /// What waits on disk cannot be read.
    #[error("the spool cannot be read")]
    Spool(#[source] SpoolError),
    /// A part of this process ended that was needed.
    #[error("the log was ended meanwhile")]
    Ended,
}

impl Coded for UploadError {
    fn code(&self) -> &'static str {
        match self {
            Self::Status { .. } => "upload_status",
            Self::Unreachable(_) => "upload_unreachable",
            Self::Spool(error) => error.code(),
            Self::Ended => "upload_ended",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Spool(error) => error.hint(),
            Self::Status { .. } | Self::Unreachable(_) | Self::Ended => None,
        }
    }
}

/// Where chunks and status go: a service of the configuration.
#[async_trait]
pub trait Collector: Send + Sync + fmt::Debug {
    /// Posts a body; done is what was answered with 2xx.
    ///
    /// # Errors
    /// [`UploadError::Status`] or [`UploadError::Unreachable`].
    async fn post(&self, path: &str, body: Bytes, is_gzip: bool) -> Result<(), UploadError>;
}

/// How the last upload ended: what status tells of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploadState {
    /// Why it failed; `None` where it did not.
    pub failure: Option<UploadFailure>,
    /// Counts uploads that were tried, so that each is seen.
    pub uploads: u64,
    /// Whether uploading broke down: nothing is sent any more, though nobody ended it.
    pub has_broken: bool,
}

/// Why an upload failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadFailure {
    /// In words.
    pub message: String,
    /// The status that the service answered, where it did.
    pub http_code: Option<u16>,
}

pub(super) type Asked = oneshot::Sender<Result<(), UploadError>>;

/// Everything that sending needs.
#[derive(Debug)]
pub(super) struct Uploader {
    pub(super) shared: Arc<Shared>,
    pub(super) collector: Arc<dyn Collector>,
    pub(super) resource: String,
    pub(super) trigger: Trigger,
    pub(super) min_delay: Duration,
    pub(super) max_delay: Duration,
    pub(super) state: watch::Sender<UploadState>,
    /// The chunk that was refused last for what it is, and how often in a row.
    pub(super) refused: Mutex<(u64, u32)>,
}

impl Uploader {
    /// [`Uploader::run`], in a task of its own: should that break down, it is told.
    pub(super) async fn watched(self: Arc<Self>, asked: mpsc::Receiver<Asked>) -> bool {
        let ended = tokio::spawn(Arc::clone(&self).run(asked)).await;
        if ended.is_err() {
            tracing::error!(
                "uploading broke down: decisions wait until the server is started anew"
            );
            let message = "uploading broke down".to_owned();
            self.state.send_modify(|state| {
                state.failure = Some(UploadFailure { message, http_code: None });
                state.uploads += 1;
                state.has_broken = true;
            });
        }
        ended.is_ok()
    }

    /// Sends until the sender of `asked` is gone: at the end all that waits is tried once more by
    /// [`Uploader::send_all`], which is its owner's business.
    pub(super) async fn run(self: Arc<Self>, mut asked: mpsc::Receiver<Asked>) {
        let mut failures = 0;
        let periodic = self.trigger != Trigger::Manual;
        let mut housekeeping = tokio::time::interval(HOUSEKEEPING);
        // What an earlier process left is not kept waiting.
        let mut next = Instant::now();
        loop {
            let ready = self.shared.ready.notified();
            let (flush, asked) = tokio::select! {
                asked = asked.recv() => match asked {
                    Some(asked) => (true, Some(asked)),
                    None => return,
                },
                () = tokio::time::sleep_until(next), if periodic => (true, None),
                () = ready, if self.trigger == Trigger::Immediate && failures == 0 => (false, None),
                _ = housekeeping.tick() => {
                    self.look_after_the_spool().await;
                    continue;
                }
            };
            let sent = self.send_all(flush).await;
            failures = if sent.is_ok() { 0 } else { failures + 1 };
            if flush || sent.is_err() {
                let delay = if sent.is_ok() { self.delay() } else { self.backoff(failures) };
                next = Instant::now() + delay;
            }
            if let Some(asked) = asked {
                // Who asked may have gone.
                let _gone = asked.send(sent);
            }
        }
    }

    /// Sends what waits, the oldest first, until one does not arrive; without `flush` full chunks
    /// only.
    pub(super) async fn send_all(&self, flush: bool) -> Result<(), UploadError> {
        let mut sent = Ok(());
        let mut any = flush;
        loop {
            match self.next(flush).await {
                Ok(None) => break,
                Ok(Some(chunk)) => {
                    any = true;
                    sent = self.collector.post(&self.resource, chunk.body.clone(), true).await;
                    match &sent {
                        Ok(()) => {
                            self.shared.counters.add(Count::Uploaded, wide(chunk.events));
                            self.done_with(chunk).await;
                        }
                        Err(error) => {
                            if self.is_given_up(error, &chunk) {
                                self.give_up(chunk).await;
                            }
                            break;
                        }
                    }
                }
                Err(error) => {
                    (any, sent) = (true, Err(error));
                    break;
                }
            }
        }
        if any {
            self.tell(sent.as_ref().err());
        }
        sent
    }

    fn tell(&self, error: Option<&UploadError>) {
        if let Some(error) = error {
            let text = chain(error);
            tracing::error!(code = error.code(), error = text, "decisions wait: the upload failed");
        }
        let failure = error.map(|error| UploadFailure {
            message: chain(error),
            http_code: match error {
                UploadError::Status { status, .. } => Some(*status),
                _ => None,
            },
        });
        self.state.send_modify(|state| {
            state.failure = failure;
            state.uploads += 1;
        });
    }

    /// Compressing and reading take time: not on a thread that serves.
    async fn next(&self, flush: bool) -> Result<Option<Outgoing>, UploadError> {
        let shared = Arc::clone(&self.shared);
        let next = tokio::task::spawn_blocking(move || {
            let Some(buffer) = &shared.buffer else { return Ok(None) };
            locked(buffer).next(flush, &shared.counters)
        });
        match next.await {
            Ok(next) => next.map_err(UploadError::Spool),
            Err(_) => Err(UploadError::Ended),
        }
    }

    /// Whether a chunk was refused for what it is as often as it is sent for that. Any other failure
    /// may pass, whatever is sent.
    fn is_given_up(&self, error: &UploadError, chunk: &Outgoing) -> bool {
        let of_the_content = matches!(error, UploadError::Status { status: 400 | 413 | 422, .. });
        let mut refused = locked(&self.refused);
        *refused = match *refused {
            _ if !of_the_content => (0, 0),
            (number, times) if number == chunk.number => (number, times.saturating_add(1)),
            _ => (chunk.number, 1),
        };
        refused.1 >= MOST_REFUSALS
    }

    async fn give_up(&self, chunk: Outgoing) {
        let events = wide(chunk.events);
        tracing::error!(events, "decisions are given up: the service refuses them again and again");
        self.shared.counters.add(Count::Refused, events);
        self.done_with(chunk).await;
    }

    /// A chunk need not be kept any more.
    async fn done_with(&self, chunk: Outgoing) {
        let shared = Arc::clone(&self.shared);
        let told = tokio::task::spawn_blocking(move || {
            if let Some(buffer) = &shared.buffer {
                locked(buffer).delivered(&chunk);
            }
        });
        if told.await.is_err() {
            tracing::error!("delivered decisions may be delivered again");
        }
    }

    async fn look_after_the_spool(&self) {
        let shared = Arc::clone(&self.shared);
        let done = tokio::task::spawn_blocking(move || {
            if let Some(buffer) = &shared.buffer {
                locked(buffer).sync(&shared.counters);
            }
        });
        if done.await.is_err() {
            tracing::error!("the spool could not be looked after");
        }
    }

    fn delay(&self) -> Duration {
        let room = self.max_delay.saturating_sub(self.min_delay);
        self.min_delay + room.mul_f64(fastrand::f64())
    }

    fn backoff(&self, failures: i32) -> Duration {
        let longest = self.max_delay.max(MIN_RETRY).as_secs_f64();
        let wait = (MIN_RETRY.as_secs_f64() * FACTOR.powi(failures - 1)).min(longest);
        let varied = wait * (1.0 + JITTER * (fastrand::f64() * 2.0 - 1.0));
        Duration::from_secs_f64(varied.clamp(MIN_RETRY.as_secs_f64() / 2.0, longest))
    }
}

#[cfg(test)]
#[path = "upload_tests.rs"]
mod tests;
