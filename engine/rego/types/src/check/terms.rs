//! Questions about terms: what is constant (OPA's `IsConstant`), and walks through terms and
//! expressions.

use referee_rego_syntax::ast::{Body, Expr, ExprKind, Ref, TemplatePart, Term, TermKind};
use referee_rego_syntax::compare::{sorted_members, sorted_terms};
use referee_rego_syntax::print;
use referee_rego_value::{ObjectBuilder, Str, Value};

/// The value of a constant term; `None` where it holds anything to be evaluated.
pub(super) fn constant(term: &Term) -> Option<Value> {
    match &term.kind {
        TermKind::Null => Some(Value::Null),
        TermKind::Bool(value) => Some(Value::from(*value)),
        TermKind::Number(number) => Some(Value::from(number.clone())),
        TermKind::String(text) => Some(Value::from(text.clone())),
        TermKind::Array(elements) => {
            elements.iter().map(constant).collect::<Option<Vec<_>>>().map(Value::array)
        }
        TermKind::Set(elements) => {
            elements.iter().map(constant).collect::<Option<Vec<_>>>().map(Value::set)
        }
        TermKind::Object(members) => {
            let mut object = ObjectBuilder::default();
            for (key, value) in members {
                object.insert(constant(key)?, constant(value)?);
            }
            Some(Value::Object(object.build()))
        }
        _ => None,
    }
}

/// The name of a variable.
pub(super) fn variable(term: &Term) -> Option<&Str> {
    if let TermKind::Var(name) = &term.kind { Some(name) } else { None }
}

/// Whether a term is `data` or `input`: the head of what may be known only later.
pub(super) fn is_root(term: &Term) -> bool {
    variable(term).is_some_and(|name| matches!(name.as_str(), "data" | "input"))
}

/// A reference as messages write it: `data.a["b c"][x]`, and `_` for a wildcard.
#[must_use]
pub fn write_ref(reference: &[Term]) -> String {
    print::reference(reference)
}

/// The body of a comprehension.
pub(super) fn closure_body(term: &Term) -> Option<&Body> {
    match &term.kind {
        TermKind::ArrayComprehension(closure) | TermKind::SetComprehension(closure) => {
            Some(&closure.body)
        }
        TermKind::ObjectComprehension(closure) => Some(&closure.body),
        _ => None,
    }
}

/// Visits a term and the terms in it, bodies included, until the visitor says of a term not to
/// go into it.
pub(super) fn walk<'e>(term: &'e Term, visit: &mut dyn FnMut(&'e Term) -> bool) {
    if visit(term) {
        return;
    }
    match &term.kind {
        TermKind::Ref(parts) | TermKind::Array(parts) | TermKind::Call(parts) => {
            parts.iter().for_each(|part| walk(part, visit))
        }
        TermKind::Set(parts) => sorted_terms(parts).into_iter().for_each(|part| walk(part, visit)),
        TermKind::Object(members) => {
            for (key, value) in sorted_members(members) {
                walk(key, visit);
                walk(value, visit);
            }
        }
        TermKind::ArrayComprehension(closure) | TermKind::SetComprehension(closure) => {
            walk(&closure.term, visit);
            walk_body(&closure.body, visit);
        }
        TermKind::ObjectComprehension(closure) => {
            walk(&closure.key, visit);
            walk(&closure.value, visit);
            walk_body(&closure.body, visit);
        }
        TermKind::TemplateString(template) => {
            for part in &template.parts {
                match part {
                    TemplatePart::Term(term) => walk(term, visit),
                    TemplatePart::Expr(expr) => walk_expr(expr, visit),
                }
            }
        }
        _ => {}
    }
}

/// Visits the terms of the expressions of a body.
pub(super) fn walk_body<'e>(body: &'e Body, visit: &mut dyn FnMut(&'e Term) -> bool) {
    body.iter().for_each(|expr| walk_expr(expr, visit));
}

/// Visits the terms of an expression, those of its `with` modifiers last.
pub(super) fn walk_expr<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Term) -> bool) {
    walk_kind(expr, visit);
    for with in &expr.with {
        walk(&with.target, visit);
        walk(&with.value, visit);
    }
}

fn walk_kind<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Term) -> bool) {
    match &expr.kind {
        ExprKind::Term(term) => walk(term, visit),
        ExprKind::Call(terms) => terms.iter().for_each(|term| walk(term, visit)),
        ExprKind::Some(some) => some.symbols.iter().for_each(|symbol| walk(symbol, visit)),
        ExprKind::Every(every) => {
            every.key.iter().for_each(|key| walk(key, visit));
            walk(&every.value, visit);
            walk(&every.domain, visit);
            walk_body(&every.body, visit);
        }
        ExprKind::And(sides) | ExprKind::Or(sides) => {
            walk_body(&sides.lhs, visit);
            walk_body(&sides.rhs, visit);
        }
        ExprKind::Not(not) => walk_body(&not.body, visit),
    }
}

/// A call: its operator and its operands.
pub(super) fn call(expr: &Expr) -> Option<(&Ref, &[Term])> {
    let ExprKind::Call(terms) = &expr.kind else {
        return None;
    };
    match terms.split_first() {
        Some((Term { kind: TermKind::Ref(operator), .. }, operands)) => Some((operator, operands)),
        _ => None,
    }
}
