//! The trust document: whose signatures count, and where.
//!
//! One YAML or JSON file, or several that are merged. Read in two stages: [`TrustDocument`] is
//! what the author typed, [`Trust`] is what it means, with every name unique, every key read and
//! every scope checked. Nothing else of the product sees the first.

mod scope;

pub use scope::{Scope, ScopeError};

use crate::digest::Digest;
use crate::document::{self, DocumentError};
use crate::error::Coded;
use crate::json::canonical;
use crate::timestamp::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A trust document as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustDocument {
    /// Public keys.
    #[serde(default)]
    pub keys: Vec<KeyEntry>,
}

/// One public key as it is written. Exactly one of `pem` and `file` says where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyEntry {
    /// What policies and decisions call it.
    pub name: String,
    /// The key itself, PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pem: Option<String>,
    /// The path of a PEM file, relative to the trust document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The repositories it may sign for, `registry.example/team/**`.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The start of its validity, inclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// The end of its validity, exclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
    /// Set where the key must not be trusted any more, whatever it signed and whenever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Revocation>,
}

/// Why a key is not to be trusted any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// Why, for whoever reads a denial.
    pub reason: String,
    /// When it was revoked, for the record: a signature's own date is not proven, so those from
    /// before that time are not trusted either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

impl TrustDocument {
    /// Reads a document. `name` is what errors call it.
    ///
    /// # Errors
    /// [`DocumentError`], with the place in the document.
    pub fn read(name: &str, text: &str) -> Result<Self, DocumentError> {
        document::read(name, text)
    }

    /// The key files that it names, each once.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().filter_map(|key| key.file.as_deref())
    }
}

/// A trust document that was read, with the files it names.
#[derive(Clone, Debug)]
pub struct TrustSource {
    /// What errors call it.
    pub name: String,
    /// The document.
    pub document: TrustDocument,
    /// The content of each file it names, under the name it is named by.
    pub files: BTreeMap<String, String>,
}

/// What the trust documents mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    keys: Vec<TrustedKey>,
    revision: Digest,
}

/// One key of the trust document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedKey {
    /// Its name, unique among all documents.
    pub name: String,
    /// The PEM text.
    pub pem: String,
    /// `inline` or `file`.
    pub provider: &'static str,
    /// The repositories it may sign for; never empty.
    pub scopes: Vec<Scope>,
    /// The start of its validity, inclusive.
    pub not_before: Option<Timestamp>,
    /// The end of its validity, exclusive.
    pub not_after: Option<Timestamp>,
    /// Why it is not to be trusted any more.
    pub revoked: Option<Revocation>,
}

/// A trust document that says something it cannot mean.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// It could not be read.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// Two entries have one name.
    #[error("{document}: two keys are named {name:?}")]
    DuplicateName {
        /// The document with the second.
        document: String,
        /// The name.
        name: String,
    },
    /// An entry has no name.
    #[error("{document}: keys[{position}] has an empty name")]
    EmptyName {
        /// The document.
        document: String,
        /// Which entry.
        position: usize,
    },
    /// An entry has neither `pem` nor `file`, or both.
    #[error("{document}: key {name:?} must have exactly one of `pem` and `file`")]
    KeySource {
        /// The document.
        document: String,
        /// The entry.
        name: String,
    },
    /// A file that an entry names was not handed over.
    #[error("{document}: key {name:?}: file {file:?} was not read")]
    MissingFile {
        /// The document.
        document: String,
        /// The entry.
        name: String,
        /// The file.
        file: String,
    },
    /// An entry has no scope.
    #[error("{document}: key {name:?} has no scopes, so it would be trusted nowhere")]
    NoScopes {
        /// The document.
        document: String,
        /// The entry.
        name: String,
    },
    /// A scope is not valid.
    #[error("{document}: key {name:?}: scope {scope:?} is not valid")]
    Scope {
        /// The document.
        document: String,
        /// The entry.
        name: String,
        /// The scope.
        scope: String,
        /// What is wrong with it.
        source: ScopeError,
    },
    /// The validity ends before it starts.
    #[error("{document}: key {name:?} is valid until {not_after}, which is not after {not_before}")]
    Validity {
        /// The document.
        document: String,
        /// The entry.
        name: String,
        /// The start.
        not_before: Timestamp,
        /// The end.
        not_after: Timestamp,
    },
}

impl Coded for TrustError {
    fn code(&self) -> &'static str {
        match self {
            Self::Document(error) => error.code(),
            Self::DuplicateName { .. } => "trust_duplicate_name",
            Self::EmptyName { .. } => "trust_empty_name",
            Self::KeySource { .. } => "trust_key_source",
            Self::MissingFile { .. } => "trust_missing_file",
            Self::NoScopes { .. } => "trust_no_scopes",
            Self::Scope { .. } => "trust_scope",
            Self::Validity { .. } => "trust_validity",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Document(error) => error.hint(),
            Self::NoScopes { .. } => {
                Some("name the repositories it signs for, or [\"**\"] for everywhere".into())
            }
            Self::Scope { source, .. } => source.hint(),
            _ => None,
        }
    }
}

impl Trust {
    /// A trust that trusts nobody.
    #[must_use]
    pub fn nobody() -> Self {
        Self { keys: Vec::new(), revision: Digest::sha256(b"{}") }
    }

    /// What some documents mean together.
    ///
    /// # Errors
    /// [`TrustError`], for the first thing that a document cannot mean.
    pub fn new(sources: &[TrustSource]) -> Result<Self, TrustError> {
        let mut keys: Vec<TrustedKey> = Vec::new();
        for source in sources {
            for (position, entry) in source.document.keys.iter().enumerate() {
                let key = TrustedKey::new(source, position, entry)?;
                if keys.iter().any(|other| other.name == key.name) {
                    let document = source.name.clone();
                    return Err(TrustError::DuplicateName { document, name: key.name });
                }
                keys.push(key);
            }
        }
        let revision = Digest::sha256(describe(&keys).as_bytes());
        Ok(Self { keys, revision })
    }

    /// The keys, in the order of the documents.
    #[must_use]
    pub fn keys(&self) -> &[TrustedKey] {
        &self.keys
    }

    /// The digest over all that is trusted: the same for the same meaning.
    #[must_use]
    pub fn revision(&self) -> &Digest {
        &self.revision
    }
}

fn describe(keys: &[TrustedKey]) -> String {
    let keys: Vec<_> = keys
        .iter()
        .map(|key| {
            serde_json::json!({
                "name": key.name,
                "pem": key.pem,
                "provider": key.provider,
                "scopes": key.scopes.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "not_before": key.not_before.map(|t| t.to_string()),
                "not_after": key.not_after.map(|t| t.to_string()),
                "revoked": key.revoked.as_ref().map(|r| &r.reason),
            })
        })
        .collect();
    canonical(&serde_json::Value::from(keys))
}

impl TrustedKey {
    fn new(source: &TrustSource, position: usize, entry: &KeyEntry) -> Result<Self, TrustError> {
        let document = || source.name.clone();
        let name = entry.name.clone();
        if name.trim().is_empty() {
            return Err(TrustError::EmptyName { document: document(), position });
        }
        let (pem, provider) = match (&entry.pem, &entry.file) {
            (Some(pem), None) => (pem.clone(), "inline"),
            (None, Some(file)) => match source.files.get(file) {
                Some(content) => (content.clone(), "file"),
                None => {
                    let file = file.clone();
                    return Err(TrustError::MissingFile { document: document(), name, file });
                }
            },
            _ => return Err(TrustError::KeySource { document: document(), name }),
        };
        if entry.scopes.is_empty() {
            return Err(TrustError::NoScopes { document: document(), name });
        }
        let scopes = entry
            .scopes
            .iter()
            .map(|scope| {
                scope.parse().map_err(|source| TrustError::Scope {
                    document: document(),
                    name: name.clone(),
                    scope: scope.clone(),
                    source,
                })
            })
            .collect::<Result<Vec<Scope>, _>>()?;
        if let (Some(not_before), Some(not_after)) = (entry.not_before, entry.not_after)
            && not_after <= not_before
        {
            return Err(TrustError::Validity { document: document(), name, not_before, not_after });
        }
        Ok(Self {
            name,
            pem,
            provider,
            scopes,
            not_before: entry.not_before,
            not_after: entry.not_after,
            revoked: entry.revoked.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trust(text: &str) -> Result<Trust, TrustError> {
        let document = TrustDocument::read("trust.yaml", text)?;
        Trust::new(&[TrustSource { name: "trust.yaml".into(), document, files: BTreeMap::new() }])
    }

    #[test]
    fn each_thing_a_document_cannot_mean_has_its_own_error() {
        let cases = [
            ("keys: [{name: a, pem: x, scopes: ['**'], scope: x}]", "unknown_field"),
            ("keys: [{name: a, pem: x, file: y, scopes: ['**']}]", "trust_key_source"),
            ("keys: [{name: a, scopes: ['**']}]", "trust_key_source"),
            ("keys: [{name: a, file: y, scopes: ['**']}]", "trust_missing_file"),
            ("keys: [{name: a, pem: x}]", "trust_no_scopes"),
            ("keys: [{name: '', pem: x, scopes: ['**']}]", "trust_empty_name"),
            ("keys: [{name: a, pem: x, scopes: ['team*']}]", "trust_scope"),
            (
                "keys: [{name: a, pem: x, scopes: ['**']}, {name: a, pem: y, scopes: ['**']}]",
                "trust_duplicate_name",
            ),
            (
                "keys: [{name: a, pem: x, scopes: ['**'], not_before: '2026-01-02T00:00:00Z', not_after: '2026-01-01T00:00:00Z'}]",
                "trust_validity",
            ),
            ("keys: [{name: a, pem: x, scopes: ['**'], not_after: soon}]", "document_shape"),
        ];
        for (text, code) in cases {
            let error = trust(text).expect_err(text);
            assert_eq!(error.code(), code, "{text}: {error}");
        }
    }

    #[test]
    fn the_revision_follows_the_meaning_not_the_layout() {
        let a = trust("keys: [{name: a, pem: x, scopes: ['**']}]").unwrap();
        let b = trust("# comment\nkeys:\n- scopes: ['**']\n  pem: x\n  name: a\n").unwrap();
        let c = trust("keys: [{name: a, pem: x, scopes: ['r.example/**']}]").unwrap();
        assert_eq!(a.revision(), b.revision());
        assert_ne!(a.revision(), c.revision());
    }
}
