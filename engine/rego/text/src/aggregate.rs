//! Whatever makes one value of a collection; `topdown/aggregates.go`.

use crate::give::{Given, collection, gathered, give, passed, portions, scan, size, units};
use crate::number::{self, Float};
use crate::order::sorted;
use num_bigint::BigInt;
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{BuiltinError, Context, Result, Table, operand};
use referee_rego_value::bytes::shown;
use referee_rego_value::{Number, Value};
use std::cmp::Ordering;

pub(crate) const TABLE: Table = &[
    ("count", F(count)),
    ("sum", F(sum)),
    ("product", F(product)),
    ("max", F(max)),
    ("min", F(min)),
    ("sort", F(sort)),
    ("any", F(any)),
    ("all", F(all)),
];

fn count(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let counted = match operand::value(operands, 1)? {
        Value::Array(array) => array.len(),
        Value::Object(object) => object.len(),
        Value::Set(set) => set.len(),
        Value::String(text) => {
            scan(ctx, text.len())?;
            let mut counted = 0;
            for portion in portions(&shown(text)) {
                passed(ctx, portion.len())?;
                counted += portion.chars().count();
            }
            counted
        }
        other => return Err(operand::one_of(1, other, &["array", "object", "set", "string"])),
    };
    give(size(counted))
}

/// The elements of the first operand; `words` are the types in the order in which OPA names them.
fn elements<'a>(
    ctx: &mut Context<'_>,
    operands: &'a [Value],
    words: &[&str],
) -> Result<(&'a Value, &'a [Value])> {
    let composite = operand::value(operands, 1)?;
    let found = operand::elements(composite).ok_or_else(|| operand::one_of(1, composite, words))?;
    ctx.work(units(found.len()))?;
    Ok((composite, found))
}

/// So many elements are gone through between two looks at the clock.
const ELEMENTS: usize = 4_096;

const SET_FIRST: &[&str] = &["set", "array"];
const ARRAY_FIRST: &[&str] = &["array", "set"];

fn sum(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (composite, found) = elements(ctx, operands, SET_FIRST)?;
    if let Some(total) = folded(ctx, found, 0, i64::checked_add)? {
        return give(total);
    }
    accumulate(
        ctx,
        composite,
        found,
        &Fold { start: 0, whole: |total, next| *total += next, real: Float::add },
    )
}

fn product(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (composite, found) = elements(ctx, operands, SET_FIRST)?;
    if let Some(total) = folded(ctx, found, 1, i64::checked_mul)? {
        return give(total);
    }
    accumulate(
        ctx,
        composite,
        found,
        &Fold { start: 1, whole: |total, next| *total *= next, real: Float::mul_into },
    )
}

/// What small whole numbers give together; `None` where they are others, or it is no such number.
fn folded(
    ctx: &mut Context<'_>,
    found: &[Value],
    start: i64,
    next: fn(i64, i64) -> Option<i64>,
) -> Result<Option<i64>> {
    let mut total = start;
    for portion in found.chunks(ELEMENTS) {
        ctx.passed(units(portion.len()))?;
        let folded = portion.iter().try_fold(total, |total, it| next(total, it.as_i64()?));
        let Some(folded) = folded else { return Ok(None) };
        total = folded;
    }
    Ok(Some(total))
}

/// How numbers are taken together, whole and other.
struct Fold {
    start: i64,
    whole: fn(&mut BigInt, &BigInt),
    real: fn(&Float, &Float) -> Float,
}

/// Exactly where every element is whole, and otherwise in floating point, as OPA does.
fn accumulate(ctx: &mut Context<'_>, composite: &Value, found: &[Value], fold: &Fold) -> Given {
    let mut exact = BigInt::from(fold.start);
    let mut whole = true;
    for element in found {
        let next = match element {
            Value::Number(next) => number::whole(ctx, next)?,
            _ => None,
        };
        let Some(next) = next else {
            whole = false;
            break;
        };
        number::charge(ctx, exact.bits().saturating_add(next.bits()))?;
        (fold.whole)(&mut exact, &next);
    }
    if whole {
        return give(number::from_whole(ctx, exact)?);
    }
    // A sum starts without a precision of its own, a product with that of a machine number.
    let mut total =
        if fold.start == 0 { Float::zero() } else { Float::from_i64_narrow(fold.start) };
    for element in found {
        let Value::Number(next) = element else {
            return Err(operand::element(1, composite, element, &["number"]));
        };
        ctx.passed(8)?;
        total = (fold.real)(&total, &float(next)?);
    }
    give(number::from_float(ctx, &total)?)
}

fn float(found: &Number) -> Result<Float> {
    number::float(found).ok_or_else(|| BuiltinError::new("number out of range"))
}

fn max(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (composite, found) = elements(ctx, operands, SET_FIRST)?;
    // Of equal numbers that are written differently an array gives the last, a set the first.
    let largest = match composite {
        Value::Set(_) => found.last(),
        _ => extreme(ctx, found.iter(), Ordering::is_ge)?,
    };
    Ok(largest.cloned())
}

/// The best element: one takes the place of the best so far where it stands so to it.
fn extreme<'a>(
    ctx: &mut Context<'_>,
    elements: impl Iterator<Item = &'a Value>,
    stands: fn(Ordering) -> bool,
) -> Result<Option<&'a Value>> {
    let mut best = None;
    for element in elements {
        let replaces = match best {
            None => true,
            Some(best) => stands(element.cmp_within(best, &mut |units| ctx.passed(units))?),
        };
        if replaces {
            best = Some(element);
        }
    }
    Ok(best)
}

fn min(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (composite, found) = elements(ctx, operands, SET_FIRST)?;
    let smallest = match composite {
        Value::Set(_) => found.first(),
        _ => extreme(ctx, found.iter().rev(), Ordering::is_lt)?,
    };
    Ok(smallest.cloned())
}

fn sort(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (composite, found) = elements(ctx, operands, SET_FIRST)?;
    collection(ctx, found.len())?;
    let levels = usize::try_from(found.len().max(1).ilog2()).unwrap_or(0);
    ctx.work(units(found.len().saturating_mul(levels)))?;
    if matches!(composite, Value::Array(_)) {
        return give(Value::Array(sorted(ctx, found)?.into()));
    }
    give(Value::Array(gathered(ctx, found.iter().cloned())?.into()))
}

fn all(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (_, found) = elements(ctx, operands, ARRAY_FIRST)?;
    for portion in found.chunks(ELEMENTS) {
        ctx.passed(units(portion.len()))?;
        if !portion.iter().all(|element| element.as_bool() == Some(true)) {
            return give(false);
        }
    }
    give(true)
}

fn any(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let (_, found) = elements(ctx, operands, ARRAY_FIRST)?;
    for portion in found.chunks(ELEMENTS) {
        ctx.passed(units(portion.len()))?;
        if portion.iter().any(|element| element.as_bool() == Some(true)) {
            return give(true);
        }
    }
    give(false)
}
