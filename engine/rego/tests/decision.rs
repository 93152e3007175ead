//! The decision rules, and which definition a reason comes from.

#![allow(clippy::unwrap_used, reason = "what the tests share may fail as they may")]

use referee_core::{Coded, Reason, Timestamp, Verdict};
use referee_rego::{
    CompileOptions, EvalBudget, Module, Policy, PolicyError, RegoCode, RegoEngine, Ruling, Value,
};
use serde_json::json;
use std::time::Duration;

fn policy_of(modules: &[(&str, &str)], package: Option<&str>) -> Result<Policy, PolicyError> {
    let modules: Vec<_> = modules.iter().map(|(name, text)| Module::new(*name, *text)).collect();
    let program = RegoEngine::compile(&modules, Value::object([]), CompileOptions::DEFAULT)?;
    Policy::new(program, package)
}

fn policy(text: &str) -> Result<Policy, PolicyError> {
    policy_of(&[("trust.rego", &format!("package trust\n\n{text}\n"))], None)
}

fn budget() -> EvalBudget {
    EvalBudget::new(Duration::from_secs(5), Timestamp::UNIX_EPOCH)
}

fn decide(text: &str, input: serde_json::Value) -> Result<Ruling, PolicyError> {
    policy(text)?.decide(&Value::from_json(input).unwrap(), &budget())
}

fn messages(reasons: &[Reason]) -> Vec<&str> {
    reasons.iter().map(|reason| reason.message.as_str()).collect()
}

#[test]
fn nothing_that_denies_is_allowed() {
    let ruling = decide("deny contains \"no\" if input.bad", json!({})).unwrap();
    assert_eq!(ruling, Ruling { verdict: Verdict::Allow, reasons: vec![], warnings: vec![] });
}

#[test]
fn a_reason_carries_all_that_its_rule_says_and_where_that_stands() {
    let text = "deny contains {\n\t\"code\": \"unsigned\",\n\t\"message\": \"Sign it.\",\n\t\"referrer\": \"sha256:0\",\n\t\"hint\": \"cosign sign\",\n} if not input.signed";
    let ruling = decide(text, json!({})).unwrap();
    assert_eq!(ruling.verdict, Verdict::Deny);
    let expected = Reason {
        code: Some("unsigned".into()),
        message: "Sign it.".into(),
        rule: Some("data.trust.deny".into()),
        location: Some("trust.rego:3".into()),
        referrer: Some("sha256:0".into()),
        hint: Some("cosign sign".into()),
    };
    assert_eq!(ruling.reasons, [expected]);
}

#[test]
fn violation_denies_as_deny_does_and_msg_is_a_message() {
    let ruling = decide(
        "violation contains {\"msg\": \"no\"} if true\n\ndeny contains \"never\" if false",
        json!({}),
    );
    let ruling = ruling.unwrap();
    assert_eq!(messages(&ruling.reasons), ["no"]);
    assert_eq!(ruling.reasons[0].rule.as_deref(), Some("data.trust.violation"));
}

#[test]
fn warnings_do_not_deny() {
    let ruling = decide("warn contains \"old\"\n\nallow if true", json!({})).unwrap();
    assert_eq!(ruling.verdict, Verdict::Allow);
    assert_eq!(messages(&ruling.warnings), ["old"]);
    assert_eq!(ruling.warnings[0].location.as_deref(), Some("trust.rego:3"));
}

#[test]
fn allow_must_hold_where_it_is_there() {
    for (text, allowed) in [
        ("allow if input.ok", true),
        ("allow if not input.ok", false),
        ("default allow := false\n\nallow if input.no", false),
        ("default allow := true", true),
        ("allow := false", false),
        ("allow if input.ok\n\ndeny contains \"no\"", false),
    ] {
        let ruling = decide(text, json!({"ok": true})).unwrap();
        assert_eq!(ruling.verdict == Verdict::Allow, allowed, "{text}");
        assert_eq!(ruling.reasons.is_empty(), allowed, "{text}");
    }
    let ruling =
        decide("default allow := false\n\nallow if input.a\n\nallow if input.b", json!({}));
    let reasons = ruling.unwrap().reasons;
    assert_eq!(reasons[0].code.as_deref(), Some("not_allowed"));
    assert_eq!(reasons[0].rule.as_deref(), Some("data.trust.allow"));
    assert_eq!(reasons[0].location.as_deref(), Some("trust.rego:3"));
}

#[test]
fn a_policy_that_defines_nothing_is_an_error_not_a_pass() {
    let error = policy("x := 1").unwrap_err();
    assert_eq!(error, PolicyError::Undefined { package: None });
    assert_eq!(error.code(), "policy_undefined");
    let error = policy_of(&[], None).unwrap_err();
    assert_eq!(error, PolicyError::Undefined { package: None });
    let error = policy_of(&[("a", "package a\n\ndeny contains 1\n")], Some("b")).unwrap_err();
    assert_eq!(error, PolicyError::Undefined { package: Some("b".into()) });
}

#[test]
fn a_rule_of_another_type_is_an_error_not_a_pass() {
    for (text, rule, found, expected) in [
        (
            "deny if false == true\n\ndeny := false",
            "data.trust.deny",
            "a boolean",
            "a set of messages",
        ),
        ("default deny := false", "data.trust.deny", "a boolean", "a set of messages"),
        ("deny := \"no\"", "data.trust.deny", "a string", "a set of messages"),
        ("deny[x] := 1 if some x in [1]", "data.trust.deny", "an object", "a set of messages"),
        ("deny.x := 1", "data.trust.deny", "an object", "a set of messages"),
        ("warn := null", "data.trust.warn", "null", "a set of messages"),
        ("allow := \"yes\"", "data.trust.allow", "a string", "a boolean"),
        ("allow contains 1", "data.trust.allow", "a set", "a boolean"),
    ] {
        let error = decide(text, json!({})).unwrap_err();
        let wanted = PolicyError::Type { rule: rule.into(), found: found.into(), expected };
        assert_eq!(error, wanted, "{text}");
        assert_eq!(error.code(), "policy_type");
    }
}

#[test]
fn an_element_of_odd_shape_is_a_deny_with_its_json_for_a_message() {
    let ruling = decide(
        "deny contains x if some x in [1, {\"code\": \"c\"}, null, [\"a\"], {\"message\": 5}]",
        json!({}),
    );
    let ruling = ruling.unwrap();
    let expected = ["1", "[\"a\"]", "null", "{\"message\":5}", "{\"code\":\"c\"}"];
    assert_eq!(messages(&ruling.reasons), expected);
    assert_eq!(ruling.reasons[4].code.as_deref(), Some("c"));
}

#[test]
fn an_array_of_messages_is_taken_as_a_set() {
    let ruling = decide("deny := [\"b\", \"a\", \"b\"]", json!({})).unwrap();
    assert_eq!(messages(&ruling.reasons), ["a", "b"]);
}

#[test]
fn an_evaluation_that_fails_is_an_error() {
    let error =
        decide("deny contains x if {\n\tx := y\n}\n\ny := 1\n\ny := 2", json!({})).unwrap_err();
    let PolicyError::Eval(error) = error else { panic!("{error}") };
    assert_eq!(error.code, RegoCode::EvalConflict);
}

#[test]
fn the_only_package_that_decides_is_found() {
    let modules = [
        ("a.rego", "package helpers\n\nx := 1\n"),
        ("b.rego", "package trust\n\ndeny contains \"no\" if data.helpers.x == 1\n"),
        ("b_test.rego", "package trust_test\n\ndeny contains \"test\"\n"),
        ("lib.rego", "package referee.lib\n\nwarn contains \"lib\"\n"),
        ("authz.rego", "package system.authz\n\ndefault allow := false\n"),
        ("system.rego", "package system\n\nallow := true\n"),
    ];
    let policy = policy_of(&modules, None).unwrap();
    assert_eq!(policy.package(), "trust");
    let named = policy_of(&modules, Some("data.trust_test")).unwrap();
    assert_eq!(named.package(), "trust_test");
    let named = policy_of(&modules, Some("system.authz")).unwrap();
    assert_eq!(named.package(), "system.authz");
    let of_systems = [("s.rego", "package systems\n\ndeny contains 1\n")];
    assert_eq!(policy_of(&of_systems, None).unwrap().package(), "systems");
    let pack =
        policy_of(&[("p", "package referee.packs.signed\n\ndeny contains 1\n")], None).unwrap();
    assert_eq!(pack.package(), "referee.packs.signed");
}

#[test]
fn several_packages_that_decide_are_told_apart_by_name_only() {
    let modules = [
        ("b.rego", "package zone.b\n\nwarn contains 1\n"),
        ("a.rego", "package a\n\ndeny contains 1\n"),
    ];
    let error = policy_of(&modules, None).unwrap_err();
    assert_eq!(error, PolicyError::Ambiguous { packages: vec!["a".into(), "zone.b".into()] });
    assert_eq!(error.code(), "policy_ambiguous");
    assert_eq!(error.to_string(), "several packages could decide: a, zone.b");
}

#[test]
fn packages_with_names_that_are_no_identifiers_decide_too() {
    let text = "package team[\"a-b\"]\n\ndeny contains \"no\" if input.x\n\ndeny contains \"nay\" if input.y\n";
    let policy = policy_of(&[("t.rego", text)], None).unwrap();
    assert_eq!(policy.package(), "team[\"a-b\"]");
    let input = Value::from_json(json!({"y": 1})).unwrap();
    let ruling = policy.decide(&input, &budget()).unwrap();
    assert_eq!(ruling.reasons[0].location.as_deref(), Some("t.rego:5"));
}

const FIVE: &str = "import rego.v1

deny contains \"one\" if input.n == 1

deny contains msg if { # two
	input.n == 2
	msg := \"two\"
}

helper contains x if some x in input.list

deny contains sprintf(\"three %v\", [x]) if {
	some x in helper
}

deny contains {\"code\": \"four\", \"message\": \"four\"} if input.n == 4

deny contains msg if {
	msg := {3: \"x\", 5: \"five\"}[input.n]
} else := \"unused\"
";

#[test]
fn each_reason_is_traced_to_its_definition_among_five() {
    let text = FIVE.replace(" else := \"unused\"", "");
    for (input, message, row) in [
        (json!({"n": 1}), "one", 5),
        (json!({"n": 2}), "two", 7),
        (json!({"n": 0, "list": [7]}), "three 7", 14),
        (json!({"n": 4}), "four", 18),
        (json!({"n": 5}), "five", 20),
    ] {
        let ruling = decide(&text, input).unwrap();
        assert_eq!(messages(&ruling.reasons), [message]);
        let location = format!("trust.rego:{row}");
        assert_eq!(ruling.reasons[0].location, Some(location), "{message}");
    }
}

#[test]
fn definitions_in_several_modules_are_told_apart() {
    let modules = [
        ("a.rego", "package trust\n\ndeny contains \"both\" if true\n"),
        (
            "b.rego",
            "package trust\n\n\n\ndeny contains \"both\"\n\ndeny contains \"b\" if count(deny_helper) == 0\n\ndeny_helper contains 1 if false\n",
        ),
        ("c.rego", "package other\n\nx if count(data.trust.deny) > 0\n"),
    ];
    let ruling = policy_of(&modules, None).unwrap().decide(&Value::null(), &budget()).unwrap();
    let found: Vec<_> = ruling
        .reasons
        .iter()
        .map(|reason| (reason.message.as_str(), reason.location.as_deref().unwrap()))
        .collect();
    assert_eq!(found, [("b", "b.rego:7"), ("both", "a.rego:3")]);
}

#[test]
fn a_rule_that_reads_deny_does_not_keep_it_from_being_traced() {
    let text = "deny contains \"a\" if input.a\n\ndeny contains \"b\" if input.b\n\nwarn contains \"denied\" if count(deny) > 0\n\nallow if count(deny) == 0";
    let ruling = decide(text, json!({"b": 1})).unwrap();
    assert_eq!(ruling.reasons[0].location.as_deref(), Some("trust.rego:5"));
    assert_eq!(ruling.warnings[0].location.as_deref(), Some("trust.rego:7"));
}

#[test]
fn a_ruling_with_barely_enough_time_has_all_its_reasons() {
    let slow = "deny contains \"slow\" if {\n\tsome a in numbers.range(1, 400)\n\tsome b in numbers.range(1, 400)\n\ta + b == 800\n}\n\ndeny contains \"fast\"";
    let policy = policy(slow).unwrap();
    let full = policy.decide(&Value::null(), &budget()).unwrap();
    assert!(full.reasons.iter().all(|reason| reason.location.is_some()), "{full:?}");
    // Just enough for the verdict: found by trying, as machines differ.
    let tight = (1..2000)
        .map(Duration::from_millis)
        .find_map(|time| policy.decide(&Value::null(), &budget().with_time(time)).ok());
    let tight = tight.unwrap();
    assert_eq!(messages(&tight.reasons), messages(&full.reasons));
}

#[test]
fn reasons_are_sorted_by_code_and_message_and_bounded() {
    let text = "deny contains {\"code\": c, \"message\": m} if {\n\tsome c in [\"b\", \"a\"]\n\tsome m in [\"2\", \"1\"]\n}";
    let ruling = decide(text, json!({})).unwrap();
    let found: Vec<_> =
        ruling.reasons.iter().map(|r| (r.code.as_deref().unwrap(), r.message.as_str())).collect();
    assert_eq!(found, [("a", "1"), ("a", "2"), ("b", "1"), ("b", "2")]);
    let ruling =
        decide("deny contains sprintf(\"%d\", [n]) if some n in numbers.range(1, 5000)", json!({}));
    let reasons = ruling.unwrap().reasons;
    assert_eq!(reasons.len(), 1001);
    assert_eq!(reasons[1000].code.as_deref(), Some("reasons_truncated"));
    assert_eq!(reasons[1000].message, "4000 more of the same kind are left out.");
}
