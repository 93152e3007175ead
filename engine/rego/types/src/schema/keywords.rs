//! What each keyword of a schema must be like, and what OPA says where it is not.

use super::reference::Reference;
use referee_rego_value::{Number, Object, Value};
use std::collections::BTreeSet;

/// A draft of JSON Schema. Without one OPA takes keywords of all drafts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Draft {
    /// Draft 4.
    Four,
    /// Draft 6.
    Six,
    /// Draft 7.
    Seven,
    /// None in particular.
    Hybrid,
}

impl Draft {
    /// The draft whose schema of schemas is at an address.
    pub(super) fn by_address(address: &str) -> Option<Self> {
        match address {
            "http://json-schema.org/draft-04/schema" => Some(Self::Four),
            "http://json-schema.org/draft-06/schema" => Some(Self::Six),
            "http://json-schema.org/draft-07/schema" => Some(Self::Seven),
            _ => None,
        }
    }
}

/// The draft that a document says it is written in.
pub(super) fn draft_of(document: &Value) -> Result<Option<Draft>, String> {
    match document {
        Value::Bool(_) => Ok(None),
        Value::Object(object) => match object.get_str("$schema") {
            None => Ok(None),
            Some(Value::String(text)) => {
                Ok(Draft::by_address(&Reference::parse(text)?.to_string()))
            }
            Some(_) => Err("$schema must be of type string".to_owned()),
        },
        _ => Err("schema is invalid".to_owned()),
    }
}

/// A keyword with a value of the wrong type.
pub(super) fn invalid(expected: &str, given: &str) -> String {
    format!("Invalid type. Expected: {expected}, given: {given}")
}

/// The string of a keyword.
pub(super) fn string<'a>(schema: &'a Object, keyword: &str) -> Result<Option<&'a str>, String> {
    match schema.get_str(keyword) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(invalid("string", keyword)),
    }
}

/// The array of a keyword.
pub(super) fn list<'a>(schema: &'a Object, keyword: &str) -> Result<&'a [Value], String> {
    match schema.get_str(keyword) {
        None => Ok(&[]),
        Some(Value::Array(array)) => Ok(array.as_slice()),
        Some(_) => Err(format!("{keyword} must be of an array")),
    }
}

/// Adds a type to those of a schema.
pub(super) fn add_type(types: &mut Vec<String>, name: &str) -> Result<(), String> {
    const NAMES: &[&str] = &["array", "boolean", "integer", "number", "null", "object", "string"];
    if !NAMES.contains(&name) {
        return Err(format!(
            "has a primitive type that is NOT VALID -- given: /{name}/ Expected valid values are:[{}]",
            NAMES.join(" ")
        ));
    }
    if types.iter().any(|found| found == name) {
        return Err(format!("{name} type is duplicated"));
    }
    types.push(name.to_owned());
    Ok(())
}

/// The types that a schema names.
pub(super) fn types(schema: &Object) -> Result<Vec<String>, String> {
    let mut types = Vec::new();
    let wrong = || invalid("type", "string/Array Of Strings");
    match schema.get_str("type") {
        None => {}
        Some(Value::String(name)) => add_type(&mut types, name)?,
        Some(Value::Array(names)) => {
            for name in names.iter() {
                add_type(&mut types, name.as_str().ok_or_else(wrong)?)?;
            }
        }
        Some(_) => return Err(wrong()),
    }
    Ok(types)
}

/// Checks the keywords that say nothing about types.
pub(super) fn check(schema: &Object, draft: Draft) -> Result<(), String> {
    check_numbers(schema, draft)?;
    at_most(schema, "minLength", "maxLength")?;
    string(schema, "pattern")?;
    string(schema, "format")?;
    at_most(schema, "minProperties", "maxProperties")?;
    let mut required = BTreeSet::new();
    for name in list(schema, "required")? {
        let Value::String(name) = name else {
            return Err(invalid("string", "required"));
        };
        if !required.insert(name.as_str()) {
            return Err("required items must be unique".to_owned());
        }
    }
    count(schema, "minItems")?;
    count(schema, "maxItems")?;
    if schema.get_str("uniqueItems").is_some_and(|unique| unique.as_bool().is_none()) {
        return Err("uniqueItems must be of a boolean".to_owned());
    }
    let values = list(schema, "enum")?;
    if values.iter().collect::<BTreeSet<_>>().len() < values.len() {
        return Err("enum items must be unique".to_owned());
    }
    Ok(())
}

fn check_numbers(schema: &Object, draft: Draft) -> Result<(), String> {
    match schema.get_str("multipleOf") {
        None => {}
        Some(Value::Number(number)) if *number > Number::from(0) => {}
        Some(Value::Number(_)) => {
            return Err("multipleOf must be strictly greater than 0".to_owned());
        }
        Some(_) => return Err(invalid("Number", "multipleOf")),
    }
    for (limit, exclusive) in [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")] {
        let inclusive = schema.get_str(limit);
        if inclusive.is_some_and(|limit| limit.as_number().is_none()) {
            return Err(format!("{limit} must be of a Number"));
        }
        match (schema.get_str(exclusive), draft) {
            (None, _) | (Some(Value::Number(_)), Draft::Six | Draft::Seven | Draft::Hybrid) => {}
            (Some(Value::Bool(_)), Draft::Four | Draft::Hybrid) => {
                if inclusive.is_none() {
                    return Err(format!("{exclusive} cannot be used without {limit}"));
                }
            }
            (Some(_), Draft::Four) => return Err(invalid("boolean", exclusive)),
            (Some(_), Draft::Hybrid) => return Err(invalid("boolean/number", exclusive)),
            (Some(_), _) => return Err(invalid("number", exclusive)),
        }
    }
    Ok(())
}

/// The count of a keyword, written as an integer.
fn count(schema: &Object, keyword: &str) -> Result<Option<i64>, String> {
    let Some(value) = schema.get_str(keyword) else {
        return Ok(None);
    };
    let text = value.as_number().map(ToString::to_string);
    match text.and_then(|text| text.parse::<i64>().ok()) {
        None => Err(format!("{keyword} must be of an integer")),
        Some(count) if count < 0 => Err(format!("{keyword} must be greater than or equal to 0")),
        count => Ok(count),
    }
}

fn at_most(schema: &Object, min: &str, max: &str) -> Result<(), String> {
    match (count(schema, min)?, count(schema, max)?) {
        (Some(least), Some(most)) if least > most => {
            Err(format!("{min} cannot be greater than {max}"))
        }
        _ => Ok(()),
    }
}
