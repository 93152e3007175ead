//! Which variables an equality binds. Follows OPA's `v1/ast/unify.go`.

use crate::names::{VarSet, head_var};
use crate::order;
use crate::vars::{self, Params};
use crate::walk::is_comprehension;
use referee_rego_syntax::ast::{Term, TermKind};
use referee_rego_value::Str;
use std::collections::{BTreeMap, BTreeSet};

/// The variables that are bound: those bound before, but for some, and further ones. Large bodies
/// bind many, so these are not copied.
#[derive(Debug)]
pub(crate) struct Bound<'s> {
    pub(crate) before: &'s VarSet,
    pub(crate) except: VarSet,
    pub(crate) further: VarSet,
}

impl<'s> Bound<'s> {
    /// Those bound before.
    pub(crate) fn new(before: &'s VarSet) -> Self {
        Self { before, except: VarSet::new(), further: VarSet::new() }
    }

    fn contains(&self, name: &str) -> bool {
        self.further.contains(name) || (self.before.contains(name) && !self.except.contains(name))
    }

    fn contains_all(&self, term: &Term) -> bool {
        vars::of_term(term, Params::SAFETY).iter().all(|name| self.contains(name))
    }

    /// Whether what a reference begins with is bound.
    pub(crate) fn contains_head(&self, parts: &[Term]) -> bool {
        match (head_var(parts), parts.first()) {
            (Some(name), _) => self.contains(name),
            (None, Some(head)) => self.contains_all(head),
            (None, None) => true,
        }
    }
}

/// The variables that are bound when two terms are made equal, where some are bound already.
pub(crate) fn unify(safe: &Bound<'_>, a: &Term, b: &Term) -> VarSet {
    let mut unifier = Unifier { safe, unified: VarSet::new(), unknown: BTreeMap::new() };
    unifier.unify(a, b);
    unifier.unified
}

struct Unifier<'s> {
    safe: &'s Bound<'s>,
    unified: VarSet,
    /// What must be bound before a variable is.
    unknown: BTreeMap<Str, BTreeSet<Str>>,
}

impl Unifier<'_> {
    fn is_bound(&self, name: &str) -> bool {
        self.safe.contains(name) || self.unified.contains(name)
    }

    fn unify(&mut self, a: &Term, b: &Term) {
        use TermKind as T;
        match (&a.kind, &b.kind) {
            (T::Var(a), T::Var(b)) => {
                if self.is_bound(b) {
                    self.mark(a);
                } else if self.is_bound(a) {
                    self.mark(b);
                } else {
                    self.wait(a, b);
                    self.wait(b, a);
                }
            }
            (T::Var(name), T::Array(_) | T::Object(_)) => self.unify_all(name, b),
            (T::Array(_) | T::Object(_), T::Var(name)) => self.unify_all(name, a),
            (T::Var(name), _) => self.learn(name, b),
            (_, T::Var(name)) => self.learn(name, a),
            (T::Ref(_) | T::Call(_), T::Array(_) | T::Object(_)) => self.match_with(b, a),
            (T::Array(_) | T::Object(_), T::Ref(_) | T::Call(_)) => self.match_with(a, b),
            (T::ArrayComprehension(_), T::Array(_)) | (T::ObjectComprehension(_), T::Object(_)) => {
                self.mark_all(b)
            }
            (T::Array(_), _) if is_comprehension(b) => self.mark_all(a),
            (T::Array(a), T::Array(b)) if a.len() == b.len() => {
                a.iter().zip(b).for_each(|(a, b)| self.unify(a, b));
            }
            (T::Object(a), T::Object(b)) if a.len() == b.len() => {
                for (key, value) in a {
                    let found = b.binary_search_by(|(found, _)| order::compare(found, key));
                    if let Some((_, other)) = found.ok().and_then(|at| b.get(at)) {
                        self.unify(value, other);
                    }
                }
            }
            _ => {}
        }
    }

    /// Whether all that a term is made of is bound.
    fn is_known(&self, term: &Term) -> bool {
        match &term.kind {
            TermKind::Ref(parts) => self.safe.contains_head(parts),
            TermKind::Call(_) => self.safe.contains_all(term),
            _ => true,
        }
    }

    /// A variable is what a term is.
    fn learn(&mut self, name: &Str, from: &Term) {
        if self.is_known(from) {
            self.mark(name);
        }
    }

    /// A pattern is matched with what a term is.
    fn match_with(&mut self, pattern: &Term, from: &Term) {
        if self.is_known(from) {
            self.mark_all(pattern);
        }
    }

    fn mark_all(&mut self, term: &Term) {
        vars::of_term(term, Params::PATTERN).iter().for_each(|name| self.mark(name));
    }

    /// A variable is bound; so is what waited for it.
    fn mark(&mut self, name: &Str) {
        let mut open = vec![name.clone()];
        while let Some(name) = open.pop() {
            self.unified.insert(&name);
            open.extend(self.unknown.remove(&name).into_iter().flatten());
            self.unknown.retain(|waiting, needs| {
                let done = needs.remove(&name) && needs.is_empty();
                if done {
                    open.push(waiting.clone());
                }
                !done
            });
        }
    }

    fn wait(&mut self, name: &Str, needs: &Str) {
        self.unknown.entry(name.clone()).or_default().insert(needs.clone());
    }

    fn unify_all(&mut self, name: &Str, term: &Term) {
        if self.is_bound(name) {
            return self.mark_all(term);
        }
        let found = vars::of_term(term, Params::PATTERN);
        let mut open = found.iter().filter(|name| !self.is_bound(name)).peekable();
        if open.peek().is_none() {
            return self.mark(name);
        }
        let open: Vec<Str> = open.cloned().collect();
        open.iter().for_each(|needs| self.wait(name, needs));
    }
}
