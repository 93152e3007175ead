//! The values of Rego: JSON and sets, immutable, shared, ordered.
//!
//! A [`Value`] is 24 bytes and cheap to clone: strings of up to 23 bytes stand in it, everything
//! larger is shared. Values are compared as OPA compares them (`v1/ast/compare.go`): null < false
//! < true < numbers < strings < arrays < objects < sets; numbers by value, so `1` equals `1.0`.
//! Objects and sets are kept in that order.
//!
//! A string is text in which [`bytes`] that are no UTF-8 have stand-ins. What is made of parts of
//! such strings is such a string; text from outside becomes one by [`Value::text`].

mod algebra;
mod array;
pub mod bytes;
#[cfg(feature = "serde_json")]
mod convert;
mod gather;
mod heavy;
mod index;
mod json;
pub mod later;
mod lookup;
mod node;
mod number;
mod object;
mod order;
#[cfg(feature = "serde")]
mod serialize;
mod set;
mod shape;
mod size;
mod sort;
mod text;
mod unicode;
mod walk;

pub use array::{Array, ArrayBuilder};
#[cfg(feature = "serde_json")]
pub use convert::TooDeep;
pub use json::{JsonError, JsonLimits, JsonStyle};
pub use number::{BigFloat, FloatFormat, MAX_DIGITS, Number, NumberError, NumberText, format_f64};
pub use object::{Conflict, Object, ObjectBuilder};
pub use set::{Set, SetBuilder};
pub use smol_str::SmolStr as Str;
pub use text::write_quoted;
pub use unicode::is_printable;

/// A Rego value.
#[derive(Clone, Default)]
pub enum Value {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number of any precision.
    Number(Number),
    /// A string.
    String(Str),
    /// An array.
    Array(Array),
    /// An object: its keys may be any values.
    Object(Object),
    /// A set.
    Set(Set),
}

impl Value {
    /// The name of its type, as Rego's `type_name` says it.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
            Self::Set(_) => "set",
        }
    }

    /// The string, where it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The boolean, where it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self { Some(*value) } else { None }
    }

    /// The number, where it is one.
    #[must_use]
    pub fn as_number(&self) -> Option<&Number> {
        if let Self::Number(number) = self { Some(number) } else { None }
    }

    /// The integer, where it is a number with a whole value in the range of `i64`.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.as_number().and_then(Number::as_i64)
    }

    /// The array, where it is one.
    #[must_use]
    pub fn as_array(&self) -> Option<&Array> {
        if let Self::Array(array) = self { Some(array) } else { None }
    }

    /// The object, where it is one.
    #[must_use]
    pub fn as_object(&self) -> Option<&Object> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    /// The set, where it is one.
    #[must_use]
    pub fn as_set(&self) -> Option<&Set> {
        if let Self::Set(set) = self { Some(set) } else { None }
    }

    /// What stands under a key: an element of an array by its index, a member of an object, an
    /// element of a set by itself. `None` where nothing does.
    #[must_use]
    pub fn get(&self, key: &Self) -> Option<&Self> {
        match self {
            Self::Array(array) => array.get_by(key),
            Self::Object(object) => object.get(key),
            Self::Set(set) => set.get(key),
            _ => None,
        }
    }

    /// An array of these elements.
    #[must_use]
    pub fn array(elements: impl IntoIterator<Item = Self>) -> Self {
        Self::Array(elements.into_iter().collect())
    }

    /// A set of these elements.
    #[must_use]
    pub fn set(elements: impl IntoIterator<Item = Self>) -> Self {
        Self::Set(elements.into_iter().collect())
    }

    /// An object of these members; of two under one key the later stays.
    #[must_use]
    pub fn object<K: Into<Self>>(members: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::Object(members.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }
}

impl Value {
    /// The string for a text from outside, as [`bytes::taken`] has it. `From` takes a text that is
    /// one of ours already.
    #[inline]
    #[must_use]
    pub fn text(outside: &str) -> Self {
        Self::String(Str::new(bytes::taken(outside)))
    }

    /// The string of bytes.
    #[must_use]
    pub fn of_bytes(bytes: Vec<u8>) -> Self {
        Self::from(bytes::text_of(bytes))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Number(Number::from(value))
    }
}

impl From<Number> for Value {
    fn from(value: Number) -> Self {
        Self::Number(value)
    }
}

/// The string as it is held: see [`Value::text`] for text from outside.
impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(Str::new(value))
    }
}

/// The string as it is held: see [`Value::text`] for text from outside.
impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::String(Str::from(value))
    }
}

impl From<Str> for Value {
    fn from(value: Str) -> Self {
        Self::String(value)
    }
}

impl From<Array> for Value {
    fn from(value: Array) -> Self {
        Self::Array(value)
    }
}

impl From<Object> for Value {
    fn from(value: Object) -> Self {
        Self::Object(value)
    }
}

impl From<Set> for Value {
    fn from(value: Set) -> Self {
        Self::Set(value)
    }
}
