//! Looking after one bundle: asking for it when it is time to, reading what comes.

use super::activation::{Activation, Candidate};
use super::error::BundleFailure;
use super::status::BundleStatus;
use crate::state::BundleContent;
use bytes::Bytes;
use referee_bundles::{
    Bundle as Read, BundleLimits, Files, ReadOptions, ReadTimes, SignaturePolicy, Snapshot,
};
use referee_core::{Digest, Timestamp};
use referee_store::bundle::{Backoff, BundleBytes, BundleSource, BundleStore, between};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// The least time between two questions to a server that waits for news: one that does not wait
/// after all would otherwise be asked without a pause.
const LEAST_PAUSE: Duration = Duration::from_secs(1);

/// Somebody who wants the bundle fetched now, and what came of it.
pub(super) type Triggered = oneshot::Sender<Result<(), BundleFailure>>;

/// A bundle: where it comes from, how it is read, where it is kept.
#[derive(Debug)]
pub(super) struct Bundle {
    pub(super) name: String,
    pub(super) source: Arc<dyn BundleSource>,
    pub(super) signatures: SignaturePolicy,
    pub(super) limits: BundleLimits,
    pub(super) store: Option<BundleStore>,
    /// It comes from a service, not from files of this machine.
    pub(super) delivered: bool,
}

/// When to ask.
#[derive(Clone, Copy, Debug)]
pub(super) struct Polling {
    /// Whether to ask without being told to.
    pub(super) periodic: bool,
    pub(super) min: Duration,
    pub(super) max: Duration,
}

/// What a question came to.
#[derive(Clone, Copy, Debug)]
struct Asked {
    /// The source waits for news before it answers.
    waits: bool,
}

/// Looks after a bundle until nobody listens any more.
pub(super) async fn run(
    bundle: Bundle,
    polling: Polling,
    activation: Arc<Activation>,
    mut triggers: mpsc::Receiver<Triggered>,
) {
    let mut backoff = Backoff::new(polling.max);
    // Asked for whole after a delta that could not be applied.
    let mut whole = false;
    let mut waiter: Option<Triggered> = None;
    if !polling.periodic {
        waiter = triggers.recv().await;
        if waiter.is_none() {
            return;
        }
    }
    loop {
        let started = Instant::now();
        let asked = bundle.ask(&activation, &mut whole).await;
        let pause = match &asked {
            Ok(Asked { waits: true }) => {
                backoff.reset();
                LEAST_PAUSE.saturating_sub(started.elapsed())
            }
            Ok(Asked { waits: false }) => {
                backoff.reset();
                between(polling.min, polling.max)
            }
            Err(failure) => {
                activation.fail(&bundle.name, failure);
                let asked = match failure {
                    BundleFailure::Fetch(error) => error.retry_after(),
                    _ => None,
                };
                backoff.after_failure(asked)
            }
        };
        activation.tell();
        if let Some(waiter) = waiter.take() {
            // Whoever wanted to know may have gone.
            let _gone = waiter.send(asked.map(|_| ()));
        }
        let timer = async {
            if polling.periodic {
                tokio::time::sleep(pause).await;
            } else {
                std::future::pending::<()>().await;
            }
        };
        let changed = async {
            if polling.periodic {
                bundle.source.changed().await;
            } else {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = timer => {}
            () = changed => {}
            trigger = triggers.recv() => match trigger {
                Some(trigger) => waiter = Some(trigger),
                None => return,
            },
        }
    }
}

impl Bundle {
    /// What is kept on disk, read and verified.
    pub(super) async fn kept(&self, activation: &Activation) -> Option<Candidate> {
        let store = self.store.as_ref()?;
        let kept = match store.load(&self.name, self.limits.max_packed_bytes).await {
            Ok(kept) => kept?,
            Err(error) => {
                activation.fail(&self.name, &BundleFailure::Fetch(error.into()));
                return None;
            }
        };
        let bytes = BundleBytes::Archive(kept.bytes);
        match self.read(bytes, kept.etag, activation).await {
            Ok((Read::Snapshot(snapshot), etag, digest, _)) => {
                activation.status(&self.name, |status| status.kind = "snapshot");
                Some(self.candidate(snapshot, &etag, digest, None))
            }
            Ok((Read::Delta(_), ..)) => {
                let error = Arc::new(referee_bundles::BundleError::DeltaAlone);
                activation.fail(&self.name, &BundleFailure::Read(error));
                None
            }
            Err(failure) => {
                activation.fail(&self.name, &failure);
                None
            }
        }
    }

    async fn ask(&self, activation: &Activation, whole: &mut bool) -> Result<Asked, BundleFailure> {
        let clock = &activation.host().clock;
        let asked_at = clock.now();
        activation.status(&self.name, |status| {
            status.last_request = Some(asked_at);
            status.metrics.clear();
        });
        let active = activation.active(&self.name);
        let known = active.as_ref().filter(|_| !*whole);
        let etag = known.map(|active| active.etag.clone()).unwrap_or_default();
        let started = Instant::now();
        let fetched = self.source.fetch(&etag, self.limits.max_packed_bytes).await;
        activation.time(&self.name, "timer_bundle_request_ns", started.elapsed());
        let fetched = match fetched.map_err(BundleFailure::from) {
            Ok(fetched) => fetched,
            Err(failure) => {
                if failure.withdraws() {
                    activation.withdraw(&self.name).await;
                }
                return Err(failure);
            }
        };
        let asked = Asked { waits: fetched.waits };
        let Some(bytes) = fetched.bytes else {
            activation.status(&self.name, |status| status.last_successful_request = Some(asked_at));
            // Nothing but what is in force was named.
            if let Some(known) = known
                && activation.confirm(&self.name, known, fetched.etag).await
            {
                activation.status(&self.name, BundleStatus::clear);
                activation.keep(&self.name).await;
            }
            return Ok(asked);
        };
        let started = Instant::now();
        let loaded = self.load(bytes, fetched.etag, activation, whole, asked_at).await;
        activation.time(&self.name, "timer_rego_load_bundles_ns", started.elapsed());
        loaded.map(|()| asked)
    }

    /// Brings what came into force, unless it is what is in force.
    async fn load(
        &self,
        bytes: BundleBytes,
        etag: String,
        activation: &Activation,
        whole: &mut bool,
        asked_at: Timestamp,
    ) -> Result<(), BundleFailure> {
        let size = bytes.len();
        let read = self.read(bytes, etag, activation).await;
        let (bundle, etag, digest, archive) = match read {
            Ok(read) => read,
            Err(failure) => {
                if failure.withdraws() {
                    activation.withdraw(&self.name).await;
                }
                return Err(failure);
            }
        };
        let kind = match bundle {
            Read::Snapshot(_) => "snapshot",
            Read::Delta(_) => "delta",
        };
        activation.status(&self.name, |status| {
            status.last_successful_request = Some(asked_at);
            status.last_successful_download = Some(asked_at);
            status.kind = kind;
        });
        let same = activation.active(&self.name).filter(|active| {
            // The same delta again is another change, if the source says so.
            active.digest == digest && (matches!(bundle, Read::Snapshot(_)) || active.etag == etag)
        });
        if let Some(active) = same
            && activation.confirm(&self.name, &active, etag.clone()).await
        {
            // Where it was asked for whole, the delta that could not be applied is newer, and
            // what is wrong with it stands.
            if !*whole {
                activation.status(&self.name, BundleStatus::clear);
            }
            *whole = false;
            activation.keep(&self.name).await;
            return Ok(());
        }
        match bundle {
            Read::Snapshot(snapshot) => {
                let keep = self.store.clone().zip(archive);
                let candidate = self.candidate(snapshot, &etag, digest, keep);
                activation.activate(candidate).await?;
                *whole = false;
            }
            Read::Delta(delta) => {
                let changed = activation.change(&self.name, delta, etag, digest).await;
                *whole = changed.is_err();
                changed?;
            }
        }
        activation.status(&self.name, |status| status.size = size);
        Ok(())
    }

    /// Reads and verifies, away from the threads that serve.
    async fn read(
        &self,
        bytes: BundleBytes,
        etag: String,
        activation: &Activation,
    ) -> Result<(Read, String, Digest, Option<Bytes>), BundleFailure> {
        let (signatures, limits) = (self.signatures.clone(), self.limits.clone());
        let delivered = self.delivered;
        let compile = activation.host().state.current().program().options().clone();
        let work = move || {
            let digest = bytes.digest();
            let started = Instant::now();
            let clock = move || started.elapsed();
            let mut options = ReadOptions::new(&signatures);
            options.limits = limits;
            options.delivered = delivered;
            options.rego_v0 = compile.rego_v0;
            options.compile = Some(compile);
            options.etag = Some(etag.clone()).filter(|etag| !etag.is_empty());
            options.clock = Some(&clock);
            let (bundle, archive) = match bytes {
                BundleBytes::Archive(bytes) => (Read::read(&bytes, &options)?, Some(bytes)),
                BundleBytes::Files(files) => {
                    (Read::from_files(files_of(files, &options)?, &options)?, None)
                }
                // No other form is made.
                _ => (Read::from_files(Files::default(), &options)?, None),
            };
            if let Read::Snapshot(snapshot) = &bundle {
                snapshot.check_usable()?;
            }
            Ok((bundle, etag, digest, archive))
        };
        let read = tokio::task::spawn_blocking(work).await.map_err(|error| {
            tracing::error!(bundle = self.name, %error, "reading a bundle broke off");
            BundleFailure::Broken
        })?;
        let read = read
            .map_err(|error: referee_bundles::BundleError| BundleFailure::Read(Arc::new(error)))?;
        if let Read::Snapshot(Snapshot { times: ReadTimes { data, modules, .. }, .. }) = &read.0 {
            let parts =
                [("timer_rego_data_parse_ns", data), ("timer_rego_module_parse_ns", modules)];
            for (timer, spent) in parts {
                if let Some(spent) = spent {
                    activation.time(&self.name, timer, *spent);
                }
            }
        }
        Ok(read)
    }

    fn candidate(
        &self,
        snapshot: Snapshot,
        etag: &str,
        digest: Digest,
        keep: Option<(BundleStore, Bytes)>,
    ) -> Candidate {
        let manifest = snapshot.manifest.clone();
        let content = BundleContent::of_snapshot(&self.name, snapshot, etag);
        Candidate { content, manifest, digest, keep }
    }
}

fn files_of(
    files: Vec<(String, Bytes)>,
    options: &ReadOptions<'_>,
) -> Result<Files, referee_bundles::BundleError> {
    let mut all = Files::default();
    for (path, bytes) in files {
        all.add(&path, bytes.to_vec(), &options.limits)?;
    }
    Ok(all)
}
