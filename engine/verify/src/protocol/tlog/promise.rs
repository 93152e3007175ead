//! The signed entry timestamp (SET) of Rekor v1: the log's signature over body, time, log and
//! index of an entry (sigstore/rekor `pkg/types/README.md`; sigstore/protobuf-specs
//! `sigstore_rekor.proto`, `InclusionPromise`), as canonical JSON (RFC 8785).
//!
//! It promises that the entry is in the log, and it is the only thing that proves the entry's
//! time. Refused: a time that is still to come or outside the log's validity, and an entry of
//! Rekor v2, which makes none.

use super::entry::Entry;
use super::error::LogError;
use super::{Trust, holds};
use data_encoding::{BASE64, HEXLOWER};
use referee_core::Timestamp;

/// Holds the promise of an entry against the keys of its log; gives the proven time.
pub(super) fn verify(
    entry: &Entry,
    promise: &[u8],
    trust: &Trust<'_, '_>,
) -> Result<Timestamp, LogError> {
    let time = entry.integrated_time.ok_or(LogError::PromiseWithoutTime)?;
    let log = trust.log_at(&entry.log_id, time)?;
    let message = signed(entry, time);
    if !holds(log, trust.memory, message.as_bytes(), promise) {
        return Err(LogError::PromiseInvalid { log: log.name.clone() });
    }
    if time > trust.now {
        return Err(LogError::TimeInFuture { at: time, now: trust.now });
    }
    Ok(time)
}

/// What the log signed. The members stand in the order of RFC 8785 section 3.2.3; base64, hex and
/// these integers need no escapes.
fn signed(entry: &Entry, time: Timestamp) -> String {
    format!(
        r#"{{"body":"{}","integratedTime":{},"logID":"{}","logIndex":{}}}"#,
        BASE64.encode(&entry.canonicalized_body),
        time.unix_seconds(),
        HEXLOWER.encode(&entry.log_id),
        entry.log_index,
    )
}
