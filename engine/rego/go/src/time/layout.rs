//! Layouts: how a certain moment, Go's `Mon Jan 2 15:04:05 MST 2006`, would be written.

/// The layout of RFC 3339 in seconds.
pub const RFC3339: &str = "2006-01-02T15:04:05Z07:00";

/// The layout of RFC 3339 with as many digits of nanoseconds as there are.
pub const RFC3339_NANO: &str = "2006-01-02T15:04:05.999999999Z07:00";

/// The layouts that OPA knows by name.
#[must_use]
pub fn named(name: &str) -> Option<&'static str> {
    Some(match name {
        "ANSIC" => "Mon Jan _2 15:04:05 2006",
        "UnixDate" => "Mon Jan _2 15:04:05 MST 2006",
        "RubyDate" => "Mon Jan 02 15:04:05 -0700 2006",
        "RFC822" => "02 Jan 06 15:04 MST",
        "RFC822Z" => "02 Jan 06 15:04 -0700",
        "RFC850" => "Monday, 02-Jan-06 15:04:05 MST",
        "RFC1123" => "Mon, 02 Jan 2006 15:04:05 MST",
        "RFC1123Z" => "Mon, 02 Jan 2006 15:04:05 -0700",
        "RFC3339" => RFC3339,
        "RFC3339Nano" => RFC3339_NANO,
        _ => return None,
    })
}

/// How a zone's offset is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offset {
    /// Whether UTC is `Z`.
    pub z: bool,
    /// Whether colons stand between its parts.
    pub colons: bool,
    /// Whether it has minutes.
    pub minutes: bool,
    /// Whether it has seconds.
    pub seconds: bool,
}

/// A part of a layout that stands for something. `padded` is with zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chunk {
    /// `2006`
    LongYear,
    /// `06`
    Year,
    /// `January`
    LongMonth,
    /// `Jan`
    Month,
    /// `1` or `01`
    NumberMonth {
        /// `01`
        padded: bool,
    },
    /// `Monday`
    LongWeekday,
    /// `Mon`
    Weekday,
    /// `2` or `02`
    Day {
        /// `02`
        padded: bool,
    },
    /// `_2`: with a space where it has one digit.
    SpaceDay,
    /// `002` or `__2`: the day of the year, with zeros or with spaces.
    YearDay {
        /// `002`
        padded: bool,
    },
    /// `15`
    Hour,
    /// `3` or `03`
    Hour12 {
        /// `03`
        padded: bool,
    },
    /// `4` or `04`
    Minute {
        /// `04`
        padded: bool,
    },
    /// `5` or `05`
    Second {
        /// `05`
        padded: bool,
    },
    /// AM or PM.
    Half {
        /// `PM`, not `pm`.
        upper: bool,
    },
    /// `MST`
    ZoneName,
    /// `-0700`, `Z07:00` and the like.
    Offset(Offset),
    /// `.000` or `,999`: so many digits behind a sign.
    Fraction {
        /// The sign.
        sign: u8,
        /// How many digits.
        digits: usize,
        /// Whether zeros at the end stay.
        all: bool,
    },
}

/// A layout cut at its first chunk: what stands before it, its text, and what follows.
#[derive(Clone, Copy, Debug)]
pub struct Cut<'a> {
    /// What stands before the chunk: all, where there is no chunk.
    pub before: &'a [u8],
    /// The chunk with its text.
    pub chunk: Option<(Chunk, &'a [u8])>,
    /// What follows the chunk.
    pub after: &'a [u8],
}

/// Cuts a layout at its first chunk.
#[must_use]
pub fn cut(layout: &[u8]) -> Cut<'_> {
    let mut at = 0;
    while let Some(rest) = layout.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some((chunk, skipped, length)) = chunk(rest) {
            let before = layout.get(..at + skipped).unwrap_or_default();
            let text = rest.get(skipped..skipped + length).unwrap_or_default();
            let after = rest.get(skipped + length..).unwrap_or_default();
            return Cut { before, chunk: Some((chunk, text)), after };
        }
        at += 1;
    }
    Cut { before: layout, chunk: None, after: &[] }
}

/// The chunk that begins here: what is skipped before it, and its length.
fn chunk(rest: &[u8]) -> Option<(Chunk, usize, usize)> {
    let lower_follows = || rest.get(3).is_some_and(u8::is_ascii_lowercase);
    let starts = |text: &str| rest.starts_with(text.as_bytes());
    let (chunk, length) = match rest.first()? {
        b'J' if starts("January") => (Chunk::LongMonth, 7),
        b'J' if starts("Jan") && !lower_follows() => (Chunk::Month, 3),
        b'M' if starts("Monday") => (Chunk::LongWeekday, 6),
        b'M' if starts("Mon") && !lower_follows() => (Chunk::Weekday, 3),
        b'M' if starts("MST") => (Chunk::ZoneName, 3),
        b'0' => return padded(rest).map(|(chunk, length)| (chunk, 0, length)),
        b'1' if starts("15") => (Chunk::Hour, 2),
        b'1' => (Chunk::NumberMonth { padded: false }, 1),
        b'2' if starts("2006") => (Chunk::LongYear, 4),
        b'2' => (Chunk::Day { padded: false }, 1),
        b'_' if starts("_2006") => return Some((Chunk::LongYear, 1, 4)),
        b'_' if starts("_2") => (Chunk::SpaceDay, 2),
        b'_' if starts("__2") => (Chunk::YearDay { padded: false }, 3),
        b'3' => (Chunk::Hour12 { padded: false }, 1),
        b'4' => (Chunk::Minute { padded: false }, 1),
        b'5' => (Chunk::Second { padded: false }, 1),
        b'P' if starts("PM") => (Chunk::Half { upper: true }, 2),
        b'p' if starts("pm") => (Chunk::Half { upper: false }, 2),
        b'-' | b'Z' => return offset(rest).map(|(chunk, length)| (chunk, 0, length)),
        b'.' | b',' => return fraction(rest).map(|(chunk, length)| (chunk, 0, length)),
        _ => return None,
    };
    Some((chunk, 0, length))
}

fn padded(rest: &[u8]) -> Option<(Chunk, usize)> {
    if rest.starts_with(b"002") {
        return Some((Chunk::YearDay { padded: true }, 3));
    }
    let chunk = match rest.get(1)? {
        b'1' => Chunk::NumberMonth { padded: true },
        b'2' => Chunk::Day { padded: true },
        b'3' => Chunk::Hour12 { padded: true },
        b'4' => Chunk::Minute { padded: true },
        b'5' => Chunk::Second { padded: true },
        b'6' => Chunk::Year,
        _ => return None,
    };
    Some((chunk, 2))
}

fn offset(rest: &[u8]) -> Option<(Chunk, usize)> {
    let z = rest.first() == Some(&b'Z');
    let digits = rest.get(1..)?;
    let (colons, minutes, seconds, length) = if digits.starts_with(b"070000") {
        (false, true, true, 7)
    } else if digits.starts_with(b"07:00:00") {
        (true, true, true, 9)
    } else if digits.starts_with(b"0700") {
        (false, true, false, 5)
    } else if digits.starts_with(b"07:00") {
        (true, true, false, 6)
    } else if digits.starts_with(b"07") {
        (false, false, false, 3)
    } else {
        return None;
    };
    Some((Chunk::Offset(Offset { z, colons, minutes, seconds }), length))
}

fn fraction(rest: &[u8]) -> Option<(Chunk, usize)> {
    let (sign, digits) = rest.split_first()?;
    let digit = digits.first().filter(|digit| matches!(digit, b'0' | b'9'))?;
    let count = digits.iter().take_while(|next| *next == digit).count();
    if digits.get(count).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    Some((Chunk::Fraction { sign: *sign, digits: count, all: *digit == b'0' }, count + 1))
}
