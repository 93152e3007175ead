//! `object.subset`; `topdown/subset.go`.

use crate::give::{Given, give, units};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{BuiltinError, Context, Result, Table, operand};
use referee_rego_value::{Array, Object, Set, Value};

pub(crate) const TABLE: Table = &[("object.subset", F(subset))];

fn subset(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let whole = operand::value(operands, 1)?;
    let part = operand::value(operands, 2)?;
    give(match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => within_object(ctx, whole, part)?,
        (Value::Set(whole), Value::Set(part)) => within_set(ctx, whole, part)?,
        (Value::Array(whole), Value::Array(part)) => within_array(ctx, whole, part)?,
        (Value::Array(whole), Value::Set(part)) => scattered(ctx, whole, part)?,
        _ => {
            return Err(BuiltinError::type_error(
                "both arguments object.subset must be of the same type or array and set",
            ));
        }
    })
}

/// Objects are searched member by member, to any depth; the rest of the work is a list, so that
/// depth costs no stack.
fn within_object(ctx: &mut Context<'_>, whole: &Object, part: &Object) -> Result<bool> {
    let mut pairs = vec![(whole, part)];
    while let Some((whole, part)) = pairs.pop() {
        ctx.work(units(part.len()))?;
        for (key, wanted) in part.iter() {
            ctx.passed(4)?;
            let Some(found) = whole.get(key) else {
                return Ok(false);
            };
            let holds = match (found, wanted) {
                (Value::Object(found), Value::Object(wanted)) => {
                    pairs.push((found, wanted));
                    true
                }
                (Value::Set(found), Value::Set(wanted)) => within_set(ctx, found, wanted)?,
                (Value::Array(found), Value::Array(wanted)) => within_array(ctx, found, wanted)?,
                (found, wanted) => equal(ctx, found, wanted)?,
            };
            if !holds {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

fn within_set(ctx: &mut Context<'_>, whole: &Set, part: &Set) -> Result<bool> {
    ctx.work(units(part.len()))?;
    for element in part {
        ctx.passed(4)?;
        if !whole.contains(element) {
            return Ok(false);
        }
    }
    Ok(part.len() <= whole.len())
}

fn equal(ctx: &mut Context<'_>, a: &Value, b: &Value) -> Result<bool> {
    Ok(a.eq_within(b, &mut |units| ctx.passed(units))?)
}

/// Whether the part stands in the whole, one element after another.
fn within_array(ctx: &mut Context<'_>, whole: &Array, part: &Array) -> Result<bool> {
    if part.is_empty() {
        return Ok(true);
    }
    for window in whole.as_slice().windows(part.len()) {
        let mut alike = 0;
        for (a, b) in window.iter().zip(part.iter()) {
            if !equal(ctx, a, b)? {
                break;
            }
            alike += 1;
        }
        ctx.work(units(alike + 1))?;
        if alike == part.len() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether as many elements of the array are in the set as that has. OPA counts an element again
/// each time it occurs, and finds nothing in an empty array.
fn scattered(ctx: &mut Context<'_>, whole: &Array, part: &Set) -> Result<bool> {
    ctx.work(units(whole.len()))?;
    let mut found = 0;
    for element in whole {
        ctx.passed(4)?;
        found += usize::from(part.contains(element));
    }
    Ok(found >= part.len() && !whole.is_empty())
}
