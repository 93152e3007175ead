//! `referee eval`.

use crate::support::{fed, folder, path, referee, run, with};
use serde_json::json;

#[test]
fn a_result_has_the_form_that_opa_gives_it() {
    let run = with(&["eval", "1 + 2"]).exits(0);
    assert_eq!(
        run.json(),
        json!({"result": [{"expressions": [
            {"value": 3, "text": "1 + 2", "location": {"row": 1, "col": 1}}
        ]}]})
    );
    let bound = fed(&["eval", "-i", "-", "x := input.a"], r#"{"a": [1]}"#).exits(0).json();
    assert_eq!(bound["result"][0]["bindings"], json!({"x": [1]}));
}

#[test]
fn undefined_is_an_empty_document_and_a_failure_only_on_request() {
    assert_eq!(with(&["eval", "input.a"]).exits(0).json(), json!({}));
    assert_eq!(with(&["eval", "-o", "pretty", "input.a"]).exits(0).out, "undefined\n");
    assert_eq!(with(&["eval", "-o", "raw", "input.a"]).exits(0).out, "");
    with(&["eval", "--fail", "input.a"]).exits(1);
    with(&["eval", "--fail-defined", "input.a"]).exits(0);
    with(&["eval", "--fail-defined", "1 == 1"]).exits(1);
}

#[test]
fn values_are_written_for_readers_or_for_scripts() {
    let input = r#"{"a": "x y", "b": {"c": [1]}}"#;
    assert_eq!(fed(&["eval", "-i", "-", "-o", "raw", "input.a"], input).exits(0).out, "x y\n");
    let pretty = fed(&["eval", "-i", "-", "-o", "pretty", "input.b"], input).exits(0);
    assert_eq!(pretty.out, "{\n  \"c\": [\n    1\n  ]\n}\n");
    let rows = with(&["eval", "-o", "pretty", "some x in [1, 2]"]).exits(0);
    assert_eq!(rows.out, "x = 1\n\nx = 2\n");
}

#[test]
fn a_policy_and_data_are_at_hand() {
    let folder = folder(&[
        ("p/p.rego", "package p\n\ndeny contains \"few\" if input.n < data.least\n"),
        ("least.json", r#"{"least": 3}"#),
        ("input.yaml", "n: 2\n"),
    ]);
    let mut command = referee();
    command.args(["eval", "-p", &path(&folder, "p"), "-d", &path(&folder, "least.json")]);
    command.args(["-i", &path(&folder, "input.yaml"), "-o", "raw", "data.p.deny"]);
    assert_eq!(run(&mut command).exits(0).out, "[\"few\"]\n");
}

#[test]
fn an_error_is_told_as_opa_tells_it() {
    let folder = folder(&[("p.rego", "package p\n\nallow if {\n\tx == 1\n}\n")]);
    let policy = path(&folder, "p.rego");
    let run = with(&["eval", "-p", &policy, "data.p.allow"]).exits(2).json();
    assert_eq!(run["errors"][0]["code"], "rego_unsafe_var_error", "{run:#}");
    assert_eq!(run["errors"][0]["location"]["row"], 4, "{run:#}");
    let run = with(&["eval", "-p", &policy, "-o", "pretty", "data.p.allow"]).exits(2);
    assert!(run.err.starts_with("error: p.rego:4:"), "{run:#?}");
    assert!(run.err.contains("rego_unsafe_var_error"), "{run:#?}");
    let run = with(&["eval", "data.p."]).exits(2).json();
    assert!(run["errors"][0]["message"].is_string(), "{run:#}");
}

#[test]
fn an_input_that_is_no_document_is_told() {
    let folder = folder(&[("i.json", "{")]);
    let input = path(&folder, "i.json");
    with(&["eval", "-i", &input, "1"])
        .fails(&format!("the input {input} cannot be used"), "input_unusable");
    with(&["eval", "-i", "/no/such.json", "1"])
        .fails("/no/such.json could not be read", "file_unreadable");
}

#[test]
fn an_evaluation_without_end_is_ended() {
    let query = "count([1 | some a in numbers.range(1, 5000); some b in numbers.range(1, 5000); \
                 some c in numbers.range(1, 5000); a + b + c == 0])";
    let run = with(&["eval", "--timeout", "300ms", query]).exits(2).json();
    assert_eq!(run["errors"][0]["code"], "eval_cancel_error", "{run:#}");
}
