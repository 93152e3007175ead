//! SLSA's provenance 0.1 (`recipe`) and 0.2 (`invocation`).
//!
//! Refuses a predicate without `builder`, which both demand. in-toto's Go types, which most builders
//! use, write `buildInvocationID` where the specification has `buildInvocationId`; both are read.

use super::builder;
use super::draft::{Draft, said};
use super::material::{Checked, Digests, Materials};
use super::parameters;
use crate::error::DocumentError;
use crate::json;
use crate::limits::Limits;
use referee_core::facts::{CompletenessFact, Provenance};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde_json::value::RawValue;
use std::fmt;

const FIRST: &str = "SLSA provenance 0.1";
const SECOND: &str = "SLSA provenance 0.2";

#[derive(Debug, Deserialize)]
struct Builder {
    id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    build_invocation_id: Option<String>,
    #[serde(rename = "buildInvocationID")]
    build_invocation_id_of_go: Option<String>,
    build_started_on: Option<String>,
    build_finished_on: Option<String>,
    completeness: Option<Completeness>,
    reproducible: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct Completeness {
    parameters: Option<bool>,
    arguments: Option<bool>,
    environment: Option<bool>,
    materials: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "M: Deserialize<'de>"))]
struct First<'a, M> {
    builder: Option<Builder>,
    #[serde(borrow)]
    recipe: Option<Recipe<'a>>,
    metadata: Option<Metadata>,
    materials: Option<M>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipe<'a> {
    r#type: Option<String>,
    defined_in_material: Option<Position>,
    entry_point: Option<String>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
    #[serde(borrow)]
    environment: Option<&'a RawValue>,
}

/// A number of 64 bits, which protobuf's JSON writes as a string, and Google Cloud Build with it.
#[derive(Clone, Copy, Debug)]
struct Position(i64);

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;

        impl Visitor<'_> for Number {
            type Value = Position;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Position, E> {
                Ok(Position(number))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Position, E> {
                i64::try_from(number)
                    .map(Position)
                    .map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Position, E> {
                let number = text.parse().map(Position);
                number.map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_any(Number)
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "M: Deserialize<'de>"))]
struct Second<'a, M> {
    builder: Option<Builder>,
    build_type: Option<String>,
    #[serde(borrow)]
    invocation: Option<Invocation<'a>>,
    metadata: Option<Metadata>,
    materials: Option<M>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Invocation<'a> {
    config_source: Option<ConfigSource>,
    #[serde(borrow)]
    parameters: Option<&'a RawValue>,
    #[serde(borrow)]
    environment: Option<&'a RawValue>,
}

/// Where the configuration came from that the build was started with.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConfigSource {
    pub(super) uri: Option<String>,
    pub(super) digest: Option<Digests>,
    pub(super) entry_point: Option<String>,
}

/// Reads a provenance of SLSA 0.1.
pub(super) fn first(predicate: &[u8], limits: &Limits) -> Result<Provenance, DocumentError> {
    let read: First<'_, &RawValue> = json::read(FIRST, predicate, limits)?;
    let builder =
        read.builder.ok_or(DocumentError::Missing { format: FIRST, member: "builder" })?;
    let recipe = read.recipe.unwrap_or_default();
    let mut draft = Draft::new("0.1", builder.id, recipe.r#type, limits);
    let materials = materials(read.materials, limits, &mut draft)
        .or_else(|_| json::read::<First<'_, Checked>>(FIRST, predicate, limits).map(|_| None))?;
    draft.materials(materials.unwrap_or_default());
    metadata(read.metadata, &mut draft);
    both_parameters(recipe.arguments, recipe.environment, &mut draft);
    // Google Cloud Build writes -1 where there is none.
    let defined_in = recipe.defined_in_material.map(|Position(at)| at).filter(|at| *at != -1);
    let origin = builder::first(&mut draft, defined_in, said(recipe.entry_point));
    Ok(draft.finish(origin))
}

/// Reads a provenance of SLSA 0.2.
pub(super) fn second(predicate: &[u8], limits: &Limits) -> Result<Provenance, DocumentError> {
    let read: Second<'_, &RawValue> = json::read(SECOND, predicate, limits)?;
    let builder =
        read.builder.ok_or(DocumentError::Missing { format: SECOND, member: "builder" })?;
    let invocation = read.invocation.unwrap_or_default();
    let mut draft = Draft::new("0.2", builder.id, read.build_type, limits);
    let materials = materials(read.materials, limits, &mut draft)
        .or_else(|_| json::read::<Second<'_, Checked>>(SECOND, predicate, limits).map(|_| None))?;
    draft.materials(materials.unwrap_or_default());
    metadata(read.metadata, &mut draft);
    both_parameters(invocation.parameters, invocation.environment, &mut draft);
    let config = invocation.config_source.unwrap_or_default();
    let origin = builder::second(&mut draft, config, predicate, limits)?;
    Ok(draft.finish(origin))
}

fn materials(
    list: Option<&RawValue>,
    limits: &Limits,
    draft: &mut Draft,
) -> Result<Option<Materials>, serde_json::Error> {
    Materials::read(list, "a material", limits.max_materials, &mut draft.problems).map(Some)
}

fn both_parameters(set: Option<&RawValue>, internal: Option<&RawValue>, draft: &mut Draft) {
    let (facts, problems) = (&mut draft.facts, &mut draft.problems);
    facts.parameters = parameters::whole(set, &mut facts.truncated, problems);
    facts.internal_parameters = parameters::bounded(internal, &mut facts.truncated, problems);
}

fn metadata(metadata: Option<Metadata>, draft: &mut Draft) {
    let Some(metadata) = metadata else { return };
    draft.times(metadata.build_started_on, metadata.build_finished_on);
    draft.facts.invocation =
        said(metadata.build_invocation_id).or_else(|| said(metadata.build_invocation_id_of_go));
    draft.facts.reproducible = metadata.reproducible;
    draft.facts.completeness = metadata.completeness.map(|claims| CompletenessFact {
        parameters: claims.parameters.or(claims.arguments).unwrap_or_default(),
        environment: claims.environment.unwrap_or_default(),
        materials: claims.materials.unwrap_or_default(),
    });
}
