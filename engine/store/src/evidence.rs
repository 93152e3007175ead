//! Evidence: every byte that facts were established from, saved, so that the same can be
//! established again without any network.
//!
//! A [`Recorder`] stands before a store and keeps what it answers, failures and absences
//! included. Saved, this is a folder or an uncompressed tar file:
//!
//! - `evidence.json`: what was asked and what was answered, the time, the limits, the trust
//!   documents' names ([`EvidenceContext`]); of a file that was asked about its digests and size;
//! - `blobs/<algorithm>/<hex>`: manifests, blobs, a file's bundles, trust documents with the files
//!   they name, and the trusted roots of Sigstore instances that they name or imply;
//! - `evidence.sha256`: the digest of `evidence.json`, as `sha256sum` writes and checks it.
//!
//! A [`Replay`] is a store over that. It has no way to any network or other file. Every byte is
//! checked when it is opened: one that was altered is an error that names the file, never a fact.
//! What was not asked for then is unavailable, and never absent.
//!
//! The files prove that they belong together, not who saved them: evidence brings its own trust
//! documents, so whoever was handed evidence by a stranger judges it by trust of their own.

mod archive;
mod error;
mod file;
mod format;
mod record;
mod replay;

pub use error::EvidenceError;
pub use file::EvidenceFile;
pub use format::EvidenceContext;
pub use record::{Recorder, SavedEvidence};
pub use replay::Replay;

/// The file that says what was asked and answered.
const INDEX: &str = "evidence.json";

/// The file with the digest of [`INDEX`].
const SEAL: &str = "evidence.sha256";
