//! The keywords of a schema, in the order in which they are read.

use super::bounds::{
    exclusive_maximum, exclusive_minimum, max_items, max_length, max_properties, maximum,
    min_items, min_length, min_properties, minimum, multiple_of,
};
use super::canonical::canonical;
use super::compile::{Parts, Reading, text_of};
use super::format::Format;
use super::model::{Additional, Choices, Dependency, Items, Kind, Node, Place};
use super::pattern::Pattern;
use super::refusal::Refused;
use referee_rego_go::schema::{Draft, SchemaFault};
use referee_rego_value::{Array, Str, Value};

/// What a keyword does with its value.
pub(super) type Read = fn(&mut Reading<'_, '_, '_>, &'static str, &Value) -> Result<Parts, Refused>;

/// All keywords. `$ref`, which has no function, is the compiler's.
pub(super) const KEYWORDS: &[(&str, Option<Read>)] = &[
    ("definitions", Some(definitions)),
    ("title", Some(text)),
    ("description", Some(text)),
    ("$ref", None),
    ("type", Some(kinds)),
    ("properties", Some(properties)),
    ("additionalProperties", Some(additional)),
    ("patternProperties", Some(pattern_properties)),
    ("propertyNames", Some(property_names)),
    ("dependencies", Some(dependencies)),
    ("items", Some(items)),
    ("additionalItems", Some(additional)),
    ("multipleOf", Some(multiple_of)),
    ("minimum", Some(minimum)),
    ("exclusiveMinimum", Some(exclusive_minimum)),
    ("maximum", Some(maximum)),
    ("exclusiveMaximum", Some(exclusive_maximum)),
    ("minLength", Some(min_length)),
    ("maxLength", Some(max_length)),
    ("pattern", Some(pattern)),
    ("format", Some(format)),
    ("minProperties", Some(min_properties)),
    ("maxProperties", Some(max_properties)),
    ("required", Some(required)),
    ("minItems", Some(min_items)),
    ("maxItems", Some(max_items)),
    ("uniqueItems", Some(unique)),
    ("contains", Some(contains)),
    ("const", Some(constant)),
    ("enum", Some(choices)),
    ("oneOf", Some(several)),
    ("anyOf", Some(several)),
    ("allOf", Some(several)),
    ("not", Some(single)),
    ("if", Some(single)),
    ("then", Some(single)),
    ("else", Some(single)),
];

/// Where in a node a part of it belongs.
#[derive(Clone, Debug)]
pub(super) enum Slot {
    /// Nowhere: it is read for its faults.
    Nowhere,
    Property(Str),
    AdditionalProperties,
    PatternProperty(Box<Pattern>),
    PropertyNames,
    /// By its place in the list.
    Dependency(usize),
    Items,
    Item,
    AdditionalItems,
    Contains,
    OneOf,
    AnyOf,
    AllOf,
    Not,
    If,
    Then,
    Else,
}

impl Slot {
    /// Puts a part into a node.
    pub(super) fn fill(self, node: &mut Node, place: Place) {
        match self {
            Self::Nowhere => {}
            Self::Property(name) => node.properties.push((name, place)),
            Self::AdditionalProperties => node.additional_properties = Additional::Schema(place),
            Self::PatternProperty(pattern) => node.pattern_properties.push((*pattern, place)),
            Self::PropertyNames => node.property_names = Some(place),
            Self::Dependency(at) => {
                if let Some((_, dependency)) = node.dependencies.get_mut(at) {
                    *dependency = Dependency::Schema(place);
                }
            }
            Self::Items => node.items = Items::All(place),
            Self::Item => match &mut node.items {
                Items::Each(places) => places.push(place),
                items => *items = Items::Each(vec![place]),
            },
            Self::AdditionalItems => node.additional_items = Additional::Schema(place),
            Self::Contains => node.contains = Some(place),
            Self::OneOf => node.one_of.push(place),
            Self::AnyOf => node.any_of.push(place),
            Self::AllOf => node.all_of.push(place),
            Self::Not => node.not = Some(place),
            Self::If => node.condition = Some(place),
            Self::Then => node.consequence = Some(place),
            Self::Else => node.alternative = Some(place),
        }
    }
}

type Taken = Result<Parts, Refused>;

fn is_schema(value: &Value) -> bool {
    matches!(value, Value::Bool(_) | Value::Object(_))
}

/// A keyword's elements.
fn list<'v>(key: &'static str, value: &'v Value) -> Result<&'v Array, Refused> {
    let fault = SchemaFault::Kind { keyword: key, kind: "an array" };
    value.as_array().ok_or_else(|| fault.into())
}

fn definitions(_: &mut Reading<'_, '_, '_>, key: &'static str, value: &Value) -> Taken {
    let mut parts = Parts::default();
    let wrong = || SchemaFault::invalid("Array Of Schemas", key);
    let Value::Object(members) = value else {
        return Ok(parts.fail(wrong()));
    };
    for schema in members.values() {
        if !is_schema(schema) {
            return Ok(parts.fail(wrong()));
        }
        parts.add(Slot::Nowhere, schema);
    }
    Ok(parts)
}

fn text(reading: &mut Reading<'_, '_, '_>, key: &'static str, _: &Value) -> Taken {
    text_of(reading.members, key)?;
    Ok(Parts::default())
}

fn kinds(reading: &mut Reading<'_, '_, '_>, _: &str, value: &Value) -> Taken {
    // OPA has what is expected and what is given the wrong way round here.
    let wrong = || Refused::from(SchemaFault::invalid("type", "string/Array Of Strings"));
    let names = match value {
        Value::String(_) => std::slice::from_ref(value),
        Value::Array(names) => names.as_slice(),
        _ => return Err(wrong()),
    };
    for name in names {
        let name = name.as_str().ok_or_else(wrong)?;
        let Some(kind) = Kind::by_name(name) else {
            return Err(SchemaFault::UnknownType { name: name.to_owned() }.into());
        };
        if reading.node.kinds.contains(&kind) {
            return Err(SchemaFault::RepeatedType { name: name.to_owned() }.into());
        }
        reading.node.kinds.push(kind);
    }
    Ok(Parts::default())
}

/// The name under which a member stands.
fn name_of(key: &Value) -> Str {
    match key {
        Value::String(name) => name.clone(),
        _ => Str::default(),
    }
}

fn properties(_: &mut Reading<'_, '_, '_>, _: &str, value: &Value) -> Taken {
    let mut parts = Parts::default();
    let Value::Object(members) = value else {
        return Ok(parts.fail(SchemaFault::NoObject { what: "Properties" }));
    };
    members.iter().for_each(|(key, schema)| parts.add(Slot::Property(name_of(key)), schema));
    Ok(parts)
}

/// `additionalProperties`, `additionalItems`.
fn additional(reading: &mut Reading<'_, '_, '_>, key: &'static str, value: &Value) -> Taken {
    let mut parts = Parts::default();
    let items = key == "additionalItems";
    match value {
        Value::Bool(true) => {}
        Value::Bool(false) if items => reading.node.additional_items = Additional::None,
        Value::Bool(false) => reading.node.additional_properties = Additional::None,
        Value::Object(_) if items => parts.add(Slot::AdditionalItems, value),
        Value::Object(_) => parts.add(Slot::AdditionalProperties, value),
        _ => return Ok(parts.fail(SchemaFault::invalid("boolean/Valid Schema", key))),
    }
    Ok(parts)
}

fn pattern_properties(
    reading: &mut Reading<'_, '_, '_>,
    key: &'static str,
    value: &Value,
) -> Taken {
    let mut parts = Parts::default();
    let Value::Object(members) = value else {
        return Ok(parts.fail(SchemaFault::invalid("Valid Schema", key)));
    };
    for (name, schema) in members {
        let name = name_of(name);
        let Some(pattern) = Pattern::new(reading.ctx, &name)? else {
            return Ok(parts.fail(SchemaFault::PatternName { pattern: name.to_string() }));
        };
        parts.add(Slot::PatternProperty(Box::new(pattern)), schema);
    }
    Ok(parts)
}

fn property_names(reading: &mut Reading<'_, '_, '_>, _: &str, value: &Value) -> Taken {
    let mut parts = Parts::default();
    if reading.draft >= Draft::Six {
        if !is_schema(value) {
            return Ok(parts.fail(SchemaFault::invalid("Valid Schema", "patternProperties")));
        }
        parts.add(Slot::PropertyNames, value);
    }
    Ok(parts)
}

fn dependencies(reading: &mut Reading<'_, '_, '_>, key: &'static str, value: &Value) -> Taken {
    let mut parts = Parts::default();
    let Value::Object(members) = value else {
        return Ok(parts.fail(SchemaFault::NoObject { what: key }));
    };
    for (key, value) in members {
        let name = name_of(key);
        match value {
            Value::Array(names) => {
                let names: Option<Vec<Str>> =
                    names.iter().map(|name| name.as_str().map(Str::from)).collect();
                let Some(names) = names else {
                    return Ok(parts.fail(SchemaFault::Dependency));
                };
                reading.node.dependencies.push((name, Dependency::Members(names)));
            }
            _ if is_schema(value) => {
                let dependencies = &mut reading.node.dependencies;
                parts.add(Slot::Dependency(dependencies.len()), value);
                // Its schema comes later; its place in the order is here.
                dependencies.push((name, Dependency::Members(Vec::new())));
            }
            _ => return Ok(parts.fail(SchemaFault::Dependency)),
        }
    }
    Ok(parts)
}

fn items(_: &mut Reading<'_, '_, '_>, key: &'static str, value: &Value) -> Taken {
    let mut parts = Parts::default();
    let wrong = || SchemaFault::invalid("Valid Schema/Array Of Schemas", key);
    match value {
        Value::Array(schemas) => {
            for schema in schemas {
                if !is_schema(schema) {
                    return Ok(parts.fail(wrong()));
                }
                parts.add(Slot::Item, schema);
            }
        }
        _ if is_schema(value) => parts.add(Slot::Items, value),
        _ => return Ok(parts.fail(wrong())),
    }
    Ok(parts)
}

fn pattern(reading: &mut Reading<'_, '_, '_>, key: &'static str, value: &Value) -> Taken {
    let Value::String(text) = value else {
        return Err(SchemaFault::invalid("string", key).into());
    };
    let pattern = Pattern::new(reading.ctx, text)?;
    reading.node.pattern = Some(pattern.ok_or(SchemaFault::Pattern { keyword: key })?);
    Ok(Parts::default())
}

fn format(reading: &mut Reading<'_, '_, '_>, key: &'static str, value: &Value) -> Taken {
    let Value::String(name) = value else {
        return Err(SchemaFault::invalid("string", key).into());
    };
    reading.node.format = Format::by_name(name);
    Ok(Parts::default())
}

fn required(reading: &mut Reading<'_, '_, '_>, key: &'static str, value: &Value) -> Taken {
    let mut seen = std::collections::HashSet::new();
    for name in list(key, value)? {
        let name = name.as_str().ok_or(SchemaFault::invalid("string", key))?;
        if !seen.insert(name) {
            return Err(SchemaFault::Repeated { keyword: key }.into());
        }
        reading.node.required.push(Str::from(name));
    }
    Ok(Parts::default())
}

fn unique(reading: &mut Reading<'_, '_, '_>, key: &'static str, value: &Value) -> Taken {
    let wrong = SchemaFault::Kind { keyword: key, kind: "a boolean" };
    reading.node.unique = value.as_bool().ok_or(wrong)?;
    Ok(Parts::default())
}

fn contains(reading: &mut Reading<'_, '_, '_>, _: &str, value: &Value) -> Taken {
    let mut parts = Parts::default();
    if reading.draft >= Draft::Six {
        parts.add(Slot::Contains, value);
    }
    Ok(parts)
}

/// Charges for what a value is compared by.
fn compared(reading: &mut Reading<'_, '_, '_>, value: &Value) -> Result<String, Refused> {
    let text = canonical(value)?;
    reading.ctx.work(u32::try_from(text.len()).unwrap_or(u32::MAX))?;
    reading.ctx.reserve(text.len())?;
    Ok(text)
}

fn constant(reading: &mut Reading<'_, '_, '_>, _: &str, value: &Value) -> Taken {
    if reading.draft >= Draft::Six {
        reading.node.constant = Some(compared(reading, value)?);
    }
    Ok(Parts::default())
}

fn choices(reading: &mut Reading<'_, '_, '_>, key: &'static str, value: &Value) -> Taken {
    let mut seen = std::collections::HashSet::new();
    let mut texts = Vec::new();
    for value in list(key, value)? {
        let text = compared(reading, value)?;
        if !seen.insert(text.clone()) {
            return Err(SchemaFault::Repeated { keyword: key }.into());
        }
        texts.push(text);
    }
    let shown = texts.join(", ");
    texts.sort_unstable();
    reading.node.choices = Some(Choices { sorted: texts, shown });
    Ok(Parts::default())
}

/// `oneOf`, `anyOf`, `allOf`.
fn several(_: &mut Reading<'_, '_, '_>, key: &'static str, value: &Value) -> Taken {
    let slot = match key {
        "oneOf" => Slot::OneOf,
        "anyOf" => Slot::AnyOf,
        _ => Slot::AllOf,
    };
    let mut parts = Parts::default();
    list(key, value)?.iter().for_each(|schema| parts.add(slot.clone(), schema));
    Ok(parts)
}

/// `not`, and the conditions, which draft 7 brought.
fn single(reading: &mut Reading<'_, '_, '_>, key: &'static str, value: &Value) -> Taken {
    let slot = match key {
        "not" => Slot::Not,
        _ if reading.draft < Draft::Seven => return Ok(Parts::default()),
        "if" => Slot::If,
        "then" => Slot::Then,
        _ => Slot::Else,
    };
    if !is_schema(value) {
        return Err(SchemaFault::Kind { keyword: key, kind: "an object" }.into());
    }
    let mut parts = Parts::default();
    parts.add(slot, value);
    Ok(parts)
}
