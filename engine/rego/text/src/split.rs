//! Taking texts apart; `topdown/strings.go`.

use crate::find::Search;
use crate::give::{Given, VALUE_BYTES, gathered, give, passed, portions, scan, units};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{Context, Result, Table, operand};
use referee_rego_value::Value;
use referee_rego_value::bytes::{bytes_of, has_bytes, runes, text_of_slice};

pub(crate) const TABLE: Table = &[("split", F(split)), ("strings.split_n", F(split_some))];

/// The parts of a text. Between them stands the delimiter; by an empty one a text falls into its
/// characters, and an empty text into nothing.
pub(crate) fn parts<'a>(
    ctx: &mut Context<'_>,
    text: &'a str,
    delimiter: &str,
) -> Result<Vec<&'a str>> {
    scan(ctx, text.len())?;
    let parts: Vec<&str> = if delimiter.is_empty() && has_bytes(text) {
        runes(text).collect()
    } else if delimiter.is_empty() {
        let mut parts = Vec::new();
        for portion in portions(text) {
            passed(ctx, portion.len())?;
            parts.extend(portion.split("").filter(|part| !part.is_empty()));
        }
        parts
    } else {
        let search = Search::new(text.as_bytes(), delimiter.as_bytes());
        let (mut parts, mut from) = (Vec::new(), 0);
        while let Some(at) = search.next(ctx, from)? {
            parts.push(text.get(from..at).unwrap_or_default());
            from = at + delimiter.len();
        }
        parts.push(text.get(from..).unwrap_or_default());
        parts
    };
    ctx.work(units(parts.len()))?;
    ctx.reserve(text.len().saturating_add(parts.len().saturating_mul(VALUE_BYTES)))?;
    Ok(parts)
}

/// The parts of a text between bytes that are no characters, which may be parts of some.
fn parts_by_bytes(ctx: &mut Context<'_>, text: &str, delimiter: &str) -> Result<Vec<Value>> {
    scan(ctx, text.len())?;
    let (text, delimiter) = (bytes_of(text), bytes_of(delimiter));
    let search = Search::new(&text, &delimiter);
    let (mut parts, mut from) = (Vec::new(), 0);
    let part = |from, to| Value::from(text_of_slice(text.get(from..to).unwrap_or_default()));
    while let Some(at) = search.next(ctx, from)? {
        ctx.work(1)?;
        ctx.reserve(VALUE_BYTES.saturating_add(at - from))?;
        parts.push(part(from, at));
        from = at + delimiter.len();
    }
    parts.push(part(from, text.len()));
    Ok(parts)
}

/// So many of the parts, from the front or, where the number is negative, from the back.
fn some<T>(parts: &[T], wanted: i64) -> &[T] {
    let count = usize::try_from(wanted.unsigned_abs()).unwrap_or(usize::MAX);
    let kept = if wanted >= 0 {
        parts.get(..count.min(parts.len()))
    } else {
        parts.get(parts.len().saturating_sub(count)..)
    };
    kept.unwrap_or_default()
}

fn split(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let text = operand::string(operands, 1)?;
    let delimiter = operand::string(operands, 2)?;
    if has_bytes(delimiter) {
        return give(Value::Array(parts_by_bytes(ctx, text, delimiter)?.into()));
    }
    let parts = parts(ctx, text, delimiter)?;
    if let [_] = parts.as_slice() {
        return give(Value::array([Value::String(text.clone())]));
    }
    give(Value::Array(gathered(ctx, parts.into_iter().map(Value::from))?.into()))
}

fn split_some(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let text = operand::string(operands, 1)?;
    let delimiter = operand::string(operands, 2)?;
    let wanted = operand::integer(operands, 3)?;
    if has_bytes(delimiter) {
        let parts = parts_by_bytes(ctx, text, delimiter)?;
        return give(Value::array(some(&parts, wanted).iter().cloned()));
    }
    let parts = parts(ctx, text, delimiter)?;
    let kept = some(&parts, wanted).iter().map(|part| Value::from(*part));
    give(Value::Array(gathered(ctx, kept)?.into()))
}
