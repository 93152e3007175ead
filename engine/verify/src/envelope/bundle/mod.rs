//! Sigstore bundles (sigstore/protobuf-specs `protos/sigstore_bundle.proto`), versions 0.1 to 0.3.
//!
//! Refused: a bundle with more than 32 log entries or timestamps, as sigstore-go refuses it; one
//! without exactly one content and exactly one verification material, a chain of certificates
//! that is empty or that stands where its version has one certificate, fields that occur twice,
//! numbers and bytes that are none. What its log entries and timestamps are worth is judged in
//! [`crate::protocol`].

mod wire;

use super::dsse::{self, Envelope, EnvelopeError};
use crate::json::object;
use crate::problem::{Code, Raised};
use crate::protocol::tlog::{Carrier, Entry};
use referee_core::Timestamp;
use referee_core::oci::media_type::SIGSTORE_BUNDLE_PREFIX;
use std::collections::BTreeSet;
use wire::{Head, Message, Written};

/// A bundle that was read.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// Its version.
    pub version: Carrier,
    /// What it is to be verified with.
    pub material: Material,
    /// What is signed.
    pub content: Content,
    /// Its transparency log entries.
    pub entries: Vec<Entry>,
    /// Its RFC 3161 timestamps, DER.
    pub timestamps: Vec<Vec<u8>>,
}

/// What a bundle is to be verified with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Material {
    /// A key that the verifier has; the hint may say which.
    PublicKey {
        /// cosign writes the base64 of the SHA-256 of the SubjectPublicKeyInfo. Empty: none.
        hint: String,
    },
    /// The signing certificate and what was sent with it towards an authority, DER.
    Certificate {
        /// The signing certificate.
        leaf: Vec<u8>,
        /// The others.
        intermediates: Vec<Vec<u8>>,
    },
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
    /// A chain without a certificate, or a certificate without bytes.
    #[error("the Sigstore bundle has an empty certificate or chain of certificates")]
    EmptyCertificate,
    /// A chain in a version that has one certificate (`sigstore_bundle.proto`,
    /// `x509_certificate_chain`).
    #[error("the Sigstore bundle has a chain of certificates, and version 0.3 has one certificate")]
    Chain,
    /// Two log entries at one place of one log (sigstore-go refuses them: what is counted must not
    /// count twice).
    #[error("the Sigstore bundle has the entry {index} of one log twice")]
    DuplicateEntry {
        /// The place.
        index: u64,
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

impl Bundle {
    /// Reads a bundle.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, BundleError> {
        object(bytes)?;
        let written: Written<'_> = serde_json::from_slice(bytes).or_else(|error| {
            // Another version may have another shape, and then the version is what is wrong.
            version(&serde_json::from_slice::<Head<'_>>(bytes)?.media_type)?;
            Err(BundleError::from(error))
        })?;
        let version = version(&written.media_type)?;
        let mut material = written.verification_material;
        let entries = std::mem::take(&mut material.tlog_entries);
        let timestamps = std::mem::take(&mut material.timestamp_verification_data.rfc3161);
        let entries: Vec<Entry> = entries.into_iter().map(Entry::from).collect();
        let mut places = BTreeSet::new();
        if let Some(twice) = entries.iter().find(|e| !places.insert((&e.log_id, e.log_index))) {
            return Err(BundleError::DuplicateEntry { index: twice.log_index });
        }
        Ok(Self {
            version,
            content: content(written.dsse_envelope, written.message_signature)?,
            entries,
            timestamps: timestamps.into_iter().map(|t| t.signed_timestamp.0).collect(),
            material: one_material(material, version)?,
        })
    }
}

/// The media type that a bundle gives itself, where it is one that is read.
#[must_use]
pub fn media_type(bytes: &[u8]) -> Option<String> {
    let head: Head<'_> = serde_json::from_slice(bytes).ok()?;
    version(&head.media_type).ok().map(|_| head.media_type.into_owned())
}

/// Both spellings: `….bundle+json;version=0.3` and `….bundle.v0.3+json` (`sigstore_bundle.proto`,
/// `media_type`).
fn version(media_type: &str) -> Result<Carrier, BundleError> {
    let cut = |text: &str| text.chars().take(80).collect();
    let version = media_type.strip_prefix(SIGSTORE_BUNDLE_PREFIX).and_then(|rest| {
        rest.strip_prefix("+json;version=")
            .or_else(|| rest.strip_prefix(".v").and_then(|rest| rest.strip_suffix("+json")))
    });
    match version {
        Some("0.1") => Ok(Carrier::BundleV01),
        Some("0.2") => Ok(Carrier::BundleV02),
        Some("0.3") => Ok(Carrier::BundleV03),
        Some(other) => Err(BundleError::Version { found: cut(other) }),
        None => Err(BundleError::MediaType { found: cut(media_type) }),
    }
}

fn content(
    envelope: Option<dsse::Written<'_>>,
    message: Option<Message>,
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

fn one_material(material: wire::Material, version: Carrier) -> Result<Material, BundleError> {
    let found = match (material.public_key, material.certificate, material.x509_certificate_chain) {
        (Some(key), None, None) => return Ok(Material::PublicKey { hint: key.hint }),
        (None, Some(certificate), None) => return chain(vec![certificate]),
        (None, None, Some(_)) if version == Carrier::BundleV03 => return Err(BundleError::Chain),
        (None, None, Some(written)) => return chain(written.certificates),
        (None, None, None) => "none",
        _ => "several",
    };
    let expected = "publicKey, certificate and x509CertificateChain";
    Err(BundleError::OneOf { found, expected })
}

fn chain(certificates: Vec<wire::Certificate>) -> Result<Material, BundleError> {
    let mut ders = certificates.into_iter().map(|certificate| certificate.raw_bytes.0);
    let leaf = ders.next().ok_or(BundleError::EmptyCertificate)?;
    let intermediates: Vec<_> = ders.collect();
    if leaf.is_empty() || intermediates.iter().any(Vec::is_empty) {
        return Err(BundleError::EmptyCertificate);
    }
    Ok(Material::Certificate { leaf, intermediates })
}

/// A log's integrated time; zero is a log that gives none (Rekor v2).
pub(crate) fn integrated_at(seconds: u64) -> Option<Timestamp> {
    let seconds = i64::try_from(seconds).ok().filter(|seconds| *seconds > 0)?;
    Timestamp::from_unix_seconds(seconds)
}
