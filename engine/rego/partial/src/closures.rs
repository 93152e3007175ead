//! `every`, `not { … }`, `and` and `or` (OPA's `evalEvery`, `evalNot`, `evalLogicalAnd`).

use crate::machine::{Eval, Frame, Machine, Next};
use crate::stop::left;
use crate::term::{Body, Every, Expr, Kind, Logical, Term, With};
use crate::trail::StepOp;
use referee_rego_value::{Str, Value};
use std::sync::Arc;

impl<'a, 'c> Machine<'a, 'c> {
    /// Evaluates `every`.
    pub(crate) fn every(
        &mut self,
        f: &Frame,
        expr: &Arc<Expr>,
        every: &Every,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        if self.unknown_term(&every.domain, f.scope) || self.unknown_body(&every.body, f.scope) {
            let kind = Kind::Every(Arc::new(self.plugged_every(f, every)?));
            return self.save_expr(f, Expr { kind, ..Expr::clone(expr) }, f.scope, then);
        }
        let domain = self.plug(&every.domain, f.scope)?;
        let iterable =
            matches!(domain, Term::Value(Value::Array(_) | Value::Object(_) | Value::Set(_)));
        if !iterable {
            // OPA tells so twice.
            return self.tell(f, StepOp::Fail, expr);
        }
        let key = every.key.clone();
        let key = key.unwrap_or_else(|| Term::Var(Str::from(format!("$_every_{}", f.id))));
        let member = Term::Ref([every.domain.clone(), key].into());
        let generator = Expr::equality(member, every.value.clone());
        let generator = Expr { location: every.location.clone(), ..generator };
        let generator = self.closure(f, [Arc::new(generator)].into());
        let around = (expr, f.index.get());
        self.tell_around(&generator, StepOp::Enter, around)?;
        let mut all = true;
        self.run(&generator, &mut |machine| {
            if !all {
                return Ok(());
            }
            let body = machine.closure_for_one(&generator, Arc::clone(&every.body));
            all = machine.holds_once(&body)?;
            machine.tell_around(&generator, StepOp::Redo, around)
        })?;
        if all {
            let done = then(self);
            self.tell_around(&generator, StepOp::Exit, around).and(done)
        } else {
            self.tell_around(&generator, StepOp::Fail, around)
        }
    }

    /// Whether a body holds of which one way to do so is enough.
    fn holds_once(&mut self, body: &Frame) -> Eval<bool> {
        let mut held = false;
        self.tell_body(body, StepOp::Enter)?;
        let done = self.run(body, &mut |machine| {
            machine.tell_body(body, StepOp::Exit)?;
            machine.tell_body(body, StepOp::Redo)?;
            held = true;
            Ok(())
        });
        left(done)?;
        Ok(held)
    }

    /// Evaluates `not { … }`.
    pub(crate) fn not_body(
        &mut self,
        f: &Frame,
        expr: &Expr,
        (body, explicit): (&Body, bool),
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        if self.unknown_body(body, f.scope) {
            return self.not_body_partial(f, expr, (body, explicit), then);
        }
        let child = self.closure(f, Arc::clone(body));
        if self.holds(&child)? { Ok(()) } else { then(self) }
    }

    /// Evaluates `and` and `or`.
    pub(crate) fn logical(
        &mut self,
        f: &Frame,
        expr: &Expr,
        sides: &Logical,
        then: Next<'_, 'a, 'c>,
    ) -> Eval<()> {
        if self.unknown_body(&sides.lhs.0, f.scope) || self.unknown_body(&sides.rhs.0, f.scope) {
            let kind = Kind::Logical(Arc::new(Logical {
                and: sides.and,
                lhs: (self.plugged_body(f, &sides.lhs.0)?, sides.lhs.1),
                rhs: (self.plugged_body(f, &sides.rhs.0)?, sides.rhs.1),
            }));
            return self.save_expr(f, Expr { kind, ..expr.clone() }, f.scope, then);
        }
        let lhs = self.closure_for_one(f, Arc::clone(&sides.lhs.0));
        let left = self.holds_once(&lhs)?;
        if left != sides.and {
            return if left { then(self) } else { Ok(()) };
        }
        let rhs = self.closure_for_one(f, Arc::clone(&sides.rhs.0));
        if self.holds_once(&rhs)? { then(self) } else { Ok(()) }
    }

    /// `every` with everything that is known put in, as it leaves its body.
    fn plugged_every(&mut self, f: &Frame, every: &Every) -> Eval<Every> {
        let key = match &every.key {
            Some(key) => Some(self.plug_out(key, f.scope)?),
            None => None,
        };
        Ok(Every {
            key,
            value: self.plug_out(&every.value, f.scope)?,
            domain: self.plug_out(&every.domain, f.scope)?,
            body: self.plugged_body(f, &every.body)?,
            location: every.location.clone(),
        })
    }

    /// The same of a body.
    pub(crate) fn plugged_body(&mut self, f: &Frame, body: &Body) -> Eval<Body> {
        body.iter().map(|expr| Ok(Arc::new(self.plugged_inner(f, expr)?))).collect()
    }

    fn plugged_inner(&mut self, f: &Frame, expr: &Expr) -> Eval<Expr> {
        let kind = match &expr.kind {
            Kind::Term(term) => Kind::Term(self.plugged_term(f, term)?),
            Kind::Call(terms) => {
                let mut plugged: Vec<Term> = terms.first().cloned().into_iter().collect();
                for term in terms.iter().skip(1) {
                    plugged.push(self.plugged_term(f, term)?);
                }
                Kind::Call(plugged.into())
            }
            Kind::Every(every) => Kind::Every(Arc::new(self.plugged_every(f, every)?)),
            Kind::Not(body, explicit) => Kind::Not(self.plugged_body(f, body)?, *explicit),
            Kind::Logical(sides) => Kind::Logical(Arc::new(Logical {
                and: sides.and,
                lhs: (self.plugged_body(f, &sides.lhs.0)?, sides.lhs.1),
                rhs: (self.plugged_body(f, &sides.rhs.0)?, sides.rhs.1),
            })),
        };
        let mut with = Vec::with_capacity(expr.with.len());
        for one in &expr.with {
            let value = self.plugged_term(f, &one.value)?;
            with.push(With { target: one.target.clone(), value });
        }
        Ok(Expr { kind, with, ..expr.clone() })
    }

    fn plugged_term(&mut self, f: &Frame, term: &Term) -> Eval<Term> {
        match term {
            Term::Comprehension(inner) => self.amended(inner, f.scope),
            _ => self.plug_out(term, f.scope),
        }
    }
}
