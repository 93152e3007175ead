//! From the tree that the compiler leaves to terms of this crate, and back.

use crate::term::{Body, Comprehension, Every, Expr, Kind, Logical, Makes, Term, With, is_root};
use referee_rego_syntax::Location;
use referee_rego_syntax::ast;
use referee_rego_syntax::ast::{ExprKind, TermKind};
use referee_rego_value::{Str, Value};
use std::sync::Arc;

/// A term of the tree.
pub(crate) fn term(from: &ast::Term) -> Term {
    match &from.kind {
        TermKind::Null => Term::Value(Value::Null),
        TermKind::Bool(value) => Term::Value(Value::Bool(*value)),
        TermKind::Number(number) => Term::Value(Value::Number(number.clone())),
        TermKind::String(text) => Term::Value(Value::String(text.clone())),
        // A document on its own is a reference of one part.
        TermKind::Var(name) if is_root(name) => Term::Ref([Term::Var(name.clone())].into()),
        TermKind::Var(name) => Term::Var(name.clone()),
        TermKind::Ref(parts) => Term::Ref(reference(parts)),
        TermKind::Array(items) => Term::array(items.iter().map(term).collect()),
        TermKind::Set(items) => Term::set(items.iter().map(term).collect()),
        TermKind::Object(members) => {
            Term::object(members.iter().map(|(key, value)| (term(key), term(value))).collect())
        }
        TermKind::ArrayComprehension(inner) => {
            comprehension(Makes::Array, None, &inner.term, &inner.body)
        }
        TermKind::SetComprehension(inner) => {
            comprehension(Makes::Set, None, &inner.term, &inner.body)
        }
        TermKind::ObjectComprehension(inner) => {
            comprehension(Makes::Object, Some(&inner.key), &inner.value, &inner.body)
        }
        // The compiler leaves neither inside terms.
        TermKind::Call(_) | TermKind::TemplateString(_) => Term::Value(Value::Null),
    }
}

/// The parts of a reference. Its head stays a variable.
pub(crate) fn reference(parts: &[ast::Term]) -> Arc<[Term]> {
    let head = parts.first().map(|head| match &head.kind {
        TermKind::Var(name) => Term::Var(name.clone()),
        _ => term(head),
    });
    head.into_iter().chain(parts.iter().skip(1).map(term)).collect()
}

fn comprehension(
    makes: Makes,
    key: Option<&ast::Term>,
    head: &ast::Term,
    from: &[ast::Expr],
) -> Term {
    let key = key.map(term);
    Term::Comprehension(Arc::new(Comprehension { makes, key, term: term(head), body: body(from) }))
}

/// A body of the tree.
pub(crate) fn body(from: &[ast::Expr]) -> Body {
    from.iter().map(|from| Arc::new(expr(from))).collect()
}

fn expr(from: &ast::Expr) -> Expr {
    let kind = match &from.kind {
        ExprKind::Term(inner) => Kind::Term(term(inner)),
        ExprKind::Call(terms) => Kind::Call(terms.iter().map(term).collect()),
        // The compiler leaves no `some`: it says nothing.
        ExprKind::Some(_) => Kind::Term(Term::Value(Value::Bool(true))),
        ExprKind::Every(every) => Kind::Every(Arc::new(Every {
            key: every.key.as_ref().map(term),
            value: term(&every.value),
            domain: term(&every.domain),
            body: body(&every.body),
            location: every.domain.location.clone(),
        })),
        ExprKind::Not(not) => Kind::Not(body(&not.body), not.explicit),
        ExprKind::And(sides) => Kind::Logical(Arc::new(logical(true, sides))),
        ExprKind::Or(sides) => Kind::Logical(Arc::new(logical(false, sides))),
    };
    let with = |with: &ast::With| With { target: term(&with.target), value: term(&with.value) };
    Expr {
        kind,
        with: from.with.iter().map(with).collect(),
        negated: from.negated,
        generated: from.generated,
        location: from.location.clone(),
    }
}

fn logical(and: bool, sides: &ast::Logical) -> Logical {
    Logical {
        and,
        lhs: (body(&sides.lhs), sides.explicit_lhs),
        rhs: (body(&sides.rhs), sides.explicit_rhs),
    }
}

/// A term of the tree that stands nowhere.
pub(crate) fn placed(kind: TermKind) -> ast::Term {
    ast::Term { kind, location: Location::NONE }
}

/// A value as a term of the tree.
fn constant(value: &Value) -> ast::Term {
    placed(match value {
        Value::Null => TermKind::Null,
        Value::Bool(value) => TermKind::Bool(*value),
        Value::Number(number) => TermKind::Number(number.clone()),
        Value::String(text) => TermKind::String(text.clone()),
        Value::Array(items) => TermKind::Array(items.iter().map(constant).collect()),
        Value::Set(items) => TermKind::Set(items.iter().map(constant).collect()),
        Value::Object(object) => TermKind::Object(
            object.iter().map(|(key, value)| (constant(key), constant(value))).collect(),
        ),
    })
}

/// A variable of the tree.
pub(crate) fn variable(name: &Str) -> ast::Term {
    placed(TermKind::Var(name.clone()))
}

/// A term as one of the tree. What it takes is counted before: see [`crate::size`].
pub(crate) fn written(from: &Term) -> ast::Term {
    let all = |items: &[Term]| items.iter().map(written).collect();
    placed(match from {
        Term::Value(value) => return constant(value),
        Term::Var(name) => TermKind::Var(name.clone()),
        Term::Ref(parts) => TermKind::Ref(all(parts)),
        Term::Array(items) => TermKind::Array(all(items)),
        Term::Set(items) => TermKind::Set(all(items)),
        Term::Object(members) => TermKind::Object(
            members.iter().map(|(key, value)| (written(key), written(value))).collect(),
        ),
        Term::Comprehension(inner) => {
            let (term, body) = (written(&inner.term), written_body(&inner.body));
            match (inner.makes, &inner.key) {
                (Makes::Object, Some(key)) => {
                    let key = written(key);
                    let inner = ast::ObjectComprehension { key, value: term, body };
                    TermKind::ObjectComprehension(Box::new(inner))
                }
                (Makes::Set, _) => {
                    TermKind::SetComprehension(Box::new(ast::Comprehension { term, body }))
                }
                _ => TermKind::ArrayComprehension(Box::new(ast::Comprehension { term, body })),
            }
        }
    })
}

/// A body as one of the tree.
pub(crate) fn written_body(from: &[Arc<Expr>]) -> ast::Body {
    indexed(from.iter().map(|expr| written_expr(expr)).collect())
}

/// A body whose expressions know their places in it.
pub(crate) fn indexed(mut body: ast::Body) -> ast::Body {
    for (expr, index) in body.iter_mut().zip(0..) {
        expr.index = index;
    }
    body
}

/// An expression as one of the tree.
pub(crate) fn written_expr(from: &Expr) -> ast::Expr {
    let kind = match &from.kind {
        Kind::Term(term) => ExprKind::Term(written(term)),
        Kind::Call(terms) => ExprKind::Call(terms.iter().map(written).collect()),
        Kind::Every(every) => ExprKind::Every(Box::new(ast::Every {
            key: every.key.as_ref().map(written),
            value: written(&every.value),
            domain: written(&every.domain),
            body: written_body(&every.body),
            location: Location::NONE,
        })),
        Kind::Not(body, explicit) => ExprKind::Not(Box::new(ast::NotBody {
            body: written_body(body),
            explicit: *explicit,
            location: Location::NONE,
        })),
        Kind::Logical(sides) => {
            let logical = Box::new(ast::Logical {
                lhs: written_body(&sides.lhs.0),
                rhs: written_body(&sides.rhs.0),
                explicit_lhs: sides.lhs.1,
                explicit_rhs: sides.rhs.1,
                location: Location::NONE,
            });
            if sides.and { ExprKind::And(logical) } else { ExprKind::Or(logical) }
        }
    };
    ast::Expr {
        with: from.with.iter().map(written_with).collect(),
        negated: from.negated,
        generated: from.generated,
        ..ast::Expr::new(kind, Location::NONE)
    }
}

/// A `with` as one of the tree.
pub(crate) fn written_with(from: &With) -> ast::With {
    ast::With {
        target: written(&from.target),
        value: written(&from.value),
        location: Location::NONE,
    }
}

/// `true` as an expression.
pub(crate) fn truth() -> ast::Expr {
    ast::Expr::new(ExprKind::Term(placed(TermKind::Bool(true))), Location::NONE)
}
