//! Where a build came from, by the rules of each builder: which of the parameters and materials are
//! the source, and what started it.
//!
//! A source is only what the builder itself resolved, and a hash of it shows that it did. What
//! whoever starts a build may write freely is a claim (`source_claimed`).

mod buildkit;
mod cloud_build;
mod github;
mod gitlab;
mod tekton;

use super::draft::{Draft, said};
use super::source::{self, Address};
use super::v0::ConfigSource;
use super::v1;
use crate::error::DocumentError;
use crate::json;
use crate::limits::Limits;
use referee_core::facts::{BuildKind, MaterialFact, SourceFact};
use serde::Deserialize;
use smol_str::SmolStr;

/// Where a build came from.
#[derive(Debug, Default)]
pub(super) struct Origin {
    /// What the builder found out itself.
    pub(super) source: Option<SourceFact>,
    /// What is only claimed.
    pub(super) claimed: Option<SourceFact>,
    /// What started it.
    pub(super) trigger: Option<String>,
    /// Images that parameters name.
    pub(super) images: Vec<MaterialFact>,
}

/// The origin of a build of SLSA 0.1: the material that holds the recipe.
pub(super) fn first(draft: &mut Draft, defined_in: Option<i64>, entry: Option<String>) -> Origin {
    let materials = &draft.facts.materials;
    let source = match (defined_in, draft.kind()) {
        (Some(position), _) => {
            let position = usize::try_from(position).ok();
            let material = position.and_then(|position| materials.get(position));
            if material.is_none() {
                draft.problems.add("document_source", || {
                    "the recipe is said to be in a material that there is not".to_owned()
                });
            }
            material.and_then(|material| of_material(material, entry))
        }
        (None, BuildKind::GoogleCloudBuild) => cloud_build::first(materials, entry),
        (None, _) => None,
    };
    sorted(source)
}

/// The origin of a build of SLSA 0.2: its `configSource`.
pub(super) fn second(
    draft: &mut Draft,
    config: ConfigSource,
    predicate: &[u8],
    limits: &Limits,
) -> Result<Origin, DocumentError> {
    let digest = config.digest.map(|digests| digests.take("configSource", &mut draft.problems));
    let config = Config {
        address: said(config.uri).as_deref().and_then(Address::read),
        commit: digest.as_ref().and_then(source::commit),
        entry: said(config.entry_point),
    };
    match draft.kind() {
        BuildKind::GithubActions => github::second(draft, config, predicate, limits),
        BuildKind::Buildkit => buildkit::second(draft, config, predicate, limits),
        BuildKind::Tekton => Ok(tekton::second(draft, config)),
        _ => Ok(config.origin()),
    }
}

/// The origin of a build of SLSA 1.
pub(super) fn current(
    draft: &mut Draft,
    predicate: &[u8],
    limits: &Limits,
) -> Result<Origin, DocumentError> {
    match draft.kind() {
        BuildKind::GithubActions => github::current(draft, predicate, limits),
        BuildKind::Buildkit => buildkit::current(draft, predicate, limits),
        BuildKind::GoogleCloudBuild => cloud_build::current(draft, predicate, limits),
        BuildKind::Tekton => tekton::current(draft, predicate, limits),
        BuildKind::GitlabCi => gitlab::current(draft, predicate, limits),
        // SLSA 1 has no one place for a source, so that there is none without a build type.
        _ => Ok(Origin { claimed: source::only(&draft.facts.materials), ..Origin::default() }),
    }
}

/// The configuration that a build was started with, in its parts.
#[derive(Debug, Default)]
struct Config {
    address: Option<Address>,
    commit: Option<SmolStr>,
    entry: Option<String>,
}

impl Config {
    /// Where it is, and as of which commit.
    fn place(&self) -> (Option<Address>, Option<SmolStr>) {
        (self.address.clone(), self.commit.clone())
    }

    fn origin(self) -> Origin {
        sorted(self.address.map(|address| address.source(self.commit, self.entry)))
    }
}

/// A source where there is a hash of it; else a claim, since the builder has not fetched it.
fn sorted(found: Option<SourceFact>) -> Origin {
    match found {
        Some(source) if source.digest.is_some() => {
            Origin { source: Some(source), ..Origin::default() }
        }
        claimed => Origin { claimed, ..Origin::default() },
    }
}

fn of_material(material: &MaterialFact, entry: Option<String>) -> Option<SourceFact> {
    let address = Address::read(material.uri.as_deref()?)?;
    Some(address.source(source::commit(&material.digest), entry))
}

/// Tells that a source is contradictory.
fn contradiction(draft: &mut Draft, what: impl FnOnce() -> String) {
    draft.problems.add("document_source", what);
}

#[derive(Debug, Deserialize)]
#[serde(
    rename_all = "camelCase",
    bound(deserialize = "E: Deserialize<'de>, I: Deserialize<'de>, M: Deserialize<'de>")
)]
struct View<E, I, M> {
    build_definition: Option<Definition<E, I>>,
    run_details: Option<Run<M>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "E: Deserialize<'de>, I: Deserialize<'de>"))]
struct Definition<E, I> {
    external_parameters: Option<E>,
    internal_parameters: Option<I>,
}

#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "M: Deserialize<'de>"))]
struct Run<M> {
    metadata: Option<M>,
}

/// Reads a provenance of SLSA 1 once more, for what one builder writes into its parameters and its
/// metadata: only here their types are known, and an error names its place in the whole.
fn view<E, I, M>(predicate: &[u8], limits: &Limits) -> Result<(E, I, M), DocumentError>
where
    E: for<'de> Deserialize<'de> + Default,
    I: for<'de> Deserialize<'de> + Default,
    M: for<'de> Deserialize<'de> + Default,
{
    let read: View<E, I, M> = json::read(v1::FORMAT, predicate, limits)?;
    let (external, internal) = match read.build_definition {
        Some(read) => (read.external_parameters, read.internal_parameters),
        None => (None, None),
    };
    let metadata = read.run_details.and_then(|run| run.metadata);
    Ok((external.unwrap_or_default(), internal.unwrap_or_default(), metadata.unwrap_or_default()))
}

#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "P: Deserialize<'de>, E: Deserialize<'de>, M: Deserialize<'de>"))]
struct OldView<P, E, M> {
    invocation: Option<Invocation<P, E>>,
    metadata: Option<M>,
}

#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "P: Deserialize<'de>, E: Deserialize<'de>"))]
struct Invocation<P, E> {
    parameters: Option<P>,
    environment: Option<E>,
}

/// The same for SLSA 0.2.
fn old_view<P, E, M>(predicate: &[u8], limits: &Limits) -> Result<(P, E, M), DocumentError>
where
    P: for<'de> Deserialize<'de> + Default,
    E: for<'de> Deserialize<'de> + Default,
    M: for<'de> Deserialize<'de> + Default,
{
    let read: OldView<P, E, M> = json::read("SLSA provenance 0.2", predicate, limits)?;
    let (parameters, environment) = match read.invocation {
        Some(read) => (read.parameters, read.environment),
        None => (None, None),
    };
    Ok((
        parameters.unwrap_or_default(),
        environment.unwrap_or_default(),
        read.metadata.unwrap_or_default(),
    ))
}
