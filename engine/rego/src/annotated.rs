//! What is said about packages and rules in their `METADATA`, with the place of each: what `opa
//! inspect` shows (`AnnotationsRef` in `v1/ast/annotations.go`).

use crate::error::Location;
use crate::tree::SyntaxTree;
use crate::value::Value;
use referee_rego_syntax::ast::{Module, Rule};
use referee_rego_syntax::json::{JsonOptions, module_to_json};
use referee_rego_value as native;
use std::sync::Arc;

/// A block of metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Annotated {
    /// The path of what it is about, a list of OPA's terms: `{"type": "var", "value": "data"}`, …
    pub path: Value,
    /// Where what it is about stands.
    pub location: Location,
    /// What it says, as OPA writes it.
    pub annotations: Value,
}

impl SyntaxTree {
    /// The blocks of metadata of the module, in their order.
    #[must_use]
    pub fn annotations(&self) -> Vec<Annotated> {
        let module = self.module();
        let json = module_to_json(module, &JsonOptions::default());
        let member = |of: &native::Value, name: &str| {
            of.as_object().and_then(|object| object.get_str(name)).cloned().unwrap_or_default()
        };
        let elements = |value: native::Value| match value {
            native::Value::Array(array) => array.iter().cloned().collect::<Vec<_>>(),
            _ => Vec::new(),
        };
        let package = elements(member(&member(&json, "package"), "path"));
        let rules = elements(member(&json, "rules"));
        let said = elements(member(&json, "annotations"));
        let mut found = Vec::with_capacity(said.len());
        for (block, annotations) in module.annotations.iter().zip(said) {
            let about = rule_of(module, block);
            let mut path = package.clone();
            let place = match about {
                Some((at, rule)) => {
                    let head = rules.get(at).map(|rule| member(rule, "head"));
                    let parts = elements(head.map(|head| member(&head, "ref")).unwrap_or_default());
                    path.extend(ground(&parts));
                    &rule.location
                }
                None => &module.package.location,
            };
            found.push(Annotated {
                path: Value(native::Value::array(path)),
                location: Location {
                    file: place.file().to_owned(),
                    row: place.row,
                    col: place.col,
                },
                annotations: Value(annotations),
            });
        }
        found
    }
}

/// The rule that a block is about; `None` where it is about the package.
fn rule_of<'a>(
    module: &'a Module,
    block: &Arc<referee_rego_syntax::ast::Annotations>,
) -> Option<(usize, &'a Rule)> {
    let mut rules = module.rules.iter().enumerate();
    rules.find(|(_, rule)| rule.annotations.iter().any(|own| Arc::ptr_eq(own, block)))
}

/// The parts of the head of a rule before the first that is a variable. The first names the rule.
fn ground(parts: &[native::Value]) -> Vec<native::Value> {
    let kind = |part: &native::Value| {
        let kind = part.as_object().and_then(|part| part.get_str("type"));
        kind.and_then(native::Value::as_str).map(str::to_owned)
    };
    let mut found = Vec::with_capacity(parts.len());
    for (at, part) in parts.iter().enumerate() {
        let Some(value) = part.as_object().and_then(|part| part.get_str("value")) else { break };
        let kind = match kind(part).as_deref() {
            Some("var") if at == 0 => "string",
            Some("string") => "string",
            Some("number") => "number",
            Some("boolean") => "boolean",
            Some("null") => "null",
            _ => break,
        };
        found.push(native::Value::object([
            ("type", native::Value::from(kind)),
            ("value", value.clone()),
        ]));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_has_its_place_and_its_path() {
        let text = "# METADATA\n# title: All\npackage a.b\n\n# METADATA\n# entrypoint: true\n\
                    c.d[x] if x := 1\n";
        let tree = SyntaxTree::parse("a.rego", text, false).unwrap();
        let found = tree.annotations();
        let told: Vec<_> = found
            .iter()
            .map(|one| {
                let path = one.path.elements().unwrap();
                let path: Vec<_> =
                    path.iter().map(|part| part.get("value").unwrap().to_json_string()).collect();
                (path.join(" "), one.location.row, one.annotations.to_json_string())
            })
            .collect();
        assert_eq!(
            told,
            [
                (
                    r#""data" "a" "b""#.to_owned(),
                    3,
                    r#"{"scope":"package","title":"All"}"#.to_owned()
                ),
                (
                    r#""data" "a" "b" "c" "d""#.to_owned(),
                    7,
                    r#"{"entrypoint":true,"scope":"document"}"#.to_owned()
                ),
            ]
        );
    }
}
