//! A part of an event that a mask changes in place.
//!
//! Values are shared with the evaluation and do not change; what a rule touches is taken apart once,
//! however many rules come to it, and put together at the end. What no rule touches stays as it is.

use super::mask::Name;
use referee_rego::Value;
use std::collections::BTreeMap;

/// A value while rules are applied to it.
#[derive(Debug)]
pub(super) struct Edited {
    node: Option<Node>,
}

#[derive(Debug)]
enum Node {
    /// Not taken apart.
    Whole(Value),
    Array(Vec<Self>),
    /// Members by the names they have in JSON.
    Object(BTreeMap<String, Self>),
}

impl Edited {
    pub(super) fn of(value: &Option<Value>) -> Self {
        Self { node: value.clone().map(Node::Whole) }
    }

    /// The value as it has become; `None` where it was removed.
    pub(super) fn end(self) -> Option<Value> {
        self.node.map(Node::into_value)
    }

    /// Takes away what stands at a path; whether there was anything.
    pub(super) fn remove(&mut self, path: &[Name]) -> bool {
        match (&mut self.node, path.split_first()) {
            (None, _) => false,
            (node, None) => node.take().is_some(),
            (Some(node), Some((first, rest))) => node.remove(first, rest),
        }
    }

    /// Puts a value at a path, with objects on the way to it; whether there was such a way. Where
    /// there is no value at all nothing is put.
    pub(super) fn put(&mut self, path: &[Name], value: &Value) -> bool {
        self.node.as_mut().is_some_and(|node| node.put(path, value))
    }
}

impl Node {
    /// Takes it apart if that is not done yet. A set is an array by the time it is logged.
    fn opened(&mut self) -> &mut Self {
        if let Self::Whole(value) = self {
            if let Some(elements) = value.elements() {
                *self = Self::Array(elements.into_iter().map(Self::Whole).collect());
            } else if let Some(entries) = value.entries() {
                let name = |name: &Value| match name.as_str() {
                    Some(text) => text.into_owned(),
                    None => name.to_json_string(),
                };
                let members = entries.into_iter();
                *self = Self::Object(
                    members.map(|(key, value)| (name(&key), Self::Whole(value))).collect(),
                );
            }
        }
        self
    }

    fn remove(&mut self, first: &Name, rest: &[Name]) -> bool {
        let next = rest.split_first();
        match self.opened() {
            Self::Whole(_) => false,
            Self::Array(elements) => {
                let Some(index) = first.index.filter(|index| *index < elements.len()) else {
                    return false;
                };
                match next {
                    None => {
                        elements.remove(index);
                        true
                    }
                    Some((first, rest)) => {
                        elements.get_mut(index).is_some_and(|element| element.remove(first, rest))
                    }
                }
            }
            Self::Object(members) => {
                let mut found = false;
                for name in first.spellings() {
                    found |= match next {
                        None => members.remove(name).is_some(),
                        Some((first, rest)) => {
                            members.get_mut(name).is_some_and(|member| member.remove(first, rest))
                        }
                    };
                }
                found
            }
        }
    }

    fn put(&mut self, path: &[Name], new: &Value) -> bool {
        let Some((first, rest)) = path.split_first() else {
            *self = Self::Whole(new.clone());
            return true;
        };
        match self.opened() {
            Self::Whole(_) => false,
            Self::Array(elements) => {
                let element = first.index.and_then(|index| elements.get_mut(index));
                element.is_some_and(|element| element.put(rest, new))
            }
            Self::Object(members) => {
                let (mut is_there, mut done) = (false, false);
                for name in first.spellings() {
                    if let Some(member) = members.get_mut(name) {
                        is_there = true;
                        done |= member.put(rest, new);
                    }
                }
                if is_there {
                    return done;
                }
                let made = members.entry(first.written.clone());
                made.or_insert_with(|| Self::Object(BTreeMap::new())).put(rest, new)
            }
        }
    }

    fn into_value(self) -> Value {
        match self {
            Self::Whole(value) => value,
            Self::Array(elements) => Value::array(elements.into_iter().map(Self::into_value)),
            Self::Object(members) => {
                let (names, members): (Vec<_>, Vec<_>) = members.into_iter().unzip();
                let members = members.into_iter().map(Self::into_value);
                Value::object(names.iter().map(String::as_str).zip(members))
            }
        }
    }
}

impl Name {
    fn spellings(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.written).chain(&self.others).map(String::as_str)
    }
}
