//! Objects; `topdown/object.go`.

use crate::give::{Given, collection, gathered, give, units};
use crate::order::{distinct, sorted_by_key};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{Cancelled, Context, Result, Table, operand};
use referee_rego_value::{Array, Object, Set, Value};
use std::borrow::Cow;
use std::cmp::Ordering;

pub(crate) const TABLE: Table = &[
    ("object.get", F(get)),
    ("object.keys", F(keys)),
    ("object.union", F(union)),
    ("object.union_n", F(union_of_all)),
    ("object.remove", F(remove)),
    ("object.filter", F(filter)),
];

/// How deep objects are merged: a merge takes stack for each level.
const DEPTH: usize = 1_000;

fn get(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let object = operand::object(operands, 1)?;
    let default = operand::value(operands, 3)?;
    let found = match operand::value(operands, 2)? {
        Value::Array(path) => {
            ctx.work(units(path.len()))?;
            path.iter().try_fold(operand::value(operands, 1)?, |at, key| at.get(key))
        }
        key => object.get(key),
    };
    give(found.unwrap_or(default).clone())
}

fn keys(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let object = operand::object(operands, 1)?;
    collection(ctx, object.len())?;
    give(Set::from_sorted(gathered(ctx, object.keys().cloned())?))
}

/// The keys of the second operand, in order.
fn wanted<'a>(ctx: &mut Context<'_>, operands: &'a [Value]) -> Result<Cow<'a, [Value]>> {
    match operand::value(operands, 2)? {
        Value::Array(array) => {
            let set = distinct(ctx, array)?;
            Ok(Cow::Owned(set.as_slice().to_vec()))
        }
        Value::Set(set) => Ok(Cow::Borrowed(set.as_slice())),
        Value::Object(object) => Ok(gathered(ctx, object.keys().cloned())?.into()),
        other => Err(operand::one_of(2, other, &["object", "set", "array"])),
    }
}

/// The members whose keys are among the wanted, or are not.
fn chosen(ctx: &mut Context<'_>, operands: &[Value], among: bool) -> Given {
    let object = operand::object(operands, 1)?;
    let wanted = wanted(ctx, operands)?;
    ctx.work(units(wanted.len()))?;
    collection(ctx, object.len().saturating_mul(2))?;
    let mut members = Vec::new();
    for member in object {
        ctx.passed(4)?;
        if wanted.binary_search(&member.0).is_ok() == among {
            members.push(member.clone());
        }
    }
    give(Object::from_sorted(members))
}

fn remove(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    chosen(ctx, operands, false)
}

fn filter(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    chosen(ctx, operands, true)
}

fn union(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let first = operand::object(operands, 1)?;
    let second = operand::object(operands, 2)?;
    give(merge(ctx, first, second, DEPTH)?)
}

/// The members of both; where both have one the second's stays, and objects are merged.
fn merge(ctx: &mut Context<'_>, first: &Object, second: &Object, depth: usize) -> Result<Object> {
    if first.is_empty() {
        return Ok(second.clone());
    }
    if second.is_empty() {
        return Ok(first.clone());
    }
    let depth = depth.checked_sub(1).ok_or(Cancelled::Depth)?;
    let size = first.len().saturating_add(second.len());
    collection(ctx, size.saturating_mul(2))?;
    let mut merged = Vec::with_capacity(size);
    let mut left = first.iter().peekable();
    let mut right = second.iter().peekable();
    loop {
        let order = match (left.peek(), right.peek()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((a, _)), Some((b, _))) => a.cmp_within(b, &mut |units| ctx.passed(units))?,
        };
        ctx.passed(1)?;
        let mine = if order.is_le() { left.next() } else { None };
        let yours = if order.is_ge() { right.next() } else { None };
        match (mine, yours) {
            (Some((key, Value::Object(mine))), Some((_, Value::Object(yours)))) => {
                let both = merge(ctx, mine, yours, depth)?;
                merged.push((key.clone(), Value::Object(both)));
            }
            (Some((key, _)), Some((_, value))) => merged.push((key.clone(), value.clone())),
            (Some(member), None) | (None, Some(member)) => merged.push(member.clone()),
            (None, None) => break,
        }
    }
    Ok(Object::from_sorted(merged))
}

fn union_of_all(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let array = operand::array(operands, 1)?;
    give(merge_all(ctx, &objects(operands, array)?, DEPTH)?)
}

fn objects<'a>(operands: &'a [Value], array: &'a Array) -> Result<Vec<&'a Object>> {
    let composite = operand::value(operands, 1)?;
    array
        .iter()
        .map(|element| match element {
            Value::Object(object) => Ok(object),
            other => Err(operand::element(1, composite, other, &["object"])),
        })
        .collect()
}

/// As one merge after the other, but each member is looked at once: under each key the last value
/// counts, merged with the objects right before it.
fn merge_all(ctx: &mut Context<'_>, objects: &[&Object], depth: usize) -> Result<Object> {
    if let [only] = objects {
        return Ok((*only).clone());
    }
    let depth = depth.checked_sub(1).ok_or(Cancelled::Depth)?;
    let size = objects.iter().map(|object| object.len()).fold(0usize, usize::saturating_add);
    collection(ctx, size.saturating_mul(2))?;
    let members = objects.iter().flat_map(|object| object.iter());
    let members = sorted_by_key(ctx, members.collect())?;
    let mut merged = Vec::with_capacity(members.len());
    for same in members.chunk_by(|(a, _), (b, _)| a == b) {
        ctx.passed(units(same.len()).saturating_mul(2))?;
        let mut inner: Vec<&Object> =
            same.iter().rev().map_while(|(_, value)| value.as_object()).collect();
        let Some((key, last)) = same.last() else { continue };
        if inner.len() < 2 {
            merged.push((key.clone(), last.clone()));
        } else {
            inner.reverse();
            let both = merge_all(ctx, &inner, depth)?;
            merged.push((key.clone(), Value::Object(both)));
        }
    }
    Ok(Object::from_sorted(merged))
}
