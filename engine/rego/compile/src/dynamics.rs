//! References and comprehensions within other terms are pulled out (OPA's stages RewriteEquals,
//! RewriteDynamicTerms and RewriteTestRulesForTracing).

use crate::make::{self, Generator};
use crate::names::{calls, operator};
use crate::order;
use crate::walk;
use crate::walk_mut::{self, NodeMut};
use referee_rego_syntax::ast::{Body, Expr, ExprKind, Module, Term, TermKind, With};

/// `x == y` becomes `x = y`; whether there was any. Not for queries: their result is asked for.
pub(crate) fn rewrite_equals(modules: &mut [Module]) -> bool {
    let mut any = false;
    for module in modules {
        walk_mut::rules(module, |rule| {
            walk_mut::rule(rule, &mut |node| {
                any |= rewrite_equal(node);
                false
            });
        });
    }
    any
}

/// The same in a query of which nobody asks for the values of its expressions.
pub(crate) fn rewrite_equals_in(body: &mut Body) {
    walk_mut::body(body, &mut |node| {
        rewrite_equal(node);
        false
    });
}

fn rewrite_equal(node: NodeMut<'_>) -> bool {
    if let NodeMut::Expr(Expr { kind: ExprKind::Call(terms), .. }) = node
        && terms.len() == 3
        && calls(terms, "equal")
        && let Some(operator) = terms.first_mut()
    {
        *operator = make::term(TermKind::Ref(make::builtin("eq")));
        return true;
    }
    false
}

/// Rewrites all modules.
pub(crate) fn rewrite(modules: &mut [Module], generator: &mut Generator) {
    for module in modules {
        walk_mut::rules(module, |rule| body(&mut rule.body, generator));
    }
}

/// Rewrites a body.
pub(crate) fn body(body: &mut Body, generator: &mut Generator) {
    let mut result = Vec::with_capacity(body.len());
    for expr in std::mem::take(body) {
        rewrite_expr(expr, generator, &mut result);
    }
    *body = result;
}

fn rewrite_expr(mut expr: Expr, generator: &mut Generator, result: &mut Body) {
    match &mut expr.kind {
        ExprKind::Call(terms) if calls(terms, "eq") => {
            if terms.len() != 3 {
                return make::append(result, expr);
            }
            for term in terms.iter_mut().skip(1) {
                outer(term, &expr.with, generator, result);
            }
        }
        ExprKind::Call(terms) => {
            for term in terms.iter_mut().skip(1) {
                pull(term, &expr.with, generator, result);
            }
        }
        ExprKind::Every(every) => {
            pull(&mut every.domain, &expr.with, generator, result);
            body(&mut every.body, generator);
        }
        ExprKind::Not(not) => body(&mut not.body, generator),
        ExprKind::And(both) | ExprKind::Or(both) => {
            body(&mut both.lhs, generator);
            body(&mut both.rhs, generator);
        }
        ExprKind::Term(term) => outer(term, &expr.with, generator, result),
        ExprKind::Some(_) => {}
    }
    make::push(result, expr);
}

/// The body of a comprehension.
fn comprehension_body(term: &mut Term) -> Option<&mut Body> {
    match &mut term.kind {
        TermKind::ArrayComprehension(found) | TermKind::SetComprehension(found) => {
            Some(&mut found.body)
        }
        TermKind::ObjectComprehension(found) => Some(&mut found.body),
        _ => None,
    }
}

/// A term that may itself be a reference or a comprehension.
fn outer(term: &mut Term, with: &[With], generator: &mut Generator, result: &mut Body) {
    if let Some(inner) = comprehension_body(term) {
        return body(inner, generator);
    }
    match &mut term.kind {
        TermKind::Ref(parts) => {
            for part in parts.iter_mut().skip(1) {
                pull(part, with, generator, result);
            }
        }
        _ => pull(term, with, generator, result),
    }
}

/// A term that may not.
fn pull(term: &mut Term, with: &[With], generator: &mut Generator, result: &mut Body) {
    if let Some(inner) = comprehension_body(term) {
        body(inner, generator);
        return pull_out(term, with, generator, result);
    }
    match &mut term.kind {
        TermKind::Ref(parts) => {
            for part in parts.iter_mut().skip(1) {
                pull(part, with, generator, result);
            }
            pull_out(term, with, generator, result);
        }
        TermKind::Array(terms) => {
            terms.iter_mut().for_each(|term| pull(term, with, generator, result));
        }
        TermKind::Set(terms) => {
            terms.iter_mut().for_each(|term| pull(term, with, generator, result));
            order::normalize_set(terms);
        }
        TermKind::Object(members) => {
            for (key, value) in members.iter_mut() {
                pull(key, with, generator, result);
                pull(value, with, generator, result);
            }
            order::normalize_object(members);
        }
        _ => {}
    }
}

/// Pulls a term out, whose variable stands for it in messages.
fn pull_out(term: &mut Term, with: &[With], generator: &mut Generator, result: &mut Body) {
    extract(term, with, generator, result);
    if let TermKind::Var(name) = &term.kind {
        generator.pulled.push(name.clone());
    }
}

fn extract(term: &mut Term, with: &[With], generator: &mut Generator, result: &mut Body) {
    let mut expr = generator.extract(term);
    expr.with = with.to_vec();
    make::push(result, expr);
}

/// In tests, what is compared gets a variable, so that its value can be shown.
pub(crate) fn rewrite_tests(modules: &mut [Module], generator: &mut Generator) {
    for module in modules {
        walk_mut::rules(module, |rule| {
            if rule.head.name.starts_with("test_") {
                test_body(&mut rule.body, generator);
            }
        });
    }
}

fn test_body(body: &mut Body, generator: &mut Generator) {
    let mut result = Vec::with_capacity(body.len());
    for mut expr in std::mem::take(body) {
        if !expr.negated && !expr.generated {
            match &mut expr.kind {
                ExprKind::Call(terms) if calls(terms, "eq") && operator(terms).is_some() => {
                    for term in terms.iter_mut().skip(1).take(2) {
                        if matches!(term.kind, TermKind::Ref(_)) || walk::is_comprehension(term) {
                            extract(term, &expr.with, generator, &mut result);
                        }
                    }
                }
                ExprKind::Every(every) => test_body(&mut every.body, generator),
                _ => {}
            }
        }
        make::append(&mut result, expr);
    }
    *body = result;
}
