//! Constants in templates: numbers, characters and strings as Go writes them.

use crate::go::float;
use referee_rego_go::quote::quoted;
use referee_rego_value::bytes::{byte_of, text_of};

/// A number as it is written, and what it is.
#[derive(Clone, Debug)]
pub(super) struct Constant {
    pub(super) text: String,
    pub(super) value: Number,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    Int(i64),
    Float(f64),
    /// A whole number that is too large.
    Overflow,
}

/// Reads a number.
pub(super) fn number(text: &str) -> Result<Constant, String> {
    let constant = |value| Ok(Constant { text: text.to_owned(), value });
    if let Some(value) = integer(text) {
        return constant(match i64::try_from(value) {
            Ok(value) => Number::Int(value),
            Err(_) if value > 0 && u64::try_from(value).is_ok() => Number::Overflow,
            Err(_) => return Err(format!("integer overflow: {}", quoted(text))),
        });
    }
    match float::parse(text) {
        Ok(_) if !text.contains(['.', 'e', 'E', 'p', 'P']) => {
            Err(format!("integer overflow: {}", quoted(text)))
        }
        Ok(value) => constant(Number::Float(value)),
        Err(_) => Err(format!("illegal number syntax: {}", quoted(text))),
    }
}

/// A whole number in Go's syntax: with a base, and digits parted by `_`.
fn integer(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = match lower.get(..2) {
        Some("0x") => (16, lower.get(2..)?),
        Some("0o") => (8, lower.get(2..)?),
        Some("0b") => (2, lower.get(2..)?),
        _ if lower.len() > 1 && lower.starts_with('0') => (8, lower.get(1..)?),
        _ => (10, lower.as_str()),
    };
    let bar = |c: char| c == '_';
    let parted =
        digits.contains("__") || digits.ends_with(bar) || base == 10 && digits.starts_with(bar);
    if parted || base == 10 && digits.contains(bar) && digits.starts_with('0') {
        return None;
    }
    let plain: String = digits.chars().filter(|c| !bar(*c)).collect();
    if plain.is_empty() || plain.len() > 100 && base > 1 && plain.len() > 128 {
        return None;
    }
    let value =
        i128::from_str_radix(&plain, base).ok().filter(|_| !plain.starts_with(['+', '-']))?;
    Some(if negative { -value } else { value })
}

/// Reads a character between single quotes.
pub(super) fn character(text: &str) -> Result<Constant, String> {
    let inner = text.get(1..).unwrap_or_default();
    let malformed = || format!("malformed character constant: {text}");
    let (value, rest) = one(inner, '\'').ok_or("invalid syntax")?;
    match (value, rest) {
        (Unit::Character(value), "'") => {
            Ok(Constant { text: text.to_owned(), value: Number::Int(i64::from(u32::from(value))) })
        }
        (Unit::Byte(value), "'") => {
            Ok(Constant { text: text.to_owned(), value: Number::Int(i64::from(value)) })
        }
        _ => Err(malformed()),
    }
}

/// A part of a string: a character, or a byte by its number.
enum Unit {
    Character(char),
    Byte(u8),
}

/// The next part, and what follows it.
fn one(text: &str, quote: char) -> Option<(Unit, &str)> {
    let mut rest = text.chars();
    let first = rest.next()?;
    if first == quote {
        return None;
    }
    if first != '\\' {
        return Some((Unit::Character(first), rest.as_str()));
    }
    let escaped = rest.next()?;
    let after = rest.as_str();
    let simple = match escaped {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '\\' => '\\',
        '\'' | '"' if escaped == quote => escaped,
        'x' => return coded(after, 2, 16).and_then(|(code, rest)| byte(code, rest)),
        'u' => return coded(after, 4, 16).and_then(|(code, rest)| character_of(code, rest)),
        'U' => return coded(after, 8, 16).and_then(|(code, rest)| character_of(code, rest)),
        '0'..='7' => {
            let digits = text.get(1..)?;
            return coded(digits, 3, 8).and_then(|(code, rest)| byte(code, rest));
        }
        _ => return None,
    };
    Some((Unit::Character(simple), after))
}

fn coded(text: &str, digits: usize, base: u32) -> Option<(u32, &str)> {
    let (code, rest) = text.split_at_checked(digits)?;
    if !code.chars().all(|c| c.is_digit(base)) {
        return None;
    }
    Some((u32::from_str_radix(code, base).ok()?, rest))
}

fn byte(code: u32, rest: &str) -> Option<(Unit, &str)> {
    u8::try_from(code).ok().map(|byte| (Unit::Byte(byte), rest))
}

fn character_of(code: u32, rest: &str) -> Option<(Unit, &str)> {
    char::from_u32(code).map(|c| (Unit::Character(c), rest))
}

fn push(c: char, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

/// The text of a quoted string; `None` where Go has it for no string.
pub(super) fn unquoted(text: &str) -> Option<String> {
    if let Some(raw) = text.strip_prefix('`') {
        return raw.strip_suffix('`').map(|raw| raw.replace('\r', ""));
    }
    let mut rest = text.strip_prefix('"')?;
    let mut bytes = Vec::with_capacity(rest.len());
    loop {
        if rest == "\"" {
            return Some(text_of(bytes));
        }
        let (unit, after) = one(rest, '"')?;
        match unit {
            Unit::Character('\n') if !rest.starts_with('\\') => return None,
            Unit::Character(c) if rest.starts_with('\\') => push(c, &mut bytes),
            // As it stands in the template, where it may stand for a byte.
            Unit::Character(c) => match byte_of(c) {
                Some(byte) => bytes.push(byte),
                None => push(c, &mut bytes),
            },
            Unit::Byte(byte) => bytes.push(byte),
        }
        rest = after;
    }
}
