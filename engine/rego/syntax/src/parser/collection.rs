//! Arrays, sets, objects, and the comprehensions that begin like them.
//!
//! `{a | b}` could be a set with a union in it and is a comprehension: the first term is read
//! without operators, and read again with them only where that leads nowhere.

use super::arena::{Kind, TermId};
use super::{Parser, State};
use crate::token::Token;

impl Parser<'_> {
    pub(super) fn array(&mut self) -> Option<TermId> {
        let mut loc = self.here();
        let offset = self.state.offset;
        let kind = self.array_kind()?;
        self.span(&mut loc, offset, self.state.end);
        self.checked(kind, loc)
    }

    fn array_kind(&mut self) -> Option<Kind> {
        self.scan();
        if self.state.token == Token::RBrack {
            return Some(Kind::Array(self.take_pending(self.pending.len())));
        }
        let comprehension = self.no_leading_comma();
        let state = self.state;
        let head = self.term()?;
        match self.state.token {
            Token::RBrack => return Some(Kind::Array(self.arena.add_run(&[head]))),
            Token::Comma => {
                self.scan();
                return self.rest_of_list(Some(head), Token::RBrack).map(Kind::Array);
            }
            Token::Or if comprehension => {
                self.scan();
                if let Some(body) = self.body(Token::RBrack) {
                    return Some(Kind::ArrayComprehension(head, body));
                }
                if self.state.token != Token::Comma {
                    return None;
                }
            }
            _ => {}
        }
        self.state = state;
        self.rest_of_list(None, Token::RBrack).map(Kind::Array)
    }

    /// Skips a comma before the first element, which OPA allows; whether there was none.
    fn no_leading_comma(&mut self) -> bool {
        let comma = self.state.token == Token::Comma;
        if comma {
            self.scan();
        }
        !comma
    }

    fn rest_of_list(&mut self, first: Option<TermId>, end: Token) -> Option<super::arena::Terms> {
        let base = self.pending.len();
        self.pending.extend(first);
        if !self.list_into_pending(end) || self.pending.len() == base {
            self.pending.truncate(base);
            return None;
        }
        Some(self.take_pending(base))
    }

    pub(super) fn set_or_object(&mut self) -> Option<TermId> {
        let mut loc = self.here();
        let offset = self.state.offset;
        let kind = self.set_or_object_kind()?;
        self.span(&mut loc, offset, self.state.end);
        self.checked(kind, loc)
    }

    fn set_or_object_kind(&mut self) -> Option<Kind> {
        self.scan();
        if self.state.token == Token::RBrace {
            return Some(Kind::Object(self.take_pending(self.pending.len())));
        }
        let comprehension = self.no_leading_comma();
        let state = self.state;
        let head = self.term()?;
        match self.state.token {
            Token::Or if comprehension => return self.set(&state, head, true),
            Token::RBrace | Token::Comma => return self.set(&state, head, comprehension),
            Token::Colon => return self.object(head, comprehension),
            _ => {}
        }
        self.state = state;
        let head = self.infix_in_list()?;
        match self.state.token {
            Token::RBrace | Token::Comma => self.set(&state, head, false),
            Token::Colon => self.object(head, comprehension),
            _ => {
                self.illegal("non-terminated set");
                None
            }
        }
    }

    /// A set after its first element; `start` is the state before that.
    fn set(&mut self, start: &State, head: TermId, comprehension: bool) -> Option<Kind> {
        match self.state.token {
            Token::RBrace => Some(Kind::Set(self.arena.add_run(&[head]))),
            Token::Comma => {
                self.scan();
                self.rest_of_list(Some(head), Token::RBrace).map(Kind::Set)
            }
            Token::Or => {
                if comprehension {
                    self.scan();
                    if let Some(body) = self.body(Token::RBrace) {
                        return Some(Kind::SetComprehension(head, body));
                    }
                    if self.state.token != Token::Comma {
                        return None;
                    }
                }
                self.state = *start;
                self.rest_of_list(None, Token::RBrace).map(Kind::Set)
            }
            _ => None,
        }
    }

    /// An object after its first key, the current token being the colon.
    fn object(&mut self, key: TermId, comprehension: bool) -> Option<Kind> {
        self.scan();
        let state = self.state;
        let value = self.term()?;
        let ended = matches!(self.state.token, Token::RBrace | Token::Comma);
        if comprehension
            && (ended || self.state.token == Token::Or)
            && let Some(kind) = self.rest_of_object(key, value, true)
        {
            return Some(kind);
        }
        self.state = state;
        if !(comprehension && ended) {
            let value = self.infix_in_list()?;
            if matches!(self.state.token, Token::RBrace | Token::Comma) {
                return self.rest_of_object(key, value, false);
            }
        }
        self.illegal("non-terminated object");
        None
    }

    fn rest_of_object(&mut self, key: TermId, value: TermId, comprehension: bool) -> Option<Kind> {
        match self.state.token {
            Token::RBrace => Some(Kind::Object(self.arena.add_run(&[key, value]))),
            Token::Or if comprehension => {
                self.scan();
                let body = self.body(Token::RBrace)?;
                Some(Kind::ObjectComprehension(key, value, body))
            }
            Token::Comma => {
                self.scan();
                let base = self.pending.len();
                self.pending.extend([key, value]);
                if !self.pairs_into_pending() {
                    self.pending.truncate(base);
                    return None;
                }
                Some(Kind::Object(self.take_pending(base)))
            }
            _ => None,
        }
    }

    fn pairs_into_pending(&mut self) -> bool {
        loop {
            if self.state.token == Token::RBrace {
                return true;
            }
            let Some(key) = self.infix_in_list() else { return false };
            if self.state.token != Token::Colon {
                self.illegal("expected \":\"");
                return false;
            }
            self.scan();
            let Some(value) = self.infix_in_list() else { return false };
            self.pending.extend([key, value]);
            match self.state.token {
                Token::RBrace => return true,
                Token::Comma => self.scan(),
                _ => {
                    self.expected_comma_or(Token::RBrace);
                    return false;
                }
            }
        }
    }
}
