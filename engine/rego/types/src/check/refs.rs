//! References: whether what they lead to can be there, and what that says of the variables among
//! their keys (OPA's `refChecker`).

use super::Run;
use super::problem::{OneOf, Problem, Wanted};
use super::scope::{Scope, Tree, select_constant};
use super::terms::{closure_body, is_root, variable, walk};
use super::tree::{Key, Node};
use crate::Type;
use referee_rego_syntax::ast::{Body, Expr, ExprKind, Ref, Term, TermKind};
use referee_rego_value::Value;

impl Run<'_> {
    /// Checks the references of an expression. Comprehensions are checked as bodies elsewhere.
    pub(super) fn check_refs(&self, scope: &Scope<'_>, expr: &Expr, out: &mut Vec<Problem>) {
        match &expr.kind {
            ExprKind::Term(term) => self.check_term(scope, term, out),
            ExprKind::Call(terms) => {
                terms.iter().skip(1).for_each(|term| self.check_term(scope, term, out));
            }
            ExprKind::Not(not) => self.check_bodies(scope, [&not.body], out),
            ExprKind::Every(every) => {
                for term in every.key.iter().chain([&every.value, &every.domain]) {
                    self.check_term(scope, term, out);
                }
                self.check_bodies(scope, [&every.body], out);
                self.check_modifiers(scope, expr, out);
            }
            ExprKind::And(sides) | ExprKind::Or(sides) => {
                self.check_bodies(scope, [&sides.lhs, &sides.rhs], out);
                self.check_modifiers(scope, expr, out);
            }
            ExprKind::Some(some) => {
                some.symbols.iter().for_each(|symbol| self.check_term(scope, symbol, out));
                self.check_modifiers(scope, expr, out);
            }
        }
    }

    fn check_bodies<const N: usize>(
        &self,
        scope: &Scope<'_>,
        bodies: [&Body; N],
        out: &mut Vec<Problem>,
    ) {
        for expr in bodies.into_iter().flatten() {
            self.check_refs(scope, expr, out);
        }
    }

    fn check_modifiers(&self, scope: &Scope<'_>, expr: &Expr, out: &mut Vec<Problem>) {
        for with in &expr.with {
            self.check_term(scope, &with.target, out);
            self.check_term(scope, &with.value, out);
        }
    }

    fn check_term(&self, scope: &Scope<'_>, term: &Term, out: &mut Vec<Problem>) {
        walk(term, &mut |term| {
            if closure_body(term).is_some() {
                return true;
            }
            let TermKind::Ref(reference) = &term.kind else {
                return false;
            };
            if let Some(problem) = self.check_applied(scope, reference) {
                out.push(problem);
                return true;
            }
            out.extend(self.check_ref(scope, reference));
            false
        });
    }

    /// A function can be called, but is no value.
    fn check_applied(&self, scope: &Scope<'_>, reference: &Ref) -> Option<Problem> {
        let ty = scope.reference(reference);
        let function = matches!(ty, Type::Function(_));
        let last = reference.len().saturating_sub(1);
        function.then(|| self.unsupported(reference, last, &ty))
    }

    fn unsupported(&self, reference: &Ref, at: usize, have: &Type) -> Problem {
        let location = reference.first().map(|head| head.location.clone()).unwrap_or_default();
        Problem::unsupported(&(self.checker.rewrite)(reference), at, have, &location)
    }

    fn undefined(&self, reference: &Ref, at: usize, have: &Type, want: &Wanted) -> Problem {
        let location = reference.first().map(|head| head.location.clone()).unwrap_or_default();
        Problem::undefined(&(self.checker.rewrite)(reference), at, have, want, &location)
    }

    fn check_ref(&self, scope: &Scope<'_>, reference: &Ref) -> Option<Problem> {
        for tree in scope.trees() {
            match self.check_in(scope, tree, reference) {
                Ok(()) => return None,
                Err(Some(problem)) => return Some(problem),
                Err(None) => {}
            }
        }
        let root = reference.first().is_some_and(is_root);
        self.check_inside(scope, &Type::any(), reference, usize::from(root))
    }

    /// Checks a reference against one tree. `Err(None)`: it leads out of the tree.
    fn check_in(
        &self,
        scope: &Scope<'_>,
        tree: Tree<'_>,
        reference: &Ref,
    ) -> Result<(), Option<Problem>> {
        let empty = Node::default();
        let done = |problem: Option<Problem>| problem.map_or(Ok(()), |problem| Err(Some(problem)));
        let mut node: Option<&Node> = None;
        for (at, part) in reference.iter().enumerate() {
            if let Some(node) = node {
                self.check_step(scope, node, reference, at, part)?;
            }
            let key = Key::of(part).ok_or(None)?;
            let entered = match node {
                None => tree.enter(&key).ok_or(None)?,
                Some(node) => {
                    let child = node.child(&key).ok_or(None)?;
                    child.value().map_or(Ok(child), |ty| Err(ty.clone()))
                }
            };
            match entered {
                Ok(child) => node = Some(child),
                Err(Type::Unknown) => node = Some(&empty),
                Err(ty) => {
                    return done(self.check_inside(scope, &ty, reference, at.saturating_add(1)));
                }
            }
        }
        Ok(())
    }

    /// Checks a key of a package or of a rule with further parts.
    fn check_step(
        &self,
        scope: &Scope<'_>,
        node: &Node,
        reference: &Ref,
        at: usize,
        part: &Term,
    ) -> Result<(), Option<Problem>> {
        // The parts of a package's path are strings.
        if at <= 2 && !matches!(part.kind, TermKind::Var(_) | TermKind::String(_)) {
            let have = self.type_of(scope, part);
            let want = Wanted { keys: Type::String, one_of: node.keys() };
            return Err(Some(self.undefined(reference, at, &have, &want)));
        }
        if let Some(name) = variable(part) {
            let keys = node.extent().keys();
            match scope.variable(name) {
                Type::Unknown => scope.put(name, keys),
                have if !self.unifies(&keys, &have) => {
                    let want = Wanted { keys, one_of: node.keys() };
                    return Err(Some(self.undefined(reference, at, &have, &want)));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Checks keys of something of which the type is known.
    fn check_inside(
        &self,
        scope: &Scope<'_>,
        ty: &Type,
        reference: &Ref,
        from: usize,
    ) -> Option<Problem> {
        let mut ty = ty.clone();
        for (at, part) in reference.iter().enumerate().skip(from) {
            let keys = ty.keys();
            if matches!(keys, Type::Unknown) {
                return Some(self.unsupported(reference, at.saturating_sub(1), &ty));
            }
            let refused = match &part.kind {
                TermKind::Var(name) if !is_root(part) => match scope.variable(name) {
                    Type::Unknown => {
                        scope.put(name, keys.clone());
                        None
                    }
                    have => (!self.unifies(&have, &keys)).then_some((have, one_of(&ty))),
                },
                TermKind::Var(_) | TermKind::Ref(_) => match self.type_of(scope, part) {
                    Type::Unknown => None,
                    have => (!self.unifies(&have, &keys)).then_some((have, one_of(&ty))),
                },
                TermKind::Array(_) | TermKind::Object(_) | TermKind::Set(_) => {
                    let matches = self.unify(scope, part, &keys, false);
                    (!matches).then(|| (self.type_of(scope, part), Vec::new()))
                }
                _ => match select_constant(&ty, part) {
                    Type::Unknown => Some((Type::Unknown, one_of(&ty))),
                    child => {
                        ty = child;
                        continue;
                    }
                },
            };
            if let Some((have, one_of)) = refused {
                return Some(self.undefined(reference, at, &have, &Wanted { keys, one_of }));
            }
            ty = ty.values();
        }
        None
    }
}

/// The keys that something has.
fn one_of(ty: &Type) -> Vec<OneOf> {
    fn collect(ty: &Type, keys: &mut Vec<Value>) {
        match ty.resolved() {
            Type::Object(object) => {
                keys.extend(object.members().iter().map(|(key, _)| key.clone()));
            }
            Type::Any(any) => any.of().iter().for_each(|ty| collect(ty, keys)),
            _ => {}
        }
    }
    let mut keys = Vec::new();
    collect(ty, &mut keys);
    keys.sort();
    // OPA takes arrays and objects for different although they are equal.
    keys.dedup_by(|a, b| a == b && a.depth() == 0);
    keys.into_iter().map(OneOf::Value).collect()
}
