//! Makes changes to data. Values are immutable and shared, so what a change leads through is taken
//! apart once and put together at the end; everything else stays shared.

use super::read::{PatchError, PatchKind, PatchOperation, shown};
use referee_rego::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Data of which a part was taken apart.
enum Node {
    Whole(Value),
    Object(BTreeMap<String, Node>),
    Array(Vec<Node>),
}

/// Why a change could not be made.
enum Obstacle {
    NotFound,
    NoContainer,
    Root,
}

/// Makes all changes, in their order.
pub(super) fn apply(operations: &[PatchOperation], data: &Value) -> Result<Value, PatchError> {
    let mut root = Node::Whole(data.clone());
    for (at, operation) in operations.iter().enumerate() {
        root.change(operation).map_err(|obstacle| {
            let path = shown(&operation.path);
            match obstacle {
                Obstacle::NotFound => PatchError::NotFound { at, path },
                Obstacle::NoContainer => PatchError::NoContainer { at, path },
                Obstacle::Root => PatchError::Root { at },
            }
        })?;
    }
    Ok(root.into_value())
}

impl Node {
    fn change(&mut self, operation: &PatchOperation) -> Result<(), Obstacle> {
        let PatchOperation { kind, path, value } = operation;
        let Some((last, before)) = path.split_last() else {
            if *kind == PatchKind::Remove || value.entries().is_none() {
                return Err(Obstacle::Root);
            }
            *self = Self::Whole(value.clone());
            return Ok(());
        };
        let mut node = self;
        for part in before {
            node = node.step(part, *kind)?;
        }
        node.open();
        match node {
            Self::Object(members) => match kind {
                PatchKind::Upsert => {
                    members.insert(last.clone(), Self::Whole(value.clone()));
                }
                PatchKind::Replace => {
                    let old = members.get_mut(last).ok_or(Obstacle::NotFound)?;
                    *old = Self::Whole(value.clone());
                }
                PatchKind::Remove => {
                    members.remove(last).ok_or(Obstacle::NotFound)?;
                }
            },
            Self::Array(elements) => {
                let at = index(last, elements.len(), *kind).ok_or(Obstacle::NotFound)?;
                match kind {
                    PatchKind::Upsert => elements.insert(at, Self::Whole(value.clone())),
                    PatchKind::Replace => {
                        let old = elements.get_mut(at).ok_or(Obstacle::NotFound)?;
                        *old = Self::Whole(value.clone());
                    }
                    PatchKind::Remove => {
                        elements.remove(at);
                    }
                }
            }
            Self::Whole(_) => return Err(Obstacle::NoContainer),
        }
        Ok(())
    }

    /// The node below; what is put somewhere makes the objects on its way.
    fn step(&mut self, part: &str, kind: PatchKind) -> Result<&mut Self, Obstacle> {
        self.open();
        match self {
            Self::Object(members) => {
                if kind == PatchKind::Upsert {
                    let made = || Self::Object(BTreeMap::new());
                    return Ok(members.entry(part.to_owned()).or_insert_with(made));
                }
                members.get_mut(part).ok_or(Obstacle::NotFound)
            }
            Self::Array(elements) => {
                let at = index(part, elements.len(), PatchKind::Replace);
                elements.get_mut(at.ok_or(Obstacle::NotFound)?).ok_or(Obstacle::NotFound)
            }
            Self::Whole(_) => Err(Obstacle::NoContainer),
        }
    }

    /// Takes an object or an array apart.
    fn open(&mut self) {
        let Self::Whole(value) = self else { return };
        if let Some(members) = value.entries() {
            let members = members.into_iter();
            let named = members.map(|(name, member)| {
                (name.as_str().map(Cow::into_owned).unwrap_or_default(), Self::Whole(member))
            });
            *self = Self::Object(named.collect());
        } else if let Some(elements) = value.elements() {
            *self = Self::Array(elements.into_iter().map(Self::Whole).collect());
        }
    }

    fn into_value(self) -> Value {
        match self {
            Self::Whole(value) => value,
            Self::Object(members) => {
                let members: Vec<(String, Value)> =
                    members.into_iter().map(|(name, node)| (name, node.into_value())).collect();
                Value::object(members.iter().map(|(name, value)| (name.as_str(), value.clone())))
            }
            Self::Array(elements) => Value::array(elements.into_iter().map(Self::into_value)),
        }
    }
}

/// The index that a part of a path stands for (RFC 6901 section 4), in an array of some length.
fn index(part: &str, length: usize, kind: PatchKind) -> Option<usize> {
    if kind == PatchKind::Upsert && part == "-" {
        return Some(length);
    }
    if part.len() > 1 && part.starts_with('0') || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let at: usize = part.parse().ok()?;
    (at < length || (kind == PatchKind::Upsert && at == length)).then_some(at)
}
