//! Schemas that annotations give for documents: where they are found, and what they say of
//! documents that more is known of already (OPA's `processAnnotation`, `override`).

use super::problem::Problem;
use super::scope::Scope;
use super::terms::{constant, write_ref};
use super::{Run, TypeEnv};
use crate::algebra::native;
use crate::{Nulls, SchemaType, Type, load_schema};
use referee_rego_syntax::ast::{Ref, Rule, SchemaAnnotation, Term};
use referee_rego_value::Value;
use std::collections::HashMap;

/// Schemas by reference: `schema.input`, `schema["pod.v1"]`.
#[derive(Clone, Debug, Default)]
pub struct SchemaSet {
    schemas: HashMap<String, (Value, Nulls)>,
}

impl SchemaSet {
    /// Adds a schema; one of the same reference is replaced.
    pub fn insert(&mut self, reference: &Ref, schema: Value, nulls: Nulls) {
        self.schemas.insert(write_ref(reference), (schema, nulls));
    }

    /// The schema of a reference, and what `null` is in it.
    #[must_use]
    pub fn get(&self, reference: &Ref) -> Option<(&Value, Nulls)> {
        self.schemas.get(&write_ref(reference)).map(|(schema, nulls)| (schema, *nulls))
    }
}

impl Run<'_> {
    /// The type that an annotation gives; `None` where it gives none.
    pub(super) fn schema_type(
        &self,
        env: &mut TypeEnv,
        annotation: &SchemaAnnotation,
        rule: &Rule,
    ) -> Result<Option<Type>, Problem> {
        let name = annotation.schema.as_deref().map(write_ref);
        if let Some(name) = &name
            && let Some(ty) = self.schemas.borrow().get(name)
        {
            return Ok(Some(ty.clone()));
        }
        let (schema, nulls) = match (&annotation.schema, &annotation.definition) {
            (Some(reference), _) => {
                let Some(schemas) = self.checker.schemas else {
                    return Ok(None);
                };
                schemas.get(reference).ok_or_else(|| {
                    let message = format!("undefined schema: {}", write_ref(reference));
                    Problem::new(message, &rule.location)
                })?
            }
            (None, Some(definition)) => (definition, Nulls::Ignored),
            (None, None) => {
                let message = "no schema as input to compile";
                return Err(Problem::new(message, &rule.location));
            }
        };
        let SchemaType { ty, definitions } =
            load_schema(schema, nulls, env.allow_net.as_deref())
                .map_err(|error| Problem::new(error.to_string(), &rule.location))?;
        env.definitions.extend(definitions);
        if let Some(name) = name {
            self.schemas.borrow_mut().insert(name, ty.clone());
        }
        Ok(Some(ty))
    }

    /// What a schema makes of the documents at the beginning of a path: how much of the path that
    /// is, and its type.
    pub(super) fn overridden(
        &self,
        scope: &Scope<'_>,
        path: &Ref,
        ty: Type,
        rule: &Rule,
    ) -> Result<(usize, Type), Problem> {
        let lengths = 1..path.len().max(2);
        let known = lengths.map(|length| {
            let prefix = path.get(..length).unwrap_or_default();
            (length, scope.reference(prefix))
        });
        let mut known = known.filter(|(_, ty)| !matches!(ty, Type::Unknown));
        match known.next() {
            Some((length, document)) if length < path.len() => {
                let rest = path.get(length..).unwrap_or_default();
                Ok((length, replace(&document, rest, &ty, rule)?))
            }
            _ => Ok((path.len(), ty)),
        }
    }
}

/// A type in which what a path leads to is of another type.
fn replace(document: &Type, path: &[Term], ty: &Type, rule: &Rule) -> Result<Type, Problem> {
    let any = || (Type::any(), Type::any());
    let Some((head, rest)) = path.split_first() else {
        return Ok(ty.clone());
    };
    let Type::Object(object) = document.resolved() else {
        return along(path, ty, Some(any()), rule);
    };
    let key = key_of(head, rule)?;
    let mut members = object.members().to_vec();
    match members.iter_mut().find(|(found, _)| *found == key) {
        Some((_, member)) => *member = replace(member, rest, ty, rule)?,
        None => members.push((key, along(rest, ty, object.rest().cloned(), rule)?)),
    }
    Ok(Type::object(members, object.rest().cloned()))
}

/// Objects inside each other along a path, at the end of which stands a type.
fn along(
    path: &[Term],
    ty: &Type,
    others: Option<(Type, Type)>,
    rule: &Rule,
) -> Result<Type, Problem> {
    path.iter().rev().try_fold(ty.clone(), |ty, part| {
        Ok(Type::object(vec![(key_of(part, rule)?, ty)], others.clone()))
    })
}

fn key_of(part: &Term, rule: &Rule) -> Result<Value, Problem> {
    constant(part).map(|key| native(&key)).ok_or_else(|| {
        let message = "error getting key from value: illegal value";
        Problem::new(message, &rule.location)
    })
}
