//! The layers of the configuration, each read and checked by itself.

use super::env::{self, Variables};
use super::error::ConfigError;
use super::file::ConfigFile;
use crate::files;
use figment::Figment;
use figment::providers::{Format as _, Serialized, Toml};
use referee_core::{Limits, document};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// The file that is read where none is named and it is there.
const HERE: &str = "referee.yaml";
/// The same among the user's configuration files.
const AT_HOME: &str = "referee/config.yaml";

/// Settings that hold a path or several. In a file they are relative to that file's folder.
const PATHS: &[&str] = &[
    "/trust",
    "/policy/data",
    "/policy/source",
    "/registry/ca_files",
    "/registry/docker_config",
    "/tuf/folder",
    "/schemas",
    "/server/tls/certificate",
    "/server/tls/key",
    "/server/tls/client_ca",
];

/// What the flags say: a configuration with only the settings that are given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overlay(Map<String, Value>);

impl Overlay {
    /// Sets `section.name`, or `name` at the root where the section is empty.
    pub(crate) fn set(&mut self, section: &str, name: &str, value: impl Into<Value>) {
        if section.is_empty() {
            self.set_at(&[name], value.into());
        } else {
            self.set_at(&[section, name], value.into());
        }
    }

    /// Sets what stands at a path: a mapping's members beside those that are there, anything else
    /// as a whole.
    pub(super) fn set_at(&mut self, path: &[impl AsRef<str>], value: Value) {
        let Some((name, sections)) = path.split_last() else { return };
        let mut members = &mut self.0;
        for section in sections {
            members = members_of(members.entry(section.as_ref()).or_insert(Value::Null));
        }
        match (members.get_mut(name.as_ref()), value) {
            (Some(Value::Object(under)), Value::Object(over)) => under.extend(over),
            (_, value) => {
                members.insert(name.as_ref().to_owned(), value);
            }
        }
    }

    /// Sets `section.name` where there is a value.
    pub(crate) fn set_some(&mut self, section: &str, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.set(section, name, value);
        }
    }

    /// Sets `section.name` to a list where it is not empty.
    pub(crate) fn set_list<T: ToString>(&mut self, section: &str, name: &str, values: &[T]) {
        if !values.is_empty() {
            let values: Vec<Value> = values.iter().map(|value| value.to_string().into()).collect();
            self.set(section, name, values);
        }
    }

    pub(crate) fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

/// What is in a mapping; what is none is made an empty one.
fn members_of(value: &mut Value) -> &mut Map<String, Value> {
    loop {
        match *value {
            Value::Object(ref mut members) => return members,
            ref mut other => *other = Value::Object(Map::new()),
        }
    }
}

/// Which file is read: the one that is named, else the one here, else the user's own.
pub(super) fn find(named: Option<&Path>, variables: &Variables) -> Option<PathBuf> {
    let by_variable = variables
        .set
        .iter()
        .find(|(name, _)| name == env::CONFIG)
        .and_then(|(_, value)| value.as_ref().map(PathBuf::from));
    let implied = || {
        let at_home = variables.config_home.as_ref().map(|home| home.join(AT_HOME));
        std::iter::once(PathBuf::from(HERE)).chain(at_home).find(|path| path.is_file())
    };
    named.map(Path::to_owned).or(by_variable).or_else(implied)
}

/// Reads and checks a configuration file.
pub(super) fn read(path: &Path) -> Result<Value, ConfigError> {
    let text = files::read_text(path, Limits::DEFAULT.max_trust_bytes)
        .map_err(|source| ConfigError::File { path: path.to_owned(), source })?;
    let name = path.display().to_string();
    let mut value: Value = if path.extension().is_some_and(|extension| extension == "toml") {
        Figment::from(Toml::string(&text)).extract().map_err(|source| ConfigError::Toml {
            path: path.to_owned(),
            source: Box::new(source),
        })?
    } else {
        document::read(&name, &text)?
    };
    check(&name, &value)?;
    if let Some(folder) = path.parent() {
        anchor(&mut value, folder);
    }
    Ok(value)
}

fn check(name: &str, value: &Value) -> Result<(), ConfigError> {
    let _checked: ConfigFile = document::from_value(name, value.clone())?;
    Ok(())
}

/// Makes the relative paths of a file relative to its folder.
fn anchor(value: &mut Value, folder: &Path) {
    for pointer in PATHS {
        let Some(found) = value.pointer_mut(pointer) else { continue };
        let items = match found {
            Value::Array(items) => items.iter_mut().collect::<Vec<_>>(),
            Value::Object(members) => members.values_mut().collect(),
            item => vec![item],
        };
        for item in items {
            let Value::String(text) = item else { continue };
            let is_name = *pointer == "/policy/source"
                && matches!(super::PolicyChoice::parse(text), super::PolicyChoice::Pack(_));
            if !is_name && let Some(path) = folder.join(&*text).to_str() {
                *text = path.to_owned();
            }
        }
    }
}

/// The layer that the environment is.
pub(super) fn of_environment(variables: &Variables) -> Result<Value, ConfigError> {
    let mut overlay = Overlay::default();
    for (name, value) in &variables.set {
        if name == env::CONFIG {
            continue;
        }
        let Some(path) = env::setting(name) else {
            let mut known: Vec<String> = env::SETTINGS.iter().map(|n| (*n).to_owned()).collect();
            known.push(env::CONFIG.to_owned());
            let closest = document::closest(name, &known);
            return Err(ConfigError::UnknownVariable { name: name.clone(), closest });
        };
        let text = value.as_ref().ok_or_else(|| ConfigError::NotText { name: name.clone() })?;
        let value = typed(&path, text);
        let mut single = Overlay::default();
        single.set_at(&path, value.clone());
        // Checked one by one, so that the mistake is told with the variable's name.
        check(name, &single.into_value())?;
        overlay.set_at(&path, value);
    }
    Ok(overlay.into_value())
}

/// The value that a text stands for, by the type that the default has: lists are parted by
/// commas, mappings are JSON.
fn typed(path: &[String], text: &str) -> Value {
    let defaults = serde_json::to_value(ConfigFile::default()).unwrap_or_default();
    let default = path.iter().try_fold(&defaults, |members, name| members.get(name));
    let list = || text.split(',').map(|item| Value::from(item.trim())).collect();
    let parsed = || serde_json::from_str(text).ok();
    match default {
        Some(Value::Array(_)) => list(),
        Some(Value::Bool(_) | Value::Number(_) | Value::Object(_)) => {
            parsed().unwrap_or_else(|| text.into())
        }
        _ => text.into(),
    }
}

/// Lays the layers over one another: mappings member by member, anything else as a whole.
pub(super) fn merge(layers: &[Value]) -> Result<Value, ConfigError> {
    let merged =
        layers.iter().fold(Figment::new(), |under, layer| under.merge(Serialized::defaults(layer)));
    merged.extract().map_err(|source| ConfigError::Merge(Box::new(source)))
}
