//! Running tests, several at once.

use super::Suite;
use crate::rego::world;
use referee_rego::{
    Coverage, CoverageKind, CoverageReport, EvalBudget, Test, TestOptions, TestOutcome, TestResult,
};
use referee_store::PolicyNetwork;
use regex::Regex;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

/// How tests are run.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) pattern: Option<Regex>,
    pub(super) budget: EvalBudget,
    /// How many at once; 0 for as many as there are processors.
    pub(super) parallel: usize,
    pub(super) count: u32,
    pub(super) coverage: bool,
    pub(super) trace: bool,
    pub(super) variables: bool,
    pub(super) network: Option<PolicyNetwork>,
}

/// Runs the tests of all suites; the results are in the order of suites and tests.
pub(super) fn run_all(suites: Vec<Suite>, plan: &Plan) -> (Vec<Suite>, Vec<Vec<TestResult>>) {
    let mut results = Vec::new();
    for _ in 0..plan.count {
        results = suites.iter().map(|suite| run_suite(suite, plan)).collect();
        let passed = |result: &TestResult| result.outcome == TestOutcome::Pass;
        if !results.iter().flatten().all(passed) {
            break;
        }
    }
    (suites, results)
}

fn run_suite(suite: &Suite, plan: &Plan) -> Vec<TestResult> {
    let mut tests = suite.program.tests();
    tests.retain(|test| {
        // The reference as text: a duplicate is `data.p["test_x#01"]`.
        plan.pattern.as_ref().is_none_or(|pattern| pattern.is_match(&test.path))
    });
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let wanted = if plan.parallel == 0 { processors } else { plan.parallel };
    let threads = wanted.min(tests.len()).max(1);
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, TestResult)>> = Mutex::new(Vec::with_capacity(tests.len()));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((at, test)) = take(&tests, &next) {
                    let result = run_one(suite, test, plan);
                    // Whoever panicked has left nothing half done in a list of results.
                    let mut done = done.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                    done.push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

fn take<'t>(tests: &'t [Test], next: &AtomicUsize) -> Option<(usize, &'t Test)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    tests.get(at).map(|test| (at, test))
}

fn run_one(suite: &Suite, test: &Test, plan: &Plan) -> TestResult {
    let started = Instant::now();
    let mut options = TestOptions::new(plan.budget);
    options.coverage = plan.coverage;
    options.trace = plan.trace;
    options.variables = plan.variables;
    options.world = world(plan.network.as_ref());
    suite.program.run_test(test, &options, &|| started.elapsed())
}

/// What the tests of a suite cover of the modules that were given.
pub(super) fn covered(
    suite: &Suite,
    results: &[TestResult],
    kinds: &[CoverageKind],
) -> CoverageReport {
    let mut all = [Coverage::default(), Coverage::default(), Coverage::default()];
    for result in results {
        for (whole, one) in all.iter_mut().zip(&result.coverage) {
            whole.add(one);
        }
    }
    let [covered, unindexed, unhurried] = &all;
    let others = [(CoverageKind::IndexExcluded, unindexed), (CoverageKind::EarlyExit, unhurried)];
    let others: Vec<_> = others.into_iter().filter(|(kind, _)| kinds.contains(kind)).collect();
    suite.program.coverage_report(&suite.modules, covered, &others)
}
