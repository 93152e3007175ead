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
        "FAIL data.p_test.test_three_are_denied",
        "p_test.rego:11: count(p.deny) == 1 with input as {\"n\": 3}",
        "FAIL 1 passed, 1 failed, 1 skipped",
    ]);
    assert!(!run.out.contains("PASS"), "{run:#?}");
    let run = with(&["test", at, "-v"]).exits(1);
    run.says(&["PASS data.p_test.test_few_are_denied", "p_test.rego:6: few 1"]);
}

#[test]
fn tests_are_chosen_by_their_whole_name() {
    let folder = folder(&[("p.rego", POLICY), ("p_test.rego", TESTS)]);
    let at = folder.path().to_str().unwrap();
    with(&["test", at, "--run", "few_are_denied$"]).exits(0).says(&["PASS 1 passed, 0 failed"]);
    with(&["test", at, "--run", "nothing"]).fails("no tests were found", "no_tests");
    with(&["test", at, "--run", "("])
        .fails("--run: \"(\" is no regular expression: unclosed group", "run_pattern");
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
    assert!(run.err.contains("p.rego:4:2: rego_unsafe_var_error: "), "{run:#?}");
    assert!(run.err.contains("rego_unsafe_var_error"), "{run:#?}");
}

#[test]
fn the_packs_pass_their_own_tests() {
    let run = with(&["test", "--all-packs"]).exits(0);
    assert!(run.out.starts_with("PASS  ") && run.out.contains(" 0 failed"), "{run:#?}");
    with(&["test", "--pack", "sigend"]).exits(2);
}

#[test]
fn errors_are_counted_apart_from_failures_and_outrank_them() {
    let text = "package t\n\ntest_good if true\n\ntest_bad if 1 == 2\n\ntest_error if {\n\t\
                {\"a\": x | some x in [1, 2]} == {}\n}\n\ntodo_test_later if true\n";
    let folder = folder(&[("t.rego", text)]);
    let at = path(&folder, "t.rego");
    let json = with(&["test", &at, "-f", "json"]).exits(2).json();
    let counts =
        ["passed", "failed", "errored", "skipped"].map(|name| json[name].as_u64().unwrap());
    assert_eq!(counts, [1, 1, 1, 1], "{json:#}");
    assert_eq!(json["tests"].as_array().unwrap().len(), 4);
    assert_eq!(json["tests"][1]["failure"]["expression"], "1 == 2", "{json:#}");
    assert!(json["tests"][2]["error"].as_str().unwrap().contains("eval_conflict_error"));
    with(&["test", &at]).exits(2).says(&["ERROR 1 passed, 1 failed, 1 errored, 1 skipped"]);
    with(&["test", &at, "-r", "bad"]).exits(1);
    with(&["test", &at, "-r", "good|later"]).exits(1);
    with(&["test", &at, "-r", "good|later", "-z"]).exits(0);
}

#[test]
fn a_test_over_cases_tells_which_do_not_hold() {
    let text = "package t\n\ntest_sum[note] if {\n\tsome note, tc in {\n\t\t\
                \"one\": {\"a\": 1, \"b\": 1, \"sum\": 2},\n\t\t\
                \"two\": {\"a\": 1, \"b\": 2, \"sum\": 4},\n\t}\n\ttc.a + tc.b == tc.sum\n}\n";
    let folder = folder(&[("t.rego", text)]);
    let at = path(&folder, "t.rego");
    let run = with(&["test", &at]).exits(1);
    run.says(&["FAIL data.t.test_sum", "case two: FAIL", "tc.a + tc.b == tc.sum"]);
    let json = with(&["test", &at, "-o", "json"]).exits(1).json();
    let test = &json["tests"][0];
    assert_eq!(test["cases"], serde_json::json!(["two"]), "{json:#}");
    assert_eq!(test["sub_results"]["one"], serde_json::json!({"name": "one"}), "{json:#}");
    assert_eq!(test["sub_results"]["two"]["fail"], true, "{json:#}");
    let run = with(&["test", &at, "--var-values"]).exits(1);
    run.says(&["tc.a + tc.b = 3", "tc = {\"a\": 1, \"b\": 2, \"sum\": 4}"]);
}

#[test]
fn the_steps_of_a_test_that_fails_are_told_on_request() {
    let folder =
        folder(&[("t.rego", "package t\n\ntest_x if {\n\ttrace(\"seen\")\n\t1 == 2\n}\n")]);
    let at = path(&folder, "t.rego");
    let run = with(&["test", &at, "--explain", "notes"]).exits(1);
    run.says(&["| | Note \"seen\""]);
    let run = with(&["test", &at, "--explain", "full"]).exits(1);
    run.says(&["| Enter data.t.test_x", "| | Fail 1 = 2"]);
}

#[test]
fn coverage_is_opas_document_and_has_a_threshold() {
    let folder = folder(&[
        ("p.rego", "package p\n\na if input.x\n\nb if input.y\n"),
        ("p_test.rego", "package p_test\n\ntest_a if data.p.a with input.x as true\n"),
    ]);
    let at = folder.path().to_str().unwrap();
    let report = with(&["test", at, "-c"]).exits(0).json();
    let file = &report["files"][path(&folder, "p.rego")];
    assert_eq!((&file["covered_lines"], &file["not_covered_lines"]), (&1.into(), &1.into()));
    assert_eq!(report["covered_lines"], 2, "{report:#}");
    with(&["test", at, "--threshold", "60"]).exits(0);
    let run = with(&["test", at, "--threshold", "90"]).exits(1);
    assert!(
        run.err.contains("Code coverage threshold not met: got 66.67 instead of 90.00"),
        "{run:#?}"
    );
    let both = with(&["test", at, "-c", "-f", "json"]).exits(0).json();
    assert_eq!((&both["passed"], &both["covered_lines"]), (&1.into(), &2.into()), "{both:#}");
    let run = with(&["test", at, "--threshold", "101"]).exits(2);
    assert!(run.err.contains("Code coverage threshold must be between 0 and 100"), "{run:#?}");
}

#[test]
fn tests_run_at_once_and_are_told_in_their_order() {
    let tests: String = (0..40).map(|n| format!("test_{n:02} if {n} >= 0\n\n")).collect();
    let folder = folder(&[("t.rego", &format!("package t\n\n{tests}"))]);
    let at = path(&folder, "t.rego");
    let names = |parallel: &str| -> Vec<String> {
        let json =
            with(&["test", &at, "-o", "json", "-p", parallel, "--count", "2"]).exits(0).json();
        let tests = json["tests"].as_array().unwrap();
        tests.iter().map(|test| test["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("1"), names("8"));
    assert_eq!(names("8").len(), 40);
}

#[test]
fn a_test_has_a_time_limit_of_its_own() {
    let text = "package t\n\ntest_slow if {\n\tcount([1 | some a in numbers.range(1, 5000); \
                some b in numbers.range(1, 5000); some c in numbers.range(1, 5000); \
                a + b + c == 0]) == 0\n}\n\ntest_quick if true\n";
    let folder = folder(&[("t.rego", text)]);
    let json = with(&["test", &path(&folder, "t.rego"), "-o", "json", "--timeout", "200ms"]);
    let json = json.exits(2).json();
    assert!(json["tests"][0]["error"].as_str().unwrap().contains("eval_cancel_error"), "{json:#}");
    assert_eq!(json["tests"][1]["outcome"], "pass", "{json:#}");
}

#[test]
fn tests_are_chosen_by_their_reference_as_text() {
    let twice = "package p\n\ntest_x if true\n\ntest_x if 1 == 1\n";
    let folder = folder(&[("p_test.rego", twice)]);
    let at = path(&folder, "p_test.rego");
    with(&["test", &at, "-r", r#"^data\.p\["test_x#01"\]$"#]).exits(0).says(&["PASS 1 passed"]);
    with(&["test", &at, "-r", r"^data\.p\.test_x$"]).exits(0).says(&["PASS 1 passed"]);
    with(&["test", &at, "-r", r"p\.test_x#01"]).fails("no tests were found", "no_tests");
}

#[test]
fn of_several_documents_of_yaml_beside_tests_the_first_is_data() {
    let folder = folder(&[
        ("k8s/manifest.yaml", "kind: Service\nold: 0644\n---\nkind: Deployment\n"),
        (
            "p_test.rego",
            "package p\n\ntest_x if data.k8s == {\"kind\": \"Service\", \"old\": 420}\n",
        ),
    ]);
    with(&["test", folder.path().to_str().unwrap()]).exits(0).says(&["PASS 1 passed"]);
}
