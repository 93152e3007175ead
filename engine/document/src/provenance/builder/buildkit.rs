//! BuildKit (its `docs/attestations/slsa-definitions.md`).
//!
//! The source is `configSource`, which BuildKit fetched itself where it has a digest
//! (`solver/llbsolver/provenance/predicate.go`, `findMaterial`); without one it is what the client
//! wrote. It is a claim as well where something else went into the build that nothing shows: a folder
//! of the client's (`-f` with a Dockerfile of the client's own beside a repository), a request around
//! this one for another source (`root`), a repository out of a bundle that the client brought. Which
//! branch or tag a commit is of is always a claim. Of a build from a local folder there is only `vcs`,
//! which the client sends and BuildKit does not verify: a claim. Nothing says what started a build.

use super::{Config, Origin, contradiction, old_view, view};
use crate::error::DocumentError;
use crate::limits::Limits;
use crate::provenance::draft::{Draft, said};
use crate::provenance::material::Digests;
use crate::provenance::source::{self, Address};
use crate::purl::Purl;
use referee_core::facts::{CompletenessFact, MaterialFact, SourceFact};
use serde::Deserialize;
use serde::de::IgnoredAny;
use smol_str::SmolStr;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct External {
    config_source: Option<ConfigSource>,
    request: Option<Request>,
}

#[derive(Debug, Default, Deserialize)]
struct ConfigSource {
    uri: Option<String>,
    digest: Option<Digests>,
    path: Option<String>,
}

/// What was asked for (`solver/llbsolver/provenance/types`, `Parameters`).
#[derive(Debug, Default, Deserialize)]
struct Request {
    locals: Option<Vec<IgnoredAny>>,
    root: Option<Root>,
}

/// The client's own request, where a frontend made this one of it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Root {
    config_source: Option<ConfigSource>,
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
    draft: &mut Draft,
    config: Config,
    predicate: &[u8],
    limits: &Limits,
) -> Result<Origin, DocumentError> {
    let (request, _, metadata) = old_view::<Request, IgnoredAny, OldMetadata>(predicate, limits)?;
    Ok(origin(draft, config, request, metadata.extension))
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
    let config = read(external.config_source.unwrap_or_default(), draft);
    let request = external.request.unwrap_or_default();
    Ok(origin(draft, config, request, metadata.buildkit_metadata))
}

fn read(config: ConfigSource, draft: &mut Draft) -> Config {
    let digest = config.digest.map(|digests| digests.take("configSource", &mut draft.problems));
    Config {
        address: said(config.uri).as_deref().and_then(Address::read),
        commit: digest.as_ref().and_then(source::commit),
        entry: said(config.path),
    }
}

fn origin(
    draft: &mut Draft,
    config: Config,
    request: Request,
    extension: Option<Extension>,
) -> Origin {
    if config.address.is_none() {
        let vcs = extension.and_then(|extension| extension.vcs);
        let claimed = vcs.and_then(|vcs| claim(&vcs, config.entry));
        return Origin { claimed, ..Origin::default() };
    }
    let root = request.root.map(|root| read(root.config_source.unwrap_or_default(), draft));
    let why = if request.locals.is_some_and(|locals| !locals.is_empty()) {
        "a folder of the client's went into the build as well"
    } else if root.is_some_and(|root| (root.address, root.commit) != config.place()) {
        "the build was asked for with another source at first"
    } else if draft.facts.materials.iter().any(is_bundle) {
        "a repository comes out of a bundle, and not from where it is said to be"
    } else {
        return without_ref(config.origin());
    };
    let origin = config.origin();
    if origin.source.is_some() {
        contradiction(draft, || why.to_owned());
    }
    Origin { claimed: origin.source.or(origin.claimed), ..Origin::default() }
}

/// A source without its branch or tag, which is the client's word: a context with `fetch-by-commit` names
/// both a commit and a ref, of which BuildKit fetches the commit and never looks whether the ref holds it
/// (`source/git/source.go`); and `configSource` does not tell such a context from others.
fn without_ref(mut origin: Origin) -> Origin {
    let source = origin.source.as_mut().filter(|source| source.r#ref.is_some());
    origin.claimed = source.as_deref().cloned().or(origin.claimed);
    if let Some(source) = source {
        source.r#ref = None;
    }
    origin
}

/// Whether a material is a bundle of git (`slsaMaterials`): of the repository that it stands for nothing
/// was fetched.
fn is_bundle(material: &MaterialFact) -> bool {
    let purl = material.uri.as_deref().and_then(Purl::parse);
    purl.is_some_and(|purl| {
        let mut qualifiers = purl.qualifiers();
        qualifiers.any(|(name, value)| name == "ref_type" && value.as_deref() == Some("bundle"))
    })
}

fn claim(vcs: &Vcs, entry: Option<String>) -> Option<SourceFact> {
    let address = Address::read(vcs.source.as_deref()?)?;
    // buildx appends `-dirty` to the revision of a folder with changes: that is no commit.
    let commit = vcs.revision.as_deref().filter(|revision| {
        !revision.is_empty() && revision.bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    Some(address.source(commit.map(|commit| SmolStr::from(commit.to_ascii_lowercase())), entry))
}
