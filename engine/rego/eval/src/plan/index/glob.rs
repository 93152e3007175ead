//! The small parts of the index: what a compared term requires, patterns that can be split, and
//! bodies whose effects are seen.

use super::collect::Want;
use crate::plan::term::{dotted, head_name};
use referee_rego_syntax::ast::{Body, ExprKind, Ref, Term, TermKind};
use referee_rego_value::Value;

/// What a term that is compared requires.
pub(super) fn want(term: &Term) -> Option<Want> {
    match &term.kind {
        TermKind::Var(name) => Some(Want::Var(name.clone())),
        TermKind::Array(items) => {
            let items: Option<Vec<Option<Value>>> = items
                .iter()
                .map(|item| match &item.kind {
                    TermKind::Var(_) => Some(None),
                    _ => crate::plan::tree::scalar(item).map(Some),
                })
                .collect();
            items.map(Want::Array)
        }
        _ => crate::plan::tree::scalar(term).map(Want::Value),
    }
}

/// Splits a text at characters that are not escaped.
pub(crate) fn split<'t>(text: &'t str, at: &str) -> Vec<&'t str> {
    let (mut parts, mut last, mut escaped) = (Vec::new(), 0, false);
    for (position, char) in text.char_indices() {
        if char == '\\' || escaped {
            escaped = !escaped;
            continue;
        }
        if at.contains(char) {
            parts.extend(text.get(last..position));
            last = position + char.len_utf8();
        }
    }
    parts.extend(text.get(last..));
    parts
}

/// A part of a pattern: `*` is anything; `None` where it is more than a literal.
pub(super) fn part(text: &str) -> Option<Option<Value>> {
    if text == "*" {
        return Some(None);
    }
    let mut escaped = false;
    for char in text.chars() {
        if char == '\\' {
            escaped = !escaped;
            continue;
        }
        if !escaped && matches!(char, '[' | '?' | '{' | '*') {
            return None;
        }
        escaped = false;
    }
    Some(Some(Value::from(text)))
}

/// Whether a body prints: then its rule is never left out.
pub(super) fn skips(body: &Body) -> bool {
    body.iter().any(|expr| match &expr.kind {
        ExprKind::Call(terms) => match terms.first().map(|term| &term.kind) {
            Some(TermKind::Ref(operator)) => is_seen(operator),
            _ => false,
        },
        ExprKind::Every(every) => skips(&every.body),
        ExprKind::And(both) | ExprKind::Or(both) => skips(&both.lhs) || skips(&both.rhs),
        ExprKind::Not(not) => skips(&not.body),
        _ => false,
    })
}

fn is_seen(operator: &Ref) -> bool {
    head_name(operator).is_some_and(|name| name == "internal")
        && matches!(dotted(operator).as_str(), "internal.print" | "internal.test_case")
}
