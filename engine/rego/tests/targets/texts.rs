//! Formats: what is read is written again as the same value, and a format knows its own writing.

use super::budget;
use referee_rego::{CompileOptions, Module, Program, RegoEngine, Value};
use std::sync::OnceLock;

/// Any bytes as JSON, beside another reader of it.
pub(super) fn json(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let read = Value::from_json_str(&text);
    if let Ok(value) = &read {
        let written = value.to_json_string();
        let again = Value::from_json_str(&written);
        assert_eq!(again.ok().as_ref(), Some(value), "{text} is written {written}");
        let twice = Value::from_json_str(&written).map(|value| value.to_json_string());
        assert_eq!(twice.ok().as_ref(), Some(&written));
        assert_eq!(serde_json::to_string(value).ok(), Some(written), "as serde writes it");
    }
    // serde_json takes no lone surrogates, no numbers beyond its range and no deeper nesting.
    if let Ok(other) = serde_json::from_str::<serde_json::Value>(&text) {
        assert!(read.is_ok(), "{text}: {read:?}");
        let ours = read.ok().map(|value| value.to_json());
        assert!(ours.is_some_and(|ours| alike(&ours, &other)), "{text}");
    }
}

/// Whether two documents are the same, up to how numbers are kept.
fn alike(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    use serde_json::Value as Json;
    match (a, b) {
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| alike(a, b)))
        }
        (Json::Number(a), Json::Number(b)) => a.as_f64() == b.as_f64(),
        _ => a == b,
    }
}

/// The rules that the targets ask.
const RULES: &str = r#"package t

both := {"read": read, "again": yaml.unmarshal(yaml.marshal(read))} if read := yaml.unmarshal(input.text)

valid if yaml.is_valid(input.text)

quoted if glob.match(glob.quote_meta(input.text), [], input.text)

globbed if glob.match(input.pattern, [], input.text)

matched if regex.match(input.pattern, input.text)

found := regex.find_n(input.pattern, input.text, -1)

replaced := regex.replace(input.text, input.pattern, "$0")

intersect if regex.globs_match(input.pattern, input.text)

commute if regex.globs_match(input.text, input.pattern)

template if regex.template_match(input.pattern, input.text, "{", "}")

moment := time.parse_ns(input.pattern, input.text)

written := time.format([moment, "UTC", input.pattern])

again := time.parse_ns(input.pattern, written)

duration := time.parse_duration_ns(input.text)

instant := time.parse_rfc3339_ns(input.text)

instant_again := time.parse_rfc3339_ns(time.format([instant, "UTC", "RFC3339Nano"]))

formatted := sprintf(input.pattern, [input.text, 1, -1.5, [input.text]])

rendered := strings.render_template(input.pattern, {"a": input.text, "b": [1, 2]})

size := units.parse_bytes(input.text)
"#;

fn ask(path: &str, pattern: &str, text: &str) -> Option<Value> {
    static PROGRAM: OnceLock<Option<Program>> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| {
        let modules = [Module::new("t.rego", RULES)];
        let compiled = RegoEngine::compile(&modules, Value::object([]), CompileOptions::DEFAULT);
        assert!(compiled.is_ok(), "{compiled:?}");
        compiled.ok()
    });
    let Some(program) = program else { return None };
    let input = Value::object([("pattern", Value::from(pattern)), ("text", Value::from(text))]);
    match program.eval(&format!("data.t.{path}"), &input, &budget()) {
        Ok(value) => value,
        Err(error) => {
            let code = error.code.as_str();
            assert!(matches!(code, "eval_cancel_error"), "{path}: {error}");
            None
        }
    }
}

/// Any bytes as YAML.
pub(super) fn yaml(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let valid = ask("valid", "", &text) == Some(Value::from(true));
    if let Some(both) = ask("both", "", &text) {
        assert_eq!(both.get("read"), both.get("again"), "{text}");
        assert!(valid, "{text}");
    }
}

/// A pattern and a text, on both sides of the first line feed.
fn halves(bytes: &[u8]) -> (String, String) {
    let text = String::from_utf8_lossy(bytes);
    let (pattern, text) = text.split_once('\n').unwrap_or((&text, ""));
    (pattern.to_owned(), text.to_owned())
}

/// Patterns of all kinds.
pub(super) fn patterns(bytes: &[u8]) {
    let (pattern, text) = halves(bytes);
    // In OPA's library the one is an error and the other the end of a pattern.
    if !text.contains(['\u{fffd}', '\0']) {
        assert_eq!(ask("quoted", "", &text), Some(Value::from(true)), "{text:?} quoted");
    }
    for path in ["globbed", "template", "formatted", "rendered"] {
        ask(path, &pattern, &text);
    }
    assert_eq!(
        ask("intersect", &pattern, &text),
        ask("commute", &pattern, &text),
        "{pattern:?} and {text:?}"
    );
    let matched = ask("matched", &pattern, &text).is_some();
    if let Some(found) = ask("found", &pattern, &text) {
        let some = found.elements().is_some_and(|found| !found.is_empty());
        assert_eq!(matched, some, "{pattern:?} in {text:?}");
    }
    if let Some(replaced) = ask("replaced", &pattern, &text) {
        assert_eq!(
            replaced.as_str().as_deref(),
            Some(text.as_str()),
            "{pattern:?} replaced by itself"
        );
    }
}

/// A layout and a time.
pub(super) fn times(bytes: &[u8]) {
    let (pattern, text) = halves(bytes);
    for path in ["duration", "size"] {
        ask(path, &pattern, &text);
    }
    ask("again", &pattern, &text);
    if let Some(instant) = ask("instant", &pattern, &text) {
        assert_eq!(ask("instant_again", &pattern, &text), Some(instant), "{text}");
    }
}
