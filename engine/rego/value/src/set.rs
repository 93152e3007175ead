//! Sets: immutable, shared, in order, each element once.

use crate::Value;
use crate::gather::Builder;
use crate::heavy::{Metered, Unbounded};
use crate::index::Wanted;
use crate::node::{Header, SortedNode};
use crate::shape::Shape;
use std::fmt;
use triomphe::ThinArc;

/// A set: its elements in order, each once.
#[derive(Clone, Default)]
pub struct Set(pub(crate) Option<SortedNode<Value>>);

impl Set {
    /// The set without elements; nothing is allocated for it.
    pub const EMPTY: Self = Self(None);

    /// Its elements in order.
    #[must_use]
    #[inline]
    pub fn as_slice(&self) -> &[Value] {
        self.0.as_ref().map_or(&[], |node| &node.slice)
    }

    /// How many elements it has.
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

    fn find<W: Wanted + ?Sized>(&self, element: &W) -> Option<&Value> {
        let node = self.0.as_ref()?;
        node.slice.get(node.header.header.find(&node.slice, element)?)
    }

    /// Whether an element is in it.
    #[must_use]
    pub fn contains(&self, element: &Value) -> bool {
        self.find(element).is_some()
    }

    /// Whether a string is in it.
    #[must_use]
    pub fn contains_str(&self, element: &str) -> bool {
        self.find(element).is_some()
    }

    /// The element that equals this one.
    #[must_use]
    pub fn get(&self, element: &Value) -> Option<&Value> {
        self.find(element)
    }

    /// Its elements in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Value> {
        self.as_slice().iter()
    }

    /// The first element in order, the least.
    #[must_use]
    pub fn first(&self) -> Option<&Value> {
        self.as_slice().first()
    }

    /// The last element in order, the greatest.
    #[must_use]
    pub fn last(&self) -> Option<&Value> {
        self.as_slice().last()
    }

    /// Whether all its elements are in the other.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.same(other)
            || (self.len() <= other.len() && self.iter().all(|element| other.contains(element)))
    }

    /// A copy with one more element.
    #[must_use]
    pub fn insert(&self, element: Value) -> Self {
        match self.as_slice().binary_search(&element) {
            Ok(_) => self.clone(),
            Err(at) => {
                let mut all = Vec::with_capacity(self.len() + 1);
                all.extend_from_slice(self.as_slice().get(..at).unwrap_or(&[]));
                all.push(element);
                all.extend_from_slice(self.as_slice().get(at..).unwrap_or(&[]));
                Self::of_sorted(all)
            }
        }
    }

    /// A copy without an element.
    #[must_use]
    pub fn remove(&self, element: &Value) -> Self {
        if !self.contains(element) {
            return self.clone();
        }
        Self::of_sorted(self.iter().filter(|found| *found != element).cloned().collect())
    }

    /// Of elements that are usually in order already: found out in one pass, and put in order where
    /// they are not.
    #[must_use]
    pub fn from_sorted(elements: Vec<Value>) -> Self {
        if elements.is_sorted_by(|a, b| a < b) {
            Self::of_sorted(elements)
        } else {
            elements.into_iter().collect()
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

    /// Of elements that are in strict order.
    pub(crate) fn of_sorted(elements: Vec<Value>) -> Self {
        if elements.is_empty() {
            return Self(None);
        }
        let header = Header::new(Shape::around(&elements), elements.len());
        Self(Some(ThinArc::from_header_and_iter(header, elements.into_iter())))
    }
}

impl FromIterator<Value> for Set {
    fn from_iter<I: IntoIterator<Item = Value>>(elements: I) -> Self {
        let mut elements: Vec<_> = elements.into_iter().collect();
        if !elements.is_sorted_by(|a, b| a < b) {
            // Stable: of equal elements the first stays.
            elements.sort();
            elements.dedup_by(|later, first| later == first);
        }
        Self::of_sorted(elements)
    }
}

impl<'a> IntoIterator for &'a Set {
    type Item = &'a Value;
    type IntoIter = std::slice::Iter<'a, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Value::Set(self.clone()), f)
    }
}

/// Collects the elements of a set.
#[derive(Debug, Default)]
pub struct SetBuilder(Builder<Value>);

impl SetBuilder {
    /// With room for so many elements.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Builder::with_capacity(capacity))
    }

    /// Adds an element. Whether it is new; of equal elements the first stays.
    pub fn insert(&mut self, element: Value) -> bool {
        self.0.entry(element, &mut Unbounded).is_none()
    }

    /// As [`Self::insert`]: `spend` is told of the effort, and can put an end to it.
    ///
    /// # Errors
    /// Those of `spend`; the builder is of no use then.
    pub fn insert_within<E>(
        &mut self,
        element: Value,
        spend: &mut dyn FnMut(u32) -> Result<(), E>,
    ) -> Result<bool, E> {
        let mut effort = Metered::new(spend);
        let new = self.0.entry(element, &mut effort).is_none();
        effort.finish(new)
    }

    /// Whether an element has been added.
    #[must_use]
    pub fn contains(&self, element: &Value) -> bool {
        self.0.position_now(element).is_some()
    }

    /// How many elements have been added, each counted once.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.entries().len()
    }

    /// Whether none has been added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.entries().is_empty()
    }

    /// The set.
    #[must_use]
    pub fn build(self) -> Set {
        Set::of_sorted(self.0.finish(&mut Unbounded))
    }

    /// As [`Self::build`]: `spend` is told of the effort, and can put an end to it.
    ///
    /// # Errors
    /// Those of `spend`.
    pub fn build_within<E>(self, spend: &mut dyn FnMut(u32) -> Result<(), E>) -> Result<Set, E> {
        let mut effort = Metered::new(spend);
        let elements = self.0.finish(&mut effort);
        effort.finish(()).map(|()| Set::of_sorted(elements))
    }
}

impl Extend<Value> for SetBuilder {
    fn extend<I: IntoIterator<Item = Value>>(&mut self, elements: I) {
        for element in elements {
            self.insert(element);
        }
    }
}
