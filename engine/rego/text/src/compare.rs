//! Comparisons and membership as functions; `topdown/comparison.go`, `topdown/aggregates.go`.

use crate::give::{Given, give, units};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{Context, Result, Table, operand};
use referee_rego_value::Value;
use std::cmp::Ordering;

pub(crate) const TABLE: Table = &[
    ("gt", F(greater)),
    ("gte", F(greater_or_equal)),
    ("lt", F(less)),
    ("lte", F(less_or_equal)),
    ("neq", F(not_equal)),
    ("equal", F(equal)),
    ("eq", F(equal)),
    ("internal.member_2", F(member)),
    ("internal.member_3", F(member_with_key)),
];

fn ordering(operands: &[Value]) -> Result<Ordering> {
    Ok(operand::value(operands, 1)?.cmp(operand::value(operands, 2)?))
}

fn greater(_: &mut Context<'_>, operands: &[Value]) -> Given {
    give(ordering(operands)?.is_gt())
}

fn greater_or_equal(_: &mut Context<'_>, operands: &[Value]) -> Given {
    give(ordering(operands)?.is_ge())
}

fn less(_: &mut Context<'_>, operands: &[Value]) -> Given {
    give(ordering(operands)?.is_lt())
}

fn less_or_equal(_: &mut Context<'_>, operands: &[Value]) -> Given {
    give(ordering(operands)?.is_le())
}

fn not_equal(_: &mut Context<'_>, operands: &[Value]) -> Given {
    give(ordering(operands)?.is_ne())
}

fn equal(_: &mut Context<'_>, operands: &[Value]) -> Given {
    give(ordering(operands)?.is_eq())
}

fn member(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let element = operand::value(operands, 1)?;
    give(match operand::value(operands, 2)? {
        Value::Set(set) => set.contains(element),
        Value::Array(array) => {
            ctx.work(units(array.len()))?;
            array.iter().any(|found| found == element)
        }
        Value::Object(object) => {
            ctx.work(units(object.len()))?;
            object.iter().any(|(_, found)| found == element)
        }
        _ => false,
    })
}

fn member_with_key(_: &mut Context<'_>, operands: &[Value]) -> Given {
    let key = operand::value(operands, 1)?;
    let element = operand::value(operands, 2)?;
    give(operand::value(operands, 3)?.get(key) == Some(element))
}
