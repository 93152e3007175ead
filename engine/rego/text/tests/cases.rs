//! Calls of builtins with what they give: a case a line in `cases/*.jsonl`, as
//! `["name", [operands], {"gives": [values]}]` or with `"error"` or `"type error"` and its message.
//!
//! In JSON a set is `{"$set": […]}`, an object with keys that are no strings `{"$object": [[k, v]]}`,
//! a string that is no UTF-8 `{"$bytes": [255]}`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use referee_rego_builtin::{
    BuiltinError, Context, ErrorKind, Implementation, Meter, NoHost, Result,
};
use referee_rego_value::{JsonLimits, Value, bytes};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

fn implementation(name: &str) -> Implementation {
    let mut found = referee_rego_text::TABLES.iter().flat_map(|table| table.iter());
    found.find(|(found, _)| *found == name).unwrap_or_else(|| panic!("no builtin {name}")).1
}

fn call(name: &str, operands: &[Value]) -> Result<Vec<Value>> {
    let clock = || Duration::ZERO;
    let runtime = Value::Null;
    let meter = Meter::new(&clock, Duration::from_secs(1), 1 << 30, 1 << 30, None);
    let mut context = Context::new(meter, 1_700_000_000_123_456_789, 7, &NoHost, &runtime);
    match implementation(name) {
        Implementation::Function(function) => {
            Ok(function(&mut context, operands)?.into_iter().collect())
        }
        Implementation::Relation(relation) => {
            let mut values = Vec::new();
            relation(&mut context, operands, &mut |value| {
                values.push(value);
                ControlFlow::Continue(())
            })?;
            Ok(values)
        }
    }
}

/// The value that JSON stands for here.
fn decoded(json: &Value) -> Value {
    match json {
        Value::Array(array) => Value::array(array.iter().map(decoded)),
        Value::Object(object) => {
            if let Some(Value::Array(elements)) = object.get_str("$set") {
                return Value::set(elements.iter().map(decoded));
            }
            if let Some(Value::Array(bytes)) = object.get_str("$bytes") {
                let byte = |byte: &Value| byte.as_i64().unwrap().try_into().unwrap();
                return Value::of_bytes(bytes.iter().map(byte).collect());
            }
            if let Some(Value::Array(members)) = object.get_str("$object") {
                return Value::object(members.iter().map(|member| {
                    let pair = member.as_array().unwrap();
                    (decoded(pair.get(0).unwrap()), decoded(pair.get(1).unwrap()))
                }));
            }
            Value::object(object.iter().map(|(key, value)| (key.clone(), decoded(value))))
        }
        other => other.clone(),
    }
}

fn shown(result: Result<Vec<Value>>) -> String {
    match result {
        Ok(values) => format!("gives {values:?}"),
        Err(BuiltinError { kind: ErrorKind::Type, message }) => format!("type error {message}"),
        Err(BuiltinError { message, .. }) => format!("error {}", bytes::shown(&message)),
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
        let operands = decoded(operands);
        let expected = match expected.as_object().unwrap().as_slice() {
            [(kind, values)] if kind.as_str() == Some("gives") => {
                format!("gives {:?}", decoded(values).as_array().unwrap().as_slice())
            }
            [(kind, message)] => {
                format!("{} {}", kind.as_str().unwrap(), message.as_str().unwrap())
            }
            _ => panic!("{family}:{number} expects nothing"),
        };
        let name = name.as_str().unwrap();
        let found = shown(call(name, operands.as_array().unwrap().as_slice()));
        if found != expected {
            wrong.push(format!("{family}:{number} {name}: {found}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

macro_rules! families {
    ($($test:ident, $family:literal;)*) => {$(
        #[test]
        fn $test() {
            run($family);
        }
    )*};
}

families! {
    each_builtin_refuses_operands_of_a_wrong_type, "operands";
    collections_are_taken_apart_and_together, "collections";
    documents_are_filtered_and_patched, "documents";
    encodings_go_both_ways, "encodings";
    formats_have_all_verbs_of_go, "formats";
    globs_match_as_in_opa, "glob";
    identifiers_are_taken_apart, "identifiers";
    interpolation_shows_strings_without_quotes, "interpolation";
    networks_hold_addresses, "networks";
    numbers_are_exact_where_they_are_whole, "numbers";
    regular_expressions_are_those_of_go, "regex";
    strings_are_searched_and_changed, "strings";
    templates_render_and_refuse_as_in_go, "templates";
    times_have_layouts_zones_and_durations, "time";
    units_scale_numbers, "units";
    uris_are_taken_apart, "uris";
    versions_have_an_order, "versions";
}
