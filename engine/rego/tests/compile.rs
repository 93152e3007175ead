//! What is wrong with a policy is told when it is loaded, in OPA's words, with its place.

#![allow(clippy::unwrap_used, clippy::panic, reason = "what the tests share may fail as they may")]

use referee_core::Timestamp;
use referee_rego::builtin::{Context, Implementation, Result as Given, Table};
use referee_rego::{
    Capabilities, CompileOptions, EngineChoice, EvalBudget, Module, RegoCode, RegoEngine,
    RegoErrors, RuleKind, Schemas, Value,
};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

fn compile(text: &str, options: CompileOptions) -> Result<referee_rego::Program, RegoErrors> {
    RegoEngine::compile(&[Module::new("trust.rego", text)], Value::object([]), options)
}

fn told(text: &str, options: CompileOptions) -> Vec<(RegoCode, u32, u32, String)> {
    let errors = compile(text, options).map(|p| panic!("{p:?}")).unwrap_err();
    let told = errors.iter().map(|error| {
        let place = error.location.clone().unwrap();
        assert_eq!(place.file, "trust.rego");
        (error.code, place.row, place.col, error.message.clone())
    });
    told.collect()
}

fn budget() -> EvalBudget {
    EvalBudget::new(Duration::from_secs(5), Timestamp::UNIX_EPOCH)
}

#[test]
fn errors_have_opas_codes_words_and_places() {
    // Each as `opa check` of version 1.20.2 tells it.
    for (body, code, row, col, message) in [
        ("p { true }", RegoCode::Parse, 3, 1, "`if` keyword is required before rule body"),
        ("deny[m] if m := 1", RegoCode::Parse, 3, 1, ""),
        ("p if { x }", RegoCode::UnsafeVar, 3, 8, "var x is unsafe"),
        (
            "p if q\n\nq if p",
            RegoCode::Recursion,
            3,
            1,
            "rule data.trust.p is recursive: data.trust.p -> data.trust.q -> data.trust.p",
        ),
        ("p := f(1)", RegoCode::Type, 3, 6, "undefined function f"),
        ("p := count(1)", RegoCode::Type, 3, 6, "count: invalid argument(s)"),
        (
            "f(a, b) := a + b\n\nx := f(1)",
            RegoCode::Type,
            5,
            6,
            "function data.trust.f has arity 2, got 1 argument",
        ),
        ("p := 1\n\np(x) := 2", RegoCode::Type, 3, 1, "conflicting rules data.trust.p found"),
        (
            "default p := 1\n\ndefault p := 2",
            RegoCode::Type,
            1,
            1,
            "multiple default rules data.trust.p found at trust.rego:3, trust.rego:5",
        ),
    ] {
        let text = format!("package trust\n\n{body}\n");
        if message.is_empty() {
            // A legal head, in OPA as here: a rule with a reference for a head.
            assert!(compile(&text, CompileOptions::DEFAULT).is_ok(), "{body}");
            continue;
        }
        let (found, found_row, found_col, text) = told(&text, CompileOptions::DEFAULT).remove(0);
        assert_eq!((found, found_row, text.as_str()), (code, row, message), "{body}");
        assert_eq!(found_col, col, "{body}");
    }
}

#[test]
fn all_errors_of_a_file_are_told_in_order_with_the_line_and_a_mark() {
    let text = "package trust\n\np { true }\n\nq[x] { x := 1 }\n";
    let errors = compile(text, CompileOptions::DEFAULT).unwrap_err();
    let rows: Vec<_> = errors.iter().map(|e| e.location.clone().unwrap().row).collect();
    assert_eq!(rows, [3, 5, 5]);
    assert_eq!(errors.first().snippet.as_deref(), Some("p { true }"));
}

#[test]
fn strict_mode_finds_what_is_not_used() {
    let text = "package trust\n\nimport data.lib\n\np if {\n\tx := 1\n}\n";
    assert!(compile(text, CompileOptions::DEFAULT).is_ok());
    let told = told(text, CompileOptions::DEFAULT.with_strict(true));
    assert_eq!(told[0].3, "import data.lib unused");
    assert_eq!(told[0].0, RegoCode::Compile);
}

#[test]
fn a_field_that_the_schema_of_the_input_does_not_have_is_an_error() {
    let schema = json!({"type": "object", "properties": {"signatures": {"type": "array"}}, "additionalProperties": false});
    let schemas =
        Schemas { input: Some(Value::from_json(schema).unwrap().into()), named: Vec::new() };
    let options = CompileOptions::DEFAULT.with_schemas(schemas);
    let text = "package trust\n\np := input.signaturs\n";
    let error = compile(text, options.clone()).unwrap_err().first().clone();
    assert_eq!(error.code, RegoCode::Type);
    assert_eq!(error.message, "undefined ref: input.signaturs");
    assert!(error.details.iter().any(|line| line.contains("signatures")), "{error:?}");
    assert!(compile("package trust\n\np := input.signatures\n", options).is_ok());
}

#[test]
fn a_builtin_that_is_only_declared_compiles_is_mocked_and_fails_when_called() {
    let current = Capabilities::current().to_json();
    let declared = json!({"name": "org.lookup", "decl": {"type": "function", "args": [{"type": "string"}], "result": {"type": "string"}}});
    let mut document: serde_json::Value = serde_json::from_str(&current.to_json()).unwrap();
    document["builtins"].as_array_mut().unwrap().push(declared);
    let document = Value::from_json(document).unwrap();
    let capabilities = referee_rego::capabilities_from(&document).unwrap();
    let options = CompileOptions::DEFAULT.with_capabilities(Arc::new(capabilities));
    let text = "package trust\n\nf(_) := \"mocked\"\n\nx := org.lookup(\"a\")\n\ny := v if v := x with org.lookup as f\n\nz := v if v := x with org.lookup as 7\n";
    let program = compile(text, options.clone()).unwrap();
    let mocked = program.eval("data.trust.y", &Value::null(), &budget()).unwrap();
    assert_eq!(mocked, Some(Value::from("mocked")));
    let error = program.eval("data.trust.x", &Value::null(), &budget()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "trust.rego:5: eval_internal_error: unsupported built-in: org.lookup"
    );
    // As in OPA: a value stands in only for what could be called.
    let error = program.eval("data.trust.z", &Value::null(), &budget()).unwrap_err();
    assert_eq!(error.message, "unsupported built-in: org.lookup");

    const TABLE: Table = &[("org.lookup", Implementation::Function(lookup))];
    fn lookup(
        _: &mut Context<'_>,
        _: &[referee_rego::builtin::Value],
    ) -> Given<Option<referee_rego::builtin::Value>> {
        Ok(Some("real".into()))
    }
    let program = compile(text, options.with_builtins(vec![TABLE])).unwrap();
    let real = program.eval("data.trust.x", &Value::null(), &budget()).unwrap();
    assert_eq!(real, Some(Value::from("real")));
}

#[test]
fn packages_and_rules_are_listed_with_their_places() {
    let text = "package team.trust\n\nimport rego.v1\n\ndefault allow := false\n\nallow if input.ok\n\ndeny contains \"a\" if {\n\tinput.a\n}\n\nports[name] := 1 if some name in input.names\n\nf(x, y) := x + y\n\nlimits.low := 1\n";
    let modules = [Module::new("t.rego", text), Module::new("e.rego", "package empty\n")];
    for engine in [EngineChoice::Native, EngineChoice::Regorus, EngineChoice::Both] {
        let options = CompileOptions::DEFAULT.with_engine(engine);
        let program = RegoEngine::compile(&modules, Value::object([]), options).unwrap();
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
}

#[test]
fn policies_of_before_opa_1_0_compile_when_asked_for() {
    let old = "package trust\n\ndeny[msg] { msg := \"no\" }\n";
    let program = compile(old, CompileOptions::DEFAULT.with_rego_v0(true)).unwrap();
    let deny = program.eval("data.trust.deny", &Value::null(), &budget()).unwrap().unwrap();
    assert_eq!(deny.to_json_string(), "[\"no\"]");
    assert_eq!(program.all_rules()[0].kind, RuleKind::PartialSet);
    assert_eq!(program.all_rules()[0].name, "deny");
}
