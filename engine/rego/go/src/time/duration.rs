//! Durations, as Go's `time.ParseDuration` reads them: `1h15m30.918s`.

use super::quoted;
use referee_rego_value::bytes::bytes_of;
use std::fmt;

/// Why a text is no duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DurationError<'a> {
    /// It has another form, or is too long.
    Invalid,
    /// A number has no unit.
    MissingUnit,
    /// Nothing is counted in this unit.
    UnknownUnit(&'a str),
}

impl fmt::Display for DurationError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid => f.write_str("invalid duration"),
            Self::MissingUnit => f.write_str("missing unit in duration"),
            Self::UnknownUnit(unit) => {
                write!(f, "unknown unit {} in duration", quoted(&bytes_of(unit)))
            }
        }
    }
}

/// The nanoseconds of a duration.
///
/// # Errors
/// Where it is none, in Go's words, which have the text.
pub fn parse(text: &str) -> Result<i64, String> {
    nanoseconds(text).map_err(|what| format!("time: {what} {}", quoted(&bytes_of(text))))
}

/// The nanoseconds of a duration.
///
/// # Errors
/// Where it is none.
pub fn nanoseconds(text: &str) -> Result<i64, DurationError<'_>> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(DurationError::Invalid);
    }
    let mut total = 0u64;
    while !rest.is_empty() {
        let (whole, after) = digits(rest);
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => digits(after),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(DurationError::Invalid);
        }
        let whole = leading(whole).ok_or(DurationError::Invalid)?;
        let length = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (name, after) = after.split_at_checked(length).unwrap_or((after, ""));
        if name.is_empty() {
            return Err(DurationError::MissingUnit);
        }
        let unit = unit(name).ok_or(DurationError::UnknownUnit(name))?;
        let part = whole.checked_mul(unit).filter(|part| *part <= MOST);
        let part = part.ok_or(DurationError::Invalid)?.saturating_add(part_of(fraction, unit));
        // Two halves of the range are zero together, as Go's sum wraps.
        total = total.wrapping_add(part);
        if part > MOST || total > MOST {
            return Err(DurationError::Invalid);
        }
        rest = after;
    }
    if negative {
        return Ok(0i64.checked_sub_unsigned(total).unwrap_or(i64::MIN));
    }
    i64::try_from(total).map_err(|_| DurationError::Invalid)
}

/// The most nanoseconds, of a negative duration.
const MOST: u64 = 1 << 63;

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

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn durations_are_read_and_errors_told_in_gos_words() {
        assert_eq!(parse("1h15m30.918s"), Ok(4_530_918_000_000));
        assert_eq!(parse("-1.5ms"), Ok(-1_500_000));
        assert_eq!(parse("-9223372036854775808ns"), Ok(i64::MIN));
        for (text, error) in [
            ("x", "time: invalid duration \"x\""),
            ("", "time: invalid duration \"\""),
            ("1.5", "time: missing unit in duration \"1.5\""),
            ("1d", "time: unknown unit \"d\" in duration \"1d\""),
            ("1é", "time: unknown unit \"\\xc3\\xa9\" in duration \"1\\xc3\\xa9\""),
            ("9999999h", "time: invalid duration \"9999999h\""),
        ] {
            assert_eq!(parse(text).err().as_deref(), Some(error), "{text}");
        }
    }
}
