//! Goes through trees, reading. Follows OPA's visitors (`v1/ast/visit.go`): a node comes before
//! what is in it; the members of objects and sets come in OPA's order, which is the order they are
//! kept in.

use referee_rego_syntax::ast::{
    Expr, ExprKind, Head, Module, Rule, TemplatePart, Term, TermKind, With,
};

/// What a visitor is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Node<'a> {
    /// An expression.
    Expr(&'a Expr),
    /// `some`, `every`, `not {…}`, `and` and `or`, after the expression that it is.
    Statement(&'a ExprKind),
    /// A `with`.
    With(&'a With),
    /// A term.
    Term(&'a Term),
}

/// All rules of a module, each followed by its `else`.
pub(crate) fn rules(module: &Module) -> impl Iterator<Item = &Rule> {
    module.rules.iter().flat_map(chain)
}

/// A rule and its `else`, one after the other.
pub(crate) fn chain(rule: &Rule) -> impl Iterator<Item = &Rule> {
    std::iter::successors(Some(rule), |rule| rule.else_rule.as_deref())
}

/// Goes through a head (its arguments, key and value) and the body of a rule, not its `else`.
/// `enter` answers whether to leave out what is in the node.
pub(crate) fn rule<'a>(rule: &'a Rule, enter: &mut impl FnMut(Node<'a>) -> bool) {
    head(&rule.head, enter);
    body(&rule.body, enter);
}

/// Goes through the arguments, the key and the value of a head.
pub(crate) fn head<'a>(head: &'a Head, enter: &mut impl FnMut(Node<'a>) -> bool) {
    terms(head.args.as_deref().unwrap_or_default(), enter);
    head.key.iter().chain(&head.value).for_each(|item| term(item, enter));
}

pub(crate) fn body<'a>(items: &'a [Expr], enter: &mut impl FnMut(Node<'a>) -> bool) {
    items.iter().for_each(|item| expr(item, enter));
}

pub(crate) fn terms<'a>(items: &'a [Term], enter: &mut impl FnMut(Node<'a>) -> bool) {
    items.iter().for_each(|item| term(item, enter));
}

pub(crate) fn expr<'a>(item: &'a Expr, enter: &mut impl FnMut(Node<'a>) -> bool) {
    if enter(Node::Expr(item)) {
        return;
    }
    match &item.kind {
        ExprKind::Term(found) => term(found, enter),
        ExprKind::Call(items) => terms(items, enter),
        kind if enter(Node::Statement(kind)) => {}
        ExprKind::Some(some) => terms(&some.symbols, enter),
        ExprKind::Every(every) => {
            every.key.iter().for_each(|key| term(key, enter));
            term(&every.value, enter);
            term(&every.domain, enter);
            body(&every.body, enter);
        }
        ExprKind::And(logical) | ExprKind::Or(logical) => {
            body(&logical.lhs, enter);
            body(&logical.rhs, enter);
        }
        ExprKind::Not(not) => body(&not.body, enter),
    }
    item.with.iter().for_each(|item| with(item, enter));
}

fn with<'a>(item: &'a With, enter: &mut impl FnMut(Node<'a>) -> bool) {
    if !enter(Node::With(item)) {
        term(&item.target, enter);
        term(&item.value, enter);
    }
}

pub(crate) fn term<'a>(item: &'a Term, enter: &mut impl FnMut(Node<'a>) -> bool) {
    if enter(Node::Term(item)) {
        return;
    }
    match &item.kind {
        TermKind::Null
        | TermKind::Bool(_)
        | TermKind::Number(_)
        | TermKind::String(_)
        | TermKind::Var(_) => {}
        TermKind::Ref(items)
        | TermKind::Array(items)
        | TermKind::Set(items)
        | TermKind::Call(items) => terms(items, enter),
        TermKind::Object(members) => members.iter().for_each(|(key, value)| {
            term(key, enter);
            term(value, enter);
        }),
        TermKind::ArrayComprehension(found) | TermKind::SetComprehension(found) => {
            term(&found.term, enter);
            body(&found.body, enter);
        }
        TermKind::ObjectComprehension(found) => {
            term(&found.key, enter);
            term(&found.value, enter);
            body(&found.body, enter);
        }
        TermKind::TemplateString(template) => {
            template.parts.iter().for_each(|part| match part {
                TemplatePart::Term(found) => term(found, enter),
                TemplatePart::Expr(found) => expr(found, enter),
            });
        }
    }
}

/// Whether some node under a term is found.
pub(crate) fn any_term(item: &Term, found: impl Fn(&Term) -> bool) -> bool {
    let mut any = false;
    term(item, &mut |node| {
        any = any || matches!(node, Node::Term(item) if found(item));
        any
    });
    any
}

/// Whether a term is a comprehension.
pub(crate) fn is_comprehension(item: &Term) -> bool {
    matches!(
        item.kind,
        TermKind::ArrayComprehension(_)
            | TermKind::SetComprehension(_)
            | TermKind::ObjectComprehension(_)
    )
}

/// Whether a term must be evaluated: there are references or comprehensions in it.
pub(crate) fn requires_eval(item: &Term) -> bool {
    match &item.kind {
        TermKind::Var(_)
        | TermKind::Null
        | TermKind::Bool(_)
        | TermKind::Number(_)
        | TermKind::String(_) => false,
        _ => any_term(item, |item| matches!(item.kind, TermKind::Ref(_)) || is_comprehension(item)),
    }
}

/// Whether a term means the same always: no variables, references, calls or comprehensions.
pub(crate) fn is_constant(item: &Term) -> bool {
    !any_term(item, |item| {
        matches!(item.kind, TermKind::Var(_) | TermKind::Ref(_) | TermKind::Call(_))
            || is_comprehension(item)
    })
}
