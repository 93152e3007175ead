//! `referee test`: run the tests of a policy.
//!
//! Tests are the rules whose names begin with `test_`, as in `opa test`.

use crate::args::parse_duration;
use crate::config::Config;
use crate::console::{Console, Paint, Role};
use crate::error::{CliError, rego_error};
use crate::escape::Safe;
use crate::exit::Exit;
use crate::interrupt::until_interrupted;
use crate::output::junit::{Case, Outcome};
use crate::output::{json, junit};
use crate::packs;
use crate::progress::Progress;
use crate::setup::Modules;
use clap::{Args, ValueEnum};
use referee_core::Timestamp;
use referee_rego::{EvalBudget, Program, TestOutcome, TestResult, Value, run_tests};
use referee_store::{Clock as _, SystemClock};
use regex::Regex;
use serde_json::json;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The arguments of `referee test`.
#[derive(Args, Debug)]
pub(crate) struct TestArgs {
    /// Policies with their tests and data: folders, .rego, .json and .yaml files
    #[arg(value_name = "PATH", required_unless_present_any = ["pack", "all_packs"])]
    paths: Vec<PathBuf>,
    /// Run the tests of a pack
    #[arg(long, value_name = "NAME")]
    pack: Vec<String>,
    /// Run the tests of all packs
    #[arg(long, conflicts_with = "pack")]
    all_packs: bool,
    /// Only tests whose name (data.package.test_name) this regular expression matches
    #[arg(short, long, value_name = "REGEX")]
    run: Option<String>,
    /// The form of the answer: human, json or junit
    #[arg(short, long, value_name = "FORM", default_value = "human", hide_possible_values = true)]
    output: Form,
    /// How long each test may take
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = parse_duration)]
    timeout: Duration,
    /// Take this as the time, RFC 3339 [default: the clock's]
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
}

/// The form of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Lines.
    Human,
    /// A document.
    Json,
    /// JUnit XML.
    Junit,
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
    let pattern = args.run.as_deref().map(pattern).transpose()?;
    let budget = EvalBudget::new(args.timeout, args.now.unwrap_or_else(|| SystemClock.now()));
    let packs = if args.all_packs { packs::names() } else { args.pack.clone() };
    let mut programs = Vec::new();
    if !args.paths.is_empty() {
        let modules = Modules::read(None, &args.paths, &config.limits)?;
        programs.push(modules.compile(config.policy.rego_v0, false)?);
    }
    for name in packs {
        programs.push(Modules::read_with_tests(&name)?.compile(false, false)?);
    }
    let watched = console.watched && args.output == Form::Human;
    let mut progress = Progress::new(watched, 1, "testing");
    let work = async { progress.during(run_all(programs, pattern, budget)).await };
    let results = until_interrupted(work).await?;
    drop(progress);
    if results.is_empty() {
        return Err(CliError::NoTests);
    }
    match args.output {
        Form::Human => human(console, &results, verbose)?,
        Form::Json => json::document(console.out(), &document(&results))?,
        Form::Junit => {
            let cases: Vec<Case> = results.iter().map(case).collect();
            junit::write(console.out(), "referee test", &cases)?;
        }
    }
    Ok(if results.iter().all(passed) { Exit::Success } else { Exit::Denied })
}

fn pattern(text: &str) -> Result<Regex, CliError> {
    Regex::new(text).map_err(|source| CliError::Pattern { pattern: text.to_owned(), source })
}

async fn run_all(
    programs: Vec<Program>,
    pattern: Option<Regex>,
    budget: EvalBudget,
) -> Result<Vec<TestResult>, CliError> {
    let work = move || {
        let started = Instant::now();
        let wanted = |package: &str, name: &str| {
            let name = format!("data.{package}.{name}");
            pattern.as_ref().is_none_or(|pattern| pattern.is_match(&name))
        };
        let input = Value::object([]);
        let run = |program| run_tests(program, &wanted, &input, &budget, &|| started.elapsed());
        programs.iter().flat_map(run).collect()
    };
    let joined = tokio::task::spawn_blocking(work).await;
    joined.map_err(|error| CliError::Runtime(io::Error::other(error)))
}

fn passed(result: &TestResult) -> bool {
    matches!(result.outcome, TestOutcome::Pass | TestOutcome::Skipped)
}

fn human(console: &mut Console, results: &[TestResult], verbose: bool) -> io::Result<()> {
    let paint = console.paint;
    let out = console.out();
    for result in results {
        if verbose || !passed(result) {
            line(out, paint, result, verbose)?;
        }
    }
    let failed = results.iter().filter(|result| !passed(result)).count();
    let skipped = results.iter().filter(|r| r.outcome == TestOutcome::Skipped).count();
    let good = results.len() - failed - skipped;
    let elapsed: Duration = results.iter().map(|result| result.elapsed).sum();
    if verbose || failed > 0 {
        writeln!(out)?;
    }
    let (role, word) = if failed == 0 { (Role::Good, "PASS") } else { (Role::Bad, "FAIL") };
    write!(out, "{}  {good} passed, {failed} failed", paint.show(role, word))?;
    if skipped > 0 {
        write!(out, ", {skipped} skipped")?;
    }
    writeln!(out, " ({} ms)", elapsed.as_millis())
}

fn line(out: &mut dyn Write, paint: Paint, result: &TestResult, verbose: bool) -> io::Result<()> {
    let (role, word) = match &result.outcome {
        TestOutcome::Pass => (Role::Good, "PASS "),
        TestOutcome::Fail { .. } => (Role::Bad, "FAIL "),
        TestOutcome::Error(_) => (Role::Bad, "ERROR"),
        TestOutcome::Skipped => (Role::Warn, "SKIP "),
    };
    let place = result.location.to_string();
    let detail = format!("{}  {} ms", Safe(&place), result.elapsed.as_millis());
    let name = full_name(result);
    writeln!(
        out,
        "{}  {}  {}",
        paint.show(role, word),
        Safe(&name),
        paint.show(Role::Faint, detail)
    )?;
    match &result.outcome {
        TestOutcome::Fail { cases } => {
            for case in cases {
                writeln!(out, "       case {}", Safe(case))?;
            }
        }
        TestOutcome::Error(error) => {
            write!(out, "       ")?;
            rego_error(out, paint, error)?;
        }
        TestOutcome::Pass | TestOutcome::Skipped => {}
    }
    for printed in result.prints.iter().filter(|_| verbose) {
        writeln!(out, "       {} {}", paint.show(Role::Faint, "|"), Safe(printed))?;
    }
    Ok(())
}

fn full_name(result: &TestResult) -> String {
    format!("data.{}.{}", result.package, result.name)
}

fn word(outcome: &TestOutcome) -> &'static str {
    match outcome {
        TestOutcome::Pass => "pass",
        TestOutcome::Fail { .. } => "fail",
        TestOutcome::Error(_) => "error",
        TestOutcome::Skipped => "skipped",
    }
}

fn document(results: &[TestResult]) -> serde_json::Value {
    let of = |outcome| results.iter().filter(|result| word(&result.outcome) == outcome).count();
    let tests: Vec<_> = results
        .iter()
        .map(|result| {
            let place = &result.location;
            let (cases, error) = match &result.outcome {
                TestOutcome::Fail { cases } => (cases.as_slice(), None),
                TestOutcome::Error(error) => ([].as_slice(), Some(error.to_string())),
                TestOutcome::Pass | TestOutcome::Skipped => ([].as_slice(), None),
            };
            json!({
                "package": format!("data.{}", result.package),
                "name": result.name,
                "location": { "file": place.file, "row": place.row, "col": place.col },
                "outcome": word(&result.outcome),
                "cases": cases,
                "error": error,
                "prints": result.prints,
                "elapsed_ms": u64::try_from(result.elapsed.as_millis()).unwrap_or(u64::MAX),
            })
        })
        .collect();
    json!({
        "passed": of("pass"),
        "failed": of("fail"),
        "errors": of("error"),
        "skipped": of("skipped"),
        "tests": tests,
    })
}

fn case(result: &TestResult) -> Case {
    let place = result.location.to_string();
    let outcome = match &result.outcome {
        TestOutcome::Pass => Outcome::Passed,
        TestOutcome::Skipped => Outcome::Skipped,
        TestOutcome::Fail { cases } if cases.is_empty() => {
            Outcome::Failed("fail".into(), format!("the rule at {place} does not hold"), place)
        }
        TestOutcome::Fail { cases } => {
            let message = format!("{} cases of the rule at {place} do not hold", cases.len());
            Outcome::Failed("fail".into(), message, cases.join("\n"))
        }
        TestOutcome::Error(error) => {
            Outcome::Errored(error.code.to_string(), error.message.clone(), error.to_string())
        }
    };
    Case {
        class: result.package.clone(),
        name: result.name.clone(),
        elapsed_ms: result.elapsed.as_millis(),
        outcome,
        output: result.prints.clone(),
    }
}
