//! `referee serve`: decisions over HTTP.

mod begin;
mod compat;
mod opa;

pub(crate) use opa::OpaError;

use crate::args::{PolicyArgs, RegistryArgs, TrustArgs};
use crate::config::{Config, Overlay};
use crate::error::CliError;
use crate::exit::Exit;
use crate::interrupt::{Shutdown, second_kills};
use crate::{descriptors, roots, setup};
use clap::Args;
use referee_core::{Digest, Timestamp, Trust};
use referee_server::{Address, Listeners, Server};
use referee_store::{Asking, Clock as _, Router, Store, Supplied, SystemClock, TrustRoots};
use serde_json::Map;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The arguments of `referee serve`.
#[derive(Args, Debug)]
pub(crate) struct ServeArgs {
    /// Where to listen: host:port (port 0 is any that is free), https://host:port or
    /// unix:///path; may be repeated [default: 127.0.0.1:8181]
    #[arg(short, long, visible_alias = "addr", value_name = "ADDRESS", value_delimiter = ',')]
    listen: Vec<Address>,
    /// Where to answer /health and /metrics besides; may be repeated
    #[arg(long, visible_alias = "diagnostic-addr", value_name = "ADDRESS", value_delimiter = ',')]
    diagnostic_listen: Vec<Address>,
    /// Speak HTTP/2 without TLS, too
    #[arg(long)]
    h2c: bool,
    /// The certificate of the server with its chain, PEM; then it speaks TLS
    #[arg(long, value_name = "FILE")]
    tls_cert_file: Option<PathBuf>,
    /// The private key of that certificate, PEM
    #[arg(long, value_name = "FILE")]
    tls_private_key_file: Option<PathBuf>,
    /// The authorities of client certificates, PEM
    #[arg(long, value_name = "FILE")]
    tls_ca_cert_file: Option<PathBuf>,
    /// How the server learns who its callers are: token, tls or off
    #[arg(long, value_name = "SCHEME", value_parser = ["token", "tls", "off"], hide_possible_values = true)]
    authentication: Option<String>,
    /// Who may ask for what: basic (the rule data.system.authz.allow says) or off
    #[arg(long, value_name = "SCHEME", value_parser = ["basic", "off"], hide_possible_values = true)]
    authorization: Option<String>,
    /// Let the rules about authorization read members of input that there never are
    #[arg(long)]
    skip_known_schema_check: bool,
    /// Begin with no policy and no data, for those that the API or bundles bring
    #[arg(long, conflicts_with_all = ["policy", "data", "set", "package"])]
    no_policy: bool,
    #[command(flatten)]
    compat: compat::CompatArgs,
    #[command(flatten)]
    opa: opa::OpaArgs,
    #[command(flatten)]
    trust: TrustArgs,
    // What follows has headings of its own in the help, which hold until the next.
    #[command(flatten)]
    begin: begin::BeginArgs,
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
        overlay.set_list("server", "listen", &self.listen);
        overlay.set_list("server", "diagnostic_listen", &self.diagnostic_listen);
        overlay.set_some("server", "h2c", self.h2c.then_some(true));
        overlay.set_some("server", "authentication", self.authentication.clone());
        overlay.set_some("server", "authorization", self.authorization.clone());
        let skips = self.skip_known_schema_check.then_some(true);
        overlay.set_some("server", "skip_known_schema_check", skips);
        let files = [
            ("certificate", &self.tls_cert_file),
            ("key", &self.tls_private_key_file),
            ("client_ca", &self.tls_ca_cert_file),
        ];
        let tls: Map<_, _> = files
            .into_iter()
            .filter_map(|(name, path)| {
                let path = path.as_ref()?;
                // One that is not UTF-8 names a file that there is not, and is told as such.
                Some((name.to_owned(), path.to_string_lossy().into()))
            })
            .chain(self.compat.tls())
            .collect();
        if !tls.is_empty() {
            overlay.set("server", "tls", tls);
        }
        overlay.set_some("server", "without_policy", self.no_policy.then_some(true));
        self.compat.overlay(overlay);
        self.begin.overlay(overlay);
        self.trust.overlay(overlay);
        self.registry.overlay(overlay);
        self.policy.overlay(overlay)
    }
}

/// The part of the grace that decision log and status have in any case.
const LEAST_SHARE: u32 = 10;

/// Serves until a signal to shut down comes.
///
/// # Errors
/// Where the server cannot be set up or cannot listen.
pub(crate) async fn run(mut config: Config, args: &ServeArgs) -> Result<Exit, CliError> {
    args.compat.refuse()?;
    compat::refuse_variables(std::env::vars_os())?;
    let opa = args.opa.prepare(&mut config.server)?;
    config.server.max_connections = descriptors::connections(config.server.max_connections);
    let beginning = args.begin.read(&config)?;
    let policy = (!config.server.without_policy).then(|| setup::policy(&config)).transpose()?;
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
    let identity = policy.as_ref().map(|policy| policy.identity().clone());
    let server = Server::new(config.server.clone(), engine, policy, BTreeMap::new())?
        .with_cache_stats(move || stats.stats());
    let server =
        if config.server.without_policy { begin::begun(server, beginning)? } else { server };
    server.check_authorization()?;
    let (server, mut working) = match opa {
        Some(opa) => {
            let (server, working) = opa.start(server)?;
            (server, Some(working))
        }
        None => (server, None),
    };
    let grace = Duration::from_millis(config.server.shutdown_grace_ms);
    let shutdown = Shutdown::listen()?;
    let mut asked = std::pin::pin!(async {
        shutdown.signalled().await;
        tracing::info!("shutting down; what is under way may finish, a second Ctrl-C ends it");
        tokio::spawn(second_kills());
    });
    // Bundles may be waited for, and who does not want that any more is not kept waiting.
    let begun = tokio::select! {
        biased;
        () = asked.as_mut() => None,
        begun = begin_to_listen(&server, working.as_mut()) => Some(begun?),
    };
    let Some(listeners) = begun else {
        return Ok(match working {
            Some(working) => working.end(grace / LEAST_SHARE).await,
            None => Exit::Success,
        });
    };
    let addresses: Vec<_> = listeners.addresses().map(ToString::to_string).collect();
    tracing::info!(
        address = addresses.join(", "),
        policy = identity.as_ref().map(|identity| &*identity.package),
        policy_revision = identity.as_ref().map(|identity| &*identity.revision),
        trust_revision = %in_force,
        "serving"
    );
    for address in listeners.diagnostic_addresses() {
        tracing::info!(%address, "serving diagnostics");
    }
    let renewing = again_at.map(|at| tokio::spawn(renewal.keep(server.clone(), in_force, at)));
    let ended = server.serve(listeners, asked).await;
    renewing.iter().for_each(tokio::task::JoinHandle::abort);
    let exit = match working {
        Some(working) => working.end(ended.left.max(grace / LEAST_SHARE)).await,
        None => Exit::Success,
    };
    if ended.cut_off > 0 {
        tracing::warn!(connections = ended.cut_off, "connections were cut off");
    }
    Ok(exit)
}

/// Starts the bundles, waits for them where that is wanted, and listens.
async fn begin_to_listen(
    server: &Server,
    working: Option<&mut opa::Working>,
) -> Result<Listeners, CliError> {
    if let Some(working) = working {
        working.begin().await?;
    }
    Ok(server.bind().await?)
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
