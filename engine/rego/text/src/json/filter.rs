//! `json.filter` keeps what stands at paths, `json.remove` leaves it out.

use super::path;
use crate::give::{Given, collection, give, units};
use referee_rego_builtin::{Cancelled, Context, Result, operand};
use referee_rego_value::{Object, ObjectBuilder, Set, Value};
use std::collections::BTreeMap;

/// How deep values are looked into: each level takes stack.
const DEPTH: usize = 1_000;

/// A level of paths takes as much as so many values.
const LEVEL: usize = 24;

/// Paths as a tree: the keys of a level; a path ends where there are none. No deeper than values
/// are looked into: what is further down a path names nothing.
#[derive(Debug)]
enum Tree {
    End,
    Keys(BTreeMap<Value, Tree>),
}

impl Tree {
    /// The tree of the paths of the second operand. Of a path and a longer one the shorter counts.
    fn read(ctx: &mut Context<'_>, operands: &[Value]) -> Result<Self> {
        let paths = operand::value(operands, 2)?;
        let elements =
            operand::elements(paths).ok_or_else(|| operand::one_of(2, paths, &["set", "array"]))?;
        let mut root = BTreeMap::new();
        let mut keys = Vec::with_capacity(elements.len());
        for path in elements {
            ctx.passed(8)?;
            keys.push(path::keys(path)?);
        }
        for keys in keys {
            // Each key may be the only one of its level.
            let levels = keys.len().min(DEPTH).saturating_mul(LEVEL);
            collection(ctx, keys.len().saturating_add(levels).saturating_add(1))?;
            // Each key is looked for in a tree.
            ctx.passed(units(keys.len().saturating_mul(8)))?;
            add(&mut root, keys);
        }
        Ok(Self::Keys(root))
    }

    fn get(&self, key: &Value) -> Option<&Self> {
        match self {
            Self::End => None,
            Self::Keys(keys) => keys.get(key),
        }
    }

    /// Elements of arrays are named by their index as a string.
    fn at(&self, index: usize) -> Option<&Self> {
        match self {
            Self::Keys(keys) if !keys.is_empty() => keys.get(&Value::from(index.to_string())),
            _ => None,
        }
    }
}

fn add(root: &mut BTreeMap<Value, Tree>, mut keys: Vec<Value>) {
    let cut = keys.len() > DEPTH;
    keys.truncate(DEPTH);
    let Some(last) = keys.pop() else {
        return;
    };
    let mut node = root;
    for key in keys {
        match node.entry(key).or_insert_with(|| Tree::Keys(BTreeMap::new())) {
            Tree::End => return,
            Tree::Keys(keys) => node = keys,
        }
    }
    if cut {
        node.entry(last).or_insert_with(|| Tree::Keys(BTreeMap::new()));
    } else {
        node.insert(last, Tree::End);
    }
}

pub(super) fn filter(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let object = operand::object(operands, 1)?;
    let tree = Tree::read(ctx, operands)?;
    give(kept(ctx, &Value::Object(object.clone()), &tree, DEPTH)?)
}

fn kept(ctx: &mut Context<'_>, value: &Value, tree: &Tree, depth: usize) -> Result<Value> {
    let depth = depth.checked_sub(1).ok_or(Cancelled::Depth)?;
    let Tree::Keys(keys) = tree else {
        return Ok(value.clone());
    };
    match value {
        Value::Object(object) => {
            ctx.work(units(object.len().min(keys.len())))?;
            let mut members = Vec::new();
            if keys.len() <= object.len() {
                for (key, tree) in keys {
                    ctx.passed(8)?;
                    if let Some((key, value)) = object.get_member(key) {
                        members.push((key.clone(), kept(ctx, value, tree, depth)?));
                    }
                }
            } else {
                for (key, value) in object.iter() {
                    ctx.passed(8)?;
                    if let Some(tree) = keys.get(key) {
                        members.push((key.clone(), kept(ctx, value, tree, depth)?));
                    }
                }
            }
            collection(ctx, members.len().saturating_mul(2))?;
            Ok(Value::Object(object_of(ctx, members)?))
        }
        Value::Array(array) => {
            ctx.work(units(array.len()))?;
            let mut elements = Vec::new();
            for (index, element) in array.iter().enumerate() {
                ctx.passed(8)?;
                if let Some(tree) = tree.at(index) {
                    elements.push(kept(ctx, element, tree, depth)?);
                }
            }
            collection(ctx, elements.len())?;
            Ok(Value::Array(elements.into()))
        }
        Value::Set(set) => {
            ctx.work(units(set.len()))?;
            let mut elements = Vec::new();
            for element in set.iter() {
                if let Some(tree) = tree.get(element) {
                    elements.push(kept(ctx, element, tree, depth)?);
                }
            }
            collection(ctx, elements.len())?;
            Ok(Value::Set(elements.into_iter().collect::<Set>()))
        }
        other => Ok(other.clone()),
    }
}

/// Members whose keys are in order, or nearly so.
fn object_of(ctx: &mut Context<'_>, members: Vec<(Value, Value)>) -> Result<Object> {
    let mut object = ObjectBuilder::with_capacity(members.len());
    for (key, value) in members {
        object.insert_within(key, value, &mut |units| ctx.passed(units))?;
    }
    Ok(object.build_within(&mut |units| ctx.passed(units))?)
}

pub(super) fn remove(ctx: &mut Context<'_>, operands: &[Value]) -> Given {
    let object = operand::object(operands, 1)?;
    let tree = Tree::read(ctx, operands)?;
    without(ctx, &Value::Object(object.clone()), Some(&tree), DEPTH)
}

/// The value without what the tree names; `None` where that is all of it.
fn without(
    ctx: &mut Context<'_>,
    value: &Value,
    tree: Option<&Tree>,
    depth: usize,
) -> Result<Option<Value>> {
    let depth = depth.checked_sub(1).ok_or(Cancelled::Depth)?;
    let tree = match tree {
        None => return Ok(Some(value.clone())),
        Some(Tree::End) => return Ok(None),
        Some(tree) => tree,
    };
    Ok(Some(match value {
        Value::Object(object) => {
            collection(ctx, object.len().saturating_mul(2))?;
            let mut members = Vec::with_capacity(object.len());
            for (key, value) in object.iter() {
                ctx.passed(8)?;
                if let Some(rest) = without(ctx, value, tree.get(key), depth)? {
                    members.push((key.clone(), rest));
                }
            }
            Value::Object(Object::from_sorted(members))
        }
        Value::Array(array) => {
            collection(ctx, array.len())?;
            let mut elements = Vec::with_capacity(array.len());
            for (index, element) in array.iter().enumerate() {
                ctx.passed(8)?;
                elements.extend(without(ctx, element, tree.at(index), depth)?);
            }
            Value::Array(elements.into())
        }
        Value::Set(set) => {
            collection(ctx, set.len())?;
            let mut elements = Vec::with_capacity(set.len());
            for element in set.iter() {
                elements.extend(without(ctx, element, tree.get(element), depth)?);
            }
            Value::Set(elements.into_iter().collect::<Set>())
        }
        other => other.clone(),
    }))
}
