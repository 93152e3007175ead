//! JSON Schemas: the types they describe, what is refused, and what they do to rules.

#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails, and its helpers are a module that others use too"
)]

mod support;

use referee_rego_types::{Nulls, load_schema};
use support::{World, json};

fn described(schema: &str) -> String {
    match load_schema(&json(schema), Nulls::Ignored, Some(&[])) {
        Ok(found) => found.ty.to_string(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn null_is_a_type_where_that_is_asked_for() {
    for (schema, ty) in [
        ("{\"type\": \"null\"}", "null"),
        ("{\"type\": [\"string\", \"null\"]}", "any<null, string>"),
        ("{\"type\": [\"null\", \"integer\"]}", "any<null, number>"),
        (
            "{\"type\": [\"array\", \"null\"], \"items\": {\"type\": \"string\"}}",
            "any<null, array[string]>",
        ),
        (
            "{\"anyOf\": [{\"properties\": {\"a\": {}}}, {\"type\": \"null\"}]}",
            "any<null, object<a: any>>",
        ),
        ("{\"type\": \"string\"}", "string"),
    ] {
        let found = load_schema(&json(schema), Nulls::Typed, Some(&[])).unwrap();
        assert_eq!(found.ty.to_string(), ty, "{schema}");
    }
}

#[test]
fn schemas_describe_types() {
    for (schema, ty) in [
        ("true", "any"),
        ("{}", "any"),
        ("{\"type\": \"string\"}", "string"),
        ("{\"type\": \"integer\"}", "number"),
        ("{\"type\": \"null\"}", "any"),
        ("{\"type\": [\"number\", \"string\"]}", "string"),
        ("{\"type\": \"object\"}", "object[any: any]"),
        (
            "{\"properties\": {\"b\": {}, \"a\": {\"type\": \"boolean\"}}}",
            "object<a: boolean, b: any>",
        ),
        ("{\"type\": \"array\"}", "array[any]"),
        ("{\"items\": {\"type\": \"string\"}}", "array[string]"),
        ("{\"items\": [{\"type\": \"string\"}, {}]}", "array<string, any>"),
        ("{\"anyOf\": [{\"type\": \"string\"}, {\"type\": \"number\"}]}", "any<number, string>"),
        ("{\"oneOf\": [{\"type\": \"string\"}]}", "any"),
        ("{\"enum\": [1, 2]}", "any"),
        (
            "{\"type\": \"object\", \"properties\": {\"a\": {}}, \"anyOf\": [{\"properties\": {\"b\": {}}}]}",
            "any<object<a: any>, object<b: any>>",
        ),
        (
            "{\"allOf\": [{\"properties\": {\"a\": {}}}, {\"properties\": {\"b\": {}}}]}",
            "object<a: any, b: any>",
        ),
        (
            "{\"allOf\": [{\"items\": [{\"type\": \"string\"}]}, {\"items\": [{\"type\": \"string\"}, {\"type\": \"null\"}]}]}",
            "array<string, any>",
        ),
        (
            "{\"definitions\": {\"a\": {\"type\": \"string\"}}, \"items\": {\"$ref\": \"#/definitions/a\"}}",
            "array[string]",
        ),
        (
            "{\"definitions\": {\"a\": {\"$id\": \"#here\", \"type\": \"number\"}}, \"items\": {\"$ref\": \"#here\"}}",
            "array[number]",
        ),
        (
            "{\"$id\": \"http://a.b/c.json\", \"definitions\": {\"x\": {\"$id\": \"d.json\", \"type\": \"string\"}}, \"items\": {\"$ref\": \"http://a.b/d.json\"}}",
            "array[string]",
        ),
    ] {
        assert_eq!(described(schema), ty, "{schema}");
    }
}

#[test]
fn bad_schemas_are_refused_in_opas_words() {
    for (schema, error) in [
        ("1", "schema is invalid"),
        (
            "{\"type\": \"foo\"}",
            "has a primitive type that is NOT VALID -- given: /foo/ Expected valid values are:[array boolean integer number null object string]",
        ),
        ("{\"type\": [\"null\", \"null\"]}", "null type is duplicated"),
        ("{\"type\": 1}", "Invalid type. Expected: type, given: string/Array Of Strings"),
        ("{\"properties\": []}", "Properties must be of type object"),
        ("{\"properties\": {\"a\": 1}}", "Expected: Valid Schema, given: Invalid JSON"),
        ("{\"items\": 1}", "Invalid type. Expected: Valid Schema/Array Of Schemas, given: items"),
        ("{\"anyOf\": {}}", "anyOf must be of an array"),
        ("{\"required\": [\"a\", \"a\"]}", "required items must be unique"),
        ("{\"enum\": [1, 1.0]}", "enum items must be unique"),
        ("{\"minLength\": 2, \"maxLength\": 1}", "minLength cannot be greater than maxLength"),
        ("{\"multipleOf\": 0}", "multipleOf must be strictly greater than 0"),
        ("{\"exclusiveMinimum\": true}", "exclusiveMinimum cannot be used without minimum"),
        ("{\"$ref\": \"#/definitions/a\"}", "Object has no key 'definitions'"),
        ("{\"$ref\": \"a.json\"}", "Reference /a.json must be canonical"),
        ("{\"$ref\": \"https://a.b/c#/d\"}", "remote reference loading disabled: https://a.b/c"),
        ("{\"$ref\": \"#/a b\"}", "Object has no key 'a b'"),
        ("{\"$ref\": \"http://h:x/\"}", "parse \"http://h:x/\": invalid port \":x\" after host"),
        ("{\"id\": \"//a b\"}", "parse \"//a b\": invalid character \" \" in host name"),
        ("{\"$schema\": \"1:2\"}", "parse \"1:2\": first path segment in URL cannot contain colon"),
        (
            "{\"$ref\": \"//[::g]\"}",
            "parse \"//[::g]\": invalid host: ParseAddr(\"::g\"): each colon-separated field must have at least one digit (at \"g\")",
        ),
    ] {
        assert_eq!(described(schema), format!("unable to compile the schema: {error}"), "{schema}");
    }
    assert_eq!(
        described("{\"allOf\": [{\"type\": \"string\"}, {\"type\": \"number\"}]}"),
        "type checking: unable to merge these schemas: type mismatch: string and number"
    );
    assert_eq!(described("null"), "no schema as input to compile");
}

#[test]
fn schemas_that_contain_themselves_end() {
    for (schema, ty) in [
        ("{\"properties\": {\"a\": {\"$ref\": \"#\"}}}", "object<a: object<a: recursive(#)>>"),
        (
            "{\"definitions\": {\"a\": {\"$ref\": \"#/definitions/a\"}}, \"$ref\": \"#/definitions/a\"}",
            "any",
        ),
        (
            "{\"definitions\": {\"a\": {\"anyOf\": [{\"$ref\": \"#/definitions/a\"}, {\"type\": \"string\"}]}}, \"$ref\": \"#/definitions/a\"}",
            "any<string>",
        ),
        (
            "{\"definitions\": {\"a\": {\"properties\": {\"l\": {\"allOf\": [{\"$ref\": \"#/definitions/a\"}]}, \"r\": {\"allOf\": [{\"$ref\": \"#/definitions/a\"}]}}}}, \"$ref\": \"#/definitions/a\"}",
            "object<l: object<l: any, r: any>, r: object<l: any, r: any>>",
        ),
    ] {
        assert_eq!(described(schema), ty, "{schema}");
    }
}

#[test]
fn long_chains_and_wide_schemas_are_read_within_bounds() {
    let chain: Vec<String> = (0..5_000)
        .map(|at| {
            format!(
                "\"d{at}\": {{\"properties\": {{\"p\": {{\"$ref\": \"#/definitions/d{}\"}}}}}}",
                at + 1
            )
        })
        .collect();
    let schema = format!(
        "{{\"definitions\": {{{}, \"d5000\": {{}}}}, \"$ref\": \"#/definitions/d0\"}}",
        chain.join(", ")
    );
    assert!(described(&schema).starts_with("object<p: object<p: "));
    let deep = format!("{}{}", "{\"items\": ".repeat(900), "{}".to_owned() + &"}".repeat(900));
    assert_eq!(described(&deep), "unable to compile the schema: schema is nested too deep");
    let pairs: Vec<String> = (0..60)
        .map(|at| format!("\"d{at}\": {{\"items\": [{{\"$ref\": \"#/definitions/d{0}\"}}, {{\"$ref\": \"#/definitions/d{0}\"}}]}}", at + 1))
        .collect();
    let schema = format!(
        "{{\"definitions\": {{{}, \"d60\": {{}}}}, \"$ref\": \"#/definitions/d0\"}}",
        pairs.join(", ")
    );
    assert!(described(&schema).ends_with("..."));
}

const INPUT: &str = "{\"properties\": {\"user\": {\"type\": \"string\"}, \"signatures\": {\"items\": {\"properties\": {\"id\": {\"type\": \"string\"}}}}}}";

#[test]
fn a_misspelled_field_of_input_is_told_with_those_there_are() {
    let world = World { input: Some(INPUT), ..World::default() };
    assert_eq!(
        world.errors("p if { input.signaturs }"),
        [
            "a.rego:2: rego_type_error: undefined ref: input.signaturs\n\tinput.signaturs\n\t      ^\n\t      have: \"signaturs\"\n\t      want (one of): [\"signatures\" \"user\"]"
        ]
    );
    assert_eq!(world.errors("p if { input.signatures[_].id = 1 }").len(), 1);
    assert!(world.errors("p if { input.signatures[0].id = \"a\"; input.user }").is_empty());
    assert!(world.errors("p if { input.signaturs with input as {\"signaturs\": 1} }").is_empty());
}

#[test]
fn annotations_say_what_documents_are_for_one_rule() {
    let world = World {
        schemas: vec![("schema.in", INPUT), ("schema.n", "{\"type\": \"number\"}")],
        annotations: vec![
            ("p", "input", "schema.in"),
            ("p", "input.user", "schema.n"),
            ("p", "input.new.field", "schema.n"),
            ("q", "data.acl", "schema.in"),
            ("r", "input", "{\"type\": \"string\"}"),
        ],
        ..World::default()
    };
    for (rule, told) in [
        ("p if { input.user.x }", "undefined ref: input.user.x"),
        ("p if { input.nope }", "undefined ref: input.nope"),
        ("p if { input.new.other }", "undefined ref: input.new.other"),
        ("p if { input.new.field.x }", "undefined ref: input.new.field.x"),
        ("q if { data.acl.nope }", "undefined ref: data.acl.nope"),
        ("r if { input.nope }", "undefined ref: input.nope"),
    ] {
        let errors = world.errors(rule);
        assert!(errors.len() == 1 && errors[0].contains(told), "{rule}: {errors:?}");
    }
    for rule in [
        "p if { input.user = 1; input.new.field = 2 }",
        "s if { input.nope }",
        "q if { data.other.nope }",
    ] {
        assert!(world.errors(rule).is_empty(), "{rule}");
    }
}

#[test]
fn schemas_that_are_not_there_or_wrong_are_errors_of_the_rule() {
    let world = World {
        schemas: vec![("schema.bad", "{\"type\": \"foo\"}")],
        annotations: vec![("p", "input", "schema.none"), ("q", "input", "schema.bad")],
        ..World::default()
    };
    assert_eq!(
        world.errors("p if true"),
        ["a.rego:2: rego_type_error: undefined schema: schema.none"]
    );
    assert!(
        world.errors("q if true")[0]
            .starts_with("a.rego:2: rego_type_error: unable to compile the schema: ")
    );
    let without = World { schemas: Vec::new(), ..world };
    assert!(without.errors("p if { input.anything }").is_empty());
}
