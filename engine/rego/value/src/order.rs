//! The order of values and what is equal: OPA's `Compare` (`v1/ast/compare.go`, `term.go`).
//!
//! null < false < true < numbers < strings < arrays < objects < sets. Strings are compared by their
//! bytes, arrays and sets element by element and then by size, objects member by member (key, then
//! value) and then by size. Equality agrees with the order, hashes agree with equality: `1`, `1.0`
//! and `1e0` are one value.

use crate::heavy::{self, LIGHT, Unbounded};
use crate::{Array, Object, Set, Value, bytes};
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

const STRING: u8 = 3;

#[inline]
pub(crate) fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => STRING,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
        Value::Set(_) => 6,
    }
}

/// The order of scalars and of values that can be told apart at once.
#[inline]
fn compare_flat(a: &Value, b: &Value) -> Option<Ordering> {
    Some(match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => a.cmp(b),
        (Value::String(a), Value::String(b)) => bytes::compare(a, b),
        (Value::Array(a), Value::Array(b)) if !a.same(b) => return None,
        (Value::Object(a), Value::Object(b)) if !a.same(b) => return None,
        (Value::Set(a), Value::Set(b)) if !a.same(b) => return None,
        _ => rank(a).cmp(&rank(b)),
    })
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Array(a), Self::Array(b)) => a.cmp(b),
            (Self::Object(a), Self::Object(b)) => a.cmp(b),
            (Self::Set(a), Self::Set(b)) => a.cmp(b),
            _ => compare_flat(self, other).unwrap_or(Ordering::Equal),
        }
    }
}

impl PartialOrd for Value {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a == b,
            (Self::String(a), Self::String(b)) => a.as_str() == b.as_str(),
            (Self::Array(a), Self::Array(b)) => a == b,
            (Self::Object(a), Self::Object(b)) => a == b,
            (Self::Set(a), Self::Set(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Value {}

/// The order, equality and hash of a kind of collection.
macro_rules! collection {
    ($kind:ident) => {
        impl Ord for $kind {
            fn cmp(&self, other: &Self) -> Ordering {
                if self.same(other) {
                    return Ordering::Equal;
                }
                // A recursion ends with the lighter of the two.
                if self.shape().weight.min(other.shape().weight) > LIGHT {
                    let (a, b) = (Value::$kind(self.clone()), Value::$kind(other.clone()));
                    return heavy::order(&a, &b, &mut Unbounded);
                }
                self.as_slice().cmp(other.as_slice())
            }
        }

        impl PartialOrd for $kind {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl PartialEq for $kind {
            fn eq(&self, other: &Self) -> bool {
                // Equal values are equally heavy.
                if self.same(other) {
                    return true;
                }
                let weight = self.shape().weight;
                if self.len() != other.len() || weight != other.shape().weight {
                    return false;
                }
                if weight > LIGHT {
                    let (a, b) = (Value::$kind(self.clone()), Value::$kind(other.clone()));
                    return heavy::equal(&a, &b, &mut Unbounded);
                }
                self.as_slice() == other.as_slice()
            }
        }

        impl Eq for $kind {}

        impl Hash for $kind {
            /// As the value that it is.
            fn hash<H: Hasher>(&self, state: &mut H) {
                Value::$kind(self.clone()).hash(state);
            }
        }
    };
}

collection!(Array);
collection!(Object);
collection!(Set);

/// Hashes a string as the value that it is.
#[inline]
pub(crate) fn hash_str<H: Hasher>(text: &str, state: &mut H) {
    state.write_u8(STRING);
    text.hash(state);
}

fn hash_flat<'a, H: Hasher>(value: &'a Value, state: &mut H, deep: &mut impl FnMut(&'a Value)) {
    match value {
        Value::Null => state.write_u8(rank(value)),
        Value::Bool(truth) => {
            state.write_u8(rank(value));
            truth.hash(state);
        }
        Value::Number(number) => {
            state.write_u8(rank(value));
            number.hash(state);
        }
        Value::String(text) => hash_str(text, state),
        Value::Array(_) | Value::Object(_) | Value::Set(_) => deep(value),
    }
}

/// Hashes what stands before the parts of a collection, and gives its parts one after another.
fn hash_parts<'a, H: Hasher>(
    value: &'a Value,
    state: &mut H,
    part: &mut impl FnMut(&mut H, &'a Value),
) {
    state.write_u8(rank(value));
    match value {
        Value::Array(array) => {
            state.write_usize(array.len());
            array.iter().for_each(|element| part(state, element));
        }
        Value::Set(set) => {
            state.write_usize(set.len());
            set.iter().for_each(|element| part(state, element));
        }
        Value::Object(object) => {
            state.write_usize(object.len());
            for (key, value) in object {
                part(state, key);
                part(state, value);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut collection = None;
        hash_flat(self, state, &mut |found| collection = Some(found));
        let Some(found) = collection else { return };
        if found.weight() > LIGHT {
            state.write_u8(rank(found));
            state.write_u64(heavy::digest(found, &mut Unbounded));
        } else {
            hash_parts(found, state, &mut |state, part| part.hash(state));
        }
    }
}
