//! Functions that are called exist, with as many arguments (OPA's stage CheckUndefinedFuncs), and
//! may be called (CheckUnsafeBuiltins, CheckDeprecatedBuiltins).

use crate::errors::{Errors, types};
use crate::names::{calls, operator};
use crate::tree::{Arities, dotted};
use crate::walk::{self, Node};
use referee_rego_syntax::ast::{Expr, ExprKind, Module, Ref, Term, TermKind};
use referee_rego_syntax::print;
use referee_rego_syntax::{Code, Error};
use referee_rego_types::check::{TypeEnv, arity_mismatch};
use referee_rego_value::Str;
use std::collections::HashMap;

/// Checks calls.
pub(crate) struct Functions<'c> {
    pub(crate) arities: Arities<'c>,
    pub(crate) rewritten: &'c HashMap<Str, Str>,
    /// What is known of the types of functions.
    pub(crate) env: &'c TypeEnv,
}

impl Functions<'_> {
    /// Checks all modules.
    pub(crate) fn check(&self, modules: &[Module], errors: &mut Errors) {
        for module in modules {
            let mut found = Vec::new();
            for rule in walk::rules(module) {
                walk::rule(rule, &mut |node| self.node(node, &mut found));
            }
            errors.extend(found);
        }
    }

    /// Checks a query.
    pub(crate) fn check_query(&self, body: &[Expr]) -> Vec<Error> {
        let mut found = Vec::new();
        walk::body(body, &mut |node| self.node(node, &mut found));
        found
    }

    fn node(&self, node: Node<'_>, found: &mut Vec<Error>) -> bool {
        let Node::Expr(expr) = node else { return false };
        let ExprKind::Call(terms) = &expr.kind else { return false };
        let error = self.call(expr, terms);
        let refused = error.is_some();
        found.extend(error);
        refused
    }

    fn call(&self, expr: &Expr, terms: &[Term]) -> Option<Error> {
        let parts = operator(terms).unwrap_or_default();
        let operands = terms.len().saturating_sub(1);
        let Some(arity) = self.arities.of(parts) else {
            let name = self.written(parts);
            return Some(types(format!("undefined function {name}"), &expr.location));
        };
        let given = if expr.generated {
            if calls(terms, "eq") || operands == arity.saturating_add(1) {
                return None;
            }
            operands.saturating_sub(1)
        } else if operands == arity || operands == arity.saturating_add(1) {
            return None;
        } else {
            operands
        };
        let reference = rewrite(parts, self.rewritten);
        if let Some(error) = arity_mismatch(self.env, &reference, expr) {
            return Some(error);
        }
        let name = print::reference(&reference);
        let plural = if given == 1 { "" } else { "s" };
        let message = format!("function {name} has arity {arity}, got {given} argument{plural}");
        Some(Error::new(Code::Type, message, &expr.location))
    }

    /// A reference with variables as they were written.
    fn written(&self, parts: &[Term]) -> String {
        written(parts, self.rewritten)
    }
}

/// The text of a reference with variables as they were written.
pub(crate) fn written(parts: &[Term], rewritten: &HashMap<Str, Str>) -> String {
    print::reference(&rewrite(parts, rewritten))
}

fn rewrite(parts: &[Term], rewritten: &HashMap<Str, Str>) -> Ref {
    let mut parts = parts.to_vec();
    for part in &mut parts {
        crate::walk_mut::term(part, &mut |node| {
            if let crate::walk_mut::NodeMut::Term(Term { kind: TermKind::Var(name), .. }) = node
                && let Some(written) = rewritten.get(name)
            {
                *name = written.clone();
            }
            false
        });
    }
    parts
}

/// The builtin that an operator names, as text.
fn called(parts: &[Term]) -> Str {
    dotted(parts).unwrap_or_else(|| print::reference(parts).into())
}

/// Calls of builtins that may not be called.
pub(crate) fn unsafe_calls(
    node: Node<'_>,
    unsafe_builtins: &[Str],
    found: &mut Vec<Error>,
) -> bool {
    if let Node::Expr(Expr { kind: ExprKind::Call(terms), location, .. }) = node {
        let name = called(operator(terms).unwrap_or_default());
        if unsafe_builtins.contains(&name) {
            let message = format!("unsafe built-in function calls in expression: {name}");
            found.push(types(message, location));
        }
    }
    false
}

/// Calls of builtins that should not be called any more.
pub(crate) fn deprecated_calls(
    node: Node<'_>,
    arities: &Arities<'_>,
    found: &mut Vec<Error>,
) -> bool {
    let (terms, location) = match node {
        Node::Expr(Expr { kind: ExprKind::Call(terms), location, .. }) => (terms, location),
        Node::Term(Term { kind: TermKind::Call(terms), .. }) => match terms.first() {
            Some(operator) => (terms, &operator.location),
            None => return false,
        },
        _ => return false,
    };
    let parts = operator(terms).unwrap_or_default();
    if let Some(builtin) = arities.builtin(parts).filter(|builtin| builtin.deprecated) {
        let name = &builtin.name;
        let message = format!("deprecated built-in function calls in expression: {name}");
        found.push(types(message, location));
    }
    false
}

/// Checks all modules for builtins that may not be called.
pub(crate) fn check_unsafe(modules: &[Module], unsafe_builtins: &[Str], errors: &mut Errors) {
    if unsafe_builtins.is_empty() {
        return;
    }
    for rule in modules.iter().flat_map(walk::rules) {
        let mut found = Vec::new();
        walk::rule(rule, &mut |node| unsafe_calls(node, unsafe_builtins, &mut found));
        errors.extend(found);
    }
}

/// Checks modules for builtins that should not be called any more.
pub(crate) fn check_deprecated(
    modules: &[Module],
    strict: bool,
    arities: &Arities<'_>,
    errors: &mut Errors,
) {
    let checked = modules.iter().filter(|module| strict || crate::roots::is_v1(module));
    for rule in checked.flat_map(walk::rules) {
        let mut found = Vec::new();
        walk::rule(rule, &mut |node| deprecated_calls(node, arities, &mut found));
        errors.extend(found);
    }
}
