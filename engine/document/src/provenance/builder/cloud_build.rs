//! Google Cloud Build (<https://cloud.google.com/build/gcb-buildtypes/google-worker/v1>).
//!
//! The source is what was checked out: the dependency of the repository that `sourceToBuild` names,
//! which stands there only where it is another one than `buildConfigSource`. The file that says how
//! to build is in it only where both are the same repository. A build from Cloud Storage has no
//! repository. What started a build is not told, only which trigger (`triggerUri`).

use super::{Origin, contradiction, of_material, view};
use crate::error::DocumentError;
use crate::limits::Limits;
use crate::provenance::draft::{Draft, said};
use crate::provenance::source::{self, Address, Found};
use crate::text::shorten;
use referee_core::facts::{MaterialFact, SourceFact};
use serde::Deserialize;
use serde::de::IgnoredAny;
use smol_str::SmolStr;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct External {
    build_config_source: Option<Place>,
    source_to_build: Option<Place>,
}

#[derive(Debug, Default, Deserialize)]
struct Place {
    repository: Option<String>,
    path: Option<String>,
}

/// Of SLSA 0.1, without `definedInMaterial`: the first material, as slsa-verifier takes it
/// (`verifiers/internal/gcb/slsaprovenance/v0.1`). The first workers wrote the commit into its
/// address (`…/commit/<sha>`) and no digest.
pub(super) fn first(materials: &[MaterialFact], entry: Option<String>) -> Option<SourceFact> {
    let mut source = of_material(materials.first()?, entry)?;
    if let Some((repository, commit)) = source.uri.rsplit_once("/commit/") {
        let hash = matches!(commit.len(), 40 | 64) && commit.bytes().all(|b| b.is_ascii_hexdigit());
        let commit = SmolStr::from(commit.to_ascii_lowercase());
        if hash && source.digest.as_ref().is_none_or(|digest| *digest == commit) {
            source.uri = repository.to_owned();
            source.digest = Some(commit);
        }
    }
    Some(source)
}

/// Of SLSA 1.
pub(super) fn current(
    draft: &mut Draft,
    predicate: &[u8],
    limits: &Limits,
) -> Result<Origin, DocumentError> {
    let (external, _, _) = view::<External, IgnoredAny, IgnoredAny>(predicate, limits)?;
    let config = external.build_config_source.unwrap_or_default();
    let build = external.source_to_build.unwrap_or_default();
    let read = |place: Option<String>| said(place).as_deref().and_then(Address::read);
    let config_repository = read(config.repository);
    let Some(wanted) = read(build.repository).or_else(|| config_repository.clone()) else {
        // The build was submitted with its source, and nothing says that this is a repository's.
        let claimed = source::only(&draft.facts.materials);
        return Ok(Origin { claimed, ..Origin::default() });
    };
    let same = config_repository.is_some_and(|config| config.uri == wanted.uri);
    let entry = said(config.path).filter(|_| same);
    let found = source::find(&draft.facts.materials, |address, _| address.uri == wanted.uri);
    if let Found::One(address, commit) = found {
        let source = Some(address.source(Some(commit), entry));
        return Ok(Origin { source, ..Origin::default() });
    }
    contradiction(draft, || {
        format!("not exactly one dependency is a commit of {:?}", shorten(&wanted.uri, 80))
    });
    Ok(Origin { claimed: Some(wanted.source(None, entry)), ..Origin::default() })
}
