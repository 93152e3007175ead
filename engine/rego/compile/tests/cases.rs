//! Modules and queries with what OPA 1.20.2 makes of them: the text of the compiled rules, or the
//! errors. The cases lie in `tests/cases`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what the test is made of may fail as it may"
)]

use referee_rego_compile::{Options, QueryOptions, compile, compile_query};
use referee_rego_syntax::ast::{Import, Module, RegoVersion, Rule};
use referee_rego_syntax::{Error, ParseOptions, parse_body, parse_module, parse_ref, print};
use referee_rego_value::{Number, Str, Value};
use serde_json::Value as Json;
use std::fmt::Write;
use std::sync::Arc;

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::from(*value),
        Json::Number(number) => Value::Number(Number::parse(&number.to_string()).unwrap()),
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::array(items.iter().map(value)),
        Json::Object(members) => {
            let pair = |(key, item): (&String, &Json)| (Value::from(key.as_str()), value(item));
            Value::object(members.iter().map(pair))
        }
    }
}

fn strings(case: &Json, key: &str) -> Vec<String> {
    let items = case[key].as_array().into_iter().flatten();
    items.map(|item| item.as_str().unwrap().to_owned()).collect()
}

/// An error with its line and column, and the lines under it.
fn written(error: &Error) -> String {
    let at = &error.location;
    let mut text = String::new();
    if at.row > 0 {
        write!(text, "{}:{}:{}: ", at.file(), at.row, at.col).unwrap();
    }
    write!(text, "{}: {}", error.code.as_str(), error.message).unwrap();
    error.details.iter().for_each(|line| write!(text, "\n{line}").unwrap());
    text
}

fn parsed(name: &str, text: &str, options: &ParseOptions) -> Module {
    parse_module(name, text, options).unwrap()
}

fn options(case: &Json) -> Options {
    let flag = |key: &str| case[key].as_bool().unwrap_or(false);
    let default = Options::default();
    Options {
        strict: flag("strict"),
        keep_prints: flag("prints"),
        tests: flag("tester"),
        rewrite_tests: flag("tests"),
        use_annotations: flag("annots"),
        unsafe_builtins: strings(case, "unsafe").into_iter().map(Str::from).collect(),
        max_errors: match case["limit"].as_i64() {
            Some(limit) => usize::try_from(limit).unwrap_or(0),
            None => default.max_errors,
        },
        data: if case["data"].is_object() { value(&case["data"]) } else { default.data.clone() },
        ..default
    }
}

/// The query, or the rules of all modules, as they are compiled.
fn outcome(case: &Json) -> Result<Vec<String>, Vec<Error>> {
    let version = match case["v0"].as_bool() {
        Some(true) => RegoVersion::V0,
        _ => RegoVersion::V1,
    };
    let annotations = case["annots"].as_bool().unwrap_or(false);
    let parse_options = ParseOptions::new(version).with_annotations(annotations);
    let modules = strings(case, "modules").into_iter().enumerate().map(|(at, text)| {
        let name = format!("m{at}.rego");
        let module = parsed(&name, &text, &parse_options);
        (Arc::from(name), module)
    });
    let compiled = compile(modules.collect(), &options(case))?;
    let Some(query) = case["query"].as_str() else {
        let rules = compiled.modules.iter().flat_map(|(_, module)| {
            module.rules.iter().map(|rule| {
                let rule = Rule { annotations: Vec::new(), ..rule.clone() };
                print::rule(&rule, module.version)
            })
        });
        return Ok(rules.collect());
    };
    let options = ParseOptions::query(version);
    let imports: Vec<Import> = strings(case, "imports")
        .iter()
        .flat_map(|path| parsed("", &format!("package q\nimport {path}"), &parse_options).imports)
        .collect();
    let package = case["package"].as_str();
    let query_options = QueryOptions {
        package: package.map(|path| parse_ref(&format!("data.{path}"), &options).unwrap()),
        imports,
        keep_prints: case["prints"].as_bool().unwrap_or(false),
        ..QueryOptions::default()
    };
    let body = parse_body(query, &options).unwrap();
    Ok(vec![print::body(&compile_query(&compiled, body, &query_options)?.body)])
}

fn check(group: &str) {
    let path = format!("{}/tests/cases/{group}.json", env!("CARGO_MANIFEST_DIR"));
    let document: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut failed = String::new();
    for case in document["cases"].as_array().unwrap() {
        let (got, want) = match outcome(case) {
            Err(errors) => (errors.iter().map(written).collect(), strings(case, "want_errors")),
            Ok(got) => match case["want_query"].as_str() {
                Some(query) => (got, vec![query.to_owned()]),
                None => (got, strings(case, "want_rules")),
            },
        };
        if got != want {
            let note = case["note"].as_str().unwrap();
            writeln!(failed, "{group}: {note}\n  want {want:#?}\n  got {got:#?}").unwrap();
        }
    }
    assert!(failed.is_empty(), "{failed}");
}

#[test]
fn names_are_resolved_and_kept_from_hiding_documents() {
    check("names");
}

#[test]
fn locals_get_names_of_their_own_and_are_declared_once() {
    check("locals");
}

#[test]
fn calls_are_pulled_out_and_checked() {
    check("calls");
}

#[test]
fn modifiers_replace_only_what_may_be_replaced() {
    check("with");
}

#[test]
fn rules_that_contradict_one_another_are_refused() {
    check("conflicts");
}

#[test]
fn bodies_are_ordered_and_unbound_variables_refused() {
    check("safety");
}

#[test]
fn recursion_and_types_that_do_not_fit_are_refused() {
    check("graph");
}

#[test]
fn dynamic_terms_are_pulled_out() {
    check("dynamics");
}

#[test]
fn queries_are_compiled_against_modules() {
    check("queries");
}

#[test]
fn tests_are_numbered_and_name_their_cases() {
    check("testing");
}

#[test]
fn metadata_is_a_constant_and_schemas_are_types() {
    check("metadata");
}
