//! Queries evaluated once more by the evaluator that goes OPA's way, to tell its steps and what
//! they took.
//!
//! What is answered never comes of it. Where it comes to a bound of its own, what it has told until
//! then is what is told.

use super::Backend;
use crate::ask::{Question, Told};
use crate::back::monotonic;
use crate::budget::EvalBudget;
use crate::error::{RegoError, RegoErrors};
use crate::report::{Measures, Names, explained};
use crate::world::World;
use referee_rego_builtin::Context;
use referee_rego_compile::{CompiledQuery, QueryOptions};
use referee_rego_partial::{Explained, Nodes, Rules, STACK, Telling, Wanted, explain};
use std::sync::Arc;
use std::time::Duration;

impl Backend {
    /// The rules as the evaluator has them that goes OPA's way.
    pub(super) fn partial_rules(&self) -> &Rules {
        self.made
            .partial_rules
            .get_or_init(|| Rules::new(Arc::clone(&self.made.compiled), &self.made.tables))
    }

    /// Does something inside a budget on a thread with a large stack.
    pub(super) fn deep<T: Send>(
        &self,
        within: (&EvalBudget, &World<'_>),
        work: impl FnOnce(&mut Context<'_>) -> T + Send,
    ) -> Result<T, RegoError> {
        let outcome = std::thread::scope(|scope| {
            let work = || self.within(within, work);
            let thread = std::thread::Builder::new().name("rego-partial".into());
            let thread = thread.stack_size(STACK).spawn_scoped(scope, work);
            thread.map_err(|_| "no thread for partial evaluation could be started").and_then(
                |thread| thread.join().map_err(|_| "partial evaluation ended without an answer"),
            )
        });
        outcome.map_err(RegoError::internal)
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
        let rules = self.partial_rules();
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
        self.keep(question, &query, explained, told);
        Ok(())
    }

    fn keep(
        &self,
        question: &Question<'_>,
        query: &CompiledQuery,
        explained: Explained,
        told: &mut Told,
    ) {
        let names = Names { modules: &self.made.compiled.rewritten, query: &query.rewritten };
        let mut steps = explained.steps;
        steps.cut |= explained.rows.is_err();
        let mut nodes = Nodes::new(self.partial_rules());
        told.explanation =
            explained::trace(&steps, &mut nodes, names).within(question.budget.output);
        told.measures = Measures::of(&explained.measured);
    }
}
