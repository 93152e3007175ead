//! How much it takes to write a term out: values share their parts, and what is written does not.

use crate::machine::{Eval, Machine};
use crate::term::{Expr, Kind, Term};
use referee_rego_builtin::Cancelled;
use referee_rego_value::Value;
use std::sync::Arc;

/// What a node of the tree takes, about.
const NODE: usize = 96;

/// How deep what is written out may be nested: twice what a result of an evaluation may be. Who
/// reads it has a stack of the usual size.
const MAX_NESTED: u32 = 256;

impl Machine<'_, '_> {
    /// Counts what a term takes that is about to be written out.
    pub(crate) fn measure(&mut self, term: &Term) -> Eval<()> {
        self.measure_at(term, 0)
    }

    fn measure_at(&mut self, term: &Term, depth: u32) -> Eval<()> {
        self.node(depth)?;
        let below = depth.saturating_add(1);
        match term {
            Term::Value(value) => self.measure_value(value, depth),
            Term::Var(_) => Ok(()),
            Term::Ref(items) | Term::Array(items) | Term::Set(items) => {
                items.iter().try_for_each(|item| self.measure_at(item, below))
            }
            Term::Object(members) => members.iter().try_for_each(|(key, value)| {
                self.measure_at(key, below)?;
                self.measure_at(value, below)
            }),
            Term::Comprehension(inner) => {
                inner.key.iter().try_for_each(|key| self.measure_at(key, below))?;
                self.measure_at(&inner.term, below)?;
                self.measure_body(&inner.body, below)
            }
        }
    }

    fn node(&mut self, depth: u32) -> Eval<()> {
        if depth > MAX_NESTED {
            return Err(Cancelled::Depth.into());
        }
        self.context.work(1)?;
        self.context.reserve(NODE)?;
        Ok(())
    }

    fn measure_value(&mut self, value: &Value, depth: u32) -> Eval<()> {
        let below = depth.saturating_add(1);
        let one = |machine: &mut Self, value: &Value| {
            machine.node(below)?;
            machine.measure_value(value, below)
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

    fn measure_body(&mut self, body: &[Arc<Expr>], depth: u32) -> Eval<()> {
        body.iter().try_for_each(|expr| self.measure_expr_at(expr, depth))
    }

    /// The same of an expression.
    pub(crate) fn measure_expr(&mut self, expr: &Expr) -> Eval<()> {
        self.measure_expr_at(expr, 0)
    }

    fn measure_expr_at(&mut self, expr: &Expr, depth: u32) -> Eval<()> {
        self.node(depth)?;
        let below = depth.saturating_add(1);
        match &expr.kind {
            Kind::Term(term) => self.measure_at(term, below)?,
            Kind::Call(terms) => terms.iter().try_for_each(|term| self.measure_at(term, below))?,
            Kind::Every(every) => {
                self.measure_at(&every.domain, below)?;
                self.measure_body(&every.body, below)?;
            }
            Kind::Not(body, _) => self.measure_body(body, below)?,
            Kind::Logical(sides) => {
                self.measure_body(&sides.lhs.0, below)?;
                self.measure_body(&sides.rhs.0, below)?;
            }
        }
        expr.with.iter().try_for_each(|with| self.measure_at(&with.value, below))
    }
}
