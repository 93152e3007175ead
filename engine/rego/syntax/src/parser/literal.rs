//! Bodies and their expressions: `some`, `every`, `not`, `with`, assignments.

use super::Parser;
use super::arena::{ExprId, ExprKind, Exprs, Kind, Loc, TermId, Terms, WithNode, Withs};
use crate::token::Token;

impl Parser<'_> {
    /// A body up to `end`, which stays the current token.
    pub(super) fn body(&mut self, end: Token) -> Option<Exprs> {
        if !self.enter() {
            return None;
        }
        let body = self.query(false, end);
        self.leave();
        body
    }

    /// Expressions up to `end`. With `semicolons`, a line feed ends them too.
    pub(super) fn query(&mut self, semicolons: bool, end: Token) -> Option<Exprs> {
        if self.state.token == end {
            self.error(self.here(), "found empty body");
            return None;
        }
        let base = self.pending_exprs.len();
        let complete = self.exprs_into_pending(semicolons, end);
        let body = complete
            .then(|| self.arena.add_body(self.pending_exprs.get(base..).unwrap_or_default()));
        self.pending_exprs.truncate(base);
        body
    }

    fn exprs_into_pending(&mut self, semicolons: bool, end: Token) -> bool {
        loop {
            let Some(expr) = self.literal_expr() else { return false };
            self.pending_exprs.push(expr);
            if self.state.token == Token::Semicolon {
                self.scan();
                continue;
            }
            if self.state.token == end || semicolons {
                return true;
            }
            if !self.state.skipped_newline {
                if !self.has_errors() {
                    self.illegal(format!("expected \\n or ; or {}", end.name()));
                }
                return false;
            }
        }
    }

    /// One expression of a body with all that belongs to it.
    pub(super) fn literal_expr(&mut self) -> Option<ExprId> {
        let loc = self.here();
        let expr = self.literal_inner()?;
        let loc = self.extended(loc);
        self.arena.set_expr_loc(expr, loc);
        // A `not` without braces is one with what it negates.
        if let Some(ExprKind::Not { body, explicit: false, .. }) =
            self.arena.expr(expr).map(|expr| expr.kind)
        {
            for index in 0..body.len() {
                if let Some(&inner) = self.arena.body(body).get(index) {
                    self.arena.set_expr_loc(inner, loc);
                }
            }
        }
        Some(expr)
    }

    fn literal_inner(&mut self) -> Option<ExprId> {
        if self.logical_active()
            && let Some(result) = self.logical_literal()
        {
            return result;
        }
        if self.is_ref_keyword(self.state.token)
            && matches!(self.peek_space(), Token::Dot | Token::LBrack)
        {
            self.state.token = Token::Ident;
            return self.plain_expr(None);
        }
        let not = self.negation();
        if let Some(not) = not
            && self.not_bodies
            && self.state.token == Token::LBrace
        {
            let expr = self.not_body(not)?;
            let loc = self.arena.expr_loc(expr);
            let body = self.arena.add_body(&[expr]);
            return self.logical_tail(body, false, loc);
        }
        match self.state.token {
            Token::Some if not.is_some() => {
                self.illegal("illegal negation of 'some'");
                None
            }
            Token::Some => self.some(),
            Token::Every if not.is_some() => {
                self.illegal("illegal negation of 'every'");
                None
            }
            Token::Every => self.every(),
            _ => self.plain_expr(not),
        }
    }

    /// Reads `not` where it negates what follows; its place.
    pub(super) fn negation(&mut self) -> Option<Loc> {
        if self.state.token != Token::Not || matches!(self.peek_space(), Token::Dot | Token::LBrack)
        {
            return None;
        }
        let loc = self.here();
        self.scan();
        Some(loc)
    }

    /// An expression that begins with a term, after a `not` that stands at `not`.
    fn plain_expr(&mut self, not: Option<Loc>) -> Option<ExprId> {
        let start = self.state;
        let start_loc = self.here();
        if let Some(not) = not
            && let Some(result) = self.negated_group(not)
        {
            return result;
        }
        let expr = self.expr()?;
        let mut with_loc = None;
        if self.state.token == Token::With {
            with_loc = Some(self.here());
            let withs = self.withs()?;
            self.arena.set_with(expr, withs);
        }
        if self.is_future_in_version() && self.is_var(expr, "every") {
            self.every_hint(&start);
        }
        let expr = self.negate(expr, not);
        if !matches!(self.state.token, Token::LogicalAnd | Token::LogicalOr) {
            return Some(expr);
        }
        self.logical_after(expr, not, with_loc, start_loc)
    }

    /// Puts `not` before an expression.
    fn negate(&mut self, expr: ExprId, not: Option<Loc>) -> ExprId {
        let Some(not) = not else { return expr };
        if !self.not_bodies {
            if let Some(expr) = self.arena.expr_mut(expr) {
                expr.negated = true;
            }
            return expr;
        }
        // The modifiers belong to the whole.
        let withs = self
            .arena
            .expr_mut(expr)
            .map_or_else(Withs::default, |expr| std::mem::take(&mut expr.with));
        let loc = self.extended(not);
        let negated = self.not_expr(expr, loc);
        self.arena.set_with(negated, withs);
        negated
    }

    /// `not x` of the new kind.
    pub(super) fn not_expr(&mut self, expr: ExprId, loc: Loc) -> ExprId {
        let body = self.arena.add_body(&[expr]);
        self.arena.add_expr(ExprKind::Not { body, explicit: false, loc }, loc)
    }

    fn is_var(&self, expr: ExprId, name: &str) -> bool {
        match self.arena.expr(expr).map(|expr| expr.kind) {
            Some(ExprKind::Term(term)) => {
                matches!(self.arena.kind(term), Kind::Var(var) if var == name)
            }
            _ => false,
        }
    }

    /// Says how to get `every` where what is there would then be one.
    fn every_hint(&mut self, start: &super::State) {
        let state = self.state;
        self.state = *start;
        let every = self.in_the_future(|parser| parser.every().is_some());
        self.state = state;
        if every {
            self.hint("`import future.keywords.every` for `every x in xs { ... }` expressions");
        }
    }

    /// A term, an assignment or a unification.
    pub(super) fn expr(&mut self) -> Option<ExprId> {
        let left = self.infix()?;
        let kind = if matches!(self.state.token, Token::Assign | Token::Unify) {
            let operator = self.operator();
            let right = self.infix()?;
            ExprKind::Call(self.arena.add_run(&[operator, left, right]))
        } else if let Kind::Call(terms) = *self.arena.kind(left) {
            ExprKind::Call(terms)
        } else {
            ExprKind::Term(left)
        };
        Some(self.arena.add_expr(kind, Loc::default()))
    }

    /// The name of a call's operator where that is a single name.
    pub(super) fn global_operator(&self, terms: Terms) -> Option<&str> {
        let &operator = self.arena.run(terms).first()?;
        if let Kind::Ref(parts) = *self.arena.kind(operator)
            && let [name] = *self.arena.run(parts)
            && let Kind::Var(name) = self.arena.kind(name)
        {
            return Some(name);
        }
        None
    }

    /// The `with` modifiers of an expression, the current token being the first `with`.
    pub(super) fn withs(&mut self) -> Option<Withs> {
        let mut withs = Vec::new();
        loop {
            let loc = self.here();
            self.scan();
            if self.state.token != Token::Ident {
                self.illegal("expected ident");
                return None;
            }
            let target = self.term()?;
            if !matches!(self.arena.kind(target), Kind::Ref(_) | Kind::Var(_)) {
                self.illegal("expected with target path");
            }
            if self.state.token != Token::As {
                self.illegal("expected as keyword");
                return None;
            }
            self.scan();
            let value = self.infix()?;
            withs.push(WithNode { target, value, loc: self.extended(loc) });
            if self.state.token != Token::With {
                return Some(self.arena.add_withs(&withs));
            }
        }
    }

    /// Reads the modifiers that follow an expression.
    pub(super) fn attach_with(&mut self, expr: ExprId) -> Option<ExprId> {
        if self.state.token == Token::With {
            let withs = self.withs()?;
            self.arena.set_with(expr, withs);
        }
        Some(expr)
    }

    fn some(&mut self) -> Option<ExprId> {
        let loc = self.here();
        let state = self.state;
        self.scan();
        if let Some(term) = self.infix()
            && let Kind::Call(terms) = *self.arena.kind(term)
        {
            match self.member_call(terms) {
                Some(2 | 3) => {}
                Some(_) => {
                    self.illegal("illegal domain");
                    return None;
                }
                None => {
                    self.illegal("expected `x in xs` or `x, y in xs` expression");
                    return None;
                }
            }
            let symbols = self.arena.add_run(&[term]);
            let expr = self.arena.add_expr(ExprKind::Some(symbols, loc), loc);
            return self.attach_with(expr);
        }
        self.state = state;
        if self.is_future_in_version() {
            self.some_in_hint();
        }
        let base = self.pending.len();
        let complete = self.some_variables();
        let symbols = self.take_pending(base);
        complete.then(|| self.arena.add_expr(ExprKind::Some(symbols, loc), loc))
    }

    /// Says how to get `some … in` where what is there would then be one.
    fn some_in_hint(&mut self) {
        let state = self.state;
        self.scan();
        let found = self.in_the_future(|parser| {
            let term = parser.infix()?;
            match *parser.arena.kind(term) {
                Kind::Call(terms) => parser.member_operands(terms).map(|_| ()),
                _ => None,
            }
        });
        self.state = state;
        if found.is_some() {
            self.hint("`import future.keywords.in` for `some x in xs` expressions");
        }
    }

    fn some_variables(&mut self) -> bool {
        loop {
            self.scan();
            if self.state.token != Token::Ident {
                self.illegal("expected var");
                return false;
            }
            let variable = self.variable();
            self.pending.push(variable);
            self.scan();
            if self.state.token != Token::Comma {
                return true;
            }
        }
    }

    /// How many operands a call of `in` has: the number that its operator wants, or 0 where it has
    /// another. `None` where it is a call of something else.
    fn member_call(&self, terms: Terms) -> Option<usize> {
        let (wanted, found) = self.member_operands(terms)?;
        Some(if wanted == found { wanted } else { 0 })
    }

    fn member_operands(&self, terms: Terms) -> Option<(usize, usize)> {
        let &operator = self.arena.run(terms).first()?;
        let Kind::Ref(parts) = *self.arena.kind(operator) else { return None };
        let &[head, name] = self.arena.run(parts) else { return None };
        let (Kind::Var(head), Kind::String(name)) = (self.arena.kind(head), self.arena.kind(name))
        else {
            return None;
        };
        let wanted = match (head.as_str(), name.as_str()) {
            ("internal", "member_2") => 2,
            ("internal", "member_3") => 3,
            _ => return None,
        };
        Some((wanted, terms.len().saturating_sub(1)))
    }

    pub(super) fn every(&mut self) -> Option<ExprId> {
        let loc = self.here();
        self.scan();
        let term = self.infix()?;
        let Kind::Call(terms) = *self.arena.kind(term) else {
            self.illegal("expected `x[, y] in xs { ... }` expression");
            return None;
        };
        let (key, value, domain) = match (self.member_call(terms), self.arena.run(terms)) {
            (Some(2), &[_, value, domain]) => (None, value, domain),
            (Some(3), &[_, key, value, domain]) => (Some(key), value, domain),
            (Some(_), _) => {
                self.illegal("illegal domain");
                return None;
            }
            (None, _) => {
                self.illegal("expected `x[, y] in xs { ... }` expression");
                return None;
            }
        };
        if key.is_some_and(|key| !self.is_variable(key)) {
            self.illegal("expected key to be a variable");
            return None;
        }
        if !self.is_variable(value) {
            self.illegal("expected value to be a variable");
            return None;
        }
        if self.state.token != Token::LBrace {
            self.illegal("missing body");
            return None;
        }
        self.scan();
        let body = self.body(Token::RBrace)?;
        self.scan();
        let expr = self.arena.add_expr(ExprKind::Every { key, value, domain, body, loc }, loc);
        self.attach_with(expr)
    }

    fn is_variable(&self, term: TermId) -> bool {
        matches!(self.arena.kind(term), Kind::Var(_))
    }
}
