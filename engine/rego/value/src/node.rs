//! What arrays, objects and sets are made of: one shared allocation with a small header, which
//! knows how deep the value is nested and how heavy it is.
//!
//! Values nested deeper than [`SHALLOW`] are freed with a stack of their own, never by recursion: a
//! hostile document cannot overflow the thread's stack. Large ones are freed by another thread, see
//! [`crate::later`]. Comparing and hashing go by weight, see [`crate::heavy`].

use crate::heavy::{Digest, LIGHT, Unbounded};
use crate::index::{Keyed, Wanted};
use crate::later::{self, HEAVY};
use crate::lookup::{Lookup, SMALL};
use crate::shape::Shape;
use crate::{Array, Object, Set, Value};
use std::mem;
use triomphe::ThinArc;

/// To this depth values are freed by recursion.
pub(crate) const SHALLOW: u32 = 128;

/// What stands before the elements of an array. Most arrays are small, and there are many: what
/// only heavy ones need stands elsewhere.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) shape: Shape,
    digest: Option<Box<Digest>>,
}

/// The elements of an array. An empty collection has no node.
pub(crate) type ArrayNode = ThinArc<Head, Value>;

/// What stands before the elements of a set or the members of an object, as for arrays.
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) shape: Shape,
    large: Option<Box<Large>>,
}

/// What large sets and objects have besides.
#[derive(Debug, Default)]
struct Large {
    digest: Digest,
    lookup: Lookup,
}

/// The members of an object or the elements of a set, in order.
pub(crate) type SortedNode<E> = ThinArc<Header, E>;

impl Head {
    pub(crate) fn new(shape: Shape) -> Self {
        Self { shape, digest: (shape.weight > LIGHT).then(Box::default) }
    }

    /// Where its hash is kept, where it is heavy.
    pub(crate) fn digest(&self) -> Option<&Digest> {
        self.digest.as_deref()
    }
}

impl Header {
    /// For so many elements or members.
    pub(crate) fn new(shape: Shape, count: usize) -> Self {
        let large = shape.weight > LIGHT || count > SMALL;
        Self { shape, large: large.then(Box::default) }
    }

    /// Where its hash is kept, where it is heavy.
    pub(crate) fn digest(&self) -> Option<&Digest> {
        self.large.as_ref().map(|large| &large.digest)
    }

    /// Where a key stands among the entries, which are in order.
    #[inline]
    pub(crate) fn find<E: Keyed, W: Wanted + ?Sized>(
        &self,
        entries: &[E],
        key: &W,
    ) -> Option<usize> {
        match &self.large {
            Some(large) if entries.len() > SMALL => large.lookup.find(entries, key),
            _ => entries.iter().position(|entry| key.is(entry.key(), &mut Unbounded)),
        }
    }

    pub(crate) fn heap_size(&self) -> usize {
        let large = self.large.as_ref();
        large.map_or(0, |large| size_of::<Large>() + large.lookup.heap_size())
    }
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

/// Frees a value without recursion.
pub(crate) fn free_here(value: Value) {
    let mut deep = vec![value];
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

impl Shape {
    /// Whether freeing it takes care.
    #[inline]
    fn is_unwieldy(self) -> bool {
        self.depth > SHALLOW || self.weight >= HEAVY
    }
}

/// Gives up one holder of a node that is deep or large.
#[cold]
fn release<H, E>(node: ThinArc<H, E>, shape: Shape, value: fn(ThinArc<H, E>) -> Value) {
    // Of several holders the last one frees it.
    if node.with_arc(|shared| triomphe::Arc::strong_count(shared) > 1) {
        return;
    }
    if shape.weight >= HEAVY {
        later::free_value(value(node));
    } else {
        free_here(value(node));
    }
}

impl Drop for Array {
    #[inline]
    fn drop(&mut self) {
        let shape = self.shape();
        if shape.is_unwieldy()
            && let Some(node) = self.0.take()
        {
            release(node, shape, |node| Value::Array(Array(Some(node))));
        }
    }
}

impl Drop for Object {
    #[inline]
    fn drop(&mut self) {
        let shape = self.shape();
        if shape.is_unwieldy()
            && let Some(node) = self.0.take()
        {
            release(node, shape, |node| Value::Object(Object(Some(node))));
        }
    }
}

impl Drop for Set {
    #[inline]
    fn drop(&mut self) {
        let shape = self.shape();
        if shape.is_unwieldy()
            && let Some(node) = self.0.take()
        {
            release(node, shape, |node| Value::Set(Set(Some(node))));
        }
    }
}
