//! Canonical JSON: one byte string for one value, so that digests of documents mean something.
//!
//! Keys sorted by code point, no white space, `serde_json`'s number and string forms. The
//! documents hashed here hold no floating point numbers, so this agrees with RFC 8785 but for
//! its order of keys outside the basic plane.

use serde::Serialize;
use serde_json::Value;
use std::fmt::Write as _;
use std::io;

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

/// How many bytes something takes as JSON, without writing it anywhere; `u64::MAX` for what cannot be
/// written.
#[must_use]
pub fn length<T: Serialize + ?Sized>(item: &T) -> u64 {
    length_within(item, u64::MAX)
}

/// The same of what may be very long: `u64::MAX` for what takes more than `most` bytes, which is not
/// counted to its end.
#[must_use]
pub fn length_within<T: Serialize + ?Sized>(item: &T, most: u64) -> u64 {
    struct Counter {
        bytes: u64,
        most: u64,
    }

    impl io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let more = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            self.bytes = self.bytes.saturating_add(more);
            if self.bytes > self.most {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut counter = Counter { bytes: 0, most };
    serde_json::to_writer(&mut counter, item).map_or(u64::MAX, |()| counter.bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_length_is_that_of_the_text() {
        let value = json!({"a": [1, "ä\n"], "b": null});
        let bytes = u64::try_from(value.to_string().len()).unwrap();
        assert_eq!(length(&value), bytes);
        assert_eq!(length_within(&value, bytes), bytes);
        assert_eq!(length_within(&value, bytes - 1), u64::MAX);
    }

    #[test]
    fn equal_values_have_equal_bytes_whatever_their_order() {
        let a = canonical(&json!({"b": [1, {"y": null, "x": "ä\n"}], "a": true}));
        let b = canonical(&json!({"a": true, "b": [1, {"x": "ä\n", "y": null}]}));
        assert_eq!(a, b);
        assert_eq!(a, "{\"a\":true,\"b\":[1,{\"x\":\"ä\\n\",\"y\":null}]}");
    }
}
