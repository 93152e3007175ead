//! What can be wrong with the configuration.

use super::env;
use super::file::CONFIG_VERSION;
use referee_core::Coded;
use referee_core::document::DocumentError;
use referee_store::StoreError;
use std::io;
use std::path::PathBuf;

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ConfigError {
    /// The file could not be read.
    #[error("the configuration file {} could not be read", path.display())]
    File {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not TOML.
    #[error("{}: not valid TOML", path.display())]
    Toml {
        /// Its path.
        path: PathBuf,
        /// What the parser found.
        source: Box<figment::Error>,
    },
    /// A layer says something that the configuration has no place for.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// An environment variable that is no setting.
    #[error("the environment variable {name} is no setting{}", suggestion(closest.as_deref()))]
    UnknownVariable {
        /// Its name.
        name: String,
        /// The setting whose name is nearest.
        closest: Option<String>,
    },
    /// An environment variable that is not UTF-8.
    #[error("the environment variable {name} is not UTF-8")]
    NotText {
        /// Its name.
        name: String,
    },
    /// The form is of another version.
    #[error(
        "version {found} of the configuration is unknown, this command reads version {CONFIG_VERSION}"
    )]
    Version {
        /// The version found.
        found: u32,
    },
    /// A setting that must not be 0.
    #[error("{setting} must be greater than 0")]
    Zero {
        /// Its path.
        setting: &'static str,
    },
    /// What a section's own check found.
    #[error("registry.{0}")]
    Registry(#[from] StoreError),
    /// The same of the section about trusted roots.
    #[error(transparent)]
    Tuf(StoreError),
    /// The same of the server's section.
    #[error(transparent)]
    Server(#[from] referee_server::ConfigError),
    /// The layers could not be laid over one another.
    #[error("the configuration could not be put together")]
    Merge(#[source] Box<figment::Error>),
}

fn suggestion(closest: Option<&str>) -> String {
    closest.map(|name| format!(", did you mean {name}?")).unwrap_or_default()
}

impl Coded for ConfigError {
    fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "config_unreadable",
            Self::Toml { .. } => "document_syntax",
            Self::Document(error) => error.code(),
            Self::UnknownVariable { .. } => "unknown_variable",
            Self::NotText { .. } => "variable_not_text",
            Self::Version { .. } => "config_version",
            Self::Zero { .. } => "config_zero",
            Self::Registry(error) | Self::Tuf(error) => error.code(),
            Self::Server(error) => error.code(),
            Self::Merge(_) => "internal_error",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Document(error) => error.hint(),
            Self::UnknownVariable { closest: None, .. } => Some(format!(
                "each setting has a variable, such as {} or {}; docs/configuration.md lists them",
                env::CONFIG,
                env::SETTINGS.first().copied().unwrap_or_default(),
            )),
            Self::Registry(error) | Self::Tuf(error) => error.hint(),
            Self::Server(error) => error.hint(),
            _ => None,
        }
    }
}
