//! Durations as Go's `time.ParseDuration` reads them: `1h15m30.918s`.

use super::quote::quote;

/// The nanoseconds of a duration.
///
/// # Errors
/// Go's words.
pub(crate) fn parse(text: &str) -> Result<i64, String> {
    let quoted = quote(text);
    let invalid = || format!("time: invalid duration {quoted}");
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
    let mut total = 0_u64;
    while !rest.is_empty() {
        let (whole, after) = digits(rest);
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => digits(after),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let unit_end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(unit_end).unwrap_or((after, ""));
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {quoted}"));
        }
        let Some(size) = size(unit) else {
            return Err(format!("time: unknown unit {} in duration {quoted}", quote(unit)));
        };
        let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| invalid())? };
        let part = part(fraction, size);
        total = whole
            .checked_mul(size)
            .and_then(|value| value.checked_add(part))
            .and_then(|value| value.checked_add(total))
            .filter(|total| *total <= 1 << 63)
            .ok_or_else(invalid)?;
        rest = after;
    }
    let signed = i128::from(total) * if negative { -1 } else { 1 };
    i64::try_from(signed).map_err(|_| invalid())
}

fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn size(unit: &str) -> Option<u64> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// The digits behind the point, of a unit; what is less than a nanosecond is dropped.
fn part(fraction: &str, size: u64) -> u64 {
    let (mut value, mut scale) = (0_u128, 1_u128);
    for digit in fraction.chars().take(18).filter_map(|digit| digit.to_digit(10)) {
        value = value * 10 + u128::from(digit);
        scale *= 10;
    }
    u64::try_from(value * u128::from(size) / scale).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn durations_are_read_and_errors_told_in_gos_words() {
        assert_eq!(parse("1h15m30.918s"), Ok(4_530_918_000_000));
        assert_eq!(parse("-1.5ms"), Ok(-1_500_000));
        for (text, error) in [
            ("x", "time: invalid duration \"x\""),
            ("", "time: invalid duration \"\""),
            ("1.5", "time: missing unit in duration \"1.5\""),
            ("1d", "time: unknown unit \"d\" in duration \"1d\""),
            ("9999999h", "time: invalid duration \"9999999h\""),
        ] {
            assert_eq!(parse(text).err().as_deref(), Some(error), "{text}");
        }
    }
}
