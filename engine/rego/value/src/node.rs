//! What arrays, objects and sets are made of: one shared allocation with a small header, which
//! knows how deep the value is nested.
//!
//! Values nested deeper than [`SHALLOW`] are compared, hashed and freed with a stack of their own,
//! never by recursion: a hostile document cannot overflow the thread's stack.

use crate::index::Lookup;
use crate::{Array, Object, Set, Value};
use std::mem;
use triomphe::ThinArc;

/// To this depth values are walked by recursion.
pub(crate) const SHALLOW: u32 = 128;

/// The elements of an array. An empty collection has no node.
pub(crate) type ArrayNode = ThinArc<u32, Value>;

/// What stands before the elements of a set or the members of an object.
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) depth: u32,
    pub(crate) lookup: Lookup,
}

/// The members of an object or the elements of a set, in order.
pub(crate) type SortedNode<E> = ThinArc<Header, E>;

impl Value {
    /// How deep arrays, objects and sets are nested in it: 0 for a scalar, 1 for `[]` and for
    /// `[1]`. Known without looking; it ends at `u32::MAX`.
    #[must_use]
    #[inline]
    pub fn depth(&self) -> u32 {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => 0,
            Self::Array(array) => array.depth(),
            Self::Object(object) => object.depth(),
            Self::Set(set) => set.depth(),
        }
    }
}

/// The depth of a collection of these elements.
pub(crate) fn depth_around(elements: &[Value]) -> u32 {
    elements.iter().map(Value::depth).max().unwrap_or(0).saturating_add(1)
}

/// The depth of an object of these members.
pub(crate) fn depth_around_members(members: &[(Value, Value)]) -> u32 {
    let inner = members.iter().map(|(key, value)| key.depth().max(value.depth())).max();
    inner.unwrap_or(0).saturating_add(1)
}

/// Moves what is nested too deep to be freed by recursion out of a value.
fn take_deep(value: &mut Value, deep: &mut Vec<Value>) {
    if value.depth() > SHALLOW {
        deep.push(mem::replace(value, Value::Null));
    }
}

fn open_array(mut node: ArrayNode, deep: &mut Vec<Value>) {
    node.with_arc_mut(|shared| {
        if let Some(alone) = triomphe::Arc::get_mut(shared) {
            alone.slice_mut().iter_mut().for_each(|element| take_deep(element, deep));
        }
    });
}

fn open_set(mut node: SortedNode<Value>, deep: &mut Vec<Value>) {
    node.with_arc_mut(|shared| {
        if let Some(alone) = triomphe::Arc::get_mut(shared) {
            alone.slice_mut().iter_mut().for_each(|element| take_deep(element, deep));
        }
    });
}

fn open_object(mut node: SortedNode<(Value, Value)>, deep: &mut Vec<Value>) {
    node.with_arc_mut(|shared| {
        if let Some(alone) = triomphe::Arc::get_mut(shared) {
            for (key, value) in alone.slice_mut() {
                take_deep(key, deep);
                take_deep(value, deep);
            }
        }
    });
}

/// Frees what a collection held without recursion.
fn free(mut deep: Vec<Value>) {
    while let Some(mut value) = deep.pop() {
        match &mut value {
            Value::Array(array) => {
                array.0.take().into_iter().for_each(|n| open_array(n, &mut deep))
            }
            Value::Object(object) => {
                object.0.take().into_iter().for_each(|n| open_object(n, &mut deep));
            }
            Value::Set(set) => set.0.take().into_iter().for_each(|n| open_set(n, &mut deep)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

#[cold]
fn free_array(node: ArrayNode) {
    let mut deep = Vec::new();
    open_array(node, &mut deep);
    free(deep);
}

#[cold]
fn free_set(node: SortedNode<Value>) {
    let mut deep = Vec::new();
    open_set(node, &mut deep);
    free(deep);
}

#[cold]
fn free_object(node: SortedNode<(Value, Value)>) {
    let mut deep = Vec::new();
    open_object(node, &mut deep);
    free(deep);
}

impl Drop for Array {
    #[inline]
    fn drop(&mut self) {
        if self.depth() > SHALLOW {
            self.0.take().into_iter().for_each(free_array);
        }
    }
}

impl Drop for Object {
    #[inline]
    fn drop(&mut self) {
        if self.depth() > SHALLOW {
            self.0.take().into_iter().for_each(free_object);
        }
    }
}

impl Drop for Set {
    #[inline]
    fn drop(&mut self) {
        if self.depth() > SHALLOW {
            self.0.take().into_iter().for_each(free_set);
        }
    }
}
