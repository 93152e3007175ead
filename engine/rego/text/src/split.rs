//! Taking texts apart; `topdown/strings.go`.

use crate::find::Search;
use crate::give::{Given, VALUE_BYTES, gathered, give, passed, portions, scan, units};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{Context, Result, Table, operand};
use referee_rego_value::Value;

pub(crate) const TABLE: Table = &[("split", F(split)), ("strings.split_n", F(split_some))];

/// The parts of a text. Between them stands the delimiter; by an empty one a text falls into its
/// characters, and an empty text into nothing.
pub(crate) fn parts<'a>(
    ctx: &mut Context<'_>,
    text: &'a str,
    delimiter: &str,
) -> Result<Vec<&'a str>> {
    scan(ctx, text.len())?;
    let parts: Vec<&str> = if delimiter.is_empty() {
        let mut parts = Vec::new();
        for portion in portions(text) {
            passed(ctx, portion.len())?;
            parts.extend(portion.split("").filter(|part| !part.is_empty()));
        }
        parts
    } else {
        let search = Search::new(text, delimiter);
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

fn split(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let text = operand::string(operands, 1)?;
    let delimiter = operand::string(operands, 2)?;
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
    let parts = parts(ctx, text, delimiter)?;
    let count = usize::try_from(wanted.unsigned_abs()).unwrap_or(usize::MAX);
    let kept = if wanted >= 0 {
        parts.get(..count.min(parts.len()))
    } else {
        parts.get(parts.len().saturating_sub(count)..)
    };
    let kept = kept.unwrap_or_default().iter().map(|part| Value::from(*part));
    give(Value::Array(gathered(ctx, kept)?.into()))
}
