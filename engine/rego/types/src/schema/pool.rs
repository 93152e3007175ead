//! The documents that references of a schema may lead to: the schema itself and each part of it
//! that has an identifier.

use super::MAX_NESTING;
use super::keywords::{Draft, draft_of};
use super::reference::Reference;
use referee_rego_value::{Object, ObjectBuilder, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// A document.
#[derive(Clone, Debug)]
pub(super) struct Document {
    /// The document.
    pub(super) schema: Value,
    /// Its draft, where it says.
    pub(super) draft: Option<Draft>,
}

/// Documents by reference.
#[derive(Debug, Default)]
pub(super) struct Pool<'n> {
    allow_net: Option<&'n [Arc<str>]>,
    documents: HashMap<String, Document>,
}

/// The keywords that schemas stand under by names of their own, among which nothing is a keyword.
const NAMED: &[&str] = &["properties", "dependencies", "patternProperties"];

impl<'n> Pool<'n> {
    /// The pool of a schema. In its documents references are resolved.
    pub(super) fn of(
        schema: &Value,
        allow_net: Option<&'n [Arc<str>]>,
    ) -> Result<(Self, Document), String> {
        let mut pool = Self { allow_net, ..Self::default() };
        let draft = draft_of(schema)?;
        let schema = pool.resolved(schema, &Reference::default(), draft, 0)?;
        let root = Document { schema, draft };
        pool.documents.insert(String::new(), root.clone());
        Ok((pool, root))
    }

    /// A document with its references resolved against identifiers around them.
    fn resolved(
        &mut self,
        value: &Value,
        base: &Reference,
        draft: Option<Draft>,
        depth: usize,
    ) -> Result<Value, String> {
        if depth > MAX_NESTING {
            return Err("schema is nested too deep".to_owned());
        }
        let depth = depth.saturating_add(1);
        match value {
            Value::Array(array) => {
                let elements =
                    array.iter().map(|element| self.resolved(element, base, draft, depth));
                Ok(Value::array(elements.collect::<Result<Vec<_>, _>>()?))
            }
            Value::Object(object) => self.resolved_object(object, base, draft, depth),
            scalar => Ok(scalar.clone()),
        }
    }

    fn resolved_object(
        &mut self,
        object: &Object,
        base: &Reference,
        draft: Option<Draft>,
        depth: usize,
    ) -> Result<Value, String> {
        let id = object.get_str("id").or_else(|| object.get_str("$id"));
        let id = id.and_then(Value::as_str).and_then(|id| Reference::parse(id).ok());
        let base = match &id {
            None => base.clone(),
            Some(id) => base.resolve(id),
        };
        let name = id.map(|_| base.to_string());
        if let Some(name) = &name {
            let document = Document { schema: Value::Null, draft };
            if self.documents.insert(name.clone(), document).is_some() {
                return Err(format!("Reference already exists: \"{name}\""));
            }
        }
        let mut members = ObjectBuilder::default();
        for (key, value) in object.iter() {
            let word = key.as_str().unwrap_or_default();
            let value = match (word, value) {
                ("const" | "enum", value) => value.clone(),
                ("$ref", Value::String(text)) => match Reference::parse(text) {
                    Ok(reference) => Value::from(base.resolve(&reference).to_string()),
                    Err(_) => value.clone(),
                },
                (word, Value::Object(named)) if NAMED.contains(&word) => {
                    let mut schemas = ObjectBuilder::default();
                    for (name, schema) in named.iter() {
                        let schema = self.resolved(schema, &base, draft, depth)?;
                        schemas.insert(name.clone(), schema);
                    }
                    Value::Object(schemas.build())
                }
                (word, value) if NAMED.contains(&word) => value.clone(),
                (_, value) => self.resolved(value, &base, draft, depth)?,
            };
            members.insert(key.clone(), value);
        }
        let schema = Value::Object(members.build());
        if let Some(name) = name {
            self.documents.insert(name, Document { schema: schema.clone(), draft });
        }
        Ok(schema)
    }

    /// The document that a reference leads to.
    pub(super) fn get(&self, reference: &Reference) -> Result<Document, String> {
        if let Some(document) = self.documents.get(&reference.to_string()) {
            return Ok(document.clone());
        }
        let address = reference.without_fragment().to_string();
        if let Some(document) = self.documents.get(&address) {
            let schema = reference.find(&document.schema)?;
            return Ok(Document { schema, draft: document.draft });
        }
        if !reference.is_canonical() {
            return Err(format!("Reference {reference} must be canonical"));
        }
        if Draft::by_address(&address).is_some() {
            // The schemas of schemas: nothing is said of them.
            return Ok(Document { schema: Value::object::<&str>([]), draft: None });
        }
        let allowed = |hosts: &[Arc<str>]| hosts.iter().any(|host| **host == *reference.host());
        if self.allow_net.is_none_or(allowed) {
            return Err(format!("remote reference loading not supported: {address}"));
        }
        Err(format!("remote reference loading disabled: {address}"))
    }
}
