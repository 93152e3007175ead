//! `with`: what an expression is checked against when documents and functions are replaced.

use super::Run;
use super::problem::Problem;
use super::scope::Scope;
use super::terms::{is_root, write_ref};
use super::tree::{Key, Node};
use crate::Type;
use referee_rego_syntax::ast::{Expr, Ref, Term, TermKind};
use referee_rego_syntax::inspect::ground_prefix;
use std::borrow::Cow;
use std::rc::Rc;

/// The reference that a target is; `input` alone is one too.
fn target_of(term: &Term) -> Option<Cow<'_, Ref>> {
    match &term.kind {
        TermKind::Ref(reference) => Some(Cow::Borrowed(reference)),
        TermKind::Var(_) if is_root(term) => Some(Cow::Owned(vec![term.clone()])),
        _ => None,
    }
}

fn keys(reference: &[Term]) -> Vec<Key> {
    reference.iter().map_while(Key::of).collect()
}

impl Run<'_> {
    /// The scope of an expression with modifiers: a replaced document may also be of the type of
    /// its replacement, and rules that depend on it may be anything. `None` where nothing changes.
    pub(super) fn replacing<'s>(&self, scope: &'s Scope<'s>, expr: &Expr) -> Option<Scope<'s>> {
        let (mut trees, mut targets) = (Vec::new(), Node::default());
        let mut replaced = false;
        for with in &expr.with {
            let Some(target) = target_of(&with.target) else {
                continue;
            };
            let target_type = scope.reference(&target);
            let function = matches!(target_type, Type::Function(_));
            trees.extend(self.relaxed(&target, function));
            if function {
                // Its type stays, so that the replacement's arity can be checked against it.
                continue;
            }
            let ground = ground_prefix(&target);
            let value = self.type_of(scope, &with.value);
            let both = target_type.or(&value);
            let known = ground.len() == target.len()
                && ![&target_type, &value, &both].iter().any(|ty| matches!(ty, Type::Unknown));
            let path = keys(ground);
            targets.put(path, if known { both } else { Type::any() });
            replaced = true;
        }
        if replaced {
            trees.push(Rc::new(targets));
        }
        if trees.is_empty() {
            return None;
        }
        let replacement = self.replacements.get().saturating_add(1);
        self.replacements.set(replacement);
        Some(Scope::replaced(trees, scope, replacement))
    }

    /// The rules that replacing a document changes, as anything; `None` where there are none.
    fn relaxed(&self, target: &Ref, function: bool) -> Option<Rc<Node>> {
        if self.strict.get() {
            return None;
        }
        let known = self.dependents(target, function);
        self.lenient.set(self.lenient.get() || known.is_some());
        known
    }

    fn dependents(&self, target: &Ref, function: bool) -> Option<Rc<Node>> {
        let key = (write_ref(target), function);
        if let Some(known) = self.relaxed.borrow().get(&key) {
            return known.clone();
        }
        let own = keys(target);
        let mut tree: Option<Node> = None;
        for reference in (self.checker.dependents)(target) {
            let path = keys(&reference);
            if !(function && path == own) {
                tree.get_or_insert_default().put(path, Type::any());
            }
        }
        let tree = tree.map(Rc::new);
        self.relaxed.borrow_mut().insert(key, tree.clone());
        tree
    }

    /// Refuses functions that are replaced by functions with other arguments.
    pub(super) fn check_withs(&self, scope: &Scope<'_>, expr: &Expr) -> Option<Problem> {
        expr.with.iter().find_map(|with| {
            let target = target_of(&with.target)?;
            let target_type = scope.reference(&target);
            let value_type = self.type_of(scope, &with.value);
            match (&target_type, &value_type) {
                (Type::Function(replaced), Type::Function(by))
                    if !self.unifies(&target_type, &value_type) =>
                {
                    let have: Vec<Type> = by.args.iter().map(|(_, ty)| ty.clone()).collect();
                    let want = replaced.without_result();
                    Some(Problem::arguments(
                        "arity mismatch",
                        &target,
                        &have,
                        &want,
                        &with.location,
                    ))
                }
                _ => None,
            }
        })
    }
}
