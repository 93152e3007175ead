//! Sigstore instances of the trust document: whose certificates, logs and timestamps count.

use super::entry::{Entry, EntryKind};
use super::root::{RootKeeper, RootSource, TufRepository, WellKnown};
use super::{TrustError, TrustSource, Witness};
use crate::digest::Digest;
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

/// A TUF repository as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TufEntry {
    /// Its URL, `https://…` (or `http://…`, for a host that the configuration lists under
    /// `registry.plain_http`). Metadata is right below it, targets are below `targets/`.
    pub url: String,
    /// The path of a `root.json` of the repository, relative to the trust document: the first
    /// that is trusted. Later ones follow from it.
    pub root: String,
}

/// One Sigstore instance as it is written. Exactly one of `instance`, `file` and `tuf` says where
/// its trusted root comes from.
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
    /// A TUF repository that keeps a `trusted_root.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tuf: Option<TufEntry>,
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
    /// Witnesses of its transparency logs, each a verifier key (`name+id+key`). Who of them
    /// cosigned stands in the facts; trusted roots do not name any yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witnesses: Vec<String>,
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
    /// The witnesses of its transparency logs.
    pub witnesses: Vec<Witness>,
}

impl TrustedSigstore {
    /// Who keeps its trusted root, where that is not the trust document.
    #[must_use]
    pub fn keeper(&self) -> Option<RootKeeper> {
        match &self.root {
            RootSource::WellKnown(instance) => Some(RootKeeper::WellKnown(*instance)),
            RootSource::Tuf { repository, .. } => Some(RootKeeper::Repository(repository.clone())),
            RootSource::Supplied { keeper, .. } => Some(keeper.clone()),
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
        let timestamp = Requirement::Optional;
        Self { name, root, log: logged, sct: logged, timestamp, witnesses: Vec::new() }
    }

    pub(super) fn new(
        source: &TrustSource,
        position: usize,
        written: &SigstoreEntry,
    ) -> Result<(Self, Entry), TrustError> {
        let entry = Entry::new(source, EntryKind::Sigstore, position, &written.name)?;
        let root = match (written.instance, &written.file, &written.tuf) {
            (Some(instance), None, None) => RootSource::WellKnown(instance),
            (None, Some(file), None) => {
                RootSource::File { name: file.clone(), json: entry.file(source, file)? }
            }
            (None, None, Some(tuf)) => repository(&entry, source, tuf)?,
            _ => return Err(TrustError::RootSource { entry }),
        };
        let mut trusted = Self::of(entry.name.clone(), root);
        trusted.log = written.log.unwrap_or(trusted.log);
        trusted.sct = written.sct.unwrap_or(trusted.sct);
        trusted.timestamp = written.timestamp.unwrap_or(trusted.timestamp);
        let witness = |text: &String| {
            Witness::parse(text).map_err(|source| TrustError::Witness {
                entry: entry.clone(),
                text: text.clone(),
                source,
            })
        };
        trusted.witnesses = written.witnesses.iter().map(witness).collect::<Result<_, _>>()?;
        Ok((trusted, entry))
    }

    pub(super) fn describe(&self) -> Value {
        let root = match &self.root {
            RootSource::WellKnown(instance) => json!({ "instance": instance }),
            RootSource::Tuf { repository, .. } => json!({ "tuf": repository }),
            RootSource::Supplied { keeper, root } => {
                let json = &root.json;
                match keeper {
                    RootKeeper::WellKnown(instance) => {
                        json!({ "instance": instance, "json": json, "expires_at": root.expires_at })
                    }
                    RootKeeper::Repository(repository) => {
                        json!({ "tuf": repository, "json": json, "expires_at": root.expires_at })
                    }
                }
            }
            RootSource::File { json, .. } => json!({ "json": json }),
        };
        json!({
            "name": self.name,
            "root": root,
            "log": self.log,
            "sct": self.sct,
            "timestamp": self.timestamp,
            "witnesses": self.witnesses.iter().map(Witness::describe).collect::<Vec<Value>>(),
        })
    }
}

fn repository(
    entry: &Entry,
    source: &TrustSource,
    written: &TufEntry,
) -> Result<RootSource, TrustError> {
    let url = written.url.trim_end_matches('/');
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let usable = host.is_some_and(|host| {
        !host.is_empty()
            && !host.starts_with('/')
            && !host.contains(['@', '?', '#'])
            && !host.contains(char::is_whitespace)
    });
    if !usable {
        return Err(TrustError::RepositoryUrl { entry: entry.clone(), url: written.url.clone() });
    }
    let anchor = entry.file(source, &written.root)?;
    let repository =
        TufRepository { url: url.to_owned(), anchor: Digest::sha256(anchor.as_bytes()) };
    Ok(RootSource::Tuf { repository, anchor })
}
