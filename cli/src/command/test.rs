//! `referee test`: run the tests of a policy.
//!
//! Tests are the rules whose names begin with `test_`, as in `opa test`; the flags are OPA's.

mod args;
mod run;

pub(crate) use args::TestArgs;

use crate::config::Config;
use crate::console::Console;
use crate::error::CliError;
use crate::exit::Exit;
use crate::interrupt::until_interrupted;
use crate::output::doc::Doc;
use crate::output::tests::{self as output, Shown};
use crate::output::{junit, rego as told};
use crate::packs;
use crate::progress::Progress;
use crate::rego;
use crate::setup;
use args::{Form, Sort};
use referee_rego::{
    CompileOptions, CoverageKind, CoverageReport, EngineChoice, EvalBudget, Module, Program,
    TestOutcome, TestResult, TestRules,
};
use referee_store::{Clock as _, SystemClock};
use regex::Regex;
use run::{Plan, run_all};
use std::cmp::Reverse;
use std::io;

/// A program whose tests are run, with the modules that were given.
pub(crate) struct Suite {
    program: Program,
    modules: Vec<Module>,
}

/// Runs the command.
///
/// # Errors
/// Where modules cannot be read or do not compile, or there are no tests.
pub(crate) async fn run(
    args: TestArgs,
    config: &Config,
    verbose: bool,
    console: &mut Console,
) -> Result<Exit, CliError> {
    args.absent.refuse()?;
    let pattern = args.run.as_deref().map(pattern).transpose()?;
    let kinds = args.coverage_runs.kinds()?;
    let network = args.network.network(args.language.engine(config))?;
    let suites = match suites(&args, config) {
        Ok(suites) => suites,
        Err(error) => return refuse(error, args.output, console),
    };
    let now = args.now.unwrap_or_else(|| SystemClock.now());
    let covering = args.coverage || args.threshold.is_some();
    let plan = Plan {
        pattern,
        budget: EvalBudget::new(args.timeout, now),
        parallel: args.parallel,
        count: args.count,
        coverage: covering,
        trace: args.explain.is_some(),
        variables: args.var_values,
        network,
    };
    let watched = console.watched && args.output == Form::Human;
    let mut progress = Progress::new(watched, 1, "testing");
    let joined = until_interrupted(async {
        let work = tokio::task::spawn_blocking(move || run_all(suites, &plan));
        let joined = progress.during(work).await;
        joined.map_err(|error| CliError::Runtime(io::Error::other(error)))
    });
    let (suites, results) = joined.await?;
    drop(progress);
    if results.is_empty() {
        return Err(CliError::NoTests);
    }
    let mut all: Vec<&TestResult> = results.iter().flatten().collect();
    if all.is_empty() {
        return Err(CliError::NoTests);
    }
    if args.sort == Sort::Duration {
        all.sort_by_key(|result| Reverse(result.elapsed));
    }
    let exit = exit(&all, args.exit_zero_on_skipped);
    let shown = Shown {
        verbose: verbose || args.explain.is_some(),
        explain: args.explain.map(args::Steps::explain),
        variables: args.var_values,
    };
    let report = covering.then(|| coverage(&suites, &results, &kinds));
    match args.output {
        // As OPA does it: the report takes the place of the results where all is well.
        Form::Human => match &report {
            Some(report) if exit == Exit::Success => told::coverage(report).write(console.out())?,
            _ => output::human(console, &all, &shown)?,
        },
        Form::Json => document(&all, &shown, report.as_ref()).write(console.out())?,
        Form::Junit => {
            let cases: Vec<_> = all.iter().map(|result| output::case(result)).collect();
            junit::write(console.out(), "referee test", &cases)?;
        }
    }
    match (args.threshold, &report) {
        (Some(threshold), Some(report)) if exit == Exit::Success => {
            enough(report, threshold, verbose, console)?;
        }
        _ => {}
    }
    Ok(exit)
}

/// Tells an error that came before any test.
fn refuse(error: CliError, form: Form, console: &mut Console) -> Result<Exit, CliError> {
    match told::told_errors(&error) {
        Some(errors) if form == Form::Json => {
            told::errors(errors).write(console.out())?;
            Ok(Exit::Error)
        }
        _ => Err(error),
    }
}

/// Refuses a coverage below what was asked for.
fn enough(
    report: &CoverageReport,
    threshold: f64,
    verbose: bool,
    console: &mut Console,
) -> Result<(), CliError> {
    let coverage = report.percent();
    if coverage >= threshold {
        return Ok(());
    }
    if verbose {
        output::uncovered(console.err(), report)?;
    }
    Err(CliError::Uncovered { coverage, threshold })
}

fn document(results: &[&TestResult], shown: &Shown, report: Option<&CoverageReport>) -> Doc {
    let Doc::Members(mut members) = output::document(results, shown) else { return Doc::Null };
    if let Some(Doc::Members(covered)) = report.map(told::coverage) {
        members.extend(covered);
    }
    Doc::Members(members)
}

fn suites(args: &TestArgs, config: &Config) -> Result<Vec<Suite>, CliError> {
    let tests = if args.var_values { TestRules::Values } else { TestRules::Cases };
    let options = args.language.options(config)?.with_tests(tests).with_max_errors(args.max_errors);
    if options.engine == EngineChoice::Regorus {
        rego::require_native(&[
            ("coverage", args.coverage),
            ("threshold", args.threshold.is_some()),
            ("explain", args.explain.is_some()),
            ("var-values", args.var_values),
        ])?;
    }
    let mut suites = Vec::new();
    if !args.paths.is_empty() {
        let within = (&config.limits, args.language.rego_v0(config));
        let loaded = rego::load(&args.paths, &args.load.ignore, args.bundle, false, within)?;
        let program = rego::compile(&loaded, false, options.clone())?;
        suites.push(Suite { program, modules: loaded.modules });
    }
    let packs = if args.all_packs { packs::names() } else { args.pack.clone() };
    let engine = options.engine;
    for name in packs {
        let loaded = setup::pack_with_tests(&name)?;
        let options = CompileOptions::DEFAULT.with_engine(engine).with_tests(tests);
        let program = rego::compile(&loaded, true, options)?;
        suites.push(Suite { program, modules: loaded.modules });
    }
    Ok(suites)
}

fn pattern(text: &str) -> Result<Regex, CliError> {
    Regex::new(text).map_err(|error| {
        // Its last line says what is wrong; those before draw where, which one line cannot.
        let told = error.to_string();
        let why = told.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        CliError::Pattern { pattern: text.to_owned(), why }
    })
}

/// No answer outranks a no. A test that is skipped is one that did not pass.
fn exit(results: &[&TestResult], skipped_is_fine: bool) -> Exit {
    let one = |result: &&TestResult| match &result.outcome {
        TestOutcome::Pass => Exit::Success,
        TestOutcome::Skipped if skipped_is_fine => Exit::Success,
        TestOutcome::Skipped | TestOutcome::Fail { .. } => Exit::Denied,
        TestOutcome::Error(_) => Exit::Error,
    };
    results.iter().map(one).fold(Exit::Success, Exit::and)
}

/// What the tests of all suites cover.
fn coverage(
    suites: &[Suite],
    results: &[Vec<TestResult>],
    kinds: &[CoverageKind],
) -> CoverageReport {
    let mut whole = CoverageReport::default();
    for (suite, results) in suites.iter().zip(results) {
        let report = run::covered(suite, results, kinds);
        whole.covered_lines += report.covered_lines;
        whole.not_covered_lines += report.not_covered_lines;
        whole.files.extend(report.files);
    }
    whole
}
