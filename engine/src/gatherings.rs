//! The gatherings under way, and the facts that still stand from those that are done.

use crate::drive::{self, Context, Gathering};
use crate::established::Established;
use crate::request::Target;
use referee_core::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What there is for a target.
#[derive(Debug)]
pub(crate) enum Standing {
    /// Facts that still stand.
    Facts(Arc<Established>),
    /// A gathering to wait for.
    Gathering(Arc<Gathering>),
    /// Nothing, and there is too much under way to begin.
    Full,
}

/// One gathering a target at a time, and complete facts for as long as they are fresh.
///
/// Only complete facts are kept: what a registry could not say today must be asked again
/// tomorrow.
#[derive(Debug)]
pub(crate) struct Gatherings {
    context: Context,
    facts: moka::sync::Cache<Target, Arc<Established>>,
    under_way: Arc<Mutex<HashMap<Target, Arc<Gathering>>>>,
}

impl Gatherings {
    pub(crate) fn new(context: Context) -> Self {
        let facts = moka::sync::Cache::builder()
            .max_capacity(context.settings.facts_cache_bytes)
            .weigher(|_, established: &Arc<Established>| established.weight)
            .time_to_live(context.settings.freshness())
            .build();
        Self { context, facts, under_way: Arc::default() }
    }

    /// What there is for a target, a new gathering where there is nothing.
    pub(crate) fn standing(&self, target: &Target, now: Timestamp) -> Standing {
        if let Some(facts) = self.facts.get(target)
            && facts.changes_at.is_none_or(|at| now < at)
        {
            return Standing::Facts(facts);
        }
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gathering) = under_way.get(target)
            && !gathering.has_ended()
        {
            return Standing::Gathering(gathering.clone());
        }
        // A gathering outlives its callers, so what bounds them does not bound it.
        if under_way.len() >= self.context.settings.max_gatherings() {
            under_way.retain(|_, gathering| !gathering.has_ended());
            if under_way.len() >= self.context.settings.max_gatherings() {
                return Standing::Full;
            }
        }
        let (map, facts, key) = (self.under_way.clone(), self.facts.clone(), target.clone());
        let gathering = drive::spawn(self.context.clone(), target.clone(), now, move |gathering| {
            keep(&facts, &key, gathering);
            map.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
        });
        under_way.insert(target.clone(), gathering.clone());
        Standing::Gathering(gathering)
    }

    /// A gathering of one's own: for a time that is not the clock's.
    pub(crate) fn apart(&self, target: &Target, now: Timestamp) -> Arc<Gathering> {
        drive::spawn(self.context.clone(), target.clone(), now, |_| {})
    }
}

fn keep(
    facts: &moka::sync::Cache<Target, Arc<Established>>,
    target: &Target,
    gathering: &Gathering,
) {
    let Some(Ok(established)) = gathering.established() else { return };
    if !established.is_complete() {
        return;
    }
    match established.as_cached() {
        Ok(cached) => facts.insert(target.clone(), Arc::new(cached)),
        Err(error) => tracing::error!(%error, "facts could not be kept"),
    }
}
