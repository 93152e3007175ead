//! `opa.runtime`, without the secrets of its configuration, and what only a rule may call;
//! `topdown/runtime.go`, `topdown/parse.go`.

use crate::give::{Given, give};
use referee_rego_builtin::Implementation::Function as F;
use referee_rego_builtin::{BuiltinError, Context, Result, Table};
use referee_rego_value::{Object, Value};

pub(crate) const TABLE: Table = &[
    ("opa.runtime", F(runtime)),
    ("rego.metadata.chain", F(chain)),
    ("rego.metadata.rule", F(rule)),
];

/// The compiler replaces the calls in rules, so that what comes here stands in a query.
fn only_in_rules(name: &str) -> Given {
    let words = format!("the {name} function must only be called within the scope of a rule");
    Err(BuiltinError::new(words))
}

fn chain(_: &mut Context<'_>, _: &[Value]) -> Given {
    only_in_rules("rego.metadata.chain")
}

fn rule(_: &mut Context<'_>, _: &[Value]) -> Given {
    only_in_rules("rego.metadata.rule")
}

fn runtime(ctx: &mut Context<'_>, _: &[Value]) -> Given {
    let Value::Object(runtime) = ctx.runtime else {
        return give(Value::object::<&str>([]));
    };
    let Some(Value::Object(config)) = runtime.get_str("config") else {
        return give(runtime.clone());
    };
    let services = with(config, "services", |services| match services {
        Value::Array(_) | Value::Object(_) => each(services, &["credentials"]),
        _ => Err(illegal("service", services)),
    })?;
    let config = with(&services, "keys", |keys| match keys {
        Value::Object(_) => each(keys, &["key", "private_key"]),
        _ => Err(illegal("keys", keys)),
    })?;
    give(replaced(runtime, "config", Value::Object(config)))
}

fn illegal(what: &str, found: &Value) -> BuiltinError {
    let kind = match found {
        Value::Bool(_) => "bool",
        Value::String(_) => "string",
        Value::Number(_) => "json.Number",
        _ => "[]interface {}",
    };
    BuiltinError::new(format!("illegal {what} config type: {kind}"))
}

/// The object with a member changed, where it has it and it is not null.
fn with(object: &Object, name: &str, change: impl Fn(&Value) -> Result<Value>) -> Result<Object> {
    match object.get_str(name) {
        None | Some(Value::Null) => Ok(object.clone()),
        Some(found) => Ok(replaced(object, name, change(found)?)),
    }
}

fn replaced(object: &Object, name: &str, value: Value) -> Object {
    let changed = (Value::from(name), value);
    object.iter().cloned().chain([changed]).collect()
}

/// The collection with members left out of each of its objects.
fn each(collection: &Value, names: &[&str]) -> Result<Value> {
    let without = |value: &Value| match value {
        Value::Object(object) => Ok(Value::Object(
            object
                .iter()
                .filter(|(key, _)| key.as_str().is_none_or(|key| !names.contains(&key)))
                .cloned()
                .collect(),
        )),
        _ => Err(BuiltinError::new("type assertion error")),
    };
    Ok(match collection {
        Value::Object(object) => Value::Object(
            object
                .iter()
                .map(|(key, value)| Ok((key.clone(), without(value)?)))
                .collect::<Result<Vec<_>>>()?
                .into_iter()
                .collect(),
        ),
        Value::Array(array) => {
            Value::Array(array.iter().map(without).collect::<Result<Vec<_>>>()?.into())
        }
        other => other.clone(),
    })
}
