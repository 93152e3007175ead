//! Calls stand as expressions only: those in terms are pulled out, with a variable for what they
//! give (OPA's stage RewriteExprTerms).

use crate::make::{self, Generator};
use crate::order;
use crate::walk;
use crate::walk_mut;
use referee_rego_syntax::ast::{Body, Expr, ExprKind, Module, Rule, Term, TermKind, With};

/// Rewrites all modules.
pub(crate) fn rewrite(modules: &mut [Module], generator: &mut Generator) {
    for module in modules {
        walk_mut::rules(module, |found| rule(found, generator));
    }
}

fn rule(rule: &mut Rule, generator: &mut Generator) {
    let head = &mut rule.head;
    let args = head.args.iter_mut().flatten();
    for term in args.chain(&mut head.key).chain(&mut head.value) {
        let mut support = Vec::new();
        expand(term, generator, &mut support);
        make::append_all(&mut rule.body, support);
    }
    body(&mut rule.body, generator);
}

/// Rewrites a body.
pub(crate) fn body(body: &mut Body, generator: &mut Generator) {
    let mut result = Vec::with_capacity(body.len());
    for expr in std::mem::take(body) {
        expand_expr(expr, generator, &mut result);
    }
    *body = result;
}

/// Adds what is pulled out of a term before an expression; it keeps the modifiers of that.
fn pull(term: &mut Term, with: &[With], generator: &mut Generator, result: &mut Body) {
    let mut support = Vec::new();
    expand(term, generator, &mut support);
    for mut expr in support {
        if !with.is_empty() {
            expr.with = with.to_vec();
        }
        make::push(result, expr);
    }
}

fn expand_expr(mut expr: Expr, generator: &mut Generator, result: &mut Body) {
    for with in &mut expr.with {
        pull(&mut with.value, &[], generator, result);
    }
    match &mut expr.kind {
        ExprKind::Term(term) => pull(term, &expr.with, generator, result),
        ExprKind::Call(terms) => {
            for term in terms.iter_mut().skip(1) {
                pull(term, &expr.with, generator, result);
            }
        }
        ExprKind::Some(_) => {}
        ExprKind::Every(every) => {
            let mut domain = generator.extract(&mut every.domain);
            domain.with.clone_from(&expr.with);
            expand_expr(domain, generator, result);
            body(&mut every.body, generator);
        }
        ExprKind::And(both) | ExprKind::Or(both) => {
            body(&mut both.lhs, generator);
            body(&mut both.rhs, generator);
        }
        ExprKind::Not(not) => body(&mut not.body, generator),
    }
    make::push(result, expr);
}

fn expand(term: &mut Term, generator: &mut Generator, support: &mut Vec<Expr>) {
    match &mut term.kind {
        TermKind::Call(terms) => {
            for operand in terms.iter_mut().skip(1) {
                expand(operand, generator, support);
            }
            let output = generator.var(&term.location);
            let mut terms = std::mem::take(terms);
            terms.push(output.clone());
            let call = Expr::new(ExprKind::Call(terms), term.location.clone());
            support.push(Expr { generated: true, ..call });
            term.kind = output.kind;
        }
        TermKind::Ref(parts) => reference(parts, generator, support),
        TermKind::Array(terms) => {
            terms.iter_mut().for_each(|term| expand(term, generator, support));
        }
        TermKind::Set(terms) => {
            terms.iter_mut().for_each(|term| expand(term, generator, support));
            order::normalize_set(terms);
        }
        TermKind::Object(members) => {
            for (key, value) in members.iter_mut() {
                expand(key, generator, support);
                expand(value, generator, support);
            }
            order::normalize_object(members);
        }
        TermKind::ArrayComprehension(found) | TermKind::SetComprehension(found) => {
            let mut inner = Vec::new();
            expand(&mut found.term, generator, &mut inner);
            make::append_all(&mut found.body, inner);
            body(&mut found.body, generator);
        }
        TermKind::ObjectComprehension(found) => {
            for item in [&mut found.key, &mut found.value] {
                let mut inner = Vec::new();
                expand(item, generator, &mut inner);
                make::append_all(&mut found.body, inner);
            }
            body(&mut found.body, generator);
        }
        _ => {}
    }
}

/// References begin with documents or variables: what else they are of is pulled out.
fn reference(parts: &mut [Term], generator: &mut Generator, support: &mut Vec<Expr>) {
    for part in parts.iter_mut() {
        let subject = matches!(part.kind, TermKind::Call(_)).then(|| part.clone());
        expand(part, generator, support);
        if let (Some(subject), TermKind::Var(name)) = (subject, &part.kind) {
            generator.subjects.insert(name.clone(), subject);
        }
    }
    if let Some(head) = parts.first_mut()
        && (matches!(head.kind, TermKind::Array(_) | TermKind::Object(_) | TermKind::Set(_))
            || walk::is_comprehension(head))
    {
        let subject = head.clone();
        support.push(generator.extract(head));
        if let TermKind::Var(name) = &head.kind {
            generator.subjects.insert(name.clone(), subject);
        }
    }
}
