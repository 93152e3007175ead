//! SLSA's provenance 1 (all minor versions).
//!
//! Refuses a predicate without `buildDefinition` or `runDetails`, which the specification demands.
//! BuildKit writes `invocationID` where the specification has `invocationId`; both are read.

use super::builder;
use super::draft::{Draft, said};
use super::material::{Checked, Materials};
use super::parameters;
use crate::error::DocumentError;
use crate::json;
use crate::limits::Limits;
use referee_core::facts::Provenance;
use serde::Deserialize;
use serde_json::value::RawValue;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// What the format is called.
pub(super) const FORMAT: &str = "SLSA provenance 1";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "M: Deserialize<'de>"))]
struct Predicate<'a, M> {
    #[serde(borrow)]
    build_definition: Option<Definition<'a, M>>,
    run_details: Option<Run>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "M: Deserialize<'de>"))]
struct Definition<'a, M> {
    build_type: Option<String>,
    #[serde(borrow)]
    external_parameters: Option<&'a RawValue>,
    #[serde(borrow)]
    internal_parameters: Option<&'a RawValue>,
    resolved_dependencies: Option<M>,
}

#[derive(Debug, Deserialize)]
struct Run {
    builder: Option<Builder>,
    metadata: Option<Metadata>,
}

#[derive(Debug, Default, Deserialize)]
struct Builder {
    id: Option<String>,
    version: Option<BTreeMap<SmolStr, Option<String>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    invocation_id: Option<String>,
    #[serde(rename = "invocationID")]
    invocation_id_of_go: Option<String>,
    started_on: Option<String>,
    finished_on: Option<String>,
}

/// Reads a provenance of SLSA 1.
pub(super) fn read(predicate: &[u8], limits: &Limits) -> Result<Provenance, DocumentError> {
    let missing = |member| DocumentError::Missing { format: FORMAT, member };
    let read: Predicate<'_, &RawValue> = json::read(FORMAT, predicate, limits)?;
    let definition = read.build_definition.ok_or_else(|| missing("buildDefinition"))?;
    let run = read.run_details.ok_or_else(|| missing("runDetails"))?;
    let builder = run.builder.unwrap_or_default();
    let mut draft = Draft::new("1", builder.id, definition.build_type, limits);
    draft.builder_version(builder.version);
    let most = limits.max_materials;
    let list = definition.resolved_dependencies;
    let materials =
        Materials::read(list, "a dependency", most, &mut draft.problems).or_else(|_| {
            let checked = json::read::<Predicate<'_, Checked>>(FORMAT, predicate, limits);
            checked.map(|_| Materials::default())
        })?;
    draft.materials(materials);
    let metadata = run.metadata.unwrap_or_default();
    draft.times(metadata.started_on, metadata.finished_on);
    draft.facts.invocation =
        said(metadata.invocation_id).or_else(|| said(metadata.invocation_id_of_go));
    let (facts, problems) = (&mut draft.facts, &mut draft.problems);
    let (external, internal) = (definition.external_parameters, definition.internal_parameters);
    facts.parameters = parameters::whole(external, &mut facts.truncated, problems);
    facts.internal_parameters = parameters::bounded(internal, &mut facts.truncated, problems);
    let origin = builder::current(&mut draft, predicate, limits)?;
    Ok(draft.finish(origin))
}
