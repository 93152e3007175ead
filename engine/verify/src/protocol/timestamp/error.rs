//! Why a timestamp token establishes no time.

use crate::primitive::key::KeyError;
use crate::primitive::x509::algorithm::AlgorithmError;
use crate::primitive::x509::{CertificateError, PathError};
use der::asn1::ObjectIdentifier;
use referee_core::Timestamp;

/// Why a timestamp token establishes no time. The only texts from the token are names in
/// [`PathError`], which quotes and shortens them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimestampError {
    /// The token is larger than any that is read.
    #[error("the timestamp token has {bytes} bytes; up to {} are read", super::MAX_TOKEN)]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Something in it is not the DER that its place calls for.
    #[error("the timestamp token has no well-formed {structure}")]
    Malformed {
        /// `TimeStampResp`, `SignedData`, `TSTInfo`, …
        structure: &'static str,
    },
    /// The authority did not grant the request (RFC 3161 section 2.4.2).
    #[error("the timestamp authority did not grant the request: PKIStatus is {code}, not 0 or 1")]
    Status {
        /// The `PKIStatus`.
        code: u64,
    },
    /// The response grants the request, and has no token.
    #[error("the response says that the timestamp was granted, and has no token")]
    NoToken,
    /// The content is of another type.
    #[error("the {place} of the timestamp token is of the type {found}, not {}", expected(place))]
    ContentType {
        /// `ContentInfo` or `eContentType`.
        place: &'static str,
        /// The type that it has.
        found: ObjectIdentifier,
    },
    /// A structure is of a version that is not verified.
    #[error("the {structure} of the timestamp token has the version {found}, not {expected}")]
    Version {
        /// Which structure.
        structure: &'static str,
        /// The version that it has.
        found: u64,
        /// The version that is verified.
        expected: u64,
    },
    /// A token has exactly one signer (RFC 3161 section 2.4.2).
    #[error("the timestamp token has {count} signers, not one")]
    SignerCount {
        /// How many it has.
        count: usize,
    },
    /// More certificates, attributes or extensions than are read.
    #[error("the timestamp token has more than {limit} {items}")]
    TooMany {
        /// What there is too much of.
        items: &'static str,
        /// How many are read.
        limit: usize,
    },
    /// The hash that the signer says it used is not accepted.
    #[error("the timestamp token is signed over the hash {oid}; SHA-256, -384, -512 are accepted")]
    DigestAlgorithm {
        /// Which hash.
        oid: ObjectIdentifier,
    },
    /// The hash that the signer says it used is not in the token's list of hashes.
    #[error("the hash that the signer of the timestamp token used is not in digestAlgorithms")]
    DigestNotListed,
    /// The signature is of an algorithm that is not accepted, or not the signer's key's.
    #[error("the signature of the timestamp token cannot be verified: {0}")]
    SignatureAlgorithm(#[source] AlgorithmError),
    /// The signature's hash is not the one that the signer says it used.
    #[error("the timestamp token is signed by {oid}, which has another hash than digestAlgorithm")]
    SignatureHash {
        /// The signature algorithm.
        oid: ObjectIdentifier,
    },
    /// The imprint is made with a hash that is not accepted.
    #[error("the message imprint is a hash by {oid}; SHA-256, -384 and -512 are accepted")]
    ImprintAlgorithm {
        /// Which hash.
        oid: ObjectIdentifier,
    },
    /// Something else was timestamped.
    #[error("the message imprint is not the hash of this signature: the token is for another")]
    ImprintMismatch,
    /// The `TSTInfo` has a critical extension, and none is known.
    #[error("the timestamp has the critical extension {oid}, which is not known")]
    CriticalExtension {
        /// Which one.
        oid: ObjectIdentifier,
    },
    /// A signed attribute is missing that has to be there.
    #[error("the timestamp token has no signed attribute {attribute}")]
    AttributeMissing {
        /// Its name.
        attribute: &'static str,
    },
    /// A signed attribute does not say what the token is.
    #[error("the signed attribute {attribute} does not match the timestamp token")]
    AttributeMismatch {
        /// Its name.
        attribute: &'static str,
    },
    /// A signed attribute occurs twice, or has not exactly one value.
    #[error("the timestamp token has the signed attribute {attribute} more than once")]
    AttributeRepeated {
        /// Its name.
        attribute: &'static str,
    },
    /// The signer's certificate is named by a hash that is not accepted.
    #[error("the signed attribute {attribute} has a hash by {oid}, which is not accepted")]
    AttributeAlgorithm {
        /// Its name.
        attribute: &'static str,
        /// Which hash.
        oid: ObjectIdentifier,
    },
    /// No authority was given to verify with.
    #[error("there is no trusted timestamp authority")]
    NoAuthority,
    /// The token names a signer that is not the one of any trusted authority.
    #[error("no trusted timestamp authority has the certificate that the token names as signer")]
    SignerMismatch,
    /// The token does not have its signer's certificate, and no authority supplies it.
    #[error("the token does not have the certificate of its signer, and no authority supplies it")]
    CertificateMissing,
    /// The signer's certificate cannot be read.
    #[error("the certificate of the timestamp's signer cannot be read: {0}")]
    Certificate(#[source] CertificateError),
    /// The signer's key is not one that is verified with.
    #[error("the key of the timestamp's signer cannot be used: {0}")]
    Key(#[source] KeyError),
    /// There is no valid path from the signer's certificate to the authority.
    #[error("the certificate of the timestamp's signer does not lead to an authority: {0}")]
    Path(#[source] PathError),
    /// The signature does not hold.
    #[error("the signature of the timestamp token does not hold")]
    SignatureInvalid,
    /// The time lies outside the period in which the authority is trusted.
    #[error("the timestamp {time} is outside the period in which its authority is trusted")]
    OutsideAuthorityValidity {
        /// The time in the token.
        time: Timestamp,
    },
}

fn expected(place: &str) -> &'static str {
    if place == super::token::CONTENT_INFO { "signed data" } else { "TSTInfo" }
}

impl TimestampError {
    /// How far verification with one authority came: of several, the error that came furthest
    /// says most.
    pub(super) fn progress(&self) -> u8 {
        match self {
            Self::NoAuthority => 0,
            Self::SignerMismatch => 1,
            Self::CertificateMissing => 2,
            Self::Certificate(_) => 3,
            Self::AttributeMismatch { .. } => 4,
            Self::Path(PathError::NoIssuer { .. }) => 5,
            Self::Path(_) => 6,
            Self::SignatureInvalid => 8,
            Self::OutsideAuthorityValidity { .. } => 9,
            // The key and the algorithm; what is wrong with the token itself ends it before.
            _ => 7,
        }
    }
}
