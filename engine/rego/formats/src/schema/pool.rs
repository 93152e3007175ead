//! The documents that references may name: the schema itself, its parts with an `$id`, and the
//! schemas of schemas. Nothing else is fetched, from wherever: such a reference is refused in the
//! words OPA has where its capabilities allow no host.

use super::meta;
use super::refusal::Refused;
use referee_rego_builtin::Context;
use referee_rego_go::schema::{Draft, Reference, SchemaFault};
use referee_rego_value::{Array, Object, Str, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// A document, and the draft that it names.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) schema: Value,
    pub(super) draft: Option<Draft>,
}

/// Documents by their reference.
#[derive(Debug, Default)]
pub(super) struct Pool(HashMap<String, Document>);

/// How the members of an object are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// As keywords.
    Schema,
    /// As schemas by name, whatever the names.
    Schemas,
}

/// What is left to do with a document.
enum Task<'a> {
    Visit(&'a Value, Arc<Reference>, Role),
    Keep(&'a Value),
    Array(usize),
    /// An object of keys, with a `$ref` in place of its own and where it is to be registered.
    Object(&'a Object, Option<String>, Option<String>),
}

fn exists(reference: &str) -> Refused {
    SchemaFault::RepeatedReference { reference: reference.to_owned() }.into()
}

impl Pool {
    /// Adds a document: each `$ref` in it is made absolute, and each part with an id is a document
    /// of its own. What is no URL stays as it is: it is refused where it is read.
    ///
    /// # Errors
    /// Where two documents have the same reference, or the draft is none.
    pub(super) fn add(
        &mut self,
        ctx: &mut Context<'_>,
        schema: &Value,
        reference: &Reference,
    ) -> Result<(), Refused> {
        let draft = Draft::of(schema)?;
        let schema = self.resolve(ctx, schema, reference, draft)?;
        self.0.insert(reference.as_str().to_owned(), Document { schema, draft });
        Ok(())
    }

    fn resolve(
        &mut self,
        ctx: &mut Context<'_>,
        document: &Value,
        reference: &Reference,
        draft: Option<Draft>,
    ) -> Result<Value, Refused> {
        let mut tasks = vec![Task::Visit(document, Arc::new(reference.clone()), Role::Schema)];
        let mut done: Vec<Value> = Vec::new();
        while let Some(task) = tasks.pop() {
            ctx.work(1)?;
            match task {
                Task::Keep(value) => done.push(value.clone()),
                Task::Visit(Value::Array(elements), base, _) => {
                    tasks.push(Task::Array(elements.len()));
                    let visit = |element| Task::Visit(element, Arc::clone(&base), Role::Schema);
                    tasks.extend(elements.iter().rev().map(visit));
                }
                Task::Visit(Value::Object(members), base, Role::Schema) => {
                    self.visit_schema(members, &base, draft, &mut tasks)?;
                }
                Task::Visit(Value::Object(members), base, Role::Schemas) => {
                    tasks.push(Task::Object(members, None, None));
                    let visit = |schema| Task::Visit(schema, Arc::clone(&base), Role::Schema);
                    tasks.extend(members.values().rev().map(visit));
                }
                Task::Visit(other, ..) => done.push(other.clone()),
                Task::Array(length) => {
                    let elements = done.split_off(done.len().saturating_sub(length));
                    done.push(Value::Array(Array::from(elements)));
                }
                Task::Object(members, target, id) => {
                    let values = done.split_off(done.len().saturating_sub(members.len()));
                    let object =
                        members.keys().cloned().zip(values).map(|(key, value)| match &target {
                            Some(target) if key.as_str() == Some("$ref") => {
                                (key, Value::String(Str::from(target.as_str())))
                            }
                            _ => (key, value),
                        });
                    let object = Value::Object(Object::from_sorted(object.collect()));
                    if let Some(id) = id {
                        self.0.insert(id, Document { schema: object.clone(), draft });
                    }
                    done.push(object);
                }
            }
        }
        Ok(done.pop().unwrap_or(Value::Null))
    }

    fn visit_schema<'a>(
        &mut self,
        members: &'a Object,
        base: &Arc<Reference>,
        draft: Option<Draft>,
        tasks: &mut Vec<Task<'a>>,
    ) -> Result<(), Refused> {
        let text = |key: &str| members.get_str(key).and_then(Value::as_str);
        let id = match members.get_str("id") {
            Some(id) => id.as_str(),
            None => text("$id"),
        };
        let own = id.and_then(|id| Reference::parse(id).ok()).and_then(|id| base.join(&id).ok());
        let mut registered = None;
        let base = match own {
            Some(own) => {
                let key = own.as_str().to_owned();
                // Known already, though its document is still to be made.
                let unmade = Document { schema: Value::Null, draft };
                if self.0.insert(key.clone(), unmade).is_some() {
                    return Err(exists(&key));
                }
                registered = Some(key);
                Arc::new(own)
            }
            None => Arc::clone(base),
        };
        let target = text("$ref").and_then(|target| Reference::parse(target).ok());
        let target = target.and_then(|target| base.join(&target).ok());
        let target = target.map(|target| target.as_str().to_owned());
        tasks.push(Task::Object(members, target, registered));
        tasks.extend(members.iter().rev().map(|(key, value)| match key.as_str() {
            // What these hold is meant as it stands.
            Some("const" | "enum") => Task::Keep(value),
            Some("properties" | "dependencies" | "patternProperties") => match value {
                Value::Object(_) => Task::Visit(value, Arc::clone(&base), Role::Schemas),
                _ => Task::Keep(value),
            },
            _ => Task::Visit(value, Arc::clone(&base), Role::Schema),
        }));
        Ok(())
    }

    /// The document that a reference names.
    ///
    /// # Errors
    /// Where there is none, in the library's words.
    pub(super) fn get(
        &mut self,
        ctx: &mut Context<'_>,
        reference: &Reference,
    ) -> Result<Document, Refused> {
        if let Some(found) = self.0.get(reference.as_str()) {
            return Ok(found.clone());
        }
        let base = reference.without_fragment();
        if let Some(whole) = self.0.get(base.as_str()) {
            let schema = reference.find(&whole.schema)?;
            let found = Document { schema, draft: whole.draft };
            self.0.insert(reference.as_str().to_owned(), found.clone());
            return Ok(found);
        }
        if !reference.is_canonical() {
            let reference = reference.as_str().to_owned();
            return Err(SchemaFault::NotCanonical { reference }.into());
        }
        let draft = Draft::by_url(base.as_str());
        let Some(schema) = draft.and_then(meta::schema) else {
            let address = base.as_str().to_owned();
            return Err(SchemaFault::Disabled { address }.into());
        };
        self.add(ctx, &schema, &base)?;
        let whole = self.0.get(base.as_str()).map_or(&schema, |document| &document.schema);
        Ok(Document { schema: reference.find(whole)?, draft })
    }
}
