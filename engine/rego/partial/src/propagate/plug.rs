//! Puts what is known of variables into an expression.

use super::sets::Sets;
use crate::convert::variable;
use referee_rego_compile::vars_of_term;
use referee_rego_syntax::ast::{Expr, ExprKind, TemplatePart, Term, TermKind};
use referee_rego_syntax::compare::compare_terms;
use referee_rego_syntax::inspect::is_ground;
use referee_rego_value::Str;
use std::collections::BTreeMap;

/// What is known of variables.
pub(super) struct Plug<'p> {
    pub(super) sets: &'p Sets,
    pub(super) removed: &'p BTreeMap<Str, TermKind>,
    /// Whether the expression is negated: then only what has no variables is put in.
    pub(super) negated: bool,
}

impl Plug<'_> {
    pub(super) fn expr(&self, expr: &mut Expr) {
        match &mut expr.kind {
            ExprKind::Term(term) => self.term(term),
            ExprKind::Call(terms) => terms.iter_mut().for_each(|term| self.term(term)),
            ExprKind::Some(some) => some.symbols.iter_mut().for_each(|term| self.term(term)),
            ExprKind::Every(every) => {
                every.key.iter_mut().for_each(|key| self.term(key));
                self.term(&mut every.value);
                self.term(&mut every.domain);
                every.body.iter_mut().for_each(|expr| self.expr(expr));
            }
            ExprKind::Not(not) => not.body.iter_mut().for_each(|expr| self.expr(expr)),
            ExprKind::And(both) | ExprKind::Or(both) => {
                both.lhs.iter_mut().chain(&mut both.rhs).for_each(|expr| self.expr(expr));
            }
        }
        for with in &mut expr.with {
            self.term(&mut with.target);
            self.term(&mut with.value);
        }
    }

    fn term(&self, term: &mut Term) {
        match &mut term.kind {
            TermKind::Var(name) => {
                if let Some(kind) = self.var(name) {
                    term.kind = kind;
                }
            }
            TermKind::Ref(parts) => {
                self.head(parts);
                parts.iter_mut().for_each(|part| self.term(part));
            }
            TermKind::Array(items) | TermKind::Call(items) => {
                items.iter_mut().for_each(|item| self.term(item));
            }
            TermKind::Set(items) => {
                items.iter_mut().for_each(|item| self.term(item));
                items.sort_by(compare_terms);
                items.dedup_by(|a, b| compare_terms(a, b).is_eq());
            }
            TermKind::Object(members) => members.iter_mut().for_each(|(key, value)| {
                self.term(key);
                self.term(value);
            }),
            TermKind::ArrayComprehension(inner) | TermKind::SetComprehension(inner) => {
                self.term(&mut inner.term);
                inner.body.iter_mut().for_each(|expr| self.expr(expr));
            }
            TermKind::ObjectComprehension(inner) => {
                self.term(&mut inner.key);
                self.term(&mut inner.value);
                inner.body.iter_mut().for_each(|expr| self.expr(expr));
            }
            TermKind::TemplateString(template) => {
                for part in &mut template.parts {
                    match part {
                        TemplatePart::Term(term) => self.term(term),
                        TemplatePart::Expr(expr) => self.expr(expr),
                    }
                }
            }
            TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) => {}
        }
    }

    /// What a variable stands for.
    fn var(&self, name: &Str) -> Option<TermKind> {
        let root = self.sets.find(name);
        let root = root.as_ref().unwrap_or(name);
        if let Some(constant) = self.sets.constant(root) {
            return Some(constant.kind.clone());
        }
        let own = (root != name).then(|| TermKind::Var(root.clone()));
        let Some(kind) = self.removed.get(root) else { return own };
        let term = Term { kind: kind.clone(), ..Term::default() };
        if (self.negated && !is_ground(&term)) || vars_of_term(&term).contains(root) {
            return own;
        }
        Some(term.kind)
    }

    /// Puts in what the head of a reference stands for; where that is a reference, the rest
    /// comes after it.
    fn head(&self, parts: &mut Vec<Term>) {
        let Some(Term { kind: TermKind::Var(name), .. }) = parts.first() else { return };
        let root = self.sets.find(name).unwrap_or_else(|| name.clone());
        let mut head = match self.sets.constant(&root) {
            Some(constant) => vec![constant.clone()],
            None => vec![variable(&root)],
        };
        if self.sets.constant(&root).is_none()
            && let Some(kind) = self.removed.get(&root)
        {
            let term = Term { kind: kind.clone(), ..Term::default() };
            if !self.negated || is_ground(&term) {
                head = match term.kind {
                    TermKind::Ref(base) => base,
                    kind => vec![Term { kind, ..Term::default() }],
                };
            }
        }
        parts.splice(..1, head);
    }
}
