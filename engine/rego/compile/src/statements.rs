//! The statements that declare variables, or hold bodies of their own: `some`, `every`, `not {…}`,
//! `and`, `or` (OPA's `rewriteSomeDeclStatement` and its like).

use crate::errors::compile;
use crate::locals::{Locals, NEGATED};
use crate::make;
use crate::names::{VarSet, calls, is_wildcard, var};
use crate::outputs;
use crate::scope::Occurrence;
use crate::vars::{self, Params};
use referee_rego_syntax::Location;
use referee_rego_syntax::ast::{Body, Expr, ExprKind, Term, TermKind};

/// What assignments are refused with where they bind nothing.
const IN_AND: &str = "cannot assign vars inside implicit and operand";
const IN_OR: &str = "cannot assign vars inside implicit or operand";

impl Locals<'_> {
    /// `some x, y` is gone afterwards; whether anything is left.
    pub(crate) fn some(&mut self, expr: &mut Expr) -> bool {
        let ExprKind::Some(some) = &mut expr.kind else { return true };
        let location = some.location.clone();
        for symbol in std::mem::take(&mut some.symbols) {
            match symbol.kind {
                TermKind::Var(name) => {
                    let declared = self.declare(&name, Occurrence::Declared, &location);
                    if let Err(message) = declared {
                        self.errors.push(compile(message, &location));
                        return false;
                    }
                }
                TermKind::Call(terms) => return self.some_in(expr, terms, &location),
                _ => {}
            }
        }
        false
    }

    /// `some k, v in xs` becomes `v = xs[k]`.
    fn some_in(&mut self, expr: &mut Expr, terms: Vec<Term>, location: &Location) -> bool {
        let mut operands = terms.into_iter().skip(1).collect::<Vec<_>>();
        let (Some(container), Some(value)) = (operands.pop(), operands.pop()) else {
            return false;
        };
        let key = match operands.pop() {
            Some(key) => key,
            None => self.generator.var(&Location::NONE),
        };
        let safe = vars::of_term(&container, Params::ALL);
        let mut parts = match container.kind {
            TermKind::Ref(parts) => parts,
            kind => vec![Term { kind, location: container.location }],
        };
        parts.push(key);
        let operator = make::term(TermKind::Ref(make::builtin("eq")));
        let terms = vec![operator, value, make::term(TermKind::Ref(parts))];
        expr.kind = ExprKind::Call(terms);
        let bound = match &expr.kind {
            ExprKind::Call(terms) => outputs::of_equality(expr, terms, &safe, &mut VarSet::new()),
            _ => VarSet::new(),
        };
        for name in bound.sorted() {
            if let Err(message) = self.declare(&name, Occurrence::Declared, location) {
                self.errors.push(compile(message, location));
                return false;
            }
        }
        self.expr(expr, true);
        true
    }

    /// A variable that `every` declares.
    fn every_var(&mut self, term: &mut Term, at: &Location) -> bool {
        let name = var(term).filter(|name| !is_wildcard(name)).cloned();
        let Some(name) = name else { return true };
        match self.declare(&name, Occurrence::Declared, at) {
            Ok(new) => {
                term.kind = TermKind::Var(new);
                true
            }
            Err(message) => {
                self.errors.push(compile(message, at));
                false
            }
        }
    }

    pub(crate) fn every(&mut self, expr: &mut Expr) -> bool {
        let ExprKind::Every(every) = &mut expr.kind else { return true };
        self.term(&mut every.domain, false);
        self.scopes.push();
        let location = every.location.clone();
        let key = match &mut every.key {
            Some(key) => self.every_var(key, &location),
            None => {
                every.key = Some(self.generator.var(&Location::NONE));
                true
            }
        };
        let holds = key && self.every_var(&mut every.value, &location);
        if holds {
            self.body(&mut every.body, &VarSet::new());
            self.expr(expr, true);
        }
        self.scopes.pop();
        holds
    }

    pub(crate) fn not(&mut self, expr: &mut Expr) {
        let ExprKind::Not(not) = &mut expr.kind else { return };
        if not.explicit {
            self.scopes.push();
            self.body(&mut not.body, &VarSet::new());
            self.expr(expr, true);
            self.scopes.pop();
            return;
        }
        let before = self.errors.len();
        self.implicit(&mut not.body, NEGATED);
        if self.errors.len() == before {
            self.expr(expr, true);
        }
    }

    pub(crate) fn logical(&mut self, expr: &mut Expr) {
        let before = self.errors.len();
        let (both, message) = match &mut expr.kind {
            ExprKind::And(both) => (both, IN_AND),
            ExprKind::Or(both) => (both, IN_OR),
            _ => return,
        };
        let sides = [(&mut both.lhs, both.explicit_lhs), (&mut both.rhs, both.explicit_rhs)];
        for (side, explicit) in sides {
            if explicit {
                self.scopes.push();
                self.body(side, &VarSet::new());
                self.scopes.pop();
            } else {
                self.implicit(side, message);
            }
        }
        if self.errors.len() == before {
            self.expr(expr, true);
        }
    }

    /// A body without braces declares nothing.
    fn implicit(&mut self, body: &mut Body, message: &str) {
        for expr in body {
            match &expr.kind {
                ExprKind::Call(terms) if calls(terms, "assign") => {
                    self.errors.push(compile(message, &expr.location));
                }
                ExprKind::Not(_) => self.not(expr),
                ExprKind::And(_) | ExprKind::Or(_) => self.logical(expr),
                _ => {}
            }
        }
    }
}
