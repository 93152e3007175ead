//! What a program needs: capabilities (`Compiler.Required` in OPA), and members of `input`.

use super::options::current;
use super::{Backend, all};
use crate::error::RegoErrors;
use crate::value::Value;
use referee_rego_value as native;

impl Backend {
    /// Checks types against a schema of `input`.
    pub(in crate::back) fn check_input(
        &self,
        path: &[&str],
        schema: &Value,
    ) -> Result<(), RegoErrors> {
        let errors = self.made.compiled()?.errors_against(path, &schema.0);
        if errors.is_empty() { Ok(()) } else { Err(all(errors)) }
    }

    /// The builtins with their declarations, the imported keywords and the features, in the form of
    /// a document of capabilities.
    pub(in crate::back) fn required(&self) -> Option<Value> {
        let compiled = self.made.compiled().ok()?;
        let all = current().to_json();
        let declared = all.as_object().and_then(|all| all.get_str("builtins"));
        let declared = declared.and_then(native::Value::as_array);
        let name = |builtin: &native::Value| {
            let name = builtin.as_object()?.get_str("name")?.as_str()?;
            Some(name.to_owned())
        };
        let needed = |builtin: &&native::Value| {
            // What `print` becomes needs nothing of whoever runs the policy.
            let needed = |name: &str| name != "internal.print" && compiled.required.contains(name);
            name(builtin).is_some_and(|name| needed(&name))
        };
        let builtins: Vec<native::Value> =
            declared.into_iter().flat_map(|all| all.iter()).filter(needed).map(minimal).collect();
        let texts = |texts: Vec<&'static str>| {
            native::Value::array(texts.into_iter().map(native::Value::from))
        };
        let mut members = vec![("builtins", native::Value::array(builtins))];
        let keywords = compiled.required_keywords();
        if !keywords.is_empty() {
            members.push(("future_keywords", texts(keywords.into_iter().collect())));
        }
        let features = compiled.required_features();
        if !features.is_empty() {
            members.push(("features", texts(features.into_iter().collect())));
        }
        Some(Value(native::Value::object(members)))
    }
}

/// The declaration of a builtin without what is for readers: what it does, and how its operands
/// are called (`Builtin.Minimal`).
fn minimal(builtin: &native::Value) -> native::Value {
    without(builtin, &["categories", "description"], &|name, member| match name {
        "decl" => without(member, &[], &|name, part| match (name, part) {
            ("args", native::Value::Array(args)) => native::Value::array(args.iter().map(unnamed)),
            ("result" | "variadic", part) => unnamed(part),
            (_, part) => part.clone(),
        }),
        _ => member.clone(),
    })
}

/// A type without its name.
fn unnamed(part: &native::Value) -> native::Value {
    without(part, &["name", "description"], &|_, member| member.clone())
}

/// An object without some members, the others altered.
fn without(
    value: &native::Value,
    names: &[&str],
    alter: &dyn Fn(&str, &native::Value) -> native::Value,
) -> native::Value {
    let native::Value::Object(members) = value else { return value.clone() };
    let kept = members.iter().filter_map(|(name, member)| {
        let text = name.as_str().filter(|name| !names.contains(name))?;
        Some((name.clone(), alter(text, member)))
    });
    native::Value::object(kept)
}
