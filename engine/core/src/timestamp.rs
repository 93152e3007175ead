//! Points in time, RFC 3339 in UTC, handed in from outside.
//!
//! This crate has no clock: `referee_store::clock` reads one, tests and replays make their own.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A point in time, to the nanosecond, between the years -9999 and 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// The start of the Unix epoch.
    pub const UNIX_EPOCH: Self = Self(jiff::Timestamp::UNIX_EPOCH);

    /// The time so many whole seconds after the Unix epoch; `None` outside the years above.
    #[must_use]
    pub fn from_unix_seconds(seconds: i64) -> Option<Self> {
        jiff::Timestamp::from_second(seconds).ok().map(Self)
    }

    /// The time so many nanoseconds after the Unix epoch; `None` outside the years above.
    #[must_use]
    pub fn from_unix_nanoseconds(nanoseconds: i128) -> Option<Self> {
        jiff::Timestamp::from_nanosecond(nanoseconds).ok().map(Self)
    }

    /// Nanoseconds since the Unix epoch.
    #[must_use]
    pub fn unix_nanoseconds(self) -> i128 {
        self.0.as_nanosecond()
    }

    /// Whole seconds since the Unix epoch, rounded towards it.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        self.0.as_second()
    }

    /// This time moved later; the last representable time where that is past the end.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        self.0.saturating_add(duration).map_or(Self(jiff::Timestamp::MAX), Self)
    }

    /// How long from `earlier` to this time; zero where `earlier` is not earlier.
    #[must_use]
    pub fn saturating_since(self, earlier: Self) -> Duration {
        Duration::try_from(self.0.duration_since(earlier.0)).unwrap_or_default()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        text.parse()
            .map(Self)
            .map_err(|source| TimestampError { text: text.chars().take(80).collect(), source })
    }
}

/// A text that is not an RFC 3339 time with a zone.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{text:?} is not an RFC 3339 time such as 2026-01-31T12:00:00Z")]
pub struct TimestampError {
    text: String,
    source: jiff::Error,
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'_, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date-time",
            "description": "A time, RFC 3339 in UTC."
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_any_offset_and_written_in_utc() {
        let time: Timestamp = "2026-01-31T12:00:00+02:00".parse().unwrap();
        assert_eq!(time.to_string(), "2026-01-31T10:00:00Z");
    }

    #[test]
    fn a_time_without_a_zone_is_refused() {
        let error = "2026-01-31T12:00:00".parse::<Timestamp>().unwrap_err();
        assert!(error.to_string().contains("RFC 3339"), "{error}");
    }

    #[test]
    fn arithmetic_stays_inside_the_range() {
        let end = Timestamp::from_unix_seconds(253_402_207_199).unwrap();
        assert!(end.saturating_add(Duration::from_secs(u64::MAX)) >= end);
        assert_eq!(Timestamp::UNIX_EPOCH.saturating_since(end), Duration::ZERO);
    }
}
