//! Queries: bodies whose bindings, and where asked for whose values, are the result.

use crate::plan::body::{Body, Planner};
use crate::plan::group::Info;
use crate::plan::ops::{Block, Src};
use crate::plan::paths::Counts;
use crate::plan::{Planned, Scheme};
use referee_rego_compile::CompiledQuery;
use referee_rego_syntax::Location;
use referee_rego_syntax::ast::{Expr, ExprKind, Term, TermKind};
use referee_rego_value::{Str, Value};
use std::sync::Arc;

/// The plan of a query.
#[derive(Debug)]
pub(crate) struct QueryPlan {
    /// How many slots it needs.
    pub(crate) slots: u32,
    /// Its body.
    pub(crate) block: Block,
    /// The variables of a row.
    pub(crate) bindings: Vec<(Str, Src)>,
    /// The expressions of a row.
    pub(crate) expressions: Vec<(Src, Location)>,
}

/// Plans a query; with `values` the values of its expressions are part of a row.
pub(crate) fn plan(
    query: &CompiledQuery,
    scheme: &Scheme,
    counts: Counts,
    values: bool,
) -> QueryPlan {
    let mut planner = Planner {
        scheme,
        inputs: super::paths::Paths::default(),
        bases: super::paths::Paths::default(),
        counts,
        inline: super::inline::Candidates::default(),
    };
    let mut body = Body::new(&mut planner, 0);
    let mut expressions = Vec::new();
    if values {
        for expr in &query.body {
            let (position, before) = (body.marked(), body.bound_names().len());
            let value = captured(&mut body, expr, query.strict_rows);
            let text = captured_text(expr, scheme);
            body.describe(position, before, expr, text);
            if !expr.generated {
                expressions.push((value, expr.location.clone()));
            }
        }
    } else {
        // A body that cannot be planned never holds.
        if body.body(&query.body).is_err() {
            body.fail();
        }
    }
    let names: Vec<Str> = body.bound_names().to_vec();
    let mut bindings: Vec<(Str, Src)> = Vec::new();
    for name in names {
        let written = query.rewritten.get(&name).unwrap_or(&name).clone();
        if written.starts_with('$') || written.starts_with("__local") {
            continue;
        }
        if let Ok(src) = body.read(&name) {
            bindings.push((written, src));
        }
    }
    bindings.sort_by(|a, b| a.0.cmp(&b.0));
    bindings.dedup_by(|a, b| a.0 == b.0);
    let slots = body.slots();
    let mut node = body.body_node(&query.body, 0);
    if values && let Some(node) = node.as_mut().and_then(Arc::get_mut) {
        let texts = query.body.iter().map(|expr| {
            let text = captured_text(expr, scheme);
            let kept = text.ends_with(" = _") || text.ends_with(", _)");
            if kept && query.strict_rows { format!("{text}; _") } else { text }
        });
        node.text = texts.collect::<Vec<_>>().join("; ");
    }
    let mut block = body.finish();
    block.node = node;
    QueryPlan { slots, block, bindings, expressions }
}

/// Plans an expression whose value is kept; `strict` where `false` ends the row.
fn captured(body: &mut Body<'_, '_>, expr: &Expr, strict: bool) -> Src {
    let always = Src::Const(Value::Bool(true));
    if expr.generated || expr.negated {
        return plain(body, expr);
    }
    let value: Planned<Option<Src>> = match &expr.kind {
        ExprKind::Term(term) => {
            let mut value = Ok(None);
            body.mark(&expr.location);
            let planned = body.scoped(expr, |body| {
                value = body.evaluate(term).map(Some);
                Ok(())
            });
            planned.and(value)
        }
        ExprKind::Call(terms) if gives_value(terms, body.planner.scheme) => {
            let mut value = Ok(None);
            body.mark(&expr.location);
            let planned = body.scoped(expr, |body| {
                value = body.call_value(terms).map(Some);
                Ok(())
            });
            planned.and(value)
        }
        _ => return plain(body, expr),
    };
    match value {
        Ok(Some(value)) => {
            if strict {
                let (position, before) = (body.marked(), body.bound_names().len());
                if body.planner.scheme.watched {
                    body.mark(&expr.location);
                }
                body.truthy(value.clone());
                body.describe(position, before, expr, "_".to_owned());
            }
            value
        }
        Ok(None) => always,
        Err(_) => {
            body.fail();
            always
        }
    }
}

/// The text of an expression whose value is kept: OPA gives it to a variable.
fn captured_text(expr: &Expr, scheme: &Scheme) -> String {
    if !scheme.watched {
        return String::new();
    }
    let text = expr.to_string();
    match &expr.kind {
        _ if expr.generated || expr.negated => text,
        ExprKind::Term(_) => format!("{text} = _"),
        ExprKind::Call(terms) if gives_value(terms, scheme) => match text.strip_suffix(')') {
            Some(open) => format!("{open}, _)"),
            None => text,
        },
        _ => text,
    }
}

fn plain(body: &mut Body<'_, '_>, expr: &Expr) -> Src {
    if body.expr(expr).is_err() {
        body.fail();
    }
    Src::Const(Value::Bool(true))
}

/// Whether a call gives a value that it does not yet bind.
fn gives_value(terms: &[Term], scheme: &Scheme) -> bool {
    let Some((Term { kind: TermKind::Ref(operator), .. }, operands)) = terms.split_first() else {
        return false;
    };
    if super::term::head_name(operator).is_some_and(|name| name == "data") {
        let path: Option<Vec<Value>> = operator.iter().skip(1).map(super::term::constant).collect();
        let arity = path
            .and_then(|path| scheme.group_at(&path))
            .and_then(|group| scheme.info(group))
            .and_then(Info::arity);
        return arity == Some(operands.len());
    }
    let name = super::term::dotted(operator);
    if matches!(name.as_str(), "eq" | "assign" | "walk") {
        return false;
    }
    scheme.capabilities.builtins.get(name.as_str()).is_some_and(|declaration| {
        declaration.function.result.is_some() && declaration.function.args.len() == operands.len()
    })
}
