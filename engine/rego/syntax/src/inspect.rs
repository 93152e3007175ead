//! Questions about terms that the parser and the compiler ask.

use crate::ast::{Body, Expr, ExprKind, TemplatePart, TemplateString, Term, TermKind};

/// Whether no variable stands in a term. The head of a reference is none here.
#[must_use]
pub fn is_ground(term: &Term) -> bool {
    match &term.kind {
        TermKind::Null | TermKind::Bool(_) | TermKind::Number(_) | TermKind::String(_) => true,
        TermKind::Var(_) | TermKind::TemplateString(_) => false,
        TermKind::Ref(parts) => is_ground_ref(parts),
        TermKind::Array(terms) | TermKind::Set(terms) | TermKind::Call(terms) => {
            terms.iter().all(is_ground)
        }
        TermKind::Object(members) => {
            members.iter().all(|(key, value)| is_ground(key) && is_ground(value))
        }
        TermKind::ArrayComprehension(comprehension) | TermKind::SetComprehension(comprehension) => {
            is_ground(&comprehension.term) && is_ground_body(&comprehension.body)
        }
        TermKind::ObjectComprehension(comprehension) => {
            is_ground(&comprehension.key)
                && is_ground(&comprehension.value)
                && is_ground_body(&comprehension.body)
        }
    }
}

/// Whether no variable stands in a reference after its head.
#[must_use]
pub fn is_ground_ref(parts: &[Term]) -> bool {
    parts.iter().skip(1).all(is_ground)
}

/// The parts of a reference before the first that is not ground; the head is always among them.
#[must_use]
pub fn ground_prefix(parts: &[Term]) -> &[Term] {
    let end =
        parts.iter().skip(1).position(|part| !is_ground(part)).map_or(parts.len(), |at| at + 1);
    parts.get(..end).unwrap_or(parts)
}

fn is_ground_body(body: &Body) -> bool {
    body.iter().all(is_ground_expr)
}

fn is_ground_expr(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Term(term) => is_ground(term),
        ExprKind::Call(terms) => terms.iter().skip(1).all(is_ground),
        ExprKind::Not(not) => is_ground_body(&not.body),
        ExprKind::And(logical) | ExprKind::Or(logical) => {
            is_ground_body(&logical.lhs) && is_ground_body(&logical.rhs)
        }
        ExprKind::Some(_) | ExprKind::Every(_) => true,
    }
}

/// The terms that stand directly in a template string and in its expressions.
pub(crate) fn template_terms(template: &TemplateString) -> impl Iterator<Item = &Term> {
    let mut terms = Vec::new();
    for part in &template.parts {
        match part {
            TemplatePart::Term(term) => terms.push(term),
            TemplatePart::Expr(expr) => expr_terms(expr, &mut terms),
        }
    }
    terms.into_iter()
}

fn expr_terms<'a>(expr: &'a Expr, terms: &mut Vec<&'a Term>) {
    match &expr.kind {
        ExprKind::Term(term) => terms.push(term),
        ExprKind::Call(parts) => terms.extend(parts),
        ExprKind::Some(decl) => terms.extend(&decl.symbols),
        ExprKind::Every(every) => {
            terms.extend(every.key.as_ref());
            terms.extend([&every.value, &every.domain]);
            every.body.iter().for_each(|expr| expr_terms(expr, terms));
        }
        ExprKind::Not(not) => not.body.iter().for_each(|expr| expr_terms(expr, terms)),
        ExprKind::And(logical) | ExprKind::Or(logical) => {
            logical.lhs.iter().chain(&logical.rhs).for_each(|expr| expr_terms(expr, terms));
        }
    }
    for with in &expr.with {
        terms.extend([&with.target, &with.value]);
    }
}
