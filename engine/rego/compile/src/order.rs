//! The form of objects and sets: in OPA's order, each key or element once.
//!
//! OPA keeps objects and sets as such while it compiles: what has become equal by rewriting falls
//! together, and the order of rewriting (hence the numbers of generated variables) follows theirs.
//! Here they are kept in that order, so that comparing them need not sort them first.

use crate::walk_mut::{self, NodeMut};
use referee_rego_syntax::ast::{Body, Term, TermKind};
use referee_rego_syntax::compare::compare_kinds;
use std::cmp::Ordering;

/// Brings a set into order.
pub(crate) fn normalize_set(items: &mut Vec<Term>) {
    if items.is_sorted_by(|a, b| placed(a, b).is_lt()) {
        return;
    }
    items.sort_by(placed);
    items.dedup_by(|later, earlier| placed(later, earlier).is_eq());
}

/// Brings an object into order; of two values under one key the later stays.
pub(crate) fn normalize_object(members: &mut Vec<(Term, Term)>) {
    if members.is_sorted_by(|a, b| placed(&a.0, &b.0).is_lt()) {
        return;
    }
    members.sort_by(|a, b| placed(&a.0, &b.0));
    members.dedup_by(|later, earlier| {
        let same = placed(&later.0, &earlier.0).is_eq();
        if same {
            std::mem::swap(&mut later.1, &mut earlier.1);
        }
        same
    });
}

/// Brings the members of an object as it was written into order. Keys that are there twice stay:
/// the first stage looks at both values.
pub(crate) fn sort_written_object(members: &mut [(Term, Term)]) {
    if !members.is_sorted_by(|a, b| compare_kinds(&a.0.kind, &b.0.kind).is_le()) {
        members.sort_by(|a, b| compare_kinds(&a.0.kind, &b.0.kind));
    }
}

/// Brings a set as it was written into order.
pub(crate) fn sort_written_set(items: &mut [Term]) {
    if !items.is_sorted_by(|a, b| compare_kinds(&a.kind, &b.kind).is_le()) {
        items.sort_by(|a, b| compare_kinds(&a.kind, &b.kind));
    }
}

/// Brings all objects and sets of a body into order, from the inside.
pub(crate) fn normalize_body(body: &mut Body) {
    walk_mut::body(body, &mut |_: NodeMut<'_>| false);
}

/// The order in a set or among keys. A template string that has become a call stays where it was:
/// OPA sorts before that stage, and then no more until what is inside is pulled out.
fn placed(a: &Term, b: &Term) -> Ordering {
    let before_variables = |other: &Term| {
        use TermKind as T;
        match other.kind {
            T::Null | T::Bool(_) | T::Number(_) | T::String(_) => Ordering::Greater,
            _ => Ordering::Less,
        }
    };
    match (is_template(a), is_template(b)) {
        (true, false) => before_variables(b),
        (false, true) => before_variables(a).reverse(),
        _ => compare(a, b),
    }
}

fn is_template(term: &Term) -> bool {
    let TermKind::Call(terms) = &term.kind else { return false };
    terms.first().is_some_and(|operator| match &operator.kind {
        TermKind::Ref(parts) => match parts.as_slice() {
            [first, second] => {
                matches!(&first.kind, TermKind::Var(name) if name == "internal")
                    && matches!(&second.kind, TermKind::String(name) if name == "template_string")
            }
            _ => false,
        },
        _ => false,
    })
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
