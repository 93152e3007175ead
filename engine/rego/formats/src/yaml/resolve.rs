//! What a scalar is by its tag and its text (go-yaml v2: `resolve.go`): the booleans, numbers,
//! nulls and times of YAML 1.1, without its base 60 numbers.

use super::Datum;
use data_encoding::Specification;

const PREFIX: &str = "tag:yaml.org,2002:";

/// What a scalar was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Null,
    Bool,
    Int,
    Float,
    Text,
    Time,
}

impl Tag {
    const fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Float => "float",
            Self::Text => "str",
            Self::Time => "timestamp",
        }
    }
}

/// The kind of a plain text without a tag.
pub(super) fn plain(text: &str) -> (Tag, Datum) {
    untagged(text, true)
}

/// The value of a scalar with a tag, or of a plain one.
pub(super) fn resolve(tag: &str, text: &str) -> Result<Datum, String> {
    let short = tag.strip_prefix(PREFIX);
    match (tag, short) {
        (_, Some("binary")) => return binary(text),
        (_, Some("str")) => return Ok(Datum::Text(text.to_owned())),
        ("", _) | (_, Some("bool" | "int" | "float" | "null" | "timestamp")) => {}
        _ => return Ok(Datum::Text(text.to_owned())),
    }
    let wanted = short.unwrap_or_default();
    let (found, value) = untagged(text, tag.is_empty() || wanted == "timestamp");
    match value {
        _ if tag.is_empty() || found.name() == wanted => Ok(value),
        #[expect(clippy::cast_precision_loss, reason = "as Go converts an integer to a float")]
        Datum::Int(value) if wanted == "float" => Ok(Datum::Float(value as f64)),
        _ => Err(format!("cannot decode !!{} `{text}` as a !!{wanted}", found.name())),
    }
}

fn binary(text: &str) -> Result<Datum, String> {
    let mut encoding = Specification::new();
    encoding.symbols.push_str("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    encoding.padding = Some('=');
    encoding.ignore.push_str("\r\n");
    encoding.check_trailing_bits = false;
    let padding = text.find('=').and_then(|at| text.get(at..)).unwrap_or_default();
    let bytes = encoding.encoding().ok().and_then(|it| it.decode(text.as_bytes()).ok());
    match bytes.filter(|_| padding.chars().all(|character| "=\r\n".contains(character))) {
        Some(bytes) => Ok(Datum::Text(text_of(&bytes))),
        None => Err("!!binary value contains invalid base64 data".to_owned()),
    }
}

/// Bytes as Go writes them in JSON: each that is no UTF-8 becomes a replacement character.
fn text_of(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}

fn untagged(text: &str, times: bool) -> (Tag, Datum) {
    let word = |tag, value| (tag, value);
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return word(Tag::Bool, Datum::Bool(true));
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return word(Tag::Bool, Datum::Bool(false));
        }
        "" | "~" | "null" | "Null" | "NULL" => return word(Tag::Null, Datum::Null),
        ".nan" | ".NaN" | ".NAN" => return word(Tag::Float, Datum::Float(f64::NAN)),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return word(Tag::Float, Datum::Float(f64::INFINITY));
        }
        "-.inf" | "-.Inf" | "-.INF" => return word(Tag::Float, Datum::Float(f64::NEG_INFINITY)),
        _ => {}
    }
    let as_text = || (Tag::Text, Datum::Text(text.to_owned()));
    match text.as_bytes().first() {
        Some(b'.') => match float(text) {
            Some(value) => (Tag::Float, Datum::Float(value)),
            None => as_text(),
        },
        Some(b'+' | b'-' | b'0'..=b'9') => {
            if times && is_time(text) {
                return (Tag::Time, Datum::Text(text.to_owned()));
            }
            let number = text.replace('_', "");
            match integer(&number) {
                Some(value) => (Tag::Int, value),
                None => match float(&number) {
                    Some(value) => (Tag::Float, Datum::Float(value)),
                    None => binary_number(&number).map_or_else(as_text, |value| (Tag::Int, value)),
                },
            }
        }
        _ => as_text(),
    }
}

/// An integer of 64 bits as Go reads it, with the base's prefix.
fn integer(text: &str) -> Option<Datum> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let (digits, radix) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (digits.get(2..)?, 16),
        [b'0', b'o' | b'O', ..] => (digits.get(2..)?, 8),
        [b'0', b'b' | b'B', ..] => (digits.get(2..)?, 2),
        [b'0', _, ..] => (digits.get(1..)?, 8),
        _ => (digits, 10),
    };
    let signed = text.starts_with(['+', '-']);
    in_base(digits, radix, negative, signed)
}

fn in_base(digits: &str, radix: u32, negative: bool, signed: bool) -> Option<Datum> {
    if !digits.starts_with(|first: char| first.is_digit(radix)) {
        return None;
    }
    let value = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        return 0_i64.checked_sub_unsigned(value).map(Datum::Int);
    }
    match i64::try_from(value) {
        Ok(value) => Some(Datum::Int(value)),
        Err(_) if signed => None,
        Err(_) => Some(Datum::Uint(value)),
    }
}

/// What go-yaml reads besides: a sign after the prefix.
fn binary_number(text: &str) -> Option<Datum> {
    if let Some(digits) = text.strip_prefix("0b") {
        let unsigned = digits.strip_prefix(['+', '-']);
        let negative = digits.starts_with('-');
        return in_base(unsigned?, 2, negative, true);
    }
    None
}

/// Digits with a point and an exponent; none beyond the range of a float.
fn float(text: &str) -> Option<f64> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let whole = digits(rest);
    let mut left = rest.get(whole..)?;
    if let Some(fraction) = left.strip_prefix('.') {
        let count = digits(fraction);
        if whole == 0 && count == 0 {
            return None;
        }
        left = fraction.get(count..)?;
    } else if whole == 0 {
        return None;
    }
    if let Some(exponent) = left.strip_prefix(['e', 'E']) {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if exponent.is_empty() || digits(exponent) != exponent.len() {
            return None;
        }
    } else if !left.is_empty() {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Whether a text is a date, or a date and a time, as Go's `time.Parse` reads go-yaml's formats.
fn is_time(text: &str) -> bool {
    if text.bytes().take_while(u8::is_ascii_digit).count() != 4 {
        return false;
    }
    let mut rest = Fields(text);
    let Some(year) = rest.number(4, 4) else { return false };
    let date = rest.sign("-").and_then(|()| {
        let month = rest.number(1, 2)?;
        rest.sign("-")?;
        Some((month, rest.number(1, 2)?))
    });
    let Some((month, day)) = date else { return false };
    if !(1..=12).contains(&month) || day < 1 || day > days(year, month) {
        return false;
    }
    match rest.0.as_bytes().first() {
        None => true,
        Some(b'T' | b't') => rest.skip() && rest.clock() && rest.zone() && rest.0.is_empty(),
        Some(b' ') => {
            // Go takes any number of spaces for one.
            rest.0 = rest.0.trim_start_matches(' ');
            rest.clock() && rest.0.is_empty()
        }
        Some(_) => false,
    }
}

const fn days(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

struct Fields<'a>(&'a str);

impl Fields<'_> {
    fn number(&mut self, least: usize, most: usize) -> Option<u32> {
        let count = self.0.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        if count < least { None } else { digits.parse().ok() }
    }

    fn sign(&mut self, sign: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(sign)?;
        Some(())
    }

    fn skip(&mut self) -> bool {
        self.0 = self.0.get(1..).unwrap_or_default();
        true
    }

    /// Hours, minutes, seconds, and parts of a second.
    fn clock(&mut self) -> bool {
        let read = (|| {
            let hour = self.number(1, 2)?;
            self.sign(":")?;
            let minute = self.number(1, 2)?;
            self.sign(":")?;
            Some((hour, minute, self.number(1, 2)?))
        })();
        if let Some(part) = self.0.strip_prefix(['.', ',']) {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            if digits > 0 {
                self.0 = part.get(digits..).unwrap_or_default();
            }
        }
        read.is_some_and(|(hour, minute, second)| hour < 24 && minute < 60 && second < 60)
    }

    /// `Z`, or hours and minutes with a sign.
    fn zone(&mut self) -> bool {
        if self.sign("Z").is_some() {
            return true;
        }
        if !self.0.starts_with(['+', '-']) {
            return false;
        }
        self.skip();
        let read = (|| {
            let hour = self.number(2, 2)?;
            self.sign(":")?;
            Some((hour, self.number(2, 2)?))
        })();
        read.is_some_and(|(hour, minute)| hour <= 24 && minute <= 60)
    }
}
