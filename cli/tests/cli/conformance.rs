//! `referee conformance rego`, over suites of a few cases.

use crate::support::{folder, path, with};

const GOOD: &str = r#"{"cases": [
  {"note": "sums/of two", "query": "data.a.p = x", "modules": ["package a\n\np := 1 + input.n"],
   "input": {"n": 2}, "want_result": [{"x": 3}]},
  {"note": "sums/of a text", "query": "data.a.p = x", "strict_error": true,
   "modules": ["package a\n\np := x if {\n\tx := to_number(input)\n}"], "input": "three",
   "want_error_code": "eval_builtin_error", "want_error": "invalid syntax"}
]}"#;

const BAD: &str = "cases:\n  - note: sets/order\n    query: 'data.a.p = x'\n    \
                   modules: ['package a\n\n      p contains x if some x in [2, 1]']\n    \
                   want_result: [{x: [2]}]\n";

const LAST: &str = r#"{"suite":"opa-v1","passed":2,"failed":1,"total":3}"#;

#[test]
fn cases_that_pass_are_counted_by_folder_and_the_exit_code_is_0() {
    let folder = folder(&[("v1/sums/one.json", GOOD)]);
    let at = folder.path().to_str().unwrap();
    let run = with(&["conformance", "rego", "--cases", at]).exits(0);
    run.says(&["sums 2 / 2", "opa-v1: 2 of 2 passed with native"]);
    // Its errors are its own.
    let run = with(&["conformance", "rego", "--cases", at, "--engine", "regorus"]).exits(1);
    run.says(&["FAIL sums/of a text", "opa-v1: 1 of 2 passed with regorus"]);
}

#[test]
fn a_case_that_fails_is_told_with_what_was_wanted_and_the_exit_code_is_1() {
    let folder = folder(&[("v1/sums/one.json", GOOD), ("v1/sets/two.yaml", BAD)]);
    let at = folder.path().to_str().unwrap();
    with(&["conformance", "rego", "--cases", at]).exits(1).says(&[
        "! sets 0 / 1",
        "sums 2 / 2",
        "FAIL sets/order",
        r#"wanted [{"x":[2]}], got [{"x":[1,2]}]"#,
        "opa-v1: 2 of 3 passed with native",
    ]);
    let json = with(&["conformance", "rego", "--cases", at, "--output", "json"]).exits(1);
    assert_eq!(json.out.lines().last(), Some(LAST), "{json:#?}");
    assert!(json.out.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
    let junit = with(&["conformance", "rego", "--cases", at, "--output", "junit"]).exits(1).out;
    assert!(junit.contains("<testsuites name=\"opa-v1\" tests=\"3\" failures=\"1\">"), "{junit}");
    assert!(junit.contains("<testcase classname=\"sums\" name=\"sums/of two\"/>"), "{junit}");
}

#[test]
fn a_failure_that_is_expected_is_none_and_a_pass_that_is_not_is_one() {
    let expected = "- {reason: the order is another, cases: [sets/order]}";
    let stale = "- {reason: it adds up, cases: [sums/of two]}";
    let unknown = "- {reason: it is gone, cases: [sets/order, sets/none]}";
    let folder = folder(&[
        ("good/sums/a.json", GOOD),
        ("bad/sets/b.yaml", BAD),
        ("e.yaml", expected),
        ("s.yaml", stale),
        ("u.yaml", unknown),
    ]);
    let run = |cases: &str, list: &str| {
        let (cases, list) = (path(&folder, cases), path(&folder, list));
        with(&["conformance", "rego", "--cases", &cases, "--expect", &list])
    };
    run("bad", "e.yaml").exits(0).says(&["expected to fail: sets/order (the order is another)"]);
    run("good", "s.yaml").exits(1).says(&["sums/of two", "it adds up"]);
    let gone = "STALE sets/none is expected to fail and is no case of the suite";
    run("bad", "u.yaml").exits(1).says(&[gone]);
}

#[test]
fn what_is_no_suite_is_an_error() {
    let folder = folder(&[("empty/readme.txt", ""), ("bad/a.json", "{}")]);
    let (empty, bad) = (path(&folder, "empty"), path(&folder, "bad"));
    with(&["conformance", "rego", "--cases", &empty])
        .fails(&format!("{empty}: no cases"), "cases_unusable");
    with(&["conformance", "rego", "--cases", &bad])
        .fails(&format!("{bad}/a.json: no array `cases`"), "cases_unusable");
    let run = with(&["conformance", "rego"]).exits(2);
    assert!(run.err.contains("--cases <DIR>"), "{run:#?}");
}
