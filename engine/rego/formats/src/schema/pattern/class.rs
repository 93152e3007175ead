//! Classes of characters and escapes in patterns.

use super::translate::Translator;
use std::fmt::Write;

impl<'a> Translator<'a> {
    /// `d`, `pL`, `p{Greek}` after a backslash; `Some(None)` where it is no class.
    pub(super) fn class_escape(&mut self, text: &'a str) -> Option<Option<String>> {
        let mut rest = text.chars();
        let letter = match rest.next() {
            Some(letter) if "dDsSwWpP".contains(letter) => letter,
            _ => return Some(None),
        };
        let class = match letter {
            'd' => "[0-9]".to_owned(),
            'D' => "[^0-9]".to_owned(),
            's' => r"[\t\n\f\r ]".to_owned(),
            'S' => r"[^\t\n\f\r ]".to_owned(),
            'w' => "[0-9A-Za-z_]".to_owned(),
            'W' => "[^0-9A-Za-z_]".to_owned(),
            _ => {
                let after = rest.as_str();
                let (name, left) = match after.strip_prefix('{') {
                    Some(after) => after.split_once('}')?,
                    None => {
                        rest.next()?;
                        (after.strip_suffix(rest.as_str())?, rest.as_str())
                    }
                };
                self.rest = left;
                let (inverted, name) = match name.strip_prefix('^') {
                    Some(name) => (true, name),
                    None => (false, name),
                };
                let valid = |c: char| c.is_ascii_alphabetic() || matches!(c, ' ' | '-' | '_');
                if name.is_empty() || !name.chars().all(valid) {
                    return None;
                }
                let negated = (letter == 'P') != inverted;
                return Some(Some(format!("\\{}{{{name}}}", if negated { 'P' } else { 'p' })));
            }
        };
        self.rest = rest.as_str();
        Some(Some(class))
    }

    /// A class in brackets, after the first.
    pub(super) fn class(&mut self) -> Option<String> {
        let mut class = String::from("[");
        if self.eat("^") {
            class.push('^');
        }
        let mut first = true;
        loop {
            if !first && self.eat("]") {
                class.push(']');
                return Some(class);
            }
            first = false;
            if self.rest.len() > 2
                && let Some(named) = self.rest.strip_prefix("[:")
                && let Some((name, after)) = named.split_once(":]")
            {
                let plain = name.strip_prefix('^').unwrap_or(name);
                if !NAMED.contains(&plain) {
                    return None;
                }
                let _ = write!(class, "[:{name}:]");
                self.rest = after;
                continue;
            }
            if let Some(escaped) = self.rest.strip_prefix('\\')
                && let Some(inner) = self.class_escape(escaped)?
            {
                class.push_str(&inner);
                continue;
            }
            let low = self.character()?;
            let mut high = low;
            if let Some(after) = self.rest.strip_prefix('-')
                && !after.is_empty()
                && !after.starts_with(']')
            {
                self.rest = after;
                high = self.character()?;
            }
            if high < low {
                return None;
            }
            range(&mut class, low, high);
        }
    }

    fn character(&mut self) -> Option<u32> {
        if self.eat("\\") { self.escaped() } else { self.next().map(u32::from) }
    }

    /// An escape of one character after its backslash.
    pub(super) fn escaped(&mut self) -> Option<u32> {
        match self.next()? {
            first @ '0'..='7' => {
                let mut code = first.to_digit(8)?;
                let mut digits = 1;
                while digits < 3
                    && let Some(digit) = self.rest.chars().next().and_then(|c| c.to_digit(8))
                {
                    code = code * 8 + digit;
                    digits += 1;
                    self.next();
                }
                (digits > 1 || first == '0').then_some(code)
            }
            'x' => {
                if !self.eat("{") {
                    return Some(self.next()?.to_digit(16)? * 16 + self.next()?.to_digit(16)?);
                }
                let (digits, after) = self.rest.split_once('}')?;
                self.rest = after;
                if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                    return None;
                }
                u32::from_str_radix(digits, 16).ok().filter(|code| *code <= 0x10_ffff)
            }
            'a' => Some(0x07),
            'f' => Some(0x0c),
            'n' => Some(0x0a),
            'r' => Some(0x0d),
            't' => Some(0x09),
            'v' => Some(0x0b),
            other if other.is_ascii() && !other.is_ascii_alphanumeric() => Some(u32::from(other)),
            _ => None,
        }
    }
}

/// The named classes.
const NAMED: &[&str] = &[
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];

/// A character as itself; a code point that is none matches nothing.
pub(super) fn literal(code: u32) -> String {
    match char::from_u32(code) {
        Some(_) => format!("\\x{{{code:x}}}"),
        None => "[^\\x{0}-\\x{10ffff}]".to_owned(),
    }
}

/// A range of code points, without those that are no characters.
fn range(class: &mut String, low: u32, high: u32) {
    let low = if (0xd800..0xe000).contains(&low) { 0xe000 } else { low };
    let high = if (0xd800..0xe000).contains(&high) { 0xd7ff } else { high };
    // Writing into a string does not fail.
    let _ = match (char::from_u32(low), char::from_u32(high)) {
        (Some(_), Some(_)) if low <= high => write!(class, "\\x{{{low:x}}}-\\x{{{high:x}}}"),
        _ => write!(class, "[^\\x{{0}}-\\x{{10ffff}}]"),
    };
}
