//! The shapes of a bundle in ProtoJSON (protobuf.dev, "ProtoJSON Format"): unknown fields ignored,
//! names in camelCase or as in the proto, 64-bit integers as strings or numbers, bytes in either
//! base64, `null` and absent for the default.

use crate::envelope::dsse;
use crate::json::{at_most, null_as_default};
use crate::primitive::base64;
use crate::protocol::tlog::{Entry, InclusionProof};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};
use std::borrow::Cow;
use std::fmt;

/// The most transparency log entries, and the most timestamps, of one bundle (sigstore-go,
/// `pkg/verify`, `maxAllowedTlogEntries` and `maxAllowedTimestamps`).
const MAX_PROOFS: usize = 32;

/// The most certificates of one chain (sigstore-go, `pkg/bundle`, has no limit; a chain of Fulcio's
/// has two besides the root).
const MAX_CERTIFICATES: usize = 10;

/// The most hashes of an inclusion proof: a tree of 2^64 leaves has as many levels.
const MAX_HASHES: usize = 64;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Head<'a> {
    #[serde(borrow, alias = "media_type")]
    pub(super) media_type: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Written<'a> {
    #[serde(borrow, alias = "media_type")]
    pub(super) media_type: Cow<'a, str>,
    #[serde(alias = "verification_material")]
    pub(super) verification_material: Material,
    #[serde(borrow, default, alias = "dsse_envelope")]
    pub(super) dsse_envelope: Option<dsse::Written<'a>>,
    #[serde(default, alias = "message_signature")]
    pub(super) message_signature: Option<Message>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Material {
    #[serde(default, alias = "public_key")]
    pub(super) public_key: Option<Key>,
    #[serde(default, alias = "x509_certificate_chain")]
    pub(super) x509_certificate_chain: Option<Chain>,
    #[serde(default)]
    pub(super) certificate: Option<Certificate>,
    #[serde(default, alias = "tlog_entries", deserialize_with = "at_most::<MAX_PROOFS, _, _>")]
    pub(super) tlog_entries: Vec<LogEntry>,
    #[serde(default, alias = "timestamp_verification_data", deserialize_with = "null_as_default")]
    pub(super) timestamp_verification_data: Timestamps,
}

#[derive(Deserialize)]
pub(super) struct Key {
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) hint: String,
}

#[derive(Deserialize)]
pub(super) struct Chain {
    #[serde(default, deserialize_with = "at_most::<MAX_CERTIFICATES, _, _>")]
    pub(super) certificates: Vec<Certificate>,
}

#[derive(Deserialize)]
pub(super) struct Certificate {
    #[serde(
        default,
        rename = "rawBytes",
        alias = "raw_bytes",
        deserialize_with = "null_as_default"
    )]
    pub(super) raw_bytes: Base64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Message {
    #[serde(default, alias = "message_digest")]
    pub(super) message_digest: Option<MessageDigest>,
    pub(super) signature: Base64,
}

#[derive(Deserialize)]
pub(super) struct MessageDigest {
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) algorithm: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) digest: Base64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogEntry {
    #[serde(default, alias = "log_index", deserialize_with = "null_as_default")]
    log_index: Int64,
    #[serde(default, alias = "log_id", deserialize_with = "null_as_default")]
    log_id: LogId,
    #[serde(default, alias = "kind_version", deserialize_with = "null_as_default")]
    kind_version: KindVersion,
    #[serde(default, alias = "integrated_time", deserialize_with = "null_as_default")]
    integrated_time: Int64,
    #[serde(default, alias = "inclusion_promise")]
    inclusion_promise: Option<Promise>,
    #[serde(default, alias = "inclusion_proof")]
    inclusion_proof: Option<Proof>,
    #[serde(default, alias = "canonicalized_body", deserialize_with = "null_as_default")]
    canonicalized_body: Base64,
}

#[derive(Default, Deserialize)]
struct LogId {
    #[serde(default, rename = "keyId", alias = "key_id", deserialize_with = "null_as_default")]
    key_id: Base64,
}

#[derive(Default, Deserialize)]
struct KindVersion {
    #[serde(default, deserialize_with = "null_as_default")]
    kind: String,
    #[serde(default, deserialize_with = "null_as_default")]
    version: String,
}

#[derive(Deserialize)]
struct Promise {
    #[serde(
        default,
        rename = "signedEntryTimestamp",
        alias = "signed_entry_timestamp",
        deserialize_with = "null_as_default"
    )]
    signed_entry_timestamp: Base64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Proof {
    #[serde(default, alias = "log_index", deserialize_with = "null_as_default")]
    log_index: Int64,
    #[serde(default, alias = "root_hash", deserialize_with = "null_as_default")]
    root_hash: Base64,
    #[serde(default, alias = "tree_size", deserialize_with = "null_as_default")]
    tree_size: Int64,
    #[serde(default, deserialize_with = "at_most::<MAX_HASHES, _, _>")]
    hashes: Vec<Base64>,
    #[serde(default, deserialize_with = "null_as_default")]
    checkpoint: Checkpoint,
}

#[derive(Default, Deserialize)]
struct Checkpoint {
    #[serde(default, deserialize_with = "null_as_default")]
    envelope: String,
}

#[derive(Default, Deserialize)]
pub(super) struct Timestamps {
    #[serde(
        default,
        rename = "rfc3161Timestamps",
        alias = "rfc3161_timestamps",
        deserialize_with = "at_most::<MAX_PROOFS, _, _>"
    )]
    pub(super) rfc3161: Vec<SignedTimestamp>,
}

#[derive(Deserialize)]
pub(super) struct SignedTimestamp {
    #[serde(
        default,
        rename = "signedTimestamp",
        alias = "signed_timestamp",
        deserialize_with = "null_as_default"
    )]
    pub(super) signed_timestamp: Base64,
}

impl From<LogEntry> for Entry {
    fn from(written: LogEntry) -> Self {
        Self {
            log_index: written.log_index.0,
            log_id: written.log_id.key_id.0,
            kind: written.kind_version.kind,
            version: written.kind_version.version,
            integrated_time: super::integrated_at(written.integrated_time.0),
            promise: written.inclusion_promise.map(|promise| promise.signed_entry_timestamp.0),
            proof: written.inclusion_proof.map(InclusionProof::from),
            canonicalized_body: written.canonicalized_body.0,
        }
    }
}

impl From<Proof> for InclusionProof {
    fn from(written: Proof) -> Self {
        Self {
            log_index: written.log_index.0,
            root_hash: written.root_hash.0,
            tree_size: written.tree_size.0,
            hashes: written.hashes.into_iter().map(|hash| hash.0).collect(),
            checkpoint: written.checkpoint.envelope,
        }
    }
}

/// Bytes in ProtoJSON. Line ends in them are skipped, as Go's reader does, which is the one that
/// most tools have.
#[derive(Default)]
pub(super) struct Base64(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Base64;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes in base64")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Base64, E> {
                // No alphabet has line ends, so only a text that cannot be read may have them.
                let folded = || base64::any(&text.replace(['\r', '\n'], ""));
                let bytes = base64::any(text).or_else(folded);
                bytes.map(Base64).ok_or_else(|| E::custom("bytes are not base64"))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

/// An `int64` in ProtoJSON that cannot be negative here.
#[derive(Default)]
struct Int64(u64);

impl<'de> Deserialize<'de> for Int64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl Visitor<'_> for Either {
            type Value = Int64;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a non-negative 64-bit integer or its text")
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Int64, E> {
                Ok(Int64(value))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Int64, E> {
                text.parse().map(Int64).map_err(|_| E::custom("an integer is none"))
            }
        }

        deserializer.deserialize_any(Either)
    }
}
