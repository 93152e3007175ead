//! The values of a query's expressions, each given to a variable of its own, `$term1` and so on
//! (`rewriteQueryToCaptureValue` of OPA's `v1/rego`).
//!
//! A term becomes `term = $term1`, a call gets the variable as its output. Where `false` ends a
//! row, the variable itself follows as a further expression.

use crate::make;
use crate::walk::{self, Node};
use referee_rego_syntax::ast::{Body, Expr, ExprKind, Ref, Term, TermKind};
use referee_rego_types::check::TypeEnv;
use referee_rego_types::{Capabilities, Type};
use referee_rego_value::Str;

/// Whether an expression that is false ends a row. The names of the query are resolved.
pub(crate) fn strict(body: &Body, capabilities: &Capabilities) -> bool {
    body.len() > 1 || goes_through(body, capabilities)
}

/// Rewrites a query whose names are resolved; `strict`: what is false ends a row.
pub(crate) fn query(body: &mut Body, types: &TypeEnv, strict: bool) {
    let mut further = Vec::new();
    let mut number = 0_u32;
    for expr in body.iter_mut() {
        if expr.negated || matches!(expr.global_operator(), Some("assign" | "eq")) {
            continue;
        }
        let term = |kind| Term { kind, location: expr.location.clone() };
        let mut variable = || {
            number = number.saturating_add(1);
            term(TermKind::Var(Str::from(format!("$term{number}"))))
        };
        let (terms, capture) = match &expr.kind {
            ExprKind::Term(value) => {
                let capture = variable();
                let equal = TermKind::Ref(vec![term(TermKind::Var(Str::new_static("eq")))]);
                (vec![term(equal), Term::clone(value), capture.clone()], capture)
            }
            ExprKind::Call(terms) if gives_value(terms, types) => {
                let capture = variable();
                (terms.iter().cloned().chain([capture.clone()]).collect(), capture)
            }
            _ => continue,
        };
        if strict {
            let kind = ExprKind::Term(capture);
            further.push(Expr { kind, generated: true, with: Vec::new(), ..expr.clone() });
        }
        expr.kind = ExprKind::Call(terms);
    }
    further.into_iter().for_each(|expr| make::append(body, expr));
}

/// Whether a call gives a value that it does not yet bind.
fn gives_value(terms: &[Term], types: &TypeEnv) -> bool {
    let Some((Term { kind: TermKind::Ref(operator), .. }, operands)) = terms.split_first() else {
        return false;
    };
    match types.lookup(operator) {
        Type::Function(function) => {
            function.result.is_some() && function.args.len() == operands.len()
        }
        _ => false,
    }
}

/// Whether an expression may hold in several ways.
fn goes_through(body: &Body, capabilities: &Capabilities) -> bool {
    let mut found = false;
    walk::body(body, &mut |node| {
        if let Node::Term(term) = node {
            match &term.kind {
                TermKind::Ref(parts) => found |= iterates(parts, capabilities),
                TermKind::ArrayComprehension(_)
                | TermKind::SetComprehension(_)
                | TermKind::ObjectComprehension(_) => return true,
                _ => {}
            }
        }
        found
    });
    found
}

fn iterates(parts: &Ref, capabilities: &Capabilities) -> bool {
    let text = |term: &Term| match &term.kind {
        TermKind::Var(name) | TermKind::String(name) => Some(name.to_string()),
        _ => None,
    };
    let name: Option<Vec<String>> = parts.iter().map(text).collect();
    let relation = name.and_then(|name| capabilities.get(&name.join(".")).map(|it| it.relation));
    relation == Some(true) || parts.iter().skip(1).any(|part| matches!(part.kind, TermKind::Var(_)))
}
