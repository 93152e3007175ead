//! Bundles: fetched, verified, activated, kept, one task for each (OPA's plug-in `bundle`).
//!
//! A bundle that cannot be fetched, read, verified or activated leaves the one before it in force;
//! its status says what is wrong. Bundles that only go together, of which one uses what another
//! brings or takes over its roots, are activated together as soon as all of them are there.
//!
//! What is kept on disk is read and verified like what is fetched. A delta that cannot be applied
//! is answered by asking for the whole bundle.

mod activation;
mod error;
mod keys;
mod status;
mod task;
mod together;

pub use error::{BundleFailure, BundlePluginError};
pub use status::BundleStatus;

use crate::opa_config::{BundleSource as SourceConfig, OpaConfig, Trigger};
use crate::plugin_state::{PluginState, Plugins};
use crate::plugins::Services;
use crate::state::State;
use activation::Activation;
use keys::Keys;
use referee_bundles::{BundleLimits, SignaturePolicy, is_part};
use referee_core::Limits;
use referee_store::Clock;
use referee_store::bundle::{BundleSource, BundleStore, FileBundles, HttpBundles, RegistryBundles};
use referee_store::service::ServiceKind;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use task::{Bundle, Polling, Triggered};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// What the plug-in is called.
pub const NAME: &str = "bundle";

/// The bundles of a server.
#[derive(Debug)]
pub struct BundlePlugin {
    activation: Arc<Activation>,
    triggers: BTreeMap<String, mpsc::Sender<Triggered>>,
    tasks: Vec<JoinHandle<()>>,
}

/// What bundles are activated in, and what they need of the rest.
#[derive(Clone, Debug)]
pub struct BundleHost {
    /// Where they are activated.
    pub state: Arc<State>,
    /// Whom to tell that they are.
    pub plugins: Arc<Plugins>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

impl BundlePlugin {
    /// Starts: activates what is kept on disk, then asks for each bundle. `None` where no bundle is
    /// configured.
    ///
    /// # Errors
    /// [`BundlePluginError`] for a bundle or a key that cannot be used; nothing was started then.
    pub async fn start(
        config: &OpaConfig,
        services: &Services,
        host: BundleHost,
    ) -> Result<Option<Self>, BundlePluginError> {
        if config.bundles.is_empty() {
            return Ok(None);
        }
        let keys = Keys::of(config)?;
        let store = BundleStore::new(&config.persistence_directory);
        let mut bundles = Vec::new();
        for (name, source) in &config.bundles {
            let signatures = keys.policy(name, source)?;
            let bundle = Bundle {
                name: name.clone(),
                source: source_of(name, source, &signatures, services)?,
                signatures,
                delivered: !source.is_file(),
                limits: limits(source),
                store: source.persist.then(|| store.clone()),
            };
            bundles.push((bundle, source));
        }
        host.plugins.set(NAME, PluginState::NotReady, "");
        let names = config.bundles.keys().cloned();
        let activation = Arc::new(Activation::new(names, host));
        let mut kept = Vec::new();
        for (bundle, _) in &bundles {
            kept.extend(bundle.kept(&activation).await);
        }
        activation.activate_kept(kept).await;
        let mut plugin = Self { activation, triggers: BTreeMap::new(), tasks: Vec::new() };
        for (bundle, source) in bundles {
            plugin.spawn(bundle, source);
        }
        Ok(Some(plugin))
    }

    fn spawn(&mut self, bundle: Bundle, source: &SourceConfig) {
        let (send, receive) = mpsc::channel(1);
        self.triggers.insert(bundle.name.clone(), send);
        let (min, max) = source.polling.delays();
        let polling = Polling {
            periodic: source.trigger == Trigger::Periodic,
            min: Duration::from_secs(min),
            max: Duration::from_secs(max),
        };
        let activation = Arc::clone(&self.activation);
        self.tasks.push(tokio::spawn(task::run(bundle, polling, activation, receive)));
    }

    /// How each bundle is, by name.
    #[must_use]
    pub fn statuses(&self) -> BTreeMap<String, BundleStatus> {
        self.activation.statuses()
    }

    /// Told each time a status changed.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.activation.watch()
    }

    /// Has a bundle fetched now, whoever else says when, and waits for what comes of it.
    ///
    /// # Errors
    /// [`BundleFailure`]: what its status says, too. [`BundleFailure::Stopped`] where there is no
    /// such bundle.
    pub async fn trigger(&self, name: &str) -> Result<(), BundleFailure> {
        let Some(trigger) = self.triggers.get(name) else { return Err(BundleFailure::Stopped) };
        let (send, receive) = tokio::sync::oneshot::channel();
        trigger.send(send).await.map_err(|_| BundleFailure::Stopped)?;
        receive.await.map_err(|_| BundleFailure::Stopped)?
    }

    /// Waits until each bundle has been activated once, at most so long; whether they have.
    pub async fn ready_within(&self, limit: Duration) -> bool {
        let mut changes = self.watch();
        let ready = async {
            while !self.activation.is_ready() {
                if changes.changed().await.is_err() {
                    break;
                }
            }
        };
        let _in_time = tokio::time::timeout(limit, ready).await;
        self.activation.is_ready()
    }
}

impl Drop for BundlePlugin {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

fn limits(source: &SourceConfig) -> BundleLimits {
    let most = source.size_limit_bytes.and_then(|most| u64::try_from(most).ok());
    match most.filter(|most| *most > 0) {
        Some(most) => BundleLimits::DEFAULT.with_file_bytes(most),
        None => BundleLimits::DEFAULT,
    }
}

fn source_of(
    name: &str,
    source: &SourceConfig,
    signatures: &SignaturePolicy,
    services: &Services,
) -> Result<Arc<dyn BundleSource>, BundlePluginError> {
    let unusable = |problem: &str| BundlePluginError::Source {
        bundle: name.to_owned(),
        problem: problem.to_owned(),
    };
    if source.is_file() {
        let file = FileBundles::at(&source.resource)
            .map_err(|source| BundlePluginError::File { bundle: name.to_owned(), source })?;
        // What is signed is signed with all files; else only those are read that mean something.
        let file = match signatures {
            SignaturePolicy::Unconfigured => file.only(is_part),
            _ => file,
        };
        return Ok(Arc::new(file));
    }
    let service = services.get(&source.service).ok_or_else(|| unusable("there is no service"))?;
    if service.kind() == ServiceKind::Oci {
        let registry = services.config(&source.service);
        let registry = registry.ok_or_else(|| unusable("there is no service"))?;
        let registry = RegistryBundles::new(registry, &source.resource, &Limits::default())
            .map_err(|source| BundlePluginError::File { bundle: name.to_owned(), source })?;
        return Ok(Arc::new(registry));
    }
    let wait = source.polling.long_polling_timeout_seconds.map(Duration::from_secs);
    Ok(Arc::new(HttpBundles::new(service.clone(), &source.resource, wait)))
}
