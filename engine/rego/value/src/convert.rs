//! From and to `serde_json::Value`.
//!
//! Numbers go through their text. Towards `serde_json`, which has no numbers beyond `i64`, `u64` and
//! `f64` here, others lose precision; one beyond the range of `f64` becomes `null`.

use crate::node::SHALLOW;
use crate::{JsonStyle, Number, Object, Value, bytes};
use serde_json::Value as Json;
use std::fmt;

/// A value is nested too deep to be converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooDeep;

impl fmt::Display for TooDeep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nested deeper than {SHALLOW} levels")
    }
}

impl std::error::Error for TooDeep {}

fn from_json(json: &Json, levels: u32) -> Result<Value, TooDeep> {
    let levels = || levels.checked_sub(1).ok_or(TooDeep);
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(value), _, _) => Value::from(value),
            (_, Some(value), _) => Value::Number(Number::from(value)),
            _ => Number::parse(&number.to_string()).map_or(Value::Null, Value::Number),
        },
        Json::String(text) => Value::text(text),
        Json::Array(elements) => {
            let levels = levels()?;
            let elements: Result<Vec<_>, _> =
                elements.iter().map(|element| from_json(element, levels)).collect();
            Value::Array(elements?.into())
        }
        Json::Object(members) => {
            let levels = levels()?;
            let members: Result<Vec<_>, TooDeep> = members
                .iter()
                .map(|(key, value)| Ok((Value::text(key), from_json(value, levels)?)))
                .collect();
            Value::Object(Object::from_sorted(members?))
        }
    })
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(truth) => Json::Bool(*truth),
        Value::Number(number) => match (number, number.as_u64()) {
            (Number::Int(value), _) => Json::from(*value),
            (_, Some(value)) => Json::from(value),
            _ => number.to_string().parse().map_or(Json::Null, Json::Number),
        },
        Value::String(text) => Json::from(bytes::shown(text)),
        Value::Array(array) => array.iter().map(to_json).collect(),
        Value::Set(set) => set.iter().map(to_json).collect(),
        Value::Object(object) => {
            let member = |(key, value): &(Value, Value)| {
                let key = match key {
                    Value::String(text) => bytes::shown(text).into_owned(),
                    _ => key.to_json_style(JsonStyle::GO),
                };
                (key, to_json(value))
            };
            Json::Object(object.iter().map(member).collect())
        }
    }
}

impl TryFrom<&Json> for Value {
    type Error = TooDeep;

    /// Not deeper than `serde_json` itself reads.
    fn try_from(json: &Json) -> Result<Self, TooDeep> {
        from_json(json, SHALLOW)
    }
}

impl TryFrom<&Value> for Json {
    type Error = TooDeep;

    /// Sets are arrays, keys that are no strings their JSON text.
    fn try_from(value: &Value) -> Result<Self, TooDeep> {
        if value.depth() > SHALLOW { Err(TooDeep) } else { Ok(to_json(value)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::JsonLimits;

    #[test]
    fn documents_go_to_serde_json_and_back() {
        let text = r#"{"a":[1,-1.5,18446744073709551615,null,true,"x"],"b":{}}"#;
        let value = Value::from_json(text, &JsonLimits::DEFAULT).unwrap();
        let json = Json::try_from(&value).unwrap();
        assert_eq!(json, serde_json::from_str::<Json>(text).unwrap());
        assert_eq!(Value::try_from(&json), Ok(value));
    }

    #[test]
    fn what_serde_json_has_no_number_for_loses_precision_or_is_null() {
        let json = |text: &str| Json::try_from(&Value::Number(Number::parse(text).unwrap()));
        assert_eq!(json("100000000000000000000"), Ok(Json::from(1e20)));
        assert_eq!(json("1e400"), Ok(Json::Null));
    }

    #[test]
    fn what_is_nested_too_deep_is_refused() {
        let deep = (0..129).fold(Value::Null, |inner, _| Value::array([inner]));
        assert_eq!(Json::try_from(&deep), Err(TooDeep));
        let json = (0..129).fold(Json::Null, |inner, _| Json::Array(vec![inner]));
        assert_eq!(Value::try_from(&json), Err(TooDeep));
    }
}
