//! Decision log and status of a server, as OPA's configuration asks for them: put together from
//! its sections, started together, ended together.

use crate::app::Server;
use crate::decision_log::{
    Collector, DecisionLog, DecisionLogConfig, LogConfigError, LogParts, UploadError,
};
use crate::metrics::Counting;
use crate::opa_config::OpaConfig;
use crate::plugin_state::{PluginState, Plugins};
use crate::plugins::Services;
use crate::plugins::bundle::BundlePlugin;
use crate::status::{Status, StatusConfig, StatusParts};
use async_trait::async_trait;
use axum::http::StatusCode;
use bytes::Bytes;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use referee_core::Coded;
use referee_store::service::{Service, ServiceRequest};
use referee_store::spool::SpoolError;
use referee_store::{Clock, StoreError};
use serde::de::DeserializeOwned;
use std::fmt;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// How OPA calls the two.
const DECISION_LOGS: &str = "decision_logs";
const STATUS: &str = "status";

/// Why decision log and status cannot be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportingError {
    /// A section has not the form that it needs.
    #[error("{section}: {message}")]
    Shape {
        /// The section, and where in it.
        section: String,
        /// What is wrong, without what stands there.
        message: String,
    },
    /// A section says what cannot be.
    #[error(transparent)]
    Config(#[from] LogConfigError),
    /// The spool cannot be used.
    #[error(transparent)]
    Spool(#[from] SpoolError),
}

impl Coded for ReportingError {
    fn code(&self) -> &'static str {
        match self {
            Self::Shape { .. } => "config_shape",
            Self::Config(error) => error.code(),
            Self::Spool(error) => error.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Shape { .. } => None,
            Self::Config(error) => error.hint(),
            Self::Spool(error) => error.hint(),
        }
    }
}

/// Makes places to write lines to: the console of the process.
pub type Consoles<'a> = &'a dyn Fn() -> Box<dyn Write + Send>;

/// Decision log and status at work.
#[derive(Debug)]
pub struct Reporting {
    /// The decision log, where there is one.
    pub decision_log: Option<Arc<DecisionLog>>,
    /// Status, where it is reported.
    pub status: Option<Arc<Status>>,
    plugins: Arc<Plugins>,
}

impl Reporting {
    /// Starts what a configuration asks for, for a server that has not begun to serve. It has to
    /// be called within a runtime.
    ///
    /// # Errors
    /// [`ReportingError`] with the first thing that cannot be used; nothing is running then.
    pub fn start(
        config: &OpaConfig,
        services: &Services,
        server: Server,
        clock: &Arc<dyn Clock>,
        console: Consoles<'_>,
    ) -> Result<(Server, Self), ReportingError> {
        let names: Vec<String> = config.services.iter().map(|it| it.name.clone()).collect();
        let log = section::<DecisionLogConfig>(DECISION_LOGS, config.decision_logs.as_ref())?;
        let mut log = match log {
            Some(log) => log.check(&names, None)?,
            None => None,
        };
        if let Some(settings) = &mut log {
            // As in OPA, which does not look at the member of the section.
            settings.nd_builtin_cache = config.nd_builtin_cache;
        }
        let status = match section::<StatusConfig>(STATUS, config.status.as_ref())? {
            Some(status) => status.check(&names, None)?,
            None => None,
        };
        let log_collector = collector(services, log.as_ref().and_then(|log| log.service()));
        let status_collector = collector(services, status.as_ref().and_then(|it| it.service()));
        let plugins = Arc::clone(server.plugins());
        let mut server = server;
        let mut decision_log = None;
        if let Some(settings) = log {
            let log = Arc::new(DecisionLog::start(
                settings,
                LogParts {
                    collector: log_collector,
                    console: console(),
                    labels: config.labels.clone(),
                    clock: Arc::clone(clock),
                },
            )?);
            server.app.metrics.collect_also(Box::new(Counts(Arc::clone(&log))));
            server = server.with_decision_sink(Arc::<DecisionLog>::clone(&log));
            plugins.set(DECISION_LOGS, PluginState::Ok, "");
            tell_of_breakdown(&log, &plugins);
            decision_log = Some(log);
        }
        let status = status.map(|settings| {
            let parts = StatusParts {
                collector: status_collector,
                console: console(),
                labels: config.labels.clone(),
                decision_log: decision_log.clone(),
                clock: Arc::clone(clock),
            };
            let status = Arc::new(Status::start(settings, parts, &server));
            plugins.set(STATUS, PluginState::Ok, "");
            status
        });
        if let Some(status) = &status {
            server = status.shown_by(server);
        }
        Ok((server, Self { decision_log, status, plugins }))
    }

    /// Has status tell how the bundles are, now and whenever that changes.
    pub fn follow_bundles(&self, bundles: &Arc<BundlePlugin>) {
        let Some(status) = self.status.as_ref().map(Arc::downgrade) else { return };
        let bundles = Arc::downgrade(bundles);
        let told = move || match (status.upgrade(), bundles.upgrade()) {
            (Some(status), Some(bundles)) => {
                let changes = bundles.watch();
                status.update_bundles(bundles.statuses());
                Some(changes)
            }
            _ => None,
        };
        tokio::spawn(async move {
            // Each round begins with a receiver that has seen what was told, or is about to be
            // told more.
            while let Some(mut changes) = told() {
                if changes.changed().await.is_err() {
                    return;
                }
            }
        });
    }

    /// Ends both within `grace`, when nothing is decided any more. The last status tells how the
    /// log ended where that is known in half the time; it does not wait longer for it. Answers how
    /// many decisions are lost.
    pub async fn end(&self, grace: Duration) -> usize {
        let over = Instant::now() + grace;
        let (told, ended) = oneshot::channel::<()>();
        let log = async {
            let Some(log) = &self.decision_log else { return 0 };
            let lost = log.end(grace).await;
            self.plugins.set(DECISION_LOGS, PluginState::NotReady, "");
            drop(told);
            lost
        };
        let status = async {
            let Some(status) = &self.status else { return };
            if self.decision_log.is_some() {
                // However that came out.
                let _ended = tokio::time::timeout(grace / 2, ended).await;
            }
            status.end(over.saturating_duration_since(Instant::now())).await;
        };
        tokio::join!(log, status).0
    }
}

/// Has the plug-in say so when nothing is uploaded any more.
fn tell_of_breakdown(log: &DecisionLog, plugins: &Arc<Plugins>) {
    let (mut state, plugins) = (log.watch(), Arc::clone(plugins));
    tokio::spawn(async move {
        // Without anybody to upload there is nothing that could break down.
        if state.wait_for(|state| state.has_broken).await.is_ok() {
            plugins.set(DECISION_LOGS, PluginState::Error, "uploading broke down");
        }
    });
}

fn section<T: DeserializeOwned>(
    name: &'static str,
    value: Option<&serde_json::Value>,
) -> Result<Option<T>, ReportingError> {
    let Some(value) = value else { return Ok(None) };
    serde_path_to_error::deserialize(value).map(Some).map_err(|error| {
        let section = match error.path().to_string().as_str() {
            "." => name.to_owned(),
            path => format!("{name}.{path}"),
        };
        ReportingError::Shape { section, message: error.into_inner().to_string() }
    })
}

fn collector(services: &Services, name: Option<&str>) -> Option<Arc<dyn Collector>> {
    let service = services.get(name?)?;
    Some(Arc::new(ServiceCollector(service.clone())))
}

/// A service of the configuration as a collector.
#[derive(Debug)]
struct ServiceCollector(Service);

#[async_trait]
impl Collector for ServiceCollector {
    async fn post(&self, path: &str, body: Bytes, is_gzip: bool) -> Result<(), UploadError> {
        let unreachable = |error: Arc<StoreError>| UploadError::Unreachable(error);
        // An answer of 2xx has taken it, whatever stands below: sent anew it would be there twice.
        let mut request = ServiceRequest::post(path, body)
            .by_status()
            .header("content-type", "application/json")
            .map_err(|error| unreachable(Arc::new(error)))?;
        if is_gzip {
            request = request
                .header("content-encoding", "gzip")
                .map_err(|error| unreachable(Arc::new(error)))?;
        }
        let answer = self.0.send(request).await.map_err(unreachable)?;
        if answer.is_success() {
            return Ok(());
        }
        let status = answer.status();
        let name = StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason());
        Err(UploadError::Status { status, reason: name.unwrap_or_default() })
    }
}

/// The counts of a log in `/metrics`.
#[derive(Debug)]
struct Counts(Arc<DecisionLog>);

impl Counting for Counts {
    fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for (name, count) in self.0.counts() {
            let help = "Decisions that were not logged as they were made, or were";
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            ConstCounter::new(count).encode(metric)?;
        }
        Ok(())
    }
}
