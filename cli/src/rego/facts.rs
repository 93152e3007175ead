//! The schema of the facts, and whether modules are about facts.

use crate::error::CliError;
use referee_core::document;
use referee_rego::{Module, Schema, SyntaxTree, Value};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// The name of the built-in schema.
pub(crate) const FACTS: &str = "facts";

/// The JSON Schema of the facts, in which `null` is a type: many members may be null.
///
/// # Errors
/// Where it is no JSON, which a test rules out.
pub(crate) fn facts_schema() -> Result<Schema, CliError> {
    let text = referee_policies::facts_schema();
    let document = Value::from_json_str(text)
        .map_err(|source| CliError::Input { name: "the facts schema".to_owned(), source })?;
    Ok(Schema { document, nulls: true })
}

/// Whether modules look into facts: of the members of their input that they read, each counted once,
/// at least as many are facts, or nearly named like one, as are not; or they use the rule library.
pub(crate) fn are_over_facts(modules: &[Module], rego_v0: bool) -> bool {
    let Ok(schema) = serde_json::from_str::<Json>(referee_policies::facts_schema()) else {
        return false;
    };
    let (mut facts, mut others) = (BTreeSet::new(), BTreeSet::new());
    for module in modules {
        let v0 = module.rego_v0.unwrap_or(rego_v0);
        let Ok(tree) = SyntaxTree::parse(&module.name, &module.text, v0) else { continue };
        if tree.data_paths().iter().any(|path| path.first().is_some_and(|p| p == "referee")) {
            return true;
        }
        for path in tree.input_paths() {
            let list = if is_fact(&schema, &path) { &mut facts } else { &mut others };
            list.extend(path.into_iter().next());
        }
    }
    !facts.is_empty() && facts.len() >= others.len()
}

/// Whether a path leads to a fact: its first key does or nearly does, and so does the second
/// where what the first leads to is an object.
fn is_fact(schema: &Json, path: &[String]) -> bool {
    let Some((first, rest)) = path.split_first() else { return false };
    let members = members(schema, schema);
    let Some((exact, below)) = member(&members, first) else { return false };
    match (rest.first(), resolved(schema, below)) {
        (Some(second), below) if exact && below.get("properties").is_some() => {
            member(&self::members(schema, below), second).is_some()
        }
        _ => true,
    }
}

/// The members of an object that a schema describes.
fn members<'s>(root: &'s Json, schema: &'s Json) -> Vec<(String, &'s Json)> {
    let properties = resolved(root, schema).get("properties").and_then(Json::as_object);
    let members = properties.into_iter().flatten();
    members.map(|(name, member)| (name.clone(), member)).collect()
}

/// The member of this name, or the nearest; whether it is of this name.
fn member<'s>(members: &[(String, &'s Json)], name: &str) -> Option<(bool, &'s Json)> {
    if let Some((_, found)) = members.iter().find(|(known, _)| known == name) {
        return Some((true, found));
    }
    let known: Vec<String> = members.iter().map(|(known, _)| known.clone()).collect();
    let nearest = document::closest(name, &known).filter(|nearest| is_slip(name, nearest))?;
    members.iter().find(|(known, _)| *known == nearest).map(|(_, found)| (false, *found))
}

/// Whether a name is so near another that it is that one, written wrongly: no more than a third
/// of its letters differ.
fn is_slip(name: &str, meant: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (name.chars().collect(), meant.chars().collect());
    let shared = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let tail = |shared: usize| {
        let (a, b) = (a.iter().rev(), b.iter().rev());
        a.zip(b).take_while(|(a, b)| a == b).count().min(shared)
    };
    let longest = a.len().max(b.len());
    let differing = longest.saturating_sub(shared + tail(longest.saturating_sub(shared)));
    longest > 0 && differing * 3 <= longest
}

/// A schema with its reference followed.
fn resolved<'s>(root: &'s Json, schema: &'s Json) -> &'s Json {
    let pointer = schema.get("$ref").and_then(Json::as_str).and_then(|r| r.strip_prefix('#'));
    pointer.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over_facts(body: &str) -> bool {
        let text = format!("package p\n\ndeny contains \"x\" if {{\n\t{body}\n}}\n");
        are_over_facts(&[Module::new("p.rego", text)], false)
    }

    #[test]
    fn a_policy_over_facts_is_told_from_one_over_anything_else() {
        for body in [
            "some s in input.signatures; s.trusted",
            "some s in input.signaturs",
            "input.subject.repositry == \"a\"",
            "input.signatures[_]; input.subject.digest; input.vulns[_]",
            "data.referee.lib.x",
        ] {
            assert!(over_facts(body), "{body}");
        }
        for body in [
            "input.user == \"bob\"",
            "input.request.object.kind == \"Pod\"; input.request.operation == \"CREATE\"",
            "input.review.object.metadata.name",
            "input.attestations[_]; input.attestations[0]; input.image.ref; input.snapshot.x",
            "true",
        ] {
            assert!(!over_facts(body), "{body}");
        }
    }

    #[test]
    fn the_built_in_schema_can_be_read() {
        assert!(facts_schema().is_ok());
    }
}
