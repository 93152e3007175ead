//! Values and numbers: their order is one, equal values have equal hashes, sets and objects do what
//! their elements say, and arithmetic is arithmetic.

use referee_rego_value::{JsonLimits, Number, Value};
use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A value written by bytes, sharing its parts.
fn value(bytes: &mut &[u8], known: &mut Vec<Value>, depth: usize) -> Value {
    let Some((first, rest)) = bytes.split_first() else { return Value::Null };
    *bytes = rest;
    let kind = first % 16;
    let count = usize::from(first / 16) % 5;
    let made = match kind {
        0 => Value::Null,
        1 => Value::Bool(count % 2 == 0),
        2 | 3 => Value::from(i64::from(*first) - 100),
        4 | 5 => {
            let end = bytes.iter().position(|byte| *byte == b' ').unwrap_or(bytes.len());
            let (text, rest) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
            *bytes = rest.get(1..).unwrap_or_default();
            let text = String::from_utf8_lossy(text);
            Number::parse(&text).map_or_else(|| Value::from(text.as_ref()), Value::Number)
        }
        6 => Value::from("ab".repeat(count * count * 10)),
        7 | 8 => known.get(usize::from(*first) % known.len().max(1)).cloned().unwrap_or_default(),
        _ if depth > 12 => Value::from("deep"),
        9..=11 => {
            Value::array((0..count).map(|_| value(bytes, known, depth + 1)).collect::<Vec<_>>())
        }
        12 | 13 => {
            Value::set((0..count).map(|_| value(bytes, known, depth + 1)).collect::<Vec<_>>())
        }
        _ => {
            let members = (0..count)
                .map(|_| (value(bytes, known, depth + 1), value(bytes, known, depth + 1)));
            Value::object(members.collect::<Vec<_>>())
        }
    };
    known.push(made.clone());
    made
}

fn hash(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Three values from bytes.
pub(super) fn laws(mut bytes: &[u8]) {
    let mut known = Vec::new();
    let values: Vec<Value> = (0..3).map(|_| value(&mut bytes, &mut known, 0)).collect();
    let [a, b, c] = values.as_slice() else { return };
    for (a, b) in [(a, b), (b, c), (a, c), (a, a)] {
        assert_eq!(a.cmp(b), b.cmp(a).reverse(), "{a} and {b}");
        assert_eq!(a == b, a.cmp(b) == Ordering::Equal, "{a} and {b}");
        let counted = a.cmp_within::<()>(b, &mut |_| Ok(()));
        assert_eq!(counted, Ok(a.cmp(b)));
        assert_eq!(a.eq_within::<()>(b, &mut |_| Ok(())), Ok(a == b));
        if a == b {
            assert_eq!(hash(a), hash(b), "{a} and {b}");
            assert_eq!((a.weight(), a.depth()), (b.weight(), b.depth()), "{a} and {b}");
        }
    }
    let sorted = a.cmp(b).is_le() && b.cmp(c).is_le();
    assert!(!sorted || a.cmp(c).is_le(), "{a} <= {b} <= {c}");
    sets(&values);
    for value in &values {
        written(value);
    }
}

fn sets(values: &[Value]) {
    let set = Value::set(values.to_vec());
    let Value::Set(set) = &set else { return };
    let mut distinct = values.to_vec();
    distinct.sort();
    distinct.dedup();
    assert_eq!(set.as_slice(), distinct.as_slice());
    let object = Value::object(values.iter().map(|value| (value.clone(), Value::from(1))));
    for value in values {
        assert!(set.contains(value));
        assert_eq!(object.get(value), Some(&Value::from(1)));
    }
    let first = Value::set(values.iter().take(1).cloned());
    let Value::Set(first) = &first else { return };
    let (rest, both) = (set.difference(first), set.intersection(first));
    assert_eq!(rest.len() + both.len(), set.len());
    assert_eq!(&rest.union(&both), set);
}

/// A value of JSON's kinds is written and read again.
fn written(value: &Value) {
    let text = value.to_json();
    let read = Value::from_json(&text, &JsonLimits::DEFAULT);
    assert!(read.is_ok(), "{text}: {read:?}");
    let Ok(read) = read else { return };
    assert_eq!(read.to_json(), text);
}

/// Three numbers, as text with spaces between.
pub(super) fn numbers(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let numbers: Vec<Number> = text.split(' ').take(3).filter_map(Number::parse).collect();
    for number in &numbers {
        let written = number.to_string();
        assert_eq!(Number::parse(&written).as_ref(), Some(number), "{number}");
        for made in [number.abs(), number.neg(), number.round(), number.ceil(), number.floor()] {
            let Ok(made) = made else { continue };
            let again = Number::parse(&made.to_string());
            assert_eq!(again.as_ref(), Some(&made), "made of {number}");
        }
    }
    let [a, b, ..] = numbers.as_slice() else { return };
    assert_eq!(a.add(b), b.add(a), "{a} + {b}");
    assert_eq!(a.mul(b), b.mul(a), "{a} * {b}");
    if !(a.is_integer() && b.is_integer()) {
        return;
    }
    if let Ok(difference) = a.sub(b) {
        let sign = difference.cmp(&Number::from(0_i64));
        assert_eq!(sign, a.cmp(b), "{a} - {b} is {difference}");
        assert_eq!(difference.add(b).as_ref(), Ok(a), "{a} - {b} + {b}");
    }
    if let (Ok(rest), Ok(product)) = (a.rem(b), a.mul(b)) {
        assert!(product.rem(b).is_ok_and(|rest| rest.is_zero()), "{a} * {b} % {b}");
        assert!(rest.is_zero() || rest.is_negative() == a.is_negative(), "{a} % {b}");
    }
}
