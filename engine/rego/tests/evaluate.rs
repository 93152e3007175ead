//! Evaluation: paths, queries, what is handed in, what comes out.

#![allow(
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "what the tests share may fail as they may"
)]

use referee_core::Timestamp;
use referee_rego::{
    CompileOptions, EvalBudget, Module, Program, RegoCode, RegoEngine, TestOutcome, Value,
    run_tests,
};
use serde_json::json;
use std::time::Duration;

fn program_with(text: &str, data: serde_json::Value, options: CompileOptions) -> Program {
    let data = Value::from_json(data).unwrap();
    RegoEngine::compile(&[Module::new("p.rego", text)], data, options).unwrap()
}

fn program(text: &str) -> Program {
    program_with(text, json!({}), CompileOptions::DEFAULT)
}

fn budget() -> EvalBudget {
    EvalBudget::new(Duration::from_secs(5), "2026-01-31T12:00:00.000000007Z".parse().unwrap())
}

fn json_at(program: &Program, path: &str) -> Option<serde_json::Value> {
    program.eval(path, &Value::object([]), &budget()).unwrap().map(|value| value.to_json())
}

#[test]
fn a_program_is_shared_between_threads() {
    fn shared<T: Send + Sync + Clone>(_: &T) {}
    shared(&program("package p\n"));
    shared(&Value::null());
}

#[test]
fn a_path_leads_to_a_rule_a_package_base_data_or_nothing() {
    let text = "package p.q\n\nx := 1\n\ny contains 2\n\nf(z) := z\n\nnever if input.never\n";
    let data = json!({"base": {"a-b": [10, 20]}});
    let program = program_with(text, data, CompileOptions::DEFAULT);
    for (path, expected) in [
        ("data.p.q.x", Some(json!(1))),
        ("data.p.q.y", Some(json!([2]))),
        ("data.p.q.y[2]", Some(json!(2))),
        ("data.p.q.never", None),
        ("data.p.q.f", None),
        ("data.p.q.nothing", None),
        ("data.p.q", Some(json!({"x": 1, "y": [2]}))),
        ("data.p", Some(json!({"q": {"x": 1, "y": [2]}}))),
        ("data.base[\"a-b\"][1]", Some(json!(20))),
        ("data.base[\"a-b\"][2]", None),
        ("data.nowhere.at.all", None),
    ] {
        assert_eq!(json_at(&program, path), expected, "{path}");
    }
    let whole = json_at(&program, "data").unwrap();
    assert_eq!(whole["base"], json!({"a-b": [10, 20]}));
    let error = program.eval("data.p.q.x == 1", &Value::null(), &budget()).unwrap_err();
    assert_eq!(error.code, RegoCode::Parse);
}

#[test]
fn values_keep_sets_sorted_and_names_as_text() {
    let program =
        program("package p\n\nx := {3, \"a\", 1, [2]}\n\ny := {1: \"a\", \"b\": {2}, [3]: null}\n");
    assert_eq!(json_at(&program, "data.p.x"), Some(json!([1, 3, "a", [2]])));
    assert_eq!(json_at(&program, "data.p.y"), Some(json!({"1": "a", "b": [2], "[3]": null})));
}

#[test]
fn parts_that_are_cached_enter_an_input_as_they_are() {
    let program = program("package p\n\nx := [input.a.n, input.b, input.c]\n");
    let part = Value::from_json_str("{\"n\": 1}").unwrap();
    let list = Value::array([part.clone(), Value::from("s")]);
    let input = Value::object([("a", part), ("b", list), ("c", Value::null())]);
    let value = program.eval("data.p.x", &input, &budget()).unwrap().unwrap();
    assert_eq!(value.to_json(), json!([1, [{"n": 1}, "s"], null]));
}

#[test]
fn the_time_is_the_one_that_is_given() {
    let program = program(
        "package p\n\nx := time.now_ns()\n\nmock := now if now := time.now_ns() with time.now_ns as 5\n",
    );
    assert_eq!(json_at(&program, "data.p.x"), Some(json!(1_769_860_800_000_000_007_i64)));
    assert_eq!(json_at(&program, "data.p.mock"), Some(json!(5)));
    let later = EvalBudget::new(Duration::from_secs(5), Timestamp::UNIX_EPOCH);
    let value = program.eval("data.p.x", &Value::null(), &later).unwrap();
    assert_eq!(value, Some(Value::from(0)));
}

#[test]
fn what_is_random_depends_on_the_seed_and_on_nothing_else() {
    let text = "package p\n\nx := [rand.intn(\"a\", 1000000), rand.intn(\"b\", 1000000), uuid.rfc4122(\"a\"), rand.intn(\"a\", 0)]\n\nsame if rand.intn(\"a\", 100) == rand.intn(\"a\", 100)\n";
    let program = program(text);
    let at = |seed| {
        let value = program.eval("data.p.x", &Value::null(), &budget().with_seed(seed));
        value.unwrap().unwrap().to_json()
    };
    assert_eq!(at(1), at(1));
    assert_ne!(at(1), at(2));
    assert_ne!(at(1)[0], at(1)[1]);
    assert_eq!(at(1)[3], json!(0));
    let uuid = at(1)[2].as_str().unwrap().to_owned();
    assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"));
    assert!("89ab".contains(&uuid[19..20]), "{uuid}");
    assert_eq!(json_at(&program, "data.p.same"), Some(json!(true)));
}

#[test]
fn two_values_of_one_rule_are_a_conflict() {
    let program = program(
        "package p\n\nx := 1 if input.a\n\nx := 2 if input.a\n\nf(_) := 1\n\nf(_) := 2 if true\n\ny := f(0)\n\nz := {k: v | some k in [1]; some v in [1, 2]}\n",
    );
    let input = Value::object([("a", Value::from(true))]);
    for path in ["data.p.x", "data.p.y", "data.p.z"] {
        let error = program.eval(path, &input, &budget()).unwrap_err();
        assert_eq!(error.code, RegoCode::EvalConflict, "{error}");
        assert_eq!(error.location.unwrap().file, "p.rego");
    }
}

#[test]
fn a_builtin_that_fails_is_undefined_or_in_strict_mode_an_error() {
    let text = "package p\n\nx := to_number(\"no\")\n\ny := strings.count(input.a, \"x\")\n\nz := numbers.range(input.a, 2)\n";
    let lax = program(text);
    let strict =
        program_with(text, json!({}), CompileOptions::DEFAULT.with_strict_builtin_errors(true));
    for path in ["data.p.x", "data.p.y", "data.p.z"] {
        let input = Value::from_json(json!({"a": []})).unwrap();
        assert_eq!(lax.eval(path, &input, &budget()).unwrap(), None, "{path}");
        let error = strict.eval(path, &input, &budget()).unwrap_err();
        let expected = [RegoCode::EvalBuiltin, RegoCode::EvalType];
        assert!(expected.contains(&error.code), "{path}: {error}");
    }
}

#[test]
fn one_expression_gives_its_value_and_false_ends_a_row_of_several() {
    let data = json!({"list": [1, 2], "at": [0], "text": "a"});
    let program = program_with("package p\n", data, CompileOptions::DEFAULT);
    let input = Value::object([]);
    for (query, rows) in [
        ("9 in data.list", 1),
        ("data.list[0] == 9", 1),
        ("data.list[data.at[0]] == 9", 1),
        ("startswith(\"b\", data.text)", 1),
        ("data.list[i] == 9", 0),
        ("9 in data.list; true", 0),
        ("x := 9; x in data.list", 0),
        ("9 in data.gone", 0),
    ] {
        let found = program.query(query, &input, &budget()).unwrap().rows;
        let values: Vec<_> = found.iter().map(|row| row.expressions[0].value.to_json()).collect();
        assert_eq!(values, vec![json!(false); rows], "{query}");
    }
}

#[test]
fn a_query_gives_its_expressions_and_bindings() {
    let program = program("package p\n\nx := {1, 2}\n");
    let input = Value::object([("n", Value::from(2))]);
    let results =
        program.query("some y in data.p.x; y >= input.n; z := y + 1", &input, &budget()).unwrap();
    assert_eq!(results.rows.len(), 1);
    let bindings: Vec<_> =
        results.rows[0].bindings.iter().map(|(n, v)| (n.as_str(), v.to_json())).collect();
    assert_eq!(bindings, [("y", json!(2)), ("z", json!(3))]);
    let rows = program.query("data.p.x[y]; [z] := [y]; z > 1", &input, &budget()).unwrap().rows;
    let bindings: Vec<_> =
        rows[0].bindings.iter().map(|(n, v)| (n.as_str(), v.to_json())).collect();
    assert_eq!((rows.len(), bindings), (1, vec![("y", json!(2)), ("z", json!(2))]));
    let results = program.query("1 + 1", &input, &budget()).unwrap();
    assert_eq!(results.rows[0].expressions[0].value, Value::from(2));
    assert_eq!(results.rows[0].expressions[0].text, "1 + 1");
    assert!(program.query("input.nothing", &input, &budget()).unwrap().rows.is_empty());
    assert_eq!(program.query("1 +", &input, &budget()).unwrap_err().code, RegoCode::Parse);
    assert_eq!(program.query("x == 1", &input, &budget()).unwrap_err().code, RegoCode::UnsafeVar);
    assert!(program.query_with("input", None, &budget()).unwrap().rows.is_empty());
}

#[test]
fn what_is_printed_is_handed_back_with_its_place() {
    let program = program("package p\n\nx if {\n\tprint(\"seen\", input.a, {1})\n}\n");
    let evaluation = program.evaluate("data.p.x", &Value::object([]), &budget()).unwrap();
    assert_eq!(evaluation.prints, ["p.rego:4: seen <undefined> {1}"]);
}

#[test]
fn data_laid_over_data_is_merged_member_by_member() {
    let under = Value::from_json(json!({"p": {"a": 1, "b": [1, 2]}, "q": 1})).unwrap();
    let over = Value::from_json(json!({"p": {"b": [3], "c": {}}, "r": null})).unwrap();
    let merged = under.merged_with(&over).to_json();
    assert_eq!(merged, json!({"p": {"a": 1, "b": [3], "c": {}}, "q": 1, "r": null}));
}

#[test]
fn tests_pass_fail_break_and_are_skipped() {
    let text = "package p_test\n\ntest_pass if 1 == 1\n\ntest_undefined if input.nothing\n\ntest_false := false\n\ntest_breaks := x if some x in [1, 2]\n\ntodo_test_later if false\n\ntest_cases[name] := held if {\n\tsome name, held in {\"one\": true, \"two\": false}\n}\n\ntest_prints if {\n\tprint(\"here\")\n}\n\nnot_a_test := false\n";
    let program = program(text);
    let ticks = std::cell::Cell::new(0);
    let clock = || {
        ticks.set(ticks.get() + 1);
        Duration::from_secs(ticks.get())
    };
    let results = run_tests(&program, &|_, _| true, &Value::object([]), &budget(), &clock);
    let outcomes: Vec<_> = results.iter().map(|r| (r.name.as_str(), &r.outcome)).collect();
    let fail = TestOutcome::Fail { cases: vec![] };
    assert_eq!(outcomes[0], ("test_pass", &TestOutcome::Pass));
    assert_eq!(outcomes[1], ("test_undefined", &fail));
    assert_eq!(outcomes[2], ("test_false", &fail));
    let TestOutcome::Error(error) = outcomes[3].1 else { panic!("{outcomes:?}") };
    assert_eq!(error.code, RegoCode::EvalConflict);
    assert_eq!(outcomes[4], ("todo_test_later", &TestOutcome::Skipped));
    assert_eq!(outcomes[5], ("test_cases", &TestOutcome::Fail { cases: vec!["two".into()] }));
    assert_eq!(outcomes[6], ("test_prints", &TestOutcome::Pass));
    assert_eq!(results[6].prints, ["p.rego:18: here"]);
    assert_eq!(results[0].location.to_string(), "p.rego:3");
    let ran = |result: &&referee_rego::TestResult| result.outcome != TestOutcome::Skipped;
    assert!(results.iter().filter(ran).all(|result| result.elapsed >= Duration::from_secs(1)));
    let only =
        run_tests(&program, &|_, name| name.contains("cases"), &Value::null(), &budget(), &clock);
    assert_eq!(only.len(), 1);
}
