//! OPA's configuration file, as `referee serve --opa-config` reads it.
//!
//! Text in, settings out: [`OpaConfig::read`] replaces `${NAME}` by the environment
//! (`substitute`), reads YAML as OPA does (version 1.1 with merge keys, of several documents the
//! first), lays `--set` and `--set-file` over it (`assign`), tells of options that it does
//! not know and refuses those that must not be passed over in silence (`known`), and gives each
//! section a type (`sections`). What the file says is kept, without its secrets, for
//! `GET /v1/config` (`shown`).
//!
//! Refused, where OPA goes on: a variable that is not set, a bundle that could come from several
//! services, a second bundle of the same place in the persistence folder, ways to authenticate
//! that there are not.

mod assign;
mod error;
mod known;
mod measured;
mod sections;
mod shown;
mod substitute;

pub use assign::Assignment;
pub use error::OpaConfigError;
pub use measured::{Bounds, BoundsError, Prom, RequestDuration, ServerMetrics};
pub use sections::{
    BundleSource, Caching, DecodingConfig, EncodingConfig, GzipDecoding, GzipEncoding, KeyConfig,
    Polling, ServerSection, SigningConfig, Trigger, ValueCache,
};

use crate::decision_log::DecisionLogConfig;
use crate::status::StatusConfig;
use referee_store::service::ServiceConfig;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The most bytes of the file, and of it after variables were replaced.
pub const MAX_CONFIG_BYTES: u64 = 4 * 1024 * 1024;

/// Where OPA keeps what outlives a restart, below the working folder.
const DEFAULT_PERSISTENCE: &str = ".opa";

/// What a query without a path asks for, and what decides who may ask.
const DEFAULT_DECISION: &str = "/system/main";
const DEFAULT_AUTHORIZATION_DECISION: &str = "/system/authz/allow";

/// OPA's configuration.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OpaConfig {
    /// The services, in the order of the file, or of their names where they are a mapping.
    pub services: Vec<ServiceConfig>,
    /// What decision logs and status updates are marked with: what the file says, and `id` and
    /// `version`.
    pub labels: BTreeMap<String, String>,
    /// The bundles by name.
    pub bundles: BTreeMap<String, BundleSource>,
    /// The keys by their ids.
    pub keys: BTreeMap<String, KeyConfig>,
    /// The section `decision_logs`, untyped.
    pub decision_logs: Option<Value>,
    /// The section `status`, untyped.
    pub status: Option<Value>,
    /// The section `server`.
    pub server: ServerSection,
    /// The section `caching`.
    pub caching: Caching,
    /// What `POST /` asks for: a path below `data`.
    pub default_decision: String,
    /// What decides who may ask: a path below `data`.
    pub default_authorization_decision: String,
    /// Whether results of builtins that are not deterministic go into decision logs.
    pub nd_builtin_cache: bool,
    /// Where bundles and logs are kept: `.opa` in the working folder where nothing is said.
    pub persistence_directory: PathBuf,
    /// What is to be told to whoever wrote the file.
    pub warnings: Vec<String>,
    shown: Value,
}

/// Where a configuration comes from.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpaConfigText<'a> {
    /// What errors call the file, and its text; none where there are only assignments.
    pub file: Option<(&'a str, &'a str)>,
    /// `--set` and `--set-file`, in their order.
    pub assignments: &'a [Assignment],
    /// The label `id`, a UUID that is new at each start.
    pub id: &'a str,
}

/// The file as it is typed, after the sections that have several forms were brought into one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Typed {
    labels: BTreeMap<String, String>,
    bundles: BTreeMap<String, BundleSource>,
    keys: BTreeMap<String, KeyConfig>,
    decision_logs: Option<Value>,
    status: Option<Value>,
    server: ServerSection,
    caching: Caching,
    default_decision: Option<String>,
    default_authorization_decision: Option<String>,
    nd_builtin_cache: bool,
    persistence_directory: Option<PathBuf>,
}

impl OpaConfig {
    /// Reads a configuration. `environment` says what a variable is set to.
    ///
    /// # Errors
    /// [`OpaConfigError`], with the place in the file.
    pub fn read(
        text: OpaConfigText<'_>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, OpaConfigError> {
        let name = text.file.map_or("--opa-set", |(name, _)| name);
        let mut tree = match text.file {
            Some((name, text)) => parsed(name, &substitute::variables(name, text, &environment)?)?,
            None => Map::new(),
        };
        let mut laid = Map::new();
        for assignment in text.assignments {
            assignment.lay_into(&mut laid, &environment)?;
        }
        merge(&mut tree, laid);
        // To OPA these two are there without a value as well: with nothing said in them.
        for section in ["decision_logs", "status"] {
            if let Some(value) = tree.get_mut(section).filter(|value| value.is_null()) {
                *value = Value::Object(Map::new());
            }
        }
        let mut tree = Value::Object(tree);
        sections::check_key_members(name, &tree)?;
        drop_nulls(&mut tree);
        let mut warnings = known::check(name, &mut tree)?;
        let services = services(name, &tree)?;
        // What is wrong in these two is told with its place in the file.
        section::<DecisionLogConfig>(name, "decision_logs", &tree)?;
        section::<StatusConfig>(name, "status", &tree)?;
        let mut typed: Typed = typed(name, "", &tree)?;
        if let Some((bundle, source)) = sections::legacy_bundle(name, &tree)? {
            warnings.push("bundle is deprecated: name the bundle under bundles".to_owned());
            if typed.bundles.is_empty() {
                typed.bundles.insert(bundle, source);
            }
        }
        let names: Vec<&str> = services.iter().map(|service| service.name.as_str()).collect();
        sections::check_keys(name, &typed.keys)?;
        sections::settle_bundles(name, &mut typed.bundles, &names, &typed.keys)?;
        typed.server.check(name)?;
        let default_decision = typed.default_decision.unwrap_or_else(|| DEFAULT_DECISION.into());
        let authorization = typed
            .default_authorization_decision
            .unwrap_or_else(|| DEFAULT_AUTHORIZATION_DECISION.into());
        let mut labels = typed.labels;
        labels.insert("id".to_owned(), text.id.to_owned());
        labels.insert("version".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
        let shown = shown::of(tree, &labels, &default_decision, &authorization);
        Ok(Self {
            services,
            labels,
            bundles: typed.bundles,
            keys: typed.keys,
            decision_logs: typed.decision_logs,
            status: typed.status,
            server: typed.server,
            caching: typed.caching,
            default_decision,
            default_authorization_decision: authorization,
            nd_builtin_cache: typed.nd_builtin_cache,
            persistence_directory: typed
                .persistence_directory
                .unwrap_or_else(|| PathBuf::from(DEFAULT_PERSISTENCE)),
            warnings,
            shown,
        })
    }

    /// What `GET /v1/config` answers as its `result`: what was given, with defaults and without
    /// secrets.
    #[must_use]
    pub fn shown(&self) -> &Value {
        &self.shown
    }

    /// The service of that name.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&ServiceConfig> {
        self.services.iter().find(|service| service.name == name)
    }

    /// Which plug-ins are configured, as OPA names them, in their order.
    #[must_use]
    pub fn plugins(&self) -> Vec<&'static str> {
        let all = [
            ("bundle", !self.bundles.is_empty()),
            ("decision_logs", self.decision_logs.is_some()),
            ("status", self.status.is_some()),
        ];
        all.into_iter().filter(|(_, given)| *given).map(|(name, _)| name).collect()
    }
}

fn parsed(name: &str, text: &str) -> Result<Map<String, Value>, OpaConfigError> {
    let value = referee_rego::Value::from_yaml_str(text)
        .map_err(|source| OpaConfigError::Syntax { name: name.to_owned(), source })?
        .to_json();
    let shape = |path: String, message: &str| OpaConfigError::Shape {
        name: name.to_owned(),
        path,
        message: message.to_owned(),
    };
    if let Some(path) = unmerged(&value, "") {
        return Err(shape(path, "mappings are merged by << without quotes and an alias after it"));
    }
    match value {
        Value::Null => Ok(Map::new()),
        Value::Object(members) => Ok(members),
        _ => Err(shape(".".to_owned(), "a mapping is needed")),
    }
}

/// Where a member `<<` is left. The reader merges them; whoever wrote one that it does not know
/// as such, in quotes say, meant members that are not there: perhaps who must sign a bundle.
fn unmerged(value: &Value, at: &str) -> Option<String> {
    match value {
        Value::Object(members) => members.iter().find_map(|(member, value)| {
            let path = if at.is_empty() { member.clone() } else { format!("{at}.{member}") };
            if member == "<<" { Some(path) } else { unmerged(value, &path) }
        }),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, item)| unmerged(item, &format!("{at}[{index}]"))),
        _ => None,
    }
}

/// Gives a part of the tree a type; `at` is where it stands.
fn typed<T: serde::de::DeserializeOwned>(
    name: &str,
    at: &str,
    value: &Value,
) -> Result<T, OpaConfigError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let inner = error.path().to_string();
        let path = match (at, inner.as_str()) {
            ("", _) => inner,
            (_, ".") => at.to_owned(),
            _ => format!("{at}.{inner}"),
        };
        // What was found is not shown where it could be a secret: of texts only that they are.
        let message = without_found_text(&error.into_inner().to_string());
        OpaConfigError::Shape { name: name.to_owned(), path, message }
    })
}

fn section<T: serde::de::DeserializeOwned>(
    name: &str,
    section: &str,
    tree: &Value,
) -> Result<(), OpaConfigError> {
    tree.get(section).map_or(Ok(()), |value| typed::<T>(name, section, value).map(drop))
}

/// Takes a text that was found out of serde's message: `invalid type: string "…", expected …`.
fn without_found_text(message: &str) -> String {
    match (message.find(": string \""), message.rfind("\", expected")) {
        (Some(start), Some(end)) if start < end => {
            let before = message.get(..start).unwrap_or_default();
            let after = message.get(end..).unwrap_or_default().trim_start_matches('"');
            format!("{before}: a string{after}")
        }
        _ => message.to_owned(),
    }
}

fn services(name: &str, tree: &Value) -> Result<Vec<ServiceConfig>, OpaConfigError> {
    let shape = |path: String, message: &str| OpaConfigError::Shape {
        name: name.to_owned(),
        path,
        message: message.to_owned(),
    };
    let mut services: Vec<ServiceConfig> = Vec::new();
    match tree.get("services") {
        None => {}
        Some(Value::Array(entries)) => {
            for (index, entry) in entries.iter().enumerate() {
                let at = format!("services[{index}]");
                let service: ServiceConfig = typed(name, &at, entry)?;
                if service.name.is_empty() {
                    return Err(shape(format!("{at}.name"), "the service has no name"));
                }
                services.push(service);
            }
        }
        Some(Value::Object(entries)) => {
            for (key, entry) in entries {
                let mut service: ServiceConfig = typed(name, &format!("services.{key}"), entry)?;
                service.name.clone_from(key);
                services.push(service);
            }
            services.sort_by(|a, b| a.name.cmp(&b.name));
        }
        Some(_) => return Err(shape("services".into(), "a mapping or a list is needed")),
    }
    for (index, service) in services.iter().enumerate() {
        if services.iter().skip(index + 1).any(|other| other.name == service.name) {
            let path = format!("services.{}", service.name);
            return Err(shape(path, "there are two services of that name"));
        }
    }
    Ok(services)
}

/// Lays one tree over another: mappings member by member, anything else as a whole.
fn merge(under: &mut Map<String, Value>, over: Map<String, Value>) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(Value::Object(under)), Value::Object(over)) => merge(under, over),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}

/// A member that is null counts as not there, as in Go.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
