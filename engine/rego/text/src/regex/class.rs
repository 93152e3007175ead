//! Classes of characters: `[a-z]`, `\d`, `[[:alpha:]]`, `\p{Greek}`; and escapes of one character.
//!
//! `\d`, `\w`, `\s` and the named classes are of ASCII, as in Go. The tables of Unicode are the
//! engine's, which are newer than Go's.

use super::parse::{Parsed, SyntaxError, skip, up_to};
use super::unicode;
use regex_syntax::hir::{self, ClassUnicode, ClassUnicodeRange, Hir};

const BAD_RANGE: &str = "invalid character class range";
const BAD_ESCAPE: &str = "invalid escape sequence";
const MISSING_BRACKET: &str = "missing closing ]";
const TRAILING: &str = "trailing backslash at end of expression";

/// The largest code point.
const LAST: u32 = 0x10_ffff;

/// A set of characters.
#[derive(Clone, Debug)]
pub(crate) struct Class(ClassUnicode);

impl Class {
    fn empty() -> Self {
        Self(ClassUnicode::empty())
    }

    /// The characters of a range of code points, of which some are no characters.
    fn range(low: u32, high: u32) -> Self {
        let low = if (0xd800..0xe000).contains(&low) { 0xe000 } else { low };
        let high = if (0xd800..0xe000).contains(&high) { 0xd7ff } else { high };
        match (char::from_u32(low), char::from_u32(high)) {
            (Some(low), Some(high)) if low <= high => {
                Self(ClassUnicode::new([ClassUnicodeRange::new(low, high)]))
            }
            _ => Self::empty(),
        }
    }

    /// The same, with all that differs by case only.
    pub(super) fn folded(low: u32, high: u32) -> Self {
        Self::range(low, high).fold()
    }

    pub(super) fn of(class: ClassUnicode) -> Self {
        Self(class)
    }

    fn ranges(ranges: &[(char, char)]) -> Self {
        let ranges = ranges.iter().map(|(low, high)| ClassUnicodeRange::new(*low, *high));
        Self(ClassUnicode::new(ranges))
    }

    fn fold(mut self) -> Self {
        self.0.case_fold_simple();
        self
    }

    fn folded_if(self, fold: bool) -> Self {
        if fold { self.fold() } else { self }
    }

    fn negated_if(mut self, negate: bool) -> Self {
        if negate {
            self.0.negate();
        }
        self
    }

    fn add(&mut self, other: &Self) {
        self.0.union(&other.0);
    }

    pub(super) fn into_hir(self) -> Hir {
        Hir::class(hir::Class::Unicode(self.0))
    }
}

const DIGIT: &[(char, char)] = &[('0', '9')];
const SPACE: &[(char, char)] = &[('\t', '\n'), ('\u{c}', '\r'), (' ', ' ')];
const WORD: &[(char, char)] = &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];

/// The named classes of ASCII.
fn named(name: &str) -> Option<&'static [(char, char)]> {
    Some(match name {
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "ascii" => &[('\0', '\u{7f}')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "cntrl" => &[('\0', '\u{1f}'), ('\u{7f}', '\u{7f}')],
        "digit" => DIGIT,
        "graph" => &[('!', '~')],
        "lower" => &[('a', 'z')],
        "print" => &[(' ', '~')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => &[('\t', '\r'), (' ', ' ')],
        "upper" => &[('A', 'Z')],
        "word" => WORD,
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return None,
    })
}

/// `[…]`, with what follows it.
pub(super) fn bracketed(text: &str, fold: bool) -> Parsed<(Class, &str)> {
    let mut rest = skip(text, 1);
    let negate = rest.starts_with('^');
    if negate {
        rest = skip(rest, 1);
    }
    let mut class = Class::empty();
    let mut first = true;
    loop {
        if !first && let Some(after) = rest.strip_prefix(']') {
            return Ok((class.negated_if(negate), after));
        }
        first = false;
        if rest.len() > 2
            && let Some(name) = rest.strip_prefix("[:")
            && let Some((name, after)) = name.split_once(":]")
        {
            class.add(&posix(name, up_to(rest, after), fold)?);
            rest = after;
            continue;
        }
        if let Some((escaped, after)) = escaped(rest, fold)? {
            class.add(&escaped);
            rest = after;
            continue;
        }
        let start = rest;
        let (low, after) = character(rest, text)?;
        rest = after;
        let mut high = low;
        if let Some(after) = rest.strip_prefix('-')
            && !after.is_empty()
            && !after.starts_with(']')
        {
            (high, rest) = character(after, text)?;
            if high < low {
                return Err(SyntaxError::new(BAD_RANGE, up_to(start, rest)));
            }
        }
        class.add(&Class::range(low, high).folded_if(fold));
    }
}

/// `[:alpha:]`, `[:^alpha:]`; `whole` is it all.
fn posix(name: &str, whole: &str, fold: bool) -> Parsed<Class> {
    let (negate, name) = match name.strip_prefix('^') {
        Some(name) => (true, name),
        None => (false, name),
    };
    let ranges = named(name).ok_or_else(|| SyntaxError::new(BAD_RANGE, whole))?;
    Ok(Class::ranges(ranges).folded_if(fold).negated_if(negate))
}

/// A character in brackets; `whole` is where they open.
fn character<'a>(text: &'a str, whole: &str) -> Parsed<(u32, &'a str)> {
    if text.starts_with('\\') {
        return escaped_character(text);
    }
    let mut characters = text.chars();
    match characters.next() {
        Some(c) => Ok((u32::from(c), characters.as_str())),
        None => Err(SyntaxError::new(MISSING_BRACKET, whole)),
    }
}

/// `\d`, `\pL`, `\p{Greek}`; `None` where it is no class.
pub(super) fn escaped(text: &str, fold: bool) -> Parsed<Option<(Class, &str)>> {
    let Some(after) = text.strip_prefix('\\') else {
        return Ok(None);
    };
    let Some(letter) = after.chars().next() else {
        return Ok(None);
    };
    let ranges = match letter {
        'd' | 'D' => DIGIT,
        's' | 'S' => SPACE,
        'w' | 'W' => WORD,
        'p' | 'P' => return property(text, letter == 'P', fold).map(Some),
        _ => return Ok(None),
    };
    let class = Class::ranges(ranges).folded_if(fold).negated_if(letter.is_ascii_uppercase());
    Ok(Some((class, skip(after, 1))))
}

fn property(text: &str, mut negate: bool, fold: bool) -> Parsed<(Class, &str)> {
    let name = skip(text, 2);
    let mut characters = name.chars();
    let (name, after) = match characters.next() {
        // Go reads the end of the text as a character that is none.
        None => return Err(SyntaxError::new(BAD_RANGE, text)),
        Some('{') => match characters.as_str().split_once('}') {
            Some(found) => found,
            None => return Err(SyntaxError::new(BAD_RANGE, text)),
        },
        Some(_) => (up_to(name, characters.as_str()), characters.as_str()),
    };
    let whole = up_to(text, after);
    let name = match name.strip_prefix('^') {
        Some(rest) => {
            negate = !negate;
            rest
        }
        None => name,
    };
    let class = unicode::class(name).ok_or_else(|| SyntaxError::new(BAD_RANGE, whole))?;
    Ok((Class::of(class).folded_if(fold).negated_if(negate), after))
}

/// An escape of one character: `\n`, `\.`, `\x{1f600}`, `\017`; its code point may be none of a
/// character.
pub(super) fn escaped_character(text: &str) -> Parsed<(u32, &str)> {
    let mut rest = skip(text, 1).chars();
    let Some(letter) = rest.next() else {
        return Err(SyntaxError::new(TRAILING, ""));
    };
    let code = match letter {
        '0'..='7' => octal(letter, &mut rest),
        'x' => hexadecimal(&mut rest),
        'a' => Some(0x07),
        'f' => Some(0x0c),
        'n' => Some(0x0a),
        'r' => Some(0x0d),
        't' => Some(0x09),
        'v' => Some(0x0b),
        other if other.is_ascii() && !other.is_ascii_alphanumeric() => Some(u32::from(other)),
        _ => None,
    };
    match code {
        Some(code) => Ok((code, rest.as_str())),
        None => Err(SyntaxError::new(BAD_ESCAPE, up_to(text, rest.as_str()))),
    }
}

/// Up to three octal digits; one alone that is not zero would refer back.
fn octal(first: char, rest: &mut std::str::Chars<'_>) -> Option<u32> {
    let mut code = first.to_digit(8)?;
    let mut digits = 1;
    while digits < 3
        && let Some(digit) = rest.clone().next().and_then(|c| c.to_digit(8))
    {
        code = code * 8 + digit;
        digits += 1;
        rest.next();
    }
    (digits > 1 || first == '0').then_some(code)
}

/// Two hexadecimal digits, or any number of them in braces.
fn hexadecimal(rest: &mut std::str::Chars<'_>) -> Option<u32> {
    let first = rest.next()?;
    if first != '{' {
        let second = rest.next()?;
        return Some(first.to_digit(16)? * 16 + second.to_digit(16)?);
    }
    let mut code = None;
    loop {
        match rest.next()? {
            '}' => return code,
            digit => {
                let next = code.unwrap_or(0) * 16 + digit.to_digit(16)?;
                code = Some(next).filter(|code| *code <= LAST);
                code?;
            }
        }
    }
}
