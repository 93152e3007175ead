//! Why there is no path from a certificate to an anchor.

use super::algorithm::AlgorithmError;
use super::certificate::Certificate;
use super::path::Usage;
use crate::primitive::key::KeyError;
use der::asn1::ObjectIdentifier;
use referee_core::Timestamp;

/// The longest part of a name that an error repeats, in characters.
const MAX_SHOWN: usize = 200;

/// Why there is no path from a certificate to an anchor. Names are subjects, RFC 4514, shortened;
/// a certificate without one is named by its serial number. Messages quote them, so that control
/// characters in them do nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// Nobody of the name that a certificate names as its issuer is trusted or was given.
    #[error("no certificate of the issuer {issuer:?} is trusted or comes with the signature")]
    NoIssuer {
        /// The name.
        issuer: String,
    },
    /// The issuer of that name did not sign the certificate.
    #[error(
        "the certificate {subject:?} is not signed by {issuer:?}, which it names as its issuer"
    )]
    SignatureInvalid {
        /// Whose certificate it is.
        subject: String,
        /// Who should have signed it.
        issuer: String,
    },
    /// A certificate in the path is not valid yet.
    #[error("the certificate {subject:?} is valid from {not_before}, which is after {at}")]
    NotYetValid {
        /// Whose certificate it is.
        subject: String,
        /// The start of its validity.
        not_before: Timestamp,
        /// The time that it had to be valid at.
        at: Timestamp,
    },
    /// A certificate in the path is not valid any more.
    #[error("the certificate {subject:?} was valid until {not_after}, which is before {at}")]
    Expired {
        /// Whose certificate it is.
        subject: String,
        /// The end of its validity.
        not_after: Timestamp,
        /// The time that it had to be valid at.
        at: Timestamp,
    },
    /// A certificate signed another without being an authority's.
    #[error("the certificate {subject:?} is used as an authority's and is not one")]
    NotCa {
        /// Whose certificate it is.
        subject: String,
    },
    /// The leaf is an authority's.
    #[error("the certificate {subject:?} is an authority's, and authorities sign no artifacts")]
    LeafIsCa {
        /// Whose certificate it is.
        subject: String,
    },
    /// An authority may not have so many authorities below it.
    #[error("the authority {subject:?} may have {allowed} authorities below it, and has {found}")]
    PathLength {
        /// Whose certificate it is.
        subject: String,
        /// How many it may have.
        allowed: u8,
        /// How many there are.
        found: usize,
    },
    /// A key is not for what it is used for.
    #[error("the certificate {subject:?} {problem}")]
    Usage {
        /// Whose certificate it is.
        subject: String,
        /// What is wrong.
        problem: UsageProblem,
    },
    /// A critical extension is not processed here.
    #[error("the certificate {subject:?} has the critical extension {oid}, which is not supported")]
    CriticalExtension {
        /// Whose certificate it is.
        subject: String,
        /// The extension.
        oid: ObjectIdentifier,
    },
    /// An authority is restricted in the names that it may certify.
    #[error("the authority {subject:?} has name constraints, which are not supported")]
    NameConstraints {
        /// Whose certificate it is.
        subject: String,
    },
    /// The issuer's key is of a kind or size that is not supported.
    #[error("the key of the authority {subject:?} cannot be used: {error}")]
    Key {
        /// Whose certificate it is.
        subject: String,
        /// What is wrong with the key.
        error: KeyError,
    },
    /// A certificate is signed with an algorithm that is not supported.
    #[error("the signature on the certificate {subject:?} cannot be verified: {error}")]
    Algorithm {
        /// Whose certificate it is.
        subject: String,
        /// What is wrong with the algorithm.
        error: AlgorithmError,
    },
    /// The path is longer than any real one.
    #[error("there is no path with at most {limit} issuers")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// So many certificates were given that they are not looked through.
    #[error("{found} certificates come with the signature, and {limit} are accepted")]
    TooManyCertificates {
        /// How many were given.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// So many signatures were verified without finding a path that the search was given up.
    #[error("no path was found within {limit} signature checks")]
    TooManySignatures {
        /// The limit.
        limit: usize,
    },
}

/// What is wrong with the usage of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum UsageProblem {
    /// The purpose is not among those in the certificate, or there are none in a leaf.
    #[error("is not for {0} (extendedKeyUsage)")]
    Purpose(Usage),
    /// A timestamp authority's purposes are not marked critical (RFC 3161 section 2.3).
    #[error("does not mark its extendedKeyUsage critical, as a timestamp authority has to")]
    PurposeNotCritical,
    /// A timestamp authority's key has other purposes, too (RFC 3161 section 2.3).
    #[error("has other purposes than timestamping, as a timestamp authority must not")]
    PurposeNotSole,
    /// The key may not make signatures.
    #[error("is not for digital signatures (keyUsage)")]
    DigitalSignature,
    /// The key may not sign certificates.
    #[error("is not for signing certificates (keyUsage)")]
    CertificateSigning,
}

impl PathError {
    /// Of two errors about issuers of one certificate, the one that says more has the higher rank:
    /// a stranger of the same name is no news, the issuer having expired is.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::NoIssuer { .. } => 0,
            Self::Algorithm { error: AlgorithmError::Key { .. }, .. } => 1,
            Self::SignatureInvalid { .. } => 2,
            Self::Key { .. } | Self::Algorithm { .. } => 3,
            _ => 4,
        }
    }
}

/// A name as errors repeat it.
pub(super) fn shown(name: &str) -> String {
    name.chars().take(MAX_SHOWN).collect()
}

/// How errors name a certificate.
pub(super) fn named(certificate: &Certificate) -> String {
    match certificate.subject() {
        "" => format!("serial {}", certificate.serial()),
        subject => shown(subject),
    }
}
