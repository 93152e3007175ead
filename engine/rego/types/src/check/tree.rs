//! Types by path: what is known of documents, rules and builtins (OPA's `typeTreeNode`).
//!
//! Paths longer than [`MAX_PATH`] are not kept: what is not in the tree may be anything.

use super::problem::OneOf;
use super::terms::{constant, variable};
use crate::Type;
use crate::algebra::native;
use referee_rego_syntax::ast::Term;
use referee_rego_value::{Str, Value};
use std::collections::HashMap;
use std::sync::OnceLock;

/// How long paths may be.
const MAX_PATH: usize = 200;

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// A name: `data`, a builtin, a variable.
    Var(Str),
    /// A key.
    Value(Value),
}

impl Key {
    /// The step that a part of a reference is; `None` where it is to be evaluated first.
    pub(super) fn of(term: &Term) -> Option<Self> {
        match variable(term) {
            Some(name) => Some(Self::Var(name.clone())),
            None => constant(term).map(Self::Value),
        }
    }
}

/// A step of a path of constant keys, with its type.
pub(super) type Step = (Key, Type);

/// A node: a type, or what stands below, or both.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    value: Option<Type>,
    children: HashMap<Key, Node>,
    /// The type of all that stands below, once it has been asked for.
    extent: OnceLock<Type>,
}

/// The type of an object of which nothing is known but that its keys are strings: there may be
/// base documents beside rules.
pub(super) fn open_object(members: Vec<(Value, Type)>) -> Type {
    Type::object(members, Some((Type::String, Type::any())))
}

impl Node {
    /// The node below.
    pub(super) fn child(&self, key: &Key) -> Option<&Self> {
        self.children.get(key)
    }

    /// Its type, where it has one of its own.
    pub(super) fn value(&self) -> Option<&Type> {
        self.value.as_ref()
    }

    /// Its type, or that of an object of all that stands below.
    pub(super) fn extent(&self) -> Type {
        if let Some(value) = &self.value {
            return value.clone();
        }
        let all = || {
            let members = self.children.iter().filter_map(|(key, child)| match key {
                Key::Value(key @ (Value::String(_) | Value::Number(_) | Value::Bool(_))) => {
                    Some((key.clone(), child.extent()))
                }
                _ => None,
            });
            open_object(members.collect())
        };
        self.extent.get_or_init(all).clone()
    }

    /// The keys below, in order.
    pub(super) fn keys(&self) -> Vec<OneOf> {
        let mut keys: Vec<&Key> = self.children.keys().collect();
        keys.sort_by(|a, b| match (a, b) {
            (Key::Value(a), Key::Value(b)) => a.cmp(b),
            (Key::Var(a), Key::Var(b)) => a.cmp(b),
            (Key::Value(_), Key::Var(_)) => std::cmp::Ordering::Less,
            (Key::Var(_), Key::Value(_)) => std::cmp::Ordering::Greater,
        });
        let write = |key: &Key| match key {
            Key::Var(name) => OneOf::Name(name.clone()),
            Key::Value(value) => OneOf::Value(value.clone()),
        };
        keys.into_iter().map(write).collect()
    }

    fn step(&mut self, key: Key) -> &mut Self {
        self.extent.take();
        self.children.entry(key).or_default()
    }

    /// Sets the type at a path.
    pub(super) fn put(&mut self, path: impl IntoIterator<Item = Key>, ty: Type) {
        let mut node = self;
        for (length, key) in path.into_iter().enumerate() {
            if length > MAX_PATH {
                return;
            }
            node = node.step(key);
        }
        node.value = Some(ty);
    }

    /// Adds a type at a path of constant keys with their types. Objects on the way get it as a
    /// further member; an object put above what is there already takes that in.
    pub(super) fn insert(&mut self, path: &[Step], ty: &Type) {
        if path.len() > MAX_PATH {
            return;
        }
        let mut node = self;
        for (at, (key, _)) in path.iter().enumerate() {
            node = node.step(key.clone());
            let below = path.get(at.saturating_add(1)..).unwrap_or_default();
            if let Some(value) = &mut node.value
                && !below.is_empty()
                && let object @ Type::Object(_) = value.resolved()
            {
                *value = with_member(&object, below, ty);
            }
        }
        let mut merged = node.value.take().map_or_else(|| ty.clone(), |value| merge(&value, ty));
        if matches!(ty.resolved(), Type::Object(_)) && !node.children.is_empty() {
            merged = merged.resolved();
            node.leaves(&mut Vec::new(), &mut |path, leaf| {
                merged = with_member(&merged, path, leaf);
            });
        }
        // A function and something else are nothing together, as if nothing had been put here.
        node.value = (!matches!(merged, Type::Unknown)).then_some(merged);
    }

    /// Visits the types below, each with its path from here.
    fn leaves(&self, path: &mut Vec<Step>, visit: &mut dyn FnMut(&[Step], &Type)) {
        for (key, child) in &self.children {
            path.push((key.clone(), key_type(key)));
            match &child.value {
                Some(value) => visit(path, value),
                None => child.leaves(path, visit),
            }
            path.pop();
        }
    }
}

/// The type of a key of a path. Sets are sets here, other than in JSON.
pub(super) fn key_type(key: &Key) -> Type {
    match key {
        Key::Var(_) => Type::Unknown,
        Key::Value(Value::Set(set)) => {
            let of = Type::union(set.iter().map(Type::from_value));
            Type::set(if matches!(of, Type::Unknown) { Type::any() } else { of })
        }
        Key::Value(value) => Type::from_value(&native(value)),
    }
}

/// An object type that also has something at a path.
fn with_member(object: &Type, path: &[Step], ty: &Type) -> Type {
    let Some(((_, key), below)) = path.split_first() else {
        return object.clone();
    };
    let Type::Object(object) = object else {
        return object.clone();
    };
    let value = if below.is_empty() {
        ty.clone()
    } else {
        with_member(&Type::object(Vec::new(), None), below, ty)
    };
    let rest = match object.rest() {
        Some((keys, values)) => (keys.or(key), values.or(&value)),
        None => (key.clone(), value),
    };
    Type::object(object.members().to_vec(), Some(rest))
}

/// The type of a rule with another definition: sets and objects without listed members grow
/// together, everything else is a union.
fn merge(a: &Type, b: &Type) -> Type {
    let (a, b) = (a.resolved(), b.resolved());
    match (&a, &b) {
        (Type::Object(x), Type::Object(y)) => match (x.rest(), y.rest()) {
            (Some(x_rest), Some(y_rest)) if x.members().is_empty() && y.members().is_empty() => {
                let rest = (x_rest.0.or(&y_rest.0), merge(&x_rest.1, &y_rest.1));
                Type::object(Vec::new(), Some(rest))
            }
            _ => a.or(&b),
        },
        (Type::Object(x), Type::Any(any)) | (Type::Any(any), Type::Object(x)) => {
            let open = |ty: &Type| matches!(ty, Type::Object(y) if y.members().is_empty());
            let found = any.of().iter().position(open);
            let (Some(at), Some(x_rest), true) = (found, x.rest(), x.members().is_empty()) else {
                return a.or(&b);
            };
            let grown = any.of().iter().enumerate().map(|(index, ty)| match ty {
                Type::Object(y) if index == at => {
                    let rest = y.rest().map_or_else(
                        || x_rest.clone(),
                        |rest| (rest.0.or(&x_rest.0), rest.1.or(&x_rest.1)),
                    );
                    Type::object(Vec::new(), Some(rest))
                }
                _ => ty.clone(),
            });
            Type::any_of(grown.collect())
        }
        (Type::Set(x), Type::Set(y)) => Type::set(x.of().or(y.of())),
        _ => a.or(&b),
    }
}
