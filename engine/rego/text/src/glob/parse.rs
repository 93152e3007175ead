//! The syntax of globs.

use referee_rego_builtin::{BuiltinError, Cancelled, Result};

/// How deep alternatives may nest.
const MOST_DEPTH: usize = 100;

/// A part of a glob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Nothing.
    Nothing,
    /// Parts one after the other.
    Sequence(Vec<Part>),
    /// Any of several.
    AnyOf(Vec<Part>),
    Text(String),
    /// `*`.
    Any,
    /// `**`.
    Super,
    /// `?`.
    Single,
    List {
        characters: String,
        not: bool,
    },
    Range {
        low: char,
        high: char,
        not: bool,
    },
}

/// Alternatives that are open: those that are complete, and the parts of the one that is read.
#[derive(Default)]
struct Level {
    done: Vec<Part>,
    parts: Vec<Part>,
}

struct Parser<'a> {
    rest: &'a str,
    outer: Level,
    levels: Vec<Level>,
}

/// Reads a glob.
pub(super) fn parse(pattern: &str) -> Result<Part> {
    let mut parser = Parser { rest: pattern, outer: Level::default(), levels: Vec::new() };
    while let Some(c) = parser.peek()? {
        let nested = !parser.levels.is_empty();
        match c {
            '{' => {
                parser.next()?;
                if parser.levels.len() >= MOST_DEPTH {
                    return Err(Cancelled::Depth.into());
                }
                parser.levels.push(Level::default());
            }
            ',' if nested => {
                parser.next()?;
                parser.end_alternative();
            }
            '}' if nested => {
                parser.next()?;
                parser.close();
            }
            '[' => {
                parser.next()?;
                let class = parser.class()?;
                parser.push(class);
            }
            '?' => {
                parser.next()?;
                parser.push(Part::Single);
            }
            '*' => {
                parser.next()?;
                if parser.peek()? == Some('*') {
                    parser.next()?;
                    parser.push(Part::Super);
                } else {
                    parser.push(Part::Any);
                }
            }
            _ => {
                let breakers = if nested { "?*[{},\u{0}" } else { "?*[{\u{0}" };
                let text = parser.text(breakers)?;
                if !text.is_empty() {
                    parser.push(Part::Text(text));
                }
            }
        }
    }
    // Braces that are not closed end with the pattern.
    while !parser.levels.is_empty() {
        parser.close();
    }
    Ok(Part::Sequence(parser.outer.parts))
}

impl Parser<'_> {
    /// The next character; a zero is the end.
    fn peek(&self) -> Result<Option<char>> {
        match self.rest.chars().next() {
            None | Some('\0') => Ok(None),
            Some(char::REPLACEMENT_CHARACTER) => Err(BuiltinError::new("could not read rune")),
            found => Ok(found),
        }
    }

    fn next(&mut self) -> Result<Option<char>> {
        let next = self.peek()?;
        self.rest = match next {
            Some(c) => self.rest.get(c.len_utf8()..).unwrap_or_default(),
            None => "",
        };
        Ok(next)
    }

    fn push(&mut self, part: Part) {
        self.levels.last_mut().unwrap_or(&mut self.outer).parts.push(part);
    }

    fn end_alternative(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            level.done.push(Part::Sequence(std::mem::take(&mut level.parts)));
        }
    }

    fn close(&mut self) {
        self.end_alternative();
        if let Some(level) = self.levels.pop() {
            self.push(Part::AnyOf(level.done));
        }
    }

    /// Plain text up to one of the characters that end it; `\` takes their meaning away.
    fn text(&mut self, breakers: &str) -> Result<String> {
        let mut text = String::new();
        let mut escaped = false;
        while let Some(c) = self.peek()? {
            if !escaped && breakers.contains(c) {
                break;
            }
            self.next()?;
            if !escaped && c == '\\' {
                escaped = true;
                continue;
            }
            escaped = false;
            text.push(c);
        }
        // A zero ends a text, and is gone; only where something else would begin it ends the pattern.
        self.rest = self.rest.strip_prefix('\0').unwrap_or(self.rest);
        Ok(text)
    }

    /// What follows `[`. A character that cannot be read counts as the end of the pattern there.
    fn class(&mut self) -> Result<Part> {
        let end = || BuiltinError::new("unexpected end of input");
        let mut first = self.peek().ok().flatten().ok_or_else(end)?;
        let not = first == '!';
        if not {
            self.next()?;
            first = self.peek().ok().flatten().ok_or_else(end)?;
        }
        let after = self.rest.get(first.len_utf8()..).unwrap_or_default();
        let part = if let Some(after) = after.strip_prefix('-') {
            self.rest = after;
            let high = self.next().ok().flatten().ok_or_else(end)?;
            if high < first {
                // The class has to be closed before its order is looked at.
                self.closed()?;
                let words = format!("hi character '{high}' should be greater than lo '{first}'");
                return Err(BuiltinError::new(words));
            }
            Part::Range { low: first, high, not }
        } else {
            let characters = self.text("]").map_err(|_| end())?;
            if characters.is_empty() {
                self.closed()?;
                return Err(BuiltinError::new("could not parse range"));
            }
            Part::List { characters, not }
        };
        self.closed()?;
        Ok(part)
    }

    fn closed(&mut self) -> Result<()> {
        match self.next().ok().flatten() {
            Some(']') => Ok(()),
            Some(_) => Err(BuiltinError::new("expected close range character")),
            None => Err(BuiltinError::new("unexpected end of input")),
        }
    }
}
