//! Suites of our own making: loading, judging, expecting, reporting.

#![allow(clippy::unwrap_used, reason = "what the test is made of may fail")]

use referee_conformance::json::Json;
use referee_conformance::rego::{
    Answer, Expectations, Fault, Implementation, LoadError, Outcome, Place, Program, Row, load, run,
};
use referee_conformance::report::{Format, Standing, write};
use std::fs;
use std::path::Path;

const YAML: &str = r"
cases:
  - note: folder/right
    query: data.a.p = x
    modules: ['package a']
    want_result: [{x: [1, 2]}]
    sort_bindings: true
  - note: folder/an error
    query: data.a.q = x
    modules: ['package a']
    strict_error: true
    want_error_code: eval_builtin_error
    want_error: 'div: divide'
  - note: folder/a panic
    query: panic
    want_result: []
";

const COMPILE: &str = r"
cases:
  - note: errors/one
    modules: ['package a']
    rego_version: v0
    want_errors:
      - {code: rego_type_error, row: 2, message: m}
    exhaustive: true
";

/// Answers what a test has it answer.
struct Fake(fn(&Program) -> Outcome);

impl Implementation for Fake {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn run(&self, program: &Program) -> Outcome {
        (self.0)(program)
    }
}

fn right(program: &Program) -> Outcome {
    let query = program.queries.first().map(String::as_str);
    let row = |text: &str| Json::parse(text).unwrap().as_object().cloned().unwrap();
    match query {
        None => Outcome::Rejected(vec![fault("rego_type_error", "m", 2)]),
        Some("data.a.p = x") => {
            Outcome::Answered(vec![Answer::Rows(vec![row(r#"{"x":[2,1.0]}"#)])])
        }
        Some("data.a.q = x") => {
            assert!(program.settings.strict_builtin_errors);
            let fault = fault("eval_builtin_error", "div: divide by zero", 3);
            Outcome::Answered(vec![Answer::Errors(vec![fault])])
        }
        Some(_) => Outcome::Answered(vec![Answer::Rows(Vec::<Row>::new())]),
    }
}

fn fault(code: &str, message: &str, row: u32) -> Fault {
    let place = Place { file: "test-0.rego".into(), row, col: 1 };
    Fault { place: Some(place), ..Fault::new(code, message) }
}

fn suite(folder: &Path) {
    fs::create_dir_all(folder.join("v1/folder")).unwrap();
    fs::create_dir_all(folder.join("v0/errors")).unwrap();
    fs::write(folder.join("v1/folder/test-1.yaml"), YAML).unwrap();
    fs::write(folder.join("v0/errors/test-2.yaml"), COMPILE).unwrap();
}

fn report(implementation: fn(&Program) -> Outcome, list: &str, format: Format) -> (String, bool) {
    let folder = tempfile::tempdir().unwrap();
    suite(folder.path());
    let cases = load(folder.path()).unwrap();
    let list = Expectations::parse(list).unwrap();
    let report = run("ours", &cases, &Fake(implementation), &list);
    let mut out = Vec::new();
    write(&report, format, &mut out).unwrap();
    (String::from_utf8(out).unwrap(), report.is_as_expected())
}

#[test]
fn a_suite_of_both_dialects_and_kinds_passes() {
    let (text, good) = report(right, "[]", Format::Human);
    assert!(good, "{text}");
    assert!(text.contains("  v0/errors     1 / 1\n"), "{text}");
    assert!(text.ends_with("ours: 4 of 4 passed with fake\n"), "{text}");
}

#[test]
fn a_failure_says_what_was_wanted_and_what_came() {
    let wrong = |program: &Program| match right(program) {
        Outcome::Answered(_) => Outcome::Rejected(vec![fault("rego_parse_error", "no", 1)]),
        other => other,
    };
    let (text, good) = report(wrong, "[]", Format::Human);
    assert!(!good);
    let wanted = "FAIL v1/folder/right\n     wanted [{\"x\":[1,2]}], got refused: test-0.rego:1: \
                  rego_parse_error: no\n";
    assert!(text.contains(wanted), "{text}");
}

#[test]
fn an_expected_failure_is_none_and_an_unexpected_pass_is_one() {
    let panics = |program: &Program| {
        assert_ne!(program.queries.first().map(String::as_str), Some("panic"), "a fault");
        right(program)
    };
    let list = "- {reason: it panics, cases: ['v1/folder/a panic']}";
    let (text, good) = report(panics, list, Format::Json);
    assert!(good, "{text}");
    assert!(text.contains("\"standing\":\"expected_failure\""), "{text}");
    assert!(text.contains("broken: panic: "), "{text}");
    let (text, good) = report(right, list, Format::Json);
    assert!(!good, "{text}");
    assert!(text.contains("\"standing\":\"unexpected_pass\""), "{text}");
    let (text, good) = report(right, "- {reason: gone, cases: [nowhere]}", Format::Junit);
    assert!(!good, "{text}");
    assert!(text.contains("classname=\"stale\" name=\"nowhere\""), "{text}");
}

#[test]
fn the_json_report_ends_with_the_totals() {
    let (text, _) = report(right, "[]", Format::Json);
    let last = text.lines().last().unwrap();
    assert_eq!(last, r#"{"suite":"ours","passed":4,"failed":0,"total":4}"#);
}

#[test]
fn a_codeless_error_or_another_error_does_not_do() {
    for wrong in [
        (|_: &Program| Outcome::Answered(vec![Answer::Rows(Vec::new())]))
            as fn(&Program) -> Outcome,
        |_| {
            Outcome::Answered(vec![Answer::Errors(vec![fault(
                "eval_type_error",
                "div: divide",
                1,
            )])])
        },
        |_| Outcome::Answered(vec![Answer::Errors(vec![fault("eval_builtin_error", "no", 1)])]),
        |_| {
            Outcome::Answered(vec![Answer::Errors(vec![fault(
                "rego_type_error",
                "div: divide",
                1,
            )])])
        },
        |_| Outcome::Answered(Vec::new()),
        |_| Outcome::Broken("gone".into()),
    ] {
        let folder = tempfile::tempdir().unwrap();
        suite(folder.path());
        let cases = load(folder.path()).unwrap();
        let report = run("ours", &cases, &Fake(wrong), &Expectations::none());
        let verdict =
            report.verdicts.iter().find(|verdict| verdict.name == "v1/folder/an error").unwrap();
        assert_eq!(verdict.standing, Standing::Failed);
    }
}

#[test]
fn what_is_no_suite_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(load(folder.path()), Err(LoadError::Empty(_))));
    let write = |text: &str| {
        fs::write(folder.path().join("a.json"), text).unwrap();
        load(folder.path()).unwrap_err().to_string()
    };
    assert!(write("{").ends_with("a.json: no name in an object at byte 1"));
    assert!(write("{}").ends_with("a.json: no array `cases`"));
    let unknown = r#"{"cases":[{"note":"n","query":"q","want_result":[],"wants":1}]}"#;
    assert!(write(unknown).ends_with("a.json: case 0: unknown member wants"));
    let nothing = r#"{"cases":[{"note":"n","query":"q"}]}"#;
    assert!(
        write(nothing).ends_with(
            "a.json: case 0: wants nothing: no want_result, want_error_code or want_error"
        )
    );
}
