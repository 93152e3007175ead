//! `serde::Serialize` for values, as JSON has them: sets as sequences, keys that are no strings as
//! their JSON text. Integers of 64 bits are integers, other numbers floating-point numbers (use
//! [`Value::to_json`] to keep their text).

use crate::node::SHALLOW;
use crate::{JsonStyle, Number, Value, bytes};
use serde::ser::{Error, Serialize, SerializeMap, Serializer};

impl Serialize for Value {
    /// Fails for values nested deeper than 128 levels: serializers call themselves.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.depth() > SHALLOW {
            return Err(S::Error::custom("nested too deep"));
        }
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(truth) => serializer.serialize_bool(*truth),
            Self::Number(Number::Int(value)) => serializer.serialize_i64(*value),
            Self::Number(number) => match u64::try_from(number.to_bigint().unwrap_or_default()) {
                Ok(value) if value > 0 && number.is_integer() => serializer.serialize_u64(value),
                _ => serializer.serialize_f64(number.as_f64()),
            },
            Self::String(text) => serializer.serialize_str(&bytes::shown(text)),
            Self::Array(array) => serializer.collect_seq(array),
            Self::Set(set) => serializer.collect_seq(set),
            Self::Object(object) => {
                let mut map = serializer.serialize_map(Some(object.len()))?;
                for (key, value) in object {
                    match key {
                        Self::String(text) => map.serialize_entry(&bytes::shown(text), value)?,
                        _ => map.serialize_entry(&key.to_json_style(JsonStyle::GO), value)?,
                    }
                }
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{JsonLimits, Value};

    #[test]
    fn values_are_serialized_as_their_json() {
        let text = r#"{"1":[1,-1.5,18446744073709551615],"[2]":[3],"a":{"b":[null,true]}}"#;
        let one = Value::from_json("[1,-1.5,18446744073709551615]", &JsonLimits::DEFAULT).unwrap();
        let a = Value::from_json(r#"{"b":[null,true]}"#, &JsonLimits::DEFAULT).unwrap();
        let value = Value::object([
            (Value::from(1), one),
            (Value::array([Value::from(2)]), Value::set([Value::from(3)])),
            (Value::from("a"), a),
        ]);
        let written: Value =
            Value::from_json(serde_json::to_vec(&value).unwrap(), &JsonLimits::DEFAULT).unwrap();
        assert_eq!(written, Value::from_json(text, &JsonLimits::DEFAULT).unwrap());
        let deep = (0..129).fold(Value::Null, |inner, _| Value::array([inner]));
        assert_eq!(serde_json::to_vec(&deep).unwrap_err().to_string(), "nested too deep");
    }
}
