//! Documents that people write: YAML or JSON in, a typed value out, mistakes told well.
//!
//! Unknown fields are refused: a misspelled `scopes` that is silently dropped would widen or
//! void what its author meant. The check runs over the JSON Schema of the type, so that one
//! mechanism serves every document and every field is told with its path and its nearest
//! neighbour.

use crate::error::Coded;
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A document that could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// Not YAML (of which JSON is a part).
    #[error("{name}: not valid YAML or JSON")]
    Syntax {
        /// The document, as its reader calls it: a path.
        name: String,
        /// What the parser found, with line and column.
        source: yaml_serde::Error,
    },
    /// A field that does not exist.
    #[error("{name}: unknown field `{path}`{}", suggestion(closest.as_deref()))]
    UnknownField {
        /// The document.
        name: String,
        /// The field with its path, `keys[0].scope`.
        path: String,
        /// The existing field whose name is nearest.
        closest: Option<String>,
        /// All fields that exist there.
        known: Vec<String>,
    },
    /// A field of the wrong type, or one that is missing.
    #[error("{name}: {path}: {message}")]
    Shape {
        /// The document.
        name: String,
        /// The field with its path.
        path: String,
        /// What is wrong with it.
        message: String,
    },
    /// The document is larger than the limit.
    #[error("{name}: larger than {limit} bytes")]
    TooLarge {
        /// The document.
        name: String,
        /// The limit.
        limit: u64,
    },
}

impl Coded for DocumentError {
    fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "document_syntax",
            Self::UnknownField { .. } => "unknown_field",
            Self::Shape { .. } => "document_shape",
            Self::TooLarge { .. } => "document_too_large",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownField { known, .. } if !known.is_empty() => {
                Some(format!("the fields here are: {}", known.join(", ")))
            }
            _ => None,
        }
    }
}

fn suggestion(closest: Option<&str>) -> String {
    closest.map(|name| format!(", did you mean `{name}`?")).unwrap_or_default()
}

/// Reads a YAML or JSON document into a type.
///
/// `name` is what errors call the document. An empty document reads as an empty mapping.
///
/// # Errors
/// [`DocumentError`], each with the place in the document.
pub fn read<T: DeserializeOwned + JsonSchema>(name: &str, text: &str) -> Result<T, DocumentError> {
    let value: Value = yaml_serde::from_str(text)
        .map_err(|source| DocumentError::Syntax { name: name.to_owned(), source })?;
    let value = if value.is_null() { Value::Object(serde_json::Map::new()) } else { value };
    from_value(name, value)
}

/// Reads an already parsed document into a type; see [`read`].
///
/// # Errors
/// [`DocumentError`], each with the place in the document.
pub fn from_value<T: DeserializeOwned + JsonSchema>(
    name: &str,
    value: Value,
) -> Result<T, DocumentError> {
    if let Some(unknown) = unknown_field::<T>(&value) {
        return Err(DocumentError::UnknownField {
            name: name.to_owned(),
            path: unknown.path,
            closest: unknown.closest,
            known: unknown.known,
        });
    }
    serde_path_to_error::deserialize(value).map_err(|error| DocumentError::Shape {
        name: name.to_owned(),
        path: error.path().to_string(),
        message: error.into_inner().to_string(),
    })
}

/// A field that its type does not have.
#[derive(Debug, PartialEq, Eq)]
struct Unknown {
    path: String,
    closest: Option<String>,
    known: Vec<String>,
}

/// The first field of a value that the type does not have.
fn unknown_field<T: JsonSchema>(value: &Value) -> Option<Unknown> {
    let settings = SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true);
    let schema = SchemaGenerator::new(settings).into_root_schema_for::<T>();
    walk(schema.as_value(), value, &mut String::new())
}

fn walk(schema: &Value, value: &Value, path: &mut String) -> Option<Unknown> {
    let alternatives = ["anyOf", "oneOf"]
        .iter()
        .filter_map(|keyword| schema.get(keyword)?.as_array())
        .flatten()
        .filter(|branch| branch.get("type").is_none_or(|t| t != "null"));
    // A value of several possible shapes is checked against those of its own kind; it is wrong
    // only if it is wrong in each.
    let mut first_failure = None;
    let mut branches = 0usize;
    for branch in alternatives.filter(|branch| kind_fits(branch, value)) {
        branches += 1;
        let length = path.len();
        let found = walk(branch, value, path);
        path.truncate(length);
        match found {
            None => return None,
            Some(failure) => first_failure = Some(together(first_failure, failure)),
        }
    }
    if branches > 0 {
        return first_failure;
    }
    match value {
        Value::Object(members) => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let open = schema.get("additionalProperties");
            for (key, member) in members {
                let length = path.len();
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
                let found = match (properties.and_then(|p| p.get(key)), open) {
                    (Some(property), _) => walk(property, member, path),
                    (None, Some(Value::Bool(false))) => {
                        let known: Vec<String> =
                            properties.into_iter().flat_map(|p| p.keys().cloned()).collect();
                        Some(Unknown { path: path.clone(), closest: closest(key, &known), known })
                    }
                    (None, Some(schema @ Value::Object(_))) => walk(schema, member, path),
                    (None, _) => None,
                };
                if found.is_some() {
                    return found;
                }
                path.truncate(length);
            }
            None
        }
        Value::Array(items) => {
            let item_schema = schema.get("items")?;
            items.iter().enumerate().find_map(|(position, item)| {
                let length = path.len();
                path.push_str(&format!("[{position}]"));
                let found = walk(item_schema, item, path);
                path.truncate(length);
                found
            })
        }
        _ => None,
    }
}

/// The same field, unknown to two shapes: what is known to either could have been meant.
fn together(first: Option<Unknown>, next: Unknown) -> Unknown {
    let Some(mut first) = first else { return next };
    if first.path == next.path {
        first.known.extend(next.known);
        let given = first.path.rsplit('.').next().unwrap_or_default();
        first.closest = closest(given, &first.known);
    }
    first
}

fn kind_fits(schema: &Value, value: &Value) -> bool {
    let wanted = match value {
        Value::Object(_) => "object",
        Value::Array(_) => "array",
        _ => return true,
    };
    match schema.get("type") {
        Some(Value::String(kind)) => kind == wanted,
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == wanted),
        _ => true,
    }
}

/// The known name nearest to a given one, if it is near at all.
#[must_use]
pub fn closest(given: &str, known: &[String]) -> Option<String> {
    known
        .iter()
        .map(|name| (strsim::jaro_winkler(given, name), name))
        // Below 0.7 the suggestions are noise: `pem` for `name`.
        .filter(|(similarity, _)| *similarity > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "read by the deserialiser only")]
    struct Outer {
        #[serde(default)]
        keys: Vec<Inner>,
        #[serde(default)]
        named: BTreeMap<String, Inner>,
        #[serde(default)]
        maybe: Option<Inner>,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "read by the deserialiser only")]
    struct Inner {
        scopes: Vec<String>,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(rename_all = "lowercase", deny_unknown_fields)]
    #[expect(dead_code, reason = "read by the deserialiser only")]
    enum Either {
        Glob(String),
        Regex(String),
    }

    #[test]
    fn what_is_unknown_to_every_shape_is_told_with_the_fields_of_all() {
        let error = read::<BTreeMap<String, Either>>("t", "a: {regexp: x}").unwrap_err();
        assert_eq!(error.to_string(), "t: unknown field `a.regexp`, did you mean `regex`?");
        assert_eq!(error.hint().unwrap(), "the fields here are: glob, regex");
    }

    #[test]
    fn an_unknown_field_is_told_with_its_path_and_neighbour() {
        let cases = [
            ("keys:\n- scope: []", "keys[0].scope"),
            ("named: {a: {scope: []}}", "named.a.scope"),
            ("maybe: {scope: []}", "maybe.scope"),
        ];
        for (text, expected) in cases {
            let error = read::<Outer>("t", text).unwrap_err();
            let DocumentError::UnknownField { path, closest, .. } = &error else {
                panic!("{text}: {error}");
            };
            assert_eq!((path.as_str(), closest.as_deref()), (expected, Some("scopes")), "{text}");
        }
        let error = read::<Outer>("t.yaml", "zzz: 1").unwrap_err();
        assert_eq!(error.to_string(), "t.yaml: unknown field `zzz`");
        assert_eq!(error.hint().unwrap(), "the fields here are: keys, named, maybe");
    }

    #[test]
    fn a_wrong_type_is_told_with_its_path() {
        let error = read::<Outer>("t", "keys:\n- scopes: 5").unwrap_err();
        assert!(error.to_string().starts_with("t: keys[0].scopes: invalid type"), "{error}");
    }

    #[test]
    fn a_syntax_error_is_told_with_its_line() {
        let error = read::<Outer>("t", "keys:\n  - [").unwrap_err();
        assert!(matches!(error, DocumentError::Syntax { .. }), "{error}");
        assert!(crate::error::chain(&error).contains("line"), "{}", crate::error::chain(&error));
    }

    #[test]
    fn an_empty_document_is_an_empty_mapping() {
        assert!(read::<Outer>("t", "# nothing\n").unwrap().keys.is_empty());
    }
}
