//! `internal.template_string`: what template strings become; `topdown/template_string.go`.

use crate::give::{Given, give, text, units};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{BuiltinError, Context, Result, Table, operand};
use referee_rego_value::{Value, bytes};
use std::borrow::Cow;

pub(crate) const TABLE: Table = &[("internal.template_string", F(template_string))];

/// Parts one after the other: text and scalars as they are, expressions as sets of what they
/// yield.
fn template_string(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let parts = operand::array(operands, 1)?;
    ctx.work(units(parts.len()))?;
    let mut joined = String::new();
    for part in parts.iter() {
        let shown = shown(ctx, part)?;
        text(ctx, shown.len())?;
        joined.push_str(&shown);
    }
    give(bytes::joined(joined))
}

fn shown<'a>(ctx: &mut Context<'_>, part: &'a Value) -> Result<Cow<'a, str>> {
    match part {
        Value::Set(set) => match set.as_slice() {
            [] => Ok(Cow::Borrowed("<undefined>")),
            [only] => plain(ctx, only),
            _ => Err(BuiltinError::halt("template-strings must not produce multiple outputs")),
        },
        Value::Array(_) | Value::Object(_) => {
            Err(BuiltinError::halt(format!("illegal argument type: {}", part.type_name())))
        }
        scalar => plain(ctx, scalar),
    }
}

/// Strings stand without their quotes.
fn plain<'a>(ctx: &mut Context<'_>, value: &'a Value) -> Result<Cow<'a, str>> {
    Ok(match value {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(ctx.text(other)?),
    })
}
