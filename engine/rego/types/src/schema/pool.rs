//! The documents that references of a schema may lead to: the schema itself and each part of it
//! that has an identifier.

use super::MAX_NESTING;
use referee_rego_go::schema::{Draft, Reference, SchemaFault};
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

/// What a text refers to in a document of a reference, where it is a reference.
fn joined(base: &Reference, text: &str) -> Option<Reference> {
    Reference::parse(text).and_then(|reference| base.join(&reference)).ok()
}

/// The keywords that schemas stand under by names of their own, among which nothing is a keyword.
const NAMED: &[&str] = &["properties", "dependencies", "patternProperties"];

impl<'n> Pool<'n> {
    /// The pool of a schema. In its documents references are resolved.
    pub(super) fn of(
        schema: &Value,
        allow_net: Option<&'n [Arc<str>]>,
    ) -> Result<(Self, Document), SchemaFault> {
        let mut pool = Self { allow_net, ..Self::default() };
        let draft = Draft::of(schema)?;
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
    ) -> Result<Value, SchemaFault> {
        if depth > MAX_NESTING {
            return Err(SchemaFault::TooDeep);
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
    ) -> Result<Value, SchemaFault> {
        let id = object.get_str("id").or_else(|| object.get_str("$id"));
        let own = id.and_then(Value::as_str).and_then(|id| joined(base, id));
        let name = own.as_ref().map(|own| own.as_str().to_owned());
        let base = own.unwrap_or_else(|| base.clone());
        if let Some(name) = &name {
            let document = Document { schema: Value::Null, draft };
            if self.documents.insert(name.clone(), document).is_some() {
                return Err(SchemaFault::RepeatedReference { reference: name.clone() });
            }
        }
        let mut members = ObjectBuilder::default();
        for (key, value) in object.iter() {
            let word = key.as_str().unwrap_or_default();
            let value = match (word, value) {
                ("const" | "enum", value) => value.clone(),
                ("$ref", Value::String(text)) => match joined(&base, text) {
                    Some(target) => Value::from(target.as_str()),
                    None => value.clone(),
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
    pub(super) fn get(&self, reference: &Reference) -> Result<Document, SchemaFault> {
        if let Some(document) = self.documents.get(reference.as_str()) {
            return Ok(document.clone());
        }
        let whole = reference.without_fragment();
        let address = whole.as_str();
        if let Some(document) = self.documents.get(address) {
            let schema = reference.find(&document.schema)?;
            return Ok(Document { schema, draft: document.draft });
        }
        if !reference.is_canonical() {
            return Err(SchemaFault::NotCanonical { reference: reference.as_str().to_owned() });
        }
        if Draft::by_url(address).is_some() {
            // The schemas of schemas: nothing is said of them.
            return Ok(Document { schema: Value::object::<&str>([]), draft: None });
        }
        let host = reference.host();
        let allowed = |hosts: &[Arc<str>]| hosts.iter().any(|allowed| **allowed == *host);
        if self.allow_net.is_none_or(allowed) {
            return Err(SchemaFault::Remote { address: address.to_owned() });
        }
        Err(SchemaFault::Disabled { address: address.to_owned() })
    }
}
