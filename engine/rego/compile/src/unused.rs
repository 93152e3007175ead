//! Variables that are declared or assigned and never used.

use crate::errors::compile;
use crate::names::{VarSet, is_generated, is_wildcard};
use crate::resolve::declared_in_expr;
use crate::scope::{Entry, Occurrence, Scopes};
use crate::vars::{self, Params};
use referee_rego_syntax::ast::{Expr, ExprKind};
use referee_rego_syntax::print;
use referee_rego_syntax::{Error, Location};
use referee_rego_value::Str;

/// An expression of a body as it was written: where it stands and what it declares.
pub(crate) type Written = (Location, VarSet);

/// The expressions of a body that declare something, before they are rewritten.
pub(crate) fn declarations(body: &[Expr]) -> Vec<Written> {
    let keeps = |expr: &&Expr| match &expr.kind {
        ExprKind::Some(_) | ExprKind::Every(_) | ExprKind::And(_) | ExprKind::Or(_) => true,
        ExprKind::Not(not) => not.explicit,
        // These are rewritten in place: OPA sees no declaration in them when it comes to check.
        ExprKind::Term(_) | ExprKind::Call(_) => false,
    };
    let declared = |expr: &Expr| {
        let mut found = VarSet::new();
        declared_in_expr(expr, &mut found);
        (expr.location.clone(), found)
    };
    body.iter().filter(keeps).map(declared).collect()
}

fn entries(scopes: &Scopes, by: Occurrence) -> Vec<(&Str, &Entry)> {
    let scope = scopes.top().into_iter().flatten();
    let mut found: Vec<_> = scope.filter(|(_, entry)| entry.occurrence == by).collect();
    found.sort_by(|a, b| a.1.name.cmp(&b.1.name));
    found
}

/// The new names of variables.
fn renamed(scopes: &Scopes, used: &VarSet) -> VarSet {
    used.iter().map(|name| scopes.declared(name).unwrap_or(name)).collect()
}

/// Assigned variables that are not used.
pub(crate) fn assigned(scopes: &Scopes, used: &VarSet, first: &Location) -> Vec<Error> {
    let found = entries(scopes, Occurrence::Assigned);
    if found.is_empty() {
        return Vec::new();
    }
    let used = renamed(scopes, used);
    let unused = found.into_iter().filter(|(name, entry)| {
        !is_wildcard(name) && scopes.count(name) <= 1 && !used.contains(&entry.name)
    });
    let error = |(name, entry): (&Str, &Entry)| {
        let at = if entry.location.row == 0 { first } else { &entry.location };
        compile(format!("assigned var {} unused", print::variable(name)), at)
    };
    unused.map(error).collect()
}

/// Declared variables that are not used.
pub(crate) fn declared(
    scopes: &Scopes,
    used: &VarSet,
    body: &[Expr],
    written: &[Written],
    first: &Location,
) -> Vec<Error> {
    let found = entries(scopes, Occurrence::Declared);
    if found.is_empty() {
        return Vec::new();
    }
    let mut met = vars::of_body(body, Params::ALL);
    met.extend(&renamed(scopes, used));
    let unused = found.into_iter().filter(|(name, entry)| {
        !met.contains(&entry.name) && !used.contains(&entry.name) && !is_generated(name)
    });
    let error = |(name, _): (&Str, &Entry)| {
        let at = written.iter().find(|(_, names)| names.contains(name)).map(|(at, _)| at);
        let message = format!("declared var {} unused", print::variable(name));
        compile(message, at.unwrap_or(first))
    };
    unused.map(error).collect()
}
