//! Negation: what is left over of the body is turned round where that can be done in place, and
//! kept as support otherwise (OPA's `evalNotPartial`).

use crate::convert;
use crate::machine::{Eval, Frame, Machine, Next};
use crate::propagate::{self, Propagation};
use crate::save::Saved;
use crate::term::{Body, Expr, Kind, Term};
use crate::trail::StepOp;
use referee_rego_builtin::Cancelled;
use referee_rego_syntax::Location;
use referee_rego_syntax::ast::{self, ExprKind, TermKind};
use referee_rego_value::{Str, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How many combinations of what is left over are turned round in place: OPA's
/// `maxInlineNegationSize`.
const MAX_INLINED: usize = 16;

/// How deep `not { … }` may stand in one another in what is left.
const MAX_NOTS: usize = 64;

/// How an expression is turned round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// By `not` before it, or without that.
    Flag,
    /// By `not { … }`, the body of one standing for itself.
    Body,
}

impl<'a, 'c> Machine<'a, 'c> {
    /// Evaluates a negated expression.
    pub(crate) fn negation(
        &mut self,
        f: &Frame,
        expr: &Arc<Expr>,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let plain = Expr { negated: !expr.negated, with: Vec::new(), ..Expr::clone(expr) };
        let body: Body = [Arc::new(plain)].into();
        if self.unknown_expr(expr, f.scope) {
            let turn = if matches!(expr.kind, Kind::Not(..)) { Turn::Body } else { Turn::Flag };
            return self.negation_partial(f, expr, body, (turn, false), then);
        }
        let child = self.closure(f, body);
        if self.holds(&child)? { self.tell(f, StepOp::Fail, expr) } else { then(self) }
    }

    /// Evaluates `not { … }` of which something is left over.
    pub(crate) fn not_body_partial(
        &mut self,
        f: &Frame,
        expr: &Expr,
        (body, explicit): (&Body, bool),
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        if !explicit || self.settings.shallow_inlining {
            return self.negation_partial(f, expr, Arc::clone(body), (Turn::Body, true), then);
        }
        let child = self.closure(f, Arc::clone(body));
        let mut bodies = self.remains(&child, None)?;
        if bodies.is_empty() {
            return then(self);
        }
        if bodies.iter().any(|body| nots_deep(body) >= MAX_NOTS) {
            return Err(Cancelled::Depth.into());
        }
        let exprs = bodies.drain(..).map(|body| {
            let body = ast::NotBody { body, explicit: true, location: Location::NONE };
            ast::Expr::new(ExprKind::Not(Box::new(body)), Location::NONE)
        });
        let exprs = exprs.collect();
        self.save_turned(f, exprs, then)
    }

    /// What is left over of a body, for each way in which it may hold.
    fn remains(&mut self, child: &Frame, unknowns: Option<&BTreeSet<Str>>) -> Eval<Vec<ast::Body>> {
        let mut bodies = Vec::new();
        self.saved.push(Vec::new());
        self.run(child, &mut |machine| {
            let body = machine.saved_body()?;
            if !machine.rules.compiled.passes_type_check(&body) {
                return Ok(());
            }
            let compiled = &machine.rules.compiled;
            bodies.push(match unknowns {
                Some(live) => Propagation::new(compiled, live.clone(), true).apply(body),
                None => body,
            });
            Ok(())
        })?;
        self.saved.pop();
        Ok(bodies)
    }

    fn negation_partial(
        &mut self,
        f: &Frame,
        expr: &Expr,
        body: Body,
        (turn, support_in_body): (Turn, bool),
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let child = self.closure(f, body);
        let unknowns = self.saved_vars()?;
        let simplify = (!self.settings.shallow_inlining).then_some(&unknowns);
        let bodies = self.remains(&child, simplify)?;
        if bodies.is_empty() {
            return then(self);
        }
        if !can_turn(&unknowns, &bodies) {
            let id = child.id;
            return self.negation_support(f, (expr, id, support_in_body), unknowns, bodies, then);
        }
        self.turn_all(f, (&bodies, turn), &mut Vec::new(), then)
    }

    /// Each choice of one expression of each body, turned round.
    fn turn_all(
        &mut self,
        f: &Frame,
        (bodies, turn): (&[ast::Body], Turn),
        chosen: &mut Vec<ast::Expr>,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let Some((body, rest)) = bodies.split_first() else {
            return self.save_turned(f, chosen.clone(), then);
        };
        for expr in body {
            let mark = chosen.len();
            chosen.extend(turned(expr, turn));
            self.turn_all(f, (rest, turn), chosen, then)?;
            chosen.truncate(mark);
        }
        Ok(())
    }

    /// Puts aside what has been turned round, with the `with` of the expression it comes of.
    fn save_turned(
        &mut self,
        f: &Frame,
        exprs: Vec<ast::Expr>,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let mut with = Vec::new();
        if let Some(met) = f.expr().cloned() {
            for one in &met.with {
                if self.replaces_function(&one.target) {
                    continue;
                }
                let value = self.plug_out(&one.value, f.scope)?;
                self.measure(&value)?;
                with.push(convert::written_with(&crate::term::With {
                    target: one.target.clone(),
                    value,
                }));
            }
        }
        let count = exprs.len();
        self.context.reserve(count.saturating_mul(512))?;
        for expr in exprs {
            // What stood there with a `with` of its own keeps it; OPA drops that.
            let with = with.iter().chain(&expr.with).cloned().collect();
            let expr = ast::Expr { with, ..expr };
            let saved = Saved::Done(expr);
            self.tell_saved(f, &saved)?;
            if let Some(query) = self.saved.last_mut() {
                query.push(saved);
            }
        }
        then(self)?;
        if let Some(query) = self.saved.last_mut() {
            query.truncate(query.len().saturating_sub(count));
        }
        Ok(())
    }

    /// Keeps what is left over as support, and asks whether it does not hold.
    fn negation_support(
        &mut self,
        f: &Frame,
        (expr, id, in_body): (&Expr, u64, bool),
        unknowns: BTreeSet<Str>,
        bodies: Vec<ast::Body>,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let name = Str::from(format!("__not{}_{}_{id}__", f.id, f.index.get()));
        let path = [
            Term::Var(Str::new_static("data")),
            Term::Value(Value::from(self.settings.namespace)),
            Term::Value(Value::String(name.clone())),
        ];
        let used = bodies.iter().flat_map(|body| propagate::all_vars(body));
        let used: BTreeSet<Str> = used.collect();
        let args: Vec<ast::Term> =
            unknowns.iter().filter(|name| used.contains(*name)).map(convert::variable).collect();
        let truth = convert::placed(TermKind::Bool(true));
        for body in bodies {
            let head = ast::Head {
                name: name.clone(),
                reference: vec![convert::variable(&name)],
                args: (!args.is_empty()).then(|| args.clone()),
                value: Some(truth.clone()),
                ..ast::Head::default()
            };
            let package = path.get(..2).unwrap_or_default();
            self.keep_support(package, (head, false), body, false)?;
        }
        let term = convert::written(&Term::Ref(path.into()));
        let kind = if args.is_empty() {
            ExprKind::Term(term)
        } else {
            ExprKind::Call(std::iter::once(term).chain(args).collect())
        };
        let expr = if in_body {
            let body = vec![ast::Expr::new(kind, Location::NONE)];
            let not = ast::NotBody { body, explicit: false, location: Location::NONE };
            ast::Expr::new(ExprKind::Not(Box::new(not)), Location::NONE)
        } else {
            ast::Expr {
                negated: expr.negated,
                generated: expr.generated,
                ..ast::Expr::new(kind, Location::NONE)
            }
        };
        self.save_turned(f, vec![expr], then)
    }
}

/// How deep `not { … }` stand in one another.
fn nots_deep(body: &ast::Body) -> usize {
    let deep = |expr: &ast::Expr| match &expr.kind {
        ExprKind::Not(not) => nots_deep(&not.body).saturating_add(1),
        _ => 0,
    };
    body.iter().map(deep).max().unwrap_or(0)
}

/// An expression turned round.
fn turned(expr: &ast::Expr, turn: Turn) -> Vec<ast::Expr> {
    if turn == Turn::Flag || expr.negated {
        return vec![ast::Expr { negated: !expr.negated, ..expr.clone() }];
    }
    if let ExprKind::Not(not) = &expr.kind {
        let inner = not.body.iter().map(|inner| {
            let with = inner.with.iter().chain(&expr.with).cloned().collect();
            ast::Expr { with, ..inner.clone() }
        });
        return inner.collect();
    }
    let body = convert::indexed(vec![expr.clone()]);
    let not = ast::NotBody { body, explicit: false, location: Location::NONE };
    vec![ast::Expr::new(ExprKind::Not(Box::new(not)), Location::NONE)]
}

/// Whether bodies can be turned round in place: there are few combinations, nothing in them means
/// something else inside out, and no variable would lose what binds it.
fn can_turn(safe: &BTreeSet<Str>, bodies: &[ast::Body]) -> bool {
    let mut size = 1_usize;
    for body in bodies {
        size = size.saturating_mul(body.len());
        if size > MAX_INLINED {
            return false;
        }
        for expr in body {
            if expr_nests(expr) {
                return false;
            }
            let negative = expr.negated || matches!(expr.kind, ExprKind::Not(_));
            if !negative {
                let vars = propagate::safety_vars(std::slice::from_ref(expr));
                let free = |name: &Str| !safe.contains(name) && !crate::term::is_root(name);
                if vars.iter().any(free) {
                    return false;
                }
            }
        }
    }
    true
}

/// Whether there are references or calls inside the terms of an expression.
fn expr_nests(expr: &ast::Expr) -> bool {
    match &expr.kind {
        ExprKind::Call(terms) if expr.global_operator() == Some("eq") => {
            terms.iter().skip(1).any(term_nests)
        }
        ExprKind::Call(terms) => terms.iter().skip(1).any(propagate::any_ref_or_call),
        ExprKind::Not(not) => not.body.iter().any(expr_nests),
        ExprKind::And(sides) | ExprKind::Or(sides) => {
            sides.lhs.iter().chain(&sides.rhs).any(expr_nests)
        }
        ExprKind::Term(term) => term_nests(term),
        // What OPA cannot turn round it does not turn round.
        ExprKind::Every(_) | ExprKind::Some(_) => true,
    }
}

fn term_nests(term: &ast::Term) -> bool {
    match &term.kind {
        TermKind::Ref(parts) => parts.iter().skip(1).any(propagate::any_ref_or_call),
        _ => propagate::any_ref_or_call(term),
    }
}
