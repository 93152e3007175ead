//! What could not be had, as a fact.
//!
//! A dependency that fails never makes the subject fail: it becomes one of these, and the policy
//! decides what that means.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What kind of thing could not be had.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum UnavailableKind {
    /// A listing or a manifest of the registry or layout.
    Registry,
    /// A blob.
    Blob,
    /// A key from a provider.
    Key,
    /// An OCSP response.
    Ocsp,
    /// A certificate revocation list.
    Crl,
    /// A timestamp.
    Timestamp,
    /// A transparency log.
    Transparency,
    /// A trusted root.
    TrustRoot,
    /// A DID document.
    Did,
    /// A policy or its data.
    Policy,
    /// The examination itself, cut off by a budget or a deadline.
    Verification,
}

/// Why it could not be had.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UnavailableCode {
    /// Not there in time: no answer, too slow, or cut off by the request's deadline.
    Timeout,
    /// No connection, or an answer that is a server fault (5xx).
    Refused,
    /// The server asked to be left alone for a while (429).
    Throttled,
    /// The server says that it is not there, though something refers to it.
    NotFound,
    /// Larger, or more of them, than the limits allow.
    TooLarge,
    /// Not in the form that its specification demands.
    Malformed,
    /// The bytes do not have the digest or the size that refers to them.
    DigestMismatch,
    /// The server wants other credentials (401, 403).
    Denied,
}

impl UnavailableCode {
    /// The code as it stands in the facts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Refused => "refused",
            Self::Throttled => "throttled",
            Self::NotFound => "not_found",
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::DigestMismatch => "digest_mismatch",
            Self::Denied => "denied",
        }
    }

    /// Whether asking again later may bring another answer without anybody changing anything.
    #[must_use]
    pub fn retryable(self) -> bool {
        matches!(self, Self::Timeout | Self::Refused | Self::Throttled)
    }
}

impl UnavailableKind {
    /// The kind as it stands in the facts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Blob => "blob",
            Self::Key => "key",
            Self::Ocsp => "ocsp",
            Self::Crl => "crl",
            Self::Timestamp => "timestamp",
            Self::Transparency => "transparency",
            Self::TrustRoot => "trust-root",
            Self::Did => "did",
            Self::Policy => "policy",
            Self::Verification => "verification",
        }
    }
}

/// One thing that could not be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unavailable {
    /// What kind of thing.
    pub kind: UnavailableKind,
    /// Which one: a URL path, a digest, a key name. Never a secret.
    pub target: String,
    /// Why.
    pub code: UnavailableCode,
    /// One sentence for a reader.
    pub message: String,
    /// How long it was tried, in milliseconds.
    pub elapsed_ms: u64,
    /// Whether asking again later may help.
    pub retryable: bool,
    /// Which lists of the facts document may be short, or which entries are, because of it:
    /// `referrers`, `signatures`, `signatures/3`.
    pub affects: Vec<String>,
}

impl Unavailable {
    /// An entry that affects nothing yet and took no time.
    #[must_use]
    pub fn new(
        kind: UnavailableKind,
        target: impl Into<String>,
        code: UnavailableCode,
        message: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            target: target.into(),
            code,
            message: message.into(),
            elapsed_ms: 0,
            retryable: code.retryable(),
            affects: Vec::new(),
        }
    }

    /// The same entry with another list or entry that it affects.
    #[must_use]
    pub fn affecting(mut self, affects: impl Into<String>) -> Self {
        self.affects.push(affects.into());
        self
    }
}
