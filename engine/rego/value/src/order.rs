//! The order of values, and what is equal.

use crate::Value;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
        Value::Set(_) => 6,
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Number(a), Self::Number(b)) => a.cmp(b),
            (Self::String(a), Self::String(b)) => a.as_str().cmp(b.as_str()),
            (Self::Array(a), Self::Array(b)) => a.as_slice().cmp(b.as_slice()),
            (Self::Object(a), Self::Object(b)) => a.compare(b),
            (Self::Set(a), Self::Set(b)) => a.as_slice().cmp(b.as_slice()),
            _ => rank(self).cmp(&rank(other)),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        rank(self).hash(state);
        match self {
            Self::Null => {}
            Self::Bool(value) => value.hash(state),
            Self::Number(number) => number.hash(state),
            Self::String(text) => text.as_str().hash(state),
            Self::Array(array) => array.as_slice().hash(state),
            Self::Object(object) => object.iter().for_each(|member| member.hash(state)),
            Self::Set(set) => set.as_slice().hash(state),
        }
    }
}
