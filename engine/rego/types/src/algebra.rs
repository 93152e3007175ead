//! Unions of types, and what is found inside a type (OPA's `types.Or`, `Select`, `Keys`,
//! `Values`, `TypeOf`, `Contains`).

use crate::kind::MAX_MEMBERS;
use crate::{Function, ObjectType, Type};
use referee_rego_value::{ObjectBuilder, Value};
use std::sync::Arc;

/// How deep values are looked into.
const MAX_NATIVE: u32 = 1_000;

impl Type {
    /// The type of a value. Sets count as arrays, as they do in JSON.
    #[must_use]
    pub fn from_value(value: &Value) -> Self {
        Self::from_value_within(value, crate::kind::MAX_DEPTH)
    }

    fn from_value_within(value: &Value, depth: u16) -> Self {
        let Some(inner) = depth.checked_sub(1) else {
            return Self::any();
        };
        let list = |elements: &[Value]| {
            let items = elements.iter().map(|element| Self::from_value_within(element, inner));
            Self::array(items.collect(), None)
        };
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::Array(array) => list(array.as_slice()),
            Value::Set(set) => list(set.as_slice()),
            Value::Object(object) => {
                let members = object
                    .iter()
                    .map(|(key, value)| (native_key(key), Self::from_value_within(value, inner)));
                Self::object(members.collect(), None)
            }
        }
    }

    /// What is of either type. Unknown is of no type; a function and a value have no union.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Unknown, known) | (known, Self::Unknown) => known.clone(),
            (Self::Function(a), Self::Function(b)) => {
                a.union(b).map_or(Self::Unknown, |union| Self::Function(Arc::new(union)))
            }
            (Self::Function(_), _) | (_, Self::Function(_)) => Self::Unknown,
            (Self::Any(any), one) | (one, Self::Any(any)) if !matches!(one, Self::Any(_)) => {
                match any.of().binary_search(one) {
                    _ if any.of().is_empty() => Self::Any(Arc::clone(any)),
                    Ok(_) => Self::Any(Arc::clone(any)),
                    Err(at) => {
                        let mut of = any.of().to_vec();
                        of.insert(at, one.clone());
                        Self::any_of_sorted(of)
                    }
                }
            }
            _ => Self::union([self.clone(), other.clone()]),
        }
    }

    /// What is of one of these types.
    pub(crate) fn union(types: impl IntoIterator<Item = Self>) -> Self {
        let (mut members, mut wide): (Vec<Self>, bool) = (Vec::new(), false);
        let mut types = types.into_iter();
        while let Some(ty) = types.next() {
            match ty {
                Self::Unknown => {}
                Self::Function(_) => {
                    // With a function all that came before is lost, so the order counts.
                    let before = Self::of_members(members, wide);
                    return before.with_functions(std::iter::once(ty).chain(types));
                }
                Self::Any(any) if any.of().is_empty() => {
                    // It takes in all but a function, with which it is lost.
                    let mut from_function = types.skip_while(|ty| !matches!(ty, Self::Function(_)));
                    return match from_function.next() {
                        None => Self::any(),
                        Some(_) => Self::Unknown.with_functions(from_function),
                    };
                }
                Self::Any(any) => {
                    wide = true;
                    members.extend(any.of().iter().cloned());
                }
                ty => members.push(ty),
            }
            // Many values of few types: what repeats need not pile up.
            if members.len() > MAX_MEMBERS {
                members.sort();
                members.dedup();
                if members.len() > MAX_MEMBERS / 2 {
                    return Self::any();
                }
            }
        }
        Self::of_members(members, wide)
    }

    /// The union with types of which some are functions, one after another. Functions that take
    /// different numbers of arguments leave no type, and what comes right after is lost with them,
    /// unless it is a function: then it takes their place.
    fn with_functions(self, types: impl Iterator<Item = Self>) -> Self {
        let (mut union, mut lost) = (self, false);
        for ty in types {
            let is_function = matches!(ty, Self::Function(_));
            (union, lost) = match (lost, &union) {
                (true, _) if ty == Self::Unknown => (Self::Unknown, true),
                (true, _) if is_function => (ty, false),
                (true, _) => (Self::Unknown, false),
                (false, Self::Function(_)) if is_function => {
                    let both = union.or(&ty);
                    let lost = both == Self::Unknown;
                    (both, lost)
                }
                (false, _) => (union.or(&ty), false),
            };
        }
        union
    }

    fn of_members(mut members: Vec<Self>, wide: bool) -> Self {
        members.sort();
        members.dedup();
        match members.pop() {
            None => Self::Unknown,
            Some(only) if members.is_empty() && !wide => only,
            Some(last) => {
                members.push(last);
                Self::any_of_sorted(members)
            }
        }
    }

    /// Whether all that is of the other type is of this one. Only equality and membership of a
    /// union are looked at.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        match self {
            Self::Any(_) if matches!(other, Self::Function(_)) => false,
            Self::Any(any) => any.of().is_empty() || any.of().binary_search(other).is_ok(),
            _ => self == other,
        }
    }

    /// The type of what stands under a key; unknown where nothing does.
    #[must_use]
    pub fn select(&self, key: &Value) -> Self {
        match self {
            Self::Array(array) => {
                index_of(key).and_then(|at| array.select(at).cloned()).unwrap_or(Self::Unknown)
            }
            Self::Object(object) => object.select(key),
            Self::Set(set) => {
                let ty = Self::from_value(key);
                match set.of() {
                    of if *of == ty => of.clone(),
                    Self::Any(_) if set.of().contains(&ty) => ty,
                    _ => Self::Unknown,
                }
            }
            Self::Any(any) if any.of().is_empty() => self.clone(),
            Self::Any(any) => Self::union(any.of().iter().map(|ty| ty.select(key))),
            Self::Recursive(recursive) => recursive.unwrap_type().select(key),
            _ => Self::Unknown,
        }
    }

    /// The type of its keys: numbers of an array, elements of a set. Unknown where it has none.
    #[must_use]
    pub fn keys(&self) -> Self {
        match self {
            Self::Array(_) => Self::Number,
            Self::Object(object) => object.keys().clone(),
            Self::Set(set) => set.of().clone(),
            Self::Any(any) if any.of().is_empty() => self.clone(),
            Self::Any(any) => Self::union(any.of().iter().map(Self::keys)),
            Self::Recursive(recursive) => recursive.unwrap_type().keys(),
            _ => Self::Unknown,
        }
    }

    /// The type of what stands under its keys. Unknown where it has none.
    #[must_use]
    pub fn values(&self) -> Self {
        match self {
            Self::Array(array) => array.values().clone(),
            Self::Object(object) => object.values().clone(),
            Self::Set(set) => set.of().clone(),
            Self::Any(any) if any.of().is_empty() => self.clone(),
            Self::Any(any) => Self::union(any.of().iter().map(Self::values)),
            Self::Recursive(recursive) => recursive.unwrap_type().values(),
            _ => Self::Unknown,
        }
    }
}

impl ObjectType {
    /// The type of what stands under a key; unknown where nothing does.
    #[must_use]
    pub fn select(&self, key: &Value) -> Type {
        if let Some(ty) = self.member(key) {
            return ty.clone();
        }
        match self.rest() {
            Some((keys, values)) if keys.contains(&Type::from_value(key)) => values.clone(),
            _ => Type::Unknown,
        }
    }
}

impl Function {
    /// The type of a function that has both definitions; `None` where they take different numbers
    /// of arguments.
    #[must_use]
    pub fn union(&self, other: &Self) -> Option<Self> {
        let alike = self.args.len() == other.args.len()
            && self.variadic.is_some() == other.variadic.is_some();
        let either = |a: &Option<Type>, b: &Option<Type>| match (a, b) {
            (Some(a), Some(b)) => Some(a.or(b)),
            (a, b) => a.clone().or_else(|| b.clone()),
        };
        alike.then(|| Self {
            args: self
                .args
                .iter()
                .zip(&other.args)
                .map(|((_, a), (_, b))| (None, a.or(b)))
                .collect(),
            variadic: either(&self.variadic, &other.variadic),
            result: either(&self.result, &other.result),
            result_name: None,
        })
    }
}

/// The index that a key is, where it is written as an integer: `1` and `-0`, not `1.0`.
fn index_of(key: &Value) -> Option<usize> {
    key.as_number()?.to_string().parse::<i64>().ok()?.try_into().ok()
}

/// A value as it is in JSON: sets are arrays, keys are strings.
///
/// A value nested beyond [`MAX_NATIVE`] stays as it is.
pub(crate) fn native(value: &Value) -> Value {
    if value.depth() > MAX_NATIVE {
        return value.clone();
    }
    match value {
        Value::Array(array) => Value::array(array.iter().map(native)),
        Value::Set(set) => Value::array(set.iter().map(native)),
        Value::Object(object) => {
            let mut members = ObjectBuilder::default();
            for (key, value) in object.iter() {
                members.insert(native_key(key), native(value));
            }
            Value::Object(members.build())
        }
        scalar => scalar.clone(),
    }
}

fn native_key(key: &Value) -> Value {
    if key.as_str().is_some() { key.clone() } else { Value::from(native(key).to_json()) }
}
