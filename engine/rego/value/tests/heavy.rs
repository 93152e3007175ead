//! Small values that stand for huge ones: what is shared is compared and hashed once, and what takes
//! long can be stopped.

#![allow(clippy::unwrap_used, reason = "what the tests share may fail as they may")]

use referee_rego_value::{JsonLimits, ObjectBuilder, SetBuilder, Value};
use std::cmp::Ordering;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A value that is twice in itself, so many times over.
fn doubled(times: usize, core: Value, wrap: impl Fn(Value, Value) -> Value) -> Value {
    (0..times).fold(core, |inner, _| wrap(inner.clone(), inner))
}

fn shapes() -> [fn(Value, Value) -> Value; 3] {
    [
        |a, b| Value::array([a, b]),
        |a, b| Value::object([("a", a), ("b", b)]),
        |a, b| Value::set([Value::array([Value::from(1), a]), Value::array([Value::from(2), b])]),
    ]
}

fn hash(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[test]
fn values_whose_text_would_fill_every_disk_are_compared_and_hashed_at_once() {
    for shape in shapes() {
        let [a, b] = [1, 1].map(|core| doubled(70, Value::from(core), shape));
        let other = doubled(70, Value::from(2), shape);
        assert_eq!((a.cmp(&b), a == b), (Ordering::Equal, true));
        assert_eq!((a.cmp(&other), a == other), (Ordering::Less, false));
        assert_eq!(other.cmp(&a), Ordering::Greater);
        assert_eq!(hash(&a), hash(&b));
        assert_ne!(hash(&a), hash(&other));
        let all: HashSet<_> = [a.clone(), b.clone(), other].into_iter().collect();
        assert_eq!(all.len(), 2);
        assert_eq!(Value::set([a.clone(), b]), Value::set([a]));
    }
}

#[test]
fn values_that_differ_only_at_their_ends_differ() {
    // The parts before the difference are equal without being the same.
    let twin = || doubled(60, Value::from("x"), |a, b| Value::array([a, b]));
    let with =
        |last: i64| Value::array([twin(), twin(), Value::array([twin(), Value::from(last)])]);
    assert_eq!(with(1).cmp(&with(2)), Ordering::Less);
    assert_eq!(with(2).cmp(&with(1)), Ordering::Greater);
    assert_ne!(with(1), with(2));
    assert_eq!(with(1), with(1));
    let longer =
        Value::array([twin(), twin(), Value::array([twin(), Value::from(1)]), Value::Null]);
    assert_eq!(with(1).cmp(&longer), Ordering::Less);
}

#[test]
fn heavy_values_are_ordered_as_their_texts_say() {
    // The same orders as light values have, decided behind something heavy.
    let heavy = || Value::array((0..500).map(Value::from));
    let tails = ["1", "2", "2.0", "[]", "[1]", "[2]", "{}", r#"{"a":1}"#, r#"{"a":2}"#, r#""a""#];
    for a in tails {
        for b in tails {
            let [a, b] = [a, b].map(|text| Value::from_json(text, &JsonLimits::DEFAULT).unwrap());
            let [heavy_a, heavy_b] =
                [&a, &b].map(|tail| Value::object([("h", heavy()), ("t", tail.clone())]));
            assert_eq!(heavy_a.cmp(&heavy_b), a.cmp(&b), "{a} {b}");
            assert_eq!(heavy_a == heavy_b, a == b, "{a} {b}");
            if a == b {
                assert_eq!(hash(&heavy_a), hash(&heavy_b), "{a} {b}");
            }
        }
    }
}

#[test]
fn what_is_heavy_and_deep_at_once_does_not_overflow_the_stack() {
    let deep = |core: i64| {
        (0..200_000).fold(Value::from(core), |inner, _| Value::array([inner, Value::from("x")]))
    };
    let (a, b, c) = (deep(1), deep(1), deep(2));
    assert_eq!(a, b);
    assert_eq!(a.cmp(&c), Ordering::Less);
    assert_eq!(hash(&a), hash(&b));
}

/// Goes along until so much has been spent.
fn until(limit: u64) -> impl FnMut(u32) -> Result<(), &'static str> {
    let mut spent = 0;
    move |units| {
        assert!(units <= 5_000, "{units} units at once");
        spent += u64::from(units);
        if spent > limit { Err("enough") } else { Ok(()) }
    }
}

#[test]
fn long_comparisons_can_be_stopped() {
    let long = || Value::array((0..100_000).map(|n| Value::array([Value::from(n)])));
    let (a, b) = (long(), long());
    assert_eq!(a.cmp_within(&b, &mut until(10_000)), Err("enough"));
    assert_eq!(a.eq_within(&b, &mut until(10_000)), Err("enough"));
    assert_eq!(a.prepare_hash(&mut until(10_000)), Err("enough"));
    assert_eq!(a.cmp_within(&b, &mut until(u64::MAX)), Ok(Ordering::Equal));
    assert_eq!(a.eq_within(&b, &mut until(u64::MAX)), Ok(true));
    assert_eq!(a.prepare_hash(&mut until(u64::MAX)), Ok(()));
    assert_eq!(a.prepare_hash(&mut until(40)), Ok(()), "known by now");
    let texts = ["a", "b"].map(|end| Value::from("x".repeat(10_000_000) + end));
    let [a, b] = texts;
    assert_eq!(a.cmp_within(&b, &mut until(10_000)), Err("enough"));
    assert_eq!(a.cmp_within(&b, &mut until(u64::MAX)), Ok(Ordering::Less));
    assert_eq!(a.eq_within(&a.clone(), &mut until(u64::MAX)), Ok(true));
}

#[test]
fn collecting_much_can_be_stopped_and_gives_the_same_otherwise() {
    let keys = || (0..40_000_i64).map(|n| Value::from(n * 7_919 % 40_009));
    let (mut set, mut object) = (SetBuilder::default(), ObjectBuilder::default());
    for key in keys() {
        assert_eq!(set.insert_within(key.clone(), &mut until(u64::MAX)), Ok(true));
        assert_eq!(set.insert_within(key.clone(), &mut until(u64::MAX)), Ok(false));
        let new = object.insert_unique_within(key.clone(), key.clone(), &mut until(u64::MAX));
        assert_eq!(new, Ok(Ok(true)));
        let again = object.insert_unique_within(key.clone(), key.clone(), &mut until(u64::MAX));
        assert_eq!(again, Ok(Ok(false)));
    }
    let conflict = object.insert_unique_within(Value::from(7), Value::Null, &mut until(u64::MAX));
    assert_eq!(conflict.unwrap().unwrap_err().refused, Value::Null);
    let built = set.build_within(&mut until(u64::MAX)).unwrap();
    assert!(built.iter().eq(built.iter().collect::<std::collections::BTreeSet<_>>()));
    assert_eq!(Value::Set(built), Value::set(keys()));
    let built = object.build_within(&mut until(u64::MAX)).unwrap();
    assert_eq!(built, keys().map(|key| (key.clone(), key)).collect());

    let mut set: SetBuilder = SetBuilder::default();
    set.extend(keys());
    assert_eq!(set.build_within(&mut until(10_000)), Err("enough"));
}

#[test]
fn a_large_object_finds_its_members_while_its_index_is_made() {
    let object = Value::object((0..50_000).map(|n| (format!("key {n}"), Value::from(n))));
    let object = object.as_object().unwrap();
    for n in (0..50_000).chain(0..50_000) {
        let n = n * 7_919 % 50_000;
        assert_eq!(object.get_str(&format!("key {n}")), Some(&Value::from(n)));
    }
    assert_eq!(object.get_str("key 50000"), None);
}
