//! Taking texts apart; `topdown/strings.go`.

use crate::give::{Given, VALUE_BYTES, give, scan, units};
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
        text.split("").filter(|part| !part.is_empty()).collect()
    } else {
        text.split(delimiter).collect()
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
    give(Value::array(parts.into_iter().map(Value::from)))
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
    give(Value::array(kept.unwrap_or_default().iter().map(|part| Value::from(*part))))
}
