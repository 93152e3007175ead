//! What a caller asks.

use referee_core::{Reference, Repository, Selector, Source, Timestamp};
use referee_store::Place;
use serde_json::{Map, Value};
use std::time::Duration;

/// One question about one artifact.
#[derive(Clone, Debug)]
pub struct Request {
    /// Where the artifact is.
    pub source: Source,
    /// The reference it is to be judged as, where that is not where it is: an artifact in a
    /// layout that is meant for a registry. Scopes are matched against it, and it stands in the
    /// facts.
    pub judged_as: Option<Reference>,
    /// How long the answer may take; `None` for the engine's default.
    pub deadline: Option<Duration>,
    /// The time to take as now; `None` for the clock's. With a time given nothing is taken from
    /// or put into the cache of facts.
    pub now: Option<Timestamp>,
    /// The Kubernetes namespace, or whatever plays its part, for the policy.
    pub namespace: Option<String>,
    /// Whatever else the caller wants the policy to know.
    pub parameters: Map<String, Value>,
}

impl Request {
    /// A question with nothing but the artifact.
    #[must_use]
    pub fn new(source: Source) -> Self {
        Self {
            source,
            judged_as: None,
            deadline: None,
            now: None,
            namespace: None,
            parameters: Map::new(),
        }
    }

    /// The reference as it stands in the facts and the decision.
    #[must_use]
    pub fn reference(&self) -> String {
        self.judged_as.as_ref().map_or_else(|| self.source.to_string(), ToString::to_string)
    }

    pub(crate) fn target(&self) -> Option<Target> {
        let (place, selector) = Place::of(&self.source)?;
        let registry = match &self.source {
            Source::Registry(reference) => Some(reference),
            _ => None,
        };
        let named = self.judged_as.as_ref().or(registry);
        let tag = match (&self.judged_as, registry, &selector) {
            (Some(named), _, _) | (None, Some(named), _) => named.tag().map(str::to_owned),
            (None, None, Some(Selector::Tag(tag))) => Some(tag.to_string()),
            (None, None, _) => None,
        };
        Some(Target { place, selector, judged_as: named.map(|r| r.repository().clone()), tag })
    }
}

/// What to gather about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Target {
    pub(crate) place: Place,
    pub(crate) selector: Option<Selector>,
    /// The repository that scopes are matched against.
    pub(crate) judged_as: Option<Repository>,
    pub(crate) tag: Option<String>,
}
