//! Partial evaluation, side by side with the real OPA: the cases of OPA's own Go tests, cases of
//! ours, and programs of the fuzzer.
//!
//! OPA's answer to a case is that of the oracle (`conformance/opa`), not what its tests expect:
//! those compare without regard to much. Its cases are read from its Go source in the module
//! cache, where that is. What is not there is skipped, aloud.

#![allow(clippy::unwrap_used, reason = "what the test is made of may fail")]

mod generated;
mod sides;
mod written;

use serde_json::Value as Json;
use sides::{Oracle, compare, ours};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Writes past the test harness's capture: a skip, or a figure, must be seen.
fn aloud(line: &str) {
    let _seen = writeln!(std::io::stderr(), "{line}");
}

fn oracle() -> Option<Oracle> {
    let found = referee_conformance::rego::Oracle::find();
    if found.is_none() {
        aloud("SKIPPED partial evaluation beside the real OPA: run conformance/opa/build.sh");
    }
    let oracle = Oracle(found?);
    if !oracle.knows_partial_evaluation() {
        aloud("SKIPPED partial evaluation: the oracle is an old one; run conformance/opa/build.sh");
        return None;
    }
    Some(oracle)
}

/// The Go source of OPA's tests of partial evaluation.
fn opas_tests() -> Option<PathBuf> {
    let output = Command::new("go").args(["env", "GOMODCACHE"]).output().ok();
    let cache = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let place = "github.com/open-policy-agent/opa@v1.20.2/v1/topdown/topdown_partial_test.go";
    let path = cache.map(|cache| Path::new(&cache).join(place)).filter(|path| path.is_file());
    if path.is_none() {
        aloud(
            "SKIPPED OPA's own cases of partial evaluation: no Go module cache with OPA's source",
        );
    }
    path
}

/// Whether OPA leaves the same when it is asked again.
fn again(oracle: &Oracle, case: &Json) -> bool {
    let answers = oracle.ask(&vec![case.clone(); 12]);
    answers.iter().any(|theirs| compare(case, theirs).is_ok())
}

/// Compares all cases; the differences, each with the name of its case.
fn differences(oracle: &Oracle, cases: &[Json]) -> (usize, Vec<String>) {
    let (mut same, mut different) = (0, Vec::new());
    for (case, theirs) in cases.iter().zip(oracle.ask(cases)) {
        match compare(case, &theirs) {
            Ok(compared) => same += usize::from(compared),
            // OPA takes rules that it finds by their values in the random order of Go's maps, so
            // it does not always leave the same. What it says some time is what it says.
            Err(_) if again(oracle, case) => same += 1,
            Err(difference) => {
                different.push(format!("--- {}\n{difference}", case["id"].as_str().unwrap()));
            }
        }
    }
    (same, different)
}

#[test]
fn what_is_left_of_opas_own_cases_is_what_opa_leaves() {
    let (Some(oracle), Some(tests)) = (oracle(), opas_tests()) else { return };
    let cases = oracle.cases_of(&tests);
    let (same, different) = differences(&oracle, &cases);
    aloud(&format!("FIGURE partial evaluation of OPA's own cases: {same} of {}", cases.len()));
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn what_is_left_of_generated_programs_is_what_opa_leaves() {
    let Some(oracle) = oracle() else { return };
    let named = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let first = named("REFEREE_PARTIAL_SEED").unwrap_or(1);
    let count = named("REFEREE_PARTIAL_SEEDS").unwrap_or(60);
    let cases: Vec<Json> = (first..first + count).flat_map(generated::cases).collect();
    let (same, different) = differences(&oracle, &cases);
    aloud(&format!("FIGURE partial evaluation of generated programs: {same} of {}", cases.len()));
    assert!(same * 2 > cases.len(), "most generated cases must be ones that both evaluate");
    assert!(different.is_empty(), "{} differ\n{}", different.len(), different.join("\n"));
}

#[test]
fn what_is_left_of_our_cases_is_what_opa_leaves() {
    let Some(oracle) = oracle() else { return };
    let cases = written::alike();
    let (same, different) = differences(&oracle, &cases);
    aloud(&format!("FIGURE partial evaluation of our cases: {same} of {}", cases.len()));
    assert!(different.is_empty(), "{} differ\n{}", different.len(), different.join("\n"));
    assert_eq!(same, cases.len());
}

#[test]
fn where_opa_leaves_what_means_something_else_we_do_not_follow() {
    for (case, expected) in written::unlike() {
        let (_, text) = ours(&case).unwrap();
        assert_eq!(text, expected, "{}", case["id"]);
    }
    let Some(oracle) = oracle() else { return };
    for (case, _) in written::unlike() {
        // Where OPA comes to leave the same, the case and the documentation are to change.
        assert!(!again(&oracle, &case), "{} is left alike by now", case["id"]);
    }
}
