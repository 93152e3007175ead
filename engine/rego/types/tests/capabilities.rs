//! Capabilities: those of this version, and their JSON form.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails")]

use referee_rego_types::Capabilities;
use referee_rego_value::{JsonLimits, Value};

fn json(text: &str) -> Value {
    Value::from_json(text, &JsonLimits::DEFAULT).unwrap()
}

fn builtin(capabilities: &Value, name: &str) -> Value {
    let builtins = capabilities.get(&Value::from("builtins")).and_then(Value::as_array).unwrap();
    let named = |builtin: &&Value| builtin.get(&Value::from("name")) == Some(&Value::from(name));
    builtins.iter().find(named).cloned().unwrap()
}

#[test]
fn this_version_has_all_builtins_keywords_and_features() {
    let current = Capabilities::current();
    assert_eq!(current.builtins.len(), 206);
    assert!(current.has_feature("rego_v1") && !current.has_feature("rego_v1_import"));
    assert!(current.has_future_keyword("or") && !current.has_future_keyword("in"));
    let v0 = Capabilities::v0();
    assert!(v0.has_feature("rego_v1_import") && v0.has_future_keyword("every"));
    assert!(current.get("walk").unwrap().relation);
    assert!(current.get("http.send").unwrap().nondeterministic);
    assert!(current.get("re_match").unwrap().deprecated);
    assert_eq!(current.get("plus").unwrap().infix.as_deref(), Some("+"));
    assert!(current.get("time.now_ns").unwrap().function.args.is_empty());
}

#[test]
fn a_builtin_is_written_as_opa_writes_it() {
    let current = Capabilities::current().to_json();
    assert_eq!(
        builtin(&current, "walk"),
        json(
            "{\"name\": \"walk\", \"categories\": [\"graph\"], \"relation\": true, \"decl\": {\
             \"type\": \"function\", \"args\": [{\"name\": \"x\", \"type\": \"any\"}], \
             \"result\": {\"name\": \"output\", \"type\": \"array\", \"static\": [\
             {\"type\": \"array\", \"dynamic\": {\"type\": \"any\"}}, {\"type\": \"any\"}]}}}"
        )
    );
    assert_eq!(
        builtin(&current, "print"),
        json(
            "{\"name\": \"print\", \"decl\": {\"type\": \"function\", \"variadic\": {\"type\": \"any\"}}}"
        )
    );
    assert_eq!(
        current.get(&Value::from("features")),
        Some(&json("[\"keywords_in_refs\", \"rego_v1\", \"template_strings\"]"))
    );
}

#[test]
fn what_is_written_can_be_read() {
    let current = Capabilities::current();
    let read = Capabilities::from_json(&current.to_json()).unwrap();
    assert_eq!(read.builtins.len(), 206);
    assert_eq!(read.features, current.features);
    assert_eq!(read.future_keywords, current.future_keywords);
    for (name, builtin) in &read.builtins {
        assert_eq!(builtin.function.to_string(), current.get(name).unwrap().function.to_string());
    }
}

#[test]
fn builtins_that_are_not_known_here_are_kept_and_unknown_fields_are_not() {
    let document = json(
        "{\"builtins\": [{\"name\": \"my.own\", \"new\": 1, \"nondeterministic\": true, \
         \"decl\": {\"type\": \"function\", \"args\": [{\"type\": \"string\"}], \"result\": {\"type\": \"any\"}}}], \
         \"wasm_abi_versions\": [{\"version\": 1, \"minor_version\": 2}], \"allow_net\": [], \"future_keywords\": null, \"x\": 1}",
    );
    let read = Capabilities::from_json(&document).unwrap();
    assert!(read.get("my.own").unwrap().nondeterministic);
    assert_eq!(read.wasm_abi_versions, [(1, 2)]);
    assert_eq!(read.allow_net.as_deref(), Some([].as_slice()));
    let Value::Object(written) = read.to_json() else { panic!("capabilities are an object") };
    assert!(written.get_str("x").is_none() && written.get_str("allow_net").is_none());
}

#[test]
fn what_is_wrong_with_a_document_is_said() {
    for (document, error) in [
        ("[]", "capabilities must be an object but is array"),
        ("{\"builtins\": {}}", "'builtins' must be an array but is object"),
        ("{\"features\": [1]}", "'features' must be an array of strings but is number"),
        ("{\"builtins\": [{}]}", "capabilities: builtins[0]: 'name' is missing"),
        ("{\"builtins\": [{\"name\": \"f\"}]}", "capabilities: builtins[0]: f: 'decl' is missing"),
        (
            "{\"builtins\": [{\"name\": \"f\", \"decl\": {\"type\": \"string\"}}]}",
            "capabilities: builtins[0]: f: invalid type",
        ),
        (
            "{\"builtins\": [{\"name\": \"f\", \"decl\": {\"type\": \"function\", \"args\": [{\"type\": \"x\"}]}}]}",
            "capabilities: builtins[0]: f: unsupported type 'x'",
        ),
    ] {
        assert_eq!(Capabilities::from_json(&json(document)).unwrap_err().to_string(), error);
    }
}
