//! GitHub Actions: GitHub's own attestations and npm's (`workflow/v1`), slsa-github-generator's and
//! npm's older ones.
//!
//! The repository is the one that the workflow ran in; its commit is the one of that repository among
//! the dependencies, as slsa-verifier takes it (`verifiers/internal/gha/slsaprovenance`: the source
//! and what triggered the build have to be the same repository). All of it comes from the claims of
//! the workflow's token, none of it from the inputs of whoever started it.

use super::{Config, Origin, contradiction, old_view, view};
use crate::error::DocumentError;
use crate::limits::Limits;
use crate::provenance::draft::{Draft, said};
use crate::provenance::material::{Descriptor, Digests};
use crate::provenance::source::{self, Address, Found};
use crate::text::shorten;
use referee_core::facts::MaterialFact;
use serde::Deserialize;
use serde::de::IgnoredAny;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct External {
    workflow: Option<Workflow>,
    source: Option<Resource>,
    builder_image: Option<Descriptor>,
    config_path: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Workflow {
    repository: Option<String>,
    path: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Resource {
    uri: Option<String>,
    digest: Option<Digests>,
}

#[derive(Debug, Default, Deserialize)]
struct Internal {
    github: Option<Github>,
    #[serde(rename = "GITHUB_EVENT_NAME")]
    event_name: Option<String>,
    #[serde(rename = "GITHUB_REPOSITORY")]
    repository: Option<String>,
    #[serde(rename = "GITHUB_WORKFLOW_REF")]
    workflow_ref: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Github {
    event_name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Environment {
    github_event_name: Option<String>,
    #[serde(rename = "GITHUB_EVENT_NAME")]
    event_name: Option<String>,
}

/// Of SLSA 0.2: `configSource`, where a material is the same. slsa-verifier demands both, too.
pub(super) fn second(
    draft: &mut Draft,
    config: Config,
    predicate: &[u8],
    limits: &Limits,
) -> Result<Origin, DocumentError> {
    let (_, environment, _) = old_view::<IgnoredAny, Environment, IgnoredAny>(predicate, limits)?;
    let mut origin = config.origin();
    origin.trigger = said(environment.github_event_name).or(environment.event_name);
    let Some(source) = origin.source.take() else { return Ok(origin) };
    let same = |address: &Address, material: &MaterialFact| {
        address.uri == source.uri && source::commit(&material.digest) == source.digest
    };
    let found = source::find(&draft.facts.materials, same);
    // npm's first provenance has no branch in its material.
    if matches!(found, Found::One(found, _) if found.r#ref.is_none() || found.r#ref == source.r#ref)
    {
        origin.source = Some(source);
    } else {
        contradiction(draft, || {
            format!(
                "no material is the commit and branch of {:?} that the build is said to be of",
                shorten(&source.uri, 80)
            )
        });
        origin.claimed = Some(source);
    }
    Ok(origin)
}

/// Of SLSA 1.
pub(super) fn current(
    draft: &mut Draft,
    predicate: &[u8],
    limits: &Limits,
) -> Result<Origin, DocumentError> {
    let (external, internal, _) = view::<External, Internal, IgnoredAny>(predicate, limits)?;
    let github = internal.github.unwrap_or_default();
    let mut origin =
        Origin { trigger: said(github.event_name).or(internal.event_name), ..Origin::default() };
    if let Some(image) = external.builder_image {
        origin.images.push(image.fact("builderImage", &mut draft.problems));
    }
    let workflow = external.workflow.unwrap_or_default();
    let given = external.source.unwrap_or_default();
    let has_digest = given.digest.as_ref().is_some_and(|digests| !digests.are_none());
    let digest = given.digest.map(|digests| digests.take("source", &mut draft.problems));
    let commit = digest.as_ref().and_then(source::commit);
    let contradictory = commit.is_none() && has_digest;
    let (run_repository, run_path) = run(internal.repository, internal.workflow_ref);
    let repository = said(workflow.repository).or_else(|| said(given.uri)).or(run_repository);
    let entry = said(external.config_path).or_else(|| said(workflow.path)).or(run_path);
    let Some(wanted) = repository.as_deref().and_then(Address::read) else {
        origin.claimed = source::only(&draft.facts.materials);
        return Ok(origin);
    };
    let found = source::find(&draft.facts.materials, |address, material| {
        address.uri == wanted.uri
            && !contradictory
            && (commit.is_none() || source::commit(&material.digest) == commit)
    });
    if let Found::One(address, commit) = found {
        origin.source = Some(address.source(Some(commit), entry));
    } else {
        let several = found == Found::Several;
        contradiction(draft, || unclear(several, &wanted));
        origin.claimed = Some(wanted.source(commit, entry));
    }
    Ok(origin)
}

fn unclear(several: bool, wanted: &Address) -> String {
    let count =
        if several { "several dependencies are commits" } else { "no dependency is a commit" };
    format!("{count} of {:?}, which the build is said to be of", shorten(&wanted.uri, 80))
}

/// The repository and the workflow's path as slsa-github-generator writes them: `org/repo` and
/// `org/repo/.github/workflows/release.yml@refs/heads/main`. It runs at github.com only.
fn run(repository: Option<String>, workflow: Option<String>) -> (Option<String>, Option<String>) {
    let Some(repository) = said(repository) else { return (None, None) };
    let path = workflow.as_deref().and_then(|workflow| {
        let path = workflow.strip_prefix(&repository)?.strip_prefix('/')?;
        path.split_once('@').map(|(path, _)| path.to_owned())
    });
    (Some(format!("https://github.com/{repository}")), path)
}
