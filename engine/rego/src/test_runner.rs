//! Runs the tests of a program: the rules whose names begin with `test_`.
//!
//! As OPA does it (`v1/tester`): a test passes where its rule is `true`; one that begins with
//! `todo_test_` is skipped; a rule with cases (`test_x[note] if …`) passes where all its cases do.
//! Nothing is read and no time is taken here: the caller hands in how time is to be measured, if
//! at all.

use crate::ask::{Answer, Question, Reports, Told};
use crate::budget::EvalBudget;
use crate::error::{Location, RegoError};
use crate::program::Program;
use crate::report::{Coverage, Trace};
use crate::value::{Value, ValueKind};
use crate::world::World;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What became of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestOutcome {
    /// Its rule holds.
    Pass,
    /// Its rule is undefined or not true; or, of a rule with several cases, those named do not
    /// hold.
    Fail {
        /// The names of the cases that do not hold, of a test with cases (`test_x[case] if …`).
        cases: Vec<String>,
    },
    /// Its evaluation failed.
    Error(RegoError),
    /// It is marked as still to be written.
    Skipped,
}

/// A test, before it is run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Test {
    /// The package, without `data.`.
    pub package: String,
    /// The name of the rule.
    pub name: String,
    /// The path of what is evaluated.
    pub path: String,
    /// Where it begins.
    pub location: Location,
    /// Whether it is marked as still to be written.
    pub skipped: bool,
    /// Whether it has cases.
    pub has_cases: bool,
}

/// How tests are run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TestOptions<'a> {
    /// What each may take.
    pub budget: EvalBudget,
    /// What they may reach.
    pub world: World<'a>,
    /// What `input` is where a test does not replace it.
    pub input: Option<&'a Value>,
    /// Whether it is told what was covered.
    pub coverage: bool,
    /// Whether each step is told.
    pub trace: bool,
    /// With each step the values of variables.
    pub variables: bool,
}

impl TestOptions<'_> {
    /// Tests without an input, of which nothing but the result is told.
    #[must_use]
    pub fn new(budget: EvalBudget) -> Self {
        Self {
            budget,
            world: World::NONE,
            input: None,
            coverage: false,
            trace: false,
            variables: false,
        }
    }
}

/// The result of a case of a test, or of a group of cases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubResult {
    /// Whether it, or one in the group, does not hold.
    pub fail: bool,
    /// The cases in the group, by name.
    pub inner: BTreeMap<String, Self>,
}

/// The result of one test.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TestResult {
    /// The package, without `data.`.
    pub package: String,
    /// The name of the rule.
    pub name: String,
    /// Where it begins.
    pub location: Location,
    /// What became of it.
    pub outcome: TestOutcome,
    /// The results of its cases, by name.
    pub cases: BTreeMap<String, SubResult>,
    /// What it printed, `file:row: text`.
    pub prints: Vec<String>,
    /// How long it took, as the caller's clock says.
    pub elapsed: Duration,
    /// Its steps, where they were asked for or it failed.
    pub trace: Trace,
    /// What it covered, where that was asked for: with everything on, without the index of rules,
    /// without leaving rules early.
    pub coverage: [Coverage; 3],
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
    let options = TestOptions { input: Some(input), ..TestOptions::new(*budget) };
    let tests = program.tests();
    let tests = tests.iter().filter(|test| wanted(&test.package, &test.name));
    tests.map(|test| program.run_test(test, &options, clock)).collect()
}

impl Program {
    /// The tests, in the order of modules and inside them.
    #[must_use]
    pub fn tests(&self) -> Vec<Test> {
        let mut seen = BTreeSet::new();
        let is_test = |name: &str| name.starts_with("test_") || name.starts_with("todo_test_");
        let mut tests = self.native_tests().unwrap_or_else(|| {
            let tests = self.all_rules().iter().filter(|rule| is_test(&rule.name));
            tests
                .map(|rule| Test {
                    package: rule.package.clone(),
                    name: rule.name.clone(),
                    path: rule.path.clone(),
                    location: rule.location.clone(),
                    skipped: rule.name.starts_with("todo_test_"),
                    has_cases: matches!(rule.kind, crate::rules::RuleKind::PartialObject),
                })
                .collect()
        });
        tests.retain(|test| seen.insert(test.path.clone()));
        tests
    }

    /// Runs a test. `clock` is a monotonic time since any moment.
    #[must_use]
    pub fn run_test(
        &self,
        test: &Test,
        options: &TestOptions<'_>,
        clock: &dyn Fn() -> Duration,
    ) -> TestResult {
        let mut result = TestResult {
            package: test.package.clone(),
            name: test.name.clone(),
            location: test.location.clone(),
            outcome: TestOutcome::Skipped,
            cases: BTreeMap::new(),
            prints: Vec::new(),
            elapsed: Duration::ZERO,
            trace: Trace::default(),
            coverage: Default::default(),
        };
        if test.skipped {
            return result;
        }
        let reports = Reports {
            coverage: options.coverage,
            trace: options.trace,
            variables: options.variables,
            cases: test.has_cases,
            ..Reports::default()
        };
        let question = Question {
            input: options.input,
            world: options.world,
            ..Question::new(&test.path, options.budget)
        }
        .telling(reports);
        let started = clock();
        let Answer { results, told } = self.ask(&question);
        result.elapsed = clock().saturating_sub(started);
        let value = results.map(|results| {
            let row = results.rows.into_iter().next();
            row.and_then(|row| row.expressions.into_iter().next()).map(|first| first.value)
        });
        result.outcome = match value {
            Err(errors) => TestOutcome::Error(errors.first().clone()),
            Ok(None) => {
                note_cases(&mut result.cases, &told.cases);
                TestOutcome::Fail { cases: names(&result.cases) }
            }
            Ok(Some(value)) if test.has_cases => judge_cases(&value, &told, &mut result.cases),
            Ok(Some(value)) if value.as_bool() == Some(true) => TestOutcome::Pass,
            Ok(Some(_)) => TestOutcome::Fail { cases: Vec::new() },
        };
        result.prints = told.prints;
        result.trace = told.trace;
        if options.coverage {
            result.coverage = [told.coverage, Coverage::default(), Coverage::default()];
            // As in OPA, not after an error.
            if !matches!(result.outcome, TestOutcome::Error(_)) {
                self.cover_more(&question, &mut result);
            }
        }
        if !options.trace && !matches!(result.outcome, TestOutcome::Pass) {
            // Why it fails is found out by running it again, watched.
            let watched = Reports { trace: true, variables: options.variables, ..reports };
            result.trace = self.ask(&question.telling(watched)).told.trace;
        }
        result
    }

    /// What a test covers besides, with something left out.
    fn cover_more(&self, question: &Question<'_>, result: &mut TestResult) {
        let only = Reports { coverage: true, ..Reports::default() };
        let [_, unindexed, unhurried] = &mut result.coverage;
        let mut again = question.clone().telling(only);
        again.indexing = false;
        *unindexed = self.ask(&again).told.coverage;
        again.indexing = true;
        again.early_exit = false;
        *unhurried = self.ask(&again).told.coverage;
    }
}

fn judge_cases(value: &Value, told: &Told, cases: &mut BTreeMap<String, SubResult>) -> TestOutcome {
    if value.kind() == ValueKind::Object {
        *cases = of_object(value, 0);
    }
    let missed = note_cases(cases, &told.cases);
    if missed || cases.values().any(|case| case.fail) {
        TestOutcome::Fail { cases: names(cases) }
    } else {
        TestOutcome::Pass
    }
}

/// The cases that an object has, by its members.
fn of_object(value: &Value, depth: usize) -> BTreeMap<String, SubResult> {
    let members = value.entries().unwrap_or_default();
    let case = |member: &Value| match member.kind() {
        // No deeper than values are.
        ValueKind::Object if depth < crate::value::MAX_DEPTH => {
            let inner = of_object(member, depth + 1);
            SubResult { fail: inner.values().any(|case| case.fail), inner }
        }
        _ => SubResult { fail: member.as_bool() != Some(true), inner: BTreeMap::new() },
    };
    members.into_iter().map(|(name, member)| (case_name(&name), case(&member))).collect()
}

/// Adds the cases that were begun and gave nothing; whether any of them fails.
fn note_cases(cases: &mut BTreeMap<String, SubResult>, begun: &[Vec<Value>]) -> bool {
    let mut failed = false;
    for path in begun {
        failed |= note_case(cases, path);
    }
    failed
}

fn note_case(cases: &mut BTreeMap<String, SubResult>, path: &[Value]) -> bool {
    let Some((first, rest)) = path.split_first() else { return true };
    let missing = || SubResult { fail: true, inner: BTreeMap::new() };
    let case = cases.entry(case_name(first)).or_insert_with(missing);
    if rest.is_empty() {
        return case.fail;
    }
    let failed = note_case(&mut case.inner, rest);
    case.fail |= failed;
    failed
}

fn case_name(name: &Value) -> String {
    name.as_str().map_or_else(|| name.to_json_string(), Cow::into_owned)
}

/// The names of the cases that fail; of one in a group, with those of the groups before it.
fn names(cases: &BTreeMap<String, SubResult>) -> Vec<String> {
    let mut found = Vec::new();
    for (name, case) in cases.iter().filter(|(_, case)| case.fail) {
        if case.inner.is_empty() {
            found.push(name.clone());
        }
        found.extend(names(&case.inner).into_iter().map(|inner| format!("{name}/{inner}")));
    }
    found
}
