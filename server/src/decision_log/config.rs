//! The section `decision_logs` of OPA's configuration: as typed, and checked.
//!
//! Members, defaults and rules are OPA's (`v1/plugins/logs`, 1.20). Members that nobody knows are
//! passed over, as OPA does. `reporting.spool` is Referee's own.

use referee_core::Coded;
use referee_rego::data_path;
use referee_store::spool::{MIN_SPOOL_BYTES, SpoolConfig, SpoolSync};
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// OPA's defaults.
const MASK_DECISION: &str = "/system/log/mask";
const DROP_DECISION: &str = "/system/log/drop";
const RESOURCE: &str = "/logs";
const DELAY_SECONDS: (i64, i64) = (300, 600);
const UPLOAD_SIZE: i64 = 32_768;
const BUFFER_EVENTS: i64 = 10_000;

/// OPA's bounds of a chunk: an event of nothing but an id, and about 4 GB.
const UPLOAD_SIZES: (i64, i64) = (90, 4_294_967_296);

/// What OPA leaves without limit: bytes that wait in memory. A collector that is down must not
/// take the memory that decisions need.
const BUFFER_BYTES: u64 = 256 << 20;

/// How much a spool may take where nothing is said.
const SPOOL_BYTES: u64 = 1 << 30;

/// How often a spool is forced to the disk where nothing is said.
const SPOOL_SYNC_MS: u64 = 1_000;

/// The longest time between two uploads that can be asked for, in seconds: a year, as for bundles.
const LONGEST_DELAY: u64 = 365 * 24 * 3_600;

/// The shortest time between two uploads: with a delay of 0 seconds OPA would never rest.
const LEAST_DELAY: Duration = Duration::from_millis(100);

/// When something is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trigger {
    /// After a delay, again and again.
    #[default]
    Periodic,
    /// As soon as a chunk is full, and what is not full after the delay.
    Immediate,
    /// When it is asked for.
    Manual,
}

impl Trigger {
    fn as_str(self) -> &'static str {
        match self {
            Self::Periodic => "periodic",
            Self::Immediate => "immediate",
            Self::Manual => "manual",
        }
    }
}

/// How events wait in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BufferType {
    /// As compressed chunks, bounded in bytes.
    #[default]
    #[serde(alias = "")]
    Size,
    /// Each for itself, bounded in number.
    Event,
}

/// The section `decision_logs`, as typed.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct DecisionLogConfig {
    /// The service to post to, by its name under `services`.
    pub service: Option<String>,
    /// The path below the service's address; `/logs` where nothing is said.
    pub resource: Option<String>,
    /// The last part of the path, after `logs`. OPA calls it deprecated.
    pub partition_name: Option<String>,
    /// A plugin that is compiled into OPA. There is none here.
    pub plugin: Option<String>,
    /// Whether each event is written to the console as a line of JSON.
    pub console: bool,
    /// The document that says what to mask; `/system/log/mask`.
    pub mask_decision: Option<String>,
    /// The document that says what not to log; `/system/log/drop`.
    pub drop_decision: Option<String>,
    /// What of the request is logged beside the decision.
    pub request_context: RequestContextConfig,
    /// Whether results of non-deterministic builtins are logged.
    pub nd_builtin_cache: bool,
    /// How events are kept and sent.
    pub reporting: ReportingConfig,
}

/// The section `decision_logs.request_context`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RequestContextConfig {
    /// What of the HTTP request.
    pub http: HttpContextConfig,
}

/// The section `decision_logs.request_context.http`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct HttpContextConfig {
    /// The headers that are logged.
    pub headers: Vec<String>,
}

/// The section `decision_logs.reporting`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ReportingConfig {
    /// How events wait in memory.
    pub buffer_type: BufferType,
    /// The most bytes of chunks that wait, of type `size`.
    pub buffer_size_limit_bytes: Option<i64>,
    /// The most events that wait, of type `event`.
    pub buffer_size_limit_events: Option<i64>,
    /// The largest chunk, compressed, in bytes.
    pub upload_size_limit_bytes: Option<i64>,
    /// The shortest time between two uploads.
    pub min_delay_seconds: Option<i64>,
    /// The longest time between two uploads.
    pub max_delay_seconds: Option<i64>,
    /// The most events a second that are kept for the service.
    pub max_decisions_per_second: Option<f64>,
    /// When chunks are sent.
    pub trigger: Option<Trigger>,
    /// A folder in which events wait instead of in memory.
    pub spool: Option<SpoolSettings>,
}

/// The section `decision_logs.reporting.spool`: Referee's own.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SpoolSettings {
    /// The folder. Each process needs one of its own.
    pub directory: PathBuf,
    /// The most bytes it may take; 1 GiB where nothing is said. Over it the oldest events go.
    pub max_bytes: Option<u64>,
    /// How often it is forced to the disk, in milliseconds: 0 for after every event. 1,000 where
    /// nothing is said.
    pub sync_interval_ms: Option<u64>,
}

/// A section that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogConfigError {
    /// A service is named that the configuration does not have.
    #[error("invalid service name {name:?} in {section}")]
    UnknownService {
        /// Where it is named.
        section: &'static str,
        /// Its name.
        name: String,
    },
    /// A plugin is named, and there are none.
    #[error("invalid plugin name {name:?} in {section}")]
    UnknownPlugin {
        /// Where it is named.
        section: &'static str,
        /// Its name.
        name: String,
    },
    /// Two triggers that must be the same are not.
    #[error("{section}: trigger mode mismatch: {first} and {second}")]
    TriggerMismatch {
        /// Where.
        section: &'static str,
        /// That of discovery.
        first: &'static str,
        /// That of the section.
        second: &'static str,
    },
    /// Two settings that exclude each other, or one that is missing beside another.
    #[error("decision_logs.reporting: {0}")]
    Together(&'static str),
    /// A number that makes no sense.
    #[error("decision_logs.reporting.{setting} must be {demand}")]
    OutOfRange {
        /// The setting.
        setting: &'static str,
        /// What it must be.
        demand: String,
    },
    /// A path that is none.
    #[error("decision_logs.{setting}: {found:?} is no path of a document")]
    Path {
        /// The setting.
        setting: &'static str,
        /// What stands there.
        found: String,
    },
}

impl Coded for LogConfigError {
    fn code(&self) -> &'static str {
        match self {
            Self::UnknownService { .. } => "unknown_service",
            Self::UnknownPlugin { .. } => "unknown_plugin",
            Self::TriggerMismatch { .. } => "trigger_mismatch",
            Self::Together(_) => "settings_conflict",
            Self::OutOfRange { .. } => "setting_out_of_range",
            Self::Path { .. } => "invalid_decision_path",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownService { name, .. } => Some(format!("add {name} under services")),
            Self::UnknownPlugin { .. } => {
                Some("plugins are compiled into OPA; use a service or the console".into())
            }
            Self::TriggerMismatch { .. } => Some("check the configuration of discovery".into()),
            Self::Path { .. } => Some("write it like /system/log/mask".into()),
            Self::Together(_) | Self::OutOfRange { .. } => None,
        }
    }
}

/// How events wait, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    Chunks { max_bytes: u64 },
    Events { max_events: usize, max_bytes: u64 },
    Spool { spool: SpoolConfig, max_bytes: u64 },
}

/// The section, checked and with its defaults.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionLogSettings {
    pub(crate) service: Option<String>,
    pub(crate) resource: String,
    pub(crate) console: bool,
    /// Paths as the Rego engine takes them: `data.system.log.mask`.
    pub(crate) mask: String,
    pub(crate) drop: String,
    /// As they were written.
    pub(crate) headers: Vec<String>,
    pub(crate) nd_builtin_cache: bool,
    pub(crate) waiting: Waiting,
    pub(crate) upload_limit: u64,
    pub(crate) min_delay: Duration,
    pub(crate) max_delay: Duration,
    pub(crate) rate: Option<f64>,
    pub(crate) trigger: Trigger,
}

impl DecisionLogSettings {
    /// The service that events are posted to.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        self.service.as_deref()
    }

    /// Whether results of non-deterministic builtins are to be in events.
    #[must_use]
    pub fn logs_nd_builtin_cache(&self) -> bool {
        self.nd_builtin_cache
    }
}

impl DecisionLogConfig {
    /// Checks the section and adds what is not said, as OPA does. `services` are the names under
    /// `services`, in their order; `trigger` is that of discovery. `None` where the section asks
    /// for nothing.
    ///
    /// # Errors
    /// [`LogConfigError`] with the first thing that cannot be used.
    pub fn check(
        &self,
        services: &[String],
        trigger: Option<Trigger>,
    ) -> Result<Option<DecisionLogSettings>, LogConfigError> {
        let service = service_of(
            "decision_logs",
            self.plugin.as_deref(),
            self.service.as_deref(),
            services,
            self.console,
        )?;
        if service.is_none() && !self.console {
            return Ok(None);
        }
        let reporting = &self.reporting;
        let (min_delay, max_delay) = reporting.delays()?;
        let resource = match (&self.partition_name, &self.resource) {
            (Some(partition), _) if !partition.is_empty() => format!("{RESOURCE}/{partition}"),
            (_, Some(resource)) => resource.clone(),
            _ => RESOURCE.to_owned(),
        };
        Ok(Some(DecisionLogSettings {
            service,
            resource,
            console: self.console,
            mask: path_of("mask_decision", self.mask_decision.as_deref(), MASK_DECISION)?,
            drop: path_of("drop_decision", self.drop_decision.as_deref(), DROP_DECISION)?,
            headers: self.request_context.http.headers.clone(),
            nd_builtin_cache: self.nd_builtin_cache,
            waiting: reporting.waiting()?,
            upload_limit: reporting.upload_limit(),
            min_delay,
            max_delay,
            rate: reporting.rate()?,
            trigger: trigger_of("decision_logs", trigger, reporting.trigger)?,
        }))
    }
}

impl ReportingConfig {
    fn delays(&self) -> Result<(Duration, Duration), LogConfigError> {
        let (min, max) = match (self.min_delay_seconds, self.max_delay_seconds) {
            (None, None) => DELAY_SECONDS,
            (Some(min), Some(max)) if max < min => {
                return Err(LogConfigError::Together(
                    "max_delay_seconds must not be less than min_delay_seconds",
                ));
            }
            (Some(min), Some(max)) => (min, max),
            (Some(_), None) => {
                return Err(LogConfigError::Together(
                    "min_delay_seconds is given, max_delay_seconds is missing",
                ));
            }
            (None, Some(_)) => {
                return Err(LogConfigError::Together(
                    "max_delay_seconds is given, min_delay_seconds is missing",
                ));
            }
        };
        let seconds = |setting, found| match u64::try_from(found) {
            Ok(found) if found <= LONGEST_DELAY => Ok(found),
            Ok(_) => {
                let demand = format!("{LONGEST_DELAY} or less, which is a year");
                Err(LogConfigError::OutOfRange { setting, demand })
            }
            Err(_) => Err(LogConfigError::OutOfRange { setting, demand: "0 or more".to_owned() }),
        };
        let min = Duration::from_secs(seconds("min_delay_seconds", min)?);
        let max = Duration::from_secs(seconds("max_delay_seconds", max)?);
        Ok((min.max(LEAST_DELAY), max.max(LEAST_DELAY)))
    }

    fn upload_limit(&self) -> u64 {
        let wanted = self.upload_size_limit_bytes.unwrap_or(UPLOAD_SIZE);
        let (least, most) = UPLOAD_SIZES;
        let limit = wanted.clamp(least, most);
        if limit != wanted {
            tracing::warn!(
                wanted,
                limit,
                "decision_logs.reporting.upload_size_limit_bytes was out of range"
            );
        }
        u64::try_from(limit).unwrap_or_default()
    }

    fn waiting(&self) -> Result<Waiting, LogConfigError> {
        match self.buffer_type {
            BufferType::Event if self.buffer_size_limit_bytes.is_some() => {
                return Err(LogConfigError::Together(
                    "buffer_size_limit_bytes isn't supported for the event buffer type",
                ));
            }
            BufferType::Size if self.buffer_size_limit_events.is_some() => {
                return Err(LogConfigError::Together(
                    "buffer_size_limit_events isn't supported for the size buffer type",
                ));
            }
            BufferType::Event | BufferType::Size => {}
        }
        let max_bytes = match self.buffer_size_limit_bytes {
            Some(limit) => positive("buffer_size_limit_bytes", limit)?,
            None => BUFFER_BYTES,
        };
        if let Some(spool) = &self.spool {
            let spool = spool.checked()?;
            return Ok(Waiting::Spool { spool, max_bytes });
        }
        Ok(match self.buffer_type {
            BufferType::Size => Waiting::Chunks { max_bytes },
            BufferType::Event => {
                let events = self.buffer_size_limit_events.unwrap_or(BUFFER_EVENTS);
                let events = positive("buffer_size_limit_events", events)?;
                let max_events = usize::try_from(events).unwrap_or(usize::MAX);
                Waiting::Events { max_events, max_bytes }
            }
        })
    }

    fn rate(&self) -> Result<Option<f64>, LogConfigError> {
        let Some(rate) = self.max_decisions_per_second else { return Ok(None) };
        if self.buffer_size_limit_bytes.is_some() {
            return Err(LogConfigError::Together(
                "specify either buffer_size_limit_bytes or max_decisions_per_second",
            ));
        }
        if !rate.is_finite() || rate < 0.0 {
            let setting = "max_decisions_per_second";
            return Err(LogConfigError::OutOfRange { setting, demand: "0 or more".into() });
        }
        Ok(Some(rate))
    }
}

impl SpoolSettings {
    fn checked(&self) -> Result<SpoolConfig, LogConfigError> {
        let max_bytes = self.max_bytes.unwrap_or(SPOOL_BYTES);
        if max_bytes < MIN_SPOOL_BYTES {
            return Err(LogConfigError::OutOfRange {
                setting: "spool.max_bytes",
                demand: format!("{MIN_SPOOL_BYTES} or more"),
            });
        }
        let sync = match self.sync_interval_ms.unwrap_or(SPOOL_SYNC_MS) {
            0 => SpoolSync::Always,
            interval => SpoolSync::Every(Duration::from_millis(interval)),
        };
        Ok(SpoolConfig { directory: self.directory.clone(), max_bytes, sync })
    }
}

fn positive(setting: &'static str, found: i64) -> Result<u64, LogConfigError> {
    let demand = || "higher than 0".to_owned();
    u64::try_from(found)
        .ok()
        .filter(|found| *found > 0)
        .ok_or_else(|| LogConfigError::OutOfRange { setting, demand: demand() })
}

/// The service of a section. As OPA, the first one where the section names none and writes nowhere
/// else.
pub(crate) fn service_of(
    section: &'static str,
    plugin: Option<&str>,
    service: Option<&str>,
    services: &[String],
    elsewhere: bool,
) -> Result<Option<String>, LogConfigError> {
    if let Some(name) = plugin {
        return Err(LogConfigError::UnknownPlugin { section, name: name.to_owned() });
    }
    match service.filter(|name| !name.is_empty()) {
        Some(name) if services.iter().any(|known| known == name) => Ok(Some(name.to_owned())),
        Some(name) => Err(LogConfigError::UnknownService { section, name: name.to_owned() }),
        None if elsewhere => Ok(None),
        None => Ok(services.first().cloned()),
    }
}

/// The trigger of a section: discovery's and its own must agree.
pub(crate) fn trigger_of(
    section: &'static str,
    inherited: Option<Trigger>,
    own: Option<Trigger>,
) -> Result<Trigger, LogConfigError> {
    match (inherited, own) {
        (Some(first), Some(second)) if first != second => Err(LogConfigError::TriggerMismatch {
            section,
            first: first.as_str(),
            second: second.as_str(),
        }),
        (inherited, own) => Ok(own.or(inherited).unwrap_or_default()),
    }
}

fn path_of(
    setting: &'static str,
    path: Option<&str>,
    default: &str,
) -> Result<String, LogConfigError> {
    let path = path.unwrap_or(default);
    let inner = path.strip_prefix('/').unwrap_or(path);
    if inner.is_empty() || inner.split('/').any(str::is_empty) {
        return Err(LogConfigError::Path { setting, found: path.chars().take(200).collect() });
    }
    Ok(data_path(inner.split('/')))
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
