//! `referee test`.

use crate::support::{folder, path, with};

const POLICY: &str = "package p\n\ndeny contains \"few\" if input.n < 3\n";
const TESTS: &str = "package p_test\n\nimport data.p\n\n\
                     test_few_are_denied if {\n\tprint(\"few\", 1)\n\t\
                     count(p.deny) == 1 with input as {\"n\": 1}\n}\n\n\
                     test_three_are_denied if {\n\tcount(p.deny) == 1 with input as {\"n\": 3}\n}\n\n\
                     todo_test_later if {\n\tfalse\n}\n";

#[test]
fn a_test_that_fails_is_told_with_its_place_and_the_exit_code_is_1() {
    let folder = folder(&[("p.rego", POLICY), ("p_test.rego", TESTS)]);
    let at = folder.path().to_str().unwrap();
    let run = with(&["test", at]).exits(1).says(&[
        "FAIL data.p_test.test_three_are_denied p_test.rego:10",
        "FAIL 1 passed, 1 failed, 1 skipped",
    ]);
    assert!(!run.out.contains("PASS"), "{run:#?}");
    let run = with(&["test", at, "-v"]).exits(1);
    run.says(&["PASS data.p_test.test_few_are_denied", "| p_test.rego:6: few 1"]);
}

#[test]
fn tests_are_chosen_by_their_whole_name() {
    let folder = folder(&[("p.rego", POLICY), ("p_test.rego", TESTS)]);
    let at = folder.path().to_str().unwrap();
    with(&["test", at, "--run", "few_are_denied$"]).exits(0).says(&["PASS 1 passed, 0 failed"]);
    with(&["test", at, "--run", "nothing"]).fails("no tests were found", "no_tests");
    with(&["test", at, "--run", "("]).fails("--run: \"(\" is no regular expression", "run_pattern");
}

#[test]
fn results_are_written_for_programs() {
    let folder = folder(&[("p.rego", POLICY), ("p_test.rego", TESTS)]);
    let at = folder.path().to_str().unwrap();
    let json = with(&["test", at, "-o", "json"]).exits(1).json();
    assert_eq!((json["passed"].as_u64(), json["failed"].as_u64()), (Some(1), Some(1)));
    assert_eq!(json["tests"][1]["outcome"], "fail");
    assert_eq!(json["tests"][1]["location"]["row"], 10);
    let junit = with(&["test", at, "-o", "junit"]).exits(1).out;
    assert!(junit.contains("tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\""), "{junit}");
}

#[test]
fn a_module_that_does_not_compile_is_an_error_and_no_failed_test() {
    let folder = folder(&[("p.rego", "package p\n\ntest_x if {\n\ty == 1\n}\n")]);
    let run = with(&["test", &path(&folder, "p.rego")]).exits(2);
    assert!(run.err.starts_with("error: p.rego:4:"), "{run:#?}");
    assert!(run.err.contains("rego_unsafe_var_error"), "{run:#?}");
}

#[test]
fn the_packs_pass_their_own_tests() {
    let run = with(&["test", "--all-packs"]).exits(0);
    assert!(run.out.starts_with("PASS  ") && run.out.contains(" 0 failed"), "{run:#?}");
    with(&["test", "--pack", "sigend"]).exits(2);
}
