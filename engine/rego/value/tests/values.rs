//! Values as such: size, text, identity, depth, lookups in large collections.

#![expect(clippy::unwrap_used, reason = "what the test is made of may fail as it may")]

use referee_rego_value::{
    Array, JsonLimits, Number, Object, ObjectBuilder, Set, SetBuilder, Str, Value, is_printable,
};
use std::collections::HashSet;

fn number(text: &str) -> Value {
    Value::Number(Number::parse(text).unwrap())
}

#[test]
fn a_value_is_24_bytes() {
    assert_eq!(size_of::<Value>(), 24);
    assert_eq!(size_of::<Option<Value>>(), 24);
    assert_eq!(size_of::<Number>(), 16);
    assert_eq!(size_of::<Array>(), 8);
    assert_eq!(size_of::<Object>(), 8);
    assert_eq!(size_of::<Set>(), 8);
}

#[test]
fn values_can_be_shared_between_threads() {
    fn check<T: Send + Sync>() {}
    check::<Value>();
}

#[test]
fn the_kinds_are_in_the_order_of_opa() {
    let values = [
        Value::Null,
        Value::from(false),
        Value::from(true),
        number("-1e400"),
        Value::from(-1),
        number("0.5"),
        Value::from(1),
        number("1e400"),
        Value::from(""),
        Value::from("B"),
        Value::from("a"),
        Value::from("é"),
        Value::array([]),
        Value::array([Value::from(1)]),
        Value::array([Value::from(1), Value::Null]),
        Value::array([Value::from(2)]),
        Value::Object(Object::EMPTY),
        Value::object([("a", Value::from(1)), ("c", Value::from(1))]),
        Value::object([("a", Value::from(2))]),
        Value::object([("b", Value::from(1))]),
        Value::Set(Set::EMPTY),
        Value::set([Value::from(1), Value::from(2)]),
        Value::set([Value::from(2)]),
    ];
    assert!(values.is_sorted_by(|a, b| a < b));
}

#[test]
fn texts_are_those_of_opa() {
    let value = Value::Object(Object::from_iter([
        (Value::from("a"), Value::array([Value::from(1), number("1.50"), Value::Null])),
        (Value::from(1), Value::set([Value::from("x"), Value::from(true)])),
        (Value::Set(Set::EMPTY), Value::Object(Object::EMPTY)),
        (Value::array([]), Value::from(false)),
    ]));
    let text = r#"{1: {true, "x"}, "a": [1, 1.50, null], []: false, set(): {}}"#;
    assert_eq!(value.to_string(), text);
    assert_eq!(format!("{value:?}"), text);
    let string = Value::from(
        "é\u{0}\u{7}\u{8}\u{c}\n\r\t\u{b}\u{7f}\"\\'\u{a0}\u{2028}\u{feff}😀\u{e000}\u{f0000}\u{378}",
    );
    let quoted = r#""é\x00\a\b\f\n\r\t\v\x7f\"\\'\u00a0\u2028\ufeff😀\ue000\U000f0000\u0378""#;
    assert_eq!(string.to_string(), quoted);
    assert!(is_printable(' ') && is_printable('漢') && !is_printable('\u{3000}'));
    // Assigned after the tables of Go 1.26.
    assert!(!is_printable('\u{1c89}') && !is_printable('\u{2ebf0}'));
}

#[test]
fn equal_numbers_are_one_key() {
    let set: Set = ["1", "1.0", "1e0", "10e-1", "2"].into_iter().map(number).collect();
    assert_eq!(set.to_string(), "{1, 2}");
    let (one, fraction) = (Value::from(1), number("1.0"));
    let pair: Set = [one.clone(), Value::from(2)].into_iter().collect();
    let (one, fraction): (Set, Set) =
        ([one].into_iter().collect(), [fraction].into_iter().collect());
    assert_eq!(pair.intersection(&fraction).to_string(), "{1.0}");
    assert_eq!(fraction.intersection(&pair).to_string(), "{1.0}");
    assert_eq!(one.intersection(&fraction).to_string(), "{1}");
    assert_eq!(one.union(&fraction).to_string(), "{1}");
    let mut builder = ObjectBuilder::default();
    builder.insert(number("1.0"), Value::from("first"));
    builder.insert(number("1"), Value::from("second"));
    // As in OPA the first key stays, with the last value.
    assert_eq!(builder.build().to_string(), r#"{1.0: "second"}"#);
    let hashed: HashSet<Value> = ["1", "1.0", "100e-2"].into_iter().map(number).collect();
    assert_eq!(hashed.len(), 1);
}

#[test]
fn an_array_is_indexed_as_opa_indexes_it() {
    let array = Array::from([Value::from("a"), Value::from("b")]);
    assert_eq!(array.get_by(&number("1.0")), Some(&Value::from("b")));
    for none in ["1e0", "-1", "2", "0.5", "1.0000000000000000000000"] {
        assert_eq!(array.get_by(&number(none)), None, "{none}");
    }
    assert_eq!(array.get_by(&Value::from("1")), None);
}

#[test]
fn arrays_are_cut_joined_and_turned() {
    let array: Array = (0..5).map(Value::from).collect();
    assert_eq!(array.slice(1..3).to_string(), "[1, 2]");
    assert_eq!(array.slice(3..99).to_string(), "[3, 4]");
    assert!(array.slice(9..99).is_empty() && array.slice(2..2).is_empty());
    assert!(array.slice(0..5).same(&array));
    assert_eq!(array.reverse().to_string(), "[4, 3, 2, 1, 0]");
    assert_eq!(array.reverse().sorted(), array);
    assert_eq!(array.concat(&array).len(), 10);
    assert!(array.concat(&Array::EMPTY).same(&array));
    assert_eq!(array.push(Value::Null).last(), Some(&Value::Null));
}

#[test]
fn large_collections_are_found_in_before_and_after_the_index() {
    let size = 10_000_i64;
    let object: Object = (0..size)
        .rev()
        .map(|at| (Value::from(format!("key {at}")), Value::from(at)))
        .chain([(Value::from(7), Value::Null), (Value::array([]), Value::Null)])
        .collect();
    let set: Set = (0..size).map(|at| Value::from(at * 2)).collect();
    for round in 0..3 {
        for at in (0..size).step_by(3) {
            let key = format!("key {at}");
            assert_eq!(object.get_str(&key), Some(&Value::from(at)), "{round}");
            assert_eq!(object.get(&Value::from(key)), Some(&Value::from(at)));
            assert_eq!(object.get_str(&format!("no key {at}")), None);
            assert!(set.contains(&Value::from(at * 2)) && !set.contains(&Value::from(at * 2 + 1)));
        }
    }
    assert!(set.contains(&number("2.0")));
    assert_eq!(object.get(&Value::from(7)), Some(&Value::Null));
    assert_eq!(object.get(&Value::array([])), Some(&Value::Null));
}

#[test]
fn building_with_lookups_is_not_quadratic() {
    let (mut object, mut set) = (ObjectBuilder::default(), SetBuilder::default());
    for at in 0..100_000_i64 {
        let key = Value::from(at.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64.cast_signed()));
        assert_eq!(object.insert_unique(key.clone(), Value::Null), Ok(true));
        assert_eq!(object.get(&key), Some(&Value::Null));
        assert!(set.insert(key.clone()) && set.contains(&key));
    }
    assert_eq!((object.build().len(), set.build().len()), (100_000, 100_000));
}

#[test]
fn values_nested_a_million_deep_do_no_harm() {
    let build = |levels: u32| {
        (0..levels).fold(Value::Null, |inner, level| match level % 4 {
            0 => Value::array([inner]),
            1 => Value::set([inner]),
            2 => Value::object([("a", inner)]),
            _ => Value::object([(inner, Value::Null)]),
        })
    };
    let (a, b, deeper) = (build(1_000_000), build(1_000_000), build(1_000_004));
    assert_eq!(a.depth(), 1_000_000);
    assert!(a == b && a != deeper && a < deeper);
    let hashed: HashSet<Value> = [a.clone(), b].into_iter().collect();
    assert_eq!(hashed.len(), 1);
    assert!(a.to_string().len() > 1_000_000);
    assert!(a.deep_heap_size() > 1_000_000);
    let shared = Value::array([a.clone(), a.clone()]);
    drop(a);
    assert_eq!(shared.depth(), 1_000_001);
}

#[test]
fn memory_is_told() {
    assert_eq!(Value::from("short").deep_heap_size(), 0);
    assert_eq!(Value::array([]).deep_heap_size(), 0);
    let long = Value::from("x".repeat(1_000));
    assert!((1_000..1_100).contains(&long.heap_size()));
    let array = Value::array([long.clone(), long]);
    assert!(array.heap_size() < 200);
    assert!((2_000..2_300).contains(&array.deep_heap_size()));
}

#[test]
fn long_keys_are_shared_between_members() {
    let text = format!("[{0},{0}]", r#"{"a key of more than twenty-three bytes":1}"#);
    let value = Value::from_json(text, &JsonLimits::DEFAULT).unwrap();
    let key = |at: usize| -> Str {
        let object = value.as_array().unwrap().get(at).unwrap().as_object().unwrap();
        object.keys().next().unwrap().as_str().unwrap().into()
    };
    assert_eq!(key(0), key(1));
}
