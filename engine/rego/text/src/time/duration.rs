//! Durations: `1h30m`, and with OPA's days, weeks and years of 365 days: `1d12h`.

use crate::go::float;
use referee_rego_go::quote::quoted;
use referee_rego_go::time::duration::{self, DurationError};

/// Reads a duration.
///
/// # Errors
/// In OPA's words, which are Go's.
pub(super) fn parse(text: &str) -> Result<i64, String> {
    if !text.contains(['d', 'w', 'y']) {
        return duration::parse(text);
    }
    let failed = |what: DurationError<'_>| format!("time: {what} {}", quoted(text));
    let hours = in_hours(text).ok_or_else(|| failed(DurationError::Invalid))?;
    duration::nanoseconds(&hours).map_err(failed)
}

/// The same duration with days, weeks and years in hours.
fn in_hours(text: &str) -> Option<String> {
    let mut rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut hours = text.get(..text.len() - rest.len())?.to_owned();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let length = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        let (digits, after) = rest.split_at_checked(length).filter(|_| length > 0)?;
        let name = ["ms", "us", "\u{b5}s", "ns"].into_iter().find(|name| after.starts_with(name));
        let name = match name {
            Some(name) => name,
            None => after.get(..1).filter(|name| name.bytes().all(|b| b.is_ascii_lowercase()))?,
        };
        let factor = match name {
            "d" => Some(24.0),
            "w" => Some(7.0 * 24.0),
            "y" => Some(365.0 * 24.0),
            _ => None,
        };
        match factor {
            Some(factor) => {
                let count = float::parse(digits).ok()?;
                hours.push_str(&float::format(count * factor, 'f', None));
                hours.push('h');
            }
            None => hours.extend([digits, name]),
        }
        rest = after.get(name.len()..)?;
    }
    Some(hours)
}
