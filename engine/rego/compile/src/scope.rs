//! The variables of nested bodies while they get names of their own (OPA's `localDeclaredVars`).

use referee_rego_syntax::Location;
use referee_rego_value::Str;
use std::collections::HashMap;

/// How a variable came into a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occurrence {
    /// As an argument of the function.
    Argument,
    /// It was used.
    Seen,
    /// By `:=`.
    Assigned,
    /// By `some` or `every`.
    Declared,
}

/// A variable in a scope.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Its new name.
    pub(crate) name: Str,
    pub(crate) occurrence: Occurrence,
    /// How often it has been met.
    pub(crate) count: usize,
    /// Where it was assigned.
    pub(crate) location: Location,
}

/// The variables of one body.
pub(crate) type Scope = HashMap<Str, Entry>;

/// The scopes around an expression, the innermost last.
#[derive(Clone, Debug)]
pub(crate) struct Scopes {
    list: Vec<Scope>,
}

impl Scopes {
    pub(crate) fn new(first: Scope) -> Self {
        Self { list: vec![first] }
    }

    pub(crate) fn push(&mut self) {
        self.list.push(Scope::new());
    }

    pub(crate) fn pop(&mut self) {
        self.list.pop();
    }

    /// The innermost scope.
    pub(crate) fn top(&self) -> Option<&Scope> {
        self.list.last()
    }

    pub(crate) fn into_first(self) -> Scope {
        self.list.into_iter().next().unwrap_or_default()
    }

    pub(crate) fn insert(&mut self, name: Str, new: Str, occurrence: Occurrence, at: &Location) {
        let entry = Entry { name: new, occurrence, count: 1, location: at.clone() };
        if let Some(scope) = self.list.last_mut() {
            scope.insert(name, entry);
        }
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        self.list.iter().rev().find_map(|scope| scope.get(name))
    }

    /// The new name of a variable.
    pub(crate) fn declared(&self, name: &str) -> Option<&Str> {
        self.entry(name).map(|entry| &entry.name)
    }

    /// The new name of a variable, which is met once more.
    pub(crate) fn meet(&mut self, name: &str) -> Option<Str> {
        let entry = self.list.iter_mut().rev().find_map(|scope| scope.get_mut(name))?;
        entry.count = entry.count.saturating_add(1);
        Some(entry.name.clone())
    }

    /// How a variable came into the innermost scope.
    pub(crate) fn occurrence(&self, name: &str) -> Option<Occurrence> {
        self.top()?.get(name).map(|entry| entry.occurrence)
    }

    /// How a variable came into any of the scopes.
    pub(crate) fn any_occurrence(&self, name: &str) -> Option<Occurrence> {
        self.entry(name).map(|entry| entry.occurrence)
    }

    pub(crate) fn count(&self, name: &str) -> usize {
        self.entry(name).map_or(0, |entry| entry.count)
    }
}
