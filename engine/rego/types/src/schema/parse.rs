//! Takes a schema apart: each schema in it becomes an entry of a list, references become indexes.
//!
//! Schemas are gone through one by one rather than by recursion, so that long chains of
//! references cost no stack. Where a schema has several errors OPA may tell another one first.

use super::MAX_SCHEMAS;
use super::keywords;
use super::pool::Pool;
use referee_rego_go::schema::{Draft, Reference, SchemaFault};
use referee_rego_value::{Object, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// A schema, as far as types are made of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Schema {
    /// The name of the property it is of.
    pub(super) property: String,
    /// The types it names.
    pub(super) types: Vec<String>,
    /// The schema it refers to, and by which reference.
    pub(super) reference: Option<(String, usize)>,
    /// The schemas of properties.
    pub(super) properties: Vec<usize>,
    /// The schemas of elements.
    pub(super) items: Vec<usize>,
    /// Whether there is one schema for all elements.
    pub(super) same_items: bool,
    /// The alternatives.
    pub(super) any_of: Vec<usize>,
    /// What all hold.
    pub(super) all_of: Vec<usize>,
}

/// The schemas of a document; the first is the whole.
pub(super) type Arena = Vec<Schema>;

/// A schema that is to be taken apart.
struct Work {
    at: usize,
    schema: Value,
    draft: Draft,
}

struct Parser<'n> {
    pool: Pool<'n>,
    arena: Arena,
    work: Vec<Work>,
    /// The schemas that references lead to.
    targets: HashMap<String, usize>,
}

/// Takes a schema apart.
pub(super) fn parse(schema: &Value, allow_net: Option<&[Arc<str>]>) -> Result<Arena, SchemaFault> {
    let (pool, root) = Pool::of(schema, allow_net)?;
    let draft = root.draft.unwrap_or(Draft::Hybrid);
    let mut parser = Parser { pool, arena: Vec::new(), work: Vec::new(), targets: HashMap::new() };
    parser.add("(Root)", &root.schema, draft)?;
    while let Some(work) = parser.work.pop() {
        // Those found in it come next, in order.
        let found = parser.work.len();
        parser.schema(&work)?;
        if let Some(found) = parser.work.get_mut(found..) {
            found.reverse();
        }
    }
    Ok(parser.arena)
}

fn is_schema(value: &Value) -> bool {
    matches!(value, Value::Bool(_) | Value::Object(_))
}

impl Parser<'_> {
    fn add(&mut self, property: &str, schema: &Value, draft: Draft) -> Result<usize, SchemaFault> {
        let at = self.arena.len();
        if at >= MAX_SCHEMAS {
            return Err(SchemaFault::TooLarge);
        }
        self.arena.push(Schema { property: property.to_owned(), ..Schema::default() });
        self.work.push(Work { at, schema: schema.clone(), draft });
        Ok(at)
    }

    fn add_all(
        &mut self,
        property: &str,
        list: &[Value],
        draft: Draft,
    ) -> Result<Vec<usize>, SchemaFault> {
        list.iter().map(|schema| self.add(property, schema, draft)).collect()
    }

    fn schema(&mut self, work: &Work) -> Result<(), SchemaFault> {
        let draft = work.draft;
        let object = match &work.schema {
            Value::Bool(_) if draft >= Draft::Six => return Ok(()),
            Value::Object(object) => object,
            _ => return Err(SchemaFault::NoPart),
        };
        let id = match draft {
            Draft::Four => "id",
            Draft::Hybrid if object.get_str("id").is_some() => "id",
            _ => "$id",
        };
        if let Some(id) = keywords::string(object, id)? {
            Reference::parse(id)?;
        }
        self.definitions(object, draft)?;
        keywords::string(object, "title")?;
        keywords::string(object, "description")?;
        let mut schema = self.arena.get(work.at).cloned().unwrap_or_default();
        if let Some(text) = keywords::string(object, "$ref")? {
            let reference = Reference::parse(text)?;
            let (target, known) = self.target(&reference, draft)?;
            schema.reference = Some((reference.as_str().to_owned(), target));
            if !known {
                return self.store(work.at, schema);
            }
        }
        schema.types = keywords::types(object)?;
        schema.properties = self.properties(object, draft)?;
        self.others(object, draft)?;
        (schema.items, schema.same_items) = self.items(object, draft)?;
        keywords::check(object, draft)?;
        if let Some(contains) = object.get_str("contains").filter(|_| draft >= Draft::Six) {
            self.add("contains", contains, draft)?;
        }
        self.add_all("oneOf", keywords::list(object, "oneOf")?, draft)?;
        schema.any_of = self.add_all("anyOf", keywords::list(object, "anyOf")?, draft)?;
        schema.all_of = self.add_all("allOf", keywords::list(object, "allOf")?, draft)?;
        self.conditions(object, draft)?;
        self.store(work.at, schema)
    }

    fn store(&mut self, at: usize, schema: Schema) -> Result<(), SchemaFault> {
        if let Some(place) = self.arena.get_mut(at) {
            *place = schema;
        }
        Ok(())
    }

    /// The schema that a reference leads to, and whether it has been met before.
    fn target(
        &mut self,
        reference: &Reference,
        draft: Draft,
    ) -> Result<(usize, bool), SchemaFault> {
        let name = reference.as_str();
        if let Some(target) = self.targets.get(name) {
            return Ok((*target, true));
        }
        let document = self.pool.get(reference)?;
        if !is_schema(&document.schema) {
            return Err(SchemaFault::NoObject { what: "Valid Schema" });
        }
        let target = self.add("$ref", &document.schema, document.draft.unwrap_or(draft))?;
        self.targets.insert(name.to_owned(), target);
        Ok((target, false))
    }

    fn definitions(&mut self, object: &Object, draft: Draft) -> Result<(), SchemaFault> {
        let wrong = || SchemaFault::invalid("Array Of Schemas", "definitions");
        match object.get_str("definitions") {
            None => Ok(()),
            Some(Value::Object(definitions)) => {
                for (_, schema) in definitions.iter() {
                    if !is_schema(schema) {
                        return Err(wrong());
                    }
                    self.add("definitions", schema, draft)?;
                }
                Ok(())
            }
            Some(_) => Err(wrong()),
        }
    }

    fn properties(&mut self, object: &Object, draft: Draft) -> Result<Vec<usize>, SchemaFault> {
        match object.get_str("properties") {
            None => Ok(Vec::new()),
            Some(Value::Object(properties)) => properties
                .iter()
                .map(|(name, schema)| self.add(name.as_str().unwrap_or_default(), schema, draft))
                .collect(),
            Some(_) => Err(SchemaFault::NoObject { what: "Properties" }),
        }
    }

    fn items(&mut self, object: &Object, draft: Draft) -> Result<(Vec<usize>, bool), SchemaFault> {
        let wrong = || SchemaFault::invalid("Valid Schema/Array Of Schemas", "items");
        match object.get_str("items") {
            None => Ok((Vec::new(), false)),
            Some(Value::Array(items)) => {
                if !items.iter().all(is_schema) {
                    return Err(wrong());
                }
                Ok((self.add_all("items", items.as_slice(), draft)?, false))
            }
            Some(schema) if is_schema(schema) => {
                Ok((vec![self.add("items", schema, draft)?], true))
            }
            Some(_) => Err(wrong()),
        }
    }

    /// Schemas that no types are made of.
    fn others(&mut self, object: &Object, draft: Draft) -> Result<(), SchemaFault> {
        for keyword in ["additionalProperties", "additionalItems"] {
            match object.get_str(keyword) {
                None | Some(Value::Bool(_)) => {}
                Some(schema @ Value::Object(_)) => {
                    self.add(keyword, schema, draft)?;
                }
                Some(_) => return Err(SchemaFault::invalid("boolean/Valid Schema", keyword)),
            }
        }
        match object.get_str("patternProperties") {
            None => {}
            Some(Value::Object(patterns)) => {
                for (pattern, schema) in patterns.iter() {
                    self.add(pattern.as_str().unwrap_or_default(), schema, draft)?;
                }
            }
            Some(_) => return Err(SchemaFault::invalid("Valid Schema", "patternProperties")),
        }
        match object.get_str("propertyNames").filter(|_| draft >= Draft::Six) {
            None => {}
            Some(schema) if is_schema(schema) => {
                self.add("propertyNames", schema, draft)?;
            }
            Some(_) => return Err(SchemaFault::invalid("Valid Schema", "patternProperties")),
        }
        self.dependencies(object, draft)
    }

    fn dependencies(&mut self, object: &Object, draft: Draft) -> Result<(), SchemaFault> {
        match object.get_str("dependencies") {
            None => Ok(()),
            Some(Value::Object(dependencies)) => {
                for (name, dependency) in dependencies.iter() {
                    match dependency {
                        Value::Array(names) if names.iter().all(|name| name.as_str().is_some()) => {
                        }
                        schema if is_schema(schema) => {
                            self.add(name.as_str().unwrap_or_default(), schema, draft)?;
                        }
                        _ => return Err(SchemaFault::Dependency),
                    }
                }
                Ok(())
            }
            Some(_) => Err(SchemaFault::NoObject { what: "dependencies" }),
        }
    }

    fn conditions(&mut self, object: &Object, draft: Draft) -> Result<(), SchemaFault> {
        let newer = if draft >= Draft::Seven { ["if", "then", "else"].as_slice() } else { &[] };
        for keyword in ["not"].iter().chain(newer) {
            match object.get_str(keyword) {
                None => {}
                Some(schema) if is_schema(schema) => {
                    self.add(keyword, schema, draft)?;
                }
                Some(_) => return Err(SchemaFault::Kind { keyword, kind: "an object" }),
            }
        }
        Ok(())
    }
}
