//! What is unknown, and what is put aside because of it (OPA's `v1/topdown/save.go`).

use crate::convert;
use crate::instruments::Timed;
use crate::machine::{Eval, Frame, Machine, Next};
use crate::scopes::{NOWHERE, Scope};
use crate::term::{Expr, Kind, Term, has_prefix, is_named};
use referee_rego_syntax::ast;
use referee_rego_value::Str;
use std::collections::BTreeSet;
use std::sync::Arc;

/// References and variables that are unknown.
#[derive(Debug, Default)]
pub(crate) struct Unknown {
    /// Documents, and all above and below them.
    pub(crate) refs: Vec<Arc<[Term]>>,
    /// Variables of one list.
    pub(crate) vars: Vec<Str>,
    /// Their list.
    pub(crate) at: Scope,
}

impl Default for Scope {
    fn default() -> Self {
        NOWHERE
    }
}

impl Unknown {
    fn var(&self, term: &Term, at: Scope) -> bool {
        matches!(term, Term::Var(name) if at == self.at && self.vars.contains(name))
    }

    fn contains(&self, term: &Term, at: Scope) -> bool {
        match term {
            Term::Var(_) => self.var(term, at),
            Term::Ref(parts) => self.reference(parts, at),
            _ => false,
        }
    }

    fn reference(&self, parts: &[Term], at: Scope) -> bool {
        self.refs.iter().any(|found| has_prefix(found, parts) || has_prefix(parts, found))
            || parts.first().is_some_and(|head| self.var(head, at))
    }
}

/// An expression that was put aside.
#[derive(Clone, Debug)]
pub(crate) enum Saved {
    /// As it was met: what its variables stand for is put in when the body is complete. Of an
    /// equality each side has a list of its own.
    Open(Arc<Expr>, Scope, Scope),
    /// As it stays.
    Done(ast::Expr),
}

impl<'a, 'c> Machine<'a, 'c> {
    /// Whether a variable or reference is unknown.
    pub(crate) fn is_saved(&self, term: &Term, at: Scope) -> bool {
        let started = self.begun().filter(|_| !self.whole);
        let found = self.unknowns.iter().rev().any(|unknown| unknown.contains(term, at));
        self.timed(Timed::SaveSetContains, started);
        found
    }

    /// The same of the parts of a reference.
    pub(crate) fn is_saved_ref(&self, parts: &[Term], at: Scope) -> bool {
        self.unknowns.iter().rev().any(|unknown| unknown.reference(parts, at))
    }

    /// Whether there is a variable in a term that leads to something unknown.
    pub(crate) fn is_saved_within(&self, term: &Term, at: Scope) -> bool {
        if self.whole {
            return false;
        }
        let mut found = BTreeSet::new();
        crate::scopes::vars_of(term, &mut found);
        found.into_iter().any(|name| self.leads_to_saved(&Term::Var(name), at))
    }

    fn leads_to_saved(&self, var: &Term, at: Scope) -> bool {
        let (term, of) = self.apply(var, at);
        if matches!(term, Term::Var(_)) {
            return self.is_saved(&term, of);
        }
        self.is_saved_within(&term, of)
    }

    /// The variables that are unknown, by the names they have outside.
    pub(crate) fn saved_vars(&mut self) -> Eval<BTreeSet<Str>> {
        let listed = self.unknowns.iter();
        let listed: Vec<(Str, Scope)> = listed
            .flat_map(|unknown| unknown.vars.iter().map(|name| (name.clone(), unknown.at)))
            .collect();
        let mut names = BTreeSet::new();
        for (name, at) in listed {
            if let Term::Var(name) = self.plug_out(&Term::Var(name), at)? {
                names.insert(name);
            }
        }
        Ok(names)
    }

    /// Puts an expression aside and goes on.
    pub(crate) fn push_saved(
        &mut self,
        f: &Frame,
        saved: Saved,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        self.context.reserve(256)?;
        self.tell_saved(f, &saved)?;
        if let Some(query) = self.saved.last_mut() {
            query.push(saved);
        }
        then(self)?;
        if let Some(query) = self.saved.last_mut() {
            query.pop();
        }
        Ok(())
    }

    fn marking(
        &mut self,
        f: &Frame,
        pairs: Vec<(Str, Scope)>,
        saved: Saved,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let depth = self.unknowns.len();
        for (name, at) in pairs {
            self.unknowns.push(Unknown { refs: Vec::new(), vars: vec![name], at });
        }
        self.push_saved(f, saved, then)?;
        self.unknowns.truncate(depth);
        Ok(())
    }

    /// Gives an expression the `with` and the place of the one under evaluation.
    fn as_met(&self, f: &Frame, expr: Expr) -> Arc<Expr> {
        let Some(met) = f.expr() else { return Arc::new(expr) };
        let with = met.with.iter().filter(|with| !self.replaces_function(&with.target));
        let with = with.cloned().collect();
        Arc::new(Expr { with, location: met.location.clone(), ..expr })
    }

    /// Saves an expression.
    pub(crate) fn save_expr(
        &mut self,
        f: &Frame,
        expr: Expr,
        at: Scope,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let expr = self.as_met(f, expr);
        self.push_saved(f, Saved::Open(expr, at, at), then)
    }

    /// Saves an expression; what it would bind is unknown from then on.
    pub(crate) fn save_expr_marking(
        &mut self,
        f: &Frame,
        expr: &Expr,
        at: Scope,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let mut pairs = Vec::new();
        match &expr.kind {
            Kind::Term(term) => self.open_vars(term, at, &mut pairs),
            Kind::Call(terms) => match &**terms {
                [operator, a, b] if is_named(operator, "eq") => {
                    self.open_vars(a, at, &mut pairs);
                    self.open_vars(b, at, &mut pairs);
                }
                [operator, .., output] if self.arity(operator) == terms.len().checked_sub(2) => {
                    self.open_vars(output, at, &mut pairs);
                }
                _ => {}
            },
            Kind::Every(_) | Kind::Not(..) | Kind::Logical(_) => {}
        }
        let expr = self.as_met(f, expr.clone());
        self.marking(f, pairs, Saved::Open(expr, at, at), then)
    }

    /// Saves `a = b`; the variables on both sides are unknown from then on.
    pub(crate) fn save_unify(
        &mut self,
        f: &Frame,
        (a, at): (&Term, Scope),
        (b, of): (&Term, Scope),
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let started = self.begun();
        let mut pairs = Vec::new();
        self.open_vars(a, at, &mut pairs);
        self.open_vars(b, of, &mut pairs);
        let expr = self.as_met(f, Expr::equality(a.clone(), b.clone()));
        self.timed(Timed::SaveUnify, started);
        self.marking(f, pairs, Saved::Open(expr, at, of), then)
    }

    /// Saves a call; its output, where it has one, is unknown from then on.
    pub(crate) fn save_call(
        &mut self,
        f: &Frame,
        arity: usize,
        terms: Arc<[Term]>,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        let mut pairs = Vec::new();
        if terms.len().checked_sub(2) == Some(arity)
            && let Some(output) = terms.last()
        {
            self.open_vars(output, f.scope, &mut pairs);
        }
        let expr = self.as_met(f, Expr::new(Kind::Call(terms)));
        self.marking(f, pairs, Saved::Open(expr, f.scope, NOWHERE), then)
    }

    /// The variables of a term that would be bound with it.
    fn open_vars(&self, term: &Term, at: Scope, found: &mut Vec<(Str, Scope)>) {
        if let Term::Var(name) = term {
            found.push((name.clone(), at));
            return;
        }
        let mut names = BTreeSet::new();
        outside_closures(term, &mut names);
        for name in names {
            let (next, of) = self.apply(&Term::Var(name), at);
            self.open_vars(&next, of, found);
        }
    }

    /// The body that has been put aside, with everything known put in; `true` where it is empty.
    pub(crate) fn saved_body(&mut self) -> Eval<ast::Body> {
        let query = self.saved.last().cloned().unwrap_or_default();
        self.written_query(&query)
    }

    /// A body that was put aside, as one of the tree.
    pub(crate) fn written_query(&mut self, query: &[Saved]) -> Eval<ast::Body> {
        if query.is_empty() {
            return Ok(vec![convert::truth()]);
        }
        self.written_saved(query)
    }

    /// The same where an empty body stays empty.
    pub(crate) fn written_saved(&mut self, query: &[Saved]) -> Eval<ast::Body> {
        let mut body = Vec::with_capacity(query.len());
        for saved in query {
            body.push(match saved {
                Saved::Done(expr) => expr.clone(),
                Saved::Open(expr, at, of) => {
                    let expr = self.plugged_expr(expr, *at, *of)?;
                    self.measure_expr(&expr)?;
                    convert::written_expr(&expr)
                }
            });
        }
        Ok(convert::indexed(body))
    }

    fn plugged_expr(&mut self, expr: &Expr, at: Scope, of: Scope) -> Eval<Expr> {
        let kind = match &expr.kind {
            Kind::Term(term) => Kind::Term(self.plug_out(term, at)?),
            Kind::Call(terms) => {
                let equality = terms.first().is_some_and(|operator| is_named(operator, "eq"));
                let mut plugged = Vec::with_capacity(terms.len());
                for (place, term) in terms.iter().enumerate() {
                    plugged.push(match place {
                        0 => term.clone(),
                        2 if equality => self.plug_out(term, of)?,
                        _ => self.plug_out(term, at)?,
                    });
                }
                Kind::Call(plugged.into())
            }
            // What has a body was given its values when it was saved.
            Kind::Every(_) | Kind::Not(..) | Kind::Logical(_) => expr.kind.clone(),
        };
        let mut with = Vec::with_capacity(expr.with.len());
        for one in &expr.with {
            let value = self.plug_out(&one.value, at)?;
            with.push(crate::term::With { target: one.target.clone(), value });
        }
        Ok(Expr { kind, with, ..expr.clone() })
    }
}

/// The variables of a term, not those in comprehensions nor the heads of references.
fn outside_closures(term: &Term, found: &mut BTreeSet<Str>) {
    match term {
        Term::Value(_) | Term::Comprehension(_) => {}
        Term::Var(name) => {
            found.insert(name.clone());
        }
        Term::Ref(parts) => parts.iter().skip(1).for_each(|part| outside_closures(part, found)),
        Term::Array(items) | Term::Set(items) => {
            items.iter().for_each(|item| outside_closures(item, found));
        }
        Term::Object(members) => members.iter().for_each(|(key, value)| {
            outside_closures(key, found);
            outside_closures(value, found);
        }),
    }
}
