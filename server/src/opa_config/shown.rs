//! What `GET /v1/config` shows of a configuration: all of it but for secrets.
//!
//! As OPA does, `credentials` of services and `key` and `private_key` of keys are left out. Besides,
//! where OPA shows them: values of `headers`, a user name and password in the address of a
//! service, and options that nobody knows at the top, in services and in keys: a secret under a
//! misspelled name is a secret.

use super::known::is_known;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What stands in place of a value that is not shown.
const REDACTED: &str = "REDACTED";

pub(super) fn of(
    mut tree: Value,
    labels: &BTreeMap<String, String>,
    default_decision: &str,
    default_authorization_decision: &str,
) -> Value {
    let Value::Object(members) = &mut tree else { return tree };
    members.retain(|name, _| is_known(&[], name));
    members.insert("labels".to_owned(), json!(labels));
    members.insert("default_decision".to_owned(), json!(default_decision));
    members
        .insert("default_authorization_decision".to_owned(), json!(default_authorization_decision));
    if let Some(services) = members.get_mut("services") {
        each(services, service);
    }
    if let Some(keys) = members.get_mut("keys") {
        each(keys, |key| {
            key.retain(|name, _| {
                is_known(&["keys", "*"], name) && !matches!(name.as_str(), "key" | "private_key")
            });
        });
    }
    tree
}

fn each(section: &mut Value, change: impl Fn(&mut Map<String, Value>)) {
    match section {
        Value::Object(entries) => {
            entries.values_mut().filter_map(Value::as_object_mut).for_each(change);
        }
        Value::Array(entries) => {
            entries.iter_mut().filter_map(Value::as_object_mut).for_each(change);
        }
        _ => {}
    }
}

fn service(service: &mut Map<String, Value>) {
    service.retain(|name, _| is_known(&["services", "*"], name) && name != "credentials");
    if let Some(Value::Object(headers)) = service.get_mut("headers") {
        headers.values_mut().for_each(|value| *value = REDACTED.into());
    }
    if let Some(Value::String(url)) = service.get_mut("url")
        && let Some((scheme, rest)) = url.split_once("://")
        && let authority = rest.split(['/', '?', '#']).next().unwrap_or_default()
        && let Some((user, _)) = authority.rsplit_once('@')
        && let Some(rest) = rest.strip_prefix(user)
    {
        *url = format!("{scheme}://{REDACTED}{rest}");
    }
}
