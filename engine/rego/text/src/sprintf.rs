//! `sprintf`; `topdown/strings.go`.

use crate::give::{Given, VALUE_BYTES, give, units};
use crate::go::fmt::{Argument, sprintf};
use num_bigint::BigInt;
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{Context, Result, Table, operand};
use referee_rego_value::bytes::joined;
use referee_rego_value::{Number, Value};
use std::borrow::Cow;

pub(crate) const TABLE: Table = &[("sprintf", F(format))];

fn format(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let format = operand::string(operands, 1)?;
    let array = operand::array(operands, 2)?;
    ctx.work(units(array.len()))?;
    ctx.reserve(array.len().saturating_mul(VALUE_BYTES))?;
    let mut arguments = Vec::with_capacity(array.len());
    for value in array.iter() {
        arguments.push(argument(ctx, value)?);
    }
    give(joined(sprintf(ctx, format, &arguments)?))
}

fn argument<'a>(ctx: &mut Context<'_>, value: &'a Value) -> Result<Argument<'a>> {
    Ok(match value {
        Value::String(text) => Argument::Text(Cow::Borrowed(text)),
        Value::Number(number) => match number.as_i64() {
            Some(value) => Argument::Int(value),
            None => other_number(number),
        },
        other => Argument::Text(Cow::Owned(ctx.text(other)?)),
    })
}

/// A number with a point is a floating-point number where it is in range; one with an exponent
/// only is its text.
fn other_number(number: &Number) -> Argument<'_> {
    let text = number.to_string();
    if text.contains('.') {
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Argument::Float(value),
            _ => Argument::Text(Cow::Owned(text)),
        }
    } else {
        match text.parse::<BigInt>() {
            Ok(value) => Argument::Big(value),
            Err(_) => Argument::Text(Cow::Owned(text)),
        }
    }
}
