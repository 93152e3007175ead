//! Sigstore bundles (sigstore/protobuf-specs `protos/sigstore_bundle.proto`), versions 0.1 to 0.3,
//! in ProtoJSON (protobuf.dev, "ProtoJSON Format"): unknown fields ignored, names in camelCase or
//! as in the proto, 64-bit integers as strings or numbers, bytes in either base64, `null` for
//! absent.
//!
//! Refused: a bundle with more than 32 log entries or timestamps, as sigstore-go refuses it; one
//! without exactly one content and exactly one verification material, fields
//! that occur twice, numbers and bytes that are none. Transparency log entries and timestamps are
//! read and told, not verified.

use crate::envelope::dsse::{Envelope, EnvelopeError, Written as WrittenEnvelope};
use crate::json::{at_most, null_as_default};
use crate::primitive::base64;
use crate::problem::{Code, Raised};
use data_encoding::HEXLOWER;
use referee_core::Timestamp;
use referee_core::facts::{Proof, TimestampFact, TimestampSource, TransparencyFact};
use referee_core::oci::media_type::SIGSTORE_BUNDLE_PREFIX;
use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, de::IgnoredAny};
use std::borrow::Cow;
use std::fmt;

/// The most transparency log entries, and the most timestamps, of one bundle (sigstore-go,
/// `pkg/verify`, `maxAllowedTlogEntries` and `maxAllowedTimestamps`).
const MAX_PROOFS: usize = 32;

/// A bundle that was read.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// What it is to be verified with.
    pub material: Material,
    /// What is signed.
    pub content: Content,
    /// Its transparency log entries; not verified.
    pub transparency: Vec<TransparencyFact>,
    /// Its timestamps; not verified.
    pub timestamps: Vec<TimestampFact>,
}

/// What a bundle is to be verified with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Material {
    /// A key that the verifier has; the hint may say which.
    PublicKey {
        /// cosign writes the base64 of the SHA-256 of the SubjectPublicKeyInfo. Empty: none.
        hint: String,
    },
    /// A certificate, with or without its chain.
    Certificate,
}

/// What a bundle signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A statement in an envelope.
    Envelope(Envelope),
    /// The bytes of the artifact.
    Message {
        /// The hash that the bundle gives for them, where it gives one: algorithm and value.
        digest: Option<(String, Vec<u8>)>,
        /// The signature.
        signature: Vec<u8>,
    },
}

/// Bytes that are not a bundle that this version reads.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// Not JSON, or not of the shape.
    #[error("the Sigstore bundle is malformed: {0}")]
    Json(#[from] serde_json::Error),
    /// The media type is not that of a bundle.
    #[error("the Sigstore bundle gives itself the media type {found:?}")]
    MediaType {
        /// The media type, cut to 80 characters.
        found: String,
    },
    /// A version that this version does not read.
    #[error("the Sigstore bundle has version {found:?}; 0.1, 0.2 and 0.3 are read")]
    Version {
        /// The version, cut to 80 characters.
        found: String,
    },
    /// Not exactly one content, or not exactly one verification material.
    #[error("the Sigstore bundle has {found} where exactly one of {expected} belongs")]
    OneOf {
        /// `none` or `several`.
        found: &'static str,
        /// The fields.
        expected: &'static str,
    },
    /// The envelope in it.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
}

impl BundleError {
    /// The problem in a fact.
    #[must_use]
    pub fn raised(&self) -> Raised {
        let code = match self {
            Self::Version { .. } => Code::BundleVersionUnsupported,
            Self::Envelope(_) => Code::MalformedEnvelope,
            _ => Code::MalformedBundle,
        };
        Raised::new(code, self.to_string())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head<'a> {
    #[serde(borrow, alias = "media_type")]
    media_type: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    #[serde(alias = "verification_material")]
    verification_material: WrittenMaterial,
    #[serde(borrow, default, alias = "dsse_envelope")]
    dsse_envelope: Option<WrittenEnvelope<'a>>,
    #[serde(default, alias = "message_signature")]
    message_signature: Option<WrittenMessage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenMaterial {
    #[serde(default, alias = "public_key")]
    public_key: Option<WrittenKey>,
    #[serde(default, alias = "x509_certificate_chain")]
    x509_certificate_chain: Option<IgnoredAny>,
    #[serde(default)]
    certificate: Option<IgnoredAny>,
    #[serde(default, alias = "tlog_entries", deserialize_with = "at_most::<MAX_PROOFS, _, _>")]
    tlog_entries: Vec<Entry>,
    #[serde(default, alias = "timestamp_verification_data")]
    timestamp_verification_data: Option<Timestamps>,
}

#[derive(Deserialize)]
struct WrittenKey {
    #[serde(default, deserialize_with = "null_as_default")]
    hint: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenMessage {
    #[serde(default, alias = "message_digest")]
    message_digest: Option<WrittenDigest>,
    signature: Base64,
}

#[derive(Deserialize)]
struct WrittenDigest {
    #[serde(default, deserialize_with = "null_as_default")]
    algorithm: String,
    #[serde(default, deserialize_with = "null_as_default")]
    digest: Base64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(default, alias = "log_index", deserialize_with = "null_as_default")]
    log_index: Int64,
    #[serde(default, alias = "log_id", deserialize_with = "null_as_default")]
    log_id: LogId,
    #[serde(default, alias = "integrated_time", deserialize_with = "null_as_default")]
    integrated_time: Int64,
    #[serde(default, alias = "inclusion_promise")]
    inclusion_promise: Option<IgnoredAny>,
    #[serde(default, alias = "inclusion_proof")]
    inclusion_proof: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
struct LogId {
    #[serde(default, rename = "keyId", alias = "key_id", deserialize_with = "null_as_default")]
    key_id: Base64,
}

#[derive(Deserialize)]
struct Timestamps {
    #[serde(
        default,
        rename = "rfc3161Timestamps",
        alias = "rfc3161_timestamps",
        deserialize_with = "at_most::<MAX_PROOFS, _, _>"
    )]
    rfc3161: Vec<IgnoredAny>,
}

impl Bundle {
    /// Reads a bundle.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, BundleError> {
        // The version first: another one may have another shape.
        check_version(&serde_json::from_slice::<Head<'_>>(bytes)?.media_type)?;
        let written: Written<'_> = serde_json::from_slice(bytes)?;
        let material = written.verification_material;
        Ok(Self {
            content: content(written.dsse_envelope, written.message_signature)?,
            transparency: material.tlog_entries.iter().map(Entry::fact).collect(),
            timestamps: material
                .timestamp_verification_data
                .iter()
                .flat_map(|data| &data.rfc3161)
                .map(|_| unread_timestamp())
                .collect(),
            material: one_material(material)?,
        })
    }
}

/// An RFC 3161 timestamp that this version does not look into.
pub(super) fn unread_timestamp() -> TimestampFact {
    TimestampFact {
        source: TimestampSource::Rfc3161,
        authority: String::new(),
        time: None,
        verified: false,
    }
}

/// Both spellings: `….bundle+json;version=0.3` and `….bundle.v0.3+json` (`sigstore_bundle.proto`,
/// `media_type`).
fn check_version(media_type: &str) -> Result<(), BundleError> {
    let cut = |text: &str| text.chars().take(80).collect();
    let version = media_type.strip_prefix(SIGSTORE_BUNDLE_PREFIX).and_then(|rest| {
        rest.strip_prefix("+json;version=")
            .or_else(|| rest.strip_prefix(".v").and_then(|rest| rest.strip_suffix("+json")))
    });
    match version {
        Some("0.1" | "0.2" | "0.3") => Ok(()),
        Some(other) => Err(BundleError::Version { found: cut(other) }),
        None => Err(BundleError::MediaType { found: cut(media_type) }),
    }
}

fn content(
    envelope: Option<WrittenEnvelope<'_>>,
    message: Option<WrittenMessage>,
) -> Result<Content, BundleError> {
    let found = match (envelope, message) {
        (Some(envelope), None) => return Ok(Content::Envelope(envelope.try_into()?)),
        (None, Some(message)) => {
            let digest = message.message_digest.map(|d| (d.algorithm, d.digest.0));
            return Ok(Content::Message { digest, signature: message.signature.0 });
        }
        (None, None) => "none",
        (Some(_), Some(_)) => "several",
    };
    Err(BundleError::OneOf { found, expected: "dsseEnvelope and messageSignature" })
}

fn one_material(material: WrittenMaterial) -> Result<Material, BundleError> {
    let certificates = [material.certificate, material.x509_certificate_chain];
    let found = match (material.public_key, certificates.iter().flatten().count()) {
        (Some(key), 0) => return Ok(Material::PublicKey { hint: key.hint }),
        (None, 1) => return Ok(Material::Certificate),
        (None, 0) => "none",
        _ => "several",
    };
    let expected = "publicKey, certificate and x509CertificateChain";
    Err(BundleError::OneOf { found, expected })
}

impl Entry {
    fn fact(&self) -> TransparencyFact {
        TransparencyFact {
            log: HEXLOWER.encode(&self.log_id.key_id.0),
            index: self.log_index.0,
            integrated_at: integrated_at(self.integrated_time.0),
            proof: match (&self.inclusion_proof, &self.inclusion_promise) {
                (Some(_), _) => Some(Proof::Inclusion),
                (None, Some(_)) => Some(Proof::Set),
                (None, None) => None,
            },
            verified: false,
        }
    }
}

/// A log's integrated time; zero is a log that gives none (Rekor v2).
pub(super) fn integrated_at(seconds: u64) -> Option<Timestamp> {
    let seconds = i64::try_from(seconds).ok().filter(|seconds| *seconds > 0)?;
    Timestamp::from_unix_seconds(seconds)
}

/// Bytes in ProtoJSON.
#[derive(Default)]
struct Base64(Vec<u8>);

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'_, str>::deserialize(deserializer)?;
        base64::any(&text).map(Self).ok_or_else(|| D::Error::custom("bytes are not base64"))
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
