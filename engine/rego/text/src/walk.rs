//! `walk`: every value in a value, with the path to it; `topdown/walk.go`.
//!
//! The order is OPA's: a value comes before what it holds, members in the order of their keys.

use crate::give::{VALUE_BYTES, units};
use referee_rego_builtin::{Context, Implementation, Result, Table, operand};
use referee_rego_value::{Array, Value};
use std::ops::ControlFlow;

pub(crate) const TABLE: Table = &[("walk", Implementation::Relation(walk))];

fn walk(
    ctx: &mut Context<'_>,
    operands: &[Value],
    emit: &mut dyn FnMut(Value) -> ControlFlow<()>,
) -> Result<()> {
    walk_with(ctx, operand::value(operands, 1)?, &[], true, &mut |ctx, path, value| {
        ctx.reserve(path.len().saturating_add(3).saturating_mul(VALUE_BYTES))?;
        let path = Value::Array(Array::from(path.to_vec()));
        Ok(emit(Value::array([path, value.clone()])))
    })
}

/// What a walk hands on: the path, empty where none is wanted, and the value there.
pub type Visit<'v> =
    &'v mut dyn FnMut(&mut Context<'_>, &[Value], &Value) -> Result<ControlFlow<()>>;

/// Where the walk is: the children still to be visited of each value above.
enum Children<'a> {
    Array(std::iter::Enumerate<std::slice::Iter<'a, Value>>),
    Object(std::slice::Iter<'a, (Value, Value)>),
    Set(std::slice::Iter<'a, Value>),
    /// The one child that a fixed part of the path leads to.
    One(Option<(Value, &'a Value)>),
}

impl<'a> Iterator for Children<'a> {
    type Item = (Value, &'a Value);

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Array(rest) => {
                rest.next().map(|(index, value)| (crate::give::size(index), value))
            }
            Self::Object(rest) => rest.next().map(|(key, value)| (key.clone(), value)),
            Self::Set(rest) => rest.next().map(|value| (value.clone(), value)),
            Self::One(child) => child.take(),
        }
    }
}

fn children<'a>(value: &'a Value, fixed: Option<&Value>) -> Option<Children<'a>> {
    if let Some(key) = fixed {
        return value.get(key).map(|child| Children::One(Some((key.clone(), child))));
    }
    match value {
        Value::Array(array) => Some(Children::Array(array.iter().enumerate())),
        Value::Object(object) => Some(Children::Object(object.iter())),
        Value::Set(set) => Some(Children::Set(set.iter())),
        _ => None,
    }
}

/// Walks through a value.
///
/// `prefix` is what is known of the beginning of the paths: each part is a key or, where `None`,
/// any key; only values at or below it are visited. Without `paths` no path is made.
///
/// # Errors
/// Where the budget is used up, or `visit` fails.
pub fn walk_with(
    ctx: &mut Context<'_>,
    value: &Value,
    prefix: &[Option<Value>],
    paths: bool,
    visit: Visit<'_>,
) -> Result<()> {
    let fixed = |depth: usize| prefix.get(depth).and_then(Option::as_ref);
    let mut path: Vec<Value> = Vec::new();
    if prefix.is_empty() && visit(ctx, &path, value)?.is_break() {
        return Ok(());
    }
    let mut open: Vec<Children<'_>> = children(value, fixed(0)).into_iter().collect();
    while let Some(rest) = open.last_mut() {
        let Some((key, child)) = rest.next() else {
            open.pop();
            path.pop();
            continue;
        };
        ctx.work(units(1))?;
        let depth = open.len();
        if paths {
            path.truncate(depth - 1);
            path.push(key);
        }
        if depth >= prefix.len() && visit(ctx, &path, child)?.is_break() {
            return Ok(());
        }
        if let Some(below) = children(child, fixed(depth)) {
            open.push(below);
        }
    }
    Ok(())
}
