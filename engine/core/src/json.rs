//! Canonical JSON: one byte string for one value, so that digests of documents mean something.
//!
//! Keys sorted by code point, no white space, `serde_json`'s number and string forms. The
//! documents hashed here hold no floating point numbers, so this agrees with RFC 8785 but for
//! its order of keys outside the basic plane.

use serde_json::Value;
use std::fmt::Write as _;

/// Writes a value in canonical form.
#[must_use]
pub fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by_key(|(key, _)| *key);
            out.push('{');
            for (position, (key, member)) in sorted.into_iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                write_scalar(&Value::from(key.as_str()), out);
                out.push(':');
                write(member, out);
            }
            out.push('}');
        }
        scalar => write_scalar(scalar, out),
    }
}

fn write_scalar(value: &Value, out: &mut String) {
    // Writing to a String cannot fail.
    let _infallible = write!(out, "{value}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn equal_values_have_equal_bytes_whatever_their_order() {
        let a = canonical(&json!({"b": [1, {"y": null, "x": "ä\n"}], "a": true}));
        let b = canonical(&json!({"a": true, "b": [1, {"x": "ä\n", "y": null}]}));
        assert_eq!(a, b);
        assert_eq!(a, "{\"a\":true,\"b\":[1,{\"x\":\"ä\\n\",\"y\":null}]}");
    }
}
