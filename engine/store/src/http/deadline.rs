//! How long, and how often: the time one question has, and its retries.
//!
//! What is worth a retry: no connection or a broken one, silence, a server fault (5xx but for
//! 501 and 505), and 429. `Retry-After` (RFC 9110, section 10.2.3) is kept, as seconds or as a
//! date; one that asks for longer than configured ends the matter at once.

use crate::clock::{Clock as _, SystemClock};
use crate::config::RegistryConfig;
use crate::error::StoreError;
use referee_core::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// The time one question has, retries and all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    end: Instant,
    total: Duration,
}

impl Deadline {
    /// A deadline that starts now.
    pub(crate) fn after(total: Duration) -> Self {
        let now = Instant::now();
        // A total beyond what the clock can count is as good as a year.
        let end = now
            .checked_add(total)
            .or_else(|| now.checked_add(Duration::from_secs(365 * 24 * 3600)))
            .unwrap_or(now);
        Self { end, total }
    }

    /// What is left.
    pub(crate) fn remaining(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    /// Waits for work, at most `limit` and at most what is left. The timeout says which of the
    /// two it was.
    pub(crate) async fn within<F: Future>(
        &self,
        target: &str,
        stage: &'static str,
        limit: Duration,
        work: F,
    ) -> Result<F::Output, Fault> {
        let remaining = self.remaining();
        timeout(limit.min(remaining), work).await.map_err(|_elapsed| {
            if remaining <= limit {
                self.spent(target)
            } else {
                Fault::passing(StoreError::Timeout { target: target.to_owned(), stage, limit })
            }
        })
    }

    fn spent(&self, target: &str) -> Fault {
        Fault::lasting(StoreError::Timeout {
            target: target.to_owned(),
            stage: "the whole request",
            limit: self.total,
        })
    }
}

/// Whether trying again may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// It will not.
    Never,
    /// After a while of our choosing.
    Backoff,
    /// After the time that the server asks for.
    After(Duration),
}

/// A failed try.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) error: Arc<StoreError>,
    pub(crate) retry: Retry,
}

impl Fault {
    /// One that stays.
    pub(crate) fn lasting(error: impl Into<Arc<StoreError>>) -> Self {
        Self { error: error.into(), retry: Retry::Never }
    }

    /// One that may pass.
    pub(crate) fn passing(error: StoreError) -> Self {
        Self { error: Arc::new(error), retry: Retry::Backoff }
    }

    /// One that may pass after the time that the server asks for, where it asks for one.
    pub(crate) fn after(error: StoreError, asked: Option<Duration>) -> Self {
        Self { error: Arc::new(error), retry: asked.map_or(Retry::Backoff, Retry::After) }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::lasting(error)
    }
}

/// How often to try and how long to wait in between.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retries {
    attempts: u32,
    backoff: Duration,
    max_backoff: Duration,
    max_retry_after: Duration,
}

impl Retries {
    pub(crate) fn new(config: &RegistryConfig) -> Self {
        Self {
            attempts: config.attempts,
            backoff: Duration::from_millis(config.backoff_ms),
            max_backoff: Duration::from_millis(config.max_backoff_ms),
            max_retry_after: Duration::from_millis(config.max_retry_after_ms),
        }
    }

    /// Tries until it works, it cannot work, or there are no more tries or no more time.
    pub(crate) async fn run<T, F>(
        &self,
        deadline: Deadline,
        mut attempt: impl FnMut() -> F + Send,
    ) -> Result<T, Arc<StoreError>>
    where
        F: Future<Output = Result<T, Fault>> + Send,
    {
        let mut tried = 0u32;
        loop {
            let fault = match attempt().await {
                Ok(answer) => return Ok(answer),
                Err(fault) => fault,
            };
            tried = tried.saturating_add(1);
            let wait = match fault.retry {
                Retry::Never => return Err(fault.error),
                Retry::Backoff => self.wait_before(tried),
                Retry::After(asked) if asked > self.max_retry_after => return Err(fault.error),
                // Where it asks for no time at all we still do not hammer it.
                Retry::After(asked) => asked.max(self.wait_before(tried)),
            };
            // To wait past the end would only hide the cause behind a timeout.
            if tried >= self.attempts || wait >= deadline.remaining() {
                return Err(fault.error);
            }
            tracing::debug!(error = %fault.error, tried, ?wait, "trying again");
            sleep(wait).await;
        }
    }

    /// The back-off, doubled for each try, between a half and the whole of it by chance.
    fn wait_before(&self, tried: u32) -> Duration {
        let doublings = tried.saturating_sub(1).min(16);
        let wait = self.backoff.saturating_mul(1 << doublings).min(self.max_backoff);
        wait.mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}

/// Reads a `Retry-After` header: seconds, or an HTTP date.
pub(crate) fn retry_after(value: &str) -> Option<Duration> {
    retry_after_at(value, SystemClock.now())
}

fn retry_after_at(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More seconds than can be counted are a very long time, not no answer.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = jiff::fmt::rfc2822::parse(value).ok()?;
    let date = Timestamp::from_unix_nanoseconds(date.timestamp().as_nanosecond())?;
    Some(date.saturating_since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let now: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        let read = |value| retry_after_at(value, now);
        assert_eq!(read("7"), Some(Duration::from_secs(7)));
        assert_eq!(read("Sat, 31 Jan 2026 12:00:09 GMT"), Some(Duration::from_secs(9)));
        assert_eq!(read("Sat, 31 Jan 2026 11:00:00 GMT"), Some(Duration::ZERO));
        assert!(read("99999999999999999999999").unwrap() > Duration::from_secs(1 << 40));
        assert_eq!(read("soon"), None);
        assert_eq!(read(""), None);
        assert_eq!(read("-1"), None);
    }

    #[test]
    fn the_wait_doubles_up_to_its_ceiling() {
        let retries = Retries::new(&RegistryConfig::default());
        for (tried, most) in [(1, 200), (2, 400), (3, 800), (5, 2_000), (4_000_000_000, 2_000)] {
            let wait = retries.wait_before(tried);
            assert!(wait <= Duration::from_millis(most), "{tried}: {wait:?}");
            assert!(wait >= Duration::from_millis(most / 2), "{tried}: {wait:?}");
        }
    }
}
