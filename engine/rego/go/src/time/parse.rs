//! A moment of its text, by a layout, with Go's errors.
//!
//! Texts are read byte by byte: Go cuts them wherever it likes, and shows it in its errors.

use super::civil::{self, DAY, MONTHS, WEEKDAYS, days_in, is_leap};
use super::layout::{Chunk, Cut, Offset, cut};
use super::quoted;
use referee_rego_value::bytes::bytes_of;

/// A moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// Since 1970, in UTC.
    pub seconds: i64,
    /// Of the second.
    pub nanoseconds: i64,
}

/// What went wrong with a chunk.
enum Wrong {
    /// It is not there.
    Text,
    /// It is out of its range: what.
    Range(&'static str),
}

type Read<T> = Result<T, Wrong>;

/// Reads a moment.
///
/// # Errors
/// Where it is none by the layout, in Go's words.
pub fn parse(layout: &str, value: &str) -> Result<Parsed, String> {
    let (layout, value) = (&bytes_of(layout)[..], bytes_of(value));
    let whole = || quoted(&value);
    let cannot = |value: &[u8], wanted: &[u8]| {
        let (whole, layout) = (whole(), quoted(layout));
        let (value, wanted) = (quoted(value), quoted(wanted));
        format!("parsing time {whole} as {layout}: cannot parse {value} as {wanted}")
    };
    let mut reader = Reader { rest: &value, fields: Fields::default() };
    let mut rest = layout;
    loop {
        let Cut { before, chunk, after } = cut(rest);
        if !reader.skip(before) {
            return Err(cannot(reader.rest, before));
        }
        let Some((chunk, text)) = chunk else {
            break;
        };
        rest = after;
        let hold = reader.rest;
        reader.chunk(chunk, after).map_err(|wrong| match wrong {
            Wrong::Text => cannot(hold, text),
            Wrong::Range(what) => format!("parsing time {}: {what} out of range", whole()),
        })?;
    }
    if !reader.rest.is_empty() {
        let extra = quoted(reader.rest);
        return Err(format!("parsing time {}: extra text: {extra}", whole()));
    }
    reader.fields.moment().map_err(|what| format!("parsing time {}: {what}", whole()))
}

/// What was read.
#[derive(Debug, Default)]
struct Fields {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    year_day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanoseconds: i64,
    afternoon: Option<bool>,
    offset: Option<i64>,
    /// Whether UTC was named, which counts more than any offset.
    utc: bool,
}

impl Fields {
    fn moment(mut self) -> Result<Parsed, &'static str> {
        match self.afternoon {
            Some(true) if self.hour < 12 => self.hour += 12,
            Some(false) if self.hour == 12 => self.hour = 0,
            _ => {}
        }
        self.day_of_year()?;
        let (month, day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        if day < 1 || day > days_in(self.year, month) {
            return Err("day out of range");
        }
        let days = civil::days(self.year.into(), month.into(), day.into());
        let days = i64::try_from(days).unwrap_or(0);
        let seconds = days * DAY + self.hour * 3_600 + self.minute * 60 + self.second;
        let offset = if self.utc { 0 } else { self.offset.unwrap_or(0) };
        let seconds = seconds - offset;
        Ok(Parsed { seconds, nanoseconds: self.nanoseconds })
    }

    /// The month and day of a day of the year; where they were read too, they must be the same.
    fn day_of_year(&mut self) -> Result<(), &'static str> {
        let Some(mut day) = self.year_day else {
            return Ok(());
        };
        if day < 1 || day > 365 + i64::from(is_leap(self.year)) {
            return Err("day-of-year out of range");
        }
        let mut month = 1;
        while day > days_in(self.year, month) {
            day -= days_in(self.year, month);
            month += 1;
        }
        if self.month.is_some_and(|found| found != month) {
            return Err("day-of-year does not match month");
        }
        if self.day.is_some_and(|found| found != day) {
            return Err("day-of-year does not match day");
        }
        (self.month, self.day) = (Some(month), Some(day));
        Ok(())
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    fields: Fields,
}

impl<'a> Reader<'a> {
    /// Skips a fixed text: a space in it stands for any number of them.
    fn skip(&mut self, mut text: &[u8]) -> bool {
        while let Some((byte, after)) = text.split_first() {
            if *byte == b' ' {
                if self.rest.first().is_some_and(|byte| *byte != b' ') {
                    return false;
                }
                text = without_spaces(text);
                self.rest = without_spaces(self.rest);
            } else if let Some(rest) = self.rest.strip_prefix(&[*byte]) {
                self.rest = rest;
                text = after;
            } else {
                return false;
            }
        }
        true
    }

    fn take(&mut self, count: usize) -> Read<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Wrong::Text)?;
        self.rest = rest;
        Ok(taken)
    }

    fn digit(&self, at: usize) -> Option<i64> {
        digit(self.rest.get(at))
    }

    /// One or two digits; two where they are `fixed`.
    fn number(&mut self, fixed: bool) -> Read<i64> {
        let first = self.digit(0).ok_or(Wrong::Text)?;
        match self.digit(1) {
            Some(second) => {
                self.take(2)?;
                Ok(first * 10 + second)
            }
            None if fixed => Err(Wrong::Text),
            None => {
                self.take(1)?;
                Ok(first)
            }
        }
    }

    fn number_below(&mut self, fixed: bool, bound: i64, what: &'static str) -> Read<i64> {
        let number = self.number(fixed)?;
        if number < bound { Ok(number) } else { Err(Wrong::Range(what)) }
    }

    /// A name, in any case: its index from 1.
    fn name(&mut self, names: &[&str], length: Option<usize>) -> Read<i64> {
        for (index, name) in (1..).zip(names) {
            let name = name.as_bytes();
            let name = length.and_then(|length| name.get(..length)).unwrap_or(name);
            let found = self.rest.get(..name.len());
            if found.is_some_and(|found| found.eq_ignore_ascii_case(name)) {
                self.take(name.len())?;
                return Ok(index);
            }
        }
        Err(Wrong::Text)
    }

    fn chunk(&mut self, chunk: Chunk, after: &[u8]) -> Read<()> {
        match chunk {
            Chunk::Year => {
                let year = integer(self.take(2)?).ok_or(Wrong::Text)?;
                self.fields.year = year + if year >= 69 { 1_900 } else { 2_000 };
            }
            Chunk::LongYear => {
                if self.digit(0).is_none() {
                    return Err(Wrong::Text);
                }
                self.fields.year = integer(self.take(4)?).ok_or(Wrong::Text)?;
            }
            Chunk::Month => self.fields.month = Some(self.name(&MONTHS, Some(3))?),
            Chunk::LongMonth => self.fields.month = Some(self.name(&MONTHS, None)?),
            Chunk::NumberMonth { padded } => {
                let month = self.number_below(padded, 13, "month")?;
                if month == 0 {
                    return Err(Wrong::Range("month"));
                }
                self.fields.month = Some(month);
            }
            Chunk::Weekday => {
                self.name(&WEEKDAYS, Some(3))?;
            }
            Chunk::LongWeekday => {
                self.name(&WEEKDAYS, None)?;
            }
            Chunk::Day { padded } => self.fields.day = Some(self.number(padded)?),
            Chunk::SpaceDay => {
                self.space();
                self.fields.day = Some(self.number(false)?);
            }
            Chunk::YearDay { padded } => self.year_day(padded)?,
            Chunk::Hour => self.fields.hour = self.number_below(false, 24, "hour")?,
            Chunk::Hour12 { padded } => {
                self.fields.hour = self.number_below(padded, 13, "hour")?;
            }
            Chunk::Minute { padded } => {
                self.fields.minute = self.number_below(padded, 60, "minute")?;
            }
            Chunk::Second { padded } => {
                self.fields.second = self.number_below(padded, 60, "second")?;
                self.unasked_fraction(after)?;
            }
            Chunk::Half { upper } => self.half(upper)?,
            Chunk::ZoneName => self.zone_name()?,
            Chunk::Offset(form) => self.offset(form)?,
            Chunk::Fraction { digits, all: true, .. } => {
                let digits = self.take(digits + 1)?;
                self.fields.nanoseconds = fraction(digits)?;
            }
            Chunk::Fraction { .. } => {
                if matches!(self.rest.first(), Some(b'.' | b',')) && self.digit(1).is_some() {
                    self.fraction()?;
                }
            }
        }
        Ok(())
    }

    fn space(&mut self) {
        self.rest = self.rest.strip_prefix(b" ").unwrap_or(self.rest);
    }

    fn year_day(&mut self, padded: bool) -> Read<()> {
        if !padded {
            self.space();
            self.space();
        }
        let count = self.rest.iter().take(3).take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 || padded && count != 3 {
            return Err(Wrong::Text);
        }
        self.fields.year_day = integer(self.take(count)?);
        Ok(())
    }

    /// A fraction of a second that the layout does not have.
    fn unasked_fraction(&mut self, after: &[u8]) -> Read<()> {
        let here = matches!(self.rest.first(), Some(b'.' | b',')) && self.digit(1).is_some();
        let asked = matches!(cut(after).chunk, Some((Chunk::Fraction { .. }, _)));
        if here && !asked { self.fraction() } else { Ok(()) }
    }

    /// A sign with all digits that follow it.
    fn fraction(&mut self) -> Read<()> {
        let digits = self.rest.iter().skip(1).take_while(|byte| byte.is_ascii_digit()).count();
        let text = self.take(digits + 1)?;
        self.fields.nanoseconds = fraction(text)?;
        Ok(())
    }

    fn half(&mut self, upper: bool) -> Read<()> {
        self.fields.afternoon = match (self.take(2)?, upper) {
            (b"PM", true) | (b"pm", false) => Some(true),
            (b"AM", true) | (b"am", false) => Some(false),
            _ => return Err(Wrong::Text),
        };
        Ok(())
    }

    fn offset(&mut self, form: Offset) -> Read<()> {
        if form.z
            && let Some(rest) = self.rest.strip_prefix(b"Z")
        {
            self.rest = rest;
            self.fields.utc = true;
            return Ok(());
        }
        let length = match (form.minutes, form.seconds, form.colons) {
            (false, _, _) => 3,
            (_, false, false) => 5,
            (_, false, true) => 6,
            (_, true, false) => 7,
            (_, true, true) => 9,
        };
        let text = self.take(length)?;
        let step = if form.colons { 3 } else { 2 };
        if form.colons && text.iter().skip(3).step_by(3).any(|byte| *byte != b':') {
            return Err(Wrong::Text);
        }
        let mut values = [0; 3];
        let mut valid = true;
        for (index, value) in values.iter_mut().enumerate() {
            let at = 1 + index * step;
            if at < text.len() && valid {
                match (digit(text.get(at)), digit(text.get(at + 1))) {
                    (Some(first), Some(second)) => *value = first * 10 + second,
                    _ => valid = false,
                }
            }
        }
        let [hours, minutes, seconds] = values;
        let bounds = [
            (seconds, 60, "time zone offset second"),
            (minutes, 60, "time zone offset minute"),
            (hours, 24, "time zone offset hour"),
        ];
        for (value, most, what) in bounds {
            if value > most {
                return Err(Wrong::Range(what));
            }
        }
        let offset = (hours * 60 + minutes) * 60 + seconds;
        self.fields.offset = match text.first() {
            Some(b'+') if valid => Some(offset),
            Some(b'-') if valid => Some(-offset),
            _ => return Err(Wrong::Text),
        };
        Ok(())
    }

    /// The name of a zone, of which only UTC is known.
    fn zone_name(&mut self) -> Read<()> {
        if let Some(rest) = self.rest.strip_prefix(b"UTC") {
            self.rest = rest;
            self.fields.utc = true;
            return Ok(());
        }
        // The moment is that of UTC, even where the name has an offset: so does Go.
        self.take(zone_length(self.rest).ok_or(Wrong::Text)?)?;
        Ok(())
    }
}

fn without_spaces(text: &[u8]) -> &[u8] {
    let spaces = text.iter().take_while(|byte| **byte == b' ').count();
    text.get(spaces..).unwrap_or_default()
}

fn digit(byte: Option<&u8>) -> Option<i64> {
    byte.filter(|byte| byte.is_ascii_digit()).map(|byte| i64::from(byte - b'0'))
}

/// A number, with a sign perhaps.
fn integer(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    text.parse().ok()
}

/// Nanoseconds of a sign and digits, of which nine count.
fn fraction(text: &[u8]) -> Read<i64> {
    let Some((b'.' | b',', digits)) = text.split_first() else {
        return Err(Wrong::Text);
    };
    let digits = digits.get(..9).unwrap_or(digits);
    let value = integer(digits).ok_or(Wrong::Text)?;
    if value < 0 {
        return Err(Wrong::Range("fractional second"));
    }
    let missing = u32::try_from(9 - digits.len()).unwrap_or(0);
    Ok(value * 10i64.pow(missing))
}

/// How long the name of a zone is that stands here.
fn zone_length(text: &[u8]) -> Option<usize> {
    if text.len() < 3 {
        return None;
    }
    if text.starts_with(b"ChST") || text.starts_with(b"MeST") {
        return Some(4);
    }
    if let Some(offset) = text.strip_prefix(b"GMT") {
        return Some(3 + signed_length(offset).unwrap_or(0));
    }
    if matches!(text.first(), Some(b'+' | b'-')) {
        return signed_length(text);
    }
    let upper = text.iter().take(6).take_while(|byte| byte.is_ascii_uppercase()).count();
    match upper {
        3 => Some(3),
        4 if text.get(3) == Some(&b'T') || text.starts_with(b"WITA") => Some(4),
        5 if text.get(4) == Some(&b'T') => Some(5),
        _ => None,
    }
}

/// How long a sign with hours up to 23 is.
fn signed_length(text: &[u8]) -> Option<usize> {
    let (b'+' | b'-', rest) = text.split_first()? else {
        return None;
    };
    let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let hours = integer(rest.get(..count)?)?;
    (hours <= 23).then_some(count + 1)
}
