//! Two engines, and only what both say.
//!
//! Where their results differ, or only one of them has any, the evaluation is an error: who
//! enforces takes an error for a deny. Errors are not compared: both refuse.

use super::{Path, Values, monotonic, native, regorus};
use crate::ask::{Answer, Question};
use crate::budget::EvalBudget;
use crate::error::{RegoCode, RegoError, RegoErrors};
use crate::options::CompileOptions;
use crate::program::{Module, Producers, QueryResults};
use crate::reads::Reads;
use crate::report::{Coverage, CoverageKind, CoverageReport};
use crate::value::Value;
use crate::world::World;
use std::time::Duration;

/// The longest part of a value that an error shows, in characters.
const MAX_SHOWN: usize = 200;

pub(crate) struct Both {
    native: native::Backend,
    regorus: regorus::Backend,
}

impl Both {
    pub(super) fn compile(
        modules: &[native::Source<'_>],
        data: &Value,
        options: &CompileOptions,
    ) -> Result<Self, RegoErrors> {
        let native = native::Backend::compile(modules, data, options)?;
        let modules: Vec<Module> = modules.iter().map(|(module, _)| (*module).clone()).collect();
        let (regorus, _) = regorus::Backend::compile(&modules, data, options)?;
        Ok(Self { native, regorus })
    }

    pub(super) fn native(&self) -> &native::Backend {
        &self.native
    }

    pub(super) fn reads(&self) -> &Reads {
        self.native.reads()
    }

    pub(super) fn check_input(&self, path: &[&str], schema: &Value) -> Result<(), RegoErrors> {
        self.native.check_input(path, schema)
    }

    pub(super) fn required(&self) -> Option<Value> {
        self.native.required()
    }

    pub(super) fn packages(&self) -> Vec<&str> {
        self.native.packages()
    }

    pub(super) fn eval(
        &self,
        paths: &[Path],
        input: Option<&Value>,
        budget: &EvalBudget,
        world: &World<'_>,
    ) -> Result<Values, RegoError> {
        let started = monotonic();
        let first = self.native.eval(paths, input, budget, world)?;
        let left = left(budget, started);
        let second = self.regorus.eval(paths, input, &left).map_err(second_opinion)?;
        for ((path, a), b) in paths.iter().zip(&first.values).zip(&second.values) {
            if a != b {
                return Err(differ(&path.text, &shown(a.as_ref()), &shown(b.as_ref())));
            }
        }
        Ok(first)
    }

    pub(super) fn producers(
        &self,
        paths: &[Path],
        input: &Value,
        budget: &EvalBudget,
    ) -> Option<Producers> {
        self.native.producers(paths, input, budget)
    }

    /// What is left of a query, as the native engine has it: the other cannot tell.
    pub(super) fn partial(
        &self,
        question: &crate::residual::PartialQuestion<'_>,
    ) -> crate::residual::PartialAnswer {
        self.native.partial(question)
    }

    /// The answer of the native engine with what it tells, where the other has the same. The other
    /// does not know a query's package and imports.
    pub(super) fn ask(&self, question: &Question<'_>) -> Answer {
        let started = monotonic();
        let mut answer = self.native.ask(question);
        if let Ok(first) = &answer.results {
            let left = left(&question.budget, started);
            if let Err(error) = self.compare(first, question.query, question.input, &left) {
                answer.results = Err(error.into());
            }
        }
        answer
    }

    pub(super) fn times(&self) -> (Duration, Duration) {
        self.native.times()
    }

    pub(super) fn coverage(
        &self,
        modules: &[Module],
        covered: &Coverage,
        others: &[(CoverageKind, &Coverage)],
    ) -> CoverageReport {
        self.native.coverage(modules, covered, others)
    }

    pub(super) fn query(
        &self,
        query: &str,
        input: Option<&Value>,
        budget: &EvalBudget,
        world: &World<'_>,
    ) -> Result<QueryResults, RegoError> {
        let started = monotonic();
        let first = self.native.query(query, input, budget, world)?;
        self.compare(&first, query, input, &left(budget, started))?;
        Ok(first)
    }

    /// Asks the second engine, whose answer must be that of the first.
    fn compare(
        &self,
        first: &QueryResults,
        query: &str,
        input: Option<&Value>,
        budget: &EvalBudget,
    ) -> Result<(), RegoError> {
        let second = self.regorus.query(query, input, budget).map_err(second_opinion)?;
        let rows = |results: &QueryResults| {
            let bindings = results.rows.iter().map(|row| row.bindings.clone());
            let mut bindings: Vec<_> = bindings.collect();
            // The order of rows is OPA's in the first engine, and any in the second.
            bindings.sort();
            bindings
        };
        if first.rows.len() != second.rows.len() || rows(first) != rows(&second) {
            let count = |results: &QueryResults| format!("{} rows", results.rows.len());
            return Err(differ("the query", &count(first), &count(&second)));
        }
        for (a, b) in first.rows.iter().zip(&second.rows) {
            let values = a.expressions.iter().zip(&b.expressions);
            for (a, b) in values.take(if first.rows.len() == 1 { usize::MAX } else { 0 }) {
                if a.value != b.value {
                    return Err(differ(&a.text, &shown(Some(&a.value)), &shown(Some(&b.value))));
                }
            }
        }
        Ok(())
    }
}

/// What the second engine may take: what the first left of the time.
fn left(budget: &EvalBudget, started: Option<Duration>) -> EvalBudget {
    let spent = monotonic().zip(started).map(|(now, started)| now.saturating_sub(started));
    budget.with_time(budget.time.saturating_sub(spent.unwrap_or_default()))
}

fn second_opinion(error: RegoError) -> RegoError {
    if error.code == RegoCode::EvalCancel {
        return error;
    }
    let message = format!("the engine regorus fails where the native engine does not: {error}");
    RegoError::new(RegoCode::Disagreement, message)
}

fn differ(of: &str, first: &str, second: &str) -> RegoError {
    let message = format!("the engines differ on {of}: native says {first}, regorus {second}");
    RegoError::new(RegoCode::Disagreement, message)
}

fn shown(value: Option<&Value>) -> String {
    let Some(value) = value else { return "undefined".to_owned() };
    let text = value.to_json_string();
    let mut short: String = text.chars().take(MAX_SHOWN).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
