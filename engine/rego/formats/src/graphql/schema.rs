//! A schema from its definitions and those that GraphQL has itself (specification section 3):
//! extensions applied, entry points found, everything checked in the library's order.

use super::ast::{Definition, DirectiveDefinition, FieldDefinition, SchemaDocument, Type};
use super::error::GraphqlError;
use super::parser::GoOn;
use super::{checks, prelude};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

type Checked<T> = Result<T, GraphqlError>;

/// Directives that may be defined again.
const BUILT_IN: &[&str] = &["include", "skip", "deprecated", "specifiedBy", "defer", "oneOf"];

/// A schema.
#[derive(Debug, Default)]
pub(super) struct Schema {
    pub(super) query: Option<Rc<Definition>>,
    pub(super) mutation: Option<Rc<Definition>>,
    pub(super) subscription: Option<Rc<Definition>>,
    pub(super) types: BTreeMap<String, Rc<Definition>>,
    pub(super) directives: BTreeMap<String, Rc<DirectiveDefinition>>,
    /// The types that may stand for an abstract one, by its name.
    possible: HashMap<String, Vec<Rc<Definition>>>,
}

impl Schema {
    pub(super) fn kind(&self, name: &str) -> Option<&Rc<Definition>> {
        self.types.get(name)
    }

    pub(super) fn possible(&self, name: &str) -> &[Rc<Definition>] {
        self.possible.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The root of an operation.
    pub(super) fn root(&self, operation: &str) -> Option<&Rc<Definition>> {
        match operation {
            "query" | "" => self.query.as_ref(),
            "mutation" => self.mutation.as_ref(),
            "subscription" => self.subscription.as_ref(),
            _ => None,
        }
    }

    /// Makes a schema of a document; once told not to go on, what it gives means nothing.
    pub(super) fn new(document: &SchemaDocument, go_on: GoOn<'_>) -> Checked<Self> {
        let own = prelude::document()?;
        let (definitions, order) = definitions(&own, document, go_on)?;
        let mut schema = Self {
            types: definitions.into_iter().map(|(name, one)| (name, Rc::new(one))).collect(),
            ..Self::default()
        };
        schema.find_possible(&order, go_on);
        for directive in own.directives.iter().chain(&document.directives) {
            let known = schema.directives.insert(directive.name.clone(), directive.clone());
            if known.is_some() && !BUILT_IN.contains(&directive.name.as_str()) {
                let message = format!("Cannot redeclare directive {}.", directive.name);
                return Err(GraphqlError::at(directive.at, message));
            }
        }
        schema.find_entry_points(document)?;
        checks::check(&schema, go_on)?;
        if document.schemas.is_empty() {
            let named = |name: &str| schema.types.get(name).cloned();
            schema.query = schema.query.clone().or_else(|| named("Query"));
            schema.mutation = schema.mutation.clone().or_else(|| named("Mutation"));
            schema.subscription = schema.subscription.clone().or_else(|| named("Subscription"));
        }
        schema.add_introspection();
        Ok(schema)
    }

    fn find_possible(&mut self, order: &[String], go_on: GoOn<'_>) {
        for name in order {
            if !go_on(16) {
                return;
            }
            let Some(definition) = self.types.get(name).cloned() else { continue };
            match definition.kind.as_str() {
                "UNION" => {
                    for member in &definition.types {
                        if let Some(member) = self.types.get(member).cloned() {
                            self.possible.entry(name.clone()).or_default().push(member);
                        }
                    }
                }
                "INPUT_OBJECT" | "OBJECT" | "INTERFACE" => {
                    for interface in &definition.interfaces {
                        let possible = self.possible.entry(interface.clone()).or_default();
                        possible.push(definition.clone());
                    }
                    if definition.kind != "INTERFACE" {
                        let possible = self.possible.entry(name.clone()).or_default();
                        possible.push(definition.clone());
                    }
                }
                _ => {}
            }
        }
    }

    fn find_entry_points(&mut self, document: &SchemaDocument) -> Checked<()> {
        if let [_, second, ..] = document.schemas.as_slice() {
            let message =
                "Cannot have multiple schema entry points, consider schema extensions instead.";
            return Err(GraphqlError::at(second.at, message));
        }
        for schema in document.schemas.iter().chain(&document.schema_extensions) {
            for entry in &schema.operations {
                let Some(root) = self.types.get(&entry.kind).cloned() else {
                    let (operation, kind) = (&entry.operation, &entry.kind);
                    let message = format!(
                        "Schema root {operation} refers to a type {kind} that does not exist."
                    );
                    return Err(GraphqlError::at(entry.at, message));
                };
                match entry.operation.as_str() {
                    "query" => self.query = Some(root),
                    "mutation" => self.mutation = Some(root),
                    "subscription" => self.subscription = Some(root),
                    _ => {}
                }
            }
            checks::directives(self, &schema.directives, "SCHEMA", None, true)?;
        }
        Ok(())
    }

    /// Gives the root of queries the fields that ask about the schema itself.
    fn add_introspection(&mut self) {
        let Some(query) = &self.query else { return };
        let mut extended = (**query).clone();
        extended.fields.push(Rc::new(plain_field("__schema", Type::named("__Schema", true), None)));
        let name = plain_field("name", Type::named("String", true), None);
        extended.fields.push(Rc::new(plain_field(
            "__type",
            Type::named("__Type", false),
            Some(Rc::new(name)),
        )));
        let old = query.clone();
        let extended = Rc::new(extended);
        let replace = |place: &mut Rc<Definition>| {
            if Rc::ptr_eq(place, &old) {
                *place = extended.clone();
            }
        };
        self.types.values_mut().for_each(replace);
        self.possible.values_mut().flatten().for_each(replace);
        for root in [&mut self.query, &mut self.mutation, &mut self.subscription] {
            root.iter_mut().for_each(replace);
        }
    }
}

/// A field that is written nowhere.
pub(super) fn plain_field(
    name: &str,
    kind: Type,
    argument: Option<Rc<FieldDefinition>>,
) -> FieldDefinition {
    FieldDefinition {
        description: String::new(),
        name: name.to_owned(),
        arguments: argument.into_iter().collect(),
        default: None,
        kind: Rc::new(kind),
        directives: Vec::new(),
        at: None,
        around: super::ast::Around::default(),
    }
}

type Definitions = (HashMap<String, Definition>, Vec<String>);

/// All definitions by name, extended; and their names in order.
fn definitions(
    own: &SchemaDocument,
    document: &SchemaDocument,
    go_on: GoOn<'_>,
) -> Checked<Definitions> {
    let mut definitions: HashMap<String, Definition> = HashMap::new();
    let mut order = Vec::new();
    for definition in own.definitions.iter().chain(&document.definitions) {
        if !go_on(64) {
            break;
        }
        if definitions.insert(definition.name.clone(), definition.clone()).is_some() {
            let message = format!("Cannot redeclare type {}.", definition.name);
            return Err(GraphqlError::at(definition.at, message));
        }
        order.push(definition.name.clone());
    }
    for extension in &document.extensions {
        if !go_on(64) {
            break;
        }
        let base = definitions.entry(extension.name.clone()).or_insert_with(|| {
            order.push(extension.name.clone());
            Definition {
                kind: extension.kind.clone(),
                name: extension.name.clone(),
                at: extension.at,
                ..Definition::default()
            }
        });
        if base.kind != extension.kind {
            let message = format!(
                "Cannot extend type {} because the base type is a {}, not {}.",
                extension.name, base.kind, extension.kind
            );
            return Err(GraphqlError::at(extension.at, message));
        }
        base.directives.extend(extension.directives.iter().cloned());
        base.interfaces.extend(extension.interfaces.iter().cloned());
        base.fields.extend(extension.fields.iter().cloned());
        base.types.extend(extension.types.iter().cloned());
        base.type_positions.extend(extension.type_positions.iter().copied());
        base.enum_values.extend(extension.enum_values.iter().cloned());
    }
    Ok((definitions, order))
}
