//! How long an answer is fresh (RFC 9111, as far as OPA looks at it).

use crate::x509::unix_seconds;

/// Header fields as they come: names in any case, in order.
pub(super) type Fields = [(String, String)];

/// The first value of a name.
pub(super) fn first<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map_or("", |(_, value)| value.as_str())
}

/// The directives of `Cache-Control`.
fn directive(fields: &Fields, wanted: &str) -> Option<String> {
    let mut found = None;
    for part in first(fields, "cache-control").split(',').map(|part| part.trim_matches(' ')) {
        match part.split_once('=') {
            None if part == wanted => found = Some(String::new()),
            Some((name, value)) if name.trim_matches(' ') == wanted && !value.contains('=') => {
                found = Some(value.to_owned());
            }
            _ => {}
        }
    }
    found
}

/// Whether an answer may be kept.
pub(super) fn may_be_stored(fields: &Fields) -> bool {
    directive(fields, "no-store").is_none()
}

/// When an answer is no longer fresh: nanoseconds since 1970; none is never fresh.
///
/// # Errors
/// Where `max-age` is given and cannot be used.
pub(super) fn expires(fields: &Fields) -> Result<Option<i64>, String> {
    let Some(age) = directive(fields, "max-age") else {
        return Ok(parse_time(first(fields, "expires")));
    };
    let age = match age.parse::<u64>() {
        Ok(age) => i64::try_from(age.min(2_147_483_647)).unwrap_or(i64::MAX),
        Err(_) if !age.is_empty() && age.bytes().all(|byte| byte.is_ascii_digit()) => 2_147_483_647,
        Err(_) => return Err(format!("strconv.ParseUint: parsing \"{age}\": invalid syntax")),
    };
    let date = first(fields, "date");
    if date.is_empty() {
        return Err("no date header".to_owned());
    }
    match parse_time(date) {
        Some(created) => Ok(Some(created.saturating_add(age.saturating_mul(1_000_000_000)))),
        None => Err(format!("parsing time \"{date}\" failed")),
    }
}

/// A time in one of the three forms of HTTP (RFC 9110 section 5.6.7), in nanoseconds.
fn parse_time(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = |name: &str| {
        let at = MONTHS.iter().position(|month| *month == name)?;
        i64::try_from(at + 1).ok()
    };
    let number = |text: &str| text.parse::<i64>().ok().filter(|value| *value >= 0);
    let parts: Vec<&str> = text.split([' ', '-']).filter(|part| !part.is_empty()).collect();
    let (year, month, day, clock) = match parts.as_slice() {
        [weekday, day, name, year, clock, "GMT"] if weekday.ends_with(',') => {
            let year = match (number(year)?, year.len()) {
                (year, 2) if year >= 69 => year + 1900,
                (year, 2) => year + 2000,
                (year, _) => year,
            };
            (year, month(name)?, number(day)?, clock)
        }
        [_, name, day, clock, year] => (number(year)?, month(name)?, number(day)?, clock),
        _ => return None,
    };
    let clock: Vec<i64> = clock.split(':').map(number).collect::<Option<_>>()?;
    let [hour, minute, second] = clock.as_slice() else { return None };
    let seconds = unix_seconds([year, month, day], [*hour, *minute, *second])?;
    seconds.checked_mul(1_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
    }

    #[test]
    fn the_three_forms_of_a_time_are_read() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(parse_time(text), Some(784_111_777_000_000_000), "{text}");
        }
        assert_eq!(parse_time("0"), None);
    }

    #[test]
    fn max_age_counts_from_the_date_and_before_expires() {
        let date = ("Date", "Sun, 06 Nov 1994 08:49:37 GMT");
        let age = ("cache-control", "public, max-age=10");
        assert_eq!(expires(&fields(&[date, age])), Ok(Some(784_111_787_000_000_000)));
        assert_eq!(expires(&fields(&[age])), Err("no date header".to_owned()));
        assert_eq!(expires(&fields(&[("Expires", date.1)])), Ok(Some(784_111_777_000_000_000)));
        assert_eq!(expires(&[]), Ok(None));
        assert!(!may_be_stored(&fields(&[("Cache-Control", "a, no-store")])));
    }
}
