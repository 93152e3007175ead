//! Patterns: Go's regular expressions, written anew in the syntax of the crate `regex`.
//!
//! Go's rules decide what is valid: no repetition of a repetition, none beyond 1,000, `{` that opens
//! no repetition stands for itself, no set operations in classes, `\d`, `\w`, `\s` and `\b` of ASCII
//! alone. The names of Unicode's classes are those the crate knows. Every search is linear in the
//! text; the size of what is compiled is bounded.

use referee_rego_builtin::{Cancelled, Context};
use regex::bytes::{Regex, RegexBuilder};
use std::fmt::Write;

/// The most bytes of a compiled pattern.
const MOST_BYTES: usize = 10 << 20;
/// How deep groups may nest.
const MOST_DEPTH: usize = 250;
/// How often something may be repeated.
const MOST_REPEATS: u32 = 1_000;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    text: String,
    regex: Regex,
    /// What a search costs besides its length: longer patterns take longer.
    factor: usize,
}

impl Pattern {
    /// Compiles a pattern. `None` where Go refuses it.
    ///
    /// # Errors
    /// Where the work is used up.
    pub(super) fn new(ctx: &mut Context<'_>, text: &str) -> Result<Option<Self>, Cancelled> {
        let size = text.len().saturating_mul(64);
        ctx.work(u32::try_from(size).unwrap_or(u32::MAX))?;
        ctx.reserve(size)?;
        let Some(translated) = Translator::new(text).translate() else {
            return Ok(None);
        };
        let regex = RegexBuilder::new(&translated)
            .size_limit(MOST_BYTES)
            .dfa_size_limit(2 << 20)
            .build()
            .ok();
        Ok(regex.map(|regex| Self {
            text: text.to_owned(),
            regex,
            factor: text.len() / 64 + 1,
        }))
    }

    /// Its text.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is found in a text.
    ///
    /// # Errors
    /// Where the work is used up.
    pub(super) fn is_in(&self, ctx: &mut Context<'_>, text: &str) -> Result<bool, Cancelled> {
        let cost = (text.len() / 8 + 1).saturating_mul(self.factor);
        ctx.work(u32::try_from(cost).unwrap_or(u32::MAX))?;
        Ok(self.regex.is_match(text.as_bytes()))
    }
}

/// What the last piece was, as a repetition may follow some only.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Nothing,
    Piece,
    Repetition,
}

struct Translator<'a> {
    rest: &'a str,
    out: String,
    depth: usize,
    last: Last,
    /// How often the piece before is repeated, for each open group: nested ones multiply.
    repeats: Vec<u32>,
    /// The repetitions in the piece before.
    piece: u32,
}

impl<'a> Translator<'a> {
    fn new(text: &'a str) -> Self {
        let out = String::with_capacity(text.len() + 16);
        Self { rest: text, out, depth: 0, last: Last::Nothing, repeats: vec![1], piece: 1 }
    }

    fn next(&mut self) -> Option<char> {
        let mut characters = self.rest.chars();
        let next = characters.next();
        self.rest = characters.as_str();
        next
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.rest.strip_prefix(text);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    /// `None` where Go refuses it.
    fn translate(mut self) -> Option<String> {
        while let Some(c) = self.next() {
            match c {
                '*' | '+' | '?' => {
                    self.out.push(c);
                    self.repeat(1)?;
                }
                '{' => match counts(self.rest) {
                    None => self.literal('{'),
                    Some((least, most, rest)) => {
                        let times = most.unwrap_or(least);
                        if least > MOST_REPEATS || times > MOST_REPEATS || least > times {
                            return None;
                        }
                        self.rest = rest;
                        let _ = match most {
                            Some(most) => write!(self.out, "{{{least},{most}}}"),
                            None => write!(self.out, "{{{least},}}"),
                        };
                        self.repeat(if most == Some(0) { 0 } else { times.max(1) })?;
                    }
                },
                '(' => self.open()?,
                ')' => {
                    self.depth = self.depth.checked_sub(1)?;
                    let inner = self.repeats.pop().unwrap_or(1);
                    self.piece = inner;
                    self.note(inner);
                    self.out.push(')');
                    self.last = Last::Piece;
                }
                '|' => {
                    self.out.push('|');
                    self.last = Last::Nothing;
                }
                '^' | '$' | '.' => self.piece(&c.to_string()),
                '[' => {
                    let class = self.class()?;
                    self.piece(&class);
                }
                '\\' => self.escape()?,
                other => self.literal(other),
            }
        }
        (self.depth == 0).then_some(self.out)
    }

    fn note(&mut self, repeats: u32) {
        if let Some(most) = self.repeats.last_mut() {
            *most = repeats.max(*most);
        }
    }

    fn piece(&mut self, text: &str) {
        self.out.push_str(text);
        self.last = Last::Piece;
        self.piece = 1;
    }

    fn literal(&mut self, c: char) {
        self.piece(&literal(u32::from(c)));
    }

    fn repeat(&mut self, times: u32) -> Option<()> {
        if self.last != Last::Piece {
            return None;
        }
        if self.eat("?") {
            self.out.push('?');
        }
        self.piece = if times == 0 { 1 } else { self.piece.saturating_mul(times) };
        if self.piece > MOST_REPEATS && times > 1 {
            return None;
        }
        self.note(self.piece);
        self.last = Last::Repetition;
        Some(())
    }

    fn open(&mut self) -> Option<()> {
        if self.eat("?") {
            if self.eat("P<") || self.eat("<") {
                let (name, after) = self.rest.split_once('>')?;
                let valid = |c: char| c == '_' || c.is_ascii_alphanumeric();
                if name.is_empty() || !name.chars().all(valid) {
                    return None;
                }
                self.rest = after;
                self.out.push_str("(?:");
            } else {
                let ends = self.flags()?;
                if ends {
                    // Flags that hold from here on are no piece, but let stand what was before.
                    return Some(());
                }
            }
        } else {
            self.out.push_str("(?:");
        }
        self.depth += 1;
        self.repeats.push(1);
        self.last = Last::Nothing;
        (self.depth <= MOST_DEPTH).then_some(())
    }

    /// `i-s:` or `i)`: whether they end without opening a group.
    fn flags(&mut self) -> Option<bool> {
        let (mut on, mut seen) = (true, false);
        let mut flags = String::new();
        loop {
            match self.next()? {
                flag @ ('i' | 'm' | 's' | 'U') => {
                    // The crate refuses a flag that is told twice; the last one counts.
                    flags.push(if on { '+' } else { '-' });
                    flags.push(flag);
                    seen = true;
                }
                '-' if on => {
                    on = false;
                    seen = false;
                }
                end @ (':' | ')') if on || seen => {
                    self.out.push_str("(?");
                    self.out.push_str(&normal_flags(&flags));
                    if flags.is_empty() && end == ')' {
                        // No flags at all: nothing to write.
                        self.out.truncate(self.out.len().saturating_sub(2));
                        return Some(true);
                    }
                    self.out.push(end);
                    return Some(end == ')');
                }
                _ => return None,
            }
        }
    }

    fn escape(&mut self) -> Option<()> {
        if let Some(class) = self.class_escape(self.rest)? {
            self.piece(&class);
            return Some(());
        }
        match self.rest.chars().next()? {
            'A' => self.anchor("\\A"),
            'z' => self.anchor("\\z"),
            'b' => self.anchor("(?-u:\\b)"),
            'B' => self.anchor("(?-u:\\B)"),
            'Q' => {
                self.next();
                let (quoted, after) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                quoted.chars().for_each(|c| self.literal(c));
                self.rest = after;
            }
            _ => {
                let code = self.escaped()?;
                self.piece(&literal(code));
            }
        }
        Some(())
    }

    fn anchor(&mut self, text: &str) {
        self.next();
        self.piece(text);
    }

    /// `d`, `pL`, `p{Greek}` after a backslash; `Some(None)` where it is no class.
    fn class_escape(&mut self, text: &'a str) -> Option<Option<String>> {
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
    fn class(&mut self) -> Option<String> {
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
    fn escaped(&mut self) -> Option<u32> {
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
fn literal(code: u32) -> String {
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

/// Signed flags as the crate wants them: each once, those that are off behind one `-`.
fn normal_flags(signed: &str) -> String {
    let mut on = String::new();
    let mut off = String::new();
    for flag in ['i', 'm', 's', 'U'] {
        let last = signed.rfind(flag).and_then(|at| signed.get(..at));
        match last.and_then(|before| before.chars().last()) {
            Some('-') => off.push(flag),
            Some(_) => on.push(flag),
            None => {}
        }
    }
    if off.is_empty() { on } else { format!("{on}-{off}") }
}

/// The counts of `2,5}` after the brace, and what follows; too large ones are `u32::MAX`.
fn counts(text: &str) -> Option<(u32, Option<u32>, &str)> {
    let (least, rest) = count(text)?;
    if let Some(after) = rest.strip_prefix('}') {
        return Some((least, Some(least), after));
    }
    let rest = rest.strip_prefix(',')?;
    if let Some(after) = rest.strip_prefix('}') {
        return Some((least, None, after));
    }
    let (most, rest) = count(rest)?;
    Some((least, Some(most), rest.strip_prefix('}')?))
}

/// A number without zeros before it.
fn count(text: &str) -> Option<(u32, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at_checked(length).filter(|(digits, _)| !digits.is_empty())?;
    if digits.len() > 1 && digits.starts_with('0') {
        return None;
    }
    Some((digits.parse().unwrap_or(u32::MAX), rest))
}
