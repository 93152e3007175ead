//! `referee serve`: decisions over HTTP.

use crate::args::{PolicyArgs, RegistryArgs, TrustArgs};
use crate::config::{Config, Overlay};
use crate::error::CliError;
use crate::exit::Exit;
use crate::interrupt::{Shutdown, second_kills};
use crate::setup;
use clap::Args;
use referee_server::Server;
use referee_store::Router;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

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
    let engine = setup::engine_over(Arc::new(router), &config, trust)?;
    let identity = policy.identity().clone();
    let revision = engine.trust_revision().to_string();
    let server = Server::new(config.server.clone(), engine, policy, BTreeMap::new())?
        .with_cache_stats(move || stats.stats());
    let shutdown = Shutdown::listen()?;
    let listeners = server.bind().await?;
    tracing::info!(
        address = %listeners.address(),
        policy = identity.package,
        policy_revision = identity.revision,
        trust_revision = revision,
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
    let ended = server.serve(listeners, asked).await;
    if ended.cut_off > 0 {
        tracing::warn!(connections = ended.cut_off, "connections were cut off");
    }
    Ok(Exit::Success)
}
