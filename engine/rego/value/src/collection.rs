//! Arrays, objects and sets.

use crate::Value;
use std::cmp::Ordering;
use std::sync::Arc;

/// An array.
#[derive(Clone, Debug)]
pub struct Array(Arc<[Value]>);

impl Array {
    /// Its elements.
    #[must_use]
    pub fn as_slice(&self) -> &[Value] {
        &self.0
    }

    /// How many elements it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The element at an index.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Value> {
        self.0.get(index)
    }

    /// The element at an index that is a value.
    #[must_use]
    pub fn get_by(&self, index: &Value) -> Option<&Value> {
        usize::try_from(index.as_i64()?).ok().and_then(|index| self.0.get(index))
    }

    /// Its elements in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Value> {
        self.0.iter()
    }
}

impl FromIterator<Value> for Array {
    fn from_iter<I: IntoIterator<Item = Value>>(elements: I) -> Self {
        Self(elements.into_iter().collect())
    }
}

impl From<Vec<Value>> for Array {
    fn from(elements: Vec<Value>) -> Self {
        Self(elements.into())
    }
}

/// A set: its elements in order, each once.
#[derive(Clone, Debug)]
pub struct Set(Arc<[Value]>);

impl Set {
    /// Its elements in order.
    #[must_use]
    pub fn as_slice(&self) -> &[Value] {
        &self.0
    }

    /// How many elements it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an element is in it.
    #[must_use]
    pub fn contains(&self, element: &Value) -> bool {
        self.0.binary_search(element).is_ok()
    }

    /// The element that equals this one.
    #[must_use]
    pub fn get(&self, element: &Value) -> Option<&Value> {
        self.0.binary_search(element).ok().and_then(|at| self.0.get(at))
    }

    /// Its elements in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Value> {
        self.0.iter()
    }
}

impl FromIterator<Value> for Set {
    fn from_iter<I: IntoIterator<Item = Value>>(elements: I) -> Self {
        let mut elements: Vec<_> = elements.into_iter().collect();
        elements.sort();
        elements.dedup();
        Self(elements.into())
    }
}

/// An object: its members in the order of their keys.
#[derive(Clone, Debug)]
pub struct Object(Arc<[(Value, Value)]>);

impl Object {
    /// Its members in the order of their keys.
    #[must_use]
    pub fn as_slice(&self) -> &[(Value, Value)] {
        &self.0
    }

    /// How many members it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value under a key.
    #[must_use]
    pub fn get(&self, key: &Value) -> Option<&Value> {
        let at = self.0.binary_search_by(|(found, _)| found.cmp(key)).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// The value under a key that is a string.
    #[must_use]
    pub fn get_str(&self, key: &str) -> Option<&Value> {
        self.get(&Value::from(key))
    }

    /// Its members in the order of their keys.
    pub fn iter(&self) -> std::slice::Iter<'_, (Value, Value)> {
        self.0.iter()
    }

    /// OPA's order of objects: by their keys and values pair by pair, then by size.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl FromIterator<(Value, Value)> for Object {
    fn from_iter<I: IntoIterator<Item = (Value, Value)>>(members: I) -> Self {
        let mut builder = ObjectBuilder::default();
        members.into_iter().for_each(|(key, value)| builder.insert(key, value));
        builder.build()
    }
}

/// Collects the members of an object.
#[derive(Debug, Default)]
pub struct ObjectBuilder(Vec<(Value, Value)>);

impl ObjectBuilder {
    /// Adds a member; one under the same key is replaced.
    pub fn insert(&mut self, key: Value, value: Value) {
        self.0.push((key, value));
    }

    /// The object.
    #[must_use]
    pub fn build(mut self) -> Object {
        // A stable sort: of equal keys the last stays.
        self.0.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut members: Vec<(Value, Value)> = Vec::with_capacity(self.0.len());
        for member in self.0 {
            match members.last_mut() {
                Some(last) if last.0 == member.0 => *last = member,
                _ => members.push(member),
            }
        }
        Object(members.into())
    }
}
