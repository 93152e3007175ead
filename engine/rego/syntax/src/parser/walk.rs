//! Giving every node of a part of the tree one place.

use crate::Location;
use crate::ast::{Comprehension, Expr, ExprKind, Head, TemplatePart, Term, TermKind};

/// Puts the arguments, the key and the value of a head at a place. The reference stays.
pub(super) fn place_head(head: &mut Head, location: &Location) {
    head.location = location.clone();
    let args = head.args.iter_mut().flatten();
    args.chain(&mut head.key).chain(&mut head.value).for_each(|term| place_term(term, location));
}

/// Puts expressions and all within them at a place.
pub(super) fn place_exprs(exprs: &mut [Expr], location: &Location) {
    exprs.iter_mut().for_each(|expr| place_expr(expr, location));
}

fn place_expr(expr: &mut Expr, location: &Location) {
    expr.location = location.clone();
    match &mut expr.kind {
        ExprKind::Term(term) => place_term(term, location),
        ExprKind::Call(terms) => place_terms(terms, location),
        ExprKind::Some(decl) => {
            decl.location = location.clone();
            place_terms(&mut decl.symbols, location);
        }
        ExprKind::Every(every) => {
            every.location = location.clone();
            every.key.iter_mut().for_each(|key| place_term(key, location));
            place_term(&mut every.value, location);
            place_term(&mut every.domain, location);
            place_exprs(&mut every.body, location);
        }
        ExprKind::And(logical) | ExprKind::Or(logical) => {
            logical.location = location.clone();
            place_exprs(&mut logical.lhs, location);
            place_exprs(&mut logical.rhs, location);
        }
        ExprKind::Not(not) => {
            not.location = location.clone();
            place_exprs(&mut not.body, location);
        }
    }
    for with in &mut expr.with {
        with.location = location.clone();
        place_term(&mut with.target, location);
        place_term(&mut with.value, location);
    }
}

fn place_terms(terms: &mut [Term], location: &Location) {
    terms.iter_mut().for_each(|term| place_term(term, location));
}

fn place_term(term: &mut Term, location: &Location) {
    term.location = location.clone();
    match &mut term.kind {
        TermKind::Null
        | TermKind::Bool(_)
        | TermKind::Number(_)
        | TermKind::String(_)
        | TermKind::Var(_) => {}
        TermKind::Ref(terms)
        | TermKind::Array(terms)
        | TermKind::Set(terms)
        | TermKind::Call(terms) => {
            place_terms(terms, location);
        }
        TermKind::Object(members) => {
            for (key, value) in members {
                place_term(key, location);
                place_term(value, location);
            }
        }
        TermKind::ArrayComprehension(comprehension) | TermKind::SetComprehension(comprehension) => {
            place_comprehension(comprehension, location);
        }
        TermKind::ObjectComprehension(comprehension) => {
            place_term(&mut comprehension.key, location);
            place_term(&mut comprehension.value, location);
            place_exprs(&mut comprehension.body, location);
        }
        TermKind::TemplateString(template) => {
            for part in &mut template.parts {
                match part {
                    TemplatePart::Term(term) => place_term(term, location),
                    TemplatePart::Expr(expr) => place_expr(expr, location),
                }
            }
        }
    }
}

fn place_comprehension(comprehension: &mut Comprehension, location: &Location) {
    place_term(&mut comprehension.term, location);
    place_exprs(&mut comprehension.body, location);
}
