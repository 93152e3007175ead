//! GitLab CI: the runner's provenance and GitLab's own
//! (<https://docs.gitlab.com/ci/pipeline_security/slsa/provenance_v1>).
//!
//! The source is the dependency that is the project. The entry point is the job's name. What started
//! the pipeline stands only among variables, which whoever starts it may overwrite, and is not told.
//! The runner writes a commit under `sha256`, whatever hash it is.

use super::{Origin, contradiction, view};
use crate::error::DocumentError;
use crate::limits::Limits;
use crate::provenance::draft::{Draft, said};
use crate::provenance::source::{self, Address};
use crate::text::shorten;
use serde::Deserialize;
use serde::de::IgnoredAny;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct External {
    source: Option<String>,
    entry_point: Option<String>,
}

/// Of SLSA 1.
pub(super) fn current(
    draft: &mut Draft,
    predicate: &[u8],
    limits: &Limits,
) -> Result<Origin, DocumentError> {
    let (external, _, _) = view::<External, IgnoredAny, IgnoredAny>(predicate, limits)?;
    let entry = said(external.entry_point);
    let Some(wanted) = external.source.as_deref().and_then(Address::read) else {
        let claimed = source::only(&draft.facts.materials);
        return Ok(Origin { claimed, ..Origin::default() });
    };
    let commits = draft.facts.materials.iter().filter_map(|material| {
        let address = Address::read(material.uri.as_deref()?)?;
        let commit = source::commit(&material.digest)?;
        (address.uri == wanted.uri).then_some((address, commit))
    });
    let mut commits: Vec<_> = commits.take(2).collect();
    if let (1, Some((address, commit))) = (commits.len(), commits.pop()) {
        let source = Some(address.source(Some(commit), entry));
        return Ok(Origin { source, ..Origin::default() });
    }
    contradiction(draft, || {
        format!("not exactly one dependency is a commit of {:?}", shorten(&wanted.uri, 80))
    });
    Ok(Origin { claimed: Some(wanted.source(None, entry)), ..Origin::default() })
}
