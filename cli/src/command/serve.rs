//! `referee serve`: decisions over HTTP.

use crate::args::{PolicyArgs, RegistryArgs, TrustArgs};
use crate::config::{Config, Overlay};
use crate::error::CliError;
use crate::exit::Exit;
use crate::interrupt::{Shutdown, second_kills};
use crate::{roots, setup};
use clap::Args;
use referee_core::{Digest, Timestamp, Trust};
use referee_server::Server;
use referee_store::{Asking, Clock as _, Router, Store, Supplied, SystemClock, TrustRoots};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// The arguments of `referee serve`.
#[derive(Args, Debug)]
pub(crate) struct ServeArgs {
    /// Where to listen, address:port; port 0 is any that is free [default: 127.0.0.1:8181]
    #[arg(short, long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Where to answer /health and /metrics besides, address:port
    #[arg(long, value_name = "ADDRESS")]
    diagnostic_listen: Option<SocketAddr>,
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    registry: RegistryArgs,
}

impl ServeArgs {
    /// Adds what is given to the configuration.
    ///
    /// # Errors
    /// Where the arguments contradict one another.
    pub(crate) fn overlay(&self, overlay: &mut Overlay) -> Result<(), CliError> {
        overlay.set_some("server", "listen", self.listen.map(|address| address.to_string()));
        let diagnostic = self.diagnostic_listen.map(|address| address.to_string());
        overlay.set_some("server", "diagnostic_listen", diagnostic);
        self.trust.overlay(overlay);
        self.registry.overlay(overlay);
        self.policy.overlay(overlay)
    }
}

/// Serves until a signal to shut down comes.
///
/// # Errors
/// Where the server cannot be set up or cannot listen.
pub(crate) async fn run(config: Config) -> Result<Exit, CliError> {
    let policy = setup::policy(&config)?;
    let trust = setup::trust(&config)?;
    if config.trust.is_empty() {
        tracing::warn!("no trust document is configured, so no signature can be trusted");
    }
    // Only registries: a request must not have the server read its own disk.
    let registries = setup::registries(&config)?;
    let stats = registries.clone();
    let router = Router::new().with_registry(Arc::new(registries));
    let store: Arc<dyn Store> = Arc::new(router);
    let renewal = Renewal { roots: roots::of(&config)?, trust, store, config: config.clone() };
    let Supplied { trust, again_at, .. } = renewal.supply().await?;
    let engine = setup::engine_over(Arc::clone(&renewal.store), &config, trust)?;
    let in_force = engine.trust_revision().clone();
    let identity = policy.identity().clone();
    let server = Server::new(config.server.clone(), engine, Some(policy), BTreeMap::new())?
        .with_cache_stats(move || stats.stats());
    let shutdown = Shutdown::listen()?;
    let listeners = server.bind().await?;
    tracing::info!(
        address = %listeners.address(),
        policy = identity.package,
        policy_revision = identity.revision,
        trust_revision = %in_force,
        "serving"
    );
    if let Some(address) = listeners.diagnostic_address() {
        tracing::info!(%address, "serving diagnostics");
    }
    let asked = async {
        shutdown.signalled().await;
        tracing::info!("shutting down; what is under way may finish, a second Ctrl-C ends it");
        tokio::spawn(second_kills());
    };
    let renewing = again_at.map(|at| tokio::spawn(renewal.keep(server.clone(), in_force, at)));
    let ended = server.serve(listeners, asked).await;
    renewing.iter().for_each(tokio::task::JoinHandle::abort);
    if ended.cut_off > 0 {
        tracing::warn!(connections = ended.cut_off, "connections were cut off");
    }
    Ok(Exit::Success)
}

/// The shortest wait before trusted roots are looked after again.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// Keeps the trusted roots of a server new.
struct Renewal {
    roots: TrustRoots,
    /// The trust as its documents say it.
    trust: Trust,
    store: Arc<dyn Store>,
    config: Config,
}

impl Renewal {
    /// The trust with its roots as of now; what could not be renewed is logged.
    async fn supply(&self) -> Result<Supplied, CliError> {
        let trust = self.trust.clone();
        let supplied = roots::supply(&self.roots, trust, Asking::Allowed, Duration::MAX).await?;
        for note in &supplied.notes {
            tracing::warn!(instance = %note.keeper, "{note}");
        }
        Ok(supplied)
    }

    /// Renews the roots when that is due, and gives the server an engine with them. What serves
    /// already goes on where one cannot be had.
    async fn keep(self, server: Server, mut revision: Digest, mut at: Timestamp) {
        loop {
            let wait = at.saturating_since(SystemClock.now()).max(SHORTEST_WAIT);
            tokio::time::sleep(wait).await;
            let supplied = match self.supply().await {
                Ok(supplied) => supplied,
                Err(error) => {
                    tracing::error!(
                        error = referee_core::error::chain(&error),
                        "trust is not renewed"
                    );
                    let wait = Duration::from_millis(self.config.tuf.retry_ms);
                    at = SystemClock.now().saturating_add(wait);
                    continue;
                }
            };
            at = supplied.again_at.unwrap_or(at);
            let found = supplied.trust.revision().clone();
            if found == revision {
                continue;
            }
            let engine = setup::engine_over(Arc::clone(&self.store), &self.config, supplied.trust);
            match engine {
                Ok(engine) => {
                    let trust_revision = engine.trust_revision().to_string();
                    tracing::info!(trust_revision, "trusted roots were renewed");
                    server.replace_engine(engine);
                    revision = found;
                }
                Err(error) => {
                    tracing::error!(
                        error = referee_core::error::chain(&error),
                        "trust is not renewed"
                    );
                }
            }
        }
    }
}
