//! Copy propagation: variables that only pass something on are taken out of a body (OPA's
//! `v1/topdown/copypropagation`).
//!
//! `input.x = a; a > 1` becomes `input.x > 1`. What is taken out is put back where nothing else
//! would demand that it is defined, or bind what it binds.

mod plug;
mod sets;

use crate::convert::{indexed, placed, truth, variable};
use plug::Plug;
use referee_rego_compile::Compiled;
use referee_rego_syntax::Location;
use referee_rego_syntax::ast::{Body, Expr, ExprKind, Head, TemplatePart, Term, TermKind};
use referee_rego_syntax::compare::compare_terms;
use referee_rego_value::Str;
use sets::Sets;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) use referee_rego_compile::open_vars_of_body as safety_vars;
pub(crate) use referee_rego_compile::vars_of_body as all_vars;

/// The variables of a head that its body must bind.
pub(crate) fn head_vars(head: &Head) -> BTreeSet<Str> {
    let terms = head.args.iter().flatten().chain(&head.key).chain(&head.value);
    let terms = terms.chain(head.reference.iter().skip(1));
    terms.flat_map(referee_rego_compile::vars_of_term).collect()
}

/// Whether there is a reference or a call in a term, or it is one.
pub(crate) fn any_ref_or_call(term: &Term) -> bool {
    any(term, true, &mut |term| matches!(term.kind, TermKind::Ref(_) | TermKind::Call(_)))
}

/// A propagation.
#[derive(Debug)]
pub(crate) struct Propagation<'p> {
    compiled: &'p Compiled,
    /// Variables that must stay.
    live: BTreeSet<Str>,
    /// Whether a body without expressions becomes `true`.
    never_empty: bool,
}

/// How many nodes of the tree what stands for one variable may have. Calls that are put into calls
/// grow without end: a body in which they would keeps its variables.
const MAX_PUT_IN: usize = 4_096;

/// How deep it may be nested.
const MAX_PUT_IN_DEPTH: usize = 64;

/// What is known in the middle of a body.
#[derive(Debug, Default)]
struct State {
    /// Whether something has grown too large.
    overgrown: bool,
    sets: Sets,
    /// What variables were made equal to by expressions that were taken out.
    removed: BTreeMap<Str, TermKind>,
    /// Variables that are looked into.
    heads: BTreeSet<Str>,
    /// Names that were made to keep a reference demanded.
    placeholders: usize,
}

impl State {
    /// Notes what a variable was made equal to by an expression that is taken out.
    fn remove(&mut self, name: Str, kind: TermKind) {
        let mut nodes = 0_usize;
        any(&placed(kind.clone()), true, &mut |_| {
            nodes = nodes.saturating_add(1);
            nodes > MAX_PUT_IN
        });
        self.overgrown |= nodes > MAX_PUT_IN || calls_deep(&kind) > MAX_PUT_IN_DEPTH;
        self.removed.insert(name, kind);
    }
}

/// How deep calls and references stand in one another.
fn calls_deep(kind: &TermKind) -> usize {
    match kind {
        TermKind::Call(items) | TermKind::Ref(items) | TermKind::Array(items) => {
            items.iter().map(|item| calls_deep(&item.kind)).max().unwrap_or(0).saturating_add(1)
        }
        _ => 0,
    }
}

fn equality(a: Term, b: Term) -> Expr {
    let operator = placed(TermKind::Ref(vec![variable(&Str::new_static("eq"))]));
    Expr::new(ExprKind::Call(vec![operator, a, b]), Location::NONE)
}

/// The two sides of an equality.
fn sides(expr: &Expr) -> Option<(&Term, &Term)> {
    match &expr.kind {
        ExprKind::Call(terms) if expr.global_operator() == Some("eq") => match terms.as_slice() {
            [_, a, b] => Some((a, b)),
            _ => None,
        },
        _ => None,
    }
}

fn var(term: &Term) -> Option<&Str> {
    if let TermKind::Var(name) = &term.kind { Some(name) } else { None }
}

/// Whether a term means the same always.
fn is_constant(term: &Term) -> bool {
    !any(term, true, &mut |term| {
        matches!(
            term.kind,
            TermKind::Var(_)
                | TermKind::Ref(_)
                | TermKind::Call(_)
                | TermKind::ArrayComprehension(_)
                | TermKind::ObjectComprehension(_)
                | TermKind::SetComprehension(_)
        )
    })
}

fn is_negated(expr: &Expr) -> bool {
    expr.negated || matches!(expr.kind, ExprKind::Not(_))
}

impl<'p> Propagation<'p> {
    /// A propagation that keeps some variables.
    pub(crate) fn new(compiled: &'p Compiled, live: BTreeSet<Str>, never_empty: bool) -> Self {
        Self { compiled, live, never_empty }
    }

    /// The body without variables that only pass something on.
    pub(crate) fn apply(&self, query: Body) -> Body {
        let Some(sets) = Sets::of(&self.live, &query) else { return query };
        let mut state = State { sets, ..State::default() };
        for expr in &query {
            heads_in(expr, &mut |name| match state.sets.find(name) {
                Some(root) => {
                    state.sets.forget_constant(&root);
                    state.heads.insert(root);
                }
                None => {
                    state.heads.insert(name.clone());
                }
            });
        }
        let mut result = Body::new();
        for expr in &query {
            let negated = is_negated(expr);
            let mut expr = expr.clone();
            Plug { sets: &state.sets, removed: &state.removed, negated }.expr(&mut expr);
            if let ExprKind::Not(not) = &mut expr.kind {
                let live = self.live_inside(&state, &not.body);
                let body = std::mem::take(&mut not.body);
                not.body = Self::new(self.compiled, live, true).apply(body);
            }
            if self.stays(&mut state, &expr) {
                result.push(expr);
            }
            if state.overgrown {
                return query;
            }
        }
        self.bind_live(&state, &mut result);
        if !self.put_back(&state, &mut result) {
            // Nothing is left out rather than a variable unbound.
            return query;
        }
        if self.never_empty && result.is_empty() {
            result.push(truth());
        }
        indexed(result)
    }

    /// The variables of the body of a `not` that are known outside.
    fn live_inside(&self, state: &State, body: &Body) -> BTreeSet<Str> {
        let known = |name: &Str| {
            self.live.contains(name)
                || state.sets.find(name).is_some()
                || state.removed.contains_key(name)
        };
        safety_vars(body).into_iter().filter(known).collect()
    }

    /// Whether an expression stays; where not, what it says is noted.
    fn stays(&self, state: &mut State, expr: &Expr) -> bool {
        if is_negated(expr) || !expr.with.is_empty() {
            return true;
        }
        if let Some((a, b)) = sides(expr) {
            if compare_terms(a, b).is_eq() {
                if self.is_live_ref(a) {
                    let name = Str::from(format!("__localcp{}__", state.placeholders));
                    state.placeholders = state.placeholders.saturating_add(1);
                    state.remove(name, a.kind.clone());
                }
                return false;
            }
            if let Some((name, kind)) = self.passes_on(a, b).or_else(|| self.passes_on(b, a)) {
                state.remove(name, kind);
                return false;
            }
            return true;
        }
        match &expr.kind {
            ExprKind::Call(terms) => {
                let operator = terms.first().map(|operator| &operator.kind);
                let Some(TermKind::Ref(operator)) = operator else { return true };
                if self.compiled.arity(operator) == terms.len().checked_sub(2)
                    && let Some((output, call)) = terms.split_last()
                    && let Some(name) = var(output)
                    && !self.live.contains(name)
                    && !state.heads.contains(name)
                {
                    state.remove(name.clone(), TermKind::Call(call.to_vec()));
                    return false;
                }
                match (expr.global_operator(), terms.as_slice()) {
                    (Some("equal"), [_, a, b, ..]) => compare_terms(a, b).is_ne(),
                    _ => true,
                }
            }
            ExprKind::Term(term) => {
                !is_constant(term) || matches!(term.kind, TermKind::Bool(false))
            }
            _ => true,
        }
    }

    fn is_live_ref(&self, term: &Term) -> bool {
        match &term.kind {
            TermKind::Ref(parts) => {
                parts.first().and_then(var).is_some_and(|head| self.live.contains(head))
            }
            _ => false,
        }
    }

    /// What an equality says of a variable that need not stay.
    fn passes_on(&self, a: &Term, b: &Term) -> Option<(Str, TermKind)> {
        let name = var(a).filter(|name| !self.live.contains(*name))?;
        let kind =
            matches!(b.kind, TermKind::Ref(_) | TermKind::Call(_)).then(|| b.kind.clone())?;
        Some((name.clone(), kind))
    }

    /// Binds the variables that must stay.
    fn bind_live(&self, state: &State, result: &mut Body) {
        for name in &self.live {
            let Some(root) = state.sets.find(name) else { continue };
            let value = match (state.sets.constant(&root), state.removed.get(&root)) {
                (Some(constant), _) => constant.clone(),
                (None, Some(kind)) => placed(kind.clone()),
                (None, None) if root != *name => variable(&root),
                (None, None) => continue,
            };
            result.push(equality(variable(name), value));
        }
    }

    /// Puts back what was taken out where nothing else demands it; whether all variables are
    /// bound then.
    fn put_back(&self, state: &State, result: &mut Body) -> bool {
        let mut safe = self.live.clone();
        safe.extend([Str::new_static("data"), Str::new_static("input")]);
        safe.extend(self.compiled.outputs_of_body(result, &safe));
        let mut open: BTreeSet<Str> = self.compiled.needed_vars(result);
        open.retain(|name| !safe.contains(name));
        for (name, kind) in state.removed.iter().rev() {
            let expr = equality(variable(name), placed(kind.clone()));
            let outputs = self.compiled.outputs_of_expr(&expr, &safe);
            let before = open.len();
            open.retain(|name| !outputs.contains(name));
            let binds = open.len() < before;
            let known = match kind {
                TermKind::Ref(parts) => match parts.as_slice() {
                    [only] => var(only).is_some_and(|name| safe.contains(name)),
                    _ => false,
                },
                _ => false,
            };
            if binds || (!known && !contained(kind, result)) {
                let bare = name.starts_with("__localcp") && matches!(kind, TermKind::Ref(_));
                result.push(match bare {
                    true => Expr::new(ExprKind::Term(placed(kind.clone())), Location::NONE),
                    false => expr,
                });
                safe.extend(outputs);
            }
        }
        open.is_empty()
    }
}

/// Whether something stands in a body; what stands in closures does not count.
fn contained(wanted: &TermKind, body: &Body) -> bool {
    let mut same = |term: &Term| match (&term.kind, wanted) {
        (TermKind::Ref(parts), TermKind::Ref(prefix)) => {
            parts.len() >= prefix.len()
                && parts.iter().zip(prefix).all(|(a, b)| compare_terms(a, b).is_eq())
        }
        (kind, wanted) => referee_rego_syntax::compare::compare_kinds(kind, wanted).is_eq(),
    };
    body.iter().any(|expr| any_in_expr(expr, false, &mut same))
}

/// The heads of all references of an expression.
fn heads_in(expr: &Expr, note: &mut dyn FnMut(&Str)) {
    any_in_expr(expr, true, &mut |term| {
        if let TermKind::Ref(parts) = &term.kind
            && let Some(head) = parts.first().and_then(var)
        {
            note(head);
        }
        false
    });
}

/// Whether something holds of a term or of one in it; `closures`: of those in comprehensions, too.
fn any(term: &Term, closures: bool, test: &mut dyn FnMut(&Term) -> bool) -> bool {
    if test(term) {
        return true;
    }
    match &term.kind {
        TermKind::Ref(items)
        | TermKind::Array(items)
        | TermKind::Set(items)
        | TermKind::Call(items) => items.iter().any(|item| any(item, closures, test)),
        TermKind::Object(members) => members
            .iter()
            .any(|(key, value)| any(key, closures, test) || any(value, closures, test)),
        TermKind::ArrayComprehension(inner) | TermKind::SetComprehension(inner) if closures => {
            any(&inner.term, closures, test)
                || inner.body.iter().any(|expr| any_in_expr(expr, closures, test))
        }
        TermKind::ObjectComprehension(inner) if closures => {
            any(&inner.key, closures, test)
                || any(&inner.value, closures, test)
                || inner.body.iter().any(|expr| any_in_expr(expr, closures, test))
        }
        TermKind::TemplateString(template) => template.parts.iter().any(|part| match part {
            TemplatePart::Term(term) => any(term, closures, test),
            TemplatePart::Expr(expr) => any_in_expr(expr, closures, test),
        }),
        _ => false,
    }
}

/// The same of the terms of an expression; `closures`: also of those in the body of `every`.
fn any_in_expr(expr: &Expr, closures: bool, test: &mut dyn FnMut(&Term) -> bool) -> bool {
    let found = match &expr.kind {
        ExprKind::Term(term) => any(term, closures, test),
        ExprKind::Call(terms) => terms.iter().any(|term| any(term, closures, test)),
        ExprKind::Some(some) => some.symbols.iter().any(|term| any(term, closures, test)),
        ExprKind::Every(every) => {
            every.key.iter().chain([&every.value, &every.domain]).any(|it| any(it, closures, test))
                || (closures && every.body.iter().any(|expr| any_in_expr(expr, closures, test)))
        }
        ExprKind::Not(not) => not.body.iter().any(|expr| any_in_expr(expr, closures, test)),
        ExprKind::And(both) | ExprKind::Or(both) => {
            both.lhs.iter().chain(&both.rhs).any(|expr| any_in_expr(expr, closures, test))
        }
    };
    found
        || expr
            .with
            .iter()
            .any(|with| any(&with.target, closures, test) || any(&with.value, closures, test))
}
