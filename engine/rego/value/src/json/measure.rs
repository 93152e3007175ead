//! How long the JSON text of a value is, without writing it.

use crate::walk::{Event, Walk};
use crate::{Number, Value};

/// So much work is reported at once.
const PORTION: u32 = 256;

fn digits(value: i64) -> u64 {
    let sign = u64::from(value < 0);
    value.unsigned_abs().checked_ilog10().map_or(0, u64::from) + sign + 1
}

/// The bytes of a scalar, or of a collection without elements.
fn scalar(value: &Value) -> u64 {
    let length = |text: &str| u64::try_from(text.len()).unwrap_or(u64::MAX);
    match value {
        Value::Null => 4,
        Value::Bool(truth) => 5 - u64::from(*truth),
        Value::Number(Number::Int(value)) => digits(*value),
        Value::Number(Number::Text(text)) => length(text.as_str()),
        Value::String(text) => length(text).saturating_add(2),
        Value::Array(_) | Value::Object(_) | Value::Set(_) => 2,
    }
}

impl Value {
    /// How many bytes its JSON text has on one line, apart from escapes; `None` where it is more
    /// than `limit`. What is shared counts as often as it occurs, so the effort is up to `limit`:
    /// `spend` is told of it on the way, and can put an end to it.
    ///
    /// # Errors
    /// Those of `spend`.
    pub fn json_size_within<E>(
        &self,
        limit: u64,
        spend: &mut dyn FnMut(u32) -> Result<(), E>,
    ) -> Result<Option<u64>, E> {
        let (mut size, mut untold) = (0_u64, 1_u32);
        let mut walk = Walk::of(self);
        while let Some(event) = walk.next() {
            size = size.saturating_add(match event {
                Event::Scalar(value) => scalar(value),
                Event::Open(_) | Event::Comma | Event::Colon | Event::Close(_) => 1,
            });
            if size > limit {
                return Ok(None);
            }
            untold += 1;
            if untold >= PORTION {
                spend(untold / 4)?;
                untold = 0;
            }
        }
        spend(untold / 4)?;
        Ok(Some(size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{JsonLimits, JsonStyle};

    fn size(value: &Value, limit: u64) -> Option<u64> {
        value.json_size_within::<()>(limit, &mut |_| Ok(())).unwrap_or_default()
    }

    #[test]
    fn the_size_is_that_of_the_text() {
        for text in [
            "null",
            "true",
            "false",
            "0",
            "-10",
            "-9223372036854775808",
            "1.50",
            "\"abc\"",
            "[]",
            "{}",
            r#"[1,[2,{"a":"b","c":[]}],{"d":1e5}]"#,
        ] {
            let value = Value::from_json(text, &JsonLimits::DEFAULT).unwrap_or_default();
            let length = u64::try_from(value.to_json_style(JsonStyle::PLAIN).len()).unwrap_or(0);
            assert_eq!(size(&value, u64::MAX), Some(length), "{text}");
            assert_eq!(size(&value, length), Some(length), "{text}");
            assert_eq!(size(&value, length - 1), None, "{text}");
        }
    }

    #[test]
    fn a_text_without_end_is_larger_than_any_limit_and_can_be_given_up() {
        let value = (0..60).fold(Value::from("x"), |inner, _| Value::array([inner.clone(), inner]));
        assert_eq!(size(&value, 1_000_000), None);
        let mut left = 100_000_u32;
        let stopped = value.json_size_within(u64::MAX, &mut |units| {
            left = left.checked_sub(units).ok_or("stopped")?;
            Ok(())
        });
        assert_eq!(stopped, Err("stopped"));
    }
}
