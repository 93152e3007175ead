//! Annotations as JSON (`v1/ast/annotations_json.go`) and as values of `rego.metadata.*`.

use super::doc::Doc;
use super::{JsonOptions, Members, Writer, source_bytes};
use crate::ast::{Annotations, Author, RelatedResource, SchemaAnnotation, TermKind};
use referee_rego_value::{Str, Value};

/// Annotations as OPA prints them: as JSON without places.
pub(crate) fn annotations_text(annotations: &Annotations) -> String {
    let options = JsonOptions::default();
    Writer::new(&options, None).annotations(annotations).to_json(false)
}

/// The block that annotations come from, as OPA writes it again.
pub(super) fn block_text(annotations: &Annotations) -> Vec<u8> {
    let source = String::from_utf8_lossy(source_bytes(&annotations.location));
    let mut lines = source.split('\n').skip(1).peekable();
    let mut text = "# METADATA\n".to_owned();
    while let Some(line) = lines.next() {
        let comment = line.strip_prefix('#').unwrap_or(line);
        let comment = match comment.trim_end_matches('\r') {
            "" if comment.len() > 1 => "\r",
            comment => comment,
        };
        text.push_str("# ");
        text.push_str(comment.strip_prefix(' ').unwrap_or(comment));
        if lines.peek().is_some() {
            text.push('\n');
        }
    }
    text.into_bytes()
}

impl Writer<'_> {
    pub(super) fn annotations(&self, annotations: &Annotations) -> Doc {
        let mut members = Members::new();
        let some = |text: &Option<Str>| text.as_ref().filter(|text| !text.is_empty()).cloned();
        if !annotations.authors.is_empty() {
            members.push(("authors", Doc::Array(annotations.authors.iter().map(author).collect())));
        }
        if let Some(compile) = &annotations.compile {
            let mut parts = Members::new();
            if !compile.unknowns.is_empty() {
                let unknowns = compile.unknowns.iter().map(|unknown| match unknown.as_slice() {
                    [] => Doc::Null,
                    unknown => self.terms(unknown),
                });
                parts.push(("unknowns", Doc::Array(unknowns.collect())));
            }
            if let Some(mask) = compile.mask_rule.as_ref().filter(|mask| !mask.is_empty()) {
                parts.push(("mask_rule", self.terms(mask)));
            }
            members.push(("compile", Doc::Object(parts)));
        }
        if !annotations.custom.is_empty() {
            members.push(("custom", Doc::Value(object_of(&annotations.custom))));
        }
        if let Some(description) = some(&annotations.description) {
            members.push(("description", Doc::text(&description)));
        }
        if annotations.entrypoint {
            members.push(("entrypoint", Doc::Bool(true)));
        }
        if !annotations.labels.is_empty() {
            members.push(("labels", Doc::Value(object_of(&annotations.labels))));
        }
        if self.options.locations.annotations && annotations.location.row > 0 {
            let text = block_text(annotations);
            members.push(("location", self.location_with(&annotations.location, &text)));
        }
        if !annotations.organizations.is_empty() {
            let organizations = annotations.organizations.iter().map(|one| Doc::text(one));
            members.push(("organizations", Doc::Array(organizations.collect())));
        }
        if !annotations.related_resources.is_empty() {
            let resources = annotations.related_resources.iter().map(related);
            members.push(("related_resources", Doc::Array(resources.collect())));
        }
        if !annotations.schemas.is_empty() {
            let schemas = annotations.schemas.iter().map(|schema| self.schema(schema));
            members.push(("schemas", Doc::Array(schemas.collect())));
        }
        members.push(("scope", Doc::text(&annotations.scope)));
        if let Some(title) = some(&annotations.title) {
            members.push(("title", Doc::text(&title)));
        }
        Doc::Object(members)
    }

    fn schema(&self, schema: &SchemaAnnotation) -> Doc {
        let path = schema.path.iter().map(|part| {
            // Their places are within the path, not within the module.
            Doc::Object(vec![
                ("type", Doc::text(part.kind.name())),
                ("value", self.kind(&part.kind)),
            ])
        });
        let mut members = vec![("path", Doc::Array(path.collect()))];
        if let Some(schema) = schema.schema.as_ref().filter(|schema| !schema.is_empty()) {
            members.push(("schema", self.terms(schema)));
        }
        if let Some(definition) = &schema.definition {
            members.push(("definition", Doc::Value(definition.clone())));
        }
        Doc::Object(members)
    }
}

fn author(author: &Author) -> Doc {
    let mut members = vec![("name", Doc::text(&author.name))];
    if let Some(email) = author.email.as_ref().filter(|email| !email.is_empty()) {
        members.push(("email", Doc::text(email)));
    }
    Doc::Object(members)
}

fn related(resource: &RelatedResource) -> Doc {
    let mut members = Members::new();
    if let Some(description) = resource.description.as_ref().filter(|text| !text.is_empty()) {
        members.push(("description", Doc::text(description)));
    }
    members.push(("ref", Doc::text(&resource.reference)));
    Doc::Object(members)
}

fn object_of(members: &[(Str, Value)]) -> Value {
    Value::object(members.iter().map(|(name, value)| (name.clone(), value.clone())))
}

impl Annotations {
    /// The annotations as `rego.metadata.rule()` and `rego.metadata.chain()` give them.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut members: Vec<(&str, Value)> = Vec::new();
        let mut text = |name, text: &str| {
            if !text.is_empty() {
                members.push((name, Value::from(text)));
            }
        };
        text("scope", &self.scope);
        text("title", self.title.as_deref().unwrap_or_default());
        text("description", self.description.as_deref().unwrap_or_default());
        if self.entrypoint {
            members.push(("entrypoint", Value::Bool(true)));
        }
        let mut list = |name, values: Vec<Value>| {
            if !values.is_empty() {
                members.push((name, Value::array(values)));
            }
        };
        list("organizations", self.organizations.iter().cloned().map(Value::from).collect());
        list("related_resources", self.related_resources.iter().map(related_value).collect());
        list("authors", self.authors.iter().map(author_value).collect());
        list("schemas", self.schemas.iter().map(schema_value).collect());
        if !self.custom.is_empty() {
            members.push(("custom", object_of(&self.custom)));
        }
        if !self.labels.is_empty() {
            members.push(("labels", object_of(&self.labels)));
        }
        Value::object(members)
    }

    /// The annotations as `opa inspect -a` prints them: also what `compile` says.
    #[must_use]
    pub fn to_json(&self, options: &JsonOptions) -> Value {
        Writer::new(options, None).annotations(self).into_value()
    }
}

fn texts<const N: usize>(members: [(&'static str, &str); N]) -> Value {
    let members = members.into_iter().filter(|(_, text)| !text.is_empty());
    Value::object(members.map(|(name, text)| (name, Value::from(text))))
}

fn related_value(resource: &RelatedResource) -> Value {
    texts([
        ("ref", &resource.reference),
        ("description", resource.description.as_deref().unwrap_or_default()),
    ])
}

fn author_value(author: &Author) -> Value {
    texts([("name", &author.name), ("email", author.email.as_deref().unwrap_or_default())])
}

fn schema_value(schema: &SchemaAnnotation) -> Value {
    let path = |parts: &[crate::ast::Term]| {
        Value::array(parts.iter().map(|part| match &part.kind {
            TermKind::String(text) => Value::from(text.clone()),
            kind => Value::from(kind.to_string()),
        }))
    };
    let mut members: Vec<(&str, Value)> = Vec::new();
    if !schema.path.is_empty() {
        members.push(("path", path(&schema.path)));
    }
    if let Some(schema) = schema.schema.as_ref().filter(|schema| !schema.is_empty()) {
        members.push(("schema", path(schema)));
    }
    if let Some(definition) = &schema.definition {
        members.push(("definition", definition.clone()));
    }
    Value::object(members)
}
