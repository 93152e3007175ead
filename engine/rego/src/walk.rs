//! Going through the terms of a rule.

use referee_rego_syntax::ast::{Body, Expr, ExprKind, Rule, TemplatePart, Term, TermKind};

/// Someone who is shown the nodes of a rule, outer ones first.
pub(crate) trait Visitor {
    /// A rule, or an `else` of one.
    fn rule(&mut self, _rule: &Rule) {}

    /// An expression.
    fn expr(&mut self, _expr: &Expr) {}

    /// A term.
    fn term(&mut self, _term: &Term) {}
}

/// Shows a rule.
pub(crate) fn rule(rule: &Rule, visitor: &mut impl Visitor) {
    let mut next = Some(rule);
    while let Some(rule) = next {
        visitor.rule(rule);
        let head = &rule.head;
        terms(head.args.iter().flatten(), visitor);
        terms(head.reference.iter().chain(&head.key).chain(&head.value), visitor);
        body(&rule.body, visitor);
        next = rule.else_rule.as_deref();
    }
}

fn body(body: &Body, visitor: &mut impl Visitor) {
    body.iter().for_each(|one| expr(one, visitor));
}

fn terms<'t>(terms: impl IntoIterator<Item = &'t Term>, visitor: &mut impl Visitor) {
    terms.into_iter().for_each(|one| term(one, visitor));
}

fn expr(expr: &Expr, visitor: &mut impl Visitor) {
    visitor.expr(expr);
    match &expr.kind {
        ExprKind::Term(one) => term(one, visitor),
        ExprKind::Call(all) => terms(all, visitor),
        ExprKind::Some(some) => terms(&some.symbols, visitor),
        ExprKind::Every(every) => {
            term(&every.domain, visitor);
            body(&every.body, visitor);
        }
        ExprKind::And(sides) | ExprKind::Or(sides) => {
            body(&sides.lhs, visitor);
            body(&sides.rhs, visitor);
        }
        ExprKind::Not(not) => body(&not.body, visitor),
    }
    for with in &expr.with {
        term(&with.target, visitor);
        term(&with.value, visitor);
    }
}

/// Shows a term and what is in it. The parser bounds how deep that is.
pub(crate) fn term(whole: &Term, visitor: &mut impl Visitor) {
    visitor.term(whole);
    match &whole.kind {
        TermKind::Ref(all) | TermKind::Array(all) | TermKind::Set(all) | TermKind::Call(all) => {
            terms(all, visitor)
        }
        TermKind::Object(members) => members.iter().for_each(|(key, value)| {
            term(key, visitor);
            term(value, visitor);
        }),
        TermKind::ArrayComprehension(inner) | TermKind::SetComprehension(inner) => {
            term(&inner.term, visitor);
            body(&inner.body, visitor);
        }
        TermKind::ObjectComprehension(inner) => {
            term(&inner.key, visitor);
            term(&inner.value, visitor);
            body(&inner.body, visitor);
        }
        TermKind::TemplateString(template) => {
            for part in &template.parts {
                match part {
                    TemplatePart::Term(one) => term(one, visitor),
                    TemplatePart::Expr(one) => expr(one, visitor),
                }
            }
        }
        TermKind::Null
        | TermKind::Bool(_)
        | TermKind::Number(_)
        | TermKind::String(_)
        | TermKind::Var(_) => {}
    }
}
