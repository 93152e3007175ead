//! Arrays: immutable, shared, one allocation each.

use crate::Value;
use crate::later::{self, LARGE};
use crate::node::{ArrayNode, Head};
use crate::shape::Shape;
use std::fmt;
use std::mem;
use std::ops::Range;
use triomphe::ThinArc;

/// An array.
#[derive(Clone, Default)]
pub struct Array(pub(crate) Option<ArrayNode>);

impl Array {
    /// The array without elements; nothing is allocated for it.
    pub const EMPTY: Self = Self(None);

    /// Its elements.
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

    /// The element at an index.
    #[must_use]
    #[inline]
    pub fn get(&self, index: usize) -> Option<&Value> {
        self.as_slice().get(index)
    }

    /// The element at an index that is a value: a whole number, as [`Value::as_i64`] has it.
    #[must_use]
    pub fn get_by(&self, index: &Value) -> Option<&Value> {
        usize::try_from(index.as_i64()?).ok().and_then(|index| self.get(index))
    }

    /// The first element.
    #[must_use]
    pub fn first(&self) -> Option<&Value> {
        self.as_slice().first()
    }

    /// The last element.
    #[must_use]
    pub fn last(&self) -> Option<&Value> {
        self.as_slice().last()
    }

    /// Whether an element equals this one. Looks at each.
    #[must_use]
    pub fn contains(&self, element: &Value) -> bool {
        self.as_slice().contains(element)
    }

    /// Its elements in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Value> {
        self.as_slice().iter()
    }

    /// Its elements within a range, cut to what there is.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        let end = range.end.min(self.len());
        if range.start == 0 && end == self.len() {
            return self.clone();
        }
        self.as_slice().get(range.start..end).unwrap_or(&[]).iter().cloned().collect()
    }

    /// Its elements and then those of another.
    #[must_use]
    pub fn concat(&self, other: &Self) -> Self {
        if other.is_empty() {
            return self.clone();
        }
        if self.is_empty() {
            return other.clone();
        }
        let mut elements = Vec::with_capacity(self.len() + other.len());
        elements.extend_from_slice(self.as_slice());
        elements.extend_from_slice(other.as_slice());
        Self::from(elements)
    }

    /// Its elements and one more. Copies all of them.
    #[must_use]
    pub fn push(&self, element: Value) -> Self {
        let mut elements = Vec::with_capacity(self.len() + 1);
        elements.extend_from_slice(self.as_slice());
        elements.push(element);
        Self::from(elements)
    }

    /// Its elements from the last to the first.
    #[must_use]
    pub fn reverse(&self) -> Self {
        self.iter().rev().cloned().collect()
    }

    /// Its elements in the order of values.
    #[must_use]
    pub fn sorted(&self) -> Self {
        if self.as_slice().is_sorted() {
            return self.clone();
        }
        let mut elements = self.as_slice().to_vec();
        elements.sort();
        Self::from(elements)
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

    /// Of what an iterator with a known end gives, whose shape has been found.
    pub(crate) fn of(shape: Shape, elements: impl ExactSizeIterator<Item = Value>) -> Self {
        if elements.len() == 0 {
            return Self(None);
        }
        Self(Some(ThinArc::from_header_and_iter(Head::new(shape), elements)))
    }
}

impl FromIterator<Value> for Array {
    fn from_iter<I: IntoIterator<Item = Value>>(elements: I) -> Self {
        Self::from(elements.into_iter().collect::<Vec<_>>())
    }
}

impl From<&[Value]> for Array {
    fn from(elements: &[Value]) -> Self {
        Self::of(Shape::around(elements), elements.iter().cloned())
    }
}

impl From<Vec<Value>> for Array {
    fn from(elements: Vec<Value>) -> Self {
        Self::of(Shape::around(&elements), elements.into_iter())
    }
}

impl<const N: usize> From<[Value; N]> for Array {
    fn from(elements: [Value; N]) -> Self {
        Self::of(Shape::around(&elements), elements.into_iter())
    }
}

impl<'a> IntoIterator for &'a Array {
    type Item = &'a Value;
    type IntoIter = std::slice::Iter<'a, Value>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Value::Array(self.clone()), f)
    }
}

/// Collects the elements of an array.
#[derive(Debug, Default)]
pub struct ArrayBuilder(Vec<Value>);

impl ArrayBuilder {
    /// With room for so many elements, so that they are not moved while they are added; where there
    /// is no such room, they are moved.
    #[must_use]
    pub fn with_room(elements: usize) -> Self {
        let mut room = Vec::new();
        let _ = room.try_reserve_exact(elements);
        Self(room)
    }

    /// Adds an element.
    #[inline]
    pub fn push(&mut self, element: Value) {
        self.0.push(element);
    }

    /// The elements.
    #[must_use]
    pub fn into_elements(mut self) -> Vec<Value> {
        mem::take(&mut self.0)
    }

    /// The array.
    #[must_use]
    pub fn build(self) -> Array {
        self.into_elements().into()
    }
}

/// What is not wanted any more waits for nobody, see [`later`].
impl Drop for ArrayBuilder {
    fn drop(&mut self) {
        if self.0.len() < LARGE {
            return;
        }
        let bytes = mem::size_of_val(self.0.as_slice());
        later::free(mem::take(&mut self.0), bytes);
    }
}
