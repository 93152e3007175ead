//! Infix operators: `x in xs` and `k, v in xs`, comparisons, `|`, `&`, arithmetic.

use super::Parser;
use super::arena::{Kind, Loc, TermId};
use crate::token::Token;
use referee_rego_value::Str;

/// How tightly an operator binds: the higher, the tighter. `in` stands below all of them.
fn strength(token: Token) -> Option<u8> {
    Some(match token {
        Token::Equal | Token::Neq | Token::Lt | Token::Gt | Token::Lte | Token::Gte => 1,
        Token::Or => 2,
        Token::And => 3,
        Token::Add | Token::Sub => 4,
        Token::Mul | Token::Quo | Token::Rem => 5,
        _ => return None,
    })
}

const WEAKEST: u8 = 1;
const STRONGEST: u8 = 5;

impl Parser<'_> {
    /// A term with infix operators, `k, v in xs` among them.
    pub(super) fn infix(&mut self) -> Option<TermId> {
        self.membership(true)
    }

    /// The same as an element of a list, where a comma ends it.
    pub(super) fn infix_in_list(&mut self) -> Option<TermId> {
        self.membership(false)
    }

    fn membership(&mut self, pairs: bool) -> Option<TermId> {
        let offset = self.state.offset;
        let mut term = self.operators(WEAKEST, offset)?;
        loop {
            if pairs
                && self.state.token == Token::Comma
                && let Some(call) = self.pair_membership(term, offset)
            {
                term = call;
                if self.state.token == Token::In {
                    continue;
                }
                return Some(term);
            }
            self.name_before_ref();
            if self.state.token != Token::In {
                return Some(term);
            }
            let operator = self.member_operator("member_2");
            let start = self.state.offset;
            let Some(domain) = self.operators(WEAKEST, start) else { return Some(term) };
            term = self.call_of(&[operator, term, domain], term, offset)?;
            if self.state.token != Token::In {
                return Some(term);
            }
        }
    }

    /// `, v in xs` after a key; where it is not that, nothing is read.
    fn pair_membership(&mut self, key: TermId, offset: usize) -> Option<TermId> {
        let state = self.state;
        self.scan();
        if let Some(value) = self.operators(WEAKEST, offset)
            && self.state.token == Token::In
        {
            let operator = self.member_operator("member_3");
            let start = self.state.offset;
            if let Some(domain) = self.operators(WEAKEST, start) {
                return self.call_of(&[operator, key, value, domain], key, offset);
            }
        }
        self.state = state;
        None
    }

    /// Terms joined by operators that bind at least as tightly as `weakest`. An operator without a
    /// right side gives its left side; the error is kept already.
    fn operators(&mut self, weakest: u8, offset: usize) -> Option<TermId> {
        let mut term = self.term()?;
        let mut strongest = STRONGEST;
        while let Some(strength) = strength(self.state.token) {
            if strength < weakest || strength > strongest {
                break;
            }
            strongest = strength;
            let operator = self.operator();
            let start = self.state.offset;
            let right = if strength == STRONGEST {
                self.term()
            } else {
                self.operators(strength + 1, start)
            };
            match right {
                Some(right) => term = self.call_of(&[operator, term, right], term, offset)?,
                None if strength == WEAKEST => break,
                None => strongest = strength - 1,
            }
        }
        Some(term)
    }

    /// The operator that the current token is.
    pub(super) fn operator(&mut self) -> TermId {
        let loc = self.here();
        let name = self.arena.add(Kind::Var(Str::new_static(self.state.token.name())), loc);
        self.scan();
        let parts = self.arena.add_run(&[name]);
        self.arena.add(Kind::Ref(parts), loc)
    }

    fn member_operator(&mut self, name: &'static str) -> TermId {
        let loc = self.here();
        let parts = [
            self.arena.add(Kind::Var(Str::new_static("internal")), loc),
            self.arena.add(Kind::String(Str::new_static(name)), loc),
        ];
        self.scan();
        let parts = self.arena.add_run(&parts);
        self.arena.add(Kind::Ref(parts), loc)
    }

    /// A call that stands where its first operand does. `None` and an error where it is too deep.
    fn call_of(&mut self, terms: &[TermId], first: TermId, offset: usize) -> Option<TermId> {
        let mut loc = self.arena.loc(first);
        self.span(&mut loc, offset, self.state.last_end);
        let terms = self.arena.add_run(terms);
        self.checked(Kind::Call(terms), loc)
    }

    /// A node, unless it is nested too deeply.
    pub(super) fn checked(&mut self, kind: Kind, loc: Loc) -> Option<TermId> {
        let term = self.arena.add(kind, loc);
        if self.arena.depth(term) > self.max_depth {
            self.too_deep();
            return None;
        }
        Some(term)
    }
}
