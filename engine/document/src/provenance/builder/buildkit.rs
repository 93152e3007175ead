//! BuildKit (its `docs/attestations/slsa-definitions.md`).
//!
//! The source is `configSource`, which BuildKit fetched itself where it has a digest
//! (`solver/llbsolver/provenance/predicate.go`, `findMaterial`); without one it is what the client
//! wrote. Of a build from a local folder there is only `vcs`, which the client sends and BuildKit
//! does not verify: a claim. Nothing says what started a build.

use super::{Config, Origin, old_view, view};
use crate::error::DocumentError;
use crate::limits::Limits;
use crate::provenance::draft::{Draft, said};
use crate::provenance::material::Digests;
use crate::provenance::source::{self, Address};
use referee_core::facts::{CompletenessFact, SourceFact};
use serde::Deserialize;
use serde::de::IgnoredAny;
use smol_str::SmolStr;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct External {
    config_source: Option<ConfigSource>,
}

#[derive(Debug, Default, Deserialize)]
struct ConfigSource {
    uri: Option<String>,
    digest: Option<Digests>,
    path: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Metadata {
    buildkit_metadata: Option<Extension>,
    buildkit_completeness: Option<Completeness>,
    buildkit_reproducible: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
struct OldMetadata {
    #[serde(rename = "https://mobyproject.org/buildkit@v1#metadata")]
    extension: Option<Extension>,
}

#[derive(Debug, Default, Deserialize)]
struct Extension {
    vcs: Option<Vcs>,
}

#[derive(Debug, Default, Deserialize)]
struct Vcs {
    source: Option<String>,
    revision: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Completeness {
    request: Option<bool>,
    resolved_dependencies: Option<bool>,
}

/// Of SLSA 0.2.
pub(super) fn second(
    config: Config,
    predicate: &[u8],
    limits: &Limits,
) -> Result<Origin, DocumentError> {
    let (_, metadata) = old_view::<IgnoredAny, OldMetadata>(predicate, limits)?;
    Ok(origin(config, metadata.extension))
}

/// Of SLSA 1.
pub(super) fn current(
    draft: &mut Draft,
    predicate: &[u8],
    limits: &Limits,
) -> Result<Origin, DocumentError> {
    let (external, _, metadata) = view::<External, IgnoredAny, Metadata>(predicate, limits)?;
    let claims = metadata.buildkit_completeness;
    draft.facts.completeness = claims.map(|claims| CompletenessFact {
        parameters: claims.request.unwrap_or_default(),
        // BuildKit's claim for SLSA 1 has no word of the environment.
        environment: false,
        materials: claims.resolved_dependencies.unwrap_or_default(),
    });
    draft.facts.reproducible = metadata.buildkit_reproducible;
    let config = external.config_source.unwrap_or_default();
    let digest = config.digest.map(|digests| digests.take("configSource", &mut draft.problems));
    let config = Config {
        address: said(config.uri).as_deref().and_then(Address::read),
        commit: digest.as_ref().and_then(source::commit),
        entry: said(config.path),
    };
    Ok(origin(config, metadata.buildkit_metadata))
}

fn origin(config: Config, extension: Option<Extension>) -> Origin {
    if config.address.is_some() {
        return config.origin();
    }
    let vcs = extension.and_then(|extension| extension.vcs);
    let claimed = vcs.and_then(|vcs| claim(&vcs, config.entry));
    Origin { claimed, ..Origin::default() }
}

fn claim(vcs: &Vcs, entry: Option<String>) -> Option<SourceFact> {
    let address = Address::read(vcs.source.as_deref()?)?;
    // buildx appends `-dirty` to the revision of a folder with changes: that is no commit.
    let commit = vcs.revision.as_deref().filter(|revision| {
        !revision.is_empty() && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    Some(address.source(commit.map(|commit| SmolStr::from(commit.to_ascii_lowercase())), entry))
}
