//! Trusted roots that somebody keeps and renews: fetched over TUF, kept as a copy, told with
//! their age.
//!
//! The rules of TUF (thresholds of signatures, no going back, expiry, hashes) are those of
//! `sigstore-tuf`; what is decided here is what they cost and what happens where they fail:
//! - a root is asked for only where a signature could come to be trusted by it;
//! - a copy that was checked lately is used without asking, and is verified each time;
//! - everything is bounded in bytes and in time, and over the client that registries are asked
//!   with;
//! - where the repository cannot be had the copy serves on, told with the time at which it ended,
//!   then the root that comes with Referee; a repository of the trust document's own has no
//!   other, and is an error.

mod config;
mod copy;
mod error;
mod refresh;
mod repository;

pub use config::{Refresh, TufConfig};
pub use error::{InPlace, RootsNote, TufError, TufProblem};

use crate::config::RegistryConfig;
use crate::env::Environment;
use crate::error::StoreError;
use crate::http::Http;
use copy::Shelf;
use futures_util::future::join_all;
use referee_core::trust::{RootKeeper, RootSource, SuppliedRoot, TrustedSigstore, WellKnown};
use referee_core::{Limits, Timestamp, Trust};
use refresh::{Had, Keeper};
use sigstore_trust_root::SigstoreInstance;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// Has trusted roots from those who keep them.
#[derive(Debug)]
pub struct TrustRoots {
    /// Made when something is asked: a copy is enough mostly.
    http: OnceCell<Arc<Http>>,
    registry: RegistryConfig,
    shelf: Shelf,
    config: TufConfig,
    max_bytes: u64,
}

/// Whether anything may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// Where a copy is not enough.
    Allowed,
    /// Where a copy is not enough, and also where it is.
    Anew,
    /// Nothing: what there is must do.
    Never,
}

/// Trust with its trusted roots.
#[derive(Debug)]
pub struct Supplied {
    /// The trust.
    pub trust: Trust,
    /// What could not be had, and what stands in its place.
    pub notes: Vec<RootsNote>,
    /// When to ask again; `None` where nobody keeps any root of it.
    pub again_at: Option<Timestamp>,
}

impl TrustRoots {
    /// Nothing is asked of the network yet.
    ///
    /// # Errors
    /// [`StoreError::Configuration`] where a setting cannot be used.
    pub fn new(
        config: &TufConfig,
        registry: &RegistryConfig,
        limits: &Limits,
        environment: &Environment,
    ) -> Result<Self, StoreError> {
        config.check()?;
        registry.check()?;
        let folder = config.folder.clone().or_else(|| environment.cache_folder("tuf"));
        Ok(Self {
            http: OnceCell::new(),
            registry: registry.clone(),
            shelf: Shelf::new(folder),
            config: config.clone(),
            max_bytes: limits.max_trust_bytes,
        })
    }

    /// Supplies trust with the roots by which signatures can come to be trusted.
    ///
    /// Nothing is waited for longer than `within`, nor than the configuration allows. `usable` is
    /// asked whether an instance can be used with the root that was had: one that
    /// cannot be read is as good as none.
    ///
    /// # Errors
    /// [`TufError`] where a root cannot be had and nothing may stand in its place.
    pub async fn supply(
        &self,
        trust: Trust,
        now: Timestamp,
        asking: Asking,
        within: Duration,
        usable: impl Fn(&TrustedSigstore) -> Result<(), Box<dyn std::error::Error + Send + Sync>>,
    ) -> Result<Supplied, TufError> {
        let asking = if self.config.refresh == Refresh::Never { Asking::Never } else { asking };
        let mut keepers: BTreeMap<RootKeeper, TrustedSigstore> = BTreeMap::new();
        for instance in trust.instances_in_force() {
            if let Some(keeper) = instance.keeper() {
                keepers.entry(keeper).or_insert_with(|| instance.clone());
            }
        }
        let had = join_all(keepers.into_iter().filter_map(|(keeper, instance)| {
            let asked = self.keeper(&keeper, &instance)?;
            Some(async move { (keeper, instance, self.ask(&asked, now, asking, within).await) })
        }));
        let (mut roots, mut notes) = (BTreeMap::new(), Vec::new());
        let mut again_at: Option<Timestamp> = None;
        for (keeper, instance, had) in had.await {
            let Had { mut root, mut problem, again_at: next } = had;
            again_at = Some(again_at.map_or(next, |soonest| soonest.min(next)));
            if let Some(found) = &root
                && let Err(source) = usable(&with_root(&instance, &keeper, found))
            {
                (root, problem) = (None, Some(TufProblem::Unusable(source)));
            }
            let in_place = match &root {
                Some(root) => {
                    let expires_at = root.expires_at;
                    InPlace::Copy { expires_at, expired: expires_at.is_some_and(|at| at <= now) }
                }
                None => InPlace::Embedded,
            };
            if let Some(problem) = problem {
                let error = TufError { instance: instance.name.clone(), problem };
                if !self.may_stand_in(&keeper, in_place) {
                    return Err(error);
                }
                if matches!((&error.problem, in_place), (TufProblem::NotAsked, InPlace::Embedded)) {
                    // Who says that nothing is to be asked knows.
                    continue;
                }
                notes.push(RootsNote { keeper: keeper.clone(), error, in_place });
            }
            roots.extend(root.map(|root| (keeper, root)));
        }
        Ok(Supplied { trust: trust.supplied(&roots), notes, again_at })
    }

    /// Whether that will do for a root that could not be had.
    fn may_stand_in(&self, keeper: &RootKeeper, in_place: InPlace) -> bool {
        match in_place {
            InPlace::Copy { expired, .. } => !expired || self.config.refresh != Refresh::Required,
            InPlace::Embedded => {
                matches!(keeper, RootKeeper::WellKnown(_))
                    && self.config.refresh != Refresh::Required
            }
        }
    }

    /// Where to ask for a root, and by what the answer is trusted.
    fn keeper(&self, keeper: &RootKeeper, trusted: &TrustedSigstore) -> Option<Keeper> {
        match (keeper, &trusted.root) {
            (RootKeeper::WellKnown(instance), _) => {
                let family = family(*instance)?;
                let mirror = self.config.mirrors.get(instance).cloned();
                Some(Keeper {
                    name: instance.to_string(),
                    url: mirror.unwrap_or_else(|| family.tuf_url().to_owned()),
                    anchor: family.tuf_root().to_vec(),
                })
            }
            (RootKeeper::Repository(repository), RootSource::Tuf { anchor, .. }) => Some(Keeper {
                name: format!("{}-{}", repository.anchor.hex(), hex_of(&repository.url)),
                url: repository.url.clone(),
                anchor: anchor.clone().into_bytes(),
            }),
            // It was had already.
            (RootKeeper::Repository(_), _) => None,
        }
    }

    async fn http(&self) -> Result<Arc<Http>, StoreError> {
        let made = self.http.get_or_try_init(async || Http::new(&self.registry).map(Arc::new));
        made.await.cloned()
    }

    async fn ask(&self, keeper: &Keeper, now: Timestamp, asking: Asking, within: Duration) -> Had {
        let limit = Duration::from_millis(self.config.timeout_ms).min(within);
        refresh::have(self, keeper, now, asking, limit).await
    }
}

fn hex_of(url: &str) -> String {
    referee_core::Digest::sha256(url.as_bytes()).hex().chars().take(16).collect()
}

fn family(instance: WellKnown) -> Option<SigstoreInstance> {
    match instance {
        WellKnown::PublicGood => Some(SigstoreInstance::PublicGood),
        WellKnown::Github => Some(SigstoreInstance::GitHub),
        WellKnown::Staging => Some(SigstoreInstance::Staging),
        // One that is not known here has no repository here.
        _ => None,
    }
}

fn with_root(
    instance: &TrustedSigstore,
    keeper: &RootKeeper,
    root: &SuppliedRoot,
) -> TrustedSigstore {
    let source = RootSource::Supplied { keeper: keeper.clone(), root: root.clone() };
    TrustedSigstore { root: source, ..instance.clone() }
}
