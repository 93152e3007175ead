//! The order of terms (OPA's `v1/ast/compare.go`): in it sets and objects are printed, and by it
//! two terms are the same.

use crate::ast::{Body, Expr, ExprKind, Logical, TemplatePart, Term, TermKind, With};
use std::cmp::Ordering;

/// Compares two terms as OPA does; places make no difference.
#[must_use]
pub fn compare_terms(a: &Term, b: &Term) -> Ordering {
    compare_kinds(&a.kind, &b.kind)
}

/// Compares what two terms are.
#[must_use]
pub fn compare_kinds(a: &TermKind, b: &TermKind) -> Ordering {
    match (a, b) {
        (TermKind::Bool(a), TermKind::Bool(b)) => a.cmp(b),
        (TermKind::Number(a), TermKind::Number(b)) => a.cmp(b),
        (TermKind::String(a), TermKind::String(b)) | (TermKind::Var(a), TermKind::Var(b)) => {
            a.as_str().cmp(b.as_str())
        }
        (TermKind::Ref(a), TermKind::Ref(b))
        | (TermKind::Array(a), TermKind::Array(b))
        | (TermKind::Call(a), TermKind::Call(b)) => compare_slices(a, b),
        (TermKind::Object(a), TermKind::Object(b)) => {
            let (a, b) = (sorted_members(a), sorted_members(b));
            let members = a.iter().zip(&b);
            members
                .map(|(a, b)| compare_terms(&a.0, &b.0).then_with(|| compare_terms(&a.1, &b.1)))
                .find(|order| order.is_ne())
                .unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        (TermKind::Set(a), TermKind::Set(b)) => {
            let (a, b) = (sorted_terms(a), sorted_terms(b));
            let elements = a.iter().zip(&b);
            elements
                .map(|(a, b)| compare_terms(a, b))
                .find(|order| order.is_ne())
                .unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        (TermKind::ArrayComprehension(a), TermKind::ArrayComprehension(b))
        | (TermKind::SetComprehension(a), TermKind::SetComprehension(b)) => {
            compare_terms(&a.term, &b.term).then_with(|| compare_bodies(&a.body, &b.body))
        }
        (TermKind::ObjectComprehension(a), TermKind::ObjectComprehension(b)) => {
            compare_terms(&a.key, &b.key)
                .then_with(|| compare_terms(&a.value, &b.value))
                .then_with(|| compare_bodies(&a.body, &b.body))
        }
        (TermKind::TemplateString(a), TermKind::TemplateString(b)) => a
            .multi_line
            .cmp(&b.multi_line)
            .then_with(|| a.parts.len().cmp(&b.parts.len()))
            .then_with(|| {
                let parts = a.parts.iter().zip(&b.parts);
                parts
                    .map(|(a, b)| compare_parts(a, b))
                    .find(|order| order.is_ne())
                    .unwrap_or(Ordering::Equal)
            }),
        (a, b) => rank(a).cmp(&rank(b)),
    }
}

fn rank(kind: &TermKind) -> u8 {
    match kind {
        TermKind::Null => 0,
        TermKind::Bool(_) => 1,
        TermKind::Number(_) => 2,
        TermKind::String(_) => 3,
        TermKind::TemplateString(_) => 4,
        TermKind::Var(_) => 5,
        TermKind::Ref(_) => 6,
        TermKind::Array(_) => 7,
        TermKind::Object(_) => 8,
        TermKind::Set(_) => 9,
        TermKind::ArrayComprehension(_) => 10,
        TermKind::ObjectComprehension(_) => 11,
        TermKind::SetComprehension(_) => 12,
        TermKind::Call(_) => 13,
    }
}

fn compare_parts(a: &TemplatePart, b: &TemplatePart) -> Ordering {
    match (a, b) {
        (TemplatePart::Term(a), TemplatePart::Term(b)) => compare_terms(a, b),
        (TemplatePart::Expr(a), TemplatePart::Expr(b)) => compare_exprs(a, b),
        (TemplatePart::Term(_), TemplatePart::Expr(_)) => Ordering::Less,
        (TemplatePart::Expr(_), TemplatePart::Term(_)) => Ordering::Greater,
    }
}

/// Compares two runs of terms: element by element, then by length.
#[must_use]
pub fn compare_slices(a: &[Term], b: &[Term]) -> Ordering {
    let elements = a.iter().zip(b);
    elements
        .map(|(a, b)| compare_terms(a, b))
        .find(|order| order.is_ne())
        .unwrap_or_else(|| a.len().cmp(&b.len()))
}

/// Compares two bodies.
#[must_use]
pub fn compare_bodies(a: &Body, b: &Body) -> Ordering {
    let exprs = a.iter().zip(b);
    exprs
        .map(|(a, b)| compare_exprs(a, b))
        .find(|order| order.is_ne())
        .unwrap_or_else(|| a.len().cmp(&b.len()))
}

/// Compares two expressions: by what they are, their index, whether they are negated, their parts.
#[must_use]
pub fn compare_exprs(a: &Expr, b: &Expr) -> Ordering {
    expr_rank(&a.kind)
        .cmp(&expr_rank(&b.kind))
        .then_with(|| a.index.cmp(&b.index))
        .then_with(|| a.negated.cmp(&b.negated))
        .then_with(|| compare_expr_kinds(&a.kind, &b.kind))
        .then_with(|| compare_withs(&a.with, &b.with))
}

fn expr_rank(kind: &ExprKind) -> u8 {
    match kind {
        ExprKind::Some(_) => 0,
        ExprKind::Term(_) => 1,
        ExprKind::Call(_) => 2,
        ExprKind::Every(_) => 3,
        ExprKind::Not(_) => 4,
        ExprKind::And(_) => 5,
        ExprKind::Or(_) => 6,
    }
}

fn compare_expr_kinds(a: &ExprKind, b: &ExprKind) -> Ordering {
    match (a, b) {
        (ExprKind::Term(a), ExprKind::Term(b)) => compare_terms(a, b),
        (ExprKind::Call(a), ExprKind::Call(b)) => compare_slices(a, b),
        (ExprKind::Some(a), ExprKind::Some(b)) => compare_slices(&a.symbols, &b.symbols),
        (ExprKind::Every(a), ExprKind::Every(b)) => compare_options(a.key.as_ref(), b.key.as_ref())
            .then_with(|| compare_terms(&a.value, &b.value))
            .then_with(|| compare_terms(&a.domain, &b.domain))
            .then_with(|| compare_bodies(&a.body, &b.body)),
        (ExprKind::Not(a), ExprKind::Not(b)) => compare_bodies(&a.body, &b.body),
        (ExprKind::And(a), ExprKind::And(b)) | (ExprKind::Or(a), ExprKind::Or(b)) => {
            compare_logical(a, b)
        }
        _ => Ordering::Equal,
    }
}

fn compare_options(a: Option<&Term>, b: Option<&Term>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => compare_terms(a, b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

fn compare_logical(a: &Logical, b: &Logical) -> Ordering {
    compare_bodies(&a.lhs, &b.lhs).then_with(|| compare_bodies(&a.rhs, &b.rhs))
}

fn compare_withs(a: &[With], b: &[With]) -> Ordering {
    let withs = a.iter().zip(b);
    withs
        .map(|(a, b)| {
            compare_terms(&a.target, &b.target).then_with(|| compare_terms(&a.value, &b.value))
        })
        .find(|order| order.is_ne())
        .unwrap_or_else(|| a.len().cmp(&b.len()))
}

/// The elements of a set in OPA's order.
#[must_use]
pub fn sorted_terms(terms: &[Term]) -> Vec<&Term> {
    let mut sorted: Vec<&Term> = terms.iter().collect();
    sorted.sort_by(|a, b| compare_terms(a, b));
    sorted
}

/// The members of an object in the order of their keys.
#[must_use]
pub fn sorted_members(members: &[(Term, Term)]) -> Vec<&(Term, Term)> {
    let mut sorted: Vec<&(Term, Term)> = members.iter().collect();
    sorted.sort_by(|a, b| compare_terms(&a.0, &b.0));
    sorted
}

/// The terms in their order, each only where none before it is the same.
pub(crate) fn distinct(terms: Vec<Term>) -> Vec<Term> {
    if terms.len() < 2 {
        return terms;
    }
    let mut order: Vec<(usize, &Term)> = terms.iter().enumerate().collect();
    order.sort_by(|a, b| compare_terms(a.1, b.1));
    let mut doubles = vec![false; terms.len()];
    let mut found = false;
    for pair in order.windows(2) {
        if let [(_, first), (index, second)] = pair
            && compare_terms(first, second).is_eq()
            && let Some(double) = doubles.get_mut(*index)
        {
            *double = true;
            found = true;
        }
    }
    if !found {
        return terms;
    }
    terms.into_iter().zip(doubles).filter(|(_, double)| !double).map(|(term, _)| term).collect()
}
