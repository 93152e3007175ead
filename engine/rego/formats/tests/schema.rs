//! JSON Schema: the two builtins as policies see them; and `cases/schema.jsonl`, schemas and
//! documents made at random with what OPA 1.20.2 gives each time, in the form of the other cases.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use referee_rego_builtin::{Cancelled, Context, ErrorKind, Implementation, Meter, NoHost, Result};
use referee_rego_formats::TABLES;
use referee_rego_value::{JsonLimits, Value};
use std::path::Path;
use std::time::Duration;

fn call_with(name: &str, operands: &[Value]) -> Result<Value> {
    let clock = || Duration::ZERO;
    let runtime = Value::Null;
    let meter = Meter::new(&clock, Duration::from_secs(1), 1 << 24, 1 << 28, None);
    let mut ctx = Context::new(meter, 0, 0, &NoHost, &runtime);
    let found = TABLES.iter().copied().flatten().find(|(known, _)| *known == name);
    let Some((_, Implementation::Function(function))) = found else {
        panic!("no builtin {name}");
    };
    function(&mut ctx, operands).map(Option::unwrap)
}

/// Calls a builtin with operands in JSON.
fn call(name: &str, operands: &[&str]) -> Result<Value> {
    let operands: Vec<Value> = operands
        .iter()
        .map(|operand| Value::from_json(*operand, &JsonLimits::DEFAULT).unwrap())
        .collect();
    call_with(name, &operands)
}

#[test]
fn schemas_made_at_random_find_what_opa_finds() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/schema.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let mut wrong = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let case = Value::from_json(line, &JsonLimits::DEFAULT).unwrap();
        let [name, operands, expected] = case.as_array().unwrap().as_slice() else {
            panic!("{number} is no case");
        };
        let got = match call_with(name.as_str().unwrap(), operands.as_array().unwrap().as_slice()) {
            Ok(value) => Value::object([("gives", Value::array([value]))]),
            Err(error) => Value::object([("error", Value::from(error.message.as_str()))]),
        };
        if got != *expected {
            wrong.push(format!("{number}:\n  want {expected}\n  got  {got}"));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// `type field: description` of each fault.
fn faults(document: &str, schema: &str) -> Vec<String> {
    let answer = call("json.match_schema", &[document, schema]).unwrap();
    let answer = answer.as_array().unwrap();
    let faults = answer.get(1).unwrap().as_array().unwrap();
    assert_eq!(answer.get(0), Some(&Value::Bool(faults.is_empty())));
    let member = |fault: &Value, key: &str| {
        fault.as_object().unwrap().get_str(key).unwrap().as_str().unwrap().to_owned()
    };
    faults
        .iter()
        .map(|fault| {
            let [field, description] = ["field", "desc"].map(|key| member(fault, key));
            assert_eq!(member(fault, "error"), format!("{field}: {description}"));
            format!("{} {field}: {description}", member(fault, "type"))
        })
        .collect()
}

fn refused(schema: &str) -> String {
    let answer = call("json.verify_schema", &[schema]).unwrap();
    let answer = answer.as_array().unwrap();
    assert_eq!(answer.get(0), Some(&Value::Bool(false)), "{schema}");
    answer.get(1).unwrap().as_str().unwrap().to_owned()
}

fn error(document: &str, schema: &str) -> (ErrorKind, String) {
    let error = call("json.match_schema", &[document, schema]).unwrap_err();
    (error.kind, error.message)
}

#[test]
fn a_valid_schema_has_no_message() {
    let answer = call("json.verify_schema", &[r#"{"type": "object"}"#]).unwrap();
    assert_eq!(answer.to_json(), "[true,null]");
}

#[test]
fn faults_are_told_in_the_order_of_the_walk() {
    let schema = r#"{
        "required": ["b", "z"],
        "properties": {"a": {"type": "integer"}, "b": {"items": {"maxLength": 1}}},
        "additionalProperties": false
    }"#;
    let document = r#"{"a": "x", "b": ["yy", "y"], "c": 1}"#;
    assert_eq!(
        faults(document, schema),
        [
            "required (Root): z is required",
            "additional_property_not_allowed (Root): Additional property c is not allowed",
            "invalid_type a: Invalid type. Expected: integer, given: string",
            "string_lte b.0: String length must be less than or equal to 1",
        ]
    );
}

#[test]
fn of_several_schemas_the_nearest_one_tells_its_faults() {
    let schema = r#"{"oneOf": [
        {"properties": {"a": {"const": 1}}, "required": ["b", "c", "d"]},
        {"properties": {"a": {"const": 2}}}
    ]}"#;
    assert_eq!(
        faults(r#"{"a": 3}"#, schema),
        [
            "number_one_of (Root): Must validate one and only one schema (oneOf)",
            "const a: a does not match: 2",
        ]
    );
}

#[test]
fn numbers_are_compared_by_value_and_shown_in_few_digits() {
    assert_eq!(faults("[1.0, 1e2]", r#"{"items": {"type": "integer"}}"#), [""; 0]);
    assert_eq!(
        faults("[9007199254740993]", r#"{"items": {"maximum": 9007199254740992}}"#),
        ["number_lte 0: Must be less than or equal to 9.007199254740992e+15"]
    );
    assert_eq!(
        faults("[0.3, 0.35]", r#"{"items": {"multipleOf": 0.1}}"#),
        ["multiple_of 1: Must be a multiple of 0.1"]
    );
    // A constant is compared as a floating-point number.
    assert_eq!(faults("[9007199254740993]", r#"{"const": [9007199254740992]}"#), [""; 0]);
}

#[test]
fn the_draft_decides_what_a_keyword_means() {
    let draft = |number: u32, rest: &str| {
        format!(r#"{{"$schema": "http://json-schema.org/draft-0{number}/schema#", {rest}}}"#)
    };
    let exclusive = r#""minimum": 1, "exclusiveMinimum": true"#;
    assert_eq!(faults("\"1\"", &draft(4, exclusive)), ["number_gt (Root): Must be greater than 1"]);
    assert_eq!(
        refused(&draft(6, exclusive)),
        "jsonschema: Invalid type. Expected: number, given: exclusiveMinimum"
    );
    assert_eq!(
        refused(&draft(4, r#""not": true"#)),
        "jsonschema: Expected: Valid Schema, given: Invalid JSON"
    );
    let condition = r#""if": {}, "then": false"#;
    assert_eq!(faults("\"1\"", &draft(6, condition)), [""; 0]);
    assert_eq!(
        faults("\"1\"", &draft(7, condition)),
        [
            "condition_then (Root): Must validate \"then\" as \"if\" was valid",
            "false (Root): False always fails validation",
        ]
    );
}

#[test]
fn what_is_no_schema_is_told_in_the_validators_words() {
    let cases = [
        ("1", "wrong type, expected string or object"),
        ("\"{\"", "invalid JSON string"),
        ("[]", "schema is invalid"),
        (r#"{"$schema": 1}"#, "$schema must be of type string"),
        (
            r#"{"type": "x"}"#,
            "has a primitive type that is NOT VALID -- given: /x/ Expected valid \
            values are:[array boolean integer number null object string]",
        ),
        (r#"{"type": 1}"#, "Invalid type. Expected: type, given: string/Array Of Strings"),
        (r#"{"pattern": "("}"#, "pattern must be a valid regex"),
        (r#"{"patternProperties": {"(": {}}}"#, "Invalid regex pattern '('"),
        (r#"{"minLength": 1.0}"#, "minLength must be of an integer"),
        (r#"{"enum": [1, 1.0]}"#, "enum items must be unique"),
        (r##"{"$ref": "#/a"}"##, "Object has no key 'a'"),
        (r#"{"$ref": "x.json"}"#, "Reference /x.json must be canonical"),
        (r#"{"$ref": "%zz"}"#, "parse \"%zz\": invalid URL escape \"%zz\""),
        (r#"{"$ref": "http://h/s#/a"}"#, "remote reference loading disabled: http://h/s"),
        (
            r#"{"$ref": "file:///etc/passwd"}"#,
            "remote reference loading disabled: file:///etc/passwd",
        ),
    ];
    for (schema, message) in cases {
        assert_eq!(refused(schema), format!("jsonschema: {message}"));
    }
}

#[test]
fn the_schemas_of_schemas_are_known() {
    let draft_7 = r#"{"$ref": "http://json-schema.org/draft-07/schema#"}"#;
    assert_eq!(faults(r#"{"type": ["string"], "not": {}}"#, draft_7), [""; 0]);
    assert_eq!(
        faults(r#"{"minLength": -1}"#, draft_7),
        [
            "number_gte minLength: Must be greater than or equal to 0",
            "number_all_of minLength: Must validate all the schemas (allOf)",
        ]
    );
}

#[test]
fn a_schema_may_refer_to_itself_as_long_as_it_goes_into_the_document() {
    let tree = r##"{"type": "array", "items": {"$ref": "#"}}"##;
    let deep = format!("{}1{}", "[".repeat(900), "]".repeat(900));
    let field = "0.".repeat(899) + "0";
    assert_eq!(
        faults(&deep, tree),
        [format!("invalid_type {field}: Invalid type. Expected: array, given: integer")]
    );
    let message = "schema refers to itself without end".to_owned();
    for schema in [r##"{"$ref": "#"}"##, r##"{"not": {"allOf": [{"$ref": "#"}]}}"##] {
        assert_eq!(error("{}", schema), (ErrorKind::Halt, message.clone()));
    }
}

#[test]
fn work_that_doubles_with_each_part_ends() {
    let part = |at: usize| {
        let next = format!(r##"{{"$ref": "#/definitions/{}"}}"##, at + 1);
        format!(r#""{at}": {{"anyOf": [{next}, {next}]}}, "#)
    };
    let parts: String = (0..60).map(part).collect();
    let schema = format!(
        r##"{{"$ref": "#/definitions/0", "definitions": {{{parts}"60": {{"type": "null"}}}}}}"##
    );
    assert_eq!(error("{}", &schema).0, ErrorKind::Cancel(Cancelled::Steps));
}

#[test]
fn numbers_beyond_gos_end_the_evaluation() {
    let (kind, message) = error("[1e1000001]", r#"{"items": {"minimum": 1}}"#);
    assert_eq!((kind, message.as_str()), (ErrorKind::Halt, "number 1e1000001 is out of range"));
    let (kind, message) = error("[1e400]", r#"{"items": {"const": 1}}"#);
    assert_eq!(kind, ErrorKind::Halt);
    assert_eq!(message, "json: cannot unmarshal number 1e400 into Go value of type float64");
}

#[test]
fn formats_are_checked() {
    let cases = [
        ("date", "2020-02-29", "2021-02-29"),
        ("time", "1:02:03+24:60", "1:2:03"),
        ("date-time", "2020-02-29T12:00:00,5Z", "2020-02-29t12:00:00Z"),
        ("hostname", "a-b.c", "a-.c"),
        ("email", "Name (c) <a@[1.2.3.4]>", "=?x?q?y?= <a@b>"),
        ("ipv4", "::ffff:1.2.3.4", "01.2.3.4"),
        ("ipv6", "1::8", "fe80::1%eth0"),
        ("uri", "urn:a:b", "//h"),
        ("uri-reference", "//h", "http://h:x"),
        ("uri-template", "/{a{b}", "/{a"),
        ("uuid", "123e4567-E89b-12d3-a456-426614174000", "123e4567e89b12d3a456426614174000"),
        ("regex", "[^\\\\d]", "(?=a)"),
        ("json-pointer", "/~0~1", "/~2"),
        ("relative-json-pointer", "10#", "01"),
    ];
    for (format, valid, invalid) in cases {
        let schema = format!(r#"{{"items": {{"format": "{format}"}}}}"#);
        assert_eq!(
            faults(&format!(r#"["{valid}", "{invalid}"]"#), &schema),
            [format!("format 1: Does not match format '{format}'")]
        );
    }
}
