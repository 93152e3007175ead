//! The value of the front: JSON and sets, immutable and cheap to clone.

use referee_rego_types::{Capabilities, DocumentError};
use referee_rego_value as native;
use referee_rego_value::bytes;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Number};
use std::borrow::Cow;
use std::fmt;

/// How deep arrays, objects and sets may be nested in what enters or leaves an evaluation. It is
/// serde_json's own limit for parsing; what is deeper cannot be written to JSON and read again.
pub(crate) const MAX_DEPTH: usize = 128;

/// A Rego value.
///
/// Cloning shares; a part of a value can be put into another value without being copied, so facts
/// that are cached enter an evaluation without conversion.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Value(pub(crate) native::Value);

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
    #[error("not JSON that a policy can read: {message} (line {line}, column {column})")]
    Json {
        /// What is wrong, in the words of Go's `encoding/json`.
        message: String,
        /// In which line, from 1.
        line: usize,
        /// At which byte of the line, from 1.
        column: usize,
    },
    /// It is not JSON, or nested too deep: in the words of OPA's server.
    #[error("{0}")]
    Go(String),
    /// It is not YAML, or has no JSON: in OPA's words.
    #[error("{0}")]
    Yaml(String),
    /// It would be too large.
    #[error("larger than a document may become")]
    TooLarge,
    /// It is nested too deep.
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
}

impl ValueError {
    fn json(error: native::JsonError, text: &str) -> Self {
        let before = text.as_bytes().get(..error.offset).unwrap_or(text.as_bytes());
        let last = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        Self::Json { message: error.message, line, column: last.len() + 1 }
    }
}

impl Value {
    /// Reads JSON text.
    ///
    /// # Errors
    /// Where the text is not JSON, or nested deeper than 128 levels.
    pub fn from_json_str(text: &str) -> Result<Self, ValueError> {
        let limits = native::JsonLimits::DEFAULT.with_depth(MAX_DEPTH);
        let value = native::Value::from_json(text, &limits);
        value.map(Self).map_err(|error| ValueError::json(error, text))
    }

    /// Reads a body of JSON as OPA's server does (`util.UnmarshalJSON`), and tells what is wrong in
    /// its words.
    ///
    /// # Errors
    /// [`ValueError::Go`] where the bytes are not JSON, or nested deeper than 128 levels.
    pub fn from_json_body(bytes: &[u8]) -> Result<Self, ValueError> {
        let limits = native::JsonLimits::DEFAULT.with_depth(MAX_DEPTH);
        let value = native::Value::from_json_stream(bytes, &limits);
        value.map(Self).map_err(|error| ValueError::Go(error.message))
    }

    /// Appends its JSON text on one line, as Go's `encoding/json` writes what OPA answers: `<`, `>`
    /// and `&` escaped, sets as sorted arrays.
    pub fn write_go_json(&self, out: &mut String) {
        // Writing to a string does not fail.
        let _ = self.0.write_json(out, native::JsonStyle::GO);
    }

    /// The value as a term of a syntax tree, in OPA's JSON: `{"type":"number","value":1}`.
    #[must_use]
    pub fn to_term_json(&self) -> String {
        let mut out = String::new();
        write_term(&self.0, &mut out);
        out
    }

    /// Takes a JSON document over.
    ///
    /// # Errors
    /// Where it is nested deeper than 128 levels.
    pub fn from_json(value: serde_json::Value) -> Result<Self, ValueError> {
        if json_depth_exceeds(&value, MAX_DEPTH) {
            return Err(ValueError::TooDeep);
        }
        Ok(Self(from_json(value)))
    }

    /// Takes over whatever can be written as JSON.
    ///
    /// # Errors
    /// Where it cannot be, or is nested deeper than 128 levels.
    pub fn from_serialize<T: Serialize + ?Sized>(value: &T) -> Result<Self, ValueError> {
        // By way of text: reading it is faster than converting a document.
        let text = serde_json::to_string(value).map_err(ValueError::Serialize)?;
        Self::from_json_str(&text)
    }

    /// `null`.
    #[must_use]
    pub fn null() -> Self {
        Self(native::Value::Null)
    }

    /// An object of these members; of two with one name the later stays.
    #[must_use]
    pub fn object<'a>(members: impl IntoIterator<Item = (&'a str, Self)>) -> Self {
        Self(native::Value::object(
            members.into_iter().map(|(name, value)| (native::Value::text(name), value.0)),
        ))
    }

    /// An array of these elements.
    #[must_use]
    pub fn array(elements: impl IntoIterator<Item = Self>) -> Self {
        Self(native::Value::array(elements.into_iter().map(|value| value.0)))
    }

    /// What kind of value it is.
    #[must_use]
    pub fn kind(&self) -> ValueKind {
        match &self.0 {
            native::Value::Null => ValueKind::Null,
            native::Value::Bool(_) => ValueKind::Boolean,
            native::Value::Number(_) => ValueKind::Number,
            native::Value::String(_) => ValueKind::String,
            native::Value::Array(_) => ValueKind::Array,
            native::Value::Set(_) => ValueKind::Set,
            native::Value::Object(_) => ValueKind::Object,
        }
    }

    /// The value of a member of an object.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Self> {
        self.0.as_object()?.get_str(&bytes::taken(name)).cloned().map(Self)
    }

    /// The boolean, where it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        self.0.as_bool()
    }

    /// The string, where it is one. Bytes in it that are no UTF-8 are U+FFFD.
    #[must_use]
    pub fn as_str(&self) -> Option<Cow<'_, str>> {
        self.0.as_str().map(bytes::shown)
    }

    /// The bytes of the string, where it is one: builtins can make strings that are no UTF-8.
    #[must_use]
    pub fn string_bytes(&self) -> Option<Cow<'_, [u8]>> {
        self.0.as_str().map(bytes::bytes_of)
    }

    /// The elements of an array in their order, or of a set in the order of values.
    #[must_use]
    pub fn elements(&self) -> Option<Vec<Self>> {
        let elements = match &self.0 {
            native::Value::Array(elements) => elements.as_slice(),
            native::Value::Set(elements) => elements.as_slice(),
            _ => return None,
        };
        Some(elements.iter().cloned().map(Self).collect())
    }

    /// The members of an object, sorted by name. Names need not be strings in Rego.
    #[must_use]
    pub fn entries(&self) -> Option<Vec<(Self, Self)>> {
        let members = self.0.as_object()?.iter();
        Some(members.map(|(name, value)| (Self(name.clone()), Self(value.clone()))).collect())
    }

    /// About how many bytes of memory it takes, with everything in it. Looks at each element.
    #[must_use]
    pub fn heap_size(&self) -> usize {
        self.0.deep_heap_size()
    }

    /// As a JSON document: a set becomes a sorted array, a name that is no string its JSON text.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        to_json(&self.0)
    }

    /// As JSON text, members sorted by name. Equal values have equal text.
    #[must_use]
    pub fn to_json_string(&self) -> String {
        self.0.to_json_style(native::JsonStyle::PLAIN)
    }

    /// Writes what [`Self::to_json_string`] gives, piece by piece.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_json(&self, out: &mut impl fmt::Write) -> fmt::Result {
        self.0.write_json(out, native::JsonStyle::PLAIN)
    }

    /// As Rego text, as OPA prints values: `{"a": 1}`, `{1, 2}`, `set()`.
    #[must_use]
    pub fn to_rego_string(&self) -> String {
        self.0.to_string()
    }

    /// The number as it is written, with all its digits, where it is one.
    #[must_use]
    pub fn number_text(&self) -> Option<String> {
        if let native::Value::Number(number) = &self.0 { Some(number.to_string()) } else { None }
    }

    /// This value with `over` laid over it: objects are merged member by member, anything else of
    /// `over` takes the place of what was there.
    #[must_use]
    pub fn merged_with(&self, over: &Self) -> Self {
        Self(merge(&self.0, &over.0, 0))
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
        Written(&self.0).serialize(serializer)
    }
}

/// A value as it is written: numbers keep their text, which no type of serde's holds.
struct Written<'a>(&'a native::Value);

impl Serialize for Written<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            native::Value::Null => serializer.serialize_unit(),
            native::Value::Bool(value) => serializer.serialize_bool(*value),
            native::Value::Number(native::Number::Int(value)) => serializer.serialize_i64(*value),
            native::Value::Number(number) => RawValue::from_string(number.to_string())
                .map_err(serde::ser::Error::custom)?
                .serialize(serializer),
            native::Value::String(text) => serializer.serialize_str(&bytes::shown(text)),
            native::Value::Array(elements) => serializer.collect_seq(elements.iter().map(Written)),
            native::Value::Set(elements) => serializer.collect_seq(elements.iter().map(Written)),
            native::Value::Object(members) => {
                let members = members.iter();
                let members = members.map(|(name, value)| (member_name(name), Written(value)));
                serializer.collect_map(members)
            }
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self(value.into())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self(native::Value::text(value))
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self(value.into())
    }
}

/// Reads capabilities in OPA's JSON form.
///
/// # Errors
/// What is wrong with the document.
pub fn capabilities_from(document: &Value) -> Result<Capabilities, DocumentError> {
    Capabilities::from_json(&document.0)
}

/// Capabilities in OPA's JSON form.
#[must_use]
pub fn capabilities_document(capabilities: &Capabilities) -> Value {
    Value(capabilities.to_json())
}

fn from_json(value: serde_json::Value) -> native::Value {
    match value {
        serde_json::Value::Null => native::Value::Null,
        serde_json::Value::Bool(value) => value.into(),
        // Every number of JSON is one of Rego.
        serde_json::Value::Number(number) => native::Number::parse(&number.to_string())
            .map_or(native::Value::Null, native::Value::Number),
        serde_json::Value::String(text) => native::Value::text(&text),
        serde_json::Value::Array(elements) => {
            native::Value::array(elements.into_iter().map(from_json))
        }
        serde_json::Value::Object(members) => native::Value::object(
            members.into_iter().map(|(name, value)| (native::Value::text(&name), from_json(value))),
        ),
    }
}

fn to_json(value: &native::Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match value {
        native::Value::Null => Json::Null,
        native::Value::Bool(value) => Json::Bool(*value),
        native::Value::Number(number) => json_number(number),
        native::Value::String(text) => Json::String(bytes::shown(text).into_owned()),
        native::Value::Array(elements) => elements.iter().map(to_json).collect(),
        native::Value::Set(elements) => elements.iter().map(to_json).collect(),
        native::Value::Object(members) => {
            let members = members.iter();
            let members = members.map(|(name, value)| (member_name(name), to_json(value)));
            Json::Object(members.collect::<Map<_, _>>())
        }
    }
}

/// A number that serde_json cannot hold as an integer stays as close as it can be held.
fn json_number(number: &native::Number) -> serde_json::Value {
    let text = number.to_string();
    serde_json::from_str::<Number>(&text).map_or_else(|_| text.into(), serde_json::Value::Number)
}

fn member_name(name: &native::Value) -> String {
    match name {
        native::Value::String(text) => bytes::shown(text).into_owned(),
        other => other.to_json_style(native::JsonStyle::PLAIN),
    }
}

fn merge(under: &native::Value, over: &native::Value, depth: usize) -> native::Value {
    match (under, over) {
        (native::Value::Object(a), native::Value::Object(b)) if depth < MAX_DEPTH => {
            let merged = b.iter().map(|(name, value)| {
                let old = a.get(name);
                (
                    name.clone(),
                    old.map_or_else(|| value.clone(), |old| merge(old, value, depth + 1)),
                )
            });
            // Of two members under one name the later stays.
            native::Value::object(a.iter().cloned().chain(merged))
        }
        _ => over.clone(),
    }
}

/// Writes a value as a term. Values are no deeper than [`MAX_DEPTH`] where this is asked for.
fn write_term(value: &native::Value, out: &mut String) {
    let list = |elements: &[native::Value], out: &mut String| {
        for (at, element) in elements.iter().enumerate() {
            out.push_str(if at == 0 { "" } else { "," });
            write_term(element, out);
        }
    };
    let kind = Value(value.clone()).kind().as_str();
    out.push_str(&format!("{{\"type\":\"{kind}\""));
    match value {
        // OPA's null is a structure without members.
        native::Value::Null => out.push_str(",\"value\":{}"),
        native::Value::Array(elements) => {
            out.push_str(",\"value\":[");
            list(elements.as_slice(), out);
            out.push(']');
        }
        native::Value::Set(elements) => {
            out.push_str(",\"value\":[");
            list(elements.as_slice(), out);
            out.push(']');
        }
        native::Value::Object(members) => {
            out.push_str(",\"value\":[");
            for (at, (key, member)) in members.iter().enumerate() {
                out.push_str(if at == 0 { "[" } else { ",[" });
                write_term(key, out);
                out.push(',');
                write_term(member, out);
                out.push(']');
            }
            out.push(']');
        }
        other => {
            out.push_str(",\"value\":");
            // Writing to a string does not fail.
            let _ = other.write_json(out, native::JsonStyle::GO);
        }
    }
    out.push('}');
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

/// Whether a value is nested deeper than `limit`.
pub(crate) fn depth_exceeds(value: &native::Value, limit: usize) -> bool {
    usize::try_from(value.depth()).map_or(true, |depth| depth > limit)
}
