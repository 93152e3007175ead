//! Numbers: integers of 64 bits stand in the value, everything else keeps its text as it was read.
//!
//! OPA keeps the JSON text of every number (`1.0` stays `1.0`, `1e2` stays `1e2`), compares numbers
//! by their exact value and computes with integers of any size or with binary floating-point
//! numbers of 64 bits. So does this module. What it refuses: numbers whose digits would not fit in
//! [`MAX_DIGITS`], where OPA goes on for minutes or dies.

mod arith;
mod decimal;
mod digits;
mod float;
mod float_parse;
mod format;
mod text;

pub use float::BigFloat;
pub use format::{FloatFormat, format_f64};

pub use text::NumberText;

use decimal::Decimal;
use std::fmt;

/// No number with more decimal digits is computed with. OPA has no such limit but time and memory;
/// an operation at this limit takes some milliseconds.
pub const MAX_DIGITS: usize = 10_000;

/// A number of any precision. Its text is kept as it was read (`1.0` stays `1.0`).
#[derive(Clone)]
pub enum Number {
    /// An integer whose text is its usual decimal writing.
    Int(i64),
    /// Any other number, as its JSON text.
    Text(NumberText),
}

/// What has no number for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NumberError {
    /// Division by zero.
    DivideByZero,
    /// The modulus of a number that is not whole.
    NotInteger,
    /// Too large or too precise to be computed with.
    TooLarge,
}

impl Number {
    /// OPA's `Int()`: the value of a text of at most 19 characters besides the sign that is an
    /// integer, with nothing but zeros behind the point. Of `2.0` it is 2; of `1e2` there is none.
    #[must_use]
    #[inline]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            Self::Text(text) => {
                let text = text.as_bytes();
                let length = text.strip_prefix(b"-").unwrap_or(text).len();
                if length > 19 || text.iter().any(|byte| matches!(byte, b'e' | b'E')) {
                    return None;
                }
                Decimal::of(text).as_i64()
            }
        }
    }

    /// The value where it is whole and in the range of `i64`, however it is written: of `1e2` it is
    /// 100.
    #[must_use]
    pub fn as_whole_i64(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            Self::Text(text) => Decimal::of(text.as_bytes()).as_i64(),
        }
    }

    /// As [`Self::as_i64`], where it is in the range of `u64`.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.as_i64().and_then(|value| u64::try_from(value).ok())
    }

    /// The nearest floating-point number; an infinite one beyond the range of `f64`, where OPA's
    /// `Float64()` has none.
    #[must_use]
    pub fn as_f64(&self) -> f64 {
        match self {
            Self::Int(value) => *value as f64,
            Self::Text(text) => text.as_str().parse().unwrap_or(f64::NAN),
        }
    }

    /// Whether its value is whole.
    #[must_use]
    pub fn is_integer(&self) -> bool {
        match self {
            Self::Int(_) => true,
            Self::Text(text) => Decimal::of(text.as_bytes()).is_integer(),
        }
    }

    /// Whether its value is below zero.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        match self {
            Self::Int(value) => *value < 0,
            Self::Text(text) => Decimal::of(text.as_bytes()).negative,
        }
    }

    /// Whether its value is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        match self {
            Self::Int(value) => *value == 0,
            Self::Text(text) => Decimal::of(text.as_bytes()).is_zero(),
        }
    }
}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DivideByZero => "divide by zero",
            Self::NotInteger => "modulo on floating-point number",
            Self::TooLarge => "number too large",
        })
    }
}

impl std::error::Error for NumberError {}
