//! Sets: union, intersection, difference; `topdown/binary.go`, `topdown/sets.go`.
//!
//! `minus` is among the arithmetic: it takes numbers too.

use crate::give::{Given, collection, give, units};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{BuiltinError, Context, Result, Table, operand};
use referee_rego_value::{Set, SetBuilder, Value};

pub(crate) const TABLE: Table = &[
    ("and", F(and)),
    ("or", F(or)),
    ("set_diff", F(set_difference)),
    ("intersection", F(intersection)),
    ("union", F(union)),
];

fn two<'a>(ctx: &mut Context<'_>, operands: &'a [Value]) -> Result<(&'a Set, &'a Set)> {
    let first = operand::set(operands, 1)?;
    let second = operand::set(operands, 2)?;
    collection(ctx, first.len().saturating_add(second.len()))?;
    Ok((first, second))
}

/// The difference of two sets.
pub(crate) fn difference(ctx: &mut Context<'_>, first: &Set, second: &Set) -> Result<Set> {
    ctx.work(units(first.len()).saturating_mul(4))?;
    ctx.reserve(first.len().saturating_mul(crate::give::VALUE_BYTES))?;
    Ok(first.difference_within(second, &mut |units| ctx.passed(units))?)
}

fn and(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (first, second) = two(ctx, operands)?;
    give(first.intersection_within(second, &mut |units| ctx.passed(units))?)
}

fn or(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (first, second) = two(ctx, operands)?;
    give(first.union_within(second, &mut |units| ctx.passed(units))?)
}

fn set_difference(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let first = operand::set(operands, 1)?;
    let second = operand::set(operands, 2)?;
    give(difference(ctx, first, second)?)
}

/// The sets in the first operand.
fn inner<'a>(ctx: &mut Context<'_>, operands: &'a [Value]) -> Result<Vec<&'a Set>> {
    let outer = operand::set(operands, 1)?;
    ctx.work(units(outer.len()))?;
    outer
        .iter()
        .map(|element| match element {
            Value::Set(set) => Ok(set),
            other => Err(BuiltinError::operand(1, "set", other.type_name())),
        })
        .collect()
}

fn intersection(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let sets = inner(ctx, operands)?;
    let mut sets = sets.into_iter();
    let Some(first) = sets.next() else {
        return give(Value::set([]));
    };
    let mut common = first.clone();
    for set in sets {
        collection(ctx, common.len())?;
        common = common.intersection_within(set, &mut |units| ctx.passed(units))?;
    }
    give(common)
}

fn union(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let sets = inner(ctx, operands)?;
    let size = sets.iter().map(|set| set.len()).fold(0usize, usize::saturating_add);
    collection(ctx, size)?;
    ctx.work(units(size).saturating_mul(4))?;
    let mut all = SetBuilder::default();
    for element in sets.into_iter().flat_map(Set::iter) {
        all.insert_within(element.clone(), &mut |units| ctx.passed(units))?;
    }
    give(all.build_within(&mut |units| ctx.passed(units))?)
}
