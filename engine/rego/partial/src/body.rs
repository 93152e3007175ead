//! Bodies and their expressions, one after the other.

use crate::machine::{Eval, Frame, Machine, Next};
use crate::term::{Expr, Kind, is_named};

impl<'a, 'c> Machine<'a, 'c> {
    /// Evaluates a body from the expression it is at; `then` once for each way in which it holds.
    pub(crate) fn run(&mut self, f: &Frame, then: Next<'_, 'a, 'c>) -> Eval<()> {
        let Some(expr) = f.expr() else { return then(self) };
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
        self.run(f, then)?;
        f.index.set(f.index.get().saturating_sub(1));
        Ok(())
    }

    /// Evaluates one expression.
    pub(crate) fn step(&mut self, f: &Frame, expr: &Expr, then: Next<'_, 'a, 'c>) -> Eval<()> {
        if expr.negated {
            return self.negation(f, expr, then);
        }
        match &expr.kind {
            Kind::Call(terms) => match &**terms {
                [operator, a, b] if is_named(operator, "eq") => {
                    self.unify(f, (a, f.scope), (b, f.scope), then)
                }
                _ => self.call(f, terms, then),
            },
            Kind::Term(term) => {
                let result = Self::term_var(f);
                self.unify(f, (term, f.scope), (&result, f.scope), &mut |machine| {
                    if machine.is_saved(&result, f.scope) {
                        let expr = Expr::new(Kind::Term(result.clone()));
                        return machine.save_expr(f, expr, f.scope, then);
                    }
                    if machine.plug(&result, f.scope)?.is_false() { Ok(()) } else { then(machine) }
                })
            }
            Kind::Every(every) => self.every(f, expr, every, then),
            Kind::Not(body, explicit) => self.not_body(f, expr, (body, *explicit), then),
            Kind::Logical(sides) => self.logical(f, expr, sides, then),
        }
    }
}
