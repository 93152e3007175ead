//! Whether two types have values in common, and what that says of variables.

use super::Run;
use super::scope::{Scope, select_constant};
use super::terms::constant;
use crate::{ArrayType, Function, ObjectType, Type};
use referee_rego_syntax::ast::{Term, TermKind};
use referee_rego_syntax::compare::{compare_terms, sorted_members, sorted_terms};
use std::collections::HashMap;
use std::sync::Arc;

/// After how many steps of one comparison pairs are remembered.
const PATIENCE: u32 = 256;

/// One comparison of two types.
struct Comparison<'r, 'c> {
    run: &'r Run<'c>,
    steps: u32,
    /// What is known of pairs of shared types. A pair that is being compared counts as matching.
    known: HashMap<(usize, usize), bool>,
}

/// What tells a shared type from others.
fn identity(ty: &Type) -> Option<usize> {
    match ty {
        Type::Array(shared) => Some(Arc::as_ptr(shared).addr()),
        Type::Object(shared) => Some(Arc::as_ptr(shared).addr()),
        Type::Set(shared) => Some(Arc::as_ptr(shared).addr()),
        Type::Any(shared) => Some(Arc::as_ptr(shared).addr()),
        Type::Recursive(recursive) => Some(recursive.identity()),
        _ => None,
    }
}

impl Comparison<'_, '_> {
    fn types(&mut self, a: &Type, b: &Type) -> bool {
        if !self.run.step() {
            return true;
        }
        self.steps = self.steps.saturating_add(1);
        let recursive = matches!((a, b), (Type::Recursive(_), _) | (_, Type::Recursive(_)));
        if !recursive && self.steps <= PATIENCE {
            return self.parts(a, b);
        }
        let (Some(a_id), Some(b_id)) = (identity(a), identity(b)) else {
            return self.parts(a, b);
        };
        if let Some(known) = self.known.get(&(a_id, b_id)) {
            return *known;
        }
        self.known.insert((a_id, b_id), true);
        let matches = self.parts(a, b);
        self.known.insert((a_id, b_id), matches);
        matches
    }

    fn parts(&mut self, a: &Type, b: &Type) -> bool {
        match (a, b) {
            (Type::Unknown, _) | (_, Type::Unknown) => false,
            (Type::Recursive(_), _) | (_, Type::Recursive(_)) => {
                self.types(&a.resolved(), &b.resolved())
            }
            (Type::Any(any), other) if self.any(any.of(), other) => true,
            (other, Type::Any(any)) => self.any(any.of(), other),
            (Type::Null, Type::Null)
            | (Type::Boolean, Type::Boolean)
            | (Type::Number, Type::Number)
            | (Type::String, Type::String) => true,
            (Type::Array(a), Type::Array(b)) => self.arrays(a, b),
            (Type::Object(a), Type::Object(b)) => self.objects(a, b),
            (Type::Set(a), Type::Set(b)) => self.types(a.of(), b.of()),
            (Type::Function(a), Type::Function(b)) => self.functions(a, b),
            _ => false,
        }
    }

    fn any(&mut self, any: &[Type], other: &Type) -> bool {
        !matches!(other, Type::Function(_))
            && (any.is_empty() || any.iter().any(|ty| self.types(ty, other)))
    }

    fn arrays(&mut self, a: &ArrayType, b: &ArrayType) -> bool {
        let length = a.items().len().max(b.items().len());
        let items = (0..length).all(|at| match (a.select(at), b.select(at)) {
            (Some(a), Some(b)) => self.types(a, b),
            _ => false,
        });
        items && self.rests(a.rest(), b.rest())
    }

    fn objects(&mut self, a: &ObjectType, b: &ObjectType) -> bool {
        self.members(a, b)
            && self.members(b, a)
            && self.rests(a.rest().map(|(_, value)| value), b.rest().map(|(_, value)| value))
    }

    fn members(&mut self, a: &ObjectType, b: &ObjectType) -> bool {
        let known = |rest: Option<&(Type, Type)>| {
            rest.is_some_and(|(_, value)| !matches!(value, Type::Unknown))
        };
        let open = known(a.rest()) || known(b.rest());
        a.members().iter().all(|(key, ty)| match b.select(key) {
            Type::Unknown => open,
            other => self.types(ty, &other),
        })
    }

    fn rests(&mut self, a: Option<&Type>, b: Option<&Type>) -> bool {
        match (a, b) {
            (Some(a), Some(b)) => {
                (matches!(a, Type::Unknown) || matches!(b, Type::Unknown)) || self.types(a, b)
            }
            _ => true,
        }
    }

    fn functions(&mut self, a: &Function, b: &Function) -> bool {
        a.args.len() == b.args.len()
            && a.args.iter().zip(&b.args).all(|((_, a), (_, b))| self.types(a, b))
    }
}

impl Run<'_> {
    /// Whether two types have values in common (OPA's `unifies`).
    pub(super) fn unifies(&self, a: &Type, b: &Type) -> bool {
        Comparison { run: self, steps: 0, known: HashMap::new() }.types(a, b)
    }

    /// Whether a term can be of a type; variables in it are taken to be of what that says of
    /// them. In a `union` a variable may be of several types (OPA's `unify1`).
    pub(super) fn unify(&self, scope: &Scope<'_>, term: &Term, ty: &Type, union: bool) -> bool {
        if !self.step() {
            return true;
        }
        match &term.kind {
            TermKind::Var(name) if !super::terms::is_root(term) => {
                let have = scope.variable(name);
                if union {
                    scope.put(name, have.or(ty));
                } else if matches!(have, Type::Unknown) {
                    scope.put(name, ty.clone());
                } else {
                    return self.unifies(&have, ty);
                }
                true
            }
            TermKind::Array(_) | TermKind::Object(_) | TermKind::Set(_) => {
                self.unify_parts(scope, term, ty, union)
            }
            _ => self.unifies(&self.type_of(scope, term), ty),
        }
    }

    fn unify_parts(&self, scope: &Scope<'_>, term: &Term, ty: &Type, union: bool) -> bool {
        match (&term.kind, ty) {
            (_, Type::Any(any)) if any.of().is_empty() => {
                let each = |part: &Term| {
                    self.unify(scope, part, ty, true);
                };
                match &term.kind {
                    TermKind::Array(parts) => parts.iter().for_each(each),
                    TermKind::Set(parts) => sorted_terms(parts).into_iter().for_each(each),
                    TermKind::Object(members) => {
                        let members = sorted_members(members).into_iter();
                        members.flat_map(|(key, value)| [key, value]).for_each(each);
                    }
                    _ => {}
                }
                true
            }
            (_, Type::Any(any)) => {
                // Each alternative says something of the variables, so all are gone through.
                let matching = any.of().iter().filter(|ty| self.unify(scope, term, ty, true));
                matching.count() > 0
            }
            (TermKind::Set(_), Type::Recursive(_)) => false,
            (_, Type::Recursive(recursive)) => match recursive.unwrap_type() {
                // OPA looks through the recursion for arrays and objects only.
                inner @ (Type::Array(_) | Type::Object(_)) => {
                    self.unify_parts(scope, term, &inner, union)
                }
                _ => false,
            },
            (TermKind::Array(parts), Type::Array(array)) => {
                (parts.len() == array.items().len() || array.rest().is_some())
                    && parts.iter().enumerate().all(|(at, part)| {
                        let item = array.select(at).unwrap_or(&Type::Unknown);
                        self.unify(scope, part, item, union)
                    })
            }
            (TermKind::Object(members), Type::Object(object)) => {
                self.unify_object(scope, members, object, union)
            }
            (TermKind::Set(parts), Type::Set(set)) => {
                let mut parts = sorted_terms(parts).into_iter();
                parts.all(|part| self.unify(scope, part, set.of(), union))
            }
            _ => false,
        }
    }

    fn unify_object(
        &self,
        scope: &Scope<'_>,
        members: &[(Term, Term)],
        object: &Arc<ObjectType>,
        union: bool,
    ) -> bool {
        // A rest whose values are unknown counts as none.
        let open = object.rest().is_some_and(|(_, value)| !matches!(value, Type::Unknown));
        if members.len() != object.members().len() && !open {
            return false;
        }
        let ty = Type::Object(Arc::clone(object));
        sorted_members(members).into_iter().all(|(key, value)| {
            if constant(key).is_none() {
                self.unify(scope, value, &Type::any(), union);
                return true;
            }
            match select_constant(&ty, key) {
                Type::Unknown => false,
                member => self.unify(scope, value, &member, union),
            }
        })
    }

    /// Whether two terms can be equal, of which these types are known (OPA's `unify2`).
    pub(super) fn unify_both(
        &self,
        scope: &Scope<'_>,
        (a, a_type): (&Term, &Type),
        (b, b_type): (&Term, &Type),
    ) -> bool {
        match (a_type.is_unknown(), b_type.is_unknown()) {
            (true, false) => return self.unify(scope, a, b_type, false),
            (false, true) => return self.unify(scope, b, a_type, false),
            (false, false) => return self.unifies(a_type, b_type),
            (true, true) => {}
        }
        let composite = |term: &Term| matches!(term.kind, TermKind::Array(_) | TermKind::Object(_));
        match (&a.kind, &b.kind) {
            (TermKind::Array(xs), TermKind::Array(ys)) => {
                xs.len() == ys.len() && xs.iter().zip(ys).all(|(x, y)| self.unify_pair(scope, x, y))
            }
            (TermKind::Object(xs), TermKind::Object(ys)) => self.unify_members(scope, xs, ys),
            (_, TermKind::Var(_)) if composite(a) => self.unify_unknown(scope, a, b),
            (TermKind::Var(_), _) if composite(b) => self.unify_unknown(scope, b, a),
            (TermKind::Var(_), TermKind::Var(_)) => self.unify_unknown(scope, a, b),
            _ if composite(a) => false,
            (TermKind::Var(_), _)
                if matches!(a_type, Type::Unknown) && !matches!(b_type, Type::Unknown) =>
            {
                self.unify(scope, a, b_type, false)
            }
            (_, TermKind::Var(_))
                if matches!(b_type, Type::Unknown) && !matches!(a_type, Type::Unknown) =>
            {
                self.unify(scope, b, a_type, false)
            }
            _ => false,
        }
    }

    fn unify_pair(&self, scope: &Scope<'_>, a: &Term, b: &Term) -> bool {
        let (a_type, b_type) = (self.type_of(scope, a), self.type_of(scope, b));
        self.unify_both(scope, (a, &a_type), (b, &b_type))
    }

    /// Of neither is anything known: the first may be anything, the second is what it then is.
    fn unify_unknown(&self, scope: &Scope<'_>, a: &Term, b: &Term) -> bool {
        self.unify(scope, a, &Type::any(), false)
            && self.unify(scope, b, &self.type_of(scope, a), false)
    }

    fn unify_members(&self, scope: &Scope<'_>, a: &[(Term, Term)], b: &[(Term, Term)]) -> bool {
        // Sorted, members with the same keys stand beside each other.
        let (a, b) = (sorted_members(a), sorted_members(b));
        let keys = || a.iter().zip(&b).all(|(a, b)| compare_terms(&a.0, &b.0).is_eq());
        let mut pairs = a.iter().zip(&b);
        a.len() == b.len() && keys() && pairs.all(|(a, b)| self.unify_pair(scope, &a.1, &b.1))
    }
}
