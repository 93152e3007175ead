//! Documents made to do harm: each is read as it is written, or refused.

#![allow(clippy::unwrap_used, reason = "what the tests share may fail as they may")]

mod support;

use referee_rego::{CompileOptions, Module, RegoEngine, Value};
use support::{budget, peak, told};

fn read(text: &str) -> Result<String, String> {
    Value::from_json_str(text).map(|value| value.to_json_string()).map_err(|e| e.to_string())
}

#[test]
fn a_document_of_a_hundred_megabytes_is_read_in_a_few_times_its_size() {
    let row =
        r#"{"name":"artifact","digest":"sha256:0123456789abcdef0123456789abcdef","n":123456}"#;
    let count = (100 << 20) / (row.len() + 1);
    let text = format!("[{}{row}]", format!("{row},").repeat(count));
    assert!(text.len() > 100 << 20);
    let before = peak();
    let input = Value::from_json_str(&text).unwrap();
    let rego = "package p\nx := count([1 | some row in input; row.n == 123456])\n";
    assert_eq!(told(rego, &input), (count + 1).to_string());
    if let (Some(before), Some(after)) = (before, peak()) {
        assert!(after - before < 1 << 30, "{} MiB", (after - before) >> 20);
    }
}

#[test]
fn a_document_nested_too_deep_is_refused_wherever_it_comes_from() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        for depth in [129, 10_000, 1_000_000] {
            let text = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let expected = format!(
                "not JSON that a policy can read: invalid character '{}' exceeded max depth (line 1, ",
                open.chars().next().unwrap()
            );
            let told = read(&text).unwrap_err();
            assert!(told.starts_with(&expected), "{open} {depth}: {told}");
        }
        let text = format!("{}1{}", open.repeat(128), close.repeat(128));
        assert_eq!(read(&text), Ok(text));
    }
    let deep = (0..200).fold(Value::null(), |inner, _| Value::array([inner]));
    let data = Value::object([("a", deep)]);
    let errors = RegoEngine::compile(&[], data, CompileOptions::DEFAULT).unwrap_err();
    assert_eq!(errors.to_string(), "1 error occurred: rego_compile_error: data is nested too deep");
}

#[test]
fn a_document_is_read_as_go_reads_it() {
    for (text, expected) in [
        (r#"{"a":1,"b":2,"a":3}"#, r#"{"a":3,"b":2}"#),
        (r#""\ud800""#, "\"\u{fffd}\""),
        (r#""\udc00\ud800x""#, "\"\u{fffd}\u{fffd}x\""),
        (r#""\ud83d\ude00""#, "\"😀\""),
        (r#""a\u0000b""#, "\"a\\u0000b\""),
        ("1e999999999", "1e999999999"),
        ("-1e-999999999", "-1e-999999999"),
        ("-0", "-0"),
        ("100000000000000000000000000000000000000", "100000000000000000000000000000000000000"),
        ("[1.0,1.50,1E5]", "[1.0,1.50,1E5]"),
        (" \t\r\n[ ]\n", "[]"),
    ] {
        assert_eq!(read(text), Ok(expected.to_owned()), "{text}");
    }
}

#[test]
fn what_is_no_json_is_refused() {
    for (text, expected) in [
        ("", "unexpected end of JSON input"),
        ("[1", "unexpected end of JSON input"),
        ("[1,]", "invalid character ']' looking for beginning of value"),
        ("01", "invalid character '1' after top-level value"),
        ("1.", "invalid character ' ' after decimal point in numeric literal"),
        ("+1", "invalid character '+' looking for beginning of value"),
        ("NaN", "invalid character 'N' looking for beginning of value"),
        ("{\"a\"}", "invalid character '}' after object key"),
        ("{a: 1}", "invalid character 'a' looking for beginning of object key string"),
        ("\"\n\"", "invalid character '\\n' in string literal"),
        ("\"\0\"", "invalid character '\\x00' in string literal"),
        ("\"\\x\"", "invalid character 'x' in string escape code"),
        ("1 2", "invalid character '2' after top-level value"),
        ("\u{feff}1", "invalid character 'ï' looking for beginning of value"),
        ("'a'", "invalid character '\\'' looking for beginning of value"),
    ] {
        let expected = format!("not JSON that a policy can read: {expected} (line ");
        let told = read(text).unwrap_err();
        assert!(told.starts_with(&expected), "{text}: {told}");
    }
    let told = read("{\n  \"a\": x}").unwrap_err();
    assert_eq!(
        told,
        "not JSON that a policy can read: invalid character 'x' looking for beginning of value \
         (line 2, column 8)"
    );
}

#[test]
fn absurd_numbers_are_compared_and_never_computed_with() {
    let input = Value::from_json_str(
        r#"{"huge": 1e999999999, "tiny": 1e-999999999, "long": 1e9999, "same": 10e999999998}"#,
    )
    .unwrap();
    for (body, expected) in [
        ("input.huge > 1", "true"),
        ("input.tiny > 0", "true"),
        ("input.huge == input.same", "true"),
        ("count({input.huge, input.same})", "1"),
        ("{input.huge: 1}[input.same]", "1"),
        ("sort([input.huge, input.tiny, 0])", "[0,1e-999999999,1e999999999]"),
        ("input.huge + 1", "eval_builtin_error: plus: number out of range"),
        ("input.huge * input.huge", "eval_builtin_error: mul: number out of range"),
        ("input.huge % 7", "eval_builtin_error: rem: number out of range"),
        ("input.huge - input.huge", "eval_builtin_error: minus: number out of range"),
        ("round(input.huge)", "eval_builtin_error: round: number out of range"),
        ("format_int(input.huge, 2)", "eval_builtin_error: format_int: number out of range"),
        ("sum([input.huge, 1])", "eval_builtin_error: sum: number out of range"),
        (
            "numbers.range(1, input.huge)",
            "eval_type_error: numbers.range: operand 2 must be integer number but got floating-point number",
        ),
        ("count(format_int(input.long, 10))", "10000"),
    ] {
        assert_eq!(told(&format!("package p\nx := {body}"), &input), expected, "{body}");
    }
}

#[test]
fn a_null_character_in_a_string_is_a_character() {
    let input = Value::from_json_str(r#"{"a\u0000b": "c\u0000d"}"#).unwrap();
    for (body, expected) in [
        ("input[\"a\\u0000b\"]", "\"c\\u0000d\""),
        ("count(input[\"a\\u0000b\"])", "3"),
        ("split(input[\"a\\u0000b\"], \"\\u0000\")", "[\"c\",\"d\"]"),
        ("regex.match(\"^c.d$\", input[\"a\\u0000b\"])", "true"),
        ("sprintf(\"%q\", [input[\"a\\u0000b\"]])", "\"\\\"c\\\\x00d\\\"\""),
        ("base64.encode(input[\"a\\u0000b\"])", "\"YwBk\""),
    ] {
        assert_eq!(told(&format!("package p\nx := {body}"), &input), expected, "{body}");
    }
}

#[test]
fn data_of_a_million_members_is_looked_into_by_key() {
    let members = (0..1_000_000).map(|at| (format!("k{at}"), Value::from(at)));
    let members: Vec<_> = members.collect();
    let data = Value::object(members.iter().map(|(name, value)| (name.as_str(), value.clone())));
    let text = "package p\nx := [data.many[k] | some k in [\"k0\", \"k999999\", \"none\"]]\n";
    let data = Value::object([("many", data)]);
    let modules = [Module::new("p.rego", text)];
    let program = RegoEngine::compile(&modules, data, CompileOptions::DEFAULT).unwrap();
    let value = program.eval("data.p.x", &Value::null(), &budget()).unwrap().unwrap();
    assert_eq!(value.to_json_string(), "[0,999999]");
}
