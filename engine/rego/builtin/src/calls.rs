//! What was answered to calls whose answers may differ from one evaluation to the next: the time,
//! what is random, what came over a network. With these a decision can be made again.

use referee_rego_value::Value;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Calls of one evaluation: by the name of the builtin, and its operands, what it gave.
#[derive(Debug, Default)]
pub struct Calls(Mutex<BTreeMap<String, BTreeMap<Value, Value>>>);

impl Calls {
    /// Notes a call. Of two alike the last counts.
    pub fn note(&self, name: &str, operands: &[Value], given: Value) {
        let operands = Value::array(operands.iter().cloned());
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match calls.get_mut(name) {
            Some(found) => drop(found.insert(operands, given)),
            None => drop(calls.insert(name.to_owned(), BTreeMap::from([(operands, given)]))),
        }
    }

    /// All of them, as OPA's `nd_builtin_cache`: an object by names, of objects by arrays of
    /// operands.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let one = |calls: &BTreeMap<Value, Value>| {
            Value::object(calls.iter().map(|(operands, given)| (operands.clone(), given.clone())))
        };
        Value::object(calls.iter().map(|(name, calls)| (name.as_str(), one(calls))))
    }
}
