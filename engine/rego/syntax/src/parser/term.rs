//! Terms without infix operators: variables, references, calls, parentheses, unary minus.

use super::Parser;
use super::arena::{Kind, Loc, TermId, Terms};
use crate::token::Token;
use referee_rego_value::{Number, Str};

impl Parser<'_> {
    /// A term. Where none can be read there is an error.
    pub(super) fn term(&mut self) -> Option<TermId> {
        if !self.enter() {
            return None;
        }
        let term = match self.remembered() {
            Some((term, after)) => {
                self.state = after;
                term
            }
            None => {
                let offset = self.state.offset;
                let term = self.new_term();
                self.remember(offset, term);
                term
            }
        };
        self.leave();
        term
    }

    fn new_term(&mut self) -> Option<TermId> {
        // `and(` where a term is due calls the builtin behind `&`.
        if matches!(self.state.token, Token::LogicalAnd | Token::LogicalOr)
            && self.peek_space() == Token::LParen
        {
            self.state.token = Token::Ident;
        }
        let loc = self.here();
        let mut minus = false;
        let term = match self.state.token {
            Token::Null => Some(self.arena.add(Kind::Null, loc)),
            Token::True => Some(self.arena.add(Kind::Bool(true), loc)),
            Token::False => Some(self.arena.add(Kind::Bool(false), loc)),
            Token::Sub => {
                let state = self.state;
                self.scan();
                if matches!(self.state.token, Token::Ident | Token::Contains) {
                    minus = true;
                    Some(self.variable())
                } else {
                    self.state = state;
                    self.number()
                }
            }
            Token::Dot | Token::Number => self.number(),
            Token::String => self.string(),
            Token::TemplatePart | Token::TemplateEnd => self.template(false),
            Token::RawTemplatePart | Token::RawTemplateEnd => self.template(true),
            Token::Ident | Token::Contains => Some(self.variable()),
            Token::LBrack => self.array(),
            Token::LBrace => self.set_or_object(),
            Token::LParen => self.parenthesized(),
            _ => {
                self.unexpected();
                None
            }
        };
        let term = self.finish_term(term?)?;
        if !minus {
            return Some(term);
        }
        let zero = self.arena.add(Kind::Number(Number::from(0)), loc);
        let operator = self.builtin("minus");
        let terms = self.arena.add_run(&[operator, zero, term]);
        let loc = self.extended(loc);
        self.checked(Kind::Call(terms), loc)
    }

    /// The name of a builtin as an operator that stands nowhere.
    fn builtin(&mut self, name: &'static str) -> TermId {
        let nowhere = Loc::default();
        let name = self.arena.add(Kind::Var(Str::new_static(name)), nowhere);
        let parts = self.arena.add_run(&[name]);
        self.arena.add(Kind::Ref(parts), nowhere)
    }

    fn parenthesized(&mut self) -> Option<TermId> {
        let offset = self.state.offset;
        self.scan();
        let term = self.infix()?;
        if self.state.token != Token::RParen {
            self.error(self.here(), "non-terminated expression");
            return None;
        }
        // The text takes the parentheses in, the place stays.
        let mut loc = self.arena.loc(term);
        self.span(&mut loc, offset, self.state.end);
        self.arena.set_loc(term, loc);
        if let Kind::Ref(parts) = *self.arena.kind(term)
            && let [head] = *self.arena.run(parts)
        {
            self.arena.set_loc(head, loc);
        }
        Some(term)
    }

    /// Goes on after the first part of a term: a reference or call may follow.
    fn finish_term(&mut self, head: TermId) -> Option<TermId> {
        let offset = self.state.offset;
        self.scan_space();
        match self.state.token {
            Token::LParen | Token::Dot | Token::LBrack => return self.reference(head, offset),
            Token::Whitespace => self.scan(),
            _ => {}
        }
        Some(self.root_as_ref(head))
    }

    /// The same for the head of a rule, where white space may stand before `(`, `.` and `[`.
    pub(super) fn finish_head(&mut self, head: TermId) -> Option<TermId> {
        let offset = self.state.offset;
        self.scan_space();
        match self.state.token {
            Token::Add
            | Token::Sub
            | Token::Mul
            | Token::Quo
            | Token::Rem
            | Token::And
            | Token::Or
            | Token::Equal
            | Token::Neq
            | Token::Gt
            | Token::Gte
            | Token::Lt
            | Token::Lte => self.unexpected(),
            Token::Whitespace => self.scan(),
            _ => {}
        }
        match self.state.token {
            Token::LParen | Token::Dot | Token::LBrack => return self.reference(head, offset),
            Token::Whitespace => self.scan(),
            _ => {}
        }
        Some(self.root_as_ref(head))
    }

    /// `input` and `data` on their own are references.
    fn root_as_ref(&mut self, head: TermId) -> TermId {
        if let Kind::Var(name) = self.arena.kind(head)
            && (name == "input" || name == "data")
        {
            let loc = self.arena.loc(head);
            let parts = self.arena.add_run(&[head]);
            return self.arena.add(Kind::Ref(parts), loc);
        }
        head
    }

    /// The variable that the current token is; it stays the current one.
    pub(super) fn variable(&mut self) -> TermId {
        let loc = self.here();
        let literal = self.literal_lossy();
        let name = if literal == "_" { self.wildcard() } else { Str::new(literal) };
        self.arena.add(Kind::Var(name), loc)
    }

    /// The next name for a wildcard.
    pub(super) fn wildcard(&mut self) -> Str {
        let name = Str::new(format!("${}", self.state.wildcards));
        self.state.wildcards = self.state.wildcards.saturating_add(1);
        name
    }

    /// A reference or call, the current token being the `.`, `[` or `(` after its head.
    fn reference(&mut self, head: TermId, offset: usize) -> Option<TermId> {
        let base = self.pending.len();
        self.pending.push(head);
        let term = self.reference_parts(head, offset, base);
        self.pending.truncate(base);
        term
    }

    fn reference_parts(&mut self, head: TermId, offset: usize, base: usize) -> Option<TermId> {
        let loc = self.arena.loc(head);
        let kind = self.arena.kind(head);
        if matches!(
            kind,
            Kind::Null
                | Kind::Bool(_)
                | Kind::Number(_)
                | Kind::String(_)
                | Kind::Ref(_)
                | Kind::Template(..)
        ) {
            let message = format!("illegal ref (head cannot be {})", kind.name());
            self.error(loc, message);
        }
        loop {
            match self.state.token {
                Token::Dot => {
                    self.scan_space();
                    if self.state.token != Token::Ident && !self.is_ref_keyword(self.state.token) {
                        self.illegal("expected identifier");
                        return None;
                    }
                    let name = Str::new(self.literal_lossy());
                    let here = self.here();
                    let part = self.arena.add(Kind::String(name), here);
                    self.pending.push(part);
                    self.scan_space();
                }
                Token::LBrack => {
                    self.scan();
                    let part = self.infix()?;
                    if self.state.token != Token::RBrack {
                        self.illegal("expected [");
                        return None;
                    }
                    self.pending.push(part);
                    self.scan_space();
                }
                Token::LParen => return self.call_of_reference(offset, base),
                _ => {
                    let mut loc = loc;
                    self.span(&mut loc, offset, self.state.last_end);
                    if self.state.token == Token::Whitespace {
                        self.scan();
                    }
                    let parts = self.take_pending(base);
                    return self.checked(Kind::Ref(parts), loc);
                }
            }
        }
    }

    /// The call whose operator has been read, and what follows it.
    fn call_of_reference(&mut self, offset: usize, base: usize) -> Option<TermId> {
        let head = self.pending.get(base).copied()?;
        let mut loc = self.arena.loc(head);
        self.span(&mut loc, offset, self.state.offset);
        let parts = self.take_pending(base);
        let operator = self.checked(Kind::Ref(parts), loc)?;
        let mut call = self.call(operator, offset)?;
        match self.state.token {
            Token::Whitespace => self.scan(),
            Token::Dot | Token::LBrack => call = self.reference(call, offset)?,
            _ => {}
        }
        // Where a reference follows, the text ends with it.
        self.span(&mut loc, offset, self.state.last_end);
        self.arena.set_loc(call, loc);
        Some(call)
    }

    /// `(…)` after an operator.
    fn call(&mut self, operator: TermId, offset: usize) -> Option<TermId> {
        self.scan();
        let base = self.pending.len();
        self.pending.push(operator);
        if !self.list_into_pending(Token::RParen) {
            self.pending.truncate(base);
            return None;
        }
        let mut loc = self.arena.loc(operator);
        self.span(&mut loc, offset, self.state.end);
        self.scan_space();
        if self.pending.len() == base + 1 && self.is_set_constructor(operator) {
            self.pending.truncate(base);
            return Some(self.arena.add(Kind::Set(Terms::default()), loc));
        }
        let terms = self.take_pending(base);
        self.checked(Kind::Call(terms), loc)
    }

    fn is_set_constructor(&self, operator: TermId) -> bool {
        if let Kind::Ref(parts) = *self.arena.kind(operator)
            && let [head] = *self.arena.run(parts)
        {
            return matches!(self.arena.kind(head), Kind::Var(name) if name == "set");
        }
        false
    }

    /// The run of the terms that are pending since `base`.
    pub(super) fn take_pending(&mut self, base: usize) -> Terms {
        let run = self.arena.add_run(self.pending.get(base..).unwrap_or_default());
        self.pending.truncate(base);
        run
    }

    /// Reads terms up to `end`, which stays the current token, and lets them wait.
    pub(super) fn list_into_pending(&mut self, end: Token) -> bool {
        loop {
            if self.state.token == end {
                return true;
            }
            let Some(term) = self.infix_in_list() else { return false };
            self.pending.push(term);
            if self.state.token == end {
                return true;
            }
            if self.state.token != Token::Comma {
                self.expected_comma_or(end);
                return false;
            }
            self.scan();
        }
    }

    /// The next token can neither go on with a list nor end it.
    pub(super) fn expected_comma_or(&mut self, end: Token) {
        self.illegal(format!("expected \",\" or \"{}\"", end.name()));
    }
}
