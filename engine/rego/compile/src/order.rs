//! The form of objects and sets: in OPA's order, each key or element once.
//!
//! OPA keeps objects and sets as such while it compiles: what has become equal by rewriting falls
//! together, and the order of rewriting (hence the numbers of generated variables) follows theirs.
//! Here they are kept in that order, so that comparing them need not sort them first.

use crate::walk_mut::{self, NodeMut};
use referee_rego_syntax::ast::{Body, Rule, Term, TermKind};
use referee_rego_syntax::compare::compare_kinds;
use std::cmp::Ordering;

/// Brings a set into order.
pub(crate) fn normalize_set(items: &mut Vec<Term>) {
    if items.is_sorted_by(|a, b| compare(a, b).is_lt()) {
        return;
    }
    items.sort_by(compare);
    items.dedup_by(|later, earlier| compare(later, earlier).is_eq());
}

/// Brings an object into order; of two values under one key the later stays.
pub(crate) fn normalize_object(members: &mut Vec<(Term, Term)>) {
    if members.is_sorted_by(|a, b| compare(&a.0, &b.0).is_lt()) {
        return;
    }
    members.sort_by(|a, b| compare(&a.0, &b.0));
    members.dedup_by(|later, earlier| {
        let same = compare(&later.0, &earlier.0).is_eq();
        if same {
            std::mem::swap(&mut later.1, &mut earlier.1);
        }
        same
    });
}

/// Brings all objects and sets of a rule into order, from the inside.
pub(crate) fn normalize_rule(rule: &mut Rule) {
    // The walk restores the order of each object and set on its way back.
    walk_mut::chain(rule, |rule| walk_mut::rule(rule, &mut |_: NodeMut<'_>| false));
}

/// Brings all objects and sets of a body into order, from the inside.
pub(crate) fn normalize_body(body: &mut Body) {
    walk_mut::body(body, &mut |_: NodeMut<'_>| false);
}

/// OPA's order of terms, objects and sets of which are in order.
pub(crate) fn compare(a: &Term, b: &Term) -> Ordering {
    use TermKind as T;
    match (&a.kind, &b.kind) {
        (T::Ref(a), T::Ref(b))
        | (T::Array(a), T::Array(b))
        | (T::Set(a), T::Set(b))
        | (T::Call(a), T::Call(b)) => compare_lists(a, b),
        (T::Object(a), T::Object(b)) => {
            let pair = |(a, b): (&(Term, Term), &(Term, Term))| {
                compare(&a.0, &b.0).then_with(|| compare(&a.1, &b.1))
            };
            let first = a.iter().zip(b).map(pair).find(|order| order.is_ne());
            first.unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        (a, b) => compare_kinds(a, b),
    }
}

/// OPA's order of references and other lists of terms.
pub(crate) fn compare_lists(a: &[Term], b: &[Term]) -> Ordering {
    let first = a.iter().zip(b).map(|(a, b)| compare(a, b)).find(|order| order.is_ne());
    first.unwrap_or_else(|| a.len().cmp(&b.len()))
}

/// Whether a reference begins with another.
pub(crate) fn has_prefix(parts: &[Term], prefix: &[Term]) -> bool {
    parts.get(..prefix.len()).is_some_and(|start| compare_lists(start, prefix).is_eq())
}
