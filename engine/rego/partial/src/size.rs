//! How much it takes to write a term out: values share their parts, and what is written does not.

use crate::machine::{Eval, Machine};
use crate::term::{Expr, Kind, Term};
use referee_rego_value::Value;
use std::sync::Arc;

/// What a node of the tree takes, about.
const NODE: usize = 96;

impl Machine<'_, '_> {
    /// Counts what a term takes that is about to be written out.
    pub(crate) fn measure(&mut self, term: &Term) -> Eval<()> {
        self.context.work(1)?;
        self.context.reserve(NODE)?;
        match term {
            Term::Value(value) => self.measure_value(value),
            Term::Var(_) => Ok(()),
            Term::Ref(items) | Term::Array(items) | Term::Set(items) => {
                items.iter().try_for_each(|item| self.measure(item))
            }
            Term::Object(members) => members.iter().try_for_each(|(key, value)| {
                self.measure(key)?;
                self.measure(value)
            }),
            Term::Comprehension(inner) => {
                inner.key.iter().try_for_each(|key| self.measure(key))?;
                self.measure(&inner.term)?;
                self.measure_body(&inner.body)
            }
        }
    }

    fn measure_value(&mut self, value: &Value) -> Eval<()> {
        let one = |machine: &mut Self, value: &Value| {
            machine.context.work(1)?;
            machine.context.reserve(NODE)?;
            machine.measure_value(value)
        };
        match value {
            Value::Array(items) => items.iter().try_for_each(|item| one(self, item)),
            Value::Set(items) => items.iter().try_for_each(|item| one(self, item)),
            Value::Object(object) => object.iter().try_for_each(|(key, value)| {
                one(self, key)?;
                one(self, value)
            }),
            _ => Ok(()),
        }
    }

    fn measure_body(&mut self, body: &[Arc<Expr>]) -> Eval<()> {
        body.iter().try_for_each(|expr| self.measure_expr(expr))
    }

    /// The same of an expression.
    pub(crate) fn measure_expr(&mut self, expr: &Expr) -> Eval<()> {
        match &expr.kind {
            Kind::Term(term) => self.measure(term)?,
            Kind::Call(terms) => terms.iter().try_for_each(|term| self.measure(term))?,
            Kind::Every(every) => {
                self.measure(&every.domain)?;
                self.measure_body(&every.body)?;
            }
            Kind::Not(body, _) => self.measure_body(body)?,
            Kind::Logical(sides) => {
                self.measure_body(&sides.lhs.0)?;
                self.measure_body(&sides.rhs.0)?;
            }
        }
        expr.with.iter().try_for_each(|with| self.measure(&with.value))
    }
}
