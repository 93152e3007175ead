//! Who must have signed a bundle.

use super::error::SignatureError;
use referee_verify::primitive::jws::{JwsAlgorithm, JwsKey, JwsKeyError};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A key that bundles are checked with.
#[derive(Clone, Debug)]
pub struct BundleKey {
    pub(super) key: JwsKey,
    /// The scope of what it signs, where nothing else is configured.
    pub(super) scope: Option<String>,
}

impl BundleKey {
    /// A key for one algorithm: of HMAC the secret itself, else PEM with a public key or a
    /// certificate.
    ///
    /// # Errors
    /// Where the text is no such key.
    pub fn new(algorithm: JwsAlgorithm, text: &str) -> Result<Self, JwsKeyError> {
        Ok(Self { key: JwsKey::new(algorithm, text)?, scope: None })
    }

    /// The same for a scope: a bundle whose signature names another one is refused.
    #[must_use]
    pub fn with_scope(self, scope: Option<String>) -> Self {
        Self { scope: scope.filter(|scope| !scope.is_empty()), ..self }
    }
}

/// The keys that are configured, by their names.
pub type BundleKeys = Arc<BTreeMap<String, BundleKey>>;

/// What to do with the signature of a bundle.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum SignaturePolicy {
    /// Nobody said who may sign. A bundle without a signature is taken, and one that has a
    /// signature is refused: it was signed to be checked, and nobody can. As OPA.
    #[default]
    Unconfigured,
    /// Signatures are not looked at: for bundles of one's own, whose files one could alter oneself.
    /// What still holds is that the archive is whole.
    Ignored,
    /// Signatures are checked.
    Checked(Verification),
}

/// How signatures are checked.
#[derive(Clone, Debug)]
pub struct Verification {
    pub(super) keys: BundleKeys,
    pub(super) accepted: Accepted,
    pub(super) required: bool,
    pub(super) scope: Option<String>,
    pub(super) excluded: Vec<String>,
}

/// Which of the keys count.
#[derive(Clone, Debug)]
pub(super) enum Accepted {
    /// Each, where the token names it.
    Named,
    /// These, whatever the token names.
    Only(Vec<String>),
}

impl Verification {
    /// Checks with whichever of these keys a token names (`kid`, else the claim `keyid`). Bundles
    /// without a signature are taken until [`Self::with_required`] or [`Self::with_key_ids`]. This
    /// is OPA's `signing` without `keyid`.
    #[must_use]
    pub fn new(keys: BundleKeys) -> Self {
        Self { keys, accepted: Accepted::Named, required: false, scope: None, excluded: Vec::new() }
    }

    /// Demands a signature by one of these keys. Where a token names one of them, by that one. One
    /// name is OPA's `keyid`.
    ///
    /// # Errors
    /// [`SignatureError::KeyUnknown`] where there is no key of a name,
    /// [`SignatureError::NoKeysAccepted`] where there are no names.
    pub fn with_key_ids(self, ids: Vec<String>) -> Result<Self, SignatureError> {
        if ids.is_empty() {
            return Err(SignatureError::NoKeysAccepted);
        }
        if let Some(id) = ids.iter().find(|id| !self.keys.contains_key(*id)) {
            return Err(SignatureError::KeyUnknown { id: id.clone() });
        }
        Ok(Self { accepted: Accepted::Only(ids), required: true, ..self })
    }

    /// Demands a signature, or does not.
    #[must_use]
    pub fn with_required(self, required: bool) -> Self {
        Self { required, ..self }
    }

    /// Demands a scope, in place of the one that a key has. Empty is as if nothing were said.
    #[must_use]
    pub fn with_scope(self, scope: Option<String>) -> Self {
        Self { scope: scope.filter(|scope| !scope.is_empty()), ..self }
    }

    /// Leaves files out, signed or not: `*` and `?` stand for characters other than a slash.
    #[must_use]
    pub fn with_excluded(self, patterns: Vec<String>) -> Self {
        Self { excluded: patterns, ..self }
    }
}

/// Whose signature was found to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignedBy {
    /// The name of the key.
    pub key_id: String,
    /// The algorithm.
    pub algorithm: JwsAlgorithm,
    /// The scope, where the signature has one.
    pub scope: Option<String>,
}
