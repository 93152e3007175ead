//! Types: their texts, their order, unions, and what is found inside.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails")]

use referee_rego_types::{Function, Nulls, Type, load_schema};
use referee_rego_value::{JsonLimits, Value};
use std::sync::Arc;

fn json(text: &str) -> Value {
    Value::from_json(text, &JsonLimits::DEFAULT).unwrap()
}

fn array(items: &[Type]) -> Type {
    Type::array(items.to_vec(), None)
}

fn list(of: Type) -> Type {
    Type::array(Vec::new(), Some(of))
}

fn object(members: &[(&str, Type)]) -> Type {
    Type::object(members.iter().map(|(key, ty)| (Value::from(*key), ty.clone())).collect(), None)
}

fn map(key: Type, value: Type) -> Type {
    Type::object(Vec::new(), Some((key, value)))
}

#[test]
fn types_are_written_as_opa_writes_them() {
    let keys = vec![
        (Value::Null, Type::Number),
        (Value::from(true), Type::Number),
        (json("1.5"), Type::Number),
        (json("[1, \"a\"]"), Type::Number),
        (json("{\"a\": [null]}"), Type::Number),
    ];
    for (ty, text) in [
        (Type::Unknown, "???"),
        (Type::any(), "any"),
        (Type::any_of(vec![Type::String, Type::Null]), "any<null, string>"),
        (array(&[Type::Number, Type::Unknown]), "array<number, ???>"),
        (Type::array(vec![Type::Number], Some(Type::String)), "array<number>[string]"),
        (array(&[]), "array"),
        (Type::set(Type::Unknown), "set[???]"),
        (object(&[("b", Type::String), ("a", Type::Null)]), "object<a: null, b: string>"),
        (
            Type::object(vec![(Value::from("a"), Type::Number)], Some((Type::String, Type::any()))),
            "object<a: number>[string: any]",
        ),
        (object(&[]), "object"),
        (
            Type::object(keys, None),
            "object<<nil>: number, true: number, 1.5: number, [1 a]: number, map[a:[<nil>]]: number>",
        ),
        (
            Type::Function(Arc::new(Function {
                args: vec![(Some("x"), Type::String)],
                variadic: Some(Type::Number),
                ..Function::default()
            })),
            "(string, number...) => ???",
        ),
    ] {
        assert_eq!(ty.to_string(), text);
    }
}

#[test]
fn types_have_opas_order() {
    let order = [
        Type::Unknown,
        Type::Null,
        Type::Boolean,
        Type::Number,
        Type::String,
        array(&[Type::String]),
        array(&[Type::String, Type::Null]),
        // What has no end comes after what has one.
        list(Type::Null),
        object(&[("a", Type::String)]),
        object(&[("b", Type::Null)]),
        map(Type::String, Type::Null),
        Type::set(Type::Null),
        Type::any(),
        Type::any_of(vec![Type::Null]),
        Type::Function(Arc::new(Function::default())),
    ];
    for (at, a) in order.iter().enumerate() {
        for (other, b) in order.iter().enumerate() {
            assert_eq!(a.cmp(b), at.cmp(&other), "{a} and {b}");
        }
    }
}

#[test]
fn a_union_lists_each_type_once_in_order() {
    let both = Type::String.or(&Type::Number);
    assert_eq!(both.to_string(), "any<number, string>");
    assert_eq!(both.or(&Type::Number), both);
    assert_eq!(both.or(&Type::any()), Type::any());
    assert_eq!(Type::any().or(&both), Type::any());
    assert_eq!(Type::Number.or(&Type::Number), Type::Number);
    assert_eq!(Type::Unknown.or(&Type::Number), Type::Number);
    assert_eq!(
        both.or(&Type::any_of(vec![Type::Null, Type::String])).to_string(),
        "any<null, number, string>"
    );
}

#[test]
fn functions_of_the_same_arity_have_a_union() {
    let function = |args: &[Type], result: Type| {
        let args = args.iter().map(|ty| (None, ty.clone())).collect();
        Type::Function(Arc::new(Function { args, result: Some(result), ..Function::default() }))
    };
    let (a, b) = (function(&[Type::Number], Type::Null), function(&[Type::String], Type::Null));
    assert_eq!(a.or(&b).to_string(), "(any<number, string>) => null");
    assert_eq!(a.or(&function(&[], Type::Null)), Type::Unknown);
    assert_eq!(a.or(&Type::Number), Type::Unknown);
    assert!(!Type::any().contains(&a));
}

#[test]
fn what_stands_under_a_key_is_selected() {
    let pair = Type::array(vec![Type::Number], Some(Type::String));
    let open =
        Type::object(vec![(Value::from("a"), Type::Number)], Some((Type::String, Type::Null)));
    let set = Type::set(Type::any_of(vec![Type::Number, Type::String]));
    for (ty, key, found) in [
        (&pair, "0", Type::Number),
        (&pair, "7", Type::String),
        (&pair, "-1", Type::Unknown),
        (&pair, "1.0", Type::Unknown),
        (&pair, "\"a\"", Type::Unknown),
        (&array(&[Type::Number]), "1", Type::Unknown),
        (&open, "\"a\"", Type::Number),
        (&open, "\"b\"", Type::Null),
        (&open, "1", Type::Unknown),
        (&set, "1", Type::Number),
        (&set, "true", Type::Unknown),
        (&Type::any(), "1", Type::any()),
        (&Type::any_of(vec![pair.clone(), Type::Null]), "0", Type::Number),
        (&Type::String, "0", Type::Unknown),
    ] {
        assert_eq!(ty.select(&json(key)), found, "{ty}[{key}]");
    }
    assert_eq!(open.keys(), Type::String);
    assert_eq!(open.values().to_string(), "any<null, number>");
    assert_eq!(pair.keys(), Type::Number);
    assert_eq!(pair.values().to_string(), "any<number, string>");
    assert_eq!(object(&[]).keys(), Type::Unknown);
    assert_eq!(Type::Boolean.keys(), Type::Unknown);
    assert_eq!(set.keys(), set.values());
}

#[test]
fn values_have_types() {
    let value = json("{\"a\": [1, null], \"b\": {\"c\": true}}");
    assert_eq!(
        Type::from_value(&value).to_string(),
        "object<a: array<number, null>, b: object<c: boolean>>"
    );
    assert_eq!(Type::from_value(&Value::set([Value::from(1_i64)])).to_string(), "array<number>");
}

#[test]
fn what_holds_something_unknown_is_unknown_but_for_unions() {
    assert!(array(&[Type::Number, list(Type::set(Type::Unknown))]).is_unknown());
    assert!(object(&[("a", Type::Unknown)]).is_unknown());
    assert!(!Type::any_of(vec![Type::set(Type::Unknown)]).is_unknown());
    assert!(!array(&[Type::Number]).is_unknown());
}

#[test]
fn types_are_read_from_what_is_written() {
    for text in [
        "{\"type\": \"array\", \"static\": [{\"type\": \"number\"}], \"dynamic\": {\"type\": \"any\"}}",
        "{\"type\": \"object\", \"static\": [{\"key\": \"a\", \"value\": {\"type\": \"null\"}}], \"dynamic\": {\"key\": {\"type\": \"string\"}, \"value\": {\"type\": \"boolean\"}}}",
        "{\"type\": \"set\", \"of\": {\"type\": \"any\", \"of\": [{\"type\": \"number\"}, {\"type\": \"string\"}]}}",
        "{\"type\": \"function\", \"args\": [{\"type\": \"string\"}], \"result\": {\"type\": \"boolean\"}}",
    ] {
        assert_eq!(Type::from_json(&json(text)).unwrap().to_json(), json(text));
    }
    for (text, error) in [
        ("{\"type\": \"foo\"}", "unsupported type 'foo'"),
        ("{}", "unsupported type ''"),
        ("[]", "a type must be an object but is array"),
        ("{\"type\": \"array\", \"static\": 1}", "'static' must be an array but is number"),
    ] {
        assert_eq!(Type::from_json(&json(text)).unwrap_err().to_string(), error);
    }
}

#[test]
fn recursive_types_are_compared_by_what_they_stand_for() {
    let schema = |name: &str| {
        let node = format!(
            "\"{name}\": {{\"properties\": {{\"next\": {{\"$ref\": \"#/definitions/{name}\"}}}}}}"
        );
        let text = format!("{{\"definitions\": {{{node}}}, \"$ref\": \"#/definitions/{name}\"}}");
        load_schema(&json(&text), Nulls::Ignored, None).unwrap()
    };
    let (a, b) = (schema("a"), schema("b"));
    assert_eq!(a.ty, b.ty);
    assert_eq!(a.ty.to_string(), "object<next: recursive(#/definitions/a)>");
    let next = Value::from("next");
    assert_eq!(a.ty.select(&next).select(&next).select(&next), b.ty);
}

#[test]
fn types_of_shared_parts_are_compared_and_written_in_bounded_time() {
    let grown = || (0..200).fold(Type::Number, |ty, _| array(&[ty.clone(), ty]));
    let (a, b) = (grown(), grown());
    assert_eq!(a, b);
    assert!(a.to_string().len() < 1 << 17);
    assert!(a.to_string().ends_with("..."));
}

#[test]
fn types_that_are_nested_too_deep_are_anything() {
    let deep = (0..10_000).fold(Type::Number, |ty, _| list(ty));
    assert!(deep.to_string().contains("any"));
    assert!(deep.to_string().len() < 4_000);
}
