//! The configuration: defaults, then the file, then the environment, then the flags.
//!
//! Read in two stages. [`ConfigFile`] is what somebody typed; each layer is checked against it by
//! itself, so that a mistake is told with where it was made. [`Config`] is what the layers mean
//! together; the rest of the command sees nothing else.

mod env;
mod error;
mod file;
mod layers;

pub(crate) use env::Variables;
pub(crate) use error::ConfigError;
pub(crate) use file::{ConfigFile, EngineName, LogFormat, LogLevel, ViewName};
pub(crate) use layers::Overlay;

use file::CONFIG_VERSION;
use referee_core::{Limits, Mode, document};
use referee_engine::{InputView, Settings};
use referee_rego::EngineChoice;
use referee_server::ServerConfig;
use referee_store::TufConfig;
use referee_store::config::{CacheConfig, RegistryConfig};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The deadline of a command where none is given. A person or a pipeline can wait longer than an
/// admission webhook, whose deadline is the engine's default.
const COMMAND_DEADLINE: Duration = Duration::from_secs(30);

/// What the configuration means.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// The file it was read from, where there is one.
    pub(crate) file: Option<PathBuf>,
    /// The trust documents.
    pub(crate) trust: Vec<PathBuf>,
    /// The policy.
    pub(crate) policy: PolicyConfig,
    /// JSON Schemas by the media type that they are for.
    pub(crate) schemas: BTreeMap<String, PathBuf>,
    /// How registries are spoken to.
    pub(crate) registry: RegistryConfig,
    /// What is remembered.
    pub(crate) cache: CacheConfig,
    /// How trusted roots are renewed.
    pub(crate) tuf: TufConfig,
    /// How the engine behaves.
    pub(crate) engine: Settings,
    /// The deadline of one reference, for commands other than `serve`.
    pub(crate) deadline: Duration,
    /// How much is read.
    pub(crate) limits: Limits,
    /// How `serve` serves.
    pub(crate) server: ServerConfig,
    /// From which level on is logged, where that is given.
    pub(crate) log_level: Option<LogLevel>,
    /// In which form is logged.
    pub(crate) log_format: LogFormat,
    /// The same as it was put together, for showing.
    pub(crate) effective: ConfigFile,
}

/// Which policy rules.
#[derive(Clone, Debug)]
pub(crate) struct PolicyConfig {
    /// Where it is.
    pub(crate) source: PolicyChoice,
    /// Its data files.
    pub(crate) data: Vec<PathBuf>,
    /// The package to ask.
    pub(crate) package: Option<String>,
    /// Its revision.
    pub(crate) revision: Option<String>,
    /// What a deny leads to.
    pub(crate) mode: Mode,
    /// What is laid over its `data.parameters`.
    pub(crate) set: Map<String, Value>,
    /// It is written in Rego v0.
    pub(crate) rego_v0: bool,
    /// Which engine evaluates it.
    pub(crate) engine: EngineChoice,
    /// What it is given as its input.
    pub(crate) input_view: InputView,
}

/// Where a policy is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PolicyChoice {
    /// One that is built in.
    Pack(String),
    /// A folder or a file.
    Path(PathBuf),
}

impl PolicyChoice {
    /// Reads a name.
    ///
    /// What is a path is told by its form alone, not by what the folder holds: a folder `signed`
    /// in a stranger's checkout must not take the place of the pack `signed`.
    pub(crate) fn parse(text: &str) -> Self {
        let is_path = text.contains(['/', '\\'])
            || matches!(text, "." | "..")
            || Path::new(text).extension().is_some_and(|extension| extension == "rego");
        if is_path { Self::Path(text.into()) } else { Self::Pack(text.to_owned()) }
    }
}

impl Config {
    /// Puts the configuration together.
    ///
    /// # Errors
    /// [`ConfigError`] for the first thing in the file, the environment or the flags that cannot
    /// be used.
    pub(crate) fn load(
        named: Option<&Path>,
        variables: &Variables,
        flags: Overlay,
    ) -> Result<Self, ConfigError> {
        let file = layers::find(named, variables);
        let mut layers = Vec::new();
        if let Some(found) = &file {
            layers.push(layers::read(found)?);
        }
        layers.push(layers::of_environment(variables)?);
        layers.push(flags.into_value());
        let given = layers::merge(&layers)?;
        let deadline_given = given.pointer("/engine/deadline_ms").is_some();
        let effective: ConfigFile = document::from_value("the configuration", given)?;
        Self::validate(effective, file, deadline_given)
    }

    /// From which level on is logged.
    pub(crate) fn log_level(&self, serving: bool) -> LogLevel {
        self.log_level.unwrap_or(if serving { LogLevel::Info } else { LogLevel::Warn })
    }

    fn validate(
        effective: ConfigFile,
        file: Option<PathBuf>,
        deadline_given: bool,
    ) -> Result<Self, ConfigError> {
        let raw = effective.clone();
        if raw.version != CONFIG_VERSION {
            return Err(ConfigError::Version { found: raw.version });
        }
        raw.registry.check()?;
        raw.server.check()?;
        raw.tuf.check().map_err(ConfigError::Tuf)?;
        let positive = [
            ("engine.deadline_ms", raw.engine.deadline_ms),
            ("engine.background_ms", raw.engine.background_ms),
            ("engine.concurrency", u64::from(raw.engine.concurrency)),
            ("engine.max_gatherings", u64::from(raw.engine.max_gatherings)),
            ("engine.max_evaluations", u64::from(raw.engine.max_evaluations)),
        ];
        if let Some((setting, _)) = positive.into_iter().find(|(_, value)| *value == 0) {
            return Err(ConfigError::Zero { setting });
        }
        let deadline = Duration::from_millis(raw.engine.deadline_ms);
        Ok(Self {
            file,
            trust: raw.trust,
            policy: PolicyConfig {
                source: PolicyChoice::parse(&raw.policy.source),
                data: raw.policy.data,
                package: raw.policy.package,
                revision: raw.policy.revision,
                mode: raw.policy.mode,
                set: raw.policy.set,
                rego_v0: raw.policy.rego_v0,
                engine: raw.policy.engine.into(),
                input_view: raw.policy.input_view.into(),
            },
            schemas: raw.schemas,
            registry: raw.registry,
            cache: raw.cache,
            tuf: raw.tuf,
            engine: raw.engine,
            deadline: if deadline_given { deadline } else { COMMAND_DEADLINE },
            limits: raw.limits,
            server: raw.server,
            log_level: raw.log.level,
            log_format: raw.log.format,
            effective,
        })
    }
}

#[cfg(test)]
mod tests;
