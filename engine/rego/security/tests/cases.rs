//! Calls of builtins with what OPA 1.20.2 gives: a case a line in `cases/*.jsonl`, as
//! `["name", [operands], {"gives": [values]}]` or with `"error"` or `"type error"` and its message.
//! `make.py` makes them, with keys of their own.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use referee_rego_builtin::{
    BuiltinError, Context, ErrorKind, Implementation, Meter, NoHost, Result,
};
use referee_rego_value::{JsonLimits, Value};
use std::path::Path;
use std::time::Duration;

fn call(name: &str, operands: &[Value]) -> Result<Option<Value>> {
    let clock = || Duration::ZERO;
    let runtime = Value::Null;
    let meter = Meter::new(&clock, Duration::from_secs(1), 1 << 30, 1 << 30, None);
    let mut context = Context::new(meter, 1_800_000_000_000_000_000, 7, &NoHost, &runtime);
    let mut found = referee_rego_security::TABLES.iter().flat_map(|table| table.iter());
    match found.find(|(found, _)| *found == name) {
        Some((_, Implementation::Function(function))) => function(&mut context, operands),
        _ => panic!("no function {name}"),
    }
}

fn shown(result: Result<Option<Value>>) -> String {
    match result {
        Ok(value) => format!("gives {:?}", value.as_slice()),
        Err(BuiltinError { kind: ErrorKind::Type, message }) => format!("type error {message}"),
        Err(BuiltinError { message, .. }) => format!("error {message}"),
    }
}

fn run(family: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(family);
    let text = std::fs::read_to_string(path.with_extension("jsonl")).unwrap();
    let mut wrong = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let case = Value::from_json(line, &JsonLimits::DEFAULT).unwrap();
        let [name, operands, expected] = case.as_array().unwrap().as_slice() else {
            panic!("{family}:{number} is no case");
        };
        let [(kind, expected)] = expected.as_object().unwrap().as_slice() else {
            panic!("{family}:{number} expects nothing");
        };
        let name = name.as_str().unwrap();
        let expected = match (kind.as_str().unwrap(), expected) {
            ("gives", values) => format!("gives {values:?}"),
            (kind, message) => format!("{kind} {}", message.as_str().unwrap()),
        };
        let got = shown(call(name, operands.as_array().unwrap().as_slice()));
        if got != expected {
            wrong.push(format!("{family}:{number}: {name}\n  want {expected}\n  got  {got}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {family}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn digests_are_those_of_opa() {
    run("digests");
}

#[test]
fn tokens_are_read_and_verified_as_by_opa() {
    run("tokens");
}

#[test]
fn constraints_on_tokens_are_checked_as_by_opa() {
    run("constraints");
}

#[test]
fn signatures_without_randomness_are_those_of_opa() {
    run("signing");
}

#[test]
fn certificates_and_keys_are_shown_and_verified_as_by_opa() {
    run("certificates");
}

#[test]
fn requests_to_aws_are_signed_as_by_opa() {
    run("aws");
}

#[test]
fn wrong_requests_are_refused_as_by_opa() {
    run("requests");
}
