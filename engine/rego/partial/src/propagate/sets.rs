//! Sets of variables that are equal to one another, each with at most one constant.

use super::{is_constant, sides, var};
use referee_rego_syntax::ast::{Expr, Term};
use referee_rego_syntax::compare::compare_terms;
use referee_rego_value::Str;
use std::collections::{BTreeSet, HashMap};

/// The sets of a body.
#[derive(Debug, Default)]
pub(super) struct Sets {
    parents: HashMap<Str, Str>,
    /// By the variable that stands for the set.
    constants: HashMap<Str, Term>,
}

impl Sets {
    /// The sets of a body; `None` where a variable would have two values: nothing can hold then.
    pub(super) fn of(live: &BTreeSet<Str>, query: &[Expr]) -> Option<Self> {
        let mut sets = Self::default();
        for expr in query.iter().filter(|expr| !expr.negated && expr.with.is_empty()) {
            let Some((a, b)) = sides(expr) else { continue };
            match (var(a), var(b)) {
                (Some(a), Some(b)) => sets.merge(live, a, b)?,
                (Some(name), None) if is_constant(b) => sets.constrain(name, b)?,
                (None, Some(name)) if is_constant(a) => sets.constrain(name, a)?,
                _ => {}
            }
        }
        Some(sets)
    }

    /// The variable that stands for the set of a variable.
    pub(super) fn find(&self, name: &Str) -> Option<Str> {
        let mut found = self.parents.get_key_value(name)?;
        while found.0 != found.1 {
            found = self.parents.get_key_value(found.1)?;
        }
        Some(found.0.clone())
    }

    /// The constant of a set.
    pub(super) fn constant(&self, root: &Str) -> Option<&Term> {
        self.constants.get(root)
    }

    /// Lets a set have no constant.
    pub(super) fn forget_constant(&mut self, root: &Str) {
        self.constants.remove(root);
    }

    fn set(&mut self, name: &Str) -> Str {
        match self.find(name) {
            Some(root) => root,
            None => {
                self.parents.insert(name.clone(), name.clone());
                name.clone()
            }
        }
    }

    fn constrain(&mut self, name: &Str, constant: &Term) -> Option<()> {
        let root = self.set(name);
        match self.constants.get(&root) {
            Some(there) if compare_terms(there, constant).is_ne() => None,
            _ => {
                self.constants.insert(root, constant.clone());
                Some(())
            }
        }
    }

    fn merge(&mut self, live: &BTreeSet<Str>, a: &Str, b: &Str) -> Option<()> {
        let (a, b) = (self.set(a), self.set(b));
        if a == b {
            return Some(());
        }
        let (root, other) = if live.contains(&a) { (a, b) } else { (b, a) };
        self.parents.insert(other.clone(), root.clone());
        match self.constants.remove(&other) {
            Some(constant) => self.constrain(&root, &constant),
            None => Some(()),
        }
    }
}
