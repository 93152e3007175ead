//! Documents made to do harm: they are refused, or end the evaluation, and never a panic.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use referee_rego_builtin::{Cancelled, Context, ErrorKind, Implementation, Meter, NoHost, Result};
use referee_rego_value::Value;
use std::fmt::Write;
use std::time::Duration;

fn call(name: &str, operands: &[Value], steps: u64) -> Result<Option<Value>> {
    let clock = || Duration::ZERO;
    let runtime = Value::Null;
    let meter = Meter::new(&clock, Duration::from_secs(1), steps, 1 << 28, None);
    let mut context = Context::new(meter, 0, 7, &NoHost, &runtime);
    let mut found = referee_rego_formats::TABLES.iter().flat_map(|table| table.iter());
    match found.find(|(found, _)| *found == name) {
        Some((_, Implementation::Function(function))) => function(&mut context, operands),
        _ => panic!("no function {name}"),
    }
}

const STEPS: u64 = 50_000_000;

fn refused(name: &str, text: &str) -> String {
    call(name, &[Value::from(text)], STEPS).unwrap_err().message
}

#[test]
fn yaml_nested_too_deep_is_refused() {
    for text in ["[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000)] {
        let error = refused("yaml.unmarshal", &text);
        assert!(error.contains("exceeded max depth of 1000"), "{error}");
    }
    let keys = (0..2_000).fold(String::new(), |mut text, level| {
        writeln!(text, "{}a:", " ".repeat(level)).unwrap();
        text
    });
    assert!(refused("yaml.unmarshal", &keys).contains("exceeded max depth"));
}

#[test]
fn yaml_as_deep_as_may_be_is_read_and_written_in_a_small_stack() {
    let deep = || {
        let text = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
        let value = call("yaml.unmarshal", &[Value::from(text)], STEPS).unwrap().unwrap();
        call("yaml.marshal", &[value], STEPS).unwrap().unwrap();
    };
    std::thread::Builder::new().stack_size(512 << 10).spawn(deep).unwrap().join().unwrap();
}

#[test]
fn yaml_that_grows_by_aliases_is_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let alias = format!("*a{}, ", level - 1).repeat(10);
        writeln!(text, "a{level}: &a{level} [{alias}]").unwrap();
    }
    assert_eq!(refused("yaml.unmarshal", &text), "yaml: document contains excessive aliasing");
    let mut merged = "a0: &a0 {x: 1}\n".to_owned();
    for level in 1..40 {
        let before = level - 1;
        writeln!(merged, "a{level}: &a{level} {{<<: [*a{before}, *a{before}]}}").unwrap();
    }
    assert_eq!(refused("yaml.unmarshal", &merged), "yaml: document contains excessive aliasing");
}

#[test]
fn yaml_that_holds_itself_is_refused() {
    assert_eq!(refused("yaml.unmarshal", "&a [*a]"), "yaml: anchor 'a' value contains itself");
    let error = refused("yaml.unmarshal", "&a {<<: *a}");
    assert_eq!(error, "yaml: anchor 'a' value contains itself");
}

#[test]
fn yaml_takes_no_more_steps_than_its_text_is_long() {
    for part in [
        "[a, ", "? ", "a: ", "*a ", "!a ", "&a ", "- a\n", "{a: b}, ", "\"a\" ", "|\n ", "\t",
        "#\n",
    ] {
        let text = part.repeat(1_000_000 / part.len());
        let started = std::time::Instant::now();
        drop(call("yaml.is_valid", &[Value::from(text)], STEPS));
        assert!(started.elapsed() < Duration::from_secs(20), "{part:?}");
    }
}

#[test]
fn yaml_of_any_characters_never_panics() {
    let parts = [
        " ", "\n", "\t", ":", "-", ",", "[", "]", "{", "}", "#", "&", "*", "!", "|", ">", "'",
        "\"", "%", "@", "`", "?", "a", "1", ".", "~", "<", "\\", "é", "\u{2028}", "\u{feff}", "- ",
        ": ", "\n  ", "--- ", "<<: ", "*a", "&a ", "!!str ", "!!int ", "!<", "%41", "\r\n", "...",
    ];
    let mut seed = 7_u64;
    for _ in 0..60_000 {
        let mut text = String::new();
        for _ in 0..12 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let place = usize::try_from(seed >> 33).unwrap() % parts.len();
            text.push_str(parts[place]);
        }
        drop(call("yaml.unmarshal", &[Value::from(text)], STEPS));
    }
}

#[test]
fn graphql_nested_too_deep_is_refused() {
    let schema = Value::from("type Query { a: Query }");
    for text in [
        "{ a ".repeat(100_000),
        format!("{{ a(b: {}", "[".repeat(100_000)),
        format!("{{ a(b: {}", "{c: ".repeat(100_000)),
        format!("query($a: {}", "[".repeat(100_000)),
    ] {
        let query = Value::from(text);
        let outcome = call("graphql.parse_query", std::slice::from_ref(&query), STEPS);
        assert_eq!(outcome.unwrap_err().kind, ErrorKind::Builtin);
        let valid = call("graphql.is_valid", &[query, schema.clone()], STEPS);
        assert_eq!(valid, Ok(Some(Value::from(false))));
    }
    let types = format!("type Query {{ a: {}", "[".repeat(100_000));
    assert!(call("graphql.parse_schema", &[Value::from(types)], STEPS).is_err());
}

#[test]
fn graphql_with_very_many_equal_fields_ends_with_the_steps() {
    let fields = "a { b: a { c: a } } ".repeat(3_000);
    let query = Value::from(format!("{{ {fields} }}"));
    let schema = Value::from("type Query { a: Query }");
    let outcome = call("graphql.is_valid", &[query, schema], 1_000_000);
    assert_eq!(outcome.unwrap_err().kind, ErrorKind::Cancel(Cancelled::Steps));
}

#[test]
fn graphql_fragments_in_a_ring_are_refused() {
    let mut query = "{ ...F0 } ".to_owned();
    for fragment in 0..200 {
        let next = (fragment + 1) % 200;
        write!(query, "fragment F{fragment} on Query {{ ...F{next} a }} ").unwrap();
    }
    let schema = Value::from("type Query { a: Int }");
    let valid = call("graphql.is_valid", &[Value::from(query), schema], STEPS);
    assert_eq!(valid, Ok(Some(Value::from(false))));
}
