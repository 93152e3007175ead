//! A set or an object while rules make it.

use referee_rego_value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What has been made so far.
#[derive(Debug)]
pub(crate) enum Made {
    /// A value that one rule gave whole.
    Value(Value),
    /// A set.
    Set(BTreeSet<Value>),
    /// An object.
    Object(BTreeMap<Value, Made>),
}

/// Two rules do not agree.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Disagree;

impl Made {
    /// Nothing yet, of a set.
    pub(crate) fn set() -> Self {
        Self::Set(BTreeSet::new())
    }

    /// Nothing yet, of an object.
    pub(crate) fn object() -> Self {
        Self::Object(BTreeMap::new())
    }

    /// Puts a value at a path, or, of a set, into the set there; whether it was there already.
    ///
    /// # Errors
    /// Where something else is there, or a whole value on the way.
    pub(crate) fn put(
        &mut self,
        path: &[Value],
        value: Value,
        into_set: bool,
    ) -> Result<bool, Disagree> {
        let Some((key, rest)) = path.split_first() else {
            return match self {
                Self::Set(set) if into_set => Ok(!set.insert(value)),
                _ if into_set => Err(Disagree),
                there if there.value() == value => Ok(true),
                _ => Err(Disagree),
            };
        };
        let Self::Object(members) = self else { return Err(Disagree) };
        if let Some(below) = members.get_mut(key) {
            return below.put(rest, value, into_set);
        }
        let mut below = match (rest.is_empty(), into_set) {
            (true, false) => {
                members.insert(key.clone(), Self::Value(value));
                return Ok(false);
            }
            (true, true) => Self::set(),
            (false, _) => Self::object(),
        };
        below.put(rest, value, into_set)?;
        members.insert(key.clone(), below);
        Ok(false)
    }

    /// The value it is.
    pub(crate) fn value(&self) -> Value {
        match self {
            Self::Value(value) => value.clone(),
            Self::Set(set) => Value::set(set.iter().cloned()),
            Self::Object(members) => {
                Value::object(members.iter().map(|(key, made)| (key.clone(), made.value())))
            }
        }
    }
}
