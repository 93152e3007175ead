//! What can be wrong with a key of JSON Web Signatures.

use super::JwsAlgorithm;
use crate::primitive::key::KeyError;
use crate::primitive::x509::certificate::CertificateError;
use referee_core::Coded;

/// Why a text is no key for an algorithm.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JwsKeyError {
    /// A secret of no characters.
    #[error("the secret for {algorithm} is empty")]
    EmptySecret {
        /// The algorithm.
        algorithm: JwsAlgorithm,
    },
    /// It is no public key.
    #[error("the key for {algorithm} cannot be used")]
    Public {
        /// The algorithm.
        algorithm: JwsAlgorithm,
        /// Why.
        #[source]
        source: KeyError,
    },
    /// It is no certificate.
    #[error("the certificate for {algorithm} cannot be used")]
    Certificate {
        /// The algorithm.
        algorithm: JwsAlgorithm,
        /// Why.
        #[source]
        source: CertificateError,
    },
    /// It is a key of another kind, or on another curve.
    #[error("the key for {algorithm} is one for {found}")]
    OtherAlgorithm {
        /// The algorithm.
        algorithm: JwsAlgorithm,
        /// What it is for, as facts name it.
        found: String,
    },
    /// There is no private key in it.
    #[error("there is no PEM block of a private key for {algorithm} in it")]
    NoPrivateKey {
        /// The algorithm.
        algorithm: JwsAlgorithm,
    },
    /// The private key is encrypted.
    #[error("the private key for {algorithm} is encrypted")]
    Encrypted {
        /// The algorithm.
        algorithm: JwsAlgorithm,
    },
    /// It is no private key of the algorithm.
    #[error("the private key for {algorithm} is malformed, or of another algorithm or curve")]
    Private {
        /// The algorithm.
        algorithm: JwsAlgorithm,
    },
    /// The private key does not sign.
    #[error("the private key for {algorithm} cannot sign")]
    Signing {
        /// The algorithm.
        algorithm: JwsAlgorithm,
    },
}

impl Coded for JwsKeyError {
    fn code(&self) -> &'static str {
        match self {
            Self::EmptySecret { .. } => "key_empty_secret",
            Self::Public { source, .. } => source.code(),
            Self::Certificate { .. } => "key_certificate",
            Self::OtherAlgorithm { .. } => "key_algorithm",
            Self::NoPrivateKey { .. } => "key_no_private",
            Self::Encrypted { .. } => "key_encrypted",
            Self::Private { .. } => "key_private_malformed",
            Self::Signing { .. } => "key_signing",
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Public { source, .. } => return source.hint(),
            Self::Certificate { .. } => {
                "give the public key itself: `openssl x509 -in FILE -noout -pubkey`"
            }
            Self::EmptySecret { .. } => "a secret has as many bytes as the hash of its algorithm",
            Self::OtherAlgorithm { .. } => {
                "name the algorithm that the key is for: RS or PS for RSA, ES256 for P-256, ES384 \
                 for P-384, ES512 for P-521, EdDSA for Ed25519"
            }
            Self::NoPrivateKey { .. } => {
                "a private key starts with `-----BEGIN PRIVATE KEY-----`, `-----BEGIN RSA PRIVATE \
                 KEY-----` or `-----BEGIN EC PRIVATE KEY-----`"
            }
            Self::Encrypted { .. } => {
                "decrypt it where it is used: `openssl pkey -in FILE -out PLAIN`"
            }
            Self::Private { .. } | Self::Signing { .. } => {
                "write it with `openssl pkey -in FILE`; RSA keys have 2048 to 8192 bits"
            }
        };
        Some(hint.to_owned())
    }
}
