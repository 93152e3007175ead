//! Durations: `1h30m`, and with OPA's days, weeks and years of 365 days: `1d12h`.

use crate::go::{float, quote};
use referee_rego_value::bytes::bytes_of;

/// The nanoseconds of a unit.
fn unit(name: &str) -> Option<u64> {
    Some(match name {
        "ns" => 1,
        // The micro sign, or the Greek letter.
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// Reads a duration.
///
/// # Errors
/// In OPA's words, which are Go's.
pub(super) fn parse(text: &str) -> Result<i64, String> {
    let invalid = || format!("time: invalid duration {}", quote::quoted(text));
    if text.is_empty() {
        return Err(invalid());
    }
    if !text.contains(['d', 'w', 'y']) {
        return plain(text).map_err(|what| format!("time: {what} {}", quoted(text)));
    }
    let hours = in_hours(text).ok_or_else(invalid)?;
    plain(&hours).map_err(|what| format!("time: {what} {}", quote::quoted(text)))
}

/// Text in quotes as Go's `time` has it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for &byte in bytes_of(text).iter() {
        match byte {
            b'"' | b'\\' => quoted.extend(['\\', char::from(byte)]),
            b' '..=0x7f => quoted.push(char::from(byte)),
            other => quoted.push_str(&format!("\\x{other:02x}")),
        }
    }
    quoted.push('"');
    quoted
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

const INVALID: &str = "invalid duration";

/// The most nanoseconds, of a negative duration.
const MOST: u64 = 1 << 63;

fn plain(text: &str) -> Result<i64, String> {
    let invalid = || INVALID.to_owned();
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0u64;
    while !rest.is_empty() {
        let (whole, after) = digits(rest);
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => digits(after),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let whole = leading(whole).ok_or_else(invalid)?;
        let length = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (name, after) = after.split_at_checked(length).unwrap_or((after, ""));
        if name.is_empty() {
            return Err("missing unit in duration".to_owned());
        }
        let unit =
            unit(name).ok_or_else(|| format!("unknown unit {} in duration", quoted(name)))?;
        let part = whole.checked_mul(unit).filter(|part| *part <= MOST).ok_or_else(invalid)?;
        let part = part.saturating_add(part_of(fraction, unit));
        // Two halves of the range are zero together, as Go's sum wraps.
        total = total.wrapping_add(part);
        if part > MOST || total > MOST {
            return Err(invalid());
        }
        rest = after;
    }
    if negative {
        return Ok(0i64.checked_sub_unsigned(total).unwrap_or(i64::MIN));
    }
    i64::try_from(total).map_err(|_| invalid())
}

fn digits(text: &str) -> (&str, &str) {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at_checked(length).unwrap_or(("", text))
}

fn leading(digits: &str) -> Option<u64> {
    if digits.is_empty() {
        return Some(0);
    }
    digits.parse().ok().filter(|value| *value <= MOST)
}

/// A fraction of a unit; digits beyond 64 bits do not count.
fn part_of(digits: &str, unit: u64) -> u64 {
    let (mut value, mut scale) = (0u64, 1.0f64);
    for digit in digits.bytes() {
        let next = value.checked_mul(10).and_then(|n| n.checked_add(u64::from(digit - b'0')));
        match next.filter(|next| *next <= MOST) {
            Some(next) => {
                value = next;
                scale *= 10.0;
            }
            None => break,
        }
    }
    truncated(as_float(value) * (as_float(unit) / scale))
}

#[expect(clippy::cast_precision_loss, reason = "Go computes fractions of a unit in floating point")]
fn as_float(value: u64) -> f64 {
    value as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the fraction of an hour at most, which is not negative"
)]
fn truncated(value: f64) -> u64 {
    value as u64
}
