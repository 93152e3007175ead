//! What a template computes with: JSON and Go's numbers, and how they are printed.

use crate::go::float;
use crate::go::fmt::Argument;
use referee_rego_value::Value;
use std::borrow::Cow;
use std::cmp::Ordering;

/// A value in a template.
#[derive(Clone, Debug)]
pub(super) enum Datum {
    /// Nothing: a member that is not there.
    Absent,
    /// Null in the data.
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    /// Whatever else is in the data: numbers, arrays and objects.
    Json(Value),
}

/// The kinds that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Basic {
    Bool,
    Int,
    Float,
    Text,
    Other,
}

impl Datum {
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::String(text) => Self::Text(text.to_string()),
            other => Self::Json(other.clone()),
        }
    }

    /// The name of its type in Go.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Absent | Self::Null => "<nil>",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float64",
            Self::Text(_) => "string",
            Self::Json(Value::Number(_)) => "json.Number",
            Self::Json(Value::Object(_)) => "map[string]interface {}",
            Self::Json(_) => "[]interface {}",
        }
    }

    pub(super) fn is_nil(&self) -> bool {
        matches!(self, Self::Absent | Self::Null)
    }

    /// The text of a string, or of a number of JSON, which is one in Go.
    pub(super) fn as_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Json(Value::Number(number)) => Some(Cow::Owned(number.to_string())),
            _ => None,
        }
    }

    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Absent | Self::Null => false,
            Self::Bool(value) => *value,
            Self::Int(value) => *value != 0,
            Self::Float(value) => *value != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Json(Value::Array(array)) => !array.is_empty(),
            Self::Json(Value::Object(object)) => !object.is_empty(),
            Self::Json(_) => true,
        }
    }

    pub(super) fn basic(&self) -> Basic {
        match self {
            Self::Bool(_) => Basic::Bool,
            Self::Int(_) => Basic::Int,
            Self::Float(_) => Basic::Float,
            Self::Text(_) | Self::Json(Value::Number(_)) => Basic::Text,
            _ => Basic::Other,
        }
    }

    /// The order of two values of one kind.
    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(b)),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(b),
            _ => Some(self.as_text()?.cmp(&other.as_text()?)),
        }
    }

    /// As Go prints it by itself.
    pub(super) fn printed(&self) -> String {
        match self {
            Self::Absent => "<no value>".to_owned(),
            Self::Null => "<nil>".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Float(value) => float::format(*value, 'g', None),
            Self::Text(text) => text.clone(),
            Self::Json(value) => {
                let mut out = String::new();
                print(value, &mut out);
                out
            }
        }
    }

    /// As an argument of a format.
    pub(super) fn argument(&self) -> Argument<'_> {
        match self {
            Self::Bool(value) => Argument::Bool(*value),
            Self::Int(value) => Argument::Int(*value),
            Self::Float(value) => Argument::Float(*value),
            Self::Text(text) => Argument::Text(Cow::Borrowed(text)),
            Self::Json(Value::Number(number)) => {
                Argument::Named("json.Number", Cow::Owned(number.to_string()))
            }
            // Given to a function, nothing is a nil like any other.
            Self::Absent => Self::Null.argument(),
            other => Argument::Other(other.type_name(), other.printed()),
        }
    }
}

/// As Go prints maps and slices. Data is at most as deep as JSON may be.
fn print(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("<nil>"),
        Value::String(text) => out.push_str(text),
        Value::Array(array) => {
            out.push('[');
            for (index, element) in array.iter().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                print(element, out);
            }
            out.push(']');
        }
        Value::Object(object) => {
            out.push_str("map[");
            for (index, (key, value)) in object.iter().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                print(key, out);
                out.push(':');
                print(value, out);
            }
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}
