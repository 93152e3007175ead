//! Queries evaluated once more by the evaluator that goes OPA's way, to tell its steps and what
//! they took.
//!
//! What is answered never comes of it. Where it comes to a bound of its own, what it has told until
//! then is what is told.

use super::Backend;
use super::errors::failed;
use crate::ask::{Question, Told};
use crate::back::monotonic;
use crate::budget::EvalBudget;
use crate::error::RegoErrors;
use crate::program::{QueryExpression, QueryResults, QueryRow};
use crate::report::{Measures, Names, explained};
use crate::value::Value;
use referee_rego_compile::{CompiledQuery, QueryOptions};
use referee_rego_partial::{Nodes, Rules, Telling, Wanted, explain};
use referee_rego_syntax::ast::{Expr, ExprKind, TermKind};
use referee_rego_value::{self as native, Str};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

impl Backend {
    /// The rules as the evaluator has them that goes OPA's way.
    pub(super) fn partial_rules(&self) -> Result<&Rules, RegoErrors> {
        let compiled = self.made.compiled()?;
        let make = || Rules::new(Arc::clone(compiled), &self.made.tables);
        Ok(self.made.partial_rules.get_or_init(make))
    }

    /// Tells the steps of a query and what they took, as far as that was asked for; `took` is what
    /// its evaluation has taken of its time.
    pub(super) fn explain(
        &self,
        question: &Question<'_>,
        took: Duration,
        told: &mut Told,
    ) -> Result<(), RegoErrors> {
        let reports = question.reports;
        let clock = || monotonic().unwrap_or(Duration::ZERO);
        let options = QueryOptions { capture_values: true, ..QueryOptions::default() };
        let query = self.compile_query(question, options, &mut Told::default(), &clock)?;
        let rules = self.partial_rules()?;
        let time = question.budget.time.saturating_sub(took);
        let budget = EvalBudget { time, ..question.budget };
        let explained = self.deep((&budget, &question.world), |context| {
            let clock = || monotonic().unwrap_or(Duration::ZERO);
            let wanted = Wanted { locals: reports.variables, unify: reports.unifications };
            let telling = Telling {
                steps: reports.explanation.then_some(wanted),
                clock: reports.measures.then_some(&clock),
            };
            let input = question.input.map(|input| &input.0);
            explain(rules, self.program.data(), &query, (input, telling), context)
        })?;
        let names = Names { modules: &self.made.compiled()?.rewritten, query: &query.rewritten };
        let mut steps = explained.steps;
        steps.cut |= explained.rows.is_err();
        let mut nodes = Nodes::new(rules);
        told.explanation =
            explained::trace(&steps, &mut nodes, names).within(question.budget.output);
        told.measures = Measures::of(&explained.measured);
        let rows = explained.rows.map_err(|error| RegoErrors::from(failed(error)));
        let results = |rows: Vec<Bound>| QueryResults {
            rows: rows.into_iter().map(|bound| row(&query, bound)).collect(),
            prints: Vec::new(),
        };
        told.explained = Some(rows.map(results));
        Ok(())
    }
}

/// The variables of a way in which a query holds, by the names that the compiler gave them.
type Bound = BTreeMap<Str, native::Value>;

/// A way in which a query holds: its own variables, and the values of its expressions, which were
/// given to variables.
fn row(query: &CompiledQuery, bound: Bound) -> QueryRow {
    let captured = |expr: &Expr| match &expr.kind {
        ExprKind::Call(terms) => match terms.last().map(|last| &last.kind) {
            Some(TermKind::Var(name)) if name.starts_with("$term") => bound.get(name).cloned(),
            _ => None,
        },
        _ => None,
    };
    let expressions =
        query.body.iter().filter(|expr| !expr.generated).map(|expr| QueryExpression {
            text: expr.location.text().to_owned(),
            value: Value(captured(expr).unwrap_or(native::Value::Bool(true))),
            row: expr.location.row,
            col: expr.location.col,
        });
    let expressions = expressions.collect();
    let named = bound.into_iter().map(|(name, value)| {
        let name = query.rewritten.get(&name).unwrap_or(&name).to_string();
        (name, Value(value))
    });
    let own = |(name, _): &(String, Value)| !name.starts_with('$') && !name.starts_with("__local");
    let mut bindings: Vec<(String, Value)> = named.filter(own).collect();
    bindings.sort_by(|a, b| a.0.cmp(&b.0));
    bindings.dedup_by(|a, b| a.0 == b.0);
    QueryRow { expressions, bindings }
}
