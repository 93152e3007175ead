//! What OPA's configuration file asks of the server: bundles, decision log, status.

use crate::error::CliError;
use crate::exit::Exit;
use crate::files::read_text;
use clap::Args;
use referee_core::Coded;
use referee_rego::Value;
use referee_server::opa_config::{
    Assignment, MAX_CONFIG_BYTES, OpaConfig, OpaConfigError, OpaConfigText,
};
use referee_server::plugins::Services;
use referee_server::plugins::bundle::{BundleHost, BundlePlugin, BundlePluginError};
use referee_server::reporting::{Reporting, ReportingError};
use referee_server::state::WriteError;
use referee_server::{Server, ServerConfig};
use referee_store::{Clock, StoreError, SystemClock};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The arguments about OPA's configuration.
#[derive(Args, Debug)]
pub(crate) struct OpaArgs {
    /// OPA's configuration file: services, bundles, keys, decision_logs, status
    #[arg(long, short_alias = 'c', visible_alias = "config-file", value_name = "FILE")]
    opa_config: Option<PathBuf>,
    /// Set an option over that file, as --set of opa run; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    opa_set: Vec<String>,
    /// Set an option over that file to what a file holds; may be repeated
    #[arg(long, value_name = "PATH=FILE")]
    opa_set_file: Vec<String>,
    /// Wait so many seconds for the bundles before requests are taken, and end if they are not
    /// active then; 0 does not wait
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    ready_timeout: u64,
}

/// Why the server cannot do what OPA's configuration asks for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpaError {
    /// The file cannot be read.
    #[error("OPA's configuration {} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be used.
    #[error(transparent)]
    Config(#[from] OpaConfigError),
    /// A service cannot be used.
    #[error(transparent)]
    Service(#[from] StoreError),
    /// A bundle cannot be used.
    #[error(transparent)]
    Bundle(#[from] BundlePluginError),
    /// Decision log or status cannot be started.
    #[error(transparent)]
    Reporting(#[from] ReportingError),
    /// What the server is to begin with cannot be put in force.
    #[error("the server cannot begin with what was named")]
    Begin(#[source] WriteError),
    /// The bundles did not come in time.
    #[error("the bundles are not active after {seconds} s: {waiting}")]
    NotReady {
        /// How long was waited.
        seconds: u64,
        /// Which, and why.
        waiting: String,
    },
}

impl Coded for OpaError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "config_unreadable",
            Self::Config(error) => error.code(),
            Self::Service(error) => error.code(),
            Self::Bundle(error) => error.code(),
            Self::Reporting(error) => error.code(),
            Self::Begin(_) => "bundle_activation",
            Self::NotReady { .. } => "not_ready",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Config(error) => error.hint(),
            Self::Service(error) => error.hint(),
            Self::Bundle(error) => error.hint(),
            Self::Reporting(error) => error.hint(),
            Self::Unreadable { .. } | Self::Begin(_) | Self::NotReady { .. } => None,
        }
    }
}

impl OpaArgs {
    /// Reads the configuration; `None` where none is given.
    fn read(&self) -> Result<Option<OpaConfig>, OpaError> {
        if self.opa_config.is_none() && self.opa_set.is_empty() && self.opa_set_file.is_empty() {
            return Ok(None);
        }
        let file = match &self.opa_config {
            None => None,
            Some(path) => {
                let text = read_text(path, MAX_CONFIG_BYTES)
                    .map_err(|source| OpaError::Unreadable { path: path.clone(), source })?;
                Some((path.display().to_string(), text))
            }
        };
        let mut assignments: Vec<_> = self.opa_set.iter().map(Assignment::value).collect();
        assignments.extend(self.opa_set_file.iter().map(|text| {
            Assignment::file(text, |path| {
                let content = read_text(Path::new(path), MAX_CONFIG_BYTES);
                content.map_err(|error| format!("{path} cannot be read: {error}"))
            })
        }));
        let id = uuid::Uuid::new_v4().to_string();
        let text = OpaConfigText {
            file: file.as_ref().map(|(name, text)| (name.as_str(), text.as_str())),
            assignments: &assignments,
            id: &id,
        };
        let config = OpaConfig::read(text, |name| std::env::var(name).ok())?;
        for warning in &config.warnings {
            tracing::warn!("{warning}");
        }
        Ok(Some(config))
    }

    /// Reads the configuration, with what it says of the server laid over its settings.
    ///
    /// # Errors
    /// Where the configuration or a service cannot be used.
    pub(super) fn prepare(&self, server: &mut ServerConfig) -> Result<Option<Opa>, OpaError> {
        let Some(config) = self.read()? else { return Ok(None) };
        lay_over(server, &config);
        let services = Services::of(&config)?;
        let ready = Duration::from_secs(self.ready_timeout);
        Ok(Some(Opa { config, services, ready }))
    }
}

/// What OPA's configuration says of the server.
fn lay_over(server: &mut ServerConfig, config: &OpaConfig) {
    server.default_decision.clone_from(&config.default_decision);
    server.default_authorization_decision.clone_from(&config.default_authorization_decision);
    let section = &config.server;
    if let Some(most) = section.decoding.max_length {
        (server.max_body_bytes, server.max_write_bytes) = (most, most);
    }
    if let Some(most) = section.decoding.gzip.max_length {
        server.max_unpacked_bytes = most;
    }
    if let Some(least) = section.encoding.gzip.min_length {
        server.gzip_min_length_bytes = least;
    }
    if let Some(level) = section.encoding.gzip.compression_level {
        // Go's level 0 does not pack at all, which nobody gains from.
        server.gzip_level = level.max(1);
    }
}

/// OPA's configuration, read.
#[derive(Debug)]
pub(super) struct Opa {
    config: OpaConfig,
    services: Services,
    ready: Duration,
}

/// What works as long as the server serves.
#[derive(Debug)]
pub(super) struct Working {
    reporting: Reporting,
    opa: Opa,
    host: BundleHost,
    /// The bundles, if any; looked after until this is dropped.
    bundles: Option<Arc<BundlePlugin>>,
}

impl Opa {
    /// Starts decision log and status, which who has the [`Working`] ends.
    ///
    /// # Errors
    /// Where something cannot be started.
    pub(super) fn start(self, server: Server) -> Result<(Server, Working), OpaError> {
        let (config, services) = (&self.config, &self.services);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let shown = Value::from_json(config.shown().clone()).unwrap_or_else(|_| Value::object([]));
        let server = server.with_opa_config(shown);
        let server = match &config.server.metrics.prom.http_request_duration_seconds.buckets {
            Some(bounds) => server.with_request_buckets(bounds),
            None => server,
        };
        let console: &dyn Fn() -> Box<dyn Write + Send> = &|| Box::new(io::stderr());
        let (server, reporting) = Reporting::start(config, services, server, &clock, console)?;
        let host = BundleHost {
            state: Arc::clone(server.state()),
            plugins: Arc::clone(server.plugins()),
            clock,
        };
        Ok((server, Working { reporting, opa: self, host, bundles: None }))
    }
}

impl Working {
    /// Starts the bundles, and waits for them where that is wanted.
    ///
    /// # Errors
    /// Where one cannot be started, or they do not come in time.
    pub(super) async fn begin(&mut self) -> Result<(), OpaError> {
        let Opa { config, services, ready } = &self.opa;
        let bundles = BundlePlugin::start(config, services, self.host.clone()).await?.map(Arc::new);
        self.bundles.clone_from(&bundles);
        let Some(bundles) = bundles else { return Ok(()) };
        self.reporting.follow_bundles(&bundles);
        if !ready.is_zero() && !bundles.ready_within(*ready).await {
            let seconds = ready.as_secs();
            return Err(OpaError::NotReady { seconds, waiting: waiting_for(&bundles) });
        }
        Ok(())
    }

    /// Ends decision log and status; it is an error where decisions are lost.
    pub(super) async fn end(&self, grace: Duration) -> Exit {
        if self.reporting.end(grace).await > 0 { Exit::Error } else { Exit::Success }
    }
}

fn waiting_for(bundles: &BundlePlugin) -> String {
    let statuses = bundles.statuses();
    let waiting = statuses.values().filter(|status| !status.is_ready());
    let told = waiting.map(|status| match status.message.as_str() {
        "" => format!("{:?} has not come", status.name),
        message => format!("{:?}: {message}", status.name),
    });
    told.collect::<Vec<_>>().join("; ")
}

impl From<OpaError> for CliError {
    fn from(error: OpaError) -> Self {
        Self::Opa(Box::new(error))
    }
}
