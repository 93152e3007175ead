//! Runs the tests of a program: the rules whose names begin with `test_`.
//!
//! As OPA does it: a test passes where its rule is defined and not false; one that begins with
//! `todo_test_` is skipped. Nothing is read and no time is taken here: the caller hands in how
//! time is to be measured, if at all.

use crate::budget::EvalBudget;
use crate::error::{Location, RegoError};
use crate::program::Program;
use crate::value::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// What became of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestOutcome {
    /// Its rule holds.
    Pass,
    /// Its rule is undefined or false; or, of a rule with several cases, those named do not hold.
    Fail {
        /// The names of the cases that do not hold, of a test with cases (`test_x[case] if …`).
        cases: Vec<String>,
    },
    /// Its evaluation failed.
    Error(RegoError),
    /// It is marked as still to be written.
    Skipped,
}

/// The result of one test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestResult {
    /// The package, without `data.`.
    pub package: String,
    /// The name of the rule.
    pub name: String,
    /// Where it begins.
    pub location: Location,
    /// What became of it.
    pub outcome: TestOutcome,
    /// What it printed, `file:row: text`.
    pub prints: Vec<String>,
    /// How long it took, as the caller's clock says.
    pub elapsed: Duration,
}

/// Which tests to run.
pub type TestFilter<'a> = dyn Fn(&str, &str) -> bool + 'a;

/// Runs the tests of a program, in the order of its modules and inside them.
///
/// `wanted` is asked with package and name; `input` is what `input` is where a test does not
/// replace it; `budget` is for each test; `clock` is a monotonic time since any moment.
pub fn run_tests(
    program: &Program,
    wanted: &TestFilter<'_>,
    input: &Value,
    budget: &EvalBudget,
    clock: &dyn Fn() -> Duration,
) -> Vec<TestResult> {
    let mut seen = BTreeSet::new();
    let mut results = Vec::new();
    for rule in program.all_rules() {
        let skipped = rule.name.starts_with("todo_test_");
        let is_test = skipped || rule.name.starts_with("test_");
        if !is_test || !seen.insert(&rule.path) || !wanted(&rule.package, &rule.name) {
            continue;
        }
        let started = clock();
        let (outcome, prints) = if skipped {
            (TestOutcome::Skipped, Vec::new())
        } else {
            match program.evaluate(&rule.path, input, budget) {
                Ok(evaluation) => (judge(evaluation.value), evaluation.prints),
                Err(error) => (TestOutcome::Error(error), Vec::new()),
            }
        };
        results.push(TestResult {
            package: rule.package.clone(),
            name: rule.name.clone(),
            location: rule.location.clone(),
            outcome,
            prints,
            elapsed: clock().saturating_sub(started),
        });
    }
    results
}

fn judge(value: Option<Value>) -> TestOutcome {
    let Some(value) = value else { return TestOutcome::Fail { cases: Vec::new() } };
    if value.as_bool() == Some(false) {
        return TestOutcome::Fail { cases: Vec::new() };
    }
    let cases = value.entries().unwrap_or_default();
    let failed = cases.into_iter().filter(|(_, held)| held.as_bool() == Some(false));
    let cases: Vec<_> = failed
        .map(|(name, _)| name.as_str().map_or_else(|| name.to_json_string(), str::to_owned))
        .collect();
    if cases.is_empty() { TestOutcome::Pass } else { TestOutcome::Fail { cases } }
}
