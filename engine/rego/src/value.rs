//! A Rego value: JSON and sets, immutable and cheap to clone.

use serde::Serialize;
use serde_json::{Map, Number};
use std::collections::BTreeMap;
use std::fmt;

/// How deep arrays, objects and sets may be nested in what enters or leaves an evaluation. It is
/// serde_json's own limit for parsing; what is deeper cannot be written to JSON and read again.
pub(crate) const MAX_DEPTH: usize = 128;

/// A Rego value.
///
/// Cloning shares; a part of a value can be put into another value without being copied, so facts
/// that are cached enter an evaluation without conversion.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Value(pub(crate) regorus::Value);

/// What kind of value a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueKind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// A set.
    Set,
    /// An object.
    Object,
}

impl ValueKind {
    /// Its name, as Rego's `type_name` says it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::String => "string",
            Self::Array => "array",
            Self::Set => "set",
            Self::Object => "object",
        }
    }
}

/// A text or a document that makes no value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// It cannot be written as JSON.
    #[error("cannot be written as JSON")]
    Serialize(#[source] serde_json::Error),
    /// It is not JSON, or nested too deep.
    #[error("not JSON that a policy can read: {0}")]
    Json(String),
    /// It is nested too deep.
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
}

impl Value {
    /// Reads JSON text.
    ///
    /// # Errors
    /// Where the text is not JSON, or nested deeper than 128 levels.
    pub fn from_json_str(text: &str) -> Result<Self, ValueError> {
        regorus::Value::from_json_str(text)
            .map(Self)
            .map_err(|error| ValueError::Json(error.to_string()))
    }

    /// Takes a JSON document over.
    ///
    /// # Errors
    /// Where it is nested deeper than 128 levels.
    pub fn from_json(value: serde_json::Value) -> Result<Self, ValueError> {
        if json_depth_exceeds(&value, MAX_DEPTH) {
            return Err(ValueError::TooDeep);
        }
        Ok(Self(regorus::Value::from(value)))
    }

    /// Takes over whatever can be written as JSON.
    ///
    /// # Errors
    /// Where it cannot be, or is nested deeper than 128 levels.
    pub fn from_serialize<T: Serialize + ?Sized>(value: &T) -> Result<Self, ValueError> {
        // By way of text: the engine's own reader shares the names of members, and is faster than
        // converting a document (reference/rego-baseline.md, section 7).
        let text = serde_json::to_string(value).map_err(ValueError::Serialize)?;
        Self::from_json_str(&text)
    }

    /// `null`.
    #[must_use]
    pub fn null() -> Self {
        Self(regorus::Value::Null)
    }

    /// An object of these members; of two with one name the later stays.
    #[must_use]
    pub fn object<'a>(members: impl IntoIterator<Item = (&'a str, Self)>) -> Self {
        let members: BTreeMap<_, _> = members
            .into_iter()
            .map(|(name, value)| (regorus::Value::from(name), value.0))
            .collect();
        Self(members.into())
    }

    /// An array of these elements.
    #[must_use]
    pub fn array(elements: impl IntoIterator<Item = Self>) -> Self {
        let elements: Vec<_> = elements.into_iter().map(|value| value.0).collect();
        Self(elements.into())
    }

    /// What kind of value it is.
    #[must_use]
    pub fn kind(&self) -> ValueKind {
        match &self.0 {
            regorus::Value::Null | regorus::Value::Undefined => ValueKind::Null,
            regorus::Value::Bool(_) => ValueKind::Boolean,
            regorus::Value::Number(_) => ValueKind::Number,
            regorus::Value::String(_) => ValueKind::String,
            regorus::Value::Array(_) => ValueKind::Array,
            regorus::Value::Set(_) => ValueKind::Set,
            regorus::Value::Object(_) => ValueKind::Object,
        }
    }

    /// The member of that name, where it is an object that has one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Self> {
        match &self.0 {
            regorus::Value::Object(members) => {
                members.get(&regorus::Value::from(name)).cloned().map(Self)
            }
            _ => None,
        }
    }

    /// The boolean, where it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        self.0.as_bool().ok().copied()
    }

    /// The string, where it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            regorus::Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The elements of an array in their order, or of a set in the order of values.
    #[must_use]
    pub fn elements(&self) -> Option<Vec<Self>> {
        match &self.0 {
            regorus::Value::Array(elements) => Some(elements.iter().cloned().map(Self).collect()),
            regorus::Value::Set(elements) => {
                Some(elements.iter_sorted().cloned().map(Self).collect())
            }
            _ => None,
        }
    }

    /// The members of an object, sorted by name. Names need not be strings in Rego.
    #[must_use]
    pub fn entries(&self) -> Option<Vec<(Self, Self)>> {
        match &self.0 {
            regorus::Value::Object(members) => Some(
                members
                    .iter_sorted()
                    .map(|(name, value)| (Self(name.clone()), Self(value.clone())))
                    .collect(),
            ),
            _ => None,
        }
    }

    /// As a JSON document: a set becomes a sorted array, a name that is no string its JSON text.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        to_json(&self.0)
    }

    /// As JSON text, members sorted by name. Equal values have equal text.
    #[must_use]
    pub fn to_json_string(&self) -> String {
        referee_core::json::canonical(&self.to_json())
    }

    /// This value with `over` laid over it: objects are merged member by member, anything else of
    /// `over` takes the place of what was there.
    #[must_use]
    pub fn merged_with(&self, over: &Self) -> Self {
        Self(merge(&self.0, &over.0, 0))
    }

    pub(crate) fn defined(value: regorus::Value) -> Option<Self> {
        (value != regorus::Value::Undefined).then_some(Self(value))
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_json_string())
    }
}

impl Serialize for Value {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self(value.into())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self(value.into())
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self(value.into())
    }
}

fn to_json(value: &regorus::Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match value {
        regorus::Value::Null | regorus::Value::Undefined => Json::Null,
        regorus::Value::Bool(value) => Json::Bool(*value),
        regorus::Value::Number(number) => {
            serde_json::to_value(number).unwrap_or_else(|_| json_number(&number.format_decimal()))
        }
        regorus::Value::String(text) => Json::String(text.to_string()),
        regorus::Value::Array(elements) => elements.iter().map(to_json).collect(),
        regorus::Value::Set(elements) => elements.iter_sorted().map(to_json).collect(),
        regorus::Value::Object(members) => {
            let mut object = Map::new();
            for (name, value) in members.iter_sorted() {
                object.insert(member_name(name), to_json(value));
            }
            Json::Object(object)
        }
    }
}

/// A number that serde_json cannot hold as an integer stays as close as it can be held.
fn json_number(digits: &str) -> serde_json::Value {
    let number = digits.parse::<f64>().ok().and_then(Number::from_f64);
    number.map_or_else(|| digits.into(), serde_json::Value::Number)
}

fn member_name(name: &regorus::Value) -> String {
    match name {
        regorus::Value::String(text) => text.to_string(),
        other => to_json(other).to_string(),
    }
}

fn merge(under: &regorus::Value, over: &regorus::Value, depth: usize) -> regorus::Value {
    match (under, over) {
        (regorus::Value::Object(a), regorus::Value::Object(b)) if depth < MAX_DEPTH => {
            let mut members: BTreeMap<_, _> =
                a.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
            for (name, value) in b.iter() {
                let merged = members
                    .get(name)
                    .map_or_else(|| value.clone(), |old| merge(old, value, depth + 1));
                members.insert(name.clone(), merged);
            }
            members.into()
        }
        _ => over.clone(),
    }
}

/// Whether a document is nested deeper than `limit`. Does not recurse deeper than that itself.
fn json_depth_exceeds(value: &serde_json::Value, limit: usize) -> bool {
    let Some(below) = limit.checked_sub(1) else {
        return value.is_array() || value.is_object();
    };
    match value {
        serde_json::Value::Array(elements) => {
            elements.iter().any(|element| json_depth_exceeds(element, below))
        }
        serde_json::Value::Object(members) => {
            members.values().any(|member| json_depth_exceeds(member, below))
        }
        _ => false,
    }
}

/// Whether a value is nested deeper than `limit`. Does not recurse deeper than that itself.
pub(crate) fn depth_exceeds(value: &regorus::Value, limit: usize) -> bool {
    let Some(below) = limit.checked_sub(1) else {
        return matches!(
            value,
            regorus::Value::Array(_) | regorus::Value::Set(_) | regorus::Value::Object(_)
        );
    };
    match value {
        regorus::Value::Array(elements) => elements.iter().any(|e| depth_exceeds(e, below)),
        regorus::Value::Set(elements) => elements.iter().any(|e| depth_exceeds(e, below)),
        regorus::Value::Object(members) => members
            .iter()
            .any(|(name, member)| depth_exceeds(name, below) || depth_exceeds(member, below)),
        _ => false,
    }
}
