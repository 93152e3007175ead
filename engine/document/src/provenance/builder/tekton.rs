//! Tekton Chains (its `docs/slsa-provenance.md`, `docs/predicate/slsa/v2.md`,
//! `pkg/chains/formats/slsa`).
//!
//! What Tekton itself resolves is the pipeline's or the task's definition, where that came from
//! elsewhere than from whoever started the run (`RefSource`): that is the source. The repository that
//! was built is known to Tekton only from parameters and results named `CHAINS-GIT_URL` and the like
//! (`inputs/result`), which the starter or a task writes: a claim. Nothing says what started a run.

use super::{Config, Origin, contradiction, view};
use crate::error::DocumentError;
use crate::limits::Limits;
use crate::provenance::draft::{Draft, said};
use crate::provenance::source::{self, Address, Found};
use referee_core::facts::{MaterialFact, SourceFact};
use serde::Deserialize;
use serde::de::IgnoredAny;
use smol_str::SmolStr;

/// The names of the dependency that the run's definition is
/// (`internal/resolved_dependencies/resolved_dependencies.go`).
const DEFINITIONS: &[&str] = &["pipeline", "task"];

/// The name of those that parameters and results claim.
const CLAIMED: &str = "inputs/result";

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct External {
    build_config_source: Option<Place>,
}

#[derive(Debug, Default, Deserialize)]
struct Place {
    repository: Option<String>,
    path: Option<String>,
}

/// Of SLSA 0.2: `configSource`, and the one other repository among the materials.
pub(super) fn second(draft: &Draft, config: Config) -> Origin {
    let definition = config.address.clone().zip(config.commit.clone());
    let other = |address: &Address, material: &MaterialFact| {
        let same = definition.as_ref().is_some_and(|(own, commit)| {
            own.uri == address.uri && source::commit(&material.digest).as_ref() == Some(commit)
        });
        !same
    };
    let claimed = claim(&draft.facts.materials, other);
    let mut origin = config.origin();
    origin.claimed = claimed.or(origin.claimed);
    origin
}

/// Of SLSA 1.
pub(super) fn current(
    draft: &mut Draft,
    predicate: &[u8],
    limits: &Limits,
) -> Result<Origin, DocumentError> {
    let (external, _, _) = view::<External, IgnoredAny, IgnoredAny>(predicate, limits)?;
    let place = external.build_config_source.unwrap_or_default();
    let claimed =
        claim(&draft.facts.materials, |_, material| material.name.as_deref() == Some(CLAIMED));
    let mut definitions = draft.facts.materials.iter().filter_map(definition);
    let (first, second) = (definitions.next(), definitions.next());
    let several = second.is_some();
    drop(definitions);
    let Some((address, commit)) = first else {
        return Ok(Origin { claimed, ..Origin::default() });
    };
    if several {
        contradiction(draft, || "several dependencies are the run's definition".to_owned());
        return Ok(Origin { claimed, ..Origin::default() });
    }
    let repository = place.repository.as_deref().and_then(Address::read);
    let same = repository.is_some_and(|repository| repository.uri == address.uri);
    let entry = said(place.path).filter(|_| same);
    let source = Some(address.source(Some(commit), entry));
    Ok(Origin { source, claimed, ..Origin::default() })
}

fn definition(material: &MaterialFact) -> Option<(Address, SmolStr)> {
    let name = material.name.as_deref()?;
    let address = Address::read(material.uri.as_deref()?)?;
    let commit = source::commit(&material.digest)?;
    DEFINITIONS.contains(&name).then_some((address, commit))
}

fn claim(
    materials: &[MaterialFact],
    wanted: impl Fn(&Address, &MaterialFact) -> bool,
) -> Option<SourceFact> {
    match source::find(materials, wanted) {
        Found::One(address, commit) => Some(address.source(Some(commit), None)),
        Found::None | Found::Several => None,
    }
}
