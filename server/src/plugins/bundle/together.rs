//! Which of the bundles that wait come into force together.
//!
//! All of them, where that goes. Where it does not, those are left out that the errors name: one
//! that is broken does not keep two that need one another from coming. Errors tell a module by its
//! name in the archive, which several bundles may have; then each is left out by itself first.

use super::activation::{Activation, Candidate};
use super::error::BundleFailure;
use crate::state::WriteError;
use std::collections::{BTreeMap, BTreeSet};

/// So many of those that an error may mean are left out one at a time.
const MAX_TRIES: usize = 8;

type Waiting = BTreeMap<String, Candidate>;

impl Activation {
    /// Brings a bundle into force with as many of those that wait as go with it. Which they are;
    /// `None` where it does not go with any, and nothing has changed.
    pub(super) async fn together(
        &self,
        waiting: &Waiting,
        candidate: &Candidate,
    ) -> Option<BTreeSet<String>> {
        let mut names: BTreeSet<String> = waiting.keys().cloned().collect();
        while !names.is_empty() {
            let Err(failure) = self.with(waiting, &names, candidate).await else {
                return Some(names);
            };
            let suspects = suspects(&failure, waiting, &names);
            if suspects.is_empty() {
                return None;
            }
            if suspects.len() > 1 {
                for suspect in suspects.iter().take(MAX_TRIES) {
                    let mut fewer = names.clone();
                    fewer.remove(suspect);
                    if !fewer.is_empty() && self.with(waiting, &fewer, candidate).await.is_ok() {
                        return Some(fewer);
                    }
                }
            }
            names.retain(|name| !suspects.contains(name));
        }
        None
    }

    async fn with(
        &self,
        waiting: &Waiting,
        names: &BTreeSet<String>,
        candidate: &Candidate,
    ) -> Result<(), BundleFailure> {
        let others = names.iter().filter_map(|name| waiting.get(name));
        self.apply(others.chain(Some(candidate)).collect()).await
    }
}

/// Which of the bundles of these names a failure may mean.
fn suspects(
    failure: &BundleFailure,
    waiting: &Waiting,
    names: &BTreeSet<String>,
) -> BTreeSet<String> {
    let is_named = |candidate: &Candidate| {
        if let BundleFailure::Activate(error) = failure
            && let WriteError::Overlap { bundle, other, .. } = error.as_ref()
        {
            return [bundle, other].contains(&&candidate.content.name);
        }
        let modules = &candidate.content.modules;
        failure.modules().is_some_and(|errors| {
            let files = errors.iter().filter_map(|error| error.location.as_ref());
            files
                .map(|location| inside(&location.file))
                .any(|file| modules.iter().any(|module| inside(&module.path) == file))
        })
    };
    let named = names.iter().filter(|name| waiting.get(*name).is_some_and(is_named));
    named.cloned().collect()
}

/// A name in an archive without what may stand before it.
fn inside(name: &str) -> &str {
    name.trim_start_matches("./").trim_start_matches('/')
}
