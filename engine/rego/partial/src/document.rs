//! Looking up documents: `input`, the base document, and what `with` puts in their place.

use crate::instruments::Timed;
use crate::machine::{Machine, Resolved};
use crate::scopes::NOWHERE;
use crate::term::{Term, begins_with, has_prefix};
use referee_rego_value::Value;

/// What stands at a path of constants in a document.
fn find<'v>(document: &'v Value, path: &[Term]) -> Option<&'v Value> {
    path.iter().try_fold(document, |value, part| value.get(part.value()?))
}

/// The same in the base document, where a number also stands for a key that is its text, and the
/// text of a number for a place in an array.
fn find_base<'v>(document: &'v Value, path: &[Term]) -> Option<&'v Value> {
    path.iter().try_fold(document, |value, part| {
        let key = part.value()?;
        value.get(key).or_else(|| match (value, key) {
            (Value::Object(object), Value::Number(number)) => object.get_str(&number.to_string()),
            (Value::Array(array), Value::String(text)) => array.get(text.parse().ok()?),
            _ => None,
        })
    })
}

/// Two documents as one: of what is in both, the first counts unless both are objects.
pub(crate) fn merged(first: &Value, second: &Value) -> Value {
    let (Value::Object(a), Value::Object(b)) = (first, second) else { return first.clone() };
    let mut members: Vec<(Value, Value)> = Vec::with_capacity(a.len().saturating_add(b.len()));
    for (key, value) in a.iter() {
        let value = b.get(key).map_or_else(|| value.clone(), |other| merged(value, other));
        members.push((key.clone(), value));
    }
    members.extend(b.iter().filter(|(key, _)| !a.contains_key(key)).cloned());
    Value::object(members)
}

/// A document with another value at a path.
pub(crate) fn replaced(document: Option<&Value>, path: &[Value], value: &Value) -> Value {
    let Some((key, rest)) = path.split_first() else { return value.clone() };
    let object = document.and_then(Value::as_object);
    let below = replaced(object.and_then(|object| object.get(key)), rest, value);
    match object {
        Some(object) => Value::Object(object.insert(key.clone(), below)),
        None => Value::object([(key.clone(), below)]),
    }
}

impl Machine<'_, '_> {
    /// What stands at a reference to a document, rules aside.
    pub(crate) fn resolved(&self, parts: &[Term]) -> Resolved {
        let started = self.begun();
        let resolved = self.looked_up(parts);
        self.timed(Timed::Resolve, started);
        resolved
    }

    fn looked_up(&self, parts: &[Term]) -> Resolved {
        if self.not_inlined(parts, true) || self.is_saved_ref(parts, NOWHERE) {
            return Resolved::Unknown;
        }
        let path = parts.get(1..).unwrap_or_default();
        if begins_with(parts, "input") {
            let found = self.input.as_ref().and_then(|input| find(input, path));
            return Resolved::Known(found.cloned());
        }
        let put = self.data.as_ref().and_then(|data| find(data, path));
        let replaced = |targets: &Vec<_>| {
            targets.iter().any(|target: &std::sync::Arc<[Term]>| has_prefix(parts, target))
        };
        if self.targets.iter().any(replaced) {
            return Resolved::Known(put.cloned());
        }
        self.read_base.set(true);
        let base = find_base(self.base, path);
        if let Some(instruments) = &self.instruments {
            instruments.base(parts, base.is_some());
        }
        Resolved::Known(match (put, base) {
            (Some(put), Some(base)) => Some(merged(put, base)),
            (Some(found), None) => Some(found.clone()),
            (None, Some(Value::Object(object))) if path.is_empty() => {
                Some(Value::Object(object.remove(&Value::from("system"))))
            }
            (None, base) => base.cloned(),
        })
    }
}
