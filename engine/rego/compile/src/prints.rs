//! `print`: gone, or of sets, so that an undefined operand does not stop a rule (OPA's stages
//! CheckVoidCalls and RewritePrintCalls).

use crate::errors::{Errors, compile, types};
use crate::make::{self, Generator};
use crate::names::{VarSet, calls, is_generated};
use crate::outputs;
use crate::tree::Arities;
use crate::vars::{self, Params};
use crate::walk::{self, Node};
use crate::walk_mut::{self, NodeMut};
use referee_rego_syntax::Error;
use referee_rego_syntax::ast::{Body, Comprehension, Expr, ExprKind, Module, Term, TermKind};
use referee_rego_syntax::print;
use referee_rego_value::Str;
use std::collections::HashMap;

fn is_print(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Call(terms) if calls(terms, "print"))
}

fn void_call(node: Node<'_>, arities: &Arities<'_>, found: &mut Vec<Error>) -> bool {
    if let Node::Term(term) = node
        && let TermKind::Call(terms) = &term.kind
    {
        let builtin = crate::names::operator(terms).and_then(|parts| arities.builtin(parts));
        if builtin.is_some_and(|builtin| builtin.function.result.is_none()) {
            found.push(types(format!("{term} used as value"), &term.location));
        }
    }
    false
}

/// Calls that give nothing must not stand for a value.
pub(crate) fn check_void(modules: &[Module], arities: &Arities<'_>, errors: &mut Errors) {
    for module in modules {
        let mut found = Vec::new();
        for rule in walk::rules(module) {
            walk::rule(rule, &mut |node| void_call(node, arities, &mut found));
        }
        errors.extend(found);
    }
}

/// The same in a query.
pub(crate) fn check_void_query(body: &[Expr], arities: &Arities<'_>) -> Vec<Error> {
    let mut found = Vec::new();
    walk::body(body, &mut |node| void_call(node, arities, &mut found));
    found
}

/// Takes calls of `print` out of a body and all that is in it; whether there were any.
pub(crate) fn erase(body: &mut Body) -> bool {
    let mut any = false;
    walk_mut::body(body, &mut |node| erase_in(node, &mut any));
    any
}

fn erase_in(node: NodeMut<'_>, any: &mut bool) -> bool {
    let NodeMut::Body(body) = node else { return false };
    if !body.iter().any(is_print) {
        return false;
    }
    *any = true;
    let location = body.first().map(|expr| expr.location.clone()).unwrap_or_default();
    for expr in std::mem::take(body) {
        if !is_print(&expr) {
            make::push(body, expr);
        }
    }
    if body.is_empty() {
        make::push(body, make::always(location));
    }
    false
}

/// Takes calls of `print` out of all modules; whether there were any.
pub(crate) fn erase_all(modules: &mut [Module]) -> bool {
    let mut any = false;
    for module in modules {
        walk_mut::rules(module, |rule| {
            walk_mut::rule(rule, &mut |node| erase_in(node, &mut any));
        });
    }
    any
}

fn has_print(node: Node<'_>, found: &mut bool) -> bool {
    *found = *found || matches!(node, Node::Expr(expr) if is_print(expr));
    *found
}

/// Rewrites calls of `print`.
pub(crate) struct Prints<'c> {
    pub(crate) generator: &'c mut Generator,
    pub(crate) rewritten: &'c HashMap<Str, Str>,
    pub(crate) arities: Arities<'c>,
}

impl Prints<'_> {
    /// Rewrites all modules; whether there was anything to rewrite.
    pub(crate) fn run(&mut self, modules: &mut [Module], errors: &mut Errors) -> bool {
        let mut any = false;
        for module in modules {
            walk_mut::rules(module, |rule| {
                let mut found = false;
                walk::rule(rule, &mut |node| has_print(node, &mut found));
                if !found {
                    return;
                }
                any = true;
                let mut globals = VarSet::reserved();
                vars::of_args(&rule.head, &mut globals);
                let mut rewrite = |node: NodeMut<'_>| match node {
                    NodeMut::Body(body) => match self.body(body, &globals) {
                        Ok(()) => false,
                        Err(found) => {
                            errors.extend(found);
                            true
                        }
                    },
                    _ => false,
                };
                walk_mut::head(&mut rule.head, &mut rewrite);
                walk_mut::body(&mut rule.body, &mut rewrite);
            });
        }
        any
    }

    /// Rewrites a body and the closures in it. Only what is bound where `print` stands may be
    /// printed: it must not change the order of expressions.
    pub(crate) fn body(&mut self, body: &mut Body, globals: &VarSet) -> Result<(), Vec<Error>> {
        for at in 0..body.len() {
            let Some((before, rest)) = body.split_at_mut_checked(at) else { break };
            let Some(expr) = rest.first_mut() else { break };
            if !has_closure(expr) {
                continue;
            }
            let mut safe = outputs::of_body(before, &self.arities, globals);
            safe.extend(globals);
            let mut errors = Vec::new();
            self.closures(expr, &mut safe, &mut errors);
            if !errors.is_empty() {
                return Err(errors);
            }
        }
        for at in 0..body.len() {
            let Some((before, rest)) = body.split_at_mut_checked(at) else { break };
            let Some(expr) = rest.first_mut().filter(|expr| is_print(expr)) else { continue };
            let mut safe = outputs::of_body(before, &self.arities, globals);
            safe.extend(globals);
            let all = vars::of_body(before, Params::ALL);
            all.iter().filter(|name| is_generated(name)).for_each(|name| {
                safe.insert(name);
            });
            self.print(expr, &safe)?;
            expr.index = u32::try_from(at).unwrap_or(u32::MAX);
        }
        Ok(())
    }

    fn closures(&mut self, expr: &mut Expr, safe: &mut VarSet, errors: &mut Vec<Error>) {
        walk_mut::expr(expr, &mut |node| {
            let mut inner = |body: &mut Body, safe: &VarSet| {
                errors.extend(self.body(body, safe).err().into_iter().flatten());
            };
            match node {
                NodeMut::Term(term) => match &mut term.kind {
                    TermKind::ArrayComprehension(found) | TermKind::SetComprehension(found) => {
                        inner(&mut found.body, safe);
                        true
                    }
                    TermKind::ObjectComprehension(found) => {
                        inner(&mut found.body, safe);
                        true
                    }
                    _ => false,
                },
                NodeMut::Expr(expr) => match &mut expr.kind {
                    ExprKind::Every(every) => {
                        let mut collector = vars::Collector::new(Params::ALL, safe);
                        every.key.iter().for_each(|key| collector.term(key));
                        collector.term(&every.value);
                        inner(&mut every.body, safe);
                        true
                    }
                    ExprKind::And(both) | ExprKind::Or(both) => {
                        inner(&mut both.lhs, safe);
                        inner(&mut both.rhs, safe);
                        true
                    }
                    ExprKind::Not(not) => {
                        inner(&mut not.body, safe);
                        true
                    }
                    _ => false,
                },
                NodeMut::Body(_) => false,
            }
        });
    }

    fn print(&mut self, expr: &mut Expr, safe: &VarSet) -> Result<(), Vec<Error>> {
        let ExprKind::Call(terms) = &mut expr.kind else { return Ok(()) };
        let mut errors = Vec::new();
        for operand in terms.iter().skip(1) {
            for name in vars::of_term(operand, Params::SAFETY).without(safe).sorted() {
                let written = self.rewritten.get(&name).unwrap_or(&name);
                let message = format!("var {} is undeclared", print::variable(written));
                errors.push(compile(message, &operand.location));
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let operands = std::mem::take(terms).into_iter().skip(1);
        let sets = operands.map(|operand| {
            let location = operand.location.clone();
            let local = self.generator.var(&location);
            let capture = make::equality(local.clone(), operand, location.clone());
            let found = Comprehension { term: local, body: vec![capture] };
            Term { kind: TermKind::SetComprehension(Box::new(found)), location }
        });
        let sets = TermKind::Array(sets.collect());
        let operator = TermKind::Ref(make::builtin("internal.print"));
        let at = &expr.location;
        let terms = [operator, sets].map(|kind| Term { kind, location: at.clone() });
        *expr = Expr::new(ExprKind::Call(terms.into()), at.clone());
        Ok(())
    }
}

fn has_closure(expr: &Expr) -> bool {
    let mut found = false;
    walk::expr(expr, &mut |node| {
        found = found
            || match node {
                Node::Term(term) => walk::is_comprehension(term),
                Node::Statement(kind) => !matches!(kind, ExprKind::Some(_)),
                _ => false,
            };
        found
    });
    found
}
