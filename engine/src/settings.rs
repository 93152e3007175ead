//! How the engine behaves, as opposed to how much it reads ([`referee_core::Limits`]).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The engine's settings, under `engine` in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Settings {
    /// The deadline of a request that brings none, in milliseconds. 2,900: Gatekeeper's three
    /// seconds for a validating webhook less the way back.
    pub deadline_ms: u64,
    /// How long a gathering may go on after its callers have gone, in milliseconds.
    pub background_ms: u64,
    /// How many requests to stores one gathering has under way at once.
    pub concurrency: u32,
    /// How long complete facts are taken as fresh, in milliseconds, counted from the end of their
    /// gathering. A new signature, or a tag that moved, may go unseen for this time, that of
    /// `cache.recent_ms` and that of the gathering together. 0 turns the cache of facts off.
    pub freshness_ms: u64,
    /// How many bytes of facts are kept.
    pub facts_cache_bytes: u64,
    /// How many artifacts are gathered about at once, those included whose callers have gone. What
    /// is over it is refused as `overloaded`.
    pub max_gatherings: u32,
    /// How many policies are evaluated at once. An evaluation that is asked to stop may take a
    /// moment to notice; this bounds how many such there can be.
    pub max_evaluations: u32,
}

impl Settings {
    pub(crate) fn deadline(&self) -> Duration {
        Duration::from_millis(self.deadline_ms)
    }

    pub(crate) fn background_limit(&self) -> Duration {
        Duration::from_millis(self.background_ms)
    }

    pub(crate) fn freshness(&self) -> Duration {
        Duration::from_millis(self.freshness_ms)
    }

    pub(crate) fn concurrency(&self) -> usize {
        usize::try_from(self.concurrency).unwrap_or(usize::MAX).max(1)
    }

    pub(crate) fn max_gatherings(&self) -> usize {
        usize::try_from(self.max_gatherings).unwrap_or(usize::MAX).max(1)
    }

    pub(crate) fn max_evaluations(&self) -> usize {
        // tokio's semaphore has a largest number of permits, far above any sense.
        usize::try_from(self.max_evaluations).unwrap_or(usize::MAX).clamp(1, 4096)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            deadline_ms: 2_900,
            background_ms: 60_000,
            concurrency: 16,
            freshness_ms: 10_000,
            facts_cache_bytes: 256 * 1024 * 1024,
            max_gatherings: 1_000,
            max_evaluations: 32,
        }
    }
}
