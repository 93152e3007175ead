//! Public keys of the trust document.

use super::entry::{Entry, EntryKind, scopes};
use super::{Requirement, Scope, TrustError, TrustSource};
use crate::timestamp::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

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
    /// Whether a signature by it must stand in a transparency log of a Sigstore instance of the
    /// trust document. A key vouches for itself, so it need not by default.
    #[serde(default)]
    pub log: Requirement,
    /// Whether a signature by it must have a timestamp of an authority of a Sigstore instance of
    /// the trust document. A key vouches for itself, so it need not by default.
    #[serde(default)]
    pub timestamp: Requirement,
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
    /// Whether its signatures must stand in a transparency log.
    pub log: Requirement,
    /// Whether its signatures must have a timestamp of an authority.
    pub timestamp: Requirement,
    /// Why it is not to be trusted any more.
    pub revoked: Option<Revocation>,
}

impl TrustedKey {
    pub(super) fn new(
        source: &TrustSource,
        position: usize,
        written: &KeyEntry,
    ) -> Result<Self, TrustError> {
        let entry = Entry::new(source, EntryKind::Key, position, &written.name)?;
        let (pem, provider) = match (&written.pem, &written.file) {
            (Some(pem), None) => (pem.clone(), "inline"),
            (None, Some(file)) => (entry.file(source, file)?, "file"),
            _ => return Err(TrustError::KeySource { entry }),
        };
        let scopes = scopes(&entry, &written.scopes)?;
        if let (Some(not_before), Some(not_after)) = (written.not_before, written.not_after)
            && not_after <= not_before
        {
            return Err(TrustError::Validity { entry, not_before, not_after });
        }
        Ok(Self {
            name: entry.name,
            pem,
            provider,
            scopes,
            not_before: written.not_before,
            not_after: written.not_after,
            log: written.log,
            timestamp: written.timestamp,
            revoked: written.revoked.clone(),
        })
    }

    pub(super) fn describe(&self) -> Value {
        json!({
            "name": self.name,
            "pem": self.pem,
            "provider": self.provider,
            "scopes": self.scopes.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "not_before": self.not_before.map(|t| t.to_string()),
            "not_after": self.not_after.map(|t| t.to_string()),
            "log": self.log,
            "timestamp": self.timestamp,
            "revoked": self.revoked.as_ref().map(|r| &r.reason),
        })
    }
}
