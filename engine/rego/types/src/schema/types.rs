//! Makes types of schemas that have been taken apart (OPA's `schemaParser`).

use super::parse::{Arena, Schema};
use super::{MAX_NESTING, MAX_SCHEMAS, Nulls, SchemaType};
use crate::error::Untyped;
use crate::{RecursiveType, Type};
use referee_rego_value::Value;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// How deep types of schemas are nested: less than types may be, so that it is the inside of a
/// schema that may be anything, not all of it.
const MAX_DEPTH: usize = 200;

/// The type of a definition that has been referred to.
enum Definition {
    /// It is being made; what stands for it where it is met inside itself.
    Open(RecursiveType),
    /// It has been made.
    Done(Type),
}

struct Reader {
    arena: Arena,
    nulls: Nulls,
    definitions: HashMap<String, Definition>,
    kept: Vec<Arc<OnceLock<Type>>>,
    /// The targets of references in `allOf` that are being merged.
    merging: Vec<usize>,
    depth: usize,
    visits: usize,
}

/// The type of the first schema.
pub(super) fn read(arena: Arena, nulls: Nulls) -> Result<SchemaType, Untyped> {
    let mut reader = Reader {
        arena,
        nulls,
        definitions: HashMap::new(),
        kept: Vec::new(),
        merging: Vec::new(),
        depth: 0,
        visits: 0,
    };
    let ty = reader.schema(0)?;
    Ok(SchemaType { ty, definitions: reader.kept })
}

fn typed(schema: &Schema, name: &str) -> bool {
    schema.types.iter().any(|found| found == name)
}

/// The types of a schema, as OPA's messages have them.
fn types_text(schema: &Schema) -> String {
    match schema.types.as_slice() {
        [] => "Undefined".to_owned(),
        [only] => only.clone(),
        several => format!("[{}]", several.join(",")),
    }
}

/// Why a schema has no type, where a part of it has none.
fn unexpected(part: Untyped) -> Untyped {
    Untyped::Part(Box::new(part))
}

/// A union in which what is being defined is not an alternative of itself.
fn without(ty: Type, identity: usize) -> Type {
    let itself = |ty: &Type| matches!(ty, Type::Recursive(inner) if inner.identity() == identity);
    match &ty {
        Type::Any(any) if any.of().iter().any(itself) => {
            let others = any.of().iter().filter(|ty| !itself(ty)).cloned();
            Type::any_of(others.collect())
        }
        ty if itself(ty) => Type::any(),
        _ => ty,
    }
}

impl Reader {
    fn get(&self, at: usize) -> Schema {
        self.arena.get(at).cloned().unwrap_or_default()
    }

    /// The type of a schema.
    fn schema(&mut self, at: usize) -> Result<Type, Untyped> {
        let schema = self.get(at);
        match &schema.reference {
            Some((name, target)) => self.definition(name, *target),
            None => self.described(&schema),
        }
    }

    /// The type of a schema that is no reference. What is nested too deep, or gone through too
    /// often, may be anything.
    fn described(&mut self, schema: &Schema) -> Result<Type, Untyped> {
        self.visits = self.visits.saturating_add(1);
        if self.depth > MAX_DEPTH || self.visits > MAX_SCHEMAS {
            return Ok(Type::any());
        }
        self.depth = self.depth.saturating_add(1);
        let ty = self.without_reference(schema);
        self.depth = self.depth.saturating_sub(1);
        ty
    }

    /// The type of a schema that is referred to.
    fn definition(&mut self, name: &str, target: usize) -> Result<Type, Untyped> {
        match self.definitions.get(name) {
            Some(Definition::Done(ty)) => return Ok(ty.clone()),
            Some(Definition::Open(recursive)) => return Ok(Type::Recursive(recursive.clone())),
            None => {}
        }
        let place = Arc::new(OnceLock::new());
        let shown = if name.is_empty() { "#" } else { name };
        let recursive = RecursiveType::new(Arc::from(shown), &place);
        let identity = recursive.identity();
        self.definitions.insert(name.to_owned(), Definition::Open(recursive));
        let ty = without(self.schema(target)?, identity);
        // Set once only: it has just been made.
        let _ = place.set(ty.clone());
        self.kept.push(place);
        self.definitions.insert(name.to_owned(), Definition::Done(ty.clone()));
        Ok(ty)
    }

    fn without_reference(&mut self, schema: &Schema) -> Result<Type, Untyped> {
        if !schema.any_of.is_empty() {
            return self.any_of(schema);
        }
        if !schema.all_of.is_empty() {
            return self.all_of(schema);
        }
        if self.nulls == Nulls::Typed && typed(schema, "null") {
            return self.nullable(schema);
        }
        // Of several types the first of these counts.
        if typed(schema, "boolean") {
            Ok(Type::Boolean)
        } else if typed(schema, "string") {
            Ok(Type::String)
        } else if typed(schema, "integer") || typed(schema, "number") {
            Ok(Type::Number)
        } else if typed(schema, "object") {
            self.object(schema)
        } else if typed(schema, "array") {
            self.array(schema)
        } else if !schema.properties.is_empty() {
            self.object(schema)
        } else if !schema.items.is_empty() {
            self.array(schema)
        } else {
            Ok(Type::any())
        }
    }

    /// Null, or what else the schema names.
    fn nullable(&mut self, schema: &Schema) -> Result<Type, Untyped> {
        let mut others = schema.clone();
        others.types.retain(|name| name != "null");
        if others.types.is_empty() {
            return Ok(Type::Null);
        }
        let others = self.without_reference(&others)?;
        Ok(Type::union(vec![others, Type::Null]))
    }

    fn object(&mut self, schema: &Schema) -> Result<Type, Untyped> {
        if schema.properties.is_empty() {
            return Ok(Type::object(Vec::new(), Some((Type::any(), Type::any()))));
        }
        let mut members: Vec<(Value, Type)> = Vec::with_capacity(schema.properties.len());
        for at in &schema.properties {
            let name = self.arena.get(*at).map(|schema| schema.property.clone());
            let ty = self.schema(*at).map_err(unexpected)?;
            members.push((Value::from(name.unwrap_or_default()), ty));
        }
        // Of several schemas of one property, which `allOf` makes, the first counts.
        members.reverse();
        Ok(Type::object(members, None))
    }

    fn array(&mut self, schema: &Schema) -> Result<Type, Untyped> {
        let mut items = Vec::with_capacity(schema.items.len());
        for at in &schema.items {
            items.push(self.schema(*at).map_err(|_| Untyped::Element)?);
        }
        match items.pop() {
            None => Ok(Type::array(Vec::new(), Some(Type::any()))),
            Some(only) if schema.same_items => Ok(Type::array(Vec::new(), Some(only))),
            Some(last) => {
                items.push(last);
                Ok(Type::array(items, None))
            }
        }
    }

    fn any_of(&mut self, schema: &Schema) -> Result<Type, Untyped> {
        let mut alternatives = Vec::with_capacity(schema.any_of.len());
        if !schema.types.is_empty() {
            let core = Schema { any_of: Vec::new(), ..schema.clone() };
            let core = self.described(&core).map_err(unexpected)?;
            let listed = matches!(&core, Type::Object(object) if object.rest().is_none());
            alternatives.extend(listed.then_some(core));
        }
        for at in &schema.any_of {
            alternatives.push(self.schema(*at).map_err(unexpected)?);
        }
        Ok(Type::union(alternatives))
    }

    fn all_of(&mut self, schema: &Schema) -> Result<Type, Untyped> {
        let mut parts = Vec::with_capacity(schema.all_of.len());
        let mut targets = Vec::new();
        for at in &schema.all_of {
            let mut part = self.get(*at);
            // Chains of references that never come to a schema are left where they are.
            for _ in 0..MAX_NESTING {
                let Some((_, target)) = part.reference else {
                    break;
                };
                if self.merging.contains(&target) {
                    return Ok(Type::any());
                }
                targets.push(target);
                part = self.get(target);
            }
            let only_alternatives = part.types.is_empty()
                && !part.any_of.is_empty()
                && part.properties.is_empty()
                && part.items.is_empty();
            if !only_alternatives && part.reference.is_none() {
                parts.push(part);
            }
        }
        if parts.is_empty() {
            return Ok(Type::any());
        }
        let mut merged = self.merge(parts)?;
        if !schema.types.is_empty() {
            let both = |name: &str| typed(schema, name) && typed(&merged, name);
            if both("object") || both("array") {
                merged = self.merge(vec![merged, schema.clone()])?;
            } else if types_text(schema) != types_text(&merged) {
                return Err(Untyped::NoMerge);
            }
        }
        let outside = self.merging.len();
        self.merging.extend(targets);
        let ty = self.described(&merged);
        self.merging.truncate(outside);
        ty
    }

    /// A schema with the properties and items of all.
    fn merge(&self, mut schemas: Vec<Schema>) -> Result<Schema, Untyped> {
        for schema in &mut schemas {
            let name = if !schema.properties.is_empty() {
                "object"
            } else if !schema.items.is_empty() {
                "array"
            } else {
                continue;
            };
            if !typed(schema, name) {
                schema.types.push(name.to_owned());
            }
        }
        let mut schemas = schemas.into_iter();
        let mut merged = schemas.next().unwrap_or_default();
        for schema in schemas {
            let (ours, theirs) = (types_text(&merged), types_text(&schema));
            if ours != theirs {
                return Err(Untyped::Mismatch { first: ours, second: theirs });
            }
            if typed(&merged, "object")
                && !merged.properties.is_empty()
                && !schema.properties.is_empty()
            {
                merged.properties.extend(&schema.properties);
            } else if typed(&merged, "array")
                && !merged.items.is_empty()
                && !schema.items.is_empty()
            {
                self.merge_items(&mut merged, &schema)?;
            }
        }
        Ok(merged)
    }

    fn merge_items(&self, merged: &mut Schema, schema: &Schema) -> Result<(), Untyped> {
        for (at, theirs) in schema.items.iter().enumerate() {
            let ours = merged.items.get(at).copied().unwrap_or_else(|| {
                merged.items.push(*theirs);
                *theirs
            });
            if types_text(&self.get(ours)) != types_text(&self.get(*theirs)) {
                return Err(Untyped::NoMerge);
            }
        }
        Ok(())
    }
}
