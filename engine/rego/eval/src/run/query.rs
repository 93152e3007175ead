//! What is asked of an evaluation.

use super::Evaluation;
use crate::error::{Eval, EvalError};
use crate::prepared::{ExpressionValue, PreparedPath, PreparedQuery, Row};
use crate::probe::Probe;
use referee_rego_value::Value;

impl<'a, P: Probe> Evaluation<'a, '_, '_, P> {
    /// The document at a path; `None` where it is undefined.
    ///
    /// # Errors
    /// Where the evaluation fails, or takes more than its context allows.
    pub fn value(&mut self, path: &PreparedPath) -> Result<Option<&'a Value>, Box<EvalError>> {
        let found = self.document(&path.keys);
        let found = found.and_then(|found| self.give_up(0, None).map(|()| found));
        if found.is_err() {
            self.reset();
        }
        self.strictly(found)
    }

    /// The rows of a query.
    ///
    /// # Errors
    /// Where the evaluation fails, or takes more than its context allows.
    pub fn rows(&mut self, query: &'a PreparedQuery) -> Result<Vec<Row>, Box<EvalError>> {
        let mut rows = Vec::new();
        let done = self.all_rows(query, &mut rows);
        self.reset();
        match self.strictly(done) {
            Ok(()) => Ok(rows),
            Err(error) => {
                self.give_away(rows);
                Err(error)
            }
        }
    }

    /// A result, where no builtin failed that must not fail.
    fn strictly<T>(&self, result: Result<T, Box<EvalError>>) -> Result<T, Box<EvalError>> {
        match self.errors.first() {
            Some(first) if self.context.strict => Err(Box::new(first.clone())),
            _ => result,
        }
    }

    fn all_rows(&mut self, query: &'a PreparedQuery, rows: &mut Vec<Row>) -> Eval<()> {
        let plan = &*query.plan;
        let base = self.push_frame(plan.slots);
        let mut run = self.begin(&plan.block, base);
        while self.resume(&mut run)? {
            let columns = plan.bindings.len() + plan.expressions.len();
            self.context.meter.reserve((columns + 2).saturating_mul(2 * size_of::<Value>()))?;
            let bindings = plan.bindings.iter();
            let expressions = plan.expressions.iter();
            rows.push(Row {
                bindings: bindings
                    .map(|(name, src)| (name.clone(), self.read(base, src).clone()))
                    .collect(),
                expressions: expressions
                    .map(|(src, location)| ExpressionValue {
                        value: self.read(base, src).clone(),
                        location: location.clone(),
                    })
                    .collect(),
            });
        }
        Ok(())
    }
}
