//! Operands of builtins, by type; positions count from 1, as OPA's errors do.
//!
//! The errors follow OPA's `topdown/builtins/builtins.go`: every one of them is a type error.

use crate::error::{BuiltinError, Result};
use referee_rego_value::{Array, Number, Object, Set, Str, Value};

/// Any operand.
///
/// # Errors
/// Where there is none: the compiler checks the number of operands, so this is its fault.
#[inline]
pub fn value(operands: &[Value], position: usize) -> Result<&Value> {
    position
        .checked_sub(1)
        .and_then(|index| operands.get(index))
        .ok_or_else(|| BuiltinError::new(format!("operand {position} is missing")))
}

macro_rules! typed {
    ($(#[$doc:meta] $name:ident, $variant:ident, $type:ty, $word:literal;)*) => {$(
        #[$doc]
        ///
        /// # Errors
        /// Where it is something else.
        #[inline]
        pub fn $name(operands: &[Value], position: usize) -> Result<&$type> {
            match value(operands, position)? {
                Value::$variant(found) => Ok(found),
                other => Err(BuiltinError::operand(position, $word, other.type_name())),
            }
        }
    )*};
}

typed! {
    /// A string.
    string, String, Str, "string";
    /// A number.
    number, Number, Number, "number";
    /// A boolean.
    boolean, Bool, bool, "boolean";
    /// An array.
    array, Array, Array, "array";
    /// An object.
    object, Object, Object, "object";
    /// A set.
    set, Set, Set, "set";
}

/// A number with a whole value in the range of `i64`.
///
/// # Errors
/// Where it is something else, in OPA's words.
#[inline]
pub fn integer(operands: &[Value], position: usize) -> Result<i64> {
    let found = number(operands, position)?;
    found.as_i64().ok_or_else(|| not_whole(position))
}

/// `operand 2 must be integer number but got floating-point number`: a number that is not whole.
#[must_use]
pub fn not_whole(position: usize) -> BuiltinError {
    BuiltinError::operand(position, "integer number", "floating-point number")
}

/// `operand 1 must be one of {set, array} but got string`; with one type `must be set`.
#[must_use]
pub fn one_of(position: usize, got: &Value, expected: &[&str]) -> BuiltinError {
    match expected {
        [only] => BuiltinError::operand(position, only, got.type_name()),
        several => {
            let wanted = format!("one of {{{}}}", several.join(", "));
            BuiltinError::operand(position, &wanted, got.type_name())
        }
    }
}

/// `operand 1 must be array of strings but got array containing number`; with several types
/// `must be array of (any of) {string, number}`.
#[must_use]
pub fn element(position: usize, composite: &Value, got: &Value, expected: &[&str]) -> BuiltinError {
    let outer = composite.type_name();
    let wanted = match expected {
        [only] => format!("{outer} of {only}s"),
        several => format!("{outer} of (any of) {{{}}}", several.join(", ")),
    };
    BuiltinError::operand(position, &wanted, &format!("{outer} containing {}", got.type_name()))
}

/// `operand 2 must be one of {2, 8, 10, 16}`: a value that is none of these.
#[must_use]
pub fn enumeration(position: usize, expected: &[&str]) -> BuiltinError {
    let wanted = match expected {
        [only] => (*only).to_owned(),
        several => format!("one of {{{}}}", several.join(", ")),
    };
    BuiltinError::type_error(format!("operand {position} must be {wanted}"))
}

/// `operand 2 <words>`: whatever else is wrong with an operand.
#[must_use]
pub fn refused(position: usize, words: &str) -> BuiltinError {
    BuiltinError::type_error(format!("operand {position} {words}"))
}

/// The strings of an array or a set.
///
/// # Errors
/// Where it is neither, or holds something else than strings.
pub fn strings(operands: &[Value], position: usize) -> Result<Vec<&Str>> {
    let composite = value(operands, position)?;
    let elements =
        elements(composite).ok_or_else(|| one_of(position, composite, &["array", "set"]))?;
    elements
        .iter()
        .map(|found| match found {
            Value::String(text) => Ok(text),
            other => Err(element(position, composite, other, &["string"])),
        })
        .collect()
}

/// The elements of an array or a set; `None` where it is neither.
#[must_use]
pub fn elements(composite: &Value) -> Option<&[Value]> {
    match composite {
        Value::Array(array) => Some(array.as_slice()),
        Value::Set(set) => Some(set.as_slice()),
        _ => None,
    }
}
