//! Bodies are put into an order in which every variable is bound before it is needed (OPA's
//! `reorderBodyForSafety`).
//!
//! Expressions come as early as they can and otherwise stay in their order. Where OPA does
//! something peculiar (an expression that closes over variables is judged by those alone; one that
//! equals another at its new place is dropped), so does this: the order decides about results.

use crate::names::VarSet;
use crate::order;
use crate::outputs;
use crate::tree::Arities;
use crate::vars::{self, Collector, Params};
use crate::walk::{self, Node};
use referee_rego_syntax::Location;
use referee_rego_syntax::ast::{Body, Expr, ExprKind, Term, TermKind};
use referee_rego_syntax::compare::compare_exprs;
use referee_rego_value::Str;
use std::collections::{BTreeSet, HashMap};

/// An expression's place, and the variables in it that nothing binds.
pub(crate) type Unsafe = (Location, VarSet);

/// From how many expressions on a body is large.
const LARGE: usize = 256;

/// An expression that waits for its place.
struct Waiting {
    expr: Option<Expr>,
    /// Its variables.
    vars: VarSet,
    /// Those that are not known to be bound.
    open: VarSet,
    /// Those that it closes over.
    closed: VarSet,
}

struct Reorder<'a> {
    arities: &'a Arities<'a>,
    waiting: Vec<Waiting>,
    safe: VarSet,
    /// See [`outputs::of_expr`].
    carried: VarSet,
    order: Vec<usize>,
    placed: Body,
    /// Whether an expression was placed though variables of it may not be bound.
    lossy: bool,
    /// Which expressions name a variable; made when it is needed.
    named: Option<HashMap<Str, Vec<usize>>>,
    /// Those that are to be looked at again.
    stale: BTreeSet<usize>,
}

/// Puts a body into order. What remains unsafe is the second part of the answer.
pub(crate) fn reorder(body: Body, globals: &VarSet, arities: &Arities<'_>) -> (Body, Vec<Unsafe>) {
    // Bodies are nested: little may stand on the stack while those within are put into order.
    let mut run = place(body, globals, arities);
    let mut unbound = run.unbound();
    run.closures(globals, &mut unbound);
    (std::mem::take(&mut run.placed), unbound)
}

/// Gives the expressions of a body their places.
fn place<'a>(body: Body, globals: &VarSet, arities: &'a Arities<'a>) -> Box<Reorder<'a>> {
    let params = Params::safety_with(arities);
    let mut all = VarSet::new();
    let mut waiting: Vec<Waiting> = Vec::with_capacity(body.len());
    for expr in body {
        let vars = vars::of_expr(&expr, params);
        all.extend(&vars);
        waiting.push(Waiting {
            expr: Some(expr),
            vars,
            open: VarSet::new(),
            closed: VarSet::new(),
        });
    }
    let safe = all.common(globals);
    for item in &mut waiting {
        item.open = item.vars.without(&safe);
        if let Some(expr) = &item.expr {
            item.closed = closed_over(expr);
            item.closed.retain(|name| all.contains(name) && !globals.contains(name));
        }
    }
    let mut run = Box::new(Reorder {
        arities,
        safe,
        carried: VarSet::new(),
        order: Vec::with_capacity(waiting.len()),
        placed: Vec::with_capacity(waiting.len()),
        waiting,
        lossy: false,
        named: None,
        stale: BTreeSet::new(),
    });
    run.place_all();
    run
}

impl Reorder<'_> {
    /// What has found no place.
    fn unbound(&mut self) -> Vec<Unsafe> {
        let mut unbound = Vec::new();
        for item in &mut self.waiting {
            if let Some(expr) = item.expr.take().filter(|_| !item.open.is_empty()) {
                unbound.push((expr.location, std::mem::take(&mut item.open)));
            }
        }
        unbound
    }

    fn place_all(&mut self) {
        let all = self.waiting.len();
        loop {
            let before = self.placed.len();
            for at in 0..all {
                self.consider(at);
            }
            if self.placed.len() == before || self.placed.len() == all {
                return;
            }
            if all >= LARGE {
                return self.place_rest();
            }
        }
    }

    /// The same for large bodies: an expression is looked at again only when a variable in it has
    /// been bound. OPA looks at all of them each time, which takes too long where there are many.
    fn place_rest(&mut self) {
        let mut named: HashMap<Str, Vec<usize>> = HashMap::new();
        for (at, item) in self.waiting.iter().enumerate() {
            if let Some(expr) = &item.expr {
                self.stale.insert(at);
                for name in vars::of_expr(expr, Params::ALL).iter() {
                    named.entry(name.clone()).or_default().push(at);
                }
            }
        }
        self.named = Some(named);
        loop {
            let before = self.placed.len();
            let mut next = self.stale.first().copied();
            while let Some(at) = next {
                self.stale.remove(&at);
                self.consider(at);
                next = self.stale.range(at..).next().copied();
            }
            if self.placed.len() == before {
                return;
            }
        }
    }

    fn consider(&mut self, at: usize) {
        let Some(item) = self.waiting.get_mut(at) else { return };
        let Some(expr) = &item.expr else { return };
        let place = usize::try_from(expr.index).unwrap_or(usize::MAX);
        if let Some(other) = self.placed.get(place)
            && compare_exprs(other, expr).is_eq()
        {
            return;
        }
        let bound = outputs::of_expr(expr, self.arities, &self.safe, &mut self.carried);
        if !item.closed.is_empty() {
            let mut missing = item.closed.clone();
            if self.lossy {
                let known = outputs::of_body(&self.placed, self.arities, &self.safe);
                missing = missing.without(&known);
            }
            if !missing.is_empty() {
                if missing.same(&bound) {
                    return;
                }
                item.open = missing;
            }
        }
        let safe = &self.safe;
        item.open.retain(|name| !bound.contains(name) && !safe.contains(name));
        if !item.open.is_empty() {
            return;
        }
        let Some(expr) = item.expr.take() else { return };
        for name in bound.iter() {
            if self.safe.insert(name)
                && let Some(named) = &self.named
            {
                self.stale.extend(named.get(name).into_iter().flatten());
            }
        }
        if let Some(item) = self.waiting.get(at) {
            self.lossy |= !item.closed.is_empty() && !item.vars.within(&self.safe);
        }
        self.order.push(at);
        crate::make::push(&mut self.placed, expr);
    }

    /// Puts the bodies in the expressions into order. They close over what stands before them.
    fn closures(&mut self, globals: &VarSet, unbound: &mut Vec<Unsafe>) {
        if !self.placed.iter().any(has_body) {
            return;
        }
        let mut known = globals.clone();
        let mut before: Option<usize> = None;
        for (expr, at) in self.placed.iter_mut().zip(&self.order) {
            let vars = before.and_then(|at| self.waiting.get(at)).map(|item| &item.vars);
            vars.iter().for_each(|vars| known.extend(vars));
            let mut inner = Inner {
                arities: self.arities,
                globals: &mut known,
                missing: VarSet::new(),
                unbound,
            };
            inner.expr(expr);
            let missing = inner.missing;
            if !missing.is_empty() {
                unbound.push((expr.location.clone(), missing));
            }
            before = Some(*at);
        }
    }
}

fn is_body_term(term: &Term) -> bool {
    walk::is_comprehension(term)
}

/// Whether there are bodies in an expression.
fn has_body(expr: &Expr) -> bool {
    let mut found = false;
    walk::expr(expr, &mut |node| {
        found = found
            || match node {
                Node::Term(term) => is_body_term(term),
                Node::Statement(_) => true,
                _ => false,
            };
        found
    });
    found
}

/// The variables in the bodies in an expression.
fn closed_over(expr: &Expr) -> VarSet {
    let mut found = VarSet::new();
    walk::expr(expr, &mut |node| {
        let mut collector = Collector::new(Params::ALL, &mut found);
        match node {
            Node::Term(term) if is_body_term(term) => collector.term(term),
            Node::Statement(ExprKind::Every(every)) => collector.body(&every.body),
            Node::Statement(ExprKind::And(both) | ExprKind::Or(both)) => {
                collector.body(&both.lhs);
                collector.body(&both.rhs);
            }
            Node::Statement(ExprKind::Not(not)) => collector.body(&not.body),
            _ => return false,
        }
        true
    });
    found
}

/// The bodies in an expression.
struct Inner<'a> {
    arities: &'a Arities<'a>,
    globals: &'a mut VarSet,
    /// What the expression itself lacks: variables that are collected and nowhere bound.
    missing: VarSet,
    unbound: &'a mut Vec<Unsafe>,
}

impl Inner<'_> {
    fn body(&mut self, body: &mut Body, collected: &VarSet) {
        if !collected.is_empty() {
            let known = vars::of_body(body, Params::safety_with(self.arities));
            let globals = &*self.globals;
            let lacking = collected.iter();
            let lacking = lacking.filter(|name| !known.contains(name) && !globals.contains(name));
            lacking.for_each(|name| {
                self.missing.insert(name);
            });
        }
        let (ordered, unbound) = reorder(std::mem::take(body), self.globals, self.arities);
        *body = ordered;
        self.unbound.extend(unbound);
    }

    fn expr(&mut self, expr: &mut Expr) {
        let nothing = VarSet::new();
        match &mut expr.kind {
            ExprKind::Every(every) => {
                let mut collector = Collector::new(Params::ALL, self.globals);
                every.key.iter().for_each(|key| collector.term(key));
                collector.term(&every.value);
                return self.body(&mut every.body, &nothing);
            }
            ExprKind::Not(not) => return self.body(&mut not.body, &nothing),
            ExprKind::And(both) | ExprKind::Or(both) => {
                self.body(&mut both.lhs, &nothing);
                return self.body(&mut both.rhs, &nothing);
            }
            ExprKind::Term(term) => self.term(term),
            ExprKind::Call(terms) => terms.iter_mut().for_each(|term| self.term(term)),
            ExprKind::Some(some) => some.symbols.iter_mut().for_each(|term| self.term(term)),
        }
        for with in &mut expr.with {
            self.term(&mut with.target);
            self.term(&mut with.value);
        }
    }

    fn term(&mut self, term: &mut Term) {
        match &mut term.kind {
            TermKind::Ref(terms) | TermKind::Array(terms) | TermKind::Call(terms) => {
                terms.iter_mut().for_each(|term| self.term(term));
            }
            TermKind::Set(terms) => {
                terms.iter_mut().for_each(|term| self.term(term));
                order::normalize_set(terms);
            }
            TermKind::Object(members) => {
                for (key, value) in members.iter_mut() {
                    self.term(key);
                    self.term(value);
                }
                order::normalize_object(members);
            }
            TermKind::ArrayComprehension(found) | TermKind::SetComprehension(found) => {
                let collected = vars::of_term(&found.term, Params::ALL);
                self.body(&mut found.body, &collected);
            }
            TermKind::ObjectComprehension(found) => {
                let mut collected = vars::of_term(&found.key, Params::ALL);
                collected.extend(&vars::of_term(&found.value, Params::ALL));
                self.body(&mut found.body, &collected);
            }
            _ => {}
        }
    }
}
