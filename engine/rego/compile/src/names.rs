//! Names of variables and sets of them.
//!
//! Most bodies have a handful of variables, so a [`VarSet`] is a list that is searched from its
//! start; only from some size on it keeps a hash set beside it. It goes through its members in the
//! order in which they came, so that nothing depends on hashes.

use referee_rego_syntax::ast::{Term, TermKind};
use referee_rego_value::Str;
use std::collections::HashSet;

/// From how many members on a set is hashed.
const HASHED: usize = 24;

/// A set of variables.
#[derive(Clone, Debug, Default)]
pub(crate) struct VarSet {
    list: Vec<Str>,
    hashed: Option<HashSet<Str>>,
}

impl VarSet {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// `data` and `input`: bound from outside.
    pub(crate) fn reserved() -> Self {
        Self { list: vec![Str::new_static("data"), Str::new_static("input")], hashed: None }
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        match &self.hashed {
            Some(hashed) => hashed.contains(name),
            None => self.list.iter().any(|member| member == name),
        }
    }

    /// Adds a variable; whether it was not there before.
    pub(crate) fn insert(&mut self, name: &Str) -> bool {
        if let Some(hashed) = &mut self.hashed {
            if !hashed.insert(name.clone()) {
                return false;
            }
        } else {
            if self.contains(name) {
                return false;
            }
            if self.list.len() >= HASHED {
                let mut hashed: HashSet<Str> = self.list.iter().cloned().collect();
                hashed.insert(name.clone());
                self.hashed = Some(hashed);
            }
        }
        self.list.push(name.clone());
        true
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(&Str) -> bool) {
        self.list.retain(|member| keep(member));
        if let Some(hashed) = &mut self.hashed {
            hashed.retain(|member| keep(member));
        }
    }

    pub(crate) fn extend(&mut self, other: &Self) {
        other.list.iter().for_each(|name| {
            self.insert(name);
        });
    }

    pub(crate) fn clear(&mut self) {
        self.list.clear();
        self.hashed = None;
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Str> {
        self.list.iter()
    }

    /// Its members in the order of their names.
    pub(crate) fn sorted(&self) -> Vec<Str> {
        let mut sorted = self.list.clone();
        sorted.sort();
        sorted
    }

    /// Whether all its members are in another set.
    pub(crate) fn within(&self, other: &Self) -> bool {
        self.list.iter().all(|name| other.contains(name))
    }

    /// Its members that are not in another set.
    pub(crate) fn without(&self, other: &Self) -> Self {
        self.iter().filter(|name| !other.contains(name)).collect()
    }

    /// Its members that are in another set too.
    pub(crate) fn common(&self, other: &Self) -> Self {
        self.iter().filter(|name| other.contains(name)).collect()
    }

    pub(crate) fn same(&self, other: &Self) -> bool {
        self.len() == other.len() && self.within(other)
    }
}

impl<'a> FromIterator<&'a Str> for VarSet {
    fn from_iter<I: IntoIterator<Item = &'a Str>>(names: I) -> Self {
        let mut set = Self::new();
        names.into_iter().for_each(|name| {
            set.insert(name);
        });
        set
    }
}

/// Whether a variable was written `_`.
pub(crate) fn is_wildcard(name: &str) -> bool {
    name.starts_with('$')
}

/// Whether the compiler made a variable.
pub(crate) fn is_generated(name: &str) -> bool {
    name.starts_with("__local")
}

/// Whether a variable is bound from outside: `data`, `input`.
pub(crate) fn is_reserved(name: &str) -> bool {
    matches!(name, "data" | "input")
}

/// `data` or `input` where a term is nothing but that.
pub(crate) fn root_document(term: &Term) -> Option<&Str> {
    match &term.kind {
        TermKind::Ref(parts) => match parts.as_slice() {
            [Term { kind: TermKind::Var(name), .. }] if is_reserved(name) => Some(name),
            _ => None,
        },
        _ => None,
    }
}

/// The variable at the head of a reference.
pub(crate) fn head_var(reference: &[Term]) -> Option<&Str> {
    match reference.first() {
        Some(Term { kind: TermKind::Var(name), .. }) => Some(name),
        _ => None,
    }
}

/// The variable that a term is.
pub(crate) fn var(term: &Term) -> Option<&Str> {
    if let TermKind::Var(name) = &term.kind { Some(name) } else { None }
}

/// The operator of a call where it is a reference.
pub(crate) fn operator(terms: &[Term]) -> Option<&[Term]> {
    match terms.first() {
        Some(Term { kind: TermKind::Ref(parts), .. }) => Some(parts),
        _ => None,
    }
}

/// Whether a call is of a builtin without dots in its name: `eq`, `assign`.
pub(crate) fn calls(terms: &[Term], name: &str) -> bool {
    operator(terms)
        .is_some_and(|parts| parts.len() == 1 && head_var(parts).is_some_and(|found| found == name))
}

/// Whether a call is of a builtin with dots in its name: `rego.metadata.rule`.
pub(crate) fn calls_dotted(terms: &[Term], name: &[&str]) -> bool {
    let Some(parts) = operator(terms) else { return false };
    parts.len() == name.len()
        && parts.iter().zip(name).enumerate().all(|(at, (part, name))| match &part.kind {
            TermKind::Var(found) => at == 0 && found == name,
            TermKind::String(found) => at > 0 && found == name,
            _ => false,
        })
}

/// Whether a term is `null`, a boolean, a number or a string.
pub(crate) fn is_scalar(term: &Term) -> bool {
    matches!(
        term.kind,
        TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_)
    )
}
