//! Whether the definitions of a schema hold together (specification section 3.3 and following).

use super::ast::{At, Definition, Directive, DirectiveDefinition, FieldDefinition, Kind, Type};
use super::error::GraphqlError;
use super::parser::GoOn;
use super::schema::Schema;
use std::collections::HashSet;
use std::rc::Rc;

type Checked = Result<(), GraphqlError>;

fn wrong(at: At, message: impl Into<String>) -> Checked {
    Err(GraphqlError::at(at, message))
}

/// Checks all types, then all directives, by name.
pub(super) fn check(schema: &Schema, go_on: GoOn<'_>) -> Checked {
    for definition in schema.types.values() {
        if !go_on(64) {
            break;
        }
        self::definition(schema, definition)?;
    }
    for directive in schema.directives.values() {
        name(directive.at, &directive.name)?;
        arguments(schema, &directive.arguments, Some(directive))?;
    }
    Ok(())
}

fn name(at: At, name: &str) -> Checked {
    if !name.starts_with("__") {
        return Ok(());
    }
    wrong(
        at,
        format!(
            "Name \"{name}\" must not begin with \"__\", which is reserved by GraphQL introspection."
        ),
    )
}

fn definition(schema: &Schema, one: &Definition) -> Checked {
    let location =
        if one.kind == "INPUT_OBJECT" { "INPUT_FIELD_DEFINITION" } else { "FIELD_DEFINITION" };
    for field in &one.fields {
        name(field.at, &field.name)?;
        type_reference(schema, &field.kind)?;
        arguments(schema, &field.arguments, None)?;
        directives(schema, &field.directives, location, None, true)?;
    }
    for member in &one.types {
        match schema.kind(member) {
            None => return wrong(one.at, format!("Undefined type \"{member}\".")),
            Some(member_type) if member_type.kind != "OBJECT" => {
                return wrong(one.at, format!("{} type \"{member}\" must be OBJECT.", one.kind));
            }
            Some(_) => {}
        }
    }
    for interface in &one.interfaces {
        implements(schema, one, interface)?;
    }
    members(schema, one)?;
    duplicates(one)?;
    if !one.built_in {
        name(one.at, &one.name)?;
    }
    directives(schema, &one.directives, &one.kind, None, false)
}

/// What a definition of its kind must have.
fn members(schema: &Schema, one: &Definition) -> Checked {
    let (kind, own_name) = (&one.kind, &one.name);
    let of_kind = |field: &FieldDefinition, allowed: fn(&Definition) -> bool| {
        schema.kind(field.kind.innermost()).is_none_or(|found| allowed(found))
    };
    match kind.as_str() {
        "OBJECT" | "INTERFACE" => {
            if one.fields.is_empty() {
                return wrong(
                    one.at,
                    format!("{kind} {own_name}: must define one or more fields."),
                );
            }
            let allowed = |found: &Definition| found.is_leaf() || found.is_composite();
            if let Some(field) = one.fields.iter().find(|field| !of_kind(field, allowed)) {
                let message = format!(
                    "{kind} {own_name}: field must be one of SCALAR, OBJECT, INTERFACE, UNION, ENUM."
                );
                return wrong(field.at, message);
            }
        }
        "ENUM" => {
            if one.enum_values.is_empty() {
                let message =
                    format!("{kind} {own_name}: must define one or more unique enum values.");
                return wrong(one.at, message);
            }
            for value in &one.enum_values {
                if matches!(value.name.as_str(), "true" | "false" | "null") {
                    let message = format!("{kind} {own_name}: non-enum value {}.", value.name);
                    return wrong(one.at, message);
                }
                directives(schema, &value.directives, "ENUM_VALUE", None, true)?;
            }
        }
        "INPUT_OBJECT" => {
            if one.fields.is_empty() {
                let message = format!("{kind} {own_name}: must define one or more input fields.");
                return wrong(one.at, message);
            }
            let field = one.fields.iter().find(|field| !of_kind(field, Definition::is_input));
            if let Some(field) = field {
                let found = schema.kind(field.kind.innermost());
                let found = found.map_or("", |found| found.kind.as_str());
                let message = format!(
                    "{found} {}: field must be one of SCALAR, ENUM, INPUT_OBJECT.",
                    field.name
                );
                return wrong(field.at, message);
            }
        }
        _ => {}
    }
    Ok(())
}

/// The first item that has the key of one before it, in the order of the earlier ones.
fn repeated<'a, T>(items: &'a [T], key: impl Fn(&'a T) -> &'a str) -> Option<usize> {
    let mut first = std::collections::HashMap::new();
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        match first.get(key(item)) {
            Some(earlier) => pairs.push((*earlier, index)),
            None => {
                first.insert(key(item), index);
            }
        }
    }
    pairs.into_iter().min().map(|(_, later)| later)
}

fn duplicates(one: &Definition) -> Checked {
    let only_once =
        |what: &str, name: &str| format!("{what}{}.{name} can only be defined once.", one.name);
    let field = repeated(&one.fields, |field| &field.name).and_then(|at| one.fields.get(at));
    if let Some(field) = field {
        return wrong(field.at, only_once("Field ", &field.name));
    }
    let value = repeated(&one.enum_values, |value| &value.name);
    if let Some(value) = value.and_then(|at| one.enum_values.get(at)) {
        return wrong(value.at, only_once("Enum value ", &value.name));
    }
    if let Some(index) = repeated(&one.types, |member| member) {
        let aligned = one.types.len() == one.type_positions.len();
        let at = one.type_positions.get(index).copied().flatten().filter(|_| aligned);
        let member = one.types.get(index).map(String::as_str).unwrap_or_default();
        let message = format!("Union type {} can only include type {member} once.", one.name);
        return wrong(at.or(one.at), message);
    }
    Ok(())
}

fn type_reference(schema: &Schema, kind: &Type) -> Checked {
    if schema.kind(kind.innermost()).is_some() {
        return Ok(());
    }
    wrong(kind.at, format!("Undefined type {}.", kind.innermost()))
}

fn arguments(
    schema: &Schema,
    arguments: &[Rc<FieldDefinition>],
    of: Option<&DirectiveDefinition>,
) -> Checked {
    for argument in arguments {
        name(argument.at, &argument.name)?;
        type_reference(schema, &argument.kind)?;
        let kind = schema.kind(argument.kind.innermost());
        if let Some(kind) = kind.filter(|kind| !kind.is_input()) {
            let message = format!(
                "cannot use {} as argument {} because {} is not a valid input type",
                argument.kind.text(),
                argument.name,
                kind.kind
            );
            return wrong(argument.at, message);
        }
        directives(schema, &argument.directives, "ARGUMENT_DEFINITION", of, true)?;
    }
    Ok(())
}

/// Checks the directives at a location.
pub(super) fn directives(
    schema: &Schema,
    directives: &[Directive],
    location: &str,
    of: Option<&DirectiveDefinition>,
    single: bool,
) -> Checked {
    let mut seen = HashSet::new();
    for directive in directives {
        let (at, own_name) = (directive.at, &directive.name);
        name(at, own_name)?;
        if of.is_some_and(|of| of.name == *own_name) {
            return wrong(at, format!("Directive {own_name} cannot refer to itself."));
        }
        let Some(definition) = schema.directives.get(own_name) else {
            return wrong(at, format!("Undefined directive {own_name}."));
        };
        if single && !seen.insert(own_name) && !definition.repeatable {
            let message =
                format!("The directive {own_name} can only be used once at this location.");
            return wrong(at, message);
        }
        if !definition.locations.iter().any(|known| known == location) {
            return wrong(at, format!("Directive {own_name} is not applicable on {location}."));
        }
        for argument in &directive.arguments {
            if definition.argument(&argument.name).is_none() {
                let message =
                    format!("Undefined argument {} for directive {own_name}.", argument.name);
                return wrong(argument.at, message);
            }
        }
        let required = definition.arguments.iter();
        for argument in required.filter(|one| one.kind.non_null && one.default.is_none()) {
            let given = directive.arguments.iter().find(|given| given.name == argument.name);
            if given.is_none_or(|given| given.value.kind == Kind::Null) {
                let message =
                    format!("Argument {} for directive {own_name} cannot be null.", argument.name);
                return wrong(at, message);
            }
        }
    }
    Ok(())
}

fn implements(schema: &Schema, one: &Definition, interface: &str) -> Checked {
    let Some(found) = schema.kind(interface) else {
        return wrong(one.at, format!("Undefined type \"{interface}\"."));
    };
    if found.kind != "INTERFACE" {
        return wrong(one.at, format!("\"{interface}\" is a non interface type {}.", found.kind));
    }
    for required in &found.fields {
        implements_field(schema, one, found, required)?;
    }
    for ancestor in &found.interfaces {
        if one.interfaces.contains(ancestor) {
            continue;
        }
        let own_name = &one.name;
        if ancestor == own_name {
            let message = format!(
                "Type {own_name} cannot implement {interface} because it would create a circular \
                 reference."
            );
            return wrong(one.at, message);
        }
        let message = format!(
            "Type {own_name} must implement {ancestor} because it is implemented by {interface}."
        );
        return wrong(one.at, message);
    }
    Ok(())
}

fn implements_field(
    schema: &Schema,
    one: &Definition,
    interface: &Definition,
    required: &FieldDefinition,
) -> Checked {
    let front = format!("For {} to implement {}", one.name, interface.name);
    let name = &required.name;
    let Some(found) = one.field(name) else {
        return wrong(one.at, format!("{front} it must have a field called {name}."));
    };
    if !is_covariant(schema, &required.kind, &found.kind) {
        let message = format!("{front} the field {name} must have type {}.", required.kind.text());
        return wrong(found.at, message);
    }
    for argument in &required.arguments {
        let same = format!("{front} the field {name} must have the same arguments but");
        let Some(own) = found.argument(&argument.name) else {
            return wrong(found.at, format!("{same} it is missing {}.", argument.name));
        };
        if !argument.kind.fits(&own.kind) {
            return wrong(own.at, format!("{same} {} has the wrong type.", argument.name));
        }
    }
    for own in &found.arguments {
        let additional = required.argument(&own.name).is_none();
        if additional && own.kind.non_null && own.default.is_none() {
            let message = format!(
                "{front} any additional arguments on {name} must be optional or have a default \
                 value but {} is required.",
                own.name
            );
            return wrong(own.at, message);
        }
    }
    Ok(())
}

fn is_covariant(schema: &Schema, required: &Type, actual: &Type) -> bool {
    let (mut required, mut actual) = (required, actual);
    loop {
        if required.non_null && !actual.non_null {
            return false;
        }
        if !required.name.is_empty() {
            return required.name == actual.name
                || schema.possible(&required.name).iter().any(|one| one.name == actual.name);
        }
        match (&required.element, &actual.element) {
            (Some(a), Some(b)) => (required, actual) = (a, b),
            _ => return false,
        }
    }
}
