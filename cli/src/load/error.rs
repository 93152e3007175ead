//! What can be wrong with files that are read.

use referee_bundles::{BundleError, RootsError, SignatureError};
use referee_core::Coded;
use referee_core::error::chain;
use referee_rego::ValueError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum LoadError {
    /// It cannot be read.
    #[error("{} could not be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is data that cannot be read.
    #[error("{}: {source}", path.display())]
    Data {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ValueError,
    },
    /// It is YAML that cannot be read.
    #[error("{}: error converting YAML to JSON: {source}", path.display())]
    Yaml {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ValueError,
    },
    /// It is data at the root and no object.
    #[error("{}: document must be of type object", path.display())]
    NoObject {
        /// The file.
        path: PathBuf,
    },
    /// Another file says something else about the same place.
    #[error("{}: merge error: another file has a value at {at}", path.display())]
    Merge {
        /// The file.
        path: PathBuf,
        /// The place.
        at: String,
    },
    /// Nobody knows what it is.
    #[error("{}: can't recognize file type: it is no Rego, no JSON and no YAML", path.display())]
    Unrecognized {
        /// The file.
        path: PathBuf,
    },
    /// It is a bundle that cannot be used.
    #[error("{}", of_bundle(path, source))]
    Bundle {
        /// The bundle.
        path: PathBuf,
        /// Why.
        source: BundleError,
    },
    /// Bundles claim the same.
    #[error(transparent)]
    Roots {
        /// Which, and what.
        source: RootsError,
    },
    /// It is a link to a folder that it stands in.
    #[error("{} leads back to a folder that it is in", path.display())]
    Loop {
        /// The link.
        path: PathBuf,
    },
    /// Folders are too deep inside one another.
    #[error("{} is more than 64 folders deep", path.display())]
    TooDeep {
        /// The folder.
        path: PathBuf,
    },
    /// There are too many files.
    #[error("there are more than {limit} files (limits.max_policy_files)")]
    TooMany {
        /// The limit.
        limit: u32,
    },
}

/// What is wrong with a bundle, after its name or that of the file in it.
fn of_bundle(path: &Path, error: &BundleError) -> String {
    match error {
        BundleError::Archive(error) => {
            format!("{} could not be read: {}", path.display(), chain(error))
        }
        _ if error.path().is_some() => format!("{}/{error}", path.display()),
        _ => format!("{}: {}", path.display(), chain(error)),
    }
}

impl Coded for LoadError {
    fn code(&self) -> &'static str {
        match self {
            Self::Read { .. } => "file_unreadable",
            Self::Data { .. } | Self::Yaml { .. } | Self::NoObject { .. } => "data_unusable",
            Self::Merge { .. } => "data_conflict",
            Self::Unrecognized { .. } => "file_type_unknown",
            Self::Bundle { source, .. } => source.code(),
            Self::Roots { source } => source.code(),
            Self::Loop { .. } => "policy_folder_loop",
            Self::TooDeep { .. } | Self::TooMany { .. } => "policy_too_large",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Read { source, .. } => crate::files::hint(source),
            Self::Bundle {
                source: BundleError::Signature(SignatureError::NotConfigured), ..
            } => Some(
                "name the key that signs it with --bundle and --verification-key; a server has it \
                 fetched and verified as OPA's configuration says, too: `keys`, and \
                 `bundles.NAME.resource` (file:///PATH) with `bundles.NAME.signing.keyid`, by \
                 --opa-config or --opa-set"
                    .to_owned(),
            ),
            Self::Bundle { source, .. } => source.hint(),
            Self::Roots { source } => source.hint(),
            Self::Merge { .. } => Some(
                "every .json and .yaml file of a folder is data; --ignore leaves files out, and \
                 --bundle reads data.json and data.yaml only"
                    .to_owned(),
            ),
            _ => None,
        }
    }
}

/// Everything that is wrong with files; never empty.
#[derive(Debug)]
pub(crate) struct LoadErrors(pub(super) Vec<LoadError>);

impl LoadErrors {
    /// Each of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &LoadError> {
        self.0.iter()
    }
}

impl From<LoadError> for LoadErrors {
    fn from(error: LoadError) -> Self {
        Self(vec![error])
    }
}

impl fmt::Display for LoadErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, error) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for LoadErrors {}

impl Coded for LoadErrors {
    fn code(&self) -> &'static str {
        self.0.first().map_or("internal_error", Coded::code)
    }

    fn hint(&self) -> Option<String> {
        self.0.iter().find_map(Coded::hint)
    }
}
