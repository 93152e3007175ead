//! The parser (OPA's `v1/ast/parser.go`): its state, going back, errors and hints.
//!
//! It descends recursively and goes back where Rego is ambiguous (a body or a set, a comprehension
//! or a union). What it then meets again it takes from a memory of the terms read so far, by their
//! place, with the state that was reached after each; which terms that memory still has follows
//! OPA's rules, because errors and the numbers of wildcards depend on it. Refused: sources beyond
//! the bounds of the options, nesting beyond their depth, and text that needs going back without
//! end.

mod arena;
mod build;
mod collection;
mod literal;
mod logical;
mod operator;
mod rule;
mod scalar;
mod statement;
mod term;
mod walk;

pub(crate) use rule::{truth, truth_term, variable_name};
pub(crate) use statement::{Parsed, Statement};

use crate::ast::RegoVersion;
use crate::error::source_line;
use crate::options::{ParseCapabilities, ParseOptions};
use crate::scanner::{Input, Messages, Mode, Scanner};
use crate::token::{Keyword, Keywords, Token, is_keyword_in};
use crate::{Code, Error, Location, Source};
use arena::{Arena, ExprId, Loc, TermId};
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

/// Where the parser is. Going back is putting an older one in its place.
#[derive(Clone, Copy, Debug)]
struct State {
    scanner: Scanner,
    token: Token,
    /// Whether a line feed came before the current token.
    skipped_newline: bool,
    row: u32,
    col: u32,
    offset: usize,
    /// Where the current token ends.
    end: usize,
    /// Where the token before it ends.
    last_end: usize,
    literal: (usize, usize),
    /// How many wildcards have been numbered.
    wildcards: u32,
    /// The last of its errors in [`Parser::errors`], counted from 1.
    errors: usize,
    /// The last of its hints in [`Parser::hints`], counted from 1.
    hints: usize,
    /// How many comments it has seen.
    comments: usize,
}

/// A term that has been read: where, and the state after it.
#[derive(Clone, Copy, Debug)]
struct Remembered {
    offset: usize,
    term: Option<TermId>,
    after: State,
}

/// Something with the one that came before it in the same line of states.
#[derive(Debug)]
struct Link<T> {
    item: T,
    before: usize,
}

/// A comment: its place and its text's.
#[derive(Clone, Copy, Debug)]
struct CommentSpan {
    loc: Loc,
    text: (usize, usize),
}

/// What the capabilities switch.
#[derive(Clone, Copy, Debug)]
struct Features {
    keywords_in_refs: bool,
    template_strings: bool,
    rego_v1_import: bool,
}

/// A parser of one source.
#[derive(Debug)]
pub(crate) struct Parser<'a> {
    input: Input<'a>,
    source: Arc<Source>,
    version: RegoVersion,
    features: Features,
    skip_rules: bool,
    process_annotations: bool,
    /// The keywords that may be imported.
    allowed: Keywords,
    /// Whether `not { … }` is read.
    not_bodies: bool,
    state: State,
    arena: Arena,
    memory: Vec<Remembered>,
    /// Where in the memory each speculation began that drops what it learns.
    layers: Vec<usize>,
    /// Where reading braces or parentheses as a logical operand is known to come to nothing.
    fruitless: HashSet<(usize, Attempt)>,
    /// Whether all future keywords are on to find out what a hint could say.
    in_future: bool,
    errors: Vec<Link<Error>>,
    hints: Vec<Link<Cow<'static, str>>>,
    comments: Vec<CommentSpan>,
    messages: Messages,
    /// Terms that are waiting for their collection to end.
    pending: Vec<TermId>,
    /// Expressions that are waiting for their body to end.
    pending_exprs: Vec<ExprId>,
    depth: u32,
    max_depth: u32,
    /// How much may still be scanned.
    effort: usize,
}

/// A way of reading that is tried before the usual one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Attempt {
    Braces,
    Group { operand: bool },
}

impl<'a> Parser<'a> {
    /// A parser of a source. The error is of the options or of the size.
    pub(crate) fn new(
        source: &'a Arc<Source>,
        invalid: &'a [usize],
        options: &ParseOptions,
    ) -> Result<Self, Error> {
        let plain = |message: String| Error::new(Code::Parse, message, &Location::NONE);
        if source.text.len() > options.max_bytes || u32::try_from(source.text.len()).is_err() {
            return Err(plain(format!(
                "source too large: {} bytes, at most {} are read",
                source.text.len(),
                options.max_bytes
            )));
        }
        let capabilities = match &options.capabilities {
            Some(capabilities) => Cow::Borrowed(capabilities),
            None => Cow::Owned(ParseCapabilities::of_version(options.version)),
        };
        let (allowed, selected) = keywords(options, &capabilities).map_err(plain)?;
        let input = Input { text: &source.text, invalid };
        let mut messages = Messages::new();
        let scanner = Scanner::new(&input, Keywords::BASE.union(selected), &mut messages);
        let rego_v1 = capabilities.has_feature("rego_v1");
        let effort = source.text.len().saturating_mul(16).saturating_add(100_000);
        let state = State {
            scanner,
            token: Token::Illegal,
            skipped_newline: false,
            row: 0,
            col: 0,
            offset: 0,
            end: 0,
            last_end: 0,
            literal: (0, 0),
            wildcards: 0,
            errors: 0,
            hints: 0,
            comments: 0,
        };
        Ok(Self {
            input,
            source: Arc::clone(source),
            version: options.version,
            features: Features {
                keywords_in_refs: capabilities.has_feature("keywords_in_refs"),
                template_strings: capabilities.has_feature("template_strings"),
                rego_v1_import: rego_v1 || capabilities.has_feature("rego_v1_import"),
            },
            skip_rules: options.skip_rules,
            process_annotations: options.process_annotations,
            allowed,
            not_bodies: selected.contains(Keyword::Not),
            state,
            arena: Arena::default(),
            memory: Vec::new(),
            layers: Vec::new(),
            fruitless: HashSet::new(),
            in_future: false,
            errors: Vec::new(),
            hints: Vec::new(),
            comments: Vec::new(),
            messages,
            pending: Vec::new(),
            pending_exprs: Vec::new(),
            depth: 0,
            max_depth: options.max_depth,
            effort,
        })
    }

    // Tokens.

    /// Goes to the next token that is no white space.
    fn scan(&mut self) {
        self.advance(true, Mode::Token);
    }

    /// Goes to the next token, white space included.
    fn scan_space(&mut self) {
        self.advance(false, Mode::Token);
    }

    fn advance(&mut self, skip_space: bool, mode: Mode) {
        if self.state.token != Token::Whitespace {
            self.state.last_end = self.state.end;
            self.state.skipped_newline = false;
        }
        loop {
            if skip_space && mode == Mode::Token {
                self.state.skipped_newline |= self.state.scanner.skip_whitespace(&self.input);
            }
            if self.effort == 0 {
                self.exhaust();
                return;
            }
            let scanned = self.state.scanner.scan(&self.input, mode, &mut self.messages);
            self.effort = self.effort.saturating_sub(1 + (scanned.end.saturating_sub(scanned.offset) >> 4));
            let state = &mut self.state;
            state.token = scanned.token;
            state.end = scanned.end;
            state.row = scanned.row;
            state.col = scanned.col;
            state.offset = scanned.offset;
            state.literal = scanned.literal;
            if !self.messages.is_empty() {
                for message in std::mem::take(&mut self.messages) {
                    self.error(self.here(), message);
                }
                self.state.token = Token::Illegal;
            }
            if self.state.token == Token::Whitespace {
                if self.literal() == "\n" {
                    self.state.skipped_newline = true;
                }
                if skip_space {
                    continue;
                }
            }
            if self.state.token != Token::Comment {
                return;
            }
            self.keep_comment();
        }
    }

    /// Ends the source here: too much has been read again.
    fn exhaust(&mut self) {
        if self.state.token != Token::Eof || self.state.errors == 0 {
            self.error(self.here(), "source needs too much backtracking");
        }
        self.state.token = Token::Eof;
        self.state.offset = self.input.text.len();
        self.state.end = self.state.offset;
        self.state.literal = (self.state.offset, self.state.offset);
    }

    fn keep_comment(&mut self) {
        let loc = self.here();
        let mut start = self.state.offset + 1;
        let mut end = self.state.end;
        if loc.len > 0 {
            let byte = |at: usize| self.input.text.as_bytes().get(at).copied();
            if end == start + 1 && byte(start) == Some(b'\r') {
                end = start;
            }
            while end > start + 1 && byte(end - 1) == Some(b'\r') {
                end -= 1;
            }
        } else {
            // Only where the source ends within its last character.
            start = start.min(self.input.text.len());
            end = start;
        }
        let comment = CommentSpan { loc, text: (start, end) };
        match self.comments.get_mut(self.state.comments) {
            Some(slot) => *slot = comment,
            None => self.comments.push(comment),
        }
        self.state.comments += 1;
    }

    /// The text of the current token.
    fn literal(&self) -> &'a str {
        let (start, end) = self.state.literal;
        self.input.text.get(start..end).unwrap_or_default()
    }

    /// The same where its end may lie within a character.
    fn literal_lossy(&self) -> Cow<'a, str> {
        let (start, end) = self.state.literal;
        let bytes = self.input.text.as_bytes().get(start..end).unwrap_or_default();
        String::from_utf8_lossy(bytes)
    }

    /// The first token after the current one, white space included.
    fn peek_space(&mut self) -> Token {
        let state = self.state;
        self.scan_space();
        let token = self.state.token;
        self.state = state;
        token
    }

    fn is_scanner_keyword(&self, word: &str) -> bool {
        self.state.scanner.keywords.is_keyword(word)
    }

    /// Whether the token is a keyword that may stand in a reference.
    fn is_ref_keyword(&self, token: Token) -> bool {
        self.features.keywords_in_refs
            && (is_keyword_in(token.name(), self.version) || self.is_scanner_keyword(token.name()))
    }

    /// Whether `and` or `or` is a keyword here.
    fn logical_active(&self) -> bool {
        let keywords = self.state.scanner.keywords;
        keywords.contains(Keyword::And) || keywords.contains(Keyword::Or)
    }

    /// Takes a keyword for a name where a `.` or `[` follows it.
    fn name_before_ref(&mut self) -> bool {
        if self.is_ref_keyword(self.state.token) && matches!(self.peek_space(), Token::Dot | Token::LBrack) {
            self.state.token = Token::Ident;
            return true;
        }
        false
    }

    /// Whether hints about a keyword of v1 make sense.
    fn is_future_in_version(&self) -> bool {
        self.version != RegoVersion::V1
    }

    /// Runs something with all future keywords on, then forgets what it did; what it gave stays.
    fn in_the_future<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        let state = self.state;
        let memory = std::mem::take(&mut self.memory);
        let layers = std::mem::take(&mut self.layers);
        let in_future = std::mem::replace(&mut self.in_future, true);
        self.state.scanner.keywords = Keywords::ALL;
        let result = run(self);
        self.state = state;
        self.memory = memory;
        self.layers = layers;
        self.in_future = in_future;
        result
    }

    // Places.

    /// The place of the current token.
    fn here(&self) -> Loc {
        let mut loc = Loc {
            row: self.state.row,
            col: self.state.col,
            offset: small(self.state.offset),
            start: 0,
            len: 0,
        };
        self.span(&mut loc, self.state.offset, self.state.end);
        loc
    }

    /// Gives a place the text between two offsets; none where they are no span of the source.
    fn span(&self, loc: &mut Loc, start: usize, end: usize) {
        let length = self.input.text.len();
        loc.start = small(start);
        loc.len = if start < length && end >= start && end <= length { small(end - start) } else { 0 };
    }

    /// A place that begins where `loc` does, with the text up to the last token.
    fn extended(&self, loc: Loc) -> Loc {
        let mut loc = loc;
        let start = large(loc.offset);
        self.span(&mut loc, start, self.state.last_end);
        loc
    }

    fn text(&self, loc: Loc) -> &'a str {
        self.slice(large(loc.start), large(loc.start) + large(loc.len))
    }

    fn slice(&self, start: usize, end: usize) -> &'a str {
        self.input.text.get(start..end).unwrap_or_default()
    }

    fn location(&self, loc: Loc) -> Location {
        if loc.row == 0 {
            return Location::NONE;
        }
        Location {
            source: Some(Arc::clone(&self.source)),
            offset: loc.start,
            length: loc.len,
            row: loc.row,
            col: loc.col,
        }
    }

    // Errors and hints.

    fn has_errors(&self) -> bool {
        self.state.errors > 0
    }

    /// Keeps an error, with the hints given since the last one.
    fn error(&mut self, loc: Loc, message: impl Into<String>) {
        let mut message = message.into();
        self.take_hints(&mut message);
        let details = source_line(self.input.text, large(loc.offset), self.input.invalid);
        let error = Error::new(Code::Parse, message, &self.location(loc)).with_details(details);
        self.errors.push(Link { item: error, before: self.state.errors });
        self.state.errors = self.errors.len();
    }

    fn take_hints(&mut self, message: &mut String) {
        let mut hints = Vec::new();
        let mut at = self.state.hints;
        while let Some(link) = at.checked_sub(1).and_then(|index| self.hints.get(index)) {
            hints.push(link.item.as_ref());
            at = link.before;
        }
        hints.reverse();
        if !hints.is_empty() {
            message.push_str(if hints.len() == 1 { " (hint: " } else { " (hints: " });
            message.push_str(&hints.join(", "));
            message.push(')');
        }
        self.state.hints = 0;
    }

    fn hint(&mut self, hint: impl Into<Cow<'static, str>>) {
        self.hints.push(Link { item: hint.into(), before: self.state.hints });
        self.state.hints = self.hints.len();
    }

    /// Says that the current token does not belong here.
    fn unexpected(&mut self) {
        self.illegal(String::new());
    }

    /// The same with what was expected.
    fn illegal(&mut self, note: impl Into<String>) {
        if self.state.token == Token::Illegal {
            return self.error(self.here(), "illegal token");
        }
        let name = self.state.token.name();
        let kind = if self.state.token.is_keyword() { "keyword" } else { "token" };
        let note = note.into();
        let message = if note.is_empty() {
            format!("unexpected {name} {kind}")
        } else {
            format!("unexpected {name} {kind}: {note}")
        };
        self.error(self.here(), message);
    }

    /// The errors that belong to the current state, in order.
    fn collect_errors(&mut self) -> Vec<Error> {
        let mut errors = Vec::new();
        let mut at = self.state.errors;
        while let Some(link) = at.checked_sub(1).and_then(|index| self.errors.get(index)) {
            errors.push(link.item.clone());
            at = link.before;
        }
        errors.reverse();
        errors
    }

    // Depth and memory.

    /// Goes one level deeper; where that is too deep, an error and `false`.
    fn enter(&mut self) -> bool {
        if self.depth >= self.max_depth {
            self.too_deep();
            return false;
        }
        self.depth += 1;
        true
    }

    fn too_deep(&mut self) {
        self.error(self.here(), "max parsing recursion depth exceeded");
    }

    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// The term that was read here before, and the state after it.
    fn remembered(&self) -> Option<(Option<TermId>, State)> {
        let offset = self.state.offset;
        let mut upper = self.memory.len();
        for &base in self.layers.iter().rev().chain(std::iter::once(&0)) {
            let layer = self.memory.get(base..upper).unwrap_or_default();
            // The newest of a layer is that of the highest offset.
            if let Ok(index) = layer.binary_search_by_key(&offset, |entry| entry.offset) {
                return layer.get(index).map(|entry| (entry.term, entry.after));
            }
            upper = base;
        }
        None
    }

    /// Remembers a term that began at an offset; what lies at or after it is forgotten.
    fn remember(&mut self, offset: usize, term: Option<TermId>) {
        let base = self.layers.last().copied().unwrap_or(0);
        while self.memory.len() > base && self.memory.last().is_some_and(|entry| entry.offset >= offset) {
            self.memory.pop();
        }
        self.memory.push(Remembered { offset, term, after: self.state });
    }

    /// Forgets all about the statement that is complete.
    fn forget(&mut self) {
        self.arena.clear();
        self.memory.clear();
        self.layers.clear();
        self.fruitless.clear();
        self.pending.clear();
        self.pending_exprs.clear();
    }
}

fn small(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn large(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// The keywords that may be imported and those that are on, or what is wrong with the options.
fn keywords(
    options: &ParseOptions,
    capabilities: &ParseCapabilities,
) -> Result<(Keywords, Keywords), String> {
    let v1 = options.version == RegoVersion::V1;
    let mut allowed = Keywords::NONE;
    if v1 && !capabilities.has_feature("rego_v1") {
        return Err("illegal capabilities: rego_v1 feature required for parsing v1 Rego".to_owned());
    }
    for word in &capabilities.future_keywords {
        match Keyword::named(word) {
            Some(keyword) => allowed.add_only(keyword),
            None => return Err(format!("illegal capabilities: unknown keyword: {word}")),
        }
    }
    if capabilities.has_feature("rego_v1") {
        allowed = allowed.union(Keywords::V1);
    }
    let mut selected = if v1 { Keywords::V1 } else { Keywords::NONE };
    for word in &options.future_keywords {
        match Keyword::named(word) {
            Some(keyword) if allowed.contains(keyword) => selected.add(keyword),
            _ => return Err(format!("unknown future keyword: {word}")),
        }
    }
    if options.all_future_keywords {
        selected = allowed;
    }
    Ok((allowed, selected))
}
