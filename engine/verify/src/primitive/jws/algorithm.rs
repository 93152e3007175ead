//! The algorithms and their names.

use crate::primitive::signature::{Hash, Scheme};
use referee_core::Coded;
use std::fmt;
use std::str::FromStr;

/// An algorithm of JSON Web Signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum JwsAlgorithm {
    /// HMAC with SHA-256.
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// ECDSA on P-521 with SHA-512.
    Es512,
    /// Ed25519.
    EdDsa,
}

/// What keys of an algorithm are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// A shared secret.
    Secret,
    Rsa,
    /// ECDSA, with the length of a coordinate in bytes.
    Ec {
        coordinate: usize,
    },
    Ed25519,
}

impl JwsAlgorithm {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::EdDsa,
    ];

    /// Its name in the registry of RFC 7518 section 7.1.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
        }
    }

    /// Whether its key is a secret that signs and checks alike.
    #[must_use]
    pub fn is_symmetric(self) -> bool {
        self.family() == Family::Secret
    }

    pub(super) fn family(self) -> Family {
        match self {
            Self::Hs256 | Self::Hs384 | Self::Hs512 => Family::Secret,
            Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 | Self::Ps384 | Self::Ps512 => {
                Family::Rsa
            }
            Self::Es256 => Family::Ec { coordinate: 32 },
            Self::Es384 => Family::Ec { coordinate: 48 },
            Self::Es512 => Family::Ec { coordinate: 66 },
            Self::EdDsa => Family::Ed25519,
        }
    }

    /// The scheme of its signatures; `None` where its key is a secret.
    pub(super) fn scheme(self) -> Option<Scheme> {
        match self {
            Self::Hs256 | Self::Hs384 | Self::Hs512 => None,
            Self::Rs256 => Some(Scheme::RsaPkcs1(Hash::Sha256)),
            Self::Rs384 => Some(Scheme::RsaPkcs1(Hash::Sha384)),
            Self::Rs512 => Some(Scheme::RsaPkcs1(Hash::Sha512)),
            Self::Ps256 => Some(Scheme::RsaPss(Hash::Sha256)),
            Self::Ps384 => Some(Scheme::RsaPss(Hash::Sha384)),
            Self::Ps512 => Some(Scheme::RsaPss(Hash::Sha512)),
            Self::Es256 => Some(Scheme::EcdsaP256Sha256),
            Self::Es384 => Some(Scheme::EcdsaP384Sha384),
            Self::Es512 => Some(Scheme::EcdsaP521Sha512),
            Self::EdDsa => Some(Scheme::Ed25519),
        }
    }
}

impl fmt::Display for JwsAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name of no algorithm that is done here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature algorithm {found:?} is not known")]
pub struct JwsAlgorithmUnknown {
    /// The name, cut off after 40 characters.
    pub found: String,
}

impl Coded for JwsAlgorithmUnknown {
    fn code(&self) -> &'static str {
        "signature_algorithm_unknown"
    }

    fn hint(&self) -> Option<String> {
        Some("use one of RS, PS, ES or HS with 256, 384 or 512, or EdDSA".to_owned())
    }
}

impl FromStr for JwsAlgorithm {
    type Err = JwsAlgorithmUnknown;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name);
        named.ok_or_else(|| JwsAlgorithmUnknown { found: name.chars().take(40).collect() })
    }
}
