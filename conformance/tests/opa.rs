//! OPA's own cases, and programs of our making, through the real OPA and through Referee.
//!
//! The cases lie outside the repository (the environment variable REFEREE_OPA_CASES names another
//! folder), the real OPA is built by `opa/build.sh`. What is not there is skipped, aloud.

#![allow(clippy::unwrap_used, reason = "what the test is made of may fail")]

use referee_conformance::fuzz::{Differ, Difference, Level, Options, Tally, case_document};
use referee_conformance::rego::{
    Answer, Expectations, Front, Implementation, Oracle, Outcome, Program, load, run,
};
use referee_conformance::report::{Format, write};
use referee_rego::EngineChoice;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Writes past the test harness's capture: a skip, or a figure, must be seen.
fn aloud(line: &str) {
    let _seen = writeln!(std::io::stderr(), "{line}");
}

fn cases() -> Option<PathBuf> {
    let named = std::env::var_os("REFEREE_OPA_CASES").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/opa-cases/v1");
    let folder = named.unwrap_or(beside);
    if folder.is_dir() {
        return Some(folder);
    }
    aloud(&format!("SKIPPED OPA cases: no folder {}; set REFEREE_OPA_CASES", folder.display()));
    None
}

fn oracle() -> Option<Oracle> {
    let found = Oracle::find().map(|program| Oracle::start(&program, 2).unwrap());
    if found.is_none() {
        aloud("SKIPPED the real OPA: run conformance/opa/build.sh");
    }
    found
}

fn expectations() -> Expectations {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    Expectations::read(&folder.join("expected/native-v1.14.yaml")).unwrap()
}

fn passes(implementation: &(dyn Implementation + Sync)) {
    let Some(folder) = cases() else { return };
    let report = run("opa-v1", &load(&folder).unwrap(), implementation, &expectations());
    aloud(&format!(
        "FIGURE OPA cases with {}: {} of {}",
        report.implementation,
        report.passed(),
        report.total()
    ));
    let mut text = Vec::new();
    write(&report, Format::Human, &mut text).unwrap();
    assert!(report.is_as_expected(), "{}", String::from_utf8_lossy(&text));
}

#[test]
fn the_real_opa_passes_its_own_cases_as_they_are_judged_here() {
    if let Some(oracle) = oracle() {
        passes(&oracle);
    }
}

#[test]
fn referee_passes_opas_cases_but_for_those_that_are_listed() {
    passes(&Front::new(EngineChoice::Native));
}

#[test]
fn what_is_explained_is_what_is_answered_in_opas_cases() {
    passes(&Front::explaining());
}

#[test]
fn most_programs_of_the_fuzzer_compile_and_tell_something() {
    let Some(oracle) = oracle() else { return };
    let differ = Differ {
        reference: &oracle,
        subject: &oracle,
        level: Level::Exact,
        options: Options::default(),
    };
    let mut tally = Tally::default();
    let divergences = differ.run(0..600, &mut tally);
    assert!(divergences.is_empty(), "OPA divides from itself: {divergences:?}");
    assert!(tally.refused * 10 < tally.programs * 4, "{tally:?}");
    assert!(tally.defined * 10 > tally.queries * 6, "{tally:?}");
    assert!(tally.failed * 100 > tally.queries * 2, "{tally:?}");
    assert!(tally.forms.len() > 180, "only {} forms and builtins", tally.forms.len());
}

/// OPA, but for one thing: a program that says `upper` gives nothing.
struct Faulty<'a>(&'a Oracle);

impl Implementation for Faulty<'_> {
    fn name(&self) -> &'static str {
        "faulty"
    }

    fn run(&self, program: &Program) -> Outcome {
        let faulty = program.modules.iter().any(|module| module.text.contains("upper("));
        match self.0.run(program) {
            Outcome::Answered(answers) if faulty => {
                Outcome::Answered(vec![Answer::Rows(Vec::new()); answers.len()])
            }
            other => other,
        }
    }
}

#[test]
fn a_divergence_is_found_and_cut_down_to_its_cause() {
    let Some(oracle) = oracle() else { return };
    let faulty = Oracle::find().map(|program| Oracle::start(&program, 1).unwrap()).unwrap();
    let faulty = Faulty(&faulty);
    let differ = Differ {
        reference: &oracle,
        subject: &faulty,
        level: Level::Values,
        options: Options::default(),
    };
    let mut tally = Tally::default();
    let found = differ.run(0..400, &mut tally);
    let first = found.into_iter().find(|found| found.difference == Difference::Rows).unwrap();
    let before = first.sketch.program().modules.iter().map(|m| m.text.len()).sum::<usize>();
    let small = differ.shrink(first);
    let program = small.sketch.program();
    let after = program.modules.iter().map(|module| module.text.len()).sum::<usize>();
    assert!(after * 3 < before, "{before} letters became {after}: {program:?}");
    let case = case_document("rows/1", &program, &small.wanted, &small.got).to_string();
    assert!(case.contains("upper("), "{case}");
}
