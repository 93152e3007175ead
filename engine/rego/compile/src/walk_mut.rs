//! Goes through trees, changing them in place. A node is shown before what is in it; the order of
//! objects and sets is restored on the way back where asked for.

use crate::order;
use referee_rego_syntax::ast::{
    Body, Expr, ExprKind, Head, Module, Rule, TemplatePart, Term, TermKind, With,
};

/// What a visitor may change.
#[derive(Debug)]
pub(crate) enum NodeMut<'a> {
    /// A body: of a rule, a comprehension, a statement.
    Body(&'a mut Body),
    /// An expression.
    Expr(&'a mut Expr),
    /// A term.
    Term(&'a mut Term),
}

/// Shows every rule of a module, each followed by its `else`.
pub(crate) fn rules(module: &mut Module, mut show: impl FnMut(&mut Rule)) {
    module.rules.iter_mut().for_each(|rule| chain(rule, &mut show));
}

/// Shows a rule and its `else`, one after the other.
pub(crate) fn chain(rule: &mut Rule, mut show: impl FnMut(&mut Rule)) {
    let mut next = Some(rule);
    while let Some(rule) = next {
        show(rule);
        next = rule.else_rule.as_deref_mut();
    }
}

/// Goes through the head (its reference, arguments, key and value), then the body.
pub(crate) fn rule(rule: &mut Rule, enter: &mut impl FnMut(NodeMut<'_>) -> bool) {
    rule.head.reference.iter_mut().for_each(|part| term(part, enter));
    head(&mut rule.head, enter);
    body(&mut rule.body, enter);
}

/// Goes through the arguments, the key and the value of a head.
pub(crate) fn head(head: &mut Head, enter: &mut impl FnMut(NodeMut<'_>) -> bool) {
    head.args.iter_mut().flatten().for_each(|item| term(item, enter));
    head.key.iter_mut().chain(&mut head.value).for_each(|item| term(item, enter));
}

pub(crate) fn body(items: &mut Body, enter: &mut impl FnMut(NodeMut<'_>) -> bool) {
    if !enter(NodeMut::Body(items)) {
        items.iter_mut().for_each(|item| expr(item, enter));
    }
}

fn terms(items: &mut [Term], enter: &mut impl FnMut(NodeMut<'_>) -> bool) {
    items.iter_mut().for_each(|item| term(item, enter));
}

pub(crate) fn expr(item: &mut Expr, enter: &mut impl FnMut(NodeMut<'_>) -> bool) {
    if enter(NodeMut::Expr(item)) {
        return;
    }
    match &mut item.kind {
        ExprKind::Term(found) => term(found, enter),
        ExprKind::Call(items) => terms(items, enter),
        ExprKind::Some(some) => terms(&mut some.symbols, enter),
        ExprKind::Every(every) => {
            every.key.iter_mut().for_each(|key| term(key, enter));
            term(&mut every.value, enter);
            term(&mut every.domain, enter);
            body(&mut every.body, enter);
        }
        ExprKind::And(logical) | ExprKind::Or(logical) => {
            body(&mut logical.lhs, enter);
            body(&mut logical.rhs, enter);
        }
        ExprKind::Not(not) => body(&mut not.body, enter),
    }
    item.with.iter_mut().for_each(|item| with(item, enter));
}

pub(crate) fn with(item: &mut With, enter: &mut impl FnMut(NodeMut<'_>) -> bool) {
    term(&mut item.target, enter);
    term(&mut item.value, enter);
}

pub(crate) fn term(item: &mut Term, enter: &mut impl FnMut(NodeMut<'_>) -> bool) {
    if !enter(NodeMut::Term(item)) {
        inside(item, enter);
    }
}

/// Goes through what is in a term, without showing the term itself.
pub(crate) fn inside(item: &mut Term, enter: &mut impl FnMut(NodeMut<'_>) -> bool) {
    match &mut item.kind {
        TermKind::Null
        | TermKind::Bool(_)
        | TermKind::Number(_)
        | TermKind::String(_)
        | TermKind::Var(_) => {}
        TermKind::Ref(items) | TermKind::Array(items) | TermKind::Call(items) => {
            terms(items, enter);
        }
        TermKind::Set(items) => {
            terms(items, enter);
            order::normalize_set(items);
        }
        TermKind::Object(members) => {
            members.iter_mut().for_each(|(key, value)| {
                term(key, enter);
                term(value, enter);
            });
            order::normalize_object(members);
        }
        TermKind::ArrayComprehension(found) | TermKind::SetComprehension(found) => {
            term(&mut found.term, enter);
            body(&mut found.body, enter);
        }
        TermKind::ObjectComprehension(found) => {
            term(&mut found.key, enter);
            term(&mut found.value, enter);
            body(&mut found.body, enter);
        }
        TermKind::TemplateString(template) => {
            template.parts.iter_mut().for_each(|part| match part {
                TemplatePart::Term(found) => term(found, enter),
                TemplatePart::Expr(found) => expr(found, enter),
            });
        }
    }
}
