//! Why policies could not be read.

use super::MAX_DEPTH;
use crate::error::StoreError;
use referee_core::Coded;
use referee_rego::ValueError;

/// Why policies could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyLoadError {
    /// A file or folder could not be read.
    #[error(transparent)]
    File(#[from] StoreError),
    /// A data file is not JSON or YAML.
    #[error("{path} cannot be read as data")]
    Data {
        /// The file.
        path: String,
        /// What its reader found.
        source: ValueError,
    },
    /// Data that is no object cannot be put together with other data.
    #[error("{path}: policy data must be an object")]
    NotAnObject {
        /// The file.
        path: String,
    },
    /// Two data files say something about the same path.
    #[error("{second}: data.{key} is already given by {first}")]
    Conflict {
        /// The path in the data, parted by dots.
        key: String,
        /// The file read first.
        first: String,
        /// The file read second.
        second: String,
    },
    /// Two modules would have one name.
    #[error("two modules are named {name}: {first} and {second}")]
    DuplicateModule {
        /// The name.
        name: String,
        /// The file read first.
        first: String,
        /// The file read second.
        second: String,
    },
    /// A link leads back to a folder that it is in, or the folders are too deep.
    #[error("{path}: the folders lead back into themselves, or are more than {MAX_DEPTH} deep")]
    Loop {
        /// The folder.
        path: String,
    },
    /// A file that was named is neither a module nor data.
    #[error("{path} is neither a Rego module nor data: expected .rego, .json, .yaml or .yml")]
    UnknownKind {
        /// The file.
        path: String,
    },
    /// A name that is not UTF-8.
    #[error("{path}: the name is not UTF-8")]
    Name {
        /// The file, its name made readable.
        path: String,
    },
}

impl Coded for PolicyLoadError {
    fn code(&self) -> &'static str {
        match self {
            Self::File(error) => error.code(),
            Self::Data { .. } => "policy_data_syntax",
            Self::NotAnObject { .. } => "policy_data_shape",
            Self::Conflict { .. } => "policy_data_conflict",
            Self::DuplicateModule { .. } => "policy_duplicate_module",
            Self::Loop { .. } => "policy_folder_loop",
            Self::UnknownKind { .. } => "policy_unknown_file",
            Self::Name { .. } => "policy_file_name",
        }
    }

    fn hint(&self) -> Option<String> {
        let Self::File(error) = self else { return None };
        match error {
            StoreError::TooLarge { unit: "bytes", .. } => Some(
                "the limits are settings: limits.max_policy_file_bytes for modules, \
                 limits.max_policy_data_bytes for data"
                    .to_owned(),
            ),
            StoreError::TooLarge { .. } => Some("limits.max_policy_files is a setting".to_owned()),
            other => other.hint(),
        }
    }
}
