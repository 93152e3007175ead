//! Rules about values (specification section 5.6) and about variables where they stand (section
//! 5.8).

use super::{Validator, suggest};
use crate::graphql::ast::{Definition, Expected, Kind, Type, Value};
use referee_rego_builtin::Result;
use referee_rego_value::write_quoted;
use std::collections::HashSet;
use std::fmt::Write as _;

/// The scalars that GraphQL has itself.
const SCALARS: &[&str] = &["Int", "Float", "String", "Boolean", "ID"];

/// A value as it is written. Its depth is bounded by the parser.
fn text(value: &Value) -> String {
    let mut out = String::new();
    write_value(value, &mut out);
    out
}

fn write_value(value: &Value, out: &mut String) {
    // Writing to a string does not fail.
    match value.kind {
        Kind::Variable => drop(write!(out, "${}", value.raw)),
        Kind::String | Kind::Block => drop(write_quoted(&value.raw, out)),
        Kind::List | Kind::Object => {
            let (open, close) = if value.kind == Kind::List { ('[', ']') } else { ('{', '}') };
            out.push(open);
            for (index, child) in value.children.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                if value.kind == Kind::Object {
                    out.push_str(&child.name);
                    out.push(':');
                }
                write_value(&child.value, out);
            }
            out.push(close);
        }
        _ => out.push_str(&value.raw),
    }
}

/// Whether a number in a value is too large, or a boolean is none.
fn is_broken(value: &Value) -> bool {
    match value.kind {
        Kind::Int => value.raw.parse::<i64>().is_err(),
        Kind::Float => value.raw.parse::<f64>().is_ok_and(f64::is_infinite),
        Kind::Boolean => !matches!(
            value.raw.as_str(),
            "1" | "t"
                | "T"
                | "TRUE"
                | "true"
                | "True"
                | "0"
                | "f"
                | "F"
                | "FALSE"
                | "false"
                | "False"
        ),
        Kind::List | Kind::Object => value.children.iter().any(|child| is_broken(&child.value)),
        Kind::Variable => {
            let variable = value.variable.borrow();
            let default = variable.as_ref().and_then(|it| it.default.as_ref());
            default.is_some_and(is_broken)
        }
        _ => false,
    }
}

/// What is said of a value of another type than expected.
fn unexpected(value: &Value, definition: &Definition, kind: &Type) -> String {
    let shown = text(value);
    match kind.text().as_str() {
        "Int" | "Int!" => {
            let digits = value.raw.strip_prefix('-').unwrap_or(&value.raw);
            let is_number = !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit());
            if is_number && value.raw.parse::<i32>().is_err() {
                return format!("Int cannot represent non 32-bit signed integer value: {shown}");
            }
            format!("Int cannot represent non-integer value: {shown}")
        }
        "String" | "String!" | "[String]" => {
            format!("String cannot represent a non string value: {shown}")
        }
        "Boolean" | "Boolean!" => {
            format!("Boolean cannot represent a non boolean value: {shown}")
        }
        "Float" | "Float!" => format!("Float cannot represent non numeric value: {shown}"),
        "ID" | "ID!" => {
            format!("ID cannot represent a non-string and non-integer value: {shown}")
        }
        kind if definition.kind == "ENUM" => {
            format!("Enum \"{kind}\" cannot represent non-enum value: {shown}.")
        }
        kind => format!("Expected value of type \"{kind}\", found {shown}."),
    }
}

impl Validator<'_, '_, '_> {
    pub(super) fn no_undefined_variable(&mut self, value: &Value) -> Result<()> {
        let Some(operation) = self.operation else { return Ok(()) };
        if value.kind != Kind::Variable || value.variable.borrow().is_some() {
            return Ok(());
        }
        let by = if operation.name.is_empty() {
            String::new()
        } else {
            format!(" by operation \"{}\"", operation.name)
        };
        self.report(value.at, format!("Variable \"{}\" is not defined{by}.", text(value)))
    }

    pub(super) fn unique_input_fields(&mut self, value: &Value) -> Result<()> {
        if value.kind != Kind::Object {
            return Ok(());
        }
        let mut seen = HashSet::new();
        for field in &value.children {
            if !seen.insert(&field.name) {
                let message =
                    format!("There can be only one input field named \"{}\".", field.name);
                self.report(field.at, message)?;
            }
        }
        Ok(())
    }

    pub(super) fn value_of_correct_type(&mut self, value: &Value) -> Result<()> {
        let Expected { definition: Some(definition), kind: Some(kind), .. } =
            value.expected.borrow().clone()
        else {
            return Ok(());
        };
        if value.kind == Kind::Null && kind.non_null {
            let message =
                format!("Expected value of type \"{}\", found {}.", kind.text(), text(value));
            self.report(value.at, message)?;
        }
        let name = definition.name.as_str();
        if definition.kind == "SCALAR" && !SCALARS.contains(&name) {
            return Ok(());
        }
        if is_broken(value) {
            self.report(value.at, unexpected(value, &definition, &kind))?;
        }
        let fits = match value.kind {
            Kind::Null | Kind::Variable => true,
            Kind::List => kind.element.is_some(),
            Kind::Int => matches!(name, "Int" | "Float" | "ID"),
            Kind::Float => name == "Float",
            Kind::Boolean => name == "Boolean",
            Kind::String | Kind::Block if definition.kind == "ENUM" => {
                let message = format!(
                    "Enum \"{}\" cannot represent non-enum value: {}.{}",
                    kind.text(),
                    text(value),
                    enum_question(value, &definition)
                );
                return self.report(value.at, message);
            }
            Kind::String | Kind::Block => matches!(name, "String" | "ID"),
            Kind::Enum => return self.enum_value(value, &definition, &kind),
            Kind::Object => return self.object_value(value, &definition),
        };
        if fits {
            return Ok(());
        }
        self.report(value.at, unexpected(value, &definition, &kind))
    }

    fn enum_value(&mut self, value: &Value, definition: &Definition, kind: &Type) -> Result<()> {
        if definition.kind != "ENUM" {
            return self.report(value.at, unexpected(value, definition, kind));
        }
        if definition.enum_values.iter().any(|known| known.name == value.raw) {
            return Ok(());
        }
        let message = format!(
            "Value \"{}\" does not exist in \"{}\" enum.{}",
            text(value),
            kind.text(),
            enum_question(value, definition)
        );
        self.report(value.at, message)
    }

    fn object_value(&mut self, value: &Value, definition: &Definition) -> Result<()> {
        let owner = &definition.name;
        for field in &definition.fields {
            let given = value.children.iter().any(|child| child.name == field.name);
            if field.kind.non_null && field.default.is_none() && !given {
                let message = format!(
                    "Field \"{owner}.{}\" of required type \"{}\" was not provided.",
                    field.name,
                    field.kind.text()
                );
                self.report(value.at, message)?;
            }
        }
        for _ in definition.directives.iter().filter(|directive| directive.name == "oneOf") {
            match value.children.as_slice() {
                [only] if only.value.kind == Kind::Null => {
                    let first = definition.fields.first();
                    let first = first.map(|field| field.name.as_str()).unwrap_or_default();
                    let message = format!("Field \"{owner}.{first}\" must be non-null.");
                    self.report(only.value.at, message)?;
                }
                [_] => {}
                _ => {
                    let message =
                        format!("OneOf Input Object \"{owner}\" must specify exactly one key.");
                    self.report(value.at, message)?;
                }
            }
        }
        for child in &value.children {
            if definition.field(&child.name).is_some() {
                continue;
            }
            let known = definition.fields.iter().map(|field| field.name.as_str());
            let near = suggest::quoted(&suggest::near(&child.name, known));
            let question = suggest::question("Did you mean", near);
            let message =
                format!("Field \"{}\" is not defined by type \"{owner}\".{question}", child.name);
            self.report(child.at, message)?;
        }
        Ok(())
    }

    pub(super) fn variable_in_allowed_position(&mut self, value: &Value) -> Result<()> {
        let expected = value.expected.borrow().clone();
        let variable = value.variable.borrow().clone();
        if value.kind == Kind::Variable
            && let (Some(kind), Some(variable), true) =
                (&expected.kind, variable, self.operation.is_some())
        {
            let mut wanted = (**kind).clone();
            let default = variable.default.as_ref();
            if default.is_some_and(|it| it.kind != Kind::Null) || expected.has_default {
                wanted.non_null = false;
            }
            if !variable.kind.fits(&wanted) {
                let message = format!(
                    "Variable \"{}\" of type \"{}\" used in position expecting type \"{}\".",
                    text(value),
                    variable.kind.text(),
                    kind.text()
                );
                self.report(value.at, message)?;
            }
        }
        let Some(definition) = expected.definition else { return Ok(()) };
        let one_of = definition.directives.iter().any(|directive| directive.name == "oneOf");
        if value.kind != Kind::Object || !one_of {
            return Ok(());
        }
        for child in value.children.iter().map(|child| &child.value) {
            let variable = child.variable.borrow().clone();
            let Some(variable) = variable.filter(|it| !it.kind.non_null) else { continue };
            let message = format!(
                "Variable \"{}\" is of type \"{}\" but must be non-nullable to be used for OneOf \
                 Input Object \"{}\".",
                text(child),
                variable.kind.text(),
                definition.name
            );
            self.report(variable.at.or(child.at), message)?;
        }
        Ok(())
    }
}

fn enum_question(value: &Value, definition: &Definition) -> String {
    let known = definition.enum_values.iter().map(|known| known.name.as_str());
    let near = suggest::quoted(&suggest::near(&value.raw, known));
    suggest::question("Did you mean the enum value", near)
}
