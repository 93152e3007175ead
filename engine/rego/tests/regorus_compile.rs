//! What is wrong with a policy is told when it is loaded, with its place.

#![allow(clippy::unwrap_used, clippy::panic, reason = "what the tests share may fail as they may")]

use referee_core::{Coded, Timestamp};
use referee_rego::{
    CompileOptions, EngineChoice, EvalBudget, Module, RegoCode, RegoEngine, RegoError, RegoErrors,
    RuleKind, Value,
};
use std::time::Duration;

fn regorus() -> CompileOptions {
    CompileOptions::DEFAULT.with_engine(EngineChoice::Regorus)
}

fn errors(modules: &[(&str, &str)]) -> RegoErrors {
    let modules: Vec<_> = modules.iter().map(|(name, text)| Module::new(*name, *text)).collect();
    let options = regorus();
    RegoEngine::compile(&modules, Value::object([]), options).map(|p| panic!("{p:?}")).unwrap_err()
}

fn error(text: &str) -> RegoError {
    let errors = errors(&[("trust.rego", text)]);
    assert_eq!(errors.count(), 1, "{errors}");
    errors.first().clone()
}

fn place(error: &RegoError) -> (u32, u32) {
    let location = error.location.as_ref().unwrap_or_else(|| panic!("{error:?}"));
    assert_eq!(location.file, "trust.rego");
    (location.row, location.col)
}

#[test]
fn text_that_does_not_parse_is_a_parse_error_with_its_place_and_line() {
    let error = error("package trust\n\ndeny contains if {\n");
    assert_eq!(error.code, RegoCode::Parse);
    assert_eq!(error.code(), "rego_parse_error");
    assert_eq!(place(&error).0, 3);
    assert_eq!(error.snippet.as_deref(), Some("deny contains if {"));
    assert!(!error.message.contains("-->"), "{error}");
}

#[test]
fn every_module_that_does_not_parse_is_told() {
    let errors = errors(&[("a.rego", "package"), ("b.rego", "package b\n"), ("c.rego", "x := 1")]);
    let files: Vec<_> = errors.iter().map(|e| e.location.clone().unwrap().file).collect();
    assert_eq!(files, ["a.rego", "c.rego"]);
}

#[test]
fn rego_of_before_opa_1_0_is_a_parse_error_unless_asked_for() {
    let old = "package trust\n\ndeny[msg] { msg := \"no\" }\n";
    assert_eq!(error(old).code, RegoCode::Parse);
    let options = regorus().with_rego_v0(true);
    let program =
        RegoEngine::compile(&[Module::new("trust.rego", old)], Value::object([]), options).unwrap();
    let budget = EvalBudget::new(Duration::from_secs(5), Timestamp::UNIX_EPOCH);
    let deny = program.eval("data.trust.deny", &Value::null(), &budget).unwrap().unwrap();
    assert_eq!(deny.to_json_string(), "[\"no\"]");
    assert_eq!(program.all_rules()[0].kind, RuleKind::PartialSet);
    assert_eq!(program.all_rules()[0].name, "deny");
}

#[test]
fn an_unsafe_variable_is_told_at_load_though_nothing_is_evaluated() {
    let error =
        error("package trust\n\ndeny contains msg if {\n\tinput.a == y\n\tmsg := \"no\"\n}\n");
    assert_eq!(error.code, RegoCode::UnsafeVar);
    assert_eq!(place(&error), (4, 13));
    assert!(error.message.contains('y'), "{error}");
}

#[test]
fn an_unknown_function_is_told_at_load() {
    let error = error("package trust\n\nallow if io.jwt.decode(input.token)\n");
    assert_eq!(error.code, RegoCode::Type);
    assert_eq!(error.message, "undefined function io.jwt.decode");
    assert_eq!(place(&error), (3, 10));
}

#[test]
fn a_wrong_number_of_arguments_is_told_at_load() {
    let error = error("package trust\n\nf(a, b) := a + b\n\nx := f(1)\n");
    assert_eq!(error.code, RegoCode::Type);
    assert_eq!(error.message, "function f takes 2 arguments, not 1");
}

#[test]
fn functions_are_found_in_other_modules_by_any_of_their_names() {
    let library = "package lib.sums\n\nimport rego.v1\n\nadd(a, b) := a + b\n\ndefault half(_) := 0\n\nhalf(n) := n / 2 if n > 0\n";
    let user = "package user\n\nimport data.lib.sums\nimport data.lib.sums as s\nimport data.lib\n\nx := sums.add(1, s.add(2, data.lib.sums.add(3, lib.sums.half(8))))\n\ny if sums.add(1, 2) == 3\n";
    let modules = [Module::new("a", user), Module::new("b", library)];
    let program = RegoEngine::compile(&modules, Value::object([]), regorus()).unwrap();
    let budget = EvalBudget::new(Duration::from_secs(5), Timestamp::UNIX_EPOCH);
    let values = program.eval_all(&["data.user.x", "data.user.y"], &Value::null(), &budget);
    assert_eq!(values, Ok(vec![Some(Value::from(10)), Some(Value::from(true))]));
}

#[test]
fn two_modules_of_one_name_are_refused() {
    let errors = errors(&[("a.rego", "package a\n"), ("a.rego", "package b\n")]);
    assert_eq!(errors.first().code, RegoCode::Compile);
    assert_eq!(errors.first().message, "two modules are named a.rego");
}

#[test]
fn data_that_is_no_object_is_refused() {
    let result = RegoEngine::compile(&[], Value::from(1), regorus());
    assert_eq!(result.unwrap_err().first().code, RegoCode::Compile);
}

#[test]
fn packages_and_rules_are_listed_with_their_places() {
    let text = "package team.trust\n\nimport rego.v1\n\ndefault allow := false\n\nallow if input.ok\n\ndeny contains \"a\" if {\n\tinput.a\n}\n\nports[name] := 1 if some name in input.names\n\nf(x, y) := x + y\n\nlimits.low := 1\n";
    let modules = [Module::new("t.rego", text), Module::new("e.rego", "package empty\n")];
    let program = RegoEngine::compile(&modules, Value::object([]), regorus()).unwrap();
    assert_eq!(program.packages(), ["empty", "team.trust"]);
    let rules: Vec<_> = program
        .rules("team.trust")
        .map(|rule| (rule.path.as_str(), rule.kind, rule.default, rule.location.row))
        .collect();
    assert_eq!(
        rules,
        [
            ("data.team.trust.allow", RuleKind::Complete, true, 5),
            ("data.team.trust.allow", RuleKind::Complete, false, 7),
            ("data.team.trust.deny", RuleKind::PartialSet, false, 9),
            ("data.team.trust.ports", RuleKind::PartialObject, false, 13),
            ("data.team.trust.f", RuleKind::Function { arity: 2 }, false, 15),
            ("data.team.trust.limits.low", RuleKind::Complete, false, 17),
        ]
    );
}
