//! Bodies and their expressions, one after the other.

use crate::machine::{Eval, Frame, Machine, Next};
use crate::stop::Stop;
use crate::term::{Expr, Kind, is_named};
use crate::trail::StepOp;
use std::sync::Arc;

impl<'a, 'c> Machine<'a, 'c> {
    /// Evaluates a body from the expression it is at; `then` once for each way in which it holds.
    pub(crate) fn run(&mut self, f: &Frame, then: Next<'_, 'a, 'c>) -> Eval<()> {
        let Some(expr) = f.expr() else {
            then(self).map_err(|stop| stop.through(f.find_one))?;
            return if f.find_one && self.whole { Err(Stop::found()) } else { Ok(()) };
        };
        self.tell(f, StepOp::Eval, expr)?;
        self.deeper(|machine| {
            if expr.with.is_empty() {
                machine.step(f, expr, &mut |machine| machine.next(f, then))
            } else {
                machine.with(f, expr, then)
            }
        })
    }

    /// Evaluates what comes after the expression a body is at.
    pub(crate) fn next(&mut self, f: &Frame, then: Next<'_, 'a, 'c>) -> Eval<()> {
        f.index.set(f.index.get().saturating_add(1));
        let done = self.run(f, then);
        f.index.set(f.index.get().saturating_sub(1));
        done
    }

    /// Evaluates a body as a query of its own: it is told that it begins and holds.
    pub(crate) fn query(&mut self, f: &Frame, then: Next<'_, 'a, 'c>) -> Eval<()> {
        self.tell_body(f, StepOp::Enter)?;
        self.run(f, &mut |machine| {
            machine.tell_body(f, StepOp::Exit)?;
            let done = then(machine);
            machine.tell_body(f, StepOp::Redo).and(done)
        })
    }

    /// Whether a body holds, as that of a `not` does: all ways are gone.
    pub(crate) fn holds(&mut self, body: &Frame) -> Eval<bool> {
        let mut held = false;
        self.tell_body(body, StepOp::Enter)?;
        self.run(body, &mut |machine| {
            machine.tell_body(body, StepOp::Exit)?;
            machine.tell_body(body, StepOp::Redo)?;
            held = true;
            Ok(())
        })?;
        Ok(held)
    }

    /// Evaluates one expression.
    pub(crate) fn step(&mut self, f: &Frame, expr: &Arc<Expr>, then: Next<'_, 'a, 'c>) -> Eval<()> {
        if expr.negated {
            return self.negation(f, expr, then);
        }
        let mut defined = false;
        let mut held = |machine: &mut Self, then: Next<'_, 'a, 'c>| {
            defined = true;
            let done = then(machine);
            machine.tell(f, StepOp::Redo, expr).and(done)
        };
        match &expr.kind {
            Kind::Call(terms) => match &**terms {
                [operator, a, b] if is_named(operator, "eq") => {
                    self.unify(f, (a, f.scope), (b, f.scope), &mut |it| held(it, then))
                }
                _ => self.call(f, terms, &mut |it| held(it, then)),
            },
            Kind::Term(term) => {
                let result = Self::term_var(f);
                self.unify(f, (term, f.scope), (&result, f.scope), &mut |machine| {
                    if machine.is_saved(&result, f.scope) {
                        let expr = Expr::new(Kind::Term(result.clone()));
                        return machine.save_expr(f, expr, f.scope, then);
                    }
                    let refused = machine.plug(&result, f.scope)?.is_false();
                    if refused { Ok(()) } else { held(machine, then) }
                })
            }
            Kind::Every(every) => self.every(f, expr, every, &mut |it| held(it, then)),
            Kind::Not(body, explicit) => {
                self.not_body(f, expr, (body, *explicit), &mut |it| held(it, then))
            }
            Kind::Logical(sides) => self.logical(f, expr, sides, &mut |it| held(it, then)),
        }?;
        if defined { Ok(()) } else { self.tell(f, StepOp::Fail, expr) }
    }
}
