//! Arithmetic as functions; `topdown/arithmetic.go`.

use crate::give::{Given, give};
use crate::number::{self, Float};
use crate::set;
use num_bigint::BigInt;
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{BuiltinError, Context, Result, Table, operand};
use referee_rego_value::{Number, NumberError, Value};

pub(crate) const TABLE: Table = &[
    ("plus", F(plus)),
    ("minus", F(minus)),
    ("mul", F(multiply)),
    ("div", F(divide)),
    ("rem", F(remainder)),
    ("abs", F(absolute)),
    ("round", F(round)),
    ("ceil", F(ceiling)),
    ("floor", F(floor)),
];

/// Two numbers, with the work that their digits are.
fn two<'a>(ctx: &mut Context<'_>, operands: &'a [Value]) -> Result<(&'a Number, &'a Number)> {
    let first = operand::number(operands, 1)?;
    let second = operand::number(operands, 2)?;
    for text in [first, second] {
        if let Number::Text(text) = text {
            let digits = u64::try_from(text.as_str().len()).unwrap_or(u64::MAX);
            number::charge(ctx, digits.saturating_mul(4))?;
        }
    }
    Ok((first, second))
}

fn answer(result: std::result::Result<Number, NumberError>) -> Given {
    match result {
        Ok(number) => give(number),
        Err(NumberError::DivideByZero) => Err(BuiltinError::new("divide by zero")),
        Err(_) => Err(BuiltinError::new("number out of range")),
    }
}

fn plus(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (first, second) = two(ctx, operands)?;
    answer(first.add(second))
}

fn multiply(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (first, second) = two(ctx, operands)?;
    answer(first.mul(second))
}

fn divide(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (first, second) = two(ctx, operands)?;
    answer(first.div(second))
}

fn remainder(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (first, second) = two(ctx, operands)?;
    match first.rem(second) {
        Err(NumberError::DivideByZero) => Err(BuiltinError::new("modulo by zero")),
        Err(NumberError::NotInteger) => Err(BuiltinError::new("modulo on floating-point number")),
        result => answer(result),
    }
}

/// The difference of two numbers or of two sets.
fn minus(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    match (operand::value(operands, 1)?, operand::value(operands, 2)?) {
        (Value::Number(_), Value::Number(_)) => {
            let (first, second) = two(ctx, operands)?;
            answer(first.sub(second))
        }
        (Value::Set(first), Value::Set(second)) => give(set::difference(ctx, first, second)?),
        (Value::Number(_) | Value::Set(_), other) => {
            // What is wanted of the second is told by what it is, not by the first.
            let wanted = if matches!(other, Value::Number(_)) { "set" } else { "number" };
            Err(BuiltinError::operand(2, wanted, other.type_name()))
        }
        (other, _) => Err(operand::one_of(1, other, &["number", "set"])),
    }
}

fn out_of_range() -> BuiltinError {
    BuiltinError::new("number out of range")
}

/// The operand in floating point; a small whole number is its own floor and needs none.
fn one<'a>(ctx: &mut Context<'_>, operands: &'a [Value]) -> Result<(&'a Number, Float)> {
    let found = operand::number(operands, 1)?;
    if let Number::Text(text) = found {
        let digits = u64::try_from(text.as_str().len()).unwrap_or(u64::MAX);
        number::charge(ctx, digits.saturating_mul(4))?;
    }
    Ok((found, number::float(found).ok_or_else(out_of_range)?))
}

fn absolute(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (_, float) = one(ctx, operands)?;
    give(number::from_float(ctx, &float.absolute())?)
}

/// A whole number near the operand, chosen by its truncation and itself.
fn near(ctx: &mut Context<'_>, operands: &[Value], choose: fn(&Float) -> Option<BigInt>) -> Given {
    let (found, float) = one(ctx, operands)?;
    if let Number::Int(_) = found {
        return give(found.clone());
    }
    let whole = choose(&float).ok_or_else(out_of_range)?;
    // Go makes the text of the floating-point number: its shortest, which ends in zeros.
    give(number::from_float(ctx, &Float::from_whole(&whole))?)
}

fn round(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    near(ctx, operands, |float| float.add(&Float::half(float.is_negative())).truncated())
}

fn ceiling(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    near(ctx, operands, |float| {
        let whole = float.truncated()?;
        // Of a negative fraction above -1 the whole part is zero, which has no sign.
        let up = !float.is_whole() && whole.sign() != num_bigint::Sign::Minus;
        Some(if up { whole + 1 } else { whole })
    })
}

fn floor(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    near(ctx, operands, |float| {
        let whole = float.truncated()?;
        let down = !float.is_whole() && whole.sign() == num_bigint::Sign::Minus;
        Some(if down { whole - 1 } else { whole })
    })
}
