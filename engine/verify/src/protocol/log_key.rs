//! The key of a log that is trusted: a transparency log (Rekor) or a certificate transparency log.
//!
//! A log's id is stated by whoever trusts it, not computed here: for Rekor v1 and certificate
//! transparency logs it is the SHA-256 of the key (RFC 6962 section 3.2), for Rekor v2 it follows
//! from the log's name, too.

use crate::primitive::key::PublicKey;
use referee_core::Timestamp;

/// A log that is trusted, and when.
#[derive(Clone, Debug)]
pub struct LogKey {
    /// The log's id, by which what it signed names it.
    pub id: [u8; 32],
    /// The key that it signs with.
    pub key: PublicKey,
    /// The first moment at which the log was trusted; `None` is ever since.
    pub valid_from: Option<Timestamp>,
    /// The last moment at which the log is trusted; `None` is until further notice.
    pub valid_until: Option<Timestamp>,
    /// The log's base URL, by which people know it.
    pub name: String,
}

impl LogKey {
    /// Whether the log is trusted for what it signed at a point in time. Both ends belong to it.
    #[must_use]
    pub fn is_valid_at(&self, at: Timestamp) -> bool {
        self.valid_from.is_none_or(|from| from <= at)
            && self.valid_until.is_none_or(|until| at <= until)
    }
}
