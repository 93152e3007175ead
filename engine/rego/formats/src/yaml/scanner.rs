//! The tokens of YAML 1.1, as libyaml and go-yaml v2 (`scannerc.go`) find them.
//!
//! A key of a mapping is only known by the `:` after it: tokens that may begin a key are held back
//! until it is clear whether one follows, at most 1,024 characters and one line further.

use super::text::{Mark, Text};
use std::collections::{HashMap, VecDeque};

/// How deep collections may be nested.
const MAX_DEPTH: usize = 10_000;

const TOO_DEEP: &str = "exceeded max depth of 10000";

/// How far a key may reach.
const MAX_KEY: usize = 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    StreamEnd,
    /// Whether the version is 1.1.
    Version(bool),
    TagDirective {
        handle: String,
        prefix: String,
    },
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(String),
    Anchor(String),
    Tag {
        handle: String,
        suffix: String,
    },
    Scalar {
        value: String,
        plain: bool,
    },
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: Mark,
}

/// Why a text is no YAML.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) message: String,
    /// The line to name, from 1; none where it would be 0.
    pub(super) line: Option<usize>,
}

impl Problem {
    fn new(message: &str, line: usize) -> Self {
        Self { message: message.to_owned(), line: (line > 0).then_some(line) }
    }

    /// The parser names the line before.
    pub(super) fn of_parser(message: &str, problem: Mark, context: Mark) -> Self {
        Self::new(message, if problem.line > 0 { problem.line } else { context.line })
    }
}

pub(super) type Scanned<T> = Result<T, Problem>;

#[derive(Clone, Copy, Debug, Default)]
struct SimpleKey {
    possible: bool,
    required: bool,
    token: usize,
    mark: Mark,
}

#[derive(Debug)]
pub(super) struct Scanner {
    pub(super) text: Text,
    tokens: VecDeque<Token>,
    parsed: usize,
    available: bool,
    /// The column of the block; -1 outside of all.
    pub(super) indent: isize,
    indents: Vec<isize>,
    pub(super) simple_key_allowed: bool,
    /// The possible key of each level of the flow style.
    simple_keys: Vec<SimpleKey>,
    /// The levels by their key's token.
    levels: HashMap<usize, usize>,
    pub(super) flow_level: usize,
}

impl Scanner {
    pub(super) fn new(text: Text) -> Self {
        Self {
            text,
            tokens: VecDeque::new(),
            parsed: 0,
            available: false,
            indent: -1,
            indents: Vec::new(),
            simple_key_allowed: true,
            simple_keys: vec![SimpleKey::default()],
            levels: HashMap::new(),
            flow_level: 0,
        }
    }

    /// The next token; the stream's end again and again.
    pub(super) fn peek(&mut self) -> Scanned<&Token> {
        if !self.available {
            self.fetch_more()?;
        }
        let place = self.text.mark;
        self.tokens.front().ok_or_else(|| Problem::of_parser("no more tokens", place, place))
    }

    /// Takes the token that was looked at.
    pub(super) fn take(&mut self) -> Option<Token> {
        if self.tokens.front()?.kind == Kind::StreamEnd {
            return self.tokens.front().cloned();
        }
        self.available = false;
        self.parsed += 1;
        self.tokens.pop_front()
    }

    /// A mistake at the reader's place.
    pub(super) fn problem<T>(&self, message: &str, context: Mark) -> Scanned<T> {
        let line = match (self.text.mark.line, context.line) {
            (0, line) => line,
            (line, _) => line + 1,
        };
        Err(Problem::new(message, line))
    }

    fn fetch_more(&mut self) -> Scanned<()> {
        loop {
            if !self.tokens.is_empty() {
                let Some(level) = self.levels.get(&self.parsed).copied() else { break };
                if !self.is_valid(level)? {
                    break;
                }
            }
            let fetched = self.fetch();
            if let Some(message) = self.text.broken() {
                return Err(Problem::new(message, 0));
            }
            fetched?;
        }
        self.available = true;
        Ok(())
    }

    /// Whether the key of a level may still be one.
    fn is_valid(&mut self, level: usize) -> Scanned<bool> {
        let Some(key) = self.simple_keys.get(level).copied() else { return Ok(false) };
        if !key.possible {
            return Ok(false);
        }
        let mark = self.text.mark;
        if key.mark.line < mark.line || key.mark.index + MAX_KEY < mark.index {
            if key.required {
                return self.problem("could not find expected ':'", key.mark);
            }
            if let Some(key) = self.simple_keys.get_mut(level) {
                key.possible = false;
            }
            return Ok(false);
        }
        Ok(true)
    }

    fn save_simple_key(&mut self) -> Scanned<()> {
        let required = self.flow_level == 0 && self.indent == self.column();
        if !self.simple_key_allowed {
            return Ok(());
        }
        let token = self.next_token();
        self.remove_simple_key()?;
        let level = self.simple_keys.len().saturating_sub(1);
        if let Some(key) = self.simple_keys.last_mut() {
            *key = SimpleKey { possible: true, required, token, mark: self.text.mark };
            self.levels.insert(token, level);
        }
        Ok(())
    }

    fn remove_simple_key(&mut self) -> Scanned<()> {
        let Some(key) = self.simple_keys.last_mut().filter(|key| key.possible) else {
            return Ok(());
        };
        if key.required {
            let mark = key.mark;
            return self.problem("could not find expected ':'", mark);
        }
        key.possible = false;
        self.levels.remove(&key.token);
        Ok(())
    }

    fn next_token(&self) -> usize {
        self.parsed + self.tokens.len()
    }

    fn column(&self) -> isize {
        isize::try_from(self.text.mark.column).unwrap_or(isize::MAX)
    }

    pub(super) fn push(&mut self, kind: Kind, start: Mark) {
        self.tokens.push_back(Token { kind, start });
    }

    fn insert(&mut self, token: usize, kind: Kind, start: Mark) {
        let at = token.checked_sub(self.parsed).filter(|at| *at <= self.tokens.len());
        self.tokens.insert(at.unwrap_or(self.tokens.len()), Token { kind, start });
    }

    /// Begins a block where the column is further right than that of the block around.
    fn roll_indent(&mut self, mark: Mark, token: usize, kind: Kind) -> Scanned<()> {
        let column = isize::try_from(mark.column).unwrap_or(isize::MAX);
        if self.flow_level > 0 || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        if self.indents.len() > MAX_DEPTH {
            let context = self.simple_keys.last().map(|key| key.mark).unwrap_or_default();
            return self.problem(TOO_DEEP, context);
        }
        self.insert(token, kind, mark);
        Ok(())
    }

    /// Ends the blocks further right than a column.
    fn unroll_indent(&mut self, column: isize) {
        while self.flow_level == 0 && self.indent > column {
            self.push(Kind::BlockEnd, self.text.mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn pass_space(&mut self) {
        loop {
            if self.text.mark.index == 0 && self.text.rest().starts_with('\u{feff}') {
                self.text.skip();
            }
            loop {
                let tabulators = self.flow_level > 0 || !self.simple_key_allowed;
                match self.text.next() {
                    b' ' => self.text.skip(),
                    b'\t' if tabulators => self.text.skip(),
                    _ => break,
                }
            }
            self.text.skip_comment();
            if !self.text.is_break(0) {
                break;
            }
            self.text.skip_line();
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }

    fn fetch(&mut self) -> Scanned<()> {
        self.pass_space();
        self.unroll_indent(self.column());
        self.text.need(4);
        let in_flow = self.flow_level > 0;
        let spaced = self.text.is_space_or_end(1);
        match self.text.at(0) {
            0 => self.fetch_end(),
            b'%' if self.text.mark.column == 0 => {
                self.leave_blocks()?;
                self.scan_directive()
            }
            b'-' if self.text.is_document_mark(b'-') => self.fetch_mark(Kind::DocumentStart),
            b'.' if self.text.is_document_mark(b'.') => self.fetch_mark(Kind::DocumentEnd),
            b'[' => self.fetch_flow_start(Kind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(Kind::FlowMappingStart),
            b']' => self.fetch_flow_end(Kind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(Kind::FlowMappingEnd),
            b',' => {
                self.remove_simple_key()?;
                self.simple_key_allowed = true;
                self.fetch_indicator(Kind::FlowEntry);
                Ok(())
            }
            b'-' if spaced => self.fetch_block_entry(),
            b'?' if in_flow || spaced => self.fetch_key(),
            b':' if in_flow || spaced => self.fetch_value(),
            b'*' => {
                self.begin_node()?;
                self.scan_anchor(true)
            }
            b'&' => {
                self.begin_node()?;
                self.scan_anchor(false)
            }
            b'!' => {
                self.begin_node()?;
                self.scan_tag()
            }
            literal @ (b'|' | b'>') if !in_flow => {
                self.remove_simple_key()?;
                self.simple_key_allowed = true;
                self.scan_block_scalar(literal == b'|')
            }
            quote @ (b'\'' | b'"') => {
                self.begin_node()?;
                self.scan_quoted_scalar(quote)
            }
            first if self.may_begin_plain(first) => {
                self.begin_node()?;
                self.scan_plain_scalar()
            }
            _ => {
                let mark = self.text.mark;
                self.problem("found character that cannot start any token", mark)
            }
        }
    }

    fn may_begin_plain(&self, first: u8) -> bool {
        match first {
            b'-' => !self.text.is_blank(1),
            b'?' | b':' => self.flow_level == 0 && !self.text.is_space_or_end(1),
            _ => !self.text.is_space_or_end(0) && !b",[]{}#&*!|>'\"%@`".contains(&first),
        }
    }

    /// Before a node in the flow style or a plain scalar: it may be a key.
    fn begin_node(&mut self) -> Scanned<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        Ok(())
    }

    fn leave_blocks(&mut self) -> Scanned<()> {
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        Ok(())
    }

    fn fetch_end(&mut self) -> Scanned<()> {
        if self.text.mark.column != 0 {
            self.text.mark.column = 0;
            self.text.mark.line += 1;
        }
        self.leave_blocks()?;
        self.push(Kind::StreamEnd, self.text.mark);
        Ok(())
    }

    fn fetch_mark(&mut self, kind: Kind) -> Scanned<()> {
        self.leave_blocks()?;
        let start = self.text.mark;
        for _ in 0..3 {
            self.text.skip();
        }
        self.push(kind, start);
        Ok(())
    }

    fn fetch_indicator(&mut self, kind: Kind) {
        let start = self.text.mark;
        self.text.skip();
        self.push(kind, start);
    }

    fn fetch_flow_start(&mut self, kind: Kind) -> Scanned<()> {
        self.save_simple_key()?;
        let (token, mark) = (self.next_token(), self.text.mark);
        self.simple_keys.push(SimpleKey { token, mark, ..SimpleKey::default() });
        self.flow_level += 1;
        if self.flow_level > MAX_DEPTH {
            return self.problem(TOO_DEEP, mark);
        }
        self.simple_key_allowed = true;
        self.fetch_indicator(kind);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: Kind) -> Scanned<()> {
        self.remove_simple_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            // As go-yaml: of a collection without keys, this is the token of the collection.
            if let Some(key) = self.simple_keys.pop() {
                self.levels.remove(&key.token);
            }
        }
        self.simple_key_allowed = false;
        self.fetch_indicator(kind);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Scanned<()> {
        let mark = self.text.mark;
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                let message = "block sequence entries are not allowed in this context";
                return self.problem(message, mark);
            }
            self.roll_indent(mark, usize::MAX, Kind::BlockSequenceStart)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = true;
        self.fetch_indicator(Kind::BlockEntry);
        Ok(())
    }

    fn fetch_key(&mut self) -> Scanned<()> {
        let mark = self.text.mark;
        if self.flow_level == 0 {
            if !self.simple_key_allowed {
                return self.problem("mapping keys are not allowed in this context", mark);
            }
            self.roll_indent(mark, usize::MAX, Kind::BlockMappingStart)?;
        }
        self.remove_simple_key()?;
        self.simple_key_allowed = self.flow_level == 0;
        self.fetch_indicator(Kind::Key);
        Ok(())
    }

    fn fetch_value(&mut self) -> Scanned<()> {
        let level = self.simple_keys.len().saturating_sub(1);
        if self.is_valid(level)? {
            let key = self.simple_keys.last().copied().unwrap_or_default();
            self.insert(key.token, Kind::Key, key.mark);
            self.roll_indent(key.mark, key.token, Kind::BlockMappingStart)?;
            if let Some(key) = self.simple_keys.last_mut() {
                key.possible = false;
            }
            self.levels.remove(&key.token);
            self.simple_key_allowed = false;
        } else {
            if self.flow_level == 0 {
                let mark = self.text.mark;
                if !self.simple_key_allowed {
                    let message = "mapping values are not allowed in this context";
                    return self.problem(message, mark);
                }
                self.roll_indent(mark, usize::MAX, Kind::BlockMappingStart)?;
            }
            self.simple_key_allowed = self.flow_level == 0;
        }
        self.fetch_indicator(Kind::Value);
        Ok(())
    }
}
