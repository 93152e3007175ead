//! Trusted roots: where one comes from, and who keeps those that change.

use crate::digest::Digest;
use crate::facts::TrustRootSource;
use crate::timestamp::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An instance that everybody knows; its trusted root comes with Referee.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum WellKnown {
    /// Sigstore's public-good instance.
    PublicGood,
    /// The instance that signs for private repositories on GitHub: no transparency log, no
    /// certificate transparency, timestamps instead.
    Github,
    /// Sigstore's staging instance, where anybody may test.
    Staging,
}

/// Where a trusted root comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RootSource {
    /// It comes with Referee.
    WellKnown(WellKnown),
    /// A TUF repository keeps it; it was not had yet, so nothing is trusted by it.
    Tuf {
        /// The repository.
        repository: TufRepository,
        /// The text of the `root.json` by which the repository is trusted.
        anchor: String,
    },
    /// As it was had from where it is kept.
    Supplied {
        /// Who keeps it.
        keeper: RootKeeper,
        /// The root.
        root: SuppliedRoot,
    },
    /// The text of a `trusted_root.json`.
    File {
        /// The file as the trust document names it.
        name: String,
        /// The text.
        json: String,
    },
}

/// A trusted root that somebody keeps, as it was had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuppliedRoot {
    /// Its text.
    pub json: String,
    /// Where it comes from.
    pub source: TrustRootSource,
    /// When that says that it is to be asked again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// A TUF repository as it is trusted: where it is, and by which root it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TufRepository {
    /// Its URL.
    pub url: String,
    /// The digest of the `root.json` by which it is trusted.
    pub anchor: Digest,
}

/// Who keeps a trusted root, and renews it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RootKeeper {
    /// A well-known instance, in its own repository.
    WellKnown(WellKnown),
    /// A repository that the trust document names.
    Repository(TufRepository),
}

impl fmt::Display for RootKeeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WellKnown(instance) => instance.fmt(f),
            Self::Repository(repository) => f.write_str(&repository.url),
        }
    }
}

impl fmt::Display for WellKnown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PublicGood => "public-good",
            Self::Github => "github",
            Self::Staging => "staging",
        })
    }
}
