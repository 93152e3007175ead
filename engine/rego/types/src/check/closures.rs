//! Comprehensions: what they are of, and what is wrong in them.
//!
//! A comprehension is looked at again and again: as an operand, inside others, for each type that
//! an operand may have. What it gives depends only on the types of its variables and on what
//! `with` replaces, so that is remembered, without which nested ones would take exponential time.

use super::Run;
use super::problem::Problem;
use super::scope::Scope;
use super::terms::{closure_body, variable, walk, walk_expr};
use crate::Type;
use referee_rego_syntax::ast::{Expr, Term, TermKind};
use referee_rego_value::Str;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// How often one rule's comprehensions are checked at most. Beyond it they are taken to be right,
/// and of anything.
const MAX_CHECKS: u32 = 20_000;

/// For how many different types of its variables a comprehension is remembered.
const MAX_REMEMBERED: usize = 64;

/// How deep comprehensions inside each other are looked into.
const MAX_DEPTH: u32 = 64;

/// What is known of a comprehension.
pub(super) struct Closure {
    /// Its type; unknown where something is wrong in it.
    pub(super) ty: Type,
    /// What is wrong in it.
    problems: Vec<Problem>,
    /// Whether something was let pass in it that OPA does not let pass where it works out types.
    lenient: bool,
}

/// The types of a comprehension's variables, and what it is with them.
type Remembered = (Vec<Type>, Rc<Closure>);

/// Where a comprehension stands: in memory, under which replacements, and whether it is checked
/// without leniency.
type Place = (usize, u64, bool);

/// What is remembered of comprehensions, by where they stand in memory.
#[derive(Default)]
pub(super) struct Memo {
    names: HashMap<usize, Rc<[Str]>>,
    closures: HashMap<Place, Vec<Remembered>>,
    checks: u32,
    depth: u32,
}

impl Memo {
    /// Forgets everything: the environment has changed.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

fn address(term: &Term) -> usize {
    std::ptr::from_ref(term).addr()
}

/// The variables of a comprehension.
fn names(closure: &Term) -> Rc<[Str]> {
    let mut names = BTreeSet::new();
    walk(closure, &mut |term| {
        names.extend(variable(term).cloned());
        false
    });
    names.into_iter().collect()
}

impl Run<'_> {
    /// The type of a comprehension where it stands.
    ///
    /// To work it out OPA checks the comprehension once more, but without what it knows of rules
    /// that depend on what a `with` replaces, and without leave for undefined functions. What is
    /// wrong only then is not told, but leaves the type unknown.
    pub(super) fn closure_type(&self, scope: &Scope<'_>, term: &Term) -> Type {
        let closure = self.closure(scope, term);
        if !closure.lenient {
            return closure.ty.clone();
        }
        self.strict.set(true);
        let closure = self.closure(scope, term);
        self.strict.set(false);
        closure.ty.clone()
    }

    /// What is known of a comprehension where it stands.
    fn closure(&self, scope: &Scope<'_>, term: &Term) -> Rc<Closure> {
        let id = address(term);
        let known = self.memo.borrow().names.get(&id).map(Rc::clone);
        let names = known.unwrap_or_else(|| {
            let names = names(term);
            self.memo.borrow_mut().names.insert(id, Rc::clone(&names));
            names
        });
        let state: Vec<Type> = names.iter().map(|name| scope.variable(name)).collect();
        let key = (id, scope.replacement, self.strict.get());
        let found = self.memo.borrow().closures.get(&key).and_then(|seen| {
            seen.iter().find(|(other, _)| *other == state).map(|(_, closure)| Rc::clone(closure))
        });
        let closure = found.unwrap_or_else(|| {
            let closure = Rc::new(self.check_closure(scope, term));
            let mut memo = self.memo.borrow_mut();
            let remembered = memo.closures.entry(key).or_default();
            if remembered.len() < MAX_REMEMBERED {
                remembered.push((state, Rc::clone(&closure)));
            }
            closure
        });
        self.lenient.set(self.lenient.get() || closure.lenient);
        closure
    }

    fn check_closure(&self, scope: &Scope<'_>, term: &Term) -> Closure {
        let (checks, depth) = (self.memo.borrow().checks, self.memo.borrow().depth);
        if checks >= MAX_CHECKS || depth >= MAX_DEPTH {
            return Closure { ty: Type::any(), problems: Vec::new(), lenient: false };
        }
        self.enter(checks.saturating_add(1), depth.saturating_add(1));
        let outside = self.lenient.replace(false);
        let closure = self.closure_within(scope, term);
        let lenient = self.lenient.replace(outside);
        let checks = self.memo.borrow().checks;
        self.enter(checks, depth);
        Closure { lenient, ..closure }
    }

    fn enter(&self, checks: u32, depth: u32) {
        let mut memo = self.memo.borrow_mut();
        (memo.checks, memo.depth) = (checks, depth);
    }

    fn closure_within(&self, scope: &Scope<'_>, term: &Term) -> Closure {
        let inner = Scope::body(scope);
        let problems =
            closure_body(term).map(|body| self.check_body(&inner, body)).unwrap_or_default();
        let ty = match &term.kind {
            _ if !problems.is_empty() => Type::Unknown,
            TermKind::ArrayComprehension(closure) => {
                Type::array(Vec::new(), Some(self.type_of(&inner, &closure.term)))
            }
            TermKind::SetComprehension(closure) => Type::set(self.type_of(&inner, &closure.term)),
            TermKind::ObjectComprehension(closure) => {
                let key = self.type_of(&inner, &closure.key);
                Type::object(Vec::new(), Some((key, self.type_of(&inner, &closure.value))))
            }
            _ => Type::Unknown,
        };
        Closure { ty, problems, lenient: false }
    }

    /// What is wrong in the comprehensions of an expression. Of several that are wrong OPA tells
    /// the errors of the last.
    pub(super) fn check_closures(&self, scope: &Scope<'_>, expr: &Expr) -> Vec<Problem> {
        let mut problems = Vec::new();
        walk_expr(expr, &mut |term| {
            if closure_body(term).is_none() {
                return false;
            }
            let closure = self.closure(scope, term);
            if !closure.problems.is_empty() {
                problems.clone_from(&closure.problems);
            }
            !closure.problems.is_empty()
        });
        problems
    }
}
