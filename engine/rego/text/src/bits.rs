//! Bits of whole numbers, of any size and in two's complement; `topdown/bits.go`.

use crate::give::{Given, give};
use crate::number;
use num_bigint::{BigInt, Sign};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{BuiltinError, Cancelled, Context, Result, Table, operand};
use referee_rego_value::Value;

pub(crate) const TABLE: Table = &[
    ("bits.or", F(or)),
    ("bits.and", F(and)),
    ("bits.negate", F(negate)),
    ("bits.xor", F(exclusive_or)),
    ("bits.lsh", F(shift_left)),
    ("bits.rsh", F(shift_right)),
];

/// A whole number of any size.
pub(crate) fn whole(ctx: &mut Context<'_>, operands: &[Value], position: usize) -> Result<BigInt> {
    match operand::value(operands, position)? {
        Value::Number(found) => {
            number::whole(ctx, found)?.ok_or_else(|| operand::not_whole(position))
        }
        other => Err(BuiltinError::operand(position, "integer", other.type_name())),
    }
}

fn two(ctx: &mut Context<'_>, operands: &[Value]) -> Result<(BigInt, BigInt)> {
    Ok((whole(ctx, operands, 1)?, whole(ctx, operands, 2)?))
}

fn or(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (first, second) = two(ctx, operands)?;
    give(number::from_whole(ctx, first | second)?)
}

fn and(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (first, second) = two(ctx, operands)?;
    give(number::from_whole(ctx, first & second)?)
}

fn exclusive_or(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (first, second) = two(ctx, operands)?;
    give(number::from_whole(ctx, first ^ second)?)
}

fn negate(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let value = whole(ctx, operands, 1)?;
    give(number::from_whole(ctx, !value)?)
}

/// A number and by how much it is shifted: beyond 64 bits by the low 64 bits, as Go does.
fn shift(ctx: &mut Context<'_>, operands: &[Value]) -> Result<(BigInt, u64)> {
    let (value, by) = two(ctx, operands)?;
    if by.sign() == Sign::Minus {
        let words = "must be an unsigned integer number but got a negative integer";
        return Err(operand::refused(2, words));
    }
    Ok((value, by.iter_u64_digits().next().unwrap_or(0)))
}

fn shift_left(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (value, by) = shift(ctx, operands)?;
    if value.sign() == Sign::NoSign {
        return give(0);
    }
    let bits = value.bits().checked_add(by).ok_or(Cancelled::Memory)?;
    if bits > MOST_BITS {
        return Err(Cancelled::Memory.into());
    }
    // The text of the result is what takes time and memory.
    ctx.reserve(usize::try_from(bits / 3).unwrap_or(usize::MAX))?;
    number::charge(ctx, bits)?;
    give(number::from_whole(ctx, value << by)?)
}

/// The most bits of a shifted number: its text is made in one piece, in a time that grows with the
/// square of its length.
const MOST_BITS: u64 = 1 << 18;

fn shift_right(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (value, by) = shift(ctx, operands)?;
    give(number::from_whole(ctx, value >> by)?)
}
