//! `UTCTime` and `GeneralizedTime` as Go reads them: with a zone perhaps, and RFC 3339 out.

use crate::der::{Reader, tag};
use referee_rego_go::time::civil::{self, Civil, days_in};

/// A moment with the zone it was written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Time {
    /// Seconds since 1970.
    pub(super) seconds: i64,
    /// Minutes east of UTC.
    offset: i64,
}

/// The next time.
///
/// # Errors
/// Go's words.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<Time, String> {
    if reader.next_is(tag::UTC_TIME) {
        let time = reader.content(tag::UTC_TIME).and_then(utc);
        return time.ok_or_else(|| "x509: malformed UTCTime".to_owned());
    }
    if reader.next_is(tag::GENERALIZED_TIME) {
        let time = reader.content(tag::GENERALIZED_TIME).and_then(generalized);
        return time.ok_or_else(|| "x509: malformed GeneralizedTime".to_owned());
    }
    Err("x509: unsupported time format".to_owned())
}

fn digits(text: &[u8]) -> Option<i64> {
    let mut value = 0;
    for &byte in text {
        value = value * 10 + i64::from(char::from(byte).to_digit(10)?);
    }
    Some(value)
}

/// Splits off so many digits.
fn take(text: &[u8], count: usize) -> Option<(i64, &[u8])> {
    let (number, rest) = text.split_at_checked(count)?;
    Some((digits(number)?, rest))
}

/// Two digits of the year; the seconds may be missing.
fn utc(text: &[u8]) -> Option<Time> {
    let (year, rest) = take(text, 2)?;
    let year = if year >= 50 { 1900 + year } else { 2000 + year };
    let (minutes, offset) = match rest.len() {
        9 | 13 => (true, rest.get(8..)?),
        11 | 15 => (false, rest.get(10..)?),
        _ => return None,
    };
    moment(year, rest, minutes, offset)
}

fn generalized(text: &[u8]) -> Option<Time> {
    let (year, rest) = take(text, 4)?;
    moment(year, rest, false, rest.get(10..)?)
}

fn moment(year: i64, text: &[u8], without_seconds: bool, offset: &[u8]) -> Option<Time> {
    let (month, text) = take(text, 2)?;
    let (day, text) = take(text, 2)?;
    let (hour, text) = take(text, 2)?;
    let (minute, text) = take(text, 2)?;
    let second = if without_seconds { 0 } else { take(text, 2)?.0 };
    let fine = (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    let offset = zone(offset).filter(|_| fine)?;
    let seconds = seconds_of([year, month, day], [hour, minute - offset, second])?;
    Some(Time { seconds, offset })
}

/// Minutes east; zero is written `Z` only.
fn zone(text: &[u8]) -> Option<i64> {
    let (sign, rest) = match text.split_first()? {
        (b'Z', []) => return Some(0),
        (b'+', rest) => (1, rest),
        (b'-', rest) => (-1, rest),
        _ => return None,
    };
    let (hours, rest) = take(rest, 2)?;
    let (minutes, rest) = take(rest, 2)?;
    let fine = rest.is_empty() && hours <= 24 && minutes < 60 && (hours, minutes) != (0, 0);
    fine.then_some(sign * (hours * 60 + minutes))
}

/// Seconds since 1970 of a date and a clock without a zone; the month is in its range.
fn seconds_of(date: [i64; 3], [hour, minute, second]: [i64; 3]) -> Option<i64> {
    let [year, month, day] = date.map(i128::from);
    let days = i64::try_from(civil::days(year, month, day)).ok()?;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

/// Seconds since 1970 of a date and a clock in UTC.
pub(crate) fn unix_seconds(
    [year, month, day]: [i64; 3],
    [hour, minute, second]: [i64; 3],
) -> Option<i64> {
    let fine = (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..60).contains(&second);
    seconds_of([year, month, day], [hour, minute, second]).filter(|_| fine)
}

/// `20060102` and `150405` of a moment in UTC.
pub(crate) fn compact(seconds: i64) -> (String, String) {
    let Civil { year, month, day, hour, minute, second, .. } = Civil::of(seconds);
    (format!("{year:04}{month:02}{day:02}"), format!("{hour:02}{minute:02}{second:02}"))
}

impl Time {
    /// RFC 3339.
    pub(super) fn text(self) -> String {
        let local = self.seconds + self.offset * 60;
        let Civil { year, month, day, hour, minute, second, .. } = Civil::of(local);
        let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
        if self.offset == 0 {
            return text + "Z";
        }
        let sign = if self.offset < 0 { '-' } else { '+' };
        let offset = self.offset.abs();
        format!("{text}{sign}{:02}:{:02}", offset / 60, offset % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::der::wrap;

    fn text(tag: u8, content: &str) -> Result<String, String> {
        read(&mut Reader::new(&wrap(tag, content.as_bytes()))).map(Time::text)
    }

    #[test]
    fn times_are_written_as_rfc_3339() {
        for (tag, content, expected) in [
            (tag::UTC_TIME, "240229235959Z", "2024-02-29T23:59:59Z"),
            (tag::UTC_TIME, "500101000000Z", "1950-01-01T00:00:00Z"),
            (tag::UTC_TIME, "4912312359Z", "2049-12-31T23:59:00Z"),
            (tag::UTC_TIME, "240101000000+0130", "2024-01-01T00:00:00+01:30"),
            (tag::GENERALIZED_TIME, "99991231235959Z", "9999-12-31T23:59:59Z"),
            (tag::GENERALIZED_TIME, "00010101000000-2400", "0001-01-01T00:00:00-24:00"),
        ] {
            assert_eq!(text(tag, content).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for content in ["230229000000Z", "240101240000Z", "240101000000", "240101000000+0000", "é"]
        {
            let error = Err("x509: malformed UTCTime".to_owned());
            assert_eq!(text(tag::UTC_TIME, content), error, "{content}");
        }
        assert_eq!(text(4, ""), Err("x509: unsupported time format".to_owned()));
    }
}
