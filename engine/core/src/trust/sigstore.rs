//! Sigstore instances of the trust document: whose certificates, logs and timestamps count.

use super::entry::{Entry, EntryKind};
use super::{TrustError, TrustSource};
use crate::facts::TrustRootSource;
use crate::timestamp::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Whether something must be there. What is there is verified in either case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Requirement {
    /// It must be there, and hold.
    Required,
    /// It may be missing.
    #[default]
    Optional,
}

impl Requirement {
    /// Whether it is required.
    #[must_use]
    pub fn is_required(self) -> bool {
        self == Self::Required
    }
}

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

/// One Sigstore instance as it is written. Exactly one of `instance` and `file` says where its
/// trusted root comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SigstoreEntry {
    /// What identities and facts call it.
    pub name: String,
    /// A well-known instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<WellKnown>,
    /// The path of a `trusted_root.json`, relative to the trust document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Whether a signature must stand in a transparency log of the instance. Required by default,
    /// but not for GitHub's, which has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<Requirement>,
    /// Whether a certificate must stand in a certificate transparency log of the instance.
    /// Required by default, but not for GitHub's, which has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sct: Option<Requirement>,
    /// Whether a signature must have a timestamp of an authority of the instance. Not required by
    /// default; but some proof of the time of signing, this or a log's, is needed always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Requirement>,
}

/// One Sigstore instance of the trust document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedSigstore {
    /// Its name, unique among the instances of all documents.
    pub name: String,
    /// Where its trusted root comes from.
    pub root: RootSource,
    /// Whether a signature must stand in a transparency log.
    pub log: Requirement,
    /// Whether a certificate must stand in a certificate transparency log.
    pub sct: Requirement,
    /// Whether a signature must have a timestamp of an authority.
    pub timestamp: Requirement,
}

/// Where a trusted root comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RootSource {
    /// It comes with Referee.
    WellKnown(WellKnown),
    /// That of a well-known instance as somebody brought it: instead of the one that comes with
    /// Referee.
    Supplied {
        /// The instance.
        instance: WellKnown,
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

/// The trusted root of a well-known instance, as it was had.
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

impl TrustedSigstore {
    /// The well-known instance that it is, where it is one.
    #[must_use]
    pub fn well_known(&self) -> Option<WellKnown> {
        match &self.root {
            RootSource::WellKnown(instance) | RootSource::Supplied { instance, .. } => {
                Some(*instance)
            }
            RootSource::File { .. } => None,
        }
    }

    /// The instance that counts where a trust document names none.
    #[must_use]
    pub fn public_good() -> Self {
        Self::of("public-good".to_owned(), RootSource::WellKnown(WellKnown::PublicGood))
    }

    fn of(name: String, root: RootSource) -> Self {
        let logged = match root {
            RootSource::WellKnown(WellKnown::Github) => Requirement::Optional,
            _ => Requirement::Required,
        };
        Self { name, root, log: logged, sct: logged, timestamp: Requirement::Optional }
    }

    pub(super) fn new(
        source: &TrustSource,
        position: usize,
        written: &SigstoreEntry,
    ) -> Result<(Self, Entry), TrustError> {
        let entry = Entry::new(source, EntryKind::Sigstore, position, &written.name)?;
        let root = match (written.instance, &written.file) {
            (Some(instance), None) => RootSource::WellKnown(instance),
            (None, Some(file)) => {
                RootSource::File { name: file.clone(), json: entry.file(source, file)? }
            }
            _ => return Err(TrustError::RootSource { entry }),
        };
        let mut trusted = Self::of(entry.name.clone(), root);
        trusted.log = written.log.unwrap_or(trusted.log);
        trusted.sct = written.sct.unwrap_or(trusted.sct);
        trusted.timestamp = written.timestamp.unwrap_or(trusted.timestamp);
        Ok((trusted, entry))
    }

    pub(super) fn describe(&self) -> Value {
        let root = match &self.root {
            RootSource::WellKnown(instance) => json!({ "instance": instance }),
            RootSource::Supplied { instance, root } => {
                json!({ "instance": instance, "json": root.json, "expires_at": root.expires_at })
            }
            RootSource::File { json, .. } => json!({ "json": json }),
        };
        json!({
            "name": self.name,
            "root": root,
            "log": self.log,
            "sct": self.sct,
            "timestamp": self.timestamp,
        })
    }
}
