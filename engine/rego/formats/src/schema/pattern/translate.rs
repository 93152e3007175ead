//! Go's regular expressions in the syntax of the crate `regex`: piece by piece, without a tree.

use super::class::literal;
use std::fmt::Write;

/// How deep groups may nest.
const MOST_DEPTH: usize = 250;
/// How often something may be repeated.
const MOST_REPEATS: u32 = 1_000;

/// The pattern in the crate's syntax, and about how many states it has. `None` where Go refuses it.
pub(super) fn translated(text: &str) -> Option<(String, u64)> {
    Translator::new(text).translate()
}

/// What the last piece was, as a repetition may follow some only.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Nothing,
    Piece,
    Repetition,
}

/// What a piece takes.
#[derive(Clone, Copy)]
struct Size {
    /// How often its innermost part is repeated: nested repetitions multiply.
    repeats: u32,
    /// About how many states it has.
    states: u64,
}

impl Size {
    const NOTHING: Self = Self { repeats: 1, states: 1 };

    /// Of both, one after the other.
    fn add(&mut self, other: Self) {
        self.repeats = other.repeats.max(self.repeats);
        self.states = self.states.saturating_add(other.states);
    }
}

pub(super) struct Translator<'a> {
    pub(super) rest: &'a str,
    out: String,
    last: Last,
    /// What stands around: the whole and each open group, without the piece before.
    groups: Vec<Size>,
    /// The piece before.
    piece: Size,
}

impl<'a> Translator<'a> {
    fn new(text: &'a str) -> Self {
        let out = String::with_capacity(text.len() + 16);
        let groups = vec![Size::NOTHING];
        Self { rest: text, out, last: Last::Nothing, groups, piece: Size::NOTHING }
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let mut characters = self.rest.chars();
        let next = characters.next();
        self.rest = characters.as_str();
        next
    }

    pub(super) fn eat(&mut self, text: &str) -> bool {
        let found = self.rest.strip_prefix(text);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    /// `None` where Go refuses it.
    fn translate(mut self) -> Option<(String, u64)> {
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
                    self.settle();
                    self.piece = self.groups.pop()?;
                    if self.groups.is_empty() {
                        return None;
                    }
                    self.out.push(')');
                    self.last = Last::Piece;
                }
                '|' => {
                    self.settle();
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
        self.settle();
        match self.groups.as_slice() {
            [whole] => Some((self.out, whole.states)),
            _ => None,
        }
    }

    /// Counts the piece before, as nothing will repeat it any more.
    fn settle(&mut self) {
        let piece = std::mem::replace(&mut self.piece, Size::NOTHING);
        if let Some(group) = self.groups.last_mut() {
            group.add(piece);
        }
    }

    fn piece(&mut self, text: &str) {
        self.settle();
        self.out.push_str(text);
        self.last = Last::Piece;
        self.piece.states = match text.as_bytes() {
            // Classes of Unicode are large.
            [b'\\', b'p' | b'P', ..] => 512,
            [b'[', ..] if text.contains("\\p{") || text.contains("\\P{") => 1_024,
            [b'[' | b'.', ..] => 16,
            _ => 1,
        };
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
        if times == 0 {
            self.piece = Size::NOTHING;
        }
        self.piece.repeats = self.piece.repeats.saturating_mul(times.max(1));
        self.piece.states = self.piece.states.saturating_mul(u64::from(times.max(1)));
        if self.piece.repeats > MOST_REPEATS && times > 1 {
            return None;
        }
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
                let (flags, opens) = self.flags()?;
                if !opens {
                    // Flags that hold from here on are no piece: a repetition behind them is one
                    // of what was before.
                    if let Some(operator @ ('*' | '+' | '?')) = self.rest.chars().next() {
                        self.next();
                        self.out.push(operator);
                        self.repeat(1)?;
                    }
                    self.out.push_str(&flags);
                    return Some(());
                }
                self.out.push_str(&flags);
            }
        } else {
            self.out.push_str("(?:");
        }
        self.settle();
        self.groups.push(Size::NOTHING);
        self.last = Last::Nothing;
        (self.groups.len() <= MOST_DEPTH).then_some(())
    }

    /// `i-s:` or `i)` as the crate has it, and whether a group opens.
    fn flags(&mut self) -> Option<(String, bool)> {
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
                    let opens = end == ':';
                    if flags.is_empty() && !opens {
                        return Some((String::new(), opens));
                    }
                    return Some((format!("(?{}{end}", normal_flags(&flags)), opens));
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
