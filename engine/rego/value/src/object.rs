//! Objects: immutable, shared, their members in the order of their keys.

use crate::Value;
use crate::gather::Builder;
use crate::heavy::{Effort, Metered, Unbounded};
use crate::index::Wanted;
use crate::node::{Header, SortedNode};
use crate::shape::Shape;
use std::cmp::Ordering;
use std::fmt;
use triomphe::ThinArc;

/// An object: its members in the order of their keys.
#[derive(Clone, Default)]
pub struct Object(pub(crate) Option<SortedNode<(Value, Value)>>);

impl Object {
    /// The object without members; nothing is allocated for it.
    pub const EMPTY: Self = Self(None);

    /// Its members in the order of their keys.
    #[must_use]
    #[inline]
    pub fn as_slice(&self) -> &[(Value, Value)] {
        self.0.as_ref().map_or(&[], |node| &node.slice)
    }

    /// How many members it has.
    #[must_use]
    #[inline]
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// Whether it has none.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// How deep it is nested, itself included.
    #[must_use]
    #[inline]
    pub fn depth(&self) -> u32 {
        self.shape().depth
    }

    #[inline]
    pub(crate) fn shape(&self) -> Shape {
        self.0.as_ref().map_or(Shape::EMPTY, |node| node.header.header.shape)
    }

    #[inline]
    fn find<W: Wanted + ?Sized>(&self, key: &W) -> Option<&(Value, Value)> {
        let node = self.0.as_ref()?;
        node.slice.get(node.header.header.find(&node.slice, key)?)
    }

    /// The value under a key.
    #[must_use]
    #[inline]
    pub fn get(&self, key: &Value) -> Option<&Value> {
        self.find(key).map(|(_, value)| value)
    }

    /// The value under a key that is a string. Allocates nothing.
    #[must_use]
    #[inline]
    pub fn get_str(&self, key: &str) -> Option<&Value> {
        self.find(key).map(|(_, value)| value)
    }

    /// The member under a key: the key as the object has it, and the value.
    #[must_use]
    pub fn get_member(&self, key: &Value) -> Option<&(Value, Value)> {
        self.find(key)
    }

    /// Whether there is a member under a key.
    #[must_use]
    pub fn contains_key(&self, key: &Value) -> bool {
        self.find(key).is_some()
    }

    /// Its members in the order of their keys.
    pub fn iter(&self) -> std::slice::Iter<'_, (Value, Value)> {
        self.as_slice().iter()
    }

    /// Its keys in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &Value> + DoubleEndedIterator + Clone {
        self.iter().map(|(key, _)| key)
    }

    /// Its values in the order of their keys.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &Value> + DoubleEndedIterator + Clone {
        self.iter().map(|(_, value)| value)
    }

    /// A copy with one more member; one under the same key is replaced.
    #[must_use]
    pub fn insert(&self, key: Value, value: Value) -> Self {
        let members = self.as_slice();
        let (at, rest) = match members.binary_search_by(|(found, _)| found.cmp(&key)) {
            Ok(at) => (at, at.saturating_add(1)),
            Err(at) => (at, at),
        };
        let mut all = Vec::with_capacity(members.len() + 1);
        all.extend_from_slice(members.get(..at).unwrap_or(&[]));
        all.push((key, value));
        all.extend_from_slice(members.get(rest..).unwrap_or(&[]));
        Self::of_sorted(all)
    }

    /// A copy without the member under a key.
    #[must_use]
    pub fn remove(&self, key: &Value) -> Self {
        if !self.contains_key(key) {
            return self.clone();
        }
        Self::of_sorted(self.iter().filter(|(found, _)| found != key).cloned().collect())
    }

    /// The members of both; of two under one key the other's stays.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.union_with(other, |_, _, theirs| theirs.clone())
    }

    /// The members of both; of two under one key `choose` makes one value, given the key, this
    /// object's value and the other's.
    #[must_use]
    pub fn union_with(
        &self,
        other: &Self,
        mut choose: impl FnMut(&Value, &Value, &Value) -> Value,
    ) -> Self {
        if other.is_empty() {
            return self.clone();
        }
        if self.is_empty() {
            return other.clone();
        }
        let mut all = Vec::with_capacity(self.len() + other.len());
        let (mut left, mut right) = (self.iter().peekable(), other.iter().peekable());
        while let (Some((a, ours)), Some((b, theirs))) = (left.peek(), right.peek()) {
            match a.cmp(b) {
                Ordering::Less => all.extend(left.next().cloned()),
                Ordering::Greater => all.extend(right.next().cloned()),
                Ordering::Equal => {
                    all.push((a.clone(), choose(a, ours, theirs)));
                    left.next();
                    right.next();
                }
            }
        }
        all.extend(left.cloned());
        all.extend(right.cloned());
        Self::of_sorted(all)
    }

    /// Of members that are usually in order already: found out in one pass, and put in order where
    /// they are not (of two under one key the later stays).
    #[must_use]
    pub fn from_sorted(members: Vec<(Value, Value)>) -> Self {
        if members.is_sorted_by(|(a, _), (b, _)| a < b) {
            Self::of_sorted(members)
        } else {
            members.into_iter().collect()
        }
    }

    /// Whether both are one and the same allocation (or both are empty).
    #[must_use]
    #[inline]
    pub fn same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => a.as_ptr() == b.as_ptr(),
            (a, b) => a.is_none() && b.is_none(),
        }
    }

    /// Of members in strict order, whose shape has been found.
    pub(crate) fn of(shape: Shape, members: impl ExactSizeIterator<Item = (Value, Value)>) -> Self {
        if members.len() == 0 {
            return Self(None);
        }
        let header = Header::new(shape, members.len());
        Self(Some(ThinArc::from_header_and_iter(header, members)))
    }

    fn of_sorted(members: Vec<(Value, Value)>) -> Self {
        Self::of(Shape::around_members(&members), members.into_iter())
    }
}

impl FromIterator<(Value, Value)> for Object {
    fn from_iter<I: IntoIterator<Item = (Value, Value)>>(members: I) -> Self {
        let members = members.into_iter();
        let mut builder = ObjectBuilder::with_capacity(members.size_hint().0);
        members.for_each(|(key, value)| builder.insert(key, value));
        builder.build()
    }
}

impl<'a> IntoIterator for &'a Object {
    type Item = &'a (Value, Value);
    type IntoIter = std::slice::Iter<'a, (Value, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Value::Object(self.clone()), f)
    }
}

/// Two different values for one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The key.
    pub key: Value,
    /// The value that stood there before, and still does.
    pub kept: Value,
    /// The value that was refused.
    pub refused: Value,
}

/// Collects the members of an object.
#[derive(Debug, Default)]
pub struct ObjectBuilder(Builder<(Value, Value)>);

impl ObjectBuilder {
    /// With room for so many members.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Builder::with_capacity(capacity))
    }

    /// Adds a member; the value of one under the same key is replaced.
    pub fn insert(&mut self, key: Value, value: Value) {
        if let Some((old, new)) = self.0.entry((key, value), &mut Unbounded) {
            old.1 = new.1;
        }
    }

    /// As [`Self::insert`]: `spend` is told of the effort, and can put an end to it.
    ///
    /// # Errors
    /// Those of `spend`; the builder is of no use then.
    pub fn insert_within<E>(
        &mut self,
        key: Value,
        value: Value,
        spend: &mut dyn FnMut(u32) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut effort = Metered::new(spend);
        if let Some((old, new)) = self.0.entry((key, value), &mut effort) {
            old.1 = new.1;
        }
        effort.finish(())
    }

    /// Adds a member. Whether it is new: a member with the same key and an equal value is there
    /// once.
    ///
    /// # Errors
    /// Another value stands under the key; it stays.
    pub fn insert_unique(&mut self, key: Value, value: Value) -> Result<bool, Box<Conflict>> {
        self.unique(key, value, &mut Unbounded)
    }

    /// As [`Self::insert_unique`]: `spend` is told of the effort, and can put an end to it.
    ///
    /// # Errors
    /// Those of `spend`; the builder is of no use then.
    pub fn insert_unique_within<E>(
        &mut self,
        key: Value,
        value: Value,
        spend: &mut dyn FnMut(u32) -> Result<(), E>,
    ) -> Result<Result<bool, Box<Conflict>>, E> {
        let mut effort = Metered::new(spend);
        let new = self.unique(key, value, &mut effort);
        effort.finish(new)
    }

    fn unique(
        &mut self,
        key: Value,
        value: Value,
        effort: &mut impl Effort,
    ) -> Result<bool, Box<Conflict>> {
        match self.0.entry((key, value), effort) {
            None => Ok(true),
            Some((old, new)) if effort.equal(&old.1, &new.1) => Ok(false),
            Some((old, new)) => {
                Err(Box::new(Conflict { key: new.0, kept: old.1.clone(), refused: new.1 }))
            }
        }
    }

    /// The value under a key so far.
    #[must_use]
    pub fn get(&self, key: &Value) -> Option<&Value> {
        let found = self.0.position_now(key)?;
        self.0.entries().get(found).map(|(_, value)| value)
    }

    /// How many members it has so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.entries().len()
    }

    /// Whether it has none so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.entries().is_empty()
    }

    /// The object.
    #[must_use]
    pub fn build(self) -> Object {
        Object::of_sorted(self.0.finish(&mut Unbounded))
    }

    /// As [`Self::build`]: `spend` is told of the effort, and can put an end to it.
    ///
    /// # Errors
    /// Those of `spend`.
    pub fn build_within<E>(self, spend: &mut dyn FnMut(u32) -> Result<(), E>) -> Result<Object, E> {
        let mut effort = Metered::new(spend);
        let members = self.0.finish(&mut effort);
        effort.finish(()).map(|()| Object::of_sorted(members))
    }
}

impl Extend<(Value, Value)> for ObjectBuilder {
    fn extend<I: IntoIterator<Item = (Value, Value)>>(&mut self, members: I) {
        for (key, value) in members {
            self.insert(key, value);
        }
    }
}
