//! JSON as conformance needs it: numbers keep the digits they were written with.
//!
//! What two engines answer is compared twice: by value (`1.0` is `1`, `1e2` is `100`, whatever the
//! precision), as OPA's case runner does, and letter by letter, since how a number is written is
//! part of what a client sees. A library that reads numbers into machine types can do neither.
//!
//! It refuses text nested deeper than [`MAX_DEPTH`].

mod number;
mod parse;

pub use number::Number;
pub use parse::JsonError;

use serde::de::{MapAccess, SeqAccess, Visitor};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

/// How deep a document may be nested.
pub const MAX_DEPTH: usize = 500;

/// A JSON document. Its order is that of OPA's `util.Compare`: null, booleans, numbers, strings,
/// arrays, objects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number; equal where the values are.
    Number(Number),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object.
    Object(BTreeMap<String, Json>),
}

impl Json {
    /// Reads a document.
    ///
    /// # Errors
    /// Where the text is not JSON, or nested deeper than [`MAX_DEPTH`].
    pub fn parse(text: &str) -> Result<Self, JsonError> {
        parse::document(text)
    }

    /// An object of these members.
    #[must_use]
    pub fn object<const N: usize>(members: [(&str, Self); N]) -> Self {
        Self::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// A string.
    #[must_use]
    pub fn string(text: impl Into<String>) -> Self {
        Self::String(text.into())
    }

    /// An integer.
    #[must_use]
    pub fn integer(value: i64) -> Self {
        Self::Number(Number::from(value))
    }

    /// The member of that name, where this is an object that has one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.as_object()?.get(name)
    }

    /// The members, where this is an object.
    #[must_use]
    pub fn as_object(&self) -> Option<&BTreeMap<String, Self>> {
        if let Self::Object(members) = self { Some(members) } else { None }
    }

    /// The elements, where this is an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        if let Self::Array(elements) = self { Some(elements) } else { None }
    }

    /// The text, where this is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The boolean, where this is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self { Some(*value) } else { None }
    }

    /// The integer, where this is one that fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        if let Self::Number(number) = self { number.as_str().parse().ok() } else { None }
    }

    /// Whether both are written alike: as `==`, and with the same digits in every number.
    #[must_use]
    pub fn is_written_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(one), Self::Number(two)) => one.as_str() == two.as_str(),
            (Self::Array(one), Self::Array(two)) => {
                one.len() == two.len() && one.iter().zip(two).all(|(a, b)| a.is_written_as(b))
            }
            (Self::Object(one), Self::Object(two)) => {
                one.len() == two.len()
                    && one
                        .iter()
                        .zip(two)
                        .all(|((name, a), (other, b))| name == other && a.is_written_as(b))
            }
            _ => self == other,
        }
    }
}

/// As compact JSON text; members are sorted by name.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(number) => f.write_str(number.as_str()),
            Self::String(text) => write_string(f, text),
            Self::Array(elements) => {
                f.write_str("[")?;
                for (position, element) in elements.iter().enumerate() {
                    if position > 0 {
                        f.write_str(",")?;
                    }
                    element.fmt(f)?;
                }
                f.write_str("]")
            }
            Self::Object(members) => {
                f.write_str("{")?;
                for (position, (name, member)) in members.iter().enumerate() {
                    if position > 0 {
                        f.write_str(",")?;
                    }
                    write_string(f, name)?;
                    f.write_str(":")?;
                    member.fmt(f)?;
                }
                f.write_str("}")
            }
        }
    }
}

fn write_string(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    // serde_json escapes strings as everyone does; a string cannot fail to serialise.
    f.write_str(&serde_json::to_string(text).map_err(|_| fmt::Error)?)
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::string(text)
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<usize> for Json {
    fn from(value: usize) -> Self {
        Self::Number(Number::from_digits(value.to_string()))
    }
}

impl FromIterator<Json> for Json {
    fn from_iter<I: IntoIterator<Item = Self>>(elements: I) -> Self {
        Self::Array(elements.into_iter().collect())
    }
}

/// For YAML. Names of members that are no strings become their text, as OPA's loader does it.
impl<'de> serde::Deserialize<'de> for Json {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a document")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_none<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(Number::from(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(Number::from_digits(value.to_string())))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Json, E> {
        Ok(Json::Number(Number::from_digits(value.to_string())))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Json, E> {
        Ok(Json::Number(Number::from_digits(value.to_string())))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Json, E> {
        if value.is_finite() {
            Ok(Json::Number(Number::from_digits(format!("{value:e}"))))
        } else {
            Err(E::custom("a number that JSON has not"))
        }
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::string(text))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element()? {
            elements.push(element);
        }
        Ok(Json::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members = BTreeMap::new();
        while let Some((name, member)) = map.next_entry::<Json, Json>()? {
            let name = match name {
                Json::String(text) => text,
                other => other.to_string(),
            };
            members.insert(name, member);
        }
        Ok(Json::Object(members))
    }
}

/// Sorts as OPA's case runner sorts the arrays of a result.
pub fn sort(elements: &mut [Json]) {
    elements.sort_by(Ord::cmp);
}

/// The order of two documents.
#[must_use]
pub fn compare(one: &Json, two: &Json) -> Ordering {
    one.cmp(two)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_written_as_it_was_read() {
        let text = r#"{"a":[1,2.50,-3e10,null,true,"x\"\\\n"],"b":{},"c":123456789012345678901}"#;
        assert_eq!(Json::parse(text).unwrap().to_string(), text);
    }

    #[test]
    fn numbers_are_equal_by_value_and_told_apart_by_digits() {
        let one = Json::parse("[1.0, 100]").unwrap();
        let two = Json::parse("[1, 1e2]").unwrap();
        assert_eq!(one, two);
        assert!(!one.is_written_as(&two));
        assert!(one.is_written_as(&one.clone()));
    }

    #[test]
    fn kinds_are_in_opas_order() {
        let sorted = Json::parse(r#"[null,false,true,-1,2,10,"a",[],[1],{}]"#).unwrap();
        let mut elements = sorted.as_array().unwrap().to_vec();
        elements.reverse();
        sort(&mut elements);
        assert_eq!(Json::Array(elements), sorted);
    }

    #[test]
    fn yaml_becomes_json_and_names_become_text() {
        let json: Json = yaml_serde::from_str("a: [1, 2.5, yes, true]\n1: x\n").unwrap();
        assert_eq!(json.to_string(), r#"{"1":"x","a":[1,2.5e0,"yes",true]}"#);
    }
}
