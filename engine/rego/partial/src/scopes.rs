//! Which variables stand for what: one list for each body under evaluation (OPA's
//! `v1/topdown/bindings.go`).
//!
//! Lists live as long as the body is under evaluation, so they are a stack. A variable of one list
//! may stand for a term whose variables are of another; what leaves a body gets the number of its
//! list added to the names of its variables.

use crate::instruments::Timed;
use crate::machine::{Eval, Machine};
use crate::term::{Body, Comprehension, Expr, Kind, Term, With, is_root};
use referee_rego_value::Str;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A list of variables that stand for something: its place in the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scope(pub(crate) usize);

/// The list of the query.
pub(crate) const CALLER: Scope = Scope(0);

/// The list of nothing.
pub(crate) const NOWHERE: Scope = Scope(usize::MAX);

/// One list.
#[derive(Debug)]
pub(crate) struct Bindings {
    /// The number that the names of its variables get.
    pub(crate) id: u64,
    values: Vec<(Str, (Term, Scope))>,
}

impl Bindings {
    /// An empty list.
    pub(crate) fn new(id: u64) -> Self {
        Self { id, values: Vec::new() }
    }

    /// The variables that stand for something, in OPA's order of lists that are not long.
    pub(crate) fn names(&self) -> Vec<Str> {
        self.values.iter().map(|(name, _)| name.clone()).collect()
    }
}

impl<'a, 'c> Machine<'a, 'c> {
    fn bound(&self, at: Scope, name: &str) -> Option<&(Term, Scope)> {
        let list = &self.scopes.get(at.0)?.values;
        list.iter().find(|(found, _)| found == name).map(|(_, bound)| bound)
    }

    /// What a term stands for where it is a variable: the last of what it leads to.
    pub(crate) fn apply(&self, term: &Term, at: Scope) -> (Term, Scope) {
        let (mut term, mut at) = (term, at);
        while let Term::Var(name) = term
            && let Some((next, scope)) = self.bound(at, name)
        {
            (term, at) = (next, *scope);
        }
        (term.clone(), at)
    }

    /// Lets a variable stand for a term while something is done.
    pub(crate) fn binding(
        &mut self,
        (name, at): (&Str, Scope),
        (term, of): (&Term, Scope),
        then: &mut dyn FnMut(&mut Self) -> Eval<()>,
    ) -> Eval<()> {
        self.context.reserve(64)?;
        if let Some(list) = self.scopes.get_mut(at.0) {
            list.values.push((name.clone(), (term.clone(), of)));
        }
        let done = then(self);
        if let Some(list) = self.scopes.get_mut(at.0)
            && let Some(place) = list.values.iter().position(|(found, _)| found == name)
        {
            list.values.swap_remove(place);
        }
        done
    }

    /// A term with everything that is known put in.
    pub(crate) fn plug(&mut self, term: &Term, at: Scope) -> Eval<Term> {
        let started = self.begun();
        let plugged = self.plugged(term, at, None);
        self.timed(Timed::Plug, started);
        plugged
    }

    /// The same as it leaves its body: open variables have the number of their list.
    pub(crate) fn plug_out(&mut self, term: &Term, at: Scope) -> Eval<Term> {
        let started = self.begun();
        let plugged = self.plugged(term, at, Some(CALLER));
        self.timed(Timed::Plug, started);
        plugged
    }

    fn plugged(&mut self, term: &Term, at: Scope, caller: Option<Scope>) -> Eval<Term> {
        self.context.work(1)?;
        let plugged = match term {
            Term::Value(_) | Term::Comprehension(_) => return Ok(term.clone()),
            Term::Var(name) => {
                let (found, of) = self.apply(term, at);
                return match found {
                    Term::Var(_) if of == at && found == *term => {
                        Ok(self.namespaced(name, at, caller))
                    }
                    Term::Var(name) => Ok(self.namespaced(&name, of, caller)),
                    found => self.plugged(&found, of, caller),
                };
            }
            Term::Ref(parts) => {
                let parts = self.all_plugged(parts, at, caller)?;
                Term::Ref(parts.into())
            }
            Term::Array(items) => Term::array(self.all_plugged(items, at, caller)?),
            Term::Set(items) => Term::set(self.all_plugged(items, at, caller)?),
            Term::Object(members) => {
                let mut plugged = Vec::with_capacity(members.len());
                for (key, value) in members.iter() {
                    let key = self.plugged(key, at, caller)?;
                    plugged.push((key, self.plugged(value, at, caller)?));
                }
                Term::object(plugged)
            }
        };
        Ok(plugged)
    }

    fn all_plugged(&mut self, items: &[Term], at: Scope, caller: Option<Scope>) -> Eval<Vec<Term>> {
        self.context.reserve(items.len().saturating_mul(size_of::<Term>()))?;
        items.iter().map(|item| self.plugged(item, at, caller)).collect()
    }

    fn namespaced(&self, name: &Str, at: Scope, caller: Option<Scope>) -> Term {
        if caller.is_none_or(|caller| caller == at) || is_root(name) {
            return Term::Var(name.clone());
        }
        let id = self.scopes.get(at.0).map_or(0, |list| list.id);
        Term::Var(Str::from(format!("{name}{id}")))
    }

    /// A comprehension as it leaves its body: what it uses of what is known stands in it as
    /// equalities.
    pub(crate) fn amended(&mut self, inner: &Comprehension, at: Scope) -> Eval<Term> {
        let mut used = BTreeSet::new();
        vars_of(&Term::Comprehension(Arc::new(inner.clone())), &mut used);
        let names = self.scopes.get(at.0).map(Bindings::names).unwrap_or_default();
        let mut body: Vec<Arc<Expr>> = Vec::new();
        for expr in inner.body.iter() {
            body.push(Arc::new(self.namespace_expr(expr, at)));
        }
        for name in names.into_iter().filter(|name| used.contains(name)) {
            let value = self.plug_out(&Term::Var(name.clone()), at)?;
            let name = self.namespaced(&name, at, Some(CALLER));
            body.push(Arc::new(Expr::equality(name, value)));
        }
        Ok(Term::Comprehension(Arc::new(Comprehension {
            makes: inner.makes,
            key: inner.key.as_ref().map(|key| self.namespace(key, at)),
            term: self.namespace(&inner.term, at),
            body: body.into(),
        })))
    }

    /// A term whose variables have the number of their list, with nothing put in.
    fn namespace(&self, term: &Term, at: Scope) -> Term {
        let all = |items: &[Term]| items.iter().map(|item| self.namespace(item, at)).collect();
        match term {
            Term::Value(_) => term.clone(),
            Term::Var(name) => self.namespaced(name, at, Some(CALLER)),
            Term::Ref(parts) => {
                let parts: Vec<Term> = all(parts);
                Term::Ref(parts.into())
            }
            Term::Array(items) => Term::array(all(items)),
            Term::Set(items) => Term::set(all(items)),
            Term::Object(members) => Term::object(
                members
                    .iter()
                    .map(|(key, value)| (self.namespace(key, at), self.namespace(value, at)))
                    .collect(),
            ),
            Term::Comprehension(inner) => Term::Comprehension(Arc::new(Comprehension {
                makes: inner.makes,
                key: inner.key.as_ref().map(|key| self.namespace(key, at)),
                term: self.namespace(&inner.term, at),
                body: self.namespace_body(&inner.body, at),
            })),
        }
    }

    fn namespace_body(&self, body: &Body, at: Scope) -> Body {
        body.iter().map(|expr| Arc::new(self.namespace_expr(expr, at))).collect()
    }

    fn namespace_expr(&self, expr: &Expr, at: Scope) -> Expr {
        let kind = match &expr.kind {
            Kind::Term(term) => Kind::Term(self.namespace(term, at)),
            Kind::Call(terms) => {
                let operands = terms.iter().skip(1).map(|term| self.namespace(term, at));
                Kind::Call(terms.first().cloned().into_iter().chain(operands).collect())
            }
            Kind::Every(every) => Kind::Every(Arc::new(crate::term::Every {
                key: every.key.as_ref().map(|key| self.namespace(key, at)),
                value: self.namespace(&every.value, at),
                domain: self.namespace(&every.domain, at),
                body: self.namespace_body(&every.body, at),
                location: every.location.clone(),
            })),
            Kind::Not(body, explicit) => Kind::Not(self.namespace_body(body, at), *explicit),
            Kind::Logical(sides) => Kind::Logical(Arc::new(crate::term::Logical {
                and: sides.and,
                lhs: (self.namespace_body(&sides.lhs.0, at), sides.lhs.1),
                rhs: (self.namespace_body(&sides.rhs.0, at), sides.rhs.1),
            })),
        };
        let with = expr.with.iter().map(|with| With {
            // No local stands in a target.
            target: with.target.clone(),
            value: self.namespace(&with.value, at),
        });
        Expr { kind, with: with.collect(), ..expr.clone() }
    }
}

/// All variables in a term, those of comprehensions included.
pub(crate) fn vars_of(term: &Term, found: &mut BTreeSet<Str>) {
    match term {
        Term::Value(_) => {}
        Term::Var(name) => {
            found.insert(name.clone());
        }
        Term::Ref(items) | Term::Array(items) | Term::Set(items) => {
            items.iter().for_each(|item| vars_of(item, found));
        }
        Term::Object(members) => members.iter().for_each(|(key, value)| {
            vars_of(key, found);
            vars_of(value, found);
        }),
        Term::Comprehension(inner) => {
            inner.key.iter().for_each(|key| vars_of(key, found));
            vars_of(&inner.term, found);
            vars_of_body(&inner.body, found);
        }
    }
}

fn vars_of_body(body: &[Arc<Expr>], found: &mut BTreeSet<Str>) {
    for expr in body {
        match &expr.kind {
            Kind::Term(term) => vars_of(term, found),
            Kind::Call(terms) => terms.iter().for_each(|term| vars_of(term, found)),
            Kind::Every(every) => {
                every.key.iter().for_each(|key| vars_of(key, found));
                vars_of(&every.value, found);
                vars_of(&every.domain, found);
                vars_of_body(&every.body, found);
            }
            Kind::Not(body, _) => vars_of_body(body, found),
            Kind::Logical(sides) => {
                vars_of_body(&sides.lhs.0, found);
                vars_of_body(&sides.rhs.0, found);
            }
        }
        for with in &expr.with {
            vars_of(&with.target, found);
            vars_of(&with.value, found);
        }
    }
}
