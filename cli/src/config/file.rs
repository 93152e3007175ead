//! The configuration as it is written: the first of two stages.
//!
//! Every field has a default, so that a file, the environment and the flags can each be checked
//! by themselves against this type before they are laid over one another.

use referee_core::{Limits, Mode};
use referee_engine::{InputView, Settings};
use referee_rego::EngineChoice;
use referee_store::TufConfig;
use referee_store::config::{CacheConfig, RegistryConfig};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The version of the configuration that this code reads.
pub(crate) const CONFIG_VERSION: u32 = 1;

/// A configuration file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ConfigFile {
    /// The version of the configuration's form; 1.
    pub(crate) version: u32,
    /// Trust documents; several are merged.
    pub(crate) trust: Vec<PathBuf>,
    /// The policy that rules.
    pub(crate) policy: PolicySection,
    /// JSON Schemas by the media type of the files that are held against them: the artifact's own and
    /// those of its referrers. Drafts 4, 6 and 7; nothing is fetched for a `$ref`.
    pub(crate) schemas: BTreeMap<String, PathBuf>,
    /// How registries are spoken to.
    pub(crate) registry: RegistryConfig,
    /// What is remembered of what registries said.
    pub(crate) cache: CacheConfig,
    /// How trusted roots of Sigstore instances are renewed.
    pub(crate) tuf: TufConfig,
    /// How the engine behaves.
    pub(crate) engine: Settings,
    /// How much is read.
    pub(crate) limits: Limits,
    /// How `referee serve` serves.
    pub(crate) server: referee_server::ServerConfig,
    /// What is logged.
    pub(crate) log: LogSection,
}

impl Default for ConfigFile {
    fn default() -> Self {
        Self {
            version: CONFIG_VERSION,
            trust: Vec::new(),
            policy: PolicySection::default(),
            schemas: BTreeMap::new(),
            registry: RegistryConfig::default(),
            cache: CacheConfig::default(),
            tuf: TufConfig::default(),
            engine: Settings::default(),
            limits: Limits::default(),
            server: referee_server::ServerConfig::default(),
            log: LogSection::default(),
        }
    }
}

/// Which policy rules, and what a deny leads to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PolicySection {
    /// The name of a pack, or the path of a folder or a `.rego` file. A path has a separator in
    /// it (`./mine`) or ends in `.rego`.
    pub(crate) source: String,
    /// Data files for the policy, JSON or YAML.
    pub(crate) data: Vec<PathBuf>,
    /// The package to ask, where the policy has several.
    pub(crate) package: Option<String>,
    /// What decisions call this state of the policy; the start of its digest where none is given.
    pub(crate) revision: Option<String>,
    /// What a deny leads to: `enforce`, `warn` or `audit`.
    pub(crate) mode: Mode,
    /// Parameters of the policy, laid over its `data.parameters` member by member.
    pub(crate) set: Map<String, Value>,
    /// The policy is written in Rego v0.
    pub(crate) rego_v0: bool,
    /// Which engine evaluates the policy: `native`, `regorus` or `both`.
    pub(crate) engine: EngineName,
    /// What the policy is given as its input: `facts`, or `ratify` for a policy of Ratify's, which is
    /// Rego v0 and rules by `data.ratify.policy.valid`.
    pub(crate) input_view: ViewName,
}

/// What a policy is given as its input.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ViewName {
    /// The facts.
    #[default]
    Facts,
    /// The document that Ratify gives to its policies.
    Ratify,
}

impl From<ViewName> for InputView {
    fn from(name: ViewName) -> Self {
        match name {
            ViewName::Facts => Self::Facts,
            ViewName::Ratify => Self::Ratify,
        }
    }
}

/// Which engine evaluates Rego.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EngineName {
    /// Referee's own.
    #[default]
    Native,
    /// The interpreter of the crate `regorus`.
    Regorus,
    /// Both: results that differ are an error.
    Both,
}

impl From<EngineName> for EngineChoice {
    fn from(name: EngineName) -> Self {
        match name {
            EngineName::Native => Self::Native,
            EngineName::Regorus => Self::Regorus,
            EngineName::Both => Self::Both,
        }
    }
}

impl Default for PolicySection {
    fn default() -> Self {
        Self {
            source: referee_policies::DEFAULT_PACK.to_owned(),
            data: Vec::new(),
            package: None,
            revision: None,
            mode: Mode::default(),
            set: Map::new(),
            rego_v0: false,
            engine: EngineName::Native,
            input_view: ViewName::Facts,
        }
    }
}

/// What is logged, to standard error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LogSection {
    /// From which level on; `null` for `info` under `serve` and `warn` elsewhere.
    pub(crate) level: Option<LogLevel>,
    /// In which form.
    pub(crate) format: LogFormat,
}

/// A level of the log.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogLevel {
    /// Nothing.
    Off,
    /// What went wrong.
    Error,
    /// What may become wrong.
    Warn,
    /// What is done.
    Info,
    /// How it is done.
    Debug,
    /// Everything, that of the HTTP client included.
    Trace,
}

/// The form of the log.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For a reader.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}
