//! `and`, `or` and `not { … }`: the experimental keywords of OPA 1.20.
//!
//! Braces and parentheses are ambiguous with terms here too: they are tried as an operand first,
//! and read again as a term where no `and` or `or` comes of it. Where trying is known to come to
//! nothing it is not done again, so that nesting does not multiply.

use super::arena::{ExprId, ExprKind, Exprs, Kind, Loc, Operand};
use super::{Attempt, Parser};
use crate::token::Token;

/// What came of reading parentheses as a group.
enum Group {
    /// They are one.
    Is(Operand),
    /// They can only be one, and it has an error.
    Broken,
    /// They are none: nothing was read.
    IsNot,
}

impl Parser<'_> {
    fn at_logical(&self) -> bool {
        matches!(self.state.token, Token::LogicalAnd | Token::LogicalOr)
    }

    /// An expression that begins with an operand in braces or parentheses; `None` where it is
    /// none of that kind.
    pub(super) fn logical_literal(&mut self) -> Option<Option<ExprId>> {
        match self.state.token {
            Token::LBrace => self.braces_literal(),
            Token::LParen => match self.logical_group(false, "") {
                Group::Is(operand) => {
                    Some(self.logical_tail(operand.body, operand.explicit, operand.loc))
                }
                Group::Broken => Some(None),
                Group::IsNot => None,
            },
            _ => None,
        }
    }

    fn braces_literal(&mut self) -> Option<Option<ExprId>> {
        let attempt = (self.state.offset, Attempt::Braces);
        if !self.in_future && self.fruitless.contains(&attempt) {
            return None;
        }
        let state = self.state;
        let loc = self.here();
        self.layers.push(self.memory.len());
        self.scan();
        if let Some(body) = self.body(Token::RBrace) {
            self.scan();
            if self.at_logical() {
                self.keep_layer();
                if self.is_ambiguous_union(body) {
                    self.ambiguous_union(loc, body, "");
                    return Some(None);
                }
                let operand = Operand { body, explicit: true, loc };
                let expr = self.logical_chain(operand);
                return Some(expr.and_then(|expr| self.attach_with(expr)));
            }
        }
        if let Some(base) = self.layers.pop() {
            self.memory.truncate(base);
        }
        self.state = state;
        if !self.in_future {
            self.fruitless.insert(attempt);
        }
        None
    }

    /// Keeps what the last speculation learnt.
    fn keep_layer(&mut self) {
        let Some(base) = self.layers.pop() else { return };
        let Some(first) = self.memory.get(base).map(|entry| entry.offset) else { return };
        let floor = self.layers.last().copied().unwrap_or(0);
        let mut keep = base;
        while keep > floor && self.memory.get(keep - 1).is_some_and(|entry| entry.offset >= first) {
            keep -= 1;
        }
        self.memory.drain(keep..base);
    }

    /// What follows a complete operand: a chain, or only its modifiers.
    pub(super) fn logical_tail(&mut self, body: Exprs, explicit: bool, loc: Loc) -> Option<ExprId> {
        let expr = if self.at_logical() {
            self.logical_chain(Operand { body, explicit, loc })?
        } else {
            self.arena.first(body)?
        };
        self.attach_with(expr)
    }

    /// What follows an expression without braces before `and` or `or`.
    pub(super) fn logical_after(
        &mut self,
        expr: ExprId,
        not: Option<Loc>,
        with: Option<Loc>,
        start: Loc,
    ) -> Option<ExprId> {
        if let Some(with) = with {
            self.with_on_operand(with);
            return None;
        }
        if self.arena.expr_loc(expr).row == 0 {
            let loc = self.extended(start);
            self.arena.set_expr_loc(expr, loc);
        }
        let loc = self.arena.expr_loc(expr);
        if not.is_none() && self.text(loc).starts_with('{') {
            if self.is_empty_object(expr) {
                self.error(loc, "found empty body");
            } else {
                let operator = self.state.token.name();
                self.brace_led_operand(loc, self.text(loc), operator);
            }
            return None;
        }
        let body = self.arena.add_body(&[expr]);
        let expr = self.logical_chain(Operand { body, explicit: false, loc })?;
        self.attach_with(expr)
    }

    fn is_empty_object(&self, expr: ExprId) -> bool {
        let Some(expr) = self.arena.expr(expr) else { return false };
        match expr.kind {
            ExprKind::Term(term) if expr.with.is_empty() => {
                matches!(self.arena.kind(term), Kind::Object(members) if members.len() == 0)
            }
            _ => false,
        }
    }

    fn with_on_operand(&mut self, loc: Loc) {
        let keyword = self.state.token.name();
        self.hint(format!(
            "Wrap the operand in `(...)` or `{{...}}` to scope, or move `with` after the `{keyword}` expression to apply it to the whole expression"
        ));
        self.error(loc, format!("`with` modifier is not allowed on operand of `{keyword}`"));
    }

    /// `not` before a group in parentheses; `None` where there is none.
    pub(super) fn negated_group(&mut self, not: Loc) -> Option<Option<ExprId>> {
        if !self.not_bodies || self.state.token != Token::LParen {
            return None;
        }
        match self.logical_group(true, "not ") {
            Group::Is(operand) => {
                let (body, loc) = self.negated_operand(operand, not);
                Some(self.logical_tail(body, false, loc))
            }
            Group::Broken => Some(None),
            Group::IsNot => None,
        }
    }

    fn negated_operand(&mut self, operand: Operand, not: Loc) -> (Exprs, Loc) {
        let loc = self.extended(not);
        let kind = ExprKind::Not { body: operand.body, explicit: operand.explicit, loc };
        let expr = self.arena.add_expr(kind, loc);
        (self.arena.add_body(&[expr]), loc)
    }

    /// `not { … }`, the current token being the brace.
    pub(super) fn not_body(&mut self, not: Loc) -> Option<ExprId> {
        let brace = self.here();
        let state = self.state;
        self.scan();
        let empty = self.state.token == Token::RBrace;
        let Some(body) = self.body(Token::RBrace) else {
            if !empty {
                let failed = self.state;
                self.state = state;
                if let Some(term) = self.infix() {
                    self.value_in_braces(brace, term, "not ");
                } else {
                    self.state = failed;
                }
            }
            return None;
        };
        self.scan();
        if self.is_ambiguous_union(body) {
            self.ambiguous_union(brace, body, "not ");
            return None;
        }
        let loc = self.extended(not);
        let expr = self.arena.add_expr(ExprKind::Not { body, explicit: true, loc }, loc);
        self.checked_expr(expr)
    }

    /// `and` and `or` after their first operand: `and` binds tighter, both to the left.
    fn logical_chain(&mut self, first: Operand) -> Option<ExprId> {
        if !self.enter() {
            return None;
        }
        let expr = self.or_chain(first);
        self.leave();
        expr
    }

    fn or_chain(&mut self, first: Operand) -> Option<ExprId> {
        let mut left = self.and_chain(first)?;
        while self.state.token == Token::LogicalOr {
            self.scan();
            let right = self.operand("or")?;
            let right = self.and_chain(right)?;
            left = self.joined(false, left, right)?;
        }
        self.arena.first(left.body)
    }

    fn and_chain(&mut self, first: Operand) -> Option<Operand> {
        let mut left = first;
        while self.state.token == Token::LogicalAnd {
            self.scan();
            let right = self.operand("and")?;
            left = self.joined(true, left, right)?;
        }
        Some(left)
    }

    fn joined(&mut self, and: bool, lhs: Operand, rhs: Operand) -> Option<Operand> {
        for body in [lhs.body, rhs.body] {
            self.check_void(body, if and { "and" } else { "or" });
        }
        let loc = self.extended(lhs.loc);
        let expr = self.arena.add_expr(ExprKind::Logical { and, lhs, rhs, loc }, loc);
        let expr = self.checked_expr(expr)?;
        Some(Operand { body: self.arena.add_body(&[expr]), explicit: false, loc })
    }

    fn checked_expr(&mut self, expr: ExprId) -> Option<ExprId> {
        if self.arena.expr(expr).is_some_and(|expr| expr.depth > self.max_depth) {
            self.too_deep();
            return None;
        }
        Some(expr)
    }

    /// An operand of `operator`; of none where it is only tried.
    fn operand(&mut self, operator: &'static str) -> Option<Operand> {
        if self.state.token == Token::LBrace {
            return self.braces_operand(operator);
        }
        let not = self.negation();
        if let Some(not) = not
            && self.not_bodies
            && self.state.token == Token::LBrace
        {
            let expr = self.not_body(not)?;
            let loc = self.arena.expr_loc(expr);
            return Some(Operand { body: self.arena.add_body(&[expr]), explicit: false, loc });
        }
        if self.state.token == Token::LParen
            && self.logical_active()
            && (not.is_none() || self.not_bodies)
        {
            let prefix = if not.is_some() { "not " } else { "" };
            match self.logical_group(true, prefix) {
                Group::Is(operand) => {
                    let Some(not) = not else { return Some(operand) };
                    let (body, loc) = self.negated_operand(operand, not);
                    return Some(Operand { body, explicit: false, loc });
                }
                Group::Broken => return None,
                Group::IsNot => {}
            }
        }
        self.plain_operand(not)
    }

    fn plain_operand(&mut self, not: Option<Loc>) -> Option<Operand> {
        let start = self.here();
        let mut expr = self.expr()?;
        if self.arena.expr_loc(expr).row == 0 {
            let loc = self.extended(start);
            self.arena.set_expr_loc(expr, loc);
        }
        if let Some(not) = not {
            if self.not_bodies {
                let loc = self.extended(not);
                expr = self.not_expr(expr, loc);
            } else if let Some(expr) = self.arena.expr_mut(expr) {
                expr.negated = true;
            }
        }
        let loc = self.arena.expr_loc(expr);
        Some(Operand { body: self.arena.add_body(&[expr]), explicit: false, loc })
    }

    fn braces_operand(&mut self, operator: &'static str) -> Option<Operand> {
        let loc = self.here();
        let state = self.state;
        self.scan();
        let empty = self.state.token == Token::RBrace;
        let Some(body) = self.body(Token::RBrace) else {
            if !empty && !operator.is_empty() {
                let failed = self.state;
                self.state = state;
                if self.infix().is_some() {
                    let text = self.slice(state.offset, self.state.last_end);
                    self.brace_led_operand(loc, text, operator);
                } else {
                    self.state = failed;
                }
            }
            return None;
        };
        self.scan();
        if self.is_ambiguous_union(body) {
            self.ambiguous_union(loc, body, "");
        }
        Some(Operand { body, explicit: true, loc })
    }

    /// Tries parentheses as a group; `operand` where they are an operand already.
    fn logical_group(&mut self, operand: bool, prefix: &str) -> Group {
        let attempt = (self.state.offset, Attempt::Group { operand });
        if !self.in_future && self.fruitless.contains(&attempt) {
            return Group::IsNot;
        }
        if !self.enter() {
            return Group::Broken;
        }
        let state = self.state;
        let group = self.group_inner(operand, prefix);
        self.leave();
        if matches!(group, Group::IsNot) {
            self.state = state;
            if !self.in_future {
                self.fruitless.insert(attempt);
            }
        }
        group
    }

    fn group_inner(&mut self, operand: bool, prefix: &str) -> Group {
        let state = self.state;
        let open = self.here();
        self.scan();
        if self.state.token == Token::RParen {
            if operand {
                self.error(open, "empty parenthesized group");
                return Group::Broken;
            }
            return Group::IsNot;
        }
        let Some(left) = self.operand("") else { return Group::IsNot };
        let single = (left.body.len() == 1).then(|| self.arena.first(left.body)).flatten();
        match self.state.token {
            Token::LogicalAnd | Token::LogicalOr => {
                let Some(expr) = self.logical_chain(left).and_then(|expr| self.attach_with(expr))
                else {
                    return Group::Broken;
                };
                let body = self.arena.add_body(&[expr]);
                self.closed_group(open, body, false)
            }
            Token::With if !left.explicit && single.is_some() => {
                self.with_group(operand, open, left)
            }
            _ if left.explicit => {
                let braces = self.slice(super::large(left.loc.offset), self.state.last_end);
                self.state = state;
                self.scan();
                let term = self.term();
                self.state = state;
                if term.is_some() {
                    return Group::IsNot;
                }
                self.hint(format!("drop the parens to keep the body: `{prefix}{braces}`"));
                self.error(open, "`(...)` in an operand position cannot contain a body");
                Group::Broken
            }
            _ if single.is_some_and(|expr| self.is_group_content(expr)) => {
                self.closed_group(open, left.body, false)
            }
            _ => Group::IsNot,
        }
    }

    /// Whether parentheses around the expression group it: `and`, `or`, and what is negated.
    fn is_group_content(&self, expr: ExprId) -> bool {
        self.arena.expr(expr).is_some_and(|expr| {
            expr.negated || matches!(expr.kind, ExprKind::Logical { .. } | ExprKind::Not { .. })
        })
    }

    fn with_group(&mut self, operand: bool, open: Loc, left: Operand) -> Group {
        let with = self.here();
        let attached = self.arena.first(left.body).and_then(|expr| self.attach_with(expr));
        if attached.is_none() {
            return Group::Broken;
        }
        if self.at_logical() {
            self.with_on_operand(with);
            return Group::Broken;
        }
        match self.closed_group(open, left.body, false) {
            Group::Is(group) if operand || self.at_logical() => Group::Is(group),
            Group::Broken => Group::Broken,
            _ => Group::IsNot,
        }
    }

    fn closed_group(&mut self, open: Loc, body: Exprs, explicit: bool) -> Group {
        if self.state.token != Token::RParen {
            self.error(self.here(), "expected ) to close parenthesized group");
            return Group::Broken;
        }
        self.scan();
        Group::Is(Operand { body, explicit, loc: self.extended(open) })
    }
}
