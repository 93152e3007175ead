//! Which variables expressions bind (OPA's `outputVarsForBody` and what it calls,
//! `unsafeImplicitBodyVars`).

use crate::names::{VarSet, calls, operator};
use crate::tree::Arities;
use crate::unify::{Bound, unify};
use crate::vars::{self, Collector, Params};
use crate::walk::{self, Node, is_comprehension};
use referee_rego_syntax::ast::{Expr, ExprKind, Term, TermKind};
use referee_rego_syntax::inspect::is_ground_ref;
use referee_rego_value::Str;
use std::collections::HashMap;

/// What a body binds, beyond what is bound already.
pub(crate) fn of_body(body: &[Expr], arities: &Arities<'_>, safe: &VarSet) -> VarSet {
    let mut known = safe.clone();
    let mut carried = VarSet::new();
    for expr in body {
        let found = of_expr(expr, arities, &known, &mut carried);
        known.extend(&found);
    }
    known.without(safe)
}

/// What an expression binds where some variables are bound already.
///
/// OPA uses one set for all expressions of a body and does not always empty it: an equality after
/// a call takes the outputs of that call for bound, even where the call has not found its place
/// yet. Orders depend on it, so `carried` does the same.
pub(crate) fn of_expr(
    expr: &Expr,
    arities: &Arities<'_>,
    safe: &VarSet,
    carried: &mut VarSet,
) -> VarSet {
    if expr.negated || matches!(expr.kind, ExprKind::Not(_)) {
        return VarSet::new();
    }
    if !expr.with.is_empty() {
        let mut found = VarSet::new();
        for with in &expr.with {
            found.clear();
            Collector::new(Params::SAFETY, &mut found).with(with);
            if !found.within(safe) {
                return VarSet::new();
            }
        }
    }
    match &expr.kind {
        ExprKind::Term(_) => {
            let mut found = VarSet::new();
            walk::expr(expr, &mut |node| refs(node, safe, &mut found));
            found
        }
        ExprKind::Call(items) if calls(items, "eq") => of_equality(expr, items, safe, carried),
        ExprKind::Call(items) => match operator(items).and_then(|parts| arities.of(parts)) {
            Some(arity) => of_call(expr, items, arity, safe, carried),
            None => VarSet::new(),
        },
        ExprKind::Every(every) => {
            walk::term(&every.domain, &mut |node| refs(node, safe, carried));
            carried.clone()
        }
        ExprKind::Some(_) | ExprKind::And(_) | ExprKind::Or(_) | ExprKind::Not(_) => VarSet::new(),
    }
}

/// What an equality binds.
pub(crate) fn of_equality(
    expr: &Expr,
    items: &[Term],
    safe: &VarSet,
    carried: &mut VarSet,
) -> VarSet {
    let [_, left, right] = items else { return safe.clone() };
    let mut bound = Bound::new(safe);
    walk::expr(expr, &mut |node| refs(node, safe, carried));
    bound.further = std::mem::take(carried);
    if expr.from_assignment {
        // What is assigned is not known from what stands on the other side.
        bound.except = vars::of_term(left, Params::ALL);
        let except = &bound.except;
        bound.further.retain(|name| !except.contains(name));
    }
    let found = unify(&bound, left, right);
    bound.further.extend(&found);
    bound.further.without(safe)
}

fn of_call(
    expr: &Expr,
    items: &[Term],
    arity: usize,
    safe: &VarSet,
    carried: &mut VarSet,
) -> VarSet {
    carried.clear();
    walk::expr(expr, &mut |node| refs(node, safe, carried));
    let Some((inputs, outputs)) = items.split_at_checked(arity.saturating_add(1)) else {
        return carried.clone();
    };
    if outputs.is_empty() {
        return carried.clone();
    }
    let mut needed = VarSet::new();
    Collector::new(Params::OUTPUT, &mut needed).terms(inputs);
    if needed.iter().any(|name| !carried.contains(name) && !safe.contains(name)) {
        return VarSet::new();
    }
    Collector::new(Params::OUTPUT, carried).terms(outputs);
    carried.clone()
}

/// The variables in references whose heads are known: looking into a document binds them.
fn refs(node: Node<'_>, safe: &VarSet, found: &mut VarSet) -> bool {
    match node {
        Node::Term(Term { kind: TermKind::Ref(parts), .. }) => {
            if !Bound::new(safe).contains_head(parts) {
                return true;
            }
            if !is_ground_ref(parts) {
                let params = Params { ref_head: true, ..Params::ALL };
                let mut collector = Collector::new(params, found);
                parts.iter().skip(1).for_each(|part| collector.term(part));
            }
            false
        }
        Node::Term(term) => {
            is_comprehension(term) || matches!(term.kind, TermKind::TemplateString(_))
        }
        _ => false,
    }
}

/// What a body without braces of `not`, `and`, `or` needs from outside: all of a single
/// expression; of several, what they do not bind for one another.
pub(crate) fn implicit_body_vars(body: &[Expr], arities: &Arities<'_>) -> VarSet {
    if let [only] = body {
        return vars::of_expr(only, Params::SAFETY);
    }
    let mut all = VarSet::new();
    let mut times: HashMap<Str, usize> = HashMap::new();
    let mut bound = VarSet::new();
    let nothing = VarSet::new();
    for expr in body {
        for name in vars::of_expr(expr, Params::SAFETY).iter() {
            all.insert(name);
            *times.entry(name.clone()).or_default() += 1;
        }
        let ExprKind::Call(items) = &expr.kind else { continue };
        if calls(items, "eq") {
            bound.extend(&of_equality(expr, items, &nothing, &mut VarSet::new()));
        } else if let Some(arity) = operator(items).and_then(|parts| arities.of(parts)) {
            let outputs = items.get(arity.saturating_add(1)..).unwrap_or_default();
            Collector::new(Params::OUTPUT, &mut bound).terms(outputs);
        }
    }
    all.retain(|name| !bound.contains(name) || times.get(name) == Some(&1));
    all
}
