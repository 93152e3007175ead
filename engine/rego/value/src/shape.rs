//! What is known of a value without looking into it: how deep it is nested, and how heavy it is.
//!
//! Values share their parts, so a small one can stand for a text that fills no disk: twice the same
//! array in an array, forty times over. The weight counts every part as often as it occurs. What
//! takes time or room by the written size of a value asks for the weight first.

use crate::Value;

/// So many bytes of a string weigh as much as a number.
const TEXT: usize = 64;

/// How deep and how heavy a collection is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) depth: u32,
    pub(crate) weight: u32,
}

impl Shape {
    const SCALAR: Self = Self { depth: 0, weight: 1 };
    /// Of a collection without elements.
    pub(crate) const EMPTY: Self = Self { depth: 1, weight: 1 };

    #[inline]
    fn of(value: &Value) -> Self {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => Self::SCALAR,
            Value::String(text) => {
                let extra = u32::try_from(text.len() / TEXT).unwrap_or(u32::MAX);
                Self { depth: 0, weight: extra.saturating_add(1) }
            }
            Value::Array(array) => array.shape(),
            Value::Object(object) => object.shape(),
            Value::Set(set) => set.shape(),
        }
    }

    #[inline]
    fn with(self, part: &Value) -> Self {
        let part = Self::of(part);
        Self {
            depth: self.depth.max(part.depth.saturating_add(1)),
            weight: self.weight.saturating_add(part.weight),
        }
    }

    /// The shape of an array or a set of these elements.
    pub(crate) fn around(elements: &[Value]) -> Self {
        elements.iter().fold(Self::EMPTY, Self::with)
    }

    /// The shape of an object of these members.
    pub(crate) fn around_members(members: &[(Value, Value)]) -> Self {
        members.iter().fold(Self::EMPTY, |shape, (key, value)| shape.with(key).with(value))
    }
}

impl Value {
    /// How deep arrays, objects and sets are nested in it: 0 for a scalar, 1 for `[]` and for
    /// `[1]`. Known without looking; it ends at `u32::MAX`.
    #[must_use]
    #[inline]
    pub fn depth(&self) -> u32 {
        Shape::of(self).depth
    }

    /// How much it takes to compare, hash or print it: 1 for each scalar and each collection in it,
    /// counted as often as it occurs, and 1 more for each 64 bytes of a string. Known without
    /// looking; it ends at `u32::MAX`. Equal values are equally heavy.
    #[must_use]
    #[inline]
    pub fn weight(&self) -> u32 {
        Shape::of(self).weight
    }

    /// Whether comparing it takes so long that it should be counted.
    #[must_use]
    #[inline]
    pub fn is_heavy(&self) -> bool {
        self.weight() > crate::heavy::LIGHT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_weighs_what_is_in_it_as_often_as_it_occurs() {
        assert_eq!(Value::from(1).weight(), 1);
        assert_eq!(Value::array([]).weight(), 1);
        assert_eq!(Value::array([Value::from(1), Value::from("a")]).weight(), 3);
        assert_eq!(Value::object([("a", Value::set([Value::from(1)]))]).weight(), 4);
        assert_eq!(Value::from("a".repeat(640)).weight(), 11);
        let mut shared = Value::array([]);
        for _ in 0..10 {
            shared = Value::array([shared.clone(), shared]);
        }
        assert_eq!((shared.weight(), shared.depth()), (2_047, 11));
        for _ in 0..60 {
            shared = Value::array([shared.clone(), shared]);
        }
        assert_eq!((shared.weight(), shared.depth()), (u32::MAX, 71));
    }
}
