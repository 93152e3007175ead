//! Values as the JSON text by which `const`, `enum` and `uniqueItems` compare them: with sorted
//! keys, and numbers rounded to 64 bits of floating point, as Go's `encoding/json` writes them.

use referee_rego_value::{FloatFormat, JsonStyle, Number, Value, format_f64};
use std::fmt::Write;
use thiserror::Error;

/// A number that has no such text.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("json: cannot unmarshal number {0} into Go value of type float64")]
pub(super) struct OutOfRange(Number);

/// What is left to write.
enum Left<'a> {
    Elements(std::slice::Iter<'a, Value>, bool),
    Members(std::slice::Iter<'a, (Value, Value)>, bool),
}

/// Writes a value.
///
/// # Errors
/// Where a number in it is beyond the range of floating-point numbers.
pub(super) fn canonical(value: &Value) -> Result<String, OutOfRange> {
    let mut out = String::new();
    let mut left = Vec::new();
    open(value, &mut out, &mut left)?;
    while let Some(top) = left.last_mut() {
        let next = match top {
            Left::Elements(elements, later) => match elements.next() {
                Some(element) => {
                    if std::mem::replace(later, true) {
                        out.push(',');
                    }
                    Some(element)
                }
                None => {
                    out.push(']');
                    None
                }
            },
            Left::Members(members, later) => match members.next() {
                Some((key, value)) => {
                    if std::mem::replace(later, true) {
                        out.push(',');
                    }
                    plain(key, &mut out);
                    out.push(':');
                    Some(value)
                }
                None => {
                    out.push('}');
                    None
                }
            },
        };
        match next {
            Some(value) => open(value, &mut out, &mut left)?,
            None => drop(left.pop()),
        }
    }
    Ok(out)
}

fn open<'a>(
    value: &'a Value,
    out: &mut String,
    left: &mut Vec<Left<'a>>,
) -> Result<(), OutOfRange> {
    match value {
        Value::Array(elements) => {
            out.push('[');
            left.push(Left::Elements(elements.iter(), false));
        }
        Value::Object(members) => {
            out.push('{');
            left.push(Left::Members(members.iter(), false));
        }
        Value::Number(number) => self::number(number, out)?,
        other => plain(other, out),
    }
    Ok(())
}

/// Anything without a number in it.
fn plain(value: &Value, out: &mut String) {
    // Writing into a string does not fail.
    let _ = value.write_json(out, JsonStyle::GO);
}

fn number(number: &Number, out: &mut String) -> Result<(), OutOfRange> {
    if let Number::Int(value) = number
        && value.unsigned_abs() < 1 << 53
    {
        let _ = write!(out, "{value}");
        return Ok(());
    }
    let value = number.as_f64();
    if !value.is_finite() {
        return Err(OutOfRange(number.clone()));
    }
    let size = value.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        // Go writes e-9 here and e-09 elsewhere.
        let text = format_f64(value, FloatFormat::E, None);
        match text.split_once("e-0") {
            Some((mantissa, digit)) => {
                let _ = write!(out, "{mantissa}e-{digit}");
            }
            None => out.push_str(&text),
        }
    } else {
        out.push_str(&format_f64(value, FloatFormat::F, None));
    }
    Ok(())
}
