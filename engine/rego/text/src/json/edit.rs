//! A document under edit: changes lie over what it was, as in OPA's `internal/edittree`.
//!
//! Errors show the value as it was before the changes, and an element of an array that has not
//! been changed is looked up by its index in that value even where elements before it have gone or
//! come: so does OPA, and its results show it.

use crate::give::{VALUE_BYTES, units};
use referee_rego_builtin::{BuiltinError, Cancelled, Context, Result};
use referee_rego_value::{Array, Object, Set, Value};
use std::collections::BTreeMap;

/// How deep a document may become: code that walks values takes stack for each level.
const MOST_DEPTH: u32 = 1_000;

/// A value with changes over it.
#[derive(Debug)]
pub(super) struct Node {
    /// What it was; `None` where it was removed.
    base: Option<Value>,
    /// Of an object or set: the members that were added, changed or removed.
    members: BTreeMap<Value, Member>,
    /// Of an array: what stands at each place.
    elements: Vec<Element>,
}

#[derive(Debug)]
enum Member {
    Changed(Node),
    /// Removed: whether it was a collection.
    Removed(bool),
}

#[derive(Debug)]
enum Element {
    /// An element of the value as it was.
    Kept(usize),
    Changed(Node),
}

fn error<T>(words: impl Into<String>) -> Result<T> {
    Err(BuiltinError::new(words))
}

/// A value in a message; its longest texts are cut.
pub(super) fn brief(value: &Value) -> String {
    value.brief(1 << 16)
}

fn is_composite(value: &Value) -> bool {
    matches!(value, Value::Array(_) | Value::Object(_) | Value::Set(_))
}

/// The name of a scalar's type in OPA's Go.
fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "ast.Null",
        Value::Bool(_) => "ast.Boolean",
        Value::Number(_) => "ast.Number",
        _ => "ast.String",
    }
}

fn depth(value: &Value) -> u32 {
    match value {
        Value::Array(array) => array.depth(),
        Value::Object(object) => object.depth(),
        Value::Set(set) => set.depth(),
        _ => 0,
    }
}

/// The place in an array of so many elements that a key names.
fn index(length: usize, key: &Value) -> Result<i64> {
    match key {
        Value::Number(number) => {
            number.as_i64().ok_or_else(|| BuiltinError::new("invalid number type for indexing"))
        }
        Value::String(text) if text == "-" => Ok(i64::try_from(length).unwrap_or(i64::MAX)),
        Value::String(text) => {
            let number = crate::number::small(text);
            let number = number.ok_or_else(|| BuiltinError::new("invalid string for indexing"))?;
            if text != "0" && text.starts_with('0') {
                return error("leading zeros are not allowed in JSON paths");
            }
            Ok(number)
        }
        _ => error("invalid type for indexing"),
    }
}

impl Node {
    pub(super) fn new(value: Value) -> Self {
        let elements = match &value {
            Value::Array(array) => (0..array.len()).map(Element::Kept).collect(),
            _ => Vec::new(),
        };
        Self { base: Some(value), members: BTreeMap::new(), elements }
    }

    /// The value with its changes; `None` where it was removed.
    pub(super) fn render(&self, ctx: &mut Context<'_>) -> Result<Option<Value>> {
        let Some(base) = &self.base else {
            return Ok(None);
        };
        Ok(Some(match base {
            Value::Object(object) if !self.members.is_empty() => {
                self.charge(ctx, object.len())?;
                let mut members = Vec::with_capacity(object.len() + self.members.len());
                let kept = object.iter().filter(|(key, _)| !self.members.contains_key(key));
                members.extend(kept.cloned());
                for (key, member) in &self.members {
                    if let Member::Changed(node) = member
                        && let Some(value) = node.render(ctx)?
                    {
                        members.push((key.clone(), value));
                    }
                }
                Value::Object(members.into_iter().collect::<Object>())
            }
            Value::Set(set) if !self.members.is_empty() => {
                self.charge(ctx, set.len())?;
                let kept = set.iter().filter(|element| !self.members.contains_key(element));
                let mut elements: Vec<Value> = kept.cloned().collect();
                for member in self.members.values() {
                    if let Member::Changed(node) = member {
                        elements.extend(node.render(ctx)?);
                    }
                }
                Value::Set(elements.into_iter().collect::<Set>())
            }
            Value::Array(array) => {
                self.charge(ctx, self.elements.len())?;
                let mut elements = Vec::with_capacity(self.elements.len());
                for element in &self.elements {
                    match element {
                        Element::Kept(at) => elements.extend(array.get(*at).cloned()),
                        Element::Changed(node) => elements.extend(node.render(ctx)?),
                    }
                }
                Value::Array(Array::from(elements))
            }
            other => other.clone(),
        }))
    }

    fn charge(&self, ctx: &mut Context<'_>, size: usize) -> Result<()> {
        let size = size.saturating_add(self.members.len()).saturating_mul(2);
        ctx.work(units(size))?;
        Ok(ctx.reserve(size.saturating_mul(VALUE_BYTES))?)
    }

    /// Makes the changes of a set part of it: a collection in it is found by its value only.
    fn collapse(&mut self, ctx: &mut Context<'_>) -> Result<()> {
        self.base = self.render(ctx)?;
        self.members.clear();
        Ok(())
    }

    /// The node at a path, with the nodes above it made.
    pub(super) fn at(&mut self, ctx: &mut Context<'_>, path: &[Value]) -> Result<&mut Self> {
        let mut node = self;
        for key in path {
            ctx.work(2)?;
            node = node.child(ctx, key)?;
        }
        Ok(node)
    }

    fn child(&mut self, ctx: &mut Context<'_>, key: &Value) -> Result<&mut Self> {
        let base = match &self.base {
            Some(base) => base.clone(),
            None => return error("nil value encountered where composite value was expected"),
        };
        match &base {
            Value::Object(_) => self.member(&base, key, false),
            Value::Set(_) => {
                if is_composite(key) {
                    self.collapse(ctx)?;
                }
                let base = self.base.clone().unwrap_or(base);
                self.member(&base, key, true)
            }
            Value::Array(array) => self.element(array, key),
            other => {
                let kind = go_type(other);
                error(format!(
                    "expected composite type for path {}, found value: {} (type: {kind})",
                    brief(key),
                    brief(other)
                ))
            }
        }
    }

    fn member(&mut self, base: &Value, key: &Value, set: bool) -> Result<&mut Self> {
        if let Some(Member::Removed(composite)) = self.members.get(key) {
            let kind = if *composite { "composite" } else { "scalar" };
            let key = brief(key);
            return error(format!("cannot unfold the already deleted {kind} node for key {key}"));
        }
        if !self.members.contains_key(key) {
            let Some(found) = base.get(key) else {
                return error(if set {
                    // Here OPA shows a string without its quotes.
                    let key = key.as_str().map_or_else(|| brief(key), str::to_owned);
                    format!("path {key} does not exist in set term {}", brief(base))
                } else {
                    let (key, base) = (brief(key), brief(base));
                    format!("path {key} does not exist in object term {base}")
                });
            };
            self.members.insert(key.clone(), Member::Changed(Self::new(found.clone())));
        }
        match self.members.get_mut(key) {
            Some(Member::Changed(node)) => Ok(node),
            _ => error("deleted node encountered during insert operation"),
        }
    }

    fn element(&mut self, array: &Array, key: &Value) -> Result<&mut Self> {
        let position = index(self.elements.len(), key)?;
        let at = usize::try_from(position).unwrap_or(usize::MAX);
        if !matches!(self.elements.get(at), Some(Element::Changed(_))) {
            let Some(found) = array.get(at) else {
                let base = Value::Array(array.clone());
                return error(format!("path {position} does not exist in array term {base}"));
            };
            match self.elements.get_mut(at) {
                Some(element) => *element = Element::Changed(Self::new(found.clone())),
                None => return error("index for array delete out of bounds"),
            }
        }
        match self.elements.get_mut(at) {
            Some(Element::Changed(node)) => Ok(node),
            _ => error("index for array delete out of bounds"),
        }
    }

    /// Puts a value at a path.
    pub(super) fn insert(
        &mut self,
        ctx: &mut Context<'_>,
        path: &[Value],
        value: Value,
    ) -> Result<()> {
        let below = u32::try_from(path.len()).unwrap_or(u32::MAX);
        if depth(&value).saturating_add(below) > MOST_DEPTH {
            return Err(Cancelled::Depth.into());
        }
        let Some((last, above)) = path.split_last() else {
            *self = Self::new(value);
            return Ok(());
        };
        ctx.reserve(VALUE_BYTES.saturating_mul(8))?;
        self.at(ctx, above)?.put(ctx, last, value)
    }

    fn put(&mut self, ctx: &mut Context<'_>, key: &Value, value: Value) -> Result<()> {
        let length = self.elements.len();
        match &self.base {
            None => error("deleted node encountered during insert operation"),
            Some(Value::Object(_)) => {
                self.members.insert(key.clone(), Member::Changed(Self::new(value)));
                Ok(())
            }
            Some(Value::Set(_)) => {
                if *key != value {
                    return error(format!(
                        "set key {} does not equal value to be inserted {}",
                        brief(key),
                        brief(&value)
                    ));
                }
                if is_composite(key) {
                    self.collapse(ctx)?;
                }
                self.members.insert(key.clone(), Member::Changed(Self::new(value)));
                Ok(())
            }
            Some(Value::Array(_)) => {
                let at = usize::try_from(index(length, key)?).unwrap_or(usize::MAX);
                if at > length {
                    return error("index for array insertion out of bounds");
                }
                ctx.work(units((length - at) / 8 + 1))?;
                self.elements.insert(at, Element::Changed(Self::new(value)));
                Ok(())
            }
            Some(other) => {
                let kind = go_type(other);
                let other = brief(other);
                error(format!("expected composite type, found value: {other} (type: {kind})"))
            }
        }
    }

    /// Removes what stands at a path.
    pub(super) fn delete(&mut self, ctx: &mut Context<'_>, path: &[Value]) -> Result<()> {
        let Some((last, above)) = path.split_last() else {
            if self.base.is_none() {
                return error("deleted node encountered during delete operation");
            }
            *self = Self { base: None, members: BTreeMap::new(), elements: Vec::new() };
            return Ok(());
        };
        self.at(ctx, above)?.take(ctx, last)
    }

    fn take(&mut self, ctx: &mut Context<'_>, key: &Value) -> Result<()> {
        let length = self.elements.len();
        match &self.base {
            None => error("deleted node encountered during delete operation"),
            Some(Value::Object(_)) => self.take_member(key),
            Some(Value::Set(_)) => {
                if is_composite(key) {
                    self.collapse(ctx)?;
                }
                self.take_member(key)
            }
            Some(Value::Array(_)) => {
                let at = usize::try_from(index(length, key)?).unwrap_or(usize::MAX);
                if at >= length {
                    return error("index for array delete out of bounds");
                }
                ctx.work(units((length - at) / 8 + 1))?;
                self.elements.remove(at);
                Ok(())
            }
            Some(other) => {
                let kind = go_type(other);
                let other = brief(other);
                error(format!("expected composite type, found value: {other} (type: {kind})"))
            }
        }
    }

    fn take_member(&mut self, key: &Value) -> Result<()> {
        let composite = match self.members.get(key) {
            Some(Member::Removed(composite)) => {
                let kind = if *composite { "composite" } else { "scalar" };
                let key = brief(key);
                return error(format!(
                    "cannot delete the already deleted {kind} node for key {key}"
                ));
            }
            Some(Member::Changed(node)) => node.base.as_ref().is_some_and(is_composite),
            None => match self.base.as_ref().and_then(|base| base.get(key)) {
                Some(found) => is_composite(found),
                None => {
                    let key = brief(key);
                    return error(format!("cannot delete child key {key} that does not exist"));
                }
            },
        };
        self.members.insert(key.clone(), Member::Removed(composite));
        Ok(())
    }
}
