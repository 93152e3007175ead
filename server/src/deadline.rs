//! How long an answer may take: what the caller says, within what the server allows.
//!
//! Header `Referee-Timeout` before the body's `deadline_ms` before the query's `timeout` (as
//! Kubernetes sends it) before the server's default.

use crate::app::App;
use crate::error::ApiError;
use crate::query::Query;
use axum::http::HeaderMap;
use std::time::Duration;
use tokio::time::Instant;

/// The header.
pub(crate) const HEADER: &str = "referee-timeout";

/// A text that is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a duration greater than zero, such as 2.5, 3s or 1500ms")]
pub(crate) struct DurationError {
    text: String,
}

/// Reads `2.5` (seconds), `3s`, `1500ms` or `1m`.
pub(crate) fn duration(text: &str) -> Result<Duration, DurationError> {
    let error = || DurationError { text: text.chars().take(40).collect() };
    let trimmed = text.trim();
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0)];
    let (number, scale) = units
        .iter()
        .find_map(|(unit, scale)| Some((trimmed.strip_suffix(unit)?, *scale)))
        .unwrap_or((trimmed, 1.0));
    // Rust's own reader also takes `inf`, `nan`, `1e9` and signs.
    let digits = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if !digits || number.is_empty() {
        return Err(error());
    }
    let seconds = number.parse::<f64>().map_err(|_| error())? * scale;
    // A time beyond what a duration can hold is beyond every cap as well.
    let duration = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
    if duration.is_zero() { Err(error()) } else { Ok(duration) }
}

/// Kept back from an evaluation for writing its answer.
const ANSWER: Duration = Duration::from_millis(5);

/// When an answer is due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    started: Instant,
    allowed: Duration,
}

impl Due {
    pub(crate) fn new(started: Instant, allowed: Duration) -> Self {
        Self { started, allowed }
    }

    /// What is left of it. Never nothing: the engine answers at once what it has at hand.
    pub(crate) fn left(&self) -> Duration {
        self.allowed.saturating_sub(self.started.elapsed()).max(Duration::from_millis(1))
    }

    /// What is left of it for an evaluation that is answered without more ado.
    pub(crate) fn left_to_evaluate(&self) -> Duration {
        self.left().saturating_sub(ANSWER).max(Duration::from_millis(1))
    }
}

/// What header and query say about the deadline.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said {
    header: Option<Duration>,
    query: Option<Duration>,
}

/// On OPA's paths: to OPA a parameter `timeout` means nothing, so that one that is no duration is
/// passed over there, and the default holds.
pub(crate) fn said_deadline(headers: &HeaderMap, query: &Query) -> Result<Said, ApiError> {
    let query = query.get("timeout").and_then(|text| duration(text).ok());
    Ok(Said { header: in_header(headers)?, query })
}

/// On paths of our own, where whoever writes `timeout` means it.
pub(crate) fn meant_deadline(headers: &HeaderMap, query: &Query) -> Result<Said, ApiError> {
    let query = query.get("timeout").map(|text| read("timeout", text)).transpose()?;
    Ok(Said { header: in_header(headers)?, query })
}

fn in_header(headers: &HeaderMap) -> Result<Option<Duration>, ApiError> {
    // What is not even text is no duration either.
    let text = headers.get(HEADER).map(|value| value.to_str().unwrap_or("?"));
    text.map(|text| read("Referee-Timeout", text)).transpose()
}

fn read(place: &'static str, text: &str) -> Result<Duration, ApiError> {
    duration(text).map_err(|source| ApiError::Deadline { place, source })
}

impl Said {
    /// The time allowed, with what the body says between header and query.
    pub(crate) fn within(self, app: &App, body_ms: Option<u64>) -> Result<Duration, ApiError> {
        let body = match body_ms {
            Some(0) => {
                // As text it is refused by the same rule.
                let refused = duration("0ms").map(Some);
                refused.map_err(|source| ApiError::Deadline { place: "deadline_ms", source })?
            }
            other => other.map(Duration::from_millis),
        };
        let asked = self.header.or(body).or(self.query);
        let asked = asked.unwrap_or_else(|| app.config.default_deadline());
        Ok(asked.min(app.config.max_deadline()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_read_with_or_without_a_unit() {
        for (text, millis) in [
            ("2.5", 2_500),
            ("3", 3_000),
            ("3s", 3_000),
            (" 1500ms ", 1_500),
            ("0.25s", 250),
            ("1m", 60_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        assert_eq!(duration("9".repeat(400).as_str()), Ok(Duration::MAX));
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in
            ["", "s", "0", "0ms", "-1", "+1", "1e3", "inf", "NaN", "1.2.3", "3h", "3 s", "٣"]
        {
            assert_eq!(duration(text), Err(DurationError { text: text.into() }), "{text}");
        }
    }
}
