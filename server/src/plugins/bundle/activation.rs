//! Bringing bundles into force, and what is known of each.
//!
//! One bundle after another, or several at once. A bundle that does not compile with what is in
//! force, or whose roots are another's still, waits: with the next one that comes both are tried
//! together. It waits as long as its source has it: what was withdrawn never comes into force.

use super::error::BundleFailure;
use super::status::BundleStatus;
use super::{BundleHost, NAME};
use crate::plugin_state::PluginState;
use crate::state::{BundleContent, Change};
use bytes::Bytes;
use referee_bundles::{Delta, Manifest};
use referee_core::Digest;
use referee_core::error::chain;
use referee_store::bundle::BundleStore;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// A bundle that is to be brought into force.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) content: BundleContent,
    pub(super) manifest: Manifest,
    /// The hash of the bytes it was read from.
    pub(super) digest: Digest,
    /// Where its bytes are to be kept.
    pub(super) keep: Option<(BundleStore, Bytes)>,
}

/// What is known of a bundle.
#[derive(Debug, Default)]
struct Record {
    status: BundleStatus,
    active: Option<Active>,
    /// What is in force and could not be kept on disk yet.
    unkept: Option<Unkept>,
}

/// A snapshot that is to be kept on disk, with the tag that it came under: a delta after it has
/// another.
#[derive(Debug)]
struct Unkept {
    store: BundleStore,
    bytes: Bytes,
    etag: String,
}

/// What is in force.
#[derive(Clone, Debug)]
pub(super) struct Active {
    /// What the source calls it.
    pub(super) etag: String,
    /// The hash of the bytes that came last.
    pub(super) digest: Digest,
    pub(super) manifest: Manifest,
}

/// Brings bundles into force.
#[derive(Debug)]
pub(super) struct Activation {
    host: BundleHost,
    records: Mutex<BTreeMap<String, Record>>,
    changes: watch::Sender<u64>,
    ready: AtomicBool,
    /// Bundles that wait for others. Held while something is brought into force.
    waiting: tokio::sync::Mutex<BTreeMap<String, Candidate>>,
}

impl Activation {
    pub(super) fn new(names: impl Iterator<Item = String>, host: BundleHost) -> Self {
        let record = |name: String| {
            let status = BundleStatus::new(name.clone());
            (name, Record { status, ..Record::default() })
        };
        Self {
            host,
            records: Mutex::new(names.map(record).collect()),
            changes: watch::channel(0).0,
            ready: AtomicBool::new(false),
            waiting: tokio::sync::Mutex::default(),
        }
    }

    pub(super) fn host(&self) -> &BundleHost {
        &self.host
    }

    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub(super) fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    pub(super) fn statuses(&self) -> BTreeMap<String, BundleStatus> {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.iter().map(|(name, record)| (name.clone(), record.status.clone())).collect()
    }

    /// What of a bundle is in force.
    pub(super) fn active(&self, name: &str) -> Option<Active> {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.get(name).and_then(|record| record.active.clone())
    }

    /// Changes what is known of a bundle. Whoever watches is told with [`Self::tell`].
    fn note<T>(&self, name: &str, change: impl FnOnce(&mut Record) -> T) -> Option<T> {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.get_mut(name).map(change)
    }

    pub(super) fn status(&self, name: &str, change: impl FnOnce(&mut BundleStatus)) {
        self.note(name, |record| change(&mut record.status));
    }

    /// Notes what went wrong, in status and log.
    pub(super) fn fail(&self, name: &str, failure: &BundleFailure) {
        let (code, error) = (referee_core::Coded::code(failure), chain(failure));
        if matches!(failure, BundleFailure::Persist(_)) {
            tracing::error!(bundle = name, code, error, "the bundle is not kept on disk");
        } else {
            tracing::error!(bundle = name, code, error, "the bundle is not brought up to date");
        }
        self.status(name, |status| status.fail(failure));
    }

    /// Tells whoever watches, after looking whether all are ready.
    pub(super) fn tell(&self) {
        let all = {
            let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
            records.values().all(|record| record.status.is_ready())
        };
        if all && !self.ready.swap(true, Ordering::AcqRel) {
            self.host.plugins.set(NAME, PluginState::Ok, "");
            tracing::info!("all bundles are active");
        }
        self.changes.send_modify(|number| *number = number.wrapping_add(1));
    }

    /// Brings what was kept on disk into force, all at once where that goes.
    pub(super) async fn activate_kept(&self, candidates: Vec<Candidate>) {
        if candidates.is_empty() {
            return;
        }
        if self.apply(candidates.iter().collect()).await.is_ok() {
            for candidate in candidates {
                self.note_active(candidate).await;
            }
        } else {
            for candidate in candidates {
                let name = candidate.content.name.clone();
                if let Err(failure) = self.activate(candidate).await {
                    self.fail(&name, &failure);
                }
            }
        }
        self.tell();
    }

    /// Brings a bundle into force, with those that wait where that helps.
    pub(super) async fn activate(&self, candidate: Candidate) -> Result<(), BundleFailure> {
        let mut waiting = self.waiting.lock().await;
        let name = candidate.content.name.clone();
        waiting.remove(&name);
        if let Some(others) = self.together(&waiting, &candidate).await {
            for other in others.iter().filter_map(|name| waiting.remove(name)).collect::<Vec<_>>() {
                self.note_active(other).await;
            }
            self.note_active(candidate).await;
            self.retry(&mut waiting).await;
            return Ok(());
        }
        match self.apply(vec![&candidate]).await {
            Ok(()) => {
                self.note_active(candidate).await;
                self.retry(&mut waiting).await;
                Ok(())
            }
            Err(failure) => {
                if failure.may_need_others() {
                    waiting.insert(name, candidate);
                }
                Err(failure)
            }
        }
    }

    /// Tries those that wait, one by one, as long as one of them goes.
    async fn retry(&self, waiting: &mut BTreeMap<String, Candidate>) {
        let mut progress = true;
        while progress {
            progress = false;
            let names: Vec<String> = waiting.keys().cloned().collect();
            for name in names {
                let Some(candidate) = waiting.get(&name) else { continue };
                if self.apply(vec![candidate]).await.is_err() {
                    continue;
                }
                if let Some(candidate) = waiting.remove(&name) {
                    self.note_active(candidate).await;
                    progress = true;
                }
            }
        }
    }

    pub(super) async fn apply(&self, candidates: Vec<&Candidate>) -> Result<(), BundleFailure> {
        let contents: Vec<BundleContent> =
            candidates.iter().map(|candidate| candidate.content.clone()).collect();
        let started = Instant::now();
        let change = self.host.state.change(move |transaction| {
            transaction.activate(&contents)?;
            Ok::<bool, BundleFailure>(true)
        });
        match change.await {
            Change::Done(_) | Change::Nothing => {
                for candidate in candidates {
                    self.time(&candidate.content.name, COMPILE, started.elapsed());
                }
                Ok(())
            }
            Change::Refused(failure) => Err(failure),
        }
    }

    /// Applies a delta to the bundle that is in force.
    pub(super) async fn change(
        &self,
        name: &str,
        delta: Delta,
        etag: String,
        digest: Digest,
    ) -> Result<(), BundleFailure> {
        let mut waiting = self.waiting.lock().await;
        waiting.remove(name);
        let bundle_error = |error| BundleFailure::Read(Arc::new(error));
        let Some(active) = self.active(name) else {
            return Err(bundle_error(referee_bundles::BundleError::DeltaAlone));
        };
        let manifest = delta.manifest.clone();
        let mut content = BundleContent::of_manifest(name, &manifest, &etag);
        let change = self.host.state.change(move |transaction| {
            content.data =
                delta.apply(&active.manifest, transaction.data()).map_err(bundle_error)?;
            if !transaction.change_bundle(&content)? {
                return Err(bundle_error(referee_bundles::BundleError::DeltaAlone));
            }
            Ok::<bool, BundleFailure>(true)
        });
        match change.await {
            Change::Refused(failure) => Err(failure),
            Change::Done(_) | Change::Nothing => {
                self.activated(name, Active { etag, digest, manifest });
                Ok(())
            }
        }
    }

    fn activated(&self, name: &str, active: Active) {
        let now = self.host.clock.now();
        tracing::info!(
            bundle = name,
            revision = active.manifest.revision,
            etag = active.etag,
            "the bundle is active"
        );
        self.note(name, |record| {
            record.status.clear();
            record.status.active_revision.clone_from(&active.manifest.revision);
            record.status.last_successful_activation = Some(now);
            record.active = Some(active);
        });
    }

    async fn note_active(&self, candidate: Candidate) {
        let Candidate { content, manifest, digest, keep } = candidate;
        let unkept = keep.map(|(store, bytes)| Unkept { store, bytes, etag: content.etag.clone() });
        self.activated(&content.name, Active { etag: content.etag, digest, manifest });
        self.note(&content.name, |record| record.unkept = unkept);
        self.keep(&content.name).await;
    }

    /// Keeps on disk what is in force and is not kept yet.
    pub(super) async fn keep(&self, name: &str) {
        let Some(unkept) = self.note(name, |record| record.unkept.take()).flatten() else { return };
        let Unkept { store, bytes, etag } = &unkept;
        if let Err(error) = store.save(name, bytes.clone(), etag).await {
            self.fail(name, &BundleFailure::Persist(Arc::new(error)));
            self.note(name, |record| record.unkept = Some(unkept));
        }
    }

    /// Forgets what waits of a bundle: its source has something else by now.
    pub(super) async fn withdraw(&self, name: &str) {
        self.waiting.lock().await.remove(name);
    }

    /// Notes that the source has what is in force, and what it calls it. `false` where something
    /// else came into force since: then nothing is changed, and nothing waits any more.
    pub(super) async fn confirm(&self, name: &str, confirmed: &Active, etag: String) -> bool {
        let mut waiting = self.waiting.lock().await;
        waiting.remove(name);
        let confirm = |record: &mut Record| {
            let Some(active) = &mut record.active else { return false };
            if (&active.digest, &active.etag) != (&confirmed.digest, &confirmed.etag) {
                return false;
            }
            if let Some(unkept) = record.unkept.as_mut().filter(|kept| kept.etag == active.etag) {
                unkept.etag.clone_from(&etag);
            }
            active.etag = etag;
            true
        };
        self.note(name, confirm).unwrap_or_default()
    }

    /// Notes how long something took.
    pub(super) fn time(&self, name: &str, timer: &'static str, spent: Duration) {
        let nanoseconds = u64::try_from(spent.as_nanos()).unwrap_or(u64::MAX);
        self.status(name, |status| {
            status.metrics.insert(timer, nanoseconds);
        });
    }
}

/// How long it took to bring a bundle into force, most of it compiling.
const COMPILE: &str = "timer_rego_module_compile_ns";
