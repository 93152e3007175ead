//! Places, and the errors and hints that stand at them.
//!
//! Errors belong to states: going back takes back those that came since. So each is kept with the
//! one before it in its line of states.

use super::arena::Loc;
use super::{Link, Parser, large, small};
use crate::error::source_line;
use crate::token::Token;
use crate::{Code, Error, Location};
use std::borrow::Cow;
use std::sync::Arc;

/// How many bytes of source lines errors carry together, about: a source may be one long line.
const MAX_DETAILS: usize = 8 << 20;

impl<'a> Parser<'a> {
    /// The place of the current token.
    pub(super) fn here(&self) -> Loc {
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
    pub(super) fn span(&self, loc: &mut Loc, start: usize, end: usize) {
        let length = self.input.text.len();
        loc.start = small(start);
        loc.len =
            if start < length && end >= start && end <= length { small(end - start) } else { 0 };
    }

    /// A place that begins where `loc` does, with the text up to the last token.
    pub(super) fn extended(&self, loc: Loc) -> Loc {
        let mut loc = loc;
        let start = large(loc.offset);
        self.span(&mut loc, start, self.state.last_end);
        loc
    }

    pub(super) fn text(&self, loc: Loc) -> &'a str {
        self.slice(large(loc.start), large(loc.start) + large(loc.len))
    }

    pub(super) fn slice(&self, start: usize, end: usize) -> &'a str {
        self.input.text.get(start..end).unwrap_or_default()
    }

    pub(super) fn location(&self, loc: Loc) -> Location {
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

    pub(super) fn has_errors(&self) -> bool {
        self.state.errors > 0
    }

    /// Keeps an error, with the hints given since the last one.
    pub(super) fn error(&mut self, loc: Loc, message: impl Into<String>) {
        let mut message = message.into();
        self.take_hints(&mut message);
        self.errors.push(Link { item: (message, loc), before: self.state.errors });
        self.state.errors = self.errors.len();
    }

    pub(super) fn take_hints(&mut self, message: &mut String) {
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

    pub(super) fn hint(&mut self, hint: impl Into<Cow<'static, str>>) {
        self.hints.push(Link { item: hint.into(), before: self.state.hints });
        self.state.hints = self.hints.len();
    }

    /// Says that the current token does not belong here.
    pub(super) fn unexpected(&mut self) {
        self.illegal(String::new());
    }

    /// The same with what was expected.
    pub(super) fn illegal(&mut self, note: impl Into<String>) {
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
    pub(super) fn collect_errors(&self) -> Vec<Error> {
        let mut found = Vec::new();
        let mut at = self.state.errors;
        while let Some(link) = at.checked_sub(1).and_then(|index| self.errors.get(index)) {
            found.push(&link.item);
            at = link.before;
        }
        let mut budget = MAX_DETAILS;
        let errors = found.into_iter().rev().map(|(message, loc)| {
            let error = Error::new(Code::Parse, message.as_str(), &self.location(*loc));
            if budget == 0 {
                return error;
            }
            let details = source_line(self.input.text, large(loc.offset), self.input.invalid);
            budget = budget.saturating_sub(details.iter().map(String::len).sum());
            error.with_details(details)
        });
        errors.collect()
    }
}
