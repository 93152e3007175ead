//! Values of the front into the interpreter's and back.

use crate::error::{RegoCode, RegoError};
use referee_rego_value::bytes;
use referee_rego_value::{Number, Value as Native};
use regorus::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A value for the interpreter.
///
/// # Errors
/// Where a number is larger than the interpreter can hold.
pub(super) fn to_regorus(value: &Native) -> Result<Value, RegoError> {
    Ok(match value {
        Native::Null => Value::Null,
        Native::Bool(value) => Value::Bool(*value),
        Native::Number(number) => to_number(number)?,
        Native::String(text) => Value::from(bytes::shown(text).as_ref()),
        Native::Array(elements) => {
            Value::from(elements.iter().map(to_regorus).collect::<Result<Vec<_>, _>>()?)
        }
        Native::Set(elements) => {
            Value::from(elements.iter().map(to_regorus).collect::<Result<BTreeSet<_>, _>>()?)
        }
        Native::Object(members) => {
            let members = members.iter();
            let members = members.map(|(name, value)| Ok((to_regorus(name)?, to_regorus(value)?)));
            Value::from(members.collect::<Result<BTreeMap<_, _>, RegoError>>()?)
        }
    })
}

/// Integers stay whole, others become the nearest floating-point numbers.
fn to_number(number: &Number) -> Result<Value, RegoError> {
    if let Some(integer) = number.as_i64() {
        return Ok(Value::from(integer));
    }
    if !number.as_f64().is_finite() {
        let message = format!("the engine regorus cannot hold the number {number:.40}");
        return Err(RegoError::new(RegoCode::EvalType, message));
    }
    // Its own reader knows integers of more digits than 64 bits hold.
    let read = Value::from_json_str(&number.to_string());
    Ok(read.unwrap_or_else(|_| Value::from(number.as_f64())))
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
        Value::String(text) => Native::text(text.as_ref()),
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
