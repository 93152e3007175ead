//! Arrays; `topdown/array.go`.

use crate::give::{Given, collection, gathered, give};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{Context, Table, operand};
use referee_rego_value::Value;

pub(crate) const TABLE: Table = &[
    ("array.concat", F(concat)),
    ("array.flatten", F(flatten)),
    ("array.slice", F(slice)),
    ("array.reverse", F(reverse)),
];

fn concat(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let first = operand::array(operands, 1)?;
    let second = operand::array(operands, 2)?;
    if first.is_empty() {
        return give(second.clone());
    }
    if second.is_empty() {
        return give(first.clone());
    }
    collection(ctx, first.len().saturating_add(second.len()))?;
    give(Value::Array(gathered(ctx, first.iter().chain(second).cloned())?.into()))
}

fn flatten(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let array = operand::array(operands, 1)?;
    if !array.iter().any(|element| matches!(element, Value::Array(_))) {
        return give(array.clone());
    }
    let size = array
        .iter()
        .map(|element| element.as_array().map_or(1, referee_rego_value::Array::len))
        .fold(0usize, usize::saturating_add);
    collection(ctx, size)?;
    let mut flat = Vec::with_capacity(size);
    for element in array.iter() {
        match element {
            Value::Array(inner) => {
                for element in inner {
                    ctx.passed(1)?;
                    flat.push(element.clone());
                }
            }
            other => {
                ctx.passed(1)?;
                flat.push(other.clone());
            }
        }
    }
    give(Value::Array(flat.into()))
}

fn slice(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let array = operand::array(operands, 1)?;
    let start = operand::integer(operands, 2)?;
    let stop = operand::integer(operands, 3)?;
    let within = |index: i64, most: usize| usize::try_from(index.max(0)).unwrap_or(most).min(most);
    let stop = within(stop, array.len());
    let start = within(start, stop);
    let part = array.as_slice().get(start..stop).unwrap_or_default();
    if part.len() == array.len() {
        return give(array.clone());
    }
    collection(ctx, part.len())?;
    give(Value::Array(gathered(ctx, part.iter().cloned())?.into()))
}

fn reverse(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let array = operand::array(operands, 1)?;
    collection(ctx, array.len())?;
    give(Value::Array(gathered(ctx, array.iter().rev().cloned())?.into()))
}
