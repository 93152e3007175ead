//! Comprehensions that share variables with the body around them: computed once for all values
//! of these variables and grouped by them (OPA's comprehension index, `v1/ast/compile.go`).
//!
//! That is done only where the comprehension can be evaluated without the body around it, and
//! where it does not look anything up by these variables: then grouping would be slower. OPA does
//! it only where the comprehension is given a variable, and not by the variables of an `every`;
//! elsewhere it must not be seen, so it is not done where the body can fail.

use crate::plan::body::Body;
use crate::plan::closure::{Shape, shape};
use crate::plan::index::may_fail;
use crate::plan::ops::{Comprehension, Keep, Src};
use referee_rego_syntax::ast::{Expr, ExprKind, Term, TermKind};
use referee_rego_value::Str;

impl Body<'_, '_> {
    /// The plan of a comprehension that is grouped, where it can be. `named`: it is given a
    /// variable.
    pub(crate) fn by_key(&mut self, shape: Shape<'_>, named: bool) -> Option<Comprehension> {
        if self.trial {
            return None;
        }
        let mut found = Found::default();
        found.body(shape.body, self);
        if found.worse || found.shared.is_empty() {
            return None;
        }
        let seen = !named || found.shared.iter().any(|name| self.every.contains(name));
        if seen && shape.body.iter().any(may_fail) {
            return None;
        }
        let effects = self.effects;
        let mut names = found.shared;
        names.sort();
        let outside = self.open();
        let planned = self.apart(|body| {
            let (key, value) = body.collected(shape)?;
            let inside: Result<Vec<Src>, _> = names.iter().map(|name| body.read(name)).collect();
            Ok::<_, crate::plan::Unbound>((key, value, inside?))
        });
        let block = self.close(outside);
        let (key, value, inside) = planned.ok()?;
        if self.effects != effects {
            self.effects = effects;
            return None;
        }
        let asked: Option<Vec<Src>> = names.iter().map(|name| self.read(name).ok()).collect();
        let keep = Keep::ByKey(inside.into(), asked?.into());
        Some(self.finished(shape, block, key, value, keep))
    }
}

/// What a body shares with the body around it.
#[derive(Default)]
struct Found {
    /// The variables that are bound outside, in the order found.
    shared: Vec<Str>,
    /// Whether grouping would be wrong or slower.
    worse: bool,
}

impl Found {
    fn body(&mut self, exprs: &[Expr], around: &Body<'_, '_>) {
        for expr in exprs {
            if self.worse {
                return;
            }
            if expr.negated || !expr.with.is_empty() {
                // What is negated binds nothing: its variables have to come from elsewhere.
                self.worse |= !expr.with.is_empty();
            }
            match &expr.kind {
                ExprKind::Term(term) => self.term(term, around),
                ExprKind::Call(terms) => {
                    let walks = matches!(
                        terms.first().map(|term| &term.kind),
                        Some(TermKind::Ref(parts)) if crate::plan::term::dotted(parts) == "walk"
                    );
                    for (at, term) in terms.iter().enumerate().skip(1) {
                        if walks && at > 1 && self.mentions_new(term, around) {
                            self.worse = true;
                        }
                        self.term(term, around);
                    }
                }
                ExprKind::Some(_) => {}
                ExprKind::Every(_) | ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Not(_) => {
                    self.worse = true;
                }
            }
        }
    }

    fn var(&mut self, name: &Str, around: &Body<'_, '_>) {
        if around.bound(name) && !self.shared.contains(name) {
            self.shared.push(name.clone());
        }
    }

    fn term(&mut self, term: &Term, around: &Body<'_, '_>) {
        match &term.kind {
            TermKind::Var(name) => self.var(name, around),
            TermKind::Ref(parts) => {
                for (at, part) in parts.iter().enumerate() {
                    if at > 0 && self.mentions_new(part, around) {
                        // A lookup by a variable from outside would become a scan.
                        self.worse = true;
                    }
                }
                parts.iter().for_each(|part| self.term(part, around));
            }
            TermKind::Array(items) | TermKind::Set(items) | TermKind::Call(items) => {
                items.iter().for_each(|item| self.term(item, around));
            }
            TermKind::Object(members) => {
                for (key, value) in members {
                    self.term(key, around);
                    self.term(value, around);
                }
            }
            _ => {
                if let Some(inner) = shape(term) {
                    let mut nested = Self::default();
                    nested.body(inner.body, around);
                    inner.key.iter().for_each(|key| nested.term(key, around));
                    nested.term(inner.value, around);
                    self.worse |= nested.worse || !nested.shared.is_empty();
                }
            }
        }
    }

    /// Whether a term has a variable that is bound outside and was not seen inside before.
    fn mentions_new(&self, term: &Term, around: &Body<'_, '_>) -> bool {
        let mut inside = Self::default();
        inside.term(term, around);
        inside.shared.iter().any(|name| !self.shared.contains(name))
    }
}
