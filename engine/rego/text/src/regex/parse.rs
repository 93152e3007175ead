//! Go's regular expressions (`regexp/syntax` with its Perl flags) into the form that the engine
//! takes; what Go refuses is refused in Go's words.
//!
//! Two limits are lower than Go's: groups nest to 250 levels (Go: 1,000), as the engine's own
//! compiler works by recursion, and the engine bounds the size of what it compiles.

use super::class::{self, Class};
use referee_rego_value::bytes::{has_bytes, lone_byte, runes, shown};
use regex_syntax::hir::{self, Dot, Hir, Look};

/// How deep an expression may nest.
const MOST_HEIGHT: u32 = 250;

/// How often repetitions may repeat, nested ones multiplied.
const MOST_REPEATS: u32 = 1_000;

/// What is wrong with an expression, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    what: &'static str,
    expression: String,
}

impl SyntaxError {
    pub(super) fn new(what: &'static str, expression: &str) -> Self {
        Self { what, expression: expression.to_owned() }
    }
}

impl std::fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "error parsing regexp: {}: `{}`", self.what, self.expression)
    }
}

/// The words for what takes more memory than it may.
pub(super) const TOO_LARGE: &str = "expression too large";
const BAD_NAME: &str = "invalid named capture";
const BAD_OPERATOR: &str = "invalid or unsupported Perl syntax";
const BAD_REPEAT: &str = "invalid nested repetition operator";
const BAD_COUNT: &str = "invalid repeat count";
const NO_ARGUMENT: &str = "missing argument to repetition operator";
const TOO_DEEP: &str = "expression nests too deeply";
const MISSING_PAREN: &str = "missing closing )";
const UNEXPECTED_PAREN: &str = "unexpected )";
const NO_TEXT: &str = "invalid UTF-8";

/// What is wrong without regard to what follows.
const FOUND_AT_ONCE: [&str; 4] = [BAD_REPEAT, BAD_COUNT, NO_ARGUMENT, UNEXPECTED_PAREN];

pub(super) type Parsed<T> = Result<T, SyntaxError>;

/// An expression, and the names of its groups from the first on.
#[derive(Debug)]
pub(crate) struct Expression {
    pub(crate) hir: Hir,
    pub(crate) names: Vec<Option<String>>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Flags {
    pub(super) fold: bool,
    multi_line: bool,
    dot_newline: bool,
    swap_greed: bool,
}

/// A part of an expression.
#[derive(Debug)]
struct Node {
    hir: Hir,
    height: u32,
    /// How often its innermost part is repeated.
    repeats: u32,
}

impl Node {
    fn of(hir: Hir) -> Self {
        Self { hir, height: 1, repeats: 1 }
    }
}

/// What stands on the parser's stack.
#[derive(Debug)]
enum Item {
    Node(Node),
    /// An open group: the flags before it and its number, where it captures.
    Open(Flags, Option<u32>),
    /// An alternative ends.
    Bar,
}

struct Parser<'a> {
    whole: &'a str,
    flags: Flags,
    stack: Vec<Item>,
    names: Vec<Option<String>>,
}

/// Reads an expression.
pub(crate) fn parse(whole: &str) -> Parsed<Expression> {
    if !has_bytes(whole) {
        return parse_text(whole);
    }
    let mut at = 0;
    for rune in runes(whole) {
        if lone_byte(rune).is_some() {
            let (before, rest) = whole.split_at_checked(at).unwrap_or(("", whole));
            // What is wrong before is found before.
            return match parse_text(&shown(before)) {
                Err(error) if FOUND_AT_ONCE.contains(&error.what) => Err(error),
                _ => Err(SyntaxError::new(NO_TEXT, rest)),
            };
        }
        at += rune.len();
    }
    parse_text(&shown(whole))
}

/// An expression that is UTF-8.
fn parse_text(whole: &str) -> Parsed<Expression> {
    let flags = Flags { fold: false, multi_line: false, dot_newline: false, swap_greed: false };
    let mut parser = Parser { whole, flags, stack: Vec::new(), names: Vec::new() };
    let mut rest = whole;
    // The repetition right before, from its operator on: another must not follow it.
    let mut last_repeat: Option<&str> = None;
    while let Some(first) = rest.chars().next() {
        let before = rest;
        let mut repeat = None;
        rest = match first {
            '*' | '+' | '?' => {
                let (least, most) = match first {
                    '*' => (0, None),
                    '+' => (1, None),
                    _ => (0, Some(1)),
                };
                repeat = Some(before);
                parser.repeat((least, most), before, skip(before, 1), last_repeat)?
            }
            '{' => match counts(before) {
                None => {
                    parser.literal('{');
                    skip(before, 1)
                }
                Some((counts, after)) => {
                    repeat = Some(before);
                    parser.repeat_counted(counts, before, after, last_repeat)?
                }
            },
            _ => parser.single(first, before)?,
        };
        last_repeat = repeat;
    }
    let node = parser.alternatives()?;
    if parser.stack.is_empty() {
        Ok(Expression { hir: node.hir, names: parser.names })
    } else {
        Err(SyntaxError::new(MISSING_PAREN, whole))
    }
}

/// What follows so many bytes.
pub(super) fn skip(text: &str, bytes: usize) -> &str {
    text.get(bytes..).unwrap_or_default()
}

/// What of a text stands before its rest.
pub(super) fn up_to<'a>(text: &'a str, rest: &str) -> &'a str {
    text.get(..text.len().saturating_sub(rest.len())).unwrap_or_default()
}

/// The counts of `{2,5}`: `None` where it is no repetition; numbers too large are `u32::MAX`.
type Counts = (u32, Option<u32>);

fn counts(text: &str) -> Option<(Counts, &str)> {
    let (least, rest) = count(skip(text, 1))?;
    if let Some(after) = rest.strip_prefix('}') {
        return Some(((least, Some(least)), after));
    }
    let rest = rest.strip_prefix(',')?;
    if let Some(after) = rest.strip_prefix('}') {
        return Some(((least, None), after));
    }
    let (most, rest) = count(rest)?;
    Some(((least, Some(most)), rest.strip_prefix('}')?))
}

/// A number without zeros before it.
fn count(text: &str) -> Option<(u32, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let digits = text.get(..length).filter(|digits| !digits.is_empty())?;
    if digits.len() > 1 && digits.starts_with('0') {
        return None;
    }
    Some((digits.parse().unwrap_or(u32::MAX), skip(text, length)))
}

impl<'a> Parser<'a> {
    fn error(&self, what: &'static str) -> SyntaxError {
        SyntaxError::new(what, self.whole)
    }

    fn push(&mut self, hir: Hir) {
        self.stack.push(Item::Node(Node::of(hir)));
    }

    fn look(&mut self, look: Look) {
        self.push(Hir::look(look));
    }

    fn literal(&mut self, c: char) {
        self.push(if self.flags.fold {
            Class::folded(u32::from(c), u32::from(c)).into_hir()
        } else {
            Hir::literal(c.to_string().into_bytes())
        });
    }

    /// A code point, which may be no character: then it never matches.
    fn code_point(&mut self, code: u32) {
        match char::from_u32(code) {
            Some(c) => self.literal(c),
            None => self.push(Hir::fail()),
        }
    }

    /// Whatever is no repetition.
    fn single(&mut self, first: char, text: &'a str) -> Parsed<&'a str> {
        let after = skip(text, first.len_utf8());
        match first {
            '(' if after.starts_with('?') => return self.group(text),
            '(' => {
                self.names.push(None);
                self.open()?;
            }
            ')' => self.close()?,
            '|' => {
                let node = self.concatenation()?;
                self.stack.extend([Item::Node(node), Item::Bar]);
            }
            '^' if self.flags.multi_line => self.look(Look::StartLF),
            '^' => self.look(Look::Start),
            '$' if self.flags.multi_line => self.look(Look::EndLF),
            '$' => self.look(Look::End),
            '.' if self.flags.dot_newline => self.push(Hir::dot(Dot::AnyChar)),
            '.' => self.push(Hir::dot(Dot::AnyCharExceptLF)),
            '[' => {
                let (class, after) = class::bracketed(text, self.flags.fold)?;
                self.push(class.into_hir());
                return Ok(after);
            }
            '\\' => return self.escape(text),
            other => self.literal(other),
        }
        Ok(after)
    }

    fn escape(&mut self, text: &'a str) -> Parsed<&'a str> {
        match skip(text, 1).chars().next() {
            Some('A') => self.look(Look::Start),
            Some('z') => self.look(Look::End),
            Some('b') => self.look(Look::WordAscii),
            Some('B') => self.look(Look::WordAsciiNegate),
            Some('Q') => {
                let quoted = skip(text, 2);
                let (quoted, after) = quoted.split_once("\\E").unwrap_or((quoted, ""));
                quoted.chars().for_each(|c| self.literal(c));
                return Ok(after);
            }
            _ => {
                if let Some((class, after)) = class::escaped(text, self.flags.fold)? {
                    self.push(class.into_hir());
                    return Ok(after);
                }
                let (code, after) = class::escaped_character(text)?;
                self.code_point(code);
                return Ok(after);
            }
        }
        Ok(skip(text, 2))
    }

    fn open(&mut self) -> Parsed<()> {
        let number = u32::try_from(self.names.len()).map_err(|_| self.error(TOO_LARGE))?;
        self.stack.push(Item::Open(self.flags, Some(number)));
        Ok(())
    }

    /// `(?P<name>`, `(?<name>`, `(?i)`, `(?i-s:`.
    fn group(&mut self, text: &'a str) -> Parsed<&'a str> {
        let named = match text.strip_prefix("(?P<").filter(|rest| !rest.is_empty()) {
            None => text.strip_prefix("(?<").filter(|rest| !rest.is_empty()),
            found => found,
        };
        if let Some(rest) = named {
            let Some((name, after)) = rest.split_once('>') else {
                return Err(SyntaxError::new(BAD_NAME, text));
            };
            let valid = |c: char| c == '_' || c.is_ascii_alphanumeric();
            if name.is_empty() || !name.chars().all(valid) {
                return Err(SyntaxError::new(BAD_NAME, up_to(text, after)));
            }
            self.names.push(Some(name.to_owned()));
            self.open()?;
            return Ok(after);
        }
        let mut flags = self.flags;
        let mut rest = skip(text, 2).chars();
        let (mut on, mut seen) = (true, false);
        while let Some(c) = rest.next() {
            match c {
                'i' => flags.fold = on,
                'm' => flags.multi_line = on,
                's' => flags.dot_newline = on,
                'U' => flags.swap_greed = on,
                '-' if on => {
                    on = false;
                    seen = false;
                    continue;
                }
                ':' | ')' if on || seen => {
                    if c == ':' {
                        self.stack.push(Item::Open(self.flags, None));
                    }
                    self.flags = flags;
                    return Ok(rest.as_str());
                }
                _ => return Err(SyntaxError::new(BAD_OPERATOR, up_to(text, rest.as_str()))),
            }
            seen = true;
        }
        Err(SyntaxError::new(BAD_OPERATOR, text))
    }

    fn close(&mut self) -> Parsed<()> {
        let mut node = self.alternatives()?;
        let Some(Item::Open(flags, number)) = self.stack.pop() else {
            return Err(self.error(UNEXPECTED_PAREN));
        };
        self.flags = flags;
        if let Some(index) = number {
            node.hir = Hir::capture(hir::Capture { index, name: None, sub: Box::new(node.hir) });
            node = self.raised(node)?;
        }
        self.stack.push(Item::Node(node));
        Ok(())
    }

    fn raised(&self, node: Node) -> Parsed<Node> {
        let height = node.height + 1;
        if height > MOST_HEIGHT { Err(self.error(TOO_DEEP)) } else { Ok(Node { height, ..node }) }
    }

    /// What stands after the last bar or open group, as one.
    fn concatenation(&mut self) -> Parsed<Node> {
        let at = self.stack.iter().rposition(|item| !matches!(item, Item::Node(_)));
        let nodes = self.stack.split_off(at.map_or(0, |at| at + 1));
        self.joined(nodes, Hir::concat)
    }

    /// What stands after the last open group, as one.
    fn alternatives(&mut self) -> Parsed<Node> {
        let last = self.concatenation()?;
        let at = self.stack.iter().rposition(|item| matches!(item, Item::Open(..)));
        let mut nodes = self.stack.split_off(at.map_or(0, |at| at + 1));
        nodes.push(Item::Node(last));
        self.joined(nodes, Hir::alternation)
    }

    fn joined(&self, items: Vec<Item>, join: fn(Vec<Hir>) -> Hir) -> Parsed<Node> {
        let (mut height, mut repeats) = (0, 1);
        let mut parts = Vec::with_capacity(items.len());
        for item in items {
            if let Item::Node(node) = item {
                height = node.height.max(height);
                repeats = node.repeats.max(repeats);
                parts.push(node.hir);
            }
        }
        if parts.len() == 1 {
            return Ok(Node { hir: parts.pop().unwrap_or_else(Hir::empty), height, repeats });
        }
        self.raised(Node { hir: join(parts), height, repeats })
    }

    fn repeat_counted(
        &mut self,
        counts: Counts,
        before: &'a str,
        after: &'a str,
        last_repeat: Option<&str>,
    ) -> Parsed<&'a str> {
        let (least, most) = counts;
        let too_many =
            least > MOST_REPEATS || most.is_some_and(|most| most > MOST_REPEATS || least > most);
        if too_many {
            return Err(SyntaxError::new(BAD_COUNT, up_to(before, after)));
        }
        let rest = self.repeat(counts, before, after, last_repeat)?;
        let times = most.unwrap_or(least);
        if let Some(Item::Node(node)) = self.stack.last_mut() {
            // Repeated not at all, nothing in it counts.
            node.repeats =
                if most == Some(0) { 1 } else { node.repeats.saturating_mul(times.max(1)) };
            if (least >= 2 || times >= 2) && node.repeats > MOST_REPEATS {
                return Err(SyntaxError::new(BAD_COUNT, up_to(before, rest)));
            }
        }
        Ok(rest)
    }

    /// A repetition of what stands before it.
    fn repeat(
        &mut self,
        (min, max): Counts,
        before: &'a str,
        after: &'a str,
        last_repeat: Option<&str>,
    ) -> Parsed<&'a str> {
        let (lazy, after) = match after.strip_prefix('?') {
            Some(rest) => (true, rest),
            None => (false, after),
        };
        if let Some(last) = last_repeat {
            return Err(SyntaxError::new(BAD_REPEAT, up_to(last, after)));
        }
        let Some(Item::Node(node)) = self.stack.pop_if(|item| matches!(item, Item::Node(_))) else {
            return Err(SyntaxError::new(NO_ARGUMENT, up_to(before, after)));
        };
        let greedy = lazy == self.flags.swap_greed;
        let sub = Box::new(node.hir);
        let hir = Hir::repetition(hir::Repetition { min, max, greedy, sub });
        let node = self.raised(Node { hir, ..node })?;
        self.stack.push(Item::Node(node));
        Ok(after)
    }
}
