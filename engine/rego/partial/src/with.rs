//! Expressions with `with` (OPA's `evalWith`).

use crate::calls::mock_key;
use crate::document::replaced;
use crate::machine::{Eval, Frame, Machine, Next};
use crate::term::{Body, Expr, Kind, Term, begins_with, ground_prefix};
use crate::unknown::NoInlining;
use referee_rego_eval::EvalCode;
use referee_rego_value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What stands in for what while an expression is evaluated.
struct Changes {
    input: Option<Value>,
    data: Option<Value>,
    mocks: BTreeMap<String, Term>,
    targets: Vec<Arc<[Term]>>,
    no_inlining: Vec<Arc<[Term]>>,
}

/// What stood there before.
struct Before {
    input: Option<Value>,
    data: Option<Value>,
}

impl<'a, 'c> Machine<'a, 'c> {
    /// Evaluates an expression with `with`, then what comes after it without.
    pub(crate) fn with(&mut self, f: &Frame, expr: &Arc<Expr>, then: Next<'_, 'a, 'c>) -> Eval<()> {
        let mut no_inlining: Vec<Arc<[Term]>> = Vec::new();
        for with in &expr.with {
            if self.replaces_function(&with.target) {
                refs_of(&with.value, &mut no_inlining);
                continue;
            }
            if self.is_saved_within(&with.value, f.scope) {
                // What stands in is not known: the whole expression is put aside.
                return self
                    .save_expr_marking(f, expr, f.scope, &mut |machine| machine.next(f, then));
            }
            refs_of(&with.target, &mut no_inlining);
            refs_of(&with.value, &mut no_inlining);
        }
        refs_of_expr(expr, &mut no_inlining);
        let mut changes = self.changes(f, expr)?;
        changes.no_inlining = no_inlining;
        let mut before = self.enter(&changes);
        let changes = &changes;
        let slot = &mut before;
        let done = self.step(f, expr, &mut |machine| {
            machine.leave(slot);
            let done = machine.next(f, then);
            *slot = machine.enter(changes);
            done
        });
        self.leave(&mut before);
        done
    }

    fn changes(&mut self, f: &Frame, expr: &Expr) -> Eval<Changes> {
        let (mut input, mut data) = (None, None);
        let mut mocks = BTreeMap::new();
        let mut targets = Vec::new();
        for with in &expr.with {
            let Term::Ref(target) = &with.target else { continue };
            let value = self.plug(&with.value, f.scope)?;
            if self.replaces_function(&with.target) {
                mocks.insert(mock_key(target), value);
                if begins_with(target, "data") {
                    targets.push(Arc::clone(target));
                }
                continue;
            }
            let path: Option<Vec<Value>> =
                target.iter().skip(1).map(|part| part.value().cloned()).collect();
            let (Some(path), Term::Value(value)) = (path, value) else {
                let message = "what stands in for a document is not known";
                return Err(Self::error(EvalCode::Internal, message, &expr.location));
            };
            if begins_with(target, "input") {
                let there: Option<&Value> = input.as_ref().or(self.input.as_ref());
                input = Some(replaced(there, &path, &value));
            } else {
                let there: Option<&Value> = data.as_ref().or(self.data.as_ref());
                data = Some(replaced(there, &path, &value));
            }
            targets.push(Arc::clone(target));
        }
        Ok(Changes { input, data, mocks, targets, no_inlining: Vec::new() })
    }

    fn enter(&mut self, changes: &Changes) -> Before {
        let before = Before { input: self.input.clone(), data: self.data.clone() };
        if let Some(input) = &changes.input {
            self.input = Some(input.clone());
        }
        if let Some(data) = &changes.data {
            self.data = Some(data.clone());
        }
        self.caches.push(Default::default());
        self.targets.push(changes.targets.clone());
        let refs = changes.no_inlining.clone();
        self.no_inlining.push(NoInlining { internal: true, refs });
        if let Some(group) = self.mocks.last_mut() {
            group.push(changes.mocks.clone());
        }
        before
    }

    fn leave(&mut self, before: &mut Before) {
        if let Some(group) = self.mocks.last_mut() {
            group.pop();
        }
        self.no_inlining.pop();
        self.targets.pop();
        self.caches.pop();
        self.data = before.data.take();
        self.input = before.input.take();
    }
}

/// The references in a term, each up to its first variable; not those inside references.
fn refs_of(term: &Term, found: &mut Vec<Arc<[Term]>>) {
    match term {
        Term::Value(_) | Term::Var(_) => {}
        Term::Ref(parts) => {
            found.push(ground_prefix(parts).into());
            parts.iter().for_each(|part| refs_of(part, found));
        }
        Term::Array(items) | Term::Set(items) => items.iter().for_each(|it| refs_of(it, found)),
        Term::Object(members) => members.iter().for_each(|(key, value)| {
            refs_of(key, found);
            refs_of(value, found);
        }),
        Term::Comprehension(inner) => {
            inner.key.iter().for_each(|key| refs_of(key, found));
            refs_of(&inner.term, found);
            refs_of_body(&inner.body, found);
        }
    }
}

fn refs_of_body(body: &Body, found: &mut Vec<Arc<[Term]>>) {
    for expr in body.iter() {
        refs_of_expr(expr, found);
        for with in &expr.with {
            refs_of(&with.target, found);
            refs_of(&with.value, found);
        }
    }
}

/// Those of an expression, its own `with` aside.
fn refs_of_expr(expr: &Expr, found: &mut Vec<Arc<[Term]>>) {
    match &expr.kind {
        Kind::Term(term) => refs_of(term, found),
        Kind::Call(terms) => terms.iter().for_each(|term| refs_of(term, found)),
        Kind::Every(every) => {
            refs_of(&every.domain, found);
            refs_of_body(&every.body, found);
        }
        Kind::Not(body, _) => refs_of_body(body, found),
        Kind::Logical(sides) => {
            refs_of_body(&sides.lhs.0, found);
            refs_of_body(&sides.rhs.0, found);
        }
    }
}
