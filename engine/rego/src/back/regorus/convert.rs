//! Values of the front into the interpreter's and back.

use referee_rego_value::{Number, Value as Native};
use regorus::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A value for the interpreter. Numbers become what it can hold: integers stay whole, others are
/// the nearest floating-point numbers.
pub(super) fn to_regorus(value: &Native) -> Value {
    match value {
        Native::Null => Value::Null,
        Native::Bool(value) => Value::Bool(*value),
        Native::Number(number) => match number.as_i64() {
            Some(integer) => Value::from(integer),
            // Its own reader knows numbers of more digits than 64 bits hold.
            None => Value::from_json_str(&number.to_string())
                .unwrap_or_else(|_| Value::from(number.as_f64())),
        },
        Native::String(text) => Value::from(text.as_str()),
        Native::Array(elements) => Value::from(elements.iter().map(to_regorus).collect::<Vec<_>>()),
        Native::Set(elements) => {
            Value::from(elements.iter().map(to_regorus).collect::<BTreeSet<_>>())
        }
        Native::Object(members) => {
            let members = members.iter();
            let members = members.map(|(name, value)| (to_regorus(name), to_regorus(value)));
            Value::from(members.collect::<BTreeMap<_, _>>())
        }
    }
}

/// A value of the interpreter; `None` where it is undefined.
pub(super) fn from_regorus(value: &Value) -> Option<Native> {
    Some(match value {
        Value::Undefined => return None,
        Value::Null => Native::Null,
        Value::Bool(value) => Native::Bool(*value),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => Native::from(integer),
            None => Native::Number(Number::parse(&number.format_decimal())?),
        },
        Value::String(text) => Native::from(text.as_ref()),
        Value::Array(elements) => Native::array(elements.iter().filter_map(from_regorus)),
        Value::Set(elements) => Native::set(elements.iter().filter_map(from_regorus)),
        Value::Object(members) => Native::object(
            members
                .iter()
                .filter_map(|(name, value)| Some((from_regorus(name)?, from_regorus(value)?))),
        ),
    })
}

/// Whether a value is nested deeper than `limit`. Does not recurse deeper than that itself.
pub(super) fn depth_exceeds(value: &Value, limit: usize) -> bool {
    let Some(below) = limit.checked_sub(1) else {
        return matches!(value, Value::Array(_) | Value::Set(_) | Value::Object(_));
    };
    match value {
        Value::Array(elements) => elements.iter().any(|e| depth_exceeds(e, below)),
        Value::Set(elements) => elements.iter().any(|e| depth_exceeds(e, below)),
        Value::Object(members) => members
            .iter()
            .any(|(name, member)| depth_exceeds(name, below) || depth_exceeds(member, below)),
        _ => false,
    }
}
