//! What each keyword of a schema must be like, and what OPA says where it is not.

use referee_rego_go::schema::{Draft, SchemaFault};
use referee_rego_value::{Number, Object, Value};
use std::collections::BTreeSet;

/// The string of a keyword.
pub(super) fn string<'a>(
    schema: &'a Object,
    keyword: &'static str,
) -> Result<Option<&'a str>, SchemaFault> {
    match schema.get_str(keyword) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(SchemaFault::invalid("string", keyword)),
    }
}

/// The array of a keyword.
pub(super) fn list<'a>(
    schema: &'a Object,
    keyword: &'static str,
) -> Result<&'a [Value], SchemaFault> {
    match schema.get_str(keyword) {
        None => Ok(&[]),
        Some(Value::Array(array)) => Ok(array.as_slice()),
        Some(_) => Err(SchemaFault::Kind { keyword, kind: "an array" }),
    }
}

/// Adds a type to those of a schema.
pub(super) fn add_type(types: &mut Vec<String>, name: &str) -> Result<(), SchemaFault> {
    const NAMES: &[&str] = &["array", "boolean", "integer", "number", "null", "object", "string"];
    if !NAMES.contains(&name) {
        return Err(SchemaFault::UnknownType { name: name.to_owned() });
    }
    if types.iter().any(|found| found == name) {
        return Err(SchemaFault::RepeatedType { name: name.to_owned() });
    }
    types.push(name.to_owned());
    Ok(())
}

/// The types that a schema names.
pub(super) fn types(schema: &Object) -> Result<Vec<String>, SchemaFault> {
    let mut types = Vec::new();
    let wrong = || SchemaFault::invalid("type", "string/Array Of Strings");
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
pub(super) fn check(schema: &Object, draft: Draft) -> Result<(), SchemaFault> {
    check_numbers(schema, draft)?;
    at_most(schema, "minLength", "maxLength")?;
    string(schema, "pattern")?;
    string(schema, "format")?;
    at_most(schema, "minProperties", "maxProperties")?;
    let mut required = BTreeSet::new();
    for name in list(schema, "required")? {
        let Value::String(name) = name else {
            return Err(SchemaFault::invalid("string", "required"));
        };
        if !required.insert(name.as_str()) {
            return Err(SchemaFault::Repeated { keyword: "required" });
        }
    }
    count(schema, "minItems")?;
    count(schema, "maxItems")?;
    if schema.get_str("uniqueItems").is_some_and(|unique| unique.as_bool().is_none()) {
        return Err(SchemaFault::Kind { keyword: "uniqueItems", kind: "a boolean" });
    }
    let values = list(schema, "enum")?;
    if values.iter().collect::<BTreeSet<_>>().len() < values.len() {
        return Err(SchemaFault::Repeated { keyword: "enum" });
    }
    Ok(())
}

fn check_numbers(schema: &Object, draft: Draft) -> Result<(), SchemaFault> {
    match schema.get_str("multipleOf") {
        None => {}
        Some(Value::Number(number)) if *number > Number::from(0) => {}
        Some(Value::Number(_)) => {
            return Err(SchemaFault::NotPositive { keyword: "multipleOf" });
        }
        Some(_) => return Err(SchemaFault::invalid("Number", "multipleOf")),
    }
    for (limit, exclusive) in [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")] {
        let inclusive = schema.get_str(limit);
        if inclusive.is_some_and(|limit| limit.as_number().is_none()) {
            return Err(SchemaFault::Kind { keyword: limit, kind: "a Number" });
        }
        match (schema.get_str(exclusive), draft) {
            (None, _) | (Some(Value::Number(_)), Draft::Six | Draft::Seven | Draft::Hybrid) => {}
            (Some(Value::Bool(_)), Draft::Four | Draft::Hybrid) => {
                if inclusive.is_none() {
                    return Err(SchemaFault::Without { keyword: exclusive, other: limit });
                }
            }
            (Some(_), Draft::Four) => return Err(SchemaFault::invalid("boolean", exclusive)),
            (Some(_), Draft::Hybrid) => {
                return Err(SchemaFault::invalid("boolean/number", exclusive));
            }
            (Some(_), _) => return Err(SchemaFault::invalid("number", exclusive)),
        }
    }
    Ok(())
}

/// The count of a keyword, written as an integer.
fn count(schema: &Object, keyword: &'static str) -> Result<Option<i64>, SchemaFault> {
    let Some(value) = schema.get_str(keyword) else {
        return Ok(None);
    };
    let text = value.as_number().map(ToString::to_string);
    match text.and_then(|text| text.parse::<i64>().ok()) {
        None => Err(SchemaFault::Kind { keyword, kind: "an integer" }),
        Some(count) if count < 0 => Err(SchemaFault::Negative { keyword }),
        count => Ok(count),
    }
}

fn at_most(schema: &Object, min: &'static str, max: &'static str) -> Result<(), SchemaFault> {
    match (count(schema, min)?, count(schema, max)?) {
        (Some(least), Some(most)) if least > most => {
            Err(SchemaFault::Order { least: min, most: max })
        }
        _ => Ok(()),
    }
}
