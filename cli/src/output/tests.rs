//! What `referee test` answers.

use super::doc::Doc;
use super::junit::{Case, Outcome};
use super::rego;
use crate::console::{Console, Paint, Role};
use crate::error::rego_error;
use crate::escape::{Safe, escape_whole};
use referee_rego::{
    CoverageReport, Explain, SubResult, TestOutcome, TestResult, Trace, TraceEvent,
};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::time::Duration;

/// What is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    /// Tests that pass, too, and what they print.
    pub(crate) verbose: bool,
    /// The steps of tests that fail.
    pub(crate) explain: Option<Explain>,
    /// The values of variables.
    pub(crate) variables: bool,
}

/// How many tests came out how.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    passed: usize,
    failed: usize,
    errored: usize,
    skipped: usize,
}

impl Counts {
    fn of(results: &[&TestResult]) -> Self {
        let mut counts = Self::default();
        for result in results {
            *match result.outcome {
                TestOutcome::Pass => &mut counts.passed,
                TestOutcome::Fail { .. } => &mut counts.failed,
                TestOutcome::Error(_) => &mut counts.errored,
                TestOutcome::Skipped => &mut counts.skipped,
            } += 1;
        }
        counts
    }
}

/// Writes the results for a reader.
///
/// # Errors
/// Where they cannot be written.
pub(crate) fn human(
    console: &mut Console,
    results: &[&TestResult],
    shown: &Shown,
) -> io::Result<()> {
    let paint = console.paint;
    let out = console.out();
    let told = |result: &TestResult| {
        shown.verbose || !matches!(result.outcome, TestOutcome::Pass | TestOutcome::Skipped)
    };
    for result in results.iter().filter(|result| told(result)) {
        one(out, paint, result, shown)?;
    }
    if results.iter().any(|result| told(result)) {
        writeln!(out)?;
    }
    let counts = Counts::of(results);
    let elapsed: Duration = results.iter().map(|result| result.elapsed).sum();
    let (role, word) = match counts {
        Counts { errored: 1.., .. } => (Role::Bad, "ERROR"),
        Counts { failed: 1.., .. } => (Role::Bad, "FAIL"),
        _ => (Role::Good, "PASS"),
    };
    let Counts { passed, failed, errored, skipped } = counts;
    write!(out, "{}  {passed} passed, {failed} failed", paint.show(role, word))?;
    if errored > 0 {
        write!(out, ", {errored} errored")?;
    }
    if skipped > 0 {
        write!(out, ", {skipped} skipped")?;
    }
    writeln!(out, " ({} ms)", elapsed.as_millis())
}

fn one(out: &mut dyn Write, paint: Paint, result: &TestResult, shown: &Shown) -> io::Result<()> {
    let (role, word) = match &result.outcome {
        TestOutcome::Pass => (Role::Good, "PASS "),
        TestOutcome::Fail { .. } => (Role::Bad, "FAIL "),
        TestOutcome::Error(_) => (Role::Bad, "ERROR"),
        TestOutcome::Skipped => (Role::Warn, "SKIP "),
    };
    let place = result.location.to_string();
    let detail = format!("{}  {} ms", Safe(&place), result.elapsed.as_millis());
    let (word, detail) = (paint.show(role, word), paint.show(Role::Faint, detail));
    writeln!(out, "{word}  {}  {detail}", Safe(&full_name(result)))?;
    cases(out, paint, &result.cases, 0, shown)?;
    let failing = match &result.outcome {
        TestOutcome::Fail { .. } => true,
        TestOutcome::Error(error) => {
            write!(out, "       ")?;
            rego_error(out, paint, error)?;
            true
        }
        TestOutcome::Pass | TestOutcome::Skipped => false,
    };
    if failing {
        failure(out, paint, &result.trace, shown)?;
    }
    if failing || shown.verbose {
        for printed in &result.prints {
            writeln!(out, "       {} {}", paint.show(Role::Faint, "|"), Safe(printed))?;
        }
    }
    Ok(())
}

/// The expression that did not hold, and the steps to it where they are asked for.
fn failure(out: &mut dyn Write, paint: Paint, trace: &Trace, shown: &Shown) -> io::Result<()> {
    if let Some(event) = trace.failure() {
        let place = event.location.to_string();
        let place = paint.show(Role::Faint, format!("{}:", Safe(&place)));
        let mut lines = event.source.lines();
        writeln!(out, "       {place} {}", Safe(lines.next().unwrap_or_default()))?;
        for line in lines {
            writeln!(out, "         {}", escape_whole(line.trim_end()))?;
        }
        if shown.variables {
            for variable in &event.variables {
                let value = variable.value.to_rego_string();
                writeln!(out, "         {} = {}", Safe(variable.label()), Safe(&value))?;
            }
        }
    }
    if let Some(explain) = shown.explain {
        let steps: Vec<&TraceEvent> = trace.filtered(explain);
        for line in Trace::print(&steps, shown.variables).lines() {
            writeln!(out, "       {}", escape_whole(line.trim_end()))?;
        }
        if trace.is_cut() {
            writeln!(out, "       … and further steps, which are not kept")?;
        }
    }
    Ok(())
}

/// The cases that do not hold, or all.
fn cases(
    out: &mut dyn Write,
    paint: Paint,
    cases: &BTreeMap<String, SubResult>,
    depth: usize,
    shown: &Shown,
) -> io::Result<()> {
    for (name, case) in cases.iter().filter(|(_, case)| case.fail || shown.verbose) {
        let (role, word) = if case.fail { (Role::Bad, "FAIL") } else { (Role::Good, "PASS") };
        let indent = "  ".repeat(depth);
        writeln!(out, "       {indent}case {}: {}", Safe(name), paint.show(role, word))?;
        self::cases(out, paint, &case.inner, depth + 1, shown)?;
    }
    Ok(())
}

fn full_name(result: &TestResult) -> String {
    format!("data.{}.{}", result.package, result.name)
}

/// The document of the results.
pub(crate) fn document(results: &[&TestResult], shown: &Shown) -> Doc {
    let Counts { passed, failed, errored, skipped } = Counts::of(results);
    let tests = results.iter().map(|result| test(result, shown));
    Doc::members([
        ("passed", Some(Doc::count(passed))),
        ("failed", Some(Doc::count(failed))),
        ("errored", Some(Doc::count(errored))),
        ("skipped", Some(Doc::count(skipped))),
        ("tests", Some(Doc::List(tests.collect()))),
    ])
}

fn test(result: &TestResult, shown: &Shown) -> Doc {
    let (word, failing, error) = match &result.outcome {
        TestOutcome::Pass => ("pass", [].as_slice(), None),
        TestOutcome::Fail { cases } => ("fail", cases.as_slice(), None),
        TestOutcome::Error(error) => ("error", [].as_slice(), Some(error.to_string())),
        TestOutcome::Skipped => ("skipped", [].as_slice(), None),
    };
    let texts = |texts: &[String]| Doc::List(texts.iter().map(Doc::text).collect());
    let steps = shown.explain.map(|explain| result.trace.filtered(explain));
    Doc::members([
        ("package", Some(Doc::text(format!("data.{}", result.package)))),
        ("name", Some(Doc::text(result.name.as_str()))),
        ("location", Some(rego::location(&result.location))),
        ("outcome", Some(Doc::text(word))),
        ("cases", Some(texts(failing))),
        ("sub_results", (!result.cases.is_empty()).then(|| sub_results(&result.cases))),
        ("error", Some(error.map_or(Doc::Null, Doc::Text))),
        ("failure", (word == "fail").then(|| result.trace.failure().map(failed)).flatten()),
        ("trace", steps.map(|steps| rego::explanation(&steps))),
        ("prints", Some(texts(&result.prints))),
        ("elapsed_ms", Some(Doc::number(result.elapsed.as_millis()))),
    ])
}

/// The expression that did not hold.
fn failed(event: &TraceEvent) -> Doc {
    let variables = event.variables.iter();
    let variables = variables.map(|one| (one.label().to_owned(), Doc::from(&one.value)));
    let variables: Vec<_> = variables.collect();
    Doc::members([
        ("expression", Some(Doc::text(event.source.as_str()))),
        ("location", Some(rego::location(&event.location))),
        ("variables", (!variables.is_empty()).then_some(Doc::Members(variables))),
    ])
}

/// The results of cases, as OPA's documents have them.
fn sub_results(cases: &BTreeMap<String, SubResult>) -> Doc {
    let case = |(name, case): (&String, &SubResult)| {
        let members = [
            ("name", Some(Doc::text(name.as_str()))),
            ("fail", case.fail.then_some(Doc::Bool(true))),
            ("sub_results", (!case.inner.is_empty()).then(|| sub_results(&case.inner))),
        ];
        (name.clone(), Doc::members(members))
    };
    Doc::Members(cases.iter().map(case).collect())
}

/// A test as a case of JUnit.
pub(crate) fn case(result: &TestResult) -> Case {
    let place = result.location.to_string();
    let failing =
        result.trace.failure().map(|event| format!("{}: {}", event.location, event.source));
    let outcome = match &result.outcome {
        TestOutcome::Pass => Outcome::Passed,
        TestOutcome::Skipped => Outcome::Skipped,
        TestOutcome::Fail { cases } if cases.is_empty() => {
            let message = format!("the rule at {place} does not hold");
            Outcome::Failed("fail".into(), message, failing.unwrap_or(place))
        }
        TestOutcome::Fail { cases } => {
            let message = format!("{} cases of the rule at {place} do not hold", cases.len());
            let text = cases.iter().cloned().chain(failing).collect::<Vec<_>>().join("\n");
            Outcome::Failed("fail".into(), message, text)
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

/// Tells the lines that are not covered.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn uncovered(out: &mut dyn Write, report: &CoverageReport) -> io::Result<()> {
    writeln!(out, "Lines not covered:")?;
    for (name, file) in &report.files {
        let rows = file.not_covered.iter();
        let rows: BTreeSet<u32> =
            rows.flat_map(|one| one.range.start.row..=one.range.end.row).collect();
        let mut rows = rows.into_iter().peekable();
        while let Some(first) = rows.next() {
            let mut last = first;
            while let Some(next) = rows.next_if(|next| *next == last.saturating_add(1)) {
                last = next;
            }
            let span = if first == last { first.to_string() } else { format!("{first}-{last}") };
            writeln!(out, "\t{}:{span}", Safe(name))?;
        }
    }
    Ok(())
}
