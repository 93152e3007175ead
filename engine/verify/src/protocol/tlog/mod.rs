//! One entry of a transparency log: whether a trusted log has it, since when, and whether it is
//! about this signature.
//!
//! Three things are examined, each with its own outcome, none hiding another: the log's promise
//! ([`LogError::PromiseInvalid`] and the like; the only proof of the entry's time), the inclusion
//! proof with its checkpoint, and the body. [`Outcome::judge`] says which of them a carrier must
//! have. Rekor v1 and v2 are read; see the modules for what each refuses.
//!
//! A log is looked for by the entry's log id. Its key must be trusted for the entry's time where
//! the promise proves it; else the key's time must have begun, and whoever learns the time of the
//! signature from elsewhere asks [`LogKey::is_valid_at`] of [`Outcome::log`].
//!
//! Cosignatures of witnesses decide nothing: trusted roots have no keys of witnesses. Those of the
//! witnesses that the trust document names are told.

mod body;
pub mod checkpoint;
mod entry;
mod error;
mod inclusion;
mod promise;
mod required;
mod shape;
mod signed;
mod witness;

use crate::primitive::memory::Memory;
use crate::primitive::signature::Scheme;
use crate::protocol::log_key::LogKey;
use data_encoding::HEXLOWER;
use referee_core::Timestamp;

pub use entry::{Entry, InclusionProof, Kind};
pub use error::{BodyProblem, LogError, Which};
pub use inclusion::Checkpointed;
pub use required::Carrier;
pub use signed::{Content, Digests, DigestsOfPieces, Signed, Verifier};

pub(crate) use witness::cosigned;

/// What is established about one entry.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outcome<'a> {
    /// The kind of the entry, if it is one that is read.
    pub kind: Option<Kind>,
    /// The trusted log that the entry names, whatever came of the proofs.
    pub log: Option<&'a LogKey>,
    /// Whether the log's promise (SET) holds; `None` where there is none.
    pub promise: Option<Result<(), LogError>>,
    /// Whether the inclusion proof holds, and where in the log the entry is; `None` where there
    /// is none.
    pub inclusion: Option<Result<Checkpointed, LogError>>,
    /// Whether the entry is about this signature.
    pub body: Result<(), LogError>,
    /// When the log took the entry: only what the promise proves.
    pub integrated_at: Option<Timestamp>,
}

impl Outcome<'_> {
    /// Judges the entry as a whole: all that its carrier must have is there, and all that is
    /// there holds.
    ///
    /// # Errors
    /// The first [`LogError`]: of what was signed, then of the promise, then of the inclusion.
    pub fn judge(&self, carrier: Carrier) -> Result<(), LogError> {
        required::judge(self, carrier)
    }

    /// Whether the entry as a whole holds; see [`Outcome::judge`].
    #[must_use]
    pub fn verified(&self, carrier: Carrier) -> bool {
        self.judge(carrier).is_ok()
    }
}

/// Examines an entry.
#[must_use]
pub fn verify<'a>(
    entry: &Entry,
    signed: &Signed<'_>,
    logs: &'a [LogKey],
    now: Timestamp,
    memory: &Memory,
) -> Outcome<'a> {
    let trust = Trust { logs, now, memory };
    let kind = Kind::find(&entry.kind, &entry.version);
    let is_v2 = kind.is_some_and(Kind::is_v2);
    let promise = entry.promise.as_deref().map(|promise| match is_v2 {
        true => Err(LogError::PromiseUnexpected),
        false => promise::verify(entry, promise, &trust),
    });
    let integrated_at = promise.as_ref().and_then(|time| time.as_ref().ok()).copied();
    let inclusion = entry.proof.as_ref();
    Outcome {
        kind,
        log: trust.log(&entry.log_id, integrated_at.unwrap_or(now)).ok(),
        inclusion: inclusion
            .map(|proof| inclusion::verify(entry, proof, is_v2, integrated_at, &trust)),
        body: match kind {
            Some(kind) => body::verify(entry, kind, signed),
            None => Err(LogError::BodyKindUnsupported {
                kind: entry.kind.chars().take(80).collect(),
                version: entry.version.chars().take(80).collect(),
            }),
        },
        promise: promise.map(|time| time.map(drop)),
        integrated_at,
    }
}

/// What an examination trusts and remembers.
struct Trust<'l, 'm> {
    logs: &'l [LogKey],
    now: Timestamp,
    memory: &'m Memory,
}

impl<'l> Trust<'l, '_> {
    /// The log of this id; of several entries for one log, the one for that time.
    fn log(&self, id: &[u8], at: Timestamp) -> Result<&'l LogKey, LogError> {
        let own = || self.logs.iter().filter(|log| log.id == id);
        let log = own().find(|log| log.is_valid_at(at)).or_else(|| own().next());
        log.ok_or_else(|| LogError::UnknownLog { log: HEXLOWER.encode(id.get(..32).unwrap_or(id)) })
    }

    /// The log of this id, trusted for that time.
    fn log_at(&self, id: &[u8], at: Timestamp) -> Result<&'l LogKey, LogError> {
        let log = self.log(id, at)?;
        match log.is_valid_at(at) {
            true => Ok(log),
            false => Err(LogError::OutsideLogValidity { log: log.name.clone(), at }),
        }
    }

    /// The log of this id, trusted since some time that has begun.
    fn log_begun(&self, id: &[u8]) -> Result<&'l LogKey, LogError> {
        let log = self.log(id, self.now)?;
        match log.valid_from.is_none_or(|from| from <= self.now) {
            true => Ok(log),
            false => Err(LogError::OutsideLogValidity { log: log.name.clone(), at: self.now }),
        }
    }
}

/// Whether a log made this signature. Logs sign with the schemes of their key; none prehashes
/// for Ed25519.
fn holds(log: &LogKey, memory: &Memory, message: &[u8], signature: &[u8]) -> bool {
    log.key
        .schemes()
        .filter(|scheme| *scheme != Scheme::Ed25519ph)
        .any(|scheme| memory.verify(&log.key, scheme, message, signature))
}
