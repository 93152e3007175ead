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
mod head;
mod literal;
mod logical;
mod memory;
mod operand;
mod operator;
mod report;
mod rule;
mod scalar;
mod statement;
mod term;
mod walk;

pub(crate) use rule::{truth, truth_term, variable_name};
pub(crate) use statement::{Parsed, Statement};

use crate::ast::RegoVersion;
use crate::options::{ParseOptions, keywords, usual};
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

/// What is said of a source that makes the parser go back without end.
const EXHAUSTED: &str = "source needs too much backtracking";

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
    errors: Vec<Link<(String, Loc)>>,
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
    go_on: Option<GoOn<'a>>,
}

/// Is asked before each token whether to go on.
pub(crate) struct GoOn<'a>(pub(crate) &'a mut dyn FnMut() -> bool);

impl std::fmt::Debug for GoOn<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GoOn")
    }
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
        let has_feature = |feature: &str| match &options.capabilities {
            Some(capabilities) => capabilities.has_feature(feature),
            None => usual(options.version).1.contains(&feature),
        };
        let (allowed, selected) = keywords(options, has_feature("rego_v1")).map_err(plain)?;
        let input = Input { text: &source.text, invalid };
        let mut messages = Messages::new();
        let scanner = Scanner::new(&input, Keywords::BASE.union(selected), &mut messages);
        // A source is read once and a little; what is legitimate in it reads hardly a token ten
        // times, and a token has five bytes.
        let effort = source.text.len().saturating_mul(2).saturating_add(200_000);
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
                keywords_in_refs: has_feature("keywords_in_refs"),
                template_strings: has_feature("template_strings"),
                rego_v1_import: has_feature("rego_v1") || has_feature("rego_v1_import"),
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
            go_on: None,
        })
    }

    /// The same, which asks whether to go on; told not to, it meets the end of the source.
    pub(crate) fn asking(self, go_on: Option<GoOn<'a>>) -> Self {
        Self { go_on, ..self }
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
            if self.go_on.as_mut().is_some_and(|go_on| !(go_on.0)()) {
                self.effort = 0;
            }
            if self.effort == 0 {
                self.exhaust();
                return;
            }
            let scanned = self.state.scanner.scan(&self.input, mode, &mut self.messages);
            self.effort =
                self.effort.saturating_sub(1 + (scanned.end.saturating_sub(scanned.offset) >> 4));
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
        if let Some(text) = self.input.text.get(start..end) {
            return Cow::Borrowed(text);
        }
        let whole = (start..end).rev().find(|&end| self.input.text.is_char_boundary(end));
        let whole = whole.unwrap_or(start);
        Cow::Owned(format!(
            "{}{}",
            self.slice(start, whole),
            "\u{FFFD}".repeat(end.saturating_sub(whole))
        ))
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
        if self.is_ref_keyword(self.state.token)
            && matches!(self.peek_space(), Token::Dot | Token::LBrack)
        {
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
}

fn small(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn large(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}
