//! Choices: what a run has gone through so far, and what is left.

use super::slot::Slot;
use super::walk::Walk;
use crate::plan::ops::SlotId;
use referee_rego_value::{Number, Value};
use std::collections::VecDeque;

/// A place to which a run can go back.
#[derive(Debug)]
pub(super) struct Choice<'a> {
    /// The operation.
    pub(super) pc: usize,
    /// Which replacements held there.
    pub(super) scope: usize,
    /// How many scopes there were.
    pub(super) scopes: usize,
    /// Where the key goes.
    pub(super) key: Option<SlotId>,
    /// Where the value goes.
    pub(super) value: Option<SlotId>,
    /// Whether no member has been taken yet.
    pub(super) fresh: bool,
    /// What is left.
    pub(super) members: Members<'a>,
}

/// Members that are left.
#[derive(Debug)]
pub(super) enum Members<'a> {
    /// Of a collection.
    Parts(Parts<'a>),
    /// Values that were listed; so many of them are gone through in any case.
    List(VecDeque<Value>, usize),
    /// Members that were listed.
    Pairs(std::vec::IntoIter<(Slot<'a>, Slot<'a>)>),
    /// Of a walk.
    Walk(Box<Walk<'a>>),
    /// None: the rest of a search that was put off.
    Pending,
}

/// Members of a collection that are left.
#[derive(Debug)]
pub(super) enum Parts<'a> {
    /// Of an array, with the index of the next.
    Array(std::slice::Iter<'a, Value>, i64),
    /// Of an object.
    Object(std::slice::Iter<'a, (Value, Value)>),
    /// Of a set: each is its own key.
    Set(std::slice::Iter<'a, Value>),
}

/// The key of a member.
#[derive(Clone, Copy, Debug)]
pub(super) enum Key<'a> {
    /// The index of an element of an array.
    Index(i64),
    /// The key of a member of an object, an element of a set.
    Value(&'a Value),
}

impl<'a> Key<'a> {
    /// As a slot.
    #[inline]
    pub(super) fn slot(self) -> Slot<'a> {
        match self {
            Self::Index(index) => Slot::Own(Value::Number(Number::from(index))),
            Self::Value(value) => Slot::Ref(value),
        }
    }

    /// As a value.
    #[inline]
    pub(super) fn value(self) -> Value {
        match self {
            Self::Index(index) => Value::Number(Number::from(index)),
            Self::Value(value) => value.clone(),
        }
    }
}

impl<'a> Parts<'a> {
    /// The members of a value; `None` where it has none by its type.
    #[inline]
    pub(super) fn of(value: &'a Value) -> Option<Self> {
        match value {
            Value::Array(array) => Some(Self::Array(array.as_slice().iter(), 0)),
            Value::Object(object) => Some(Self::Object(object.as_slice().iter())),
            Value::Set(set) => Some(Self::Set(set.as_slice().iter())),
            _ => None,
        }
    }

    /// The next member: key and value.
    #[inline]
    pub(super) fn next(&mut self) -> Option<(Key<'a>, &'a Value)> {
        match self {
            Self::Array(items, index) => {
                let (value, key) = (items.next()?, *index);
                *index = index.saturating_add(1);
                Some((Key::Index(key), value))
            }
            Self::Object(items) => items.next().map(|(key, value)| (Key::Value(key), value)),
            Self::Set(items) => items.next().map(|value| (Key::Value(value), value)),
        }
    }
}

impl<'a> Members<'a> {
    /// The members of a value; `None` where it has none by its type.
    #[inline]
    pub(super) fn of(value: &'a Value) -> Option<Self> {
        Parts::of(value).map(Self::Parts)
    }

    /// The next member: key and value. A walk is asked itself.
    #[inline]
    pub(super) fn next(&mut self) -> Option<(Slot<'a>, Slot<'a>)> {
        match self {
            Self::Parts(parts) => parts.next().map(|(key, value)| (key.slot(), Slot::Ref(value))),
            Self::List(items, firm) => {
                *firm = firm.saturating_sub(1);
                Some((Slot::Unset, Slot::Own(items.pop_front()?)))
            }
            Self::Pairs(pairs) => pairs.next(),
            Self::Walk(_) | Self::Pending => None,
        }
    }
}
