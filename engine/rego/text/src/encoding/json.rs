//! `json.marshal`, `json.marshal_with_options`, `json.unmarshal`, `json.is_valid`.

use crate::give::{Given, give, text, units};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{BuiltinError, Context, Result, Table, operand};
use referee_rego_value::bytes::{bytes_of, has_bytes, joined, taken};
use referee_rego_value::{JsonLimits, JsonStyle, Object, Value};

pub(crate) const TABLE: Table = &[
    ("json.marshal", F(marshal)),
    ("json.marshal_with_options", F(marshal_with_options)),
    ("json.unmarshal", F(unmarshal)),
    ("json.is_valid", F(is_valid)),
];

/// A value takes at most so many times the bytes of its text: `0,` is two of them.
const GROWTH: usize = 12;

fn marshal(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let value = operand::value(operands, 1)?;
    give(Value::text(&ctx.json(value, JsonStyle::GO)?))
}

fn marshal_with_options(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let value = operand::value(operands, 1)?;
    let options = Options::read(operand::object(operands, 2)?)?;
    if !options.pretty.unwrap_or(options.implied) {
        return give(Value::text(&ctx.json(value, JsonStyle::GO)?));
    }
    let mut written = |prefix: &str, indent: &str| {
        let style = JsonStyle { indent: Some((prefix, indent)), ..JsonStyle::GO };
        ctx.written(|out, room| {
            // The writer leaves the first line without the prefix.
            out.write_str(prefix)?;
            value.write_json_within(out, style, room)
        })
    };
    if !has_bytes(options.prefix) && !has_bytes(options.indent) {
        return give(Value::text(&written(options.prefix, options.indent)?));
    }
    // What is no text is put in afterwards, for signs that JSON never has.
    let json = written("\u{1}", "\u{2}")?;
    let grown = json.matches(['\u{1}', '\u{2}']).count();
    text(ctx, grown.saturating_mul(options.prefix.len().saturating_add(options.indent.len())))?;
    let taken = taken(&json).replace('\u{1}', options.prefix).replace('\u{2}', options.indent);
    give(joined(taken))
}

/// The longest text of a key in an error, in bytes.
const MOST_SHOWN: usize = 1 << 16;

/// How JSON is written.
struct Options<'a> {
    prefix: &'a str,
    indent: &'a str,
    /// What is said of it.
    pretty: Option<bool>,
    /// What follows of the other options.
    implied: bool,
}

impl<'a> Options<'a> {
    fn read(options: &'a Object) -> Result<Self> {
        let mut read = Self { prefix: "", indent: "\t", pretty: None, implied: false };
        for (index, (key, value)) in options.iter().enumerate() {
            let Value::String(name) = key else {
                let (key, found) = (key.brief(MOST_SHOWN), key.type_name());
                return Err(operand::refused(
                    2,
                    &format!(
                        "failed to stringify key {key} at index {index}: operand {index} must be \
                         string but got {found}"
                    ),
                ));
            };
            let string = || {
                value.as_str().ok_or_else(|| {
                    let found = value.type_name();
                    let words = format!(
                        "key {key} failed cast to string: operand {index} must be string but got \
                         {found}"
                    );
                    operand::refused(2, &words)
                })
            };
            match name.as_str() {
                "prefix" => {
                    read.prefix = string()?;
                    read.implied = true;
                }
                "indent" => {
                    read.indent = string()?;
                    read.implied = true;
                }
                "pretty" => {
                    let words = || operand::refused(2, &format!("key {key} failed cast to bool"));
                    read.pretty = Some(value.as_bool().ok_or_else(words)?);
                }
                _ => {
                    let words = format!("object contained unknown key {key}");
                    return Err(operand::refused(2, &words));
                }
            }
        }
        Ok(read)
    }
}

/// Charges for reading a text, before it is read.
fn charge(ctx: &mut Context<'_>, json: &str) -> Result<()> {
    ctx.reserve(json.len().saturating_mul(GROWTH))?;
    Ok(ctx.work(units(json.len() / 2 + 1))?)
}

fn unmarshal(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let json = operand::string(operands, 1)?;
    charge(ctx, json)?;
    let mut spend = |units| ctx.passed(units);
    Value::from_json_stream_within(bytes_of(json), &JsonLimits::DEFAULT, &mut spend)?
        .map(Some)
        .map_err(|error| BuiltinError::new(error.message))
}

fn is_valid(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let Value::String(json) = operand::value(operands, 1)? else {
        return give(false);
    };
    charge(ctx, json)?;
    let mut spend = |units| ctx.passed(units);
    give(Value::from_json_within(bytes_of(json), &JsonLimits::DEFAULT, &mut spend)?.is_ok())
}
