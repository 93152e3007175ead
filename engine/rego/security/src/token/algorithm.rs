//! The algorithms of tokens (RFC 7518 section 3, RFC 8037).

use crate::digest::{Hash, same};
use crate::jwk::RawKey;
use crate::key::{EcPublic, PrivateKey, PublicKey};
use crate::signature::{self, Salt};

/// An algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Hmac(Hash),
    Rsa { hash: Hash, pss: bool },
    Ecdsa(Hash),
    EdDsa,
}

/// Whether OPA knows a name for keys and for signing.
pub(super) fn is_known(name: &str) -> bool {
    jws(name).is_some() && name != "Ed25519"
}

fn jws(name: &str) -> Option<Algorithm> {
    let hash = match name.get(2..)? {
        "256" => Hash::Sha256,
        "384" => Hash::Sha384,
        "512" => Hash::Sha512,
        _ if name == "EdDSA" || name == "Ed25519" => return Some(Algorithm::EdDsa),
        _ => return None,
    };
    match name.get(..2)? {
        "HS" => Some(Algorithm::Hmac(hash)),
        "RS" => Some(Algorithm::Rsa { hash, pss: false }),
        "PS" => Some(Algorithm::Rsa { hash, pss: true }),
        "ES" => Some(Algorithm::Ecdsa(hash)),
        _ => None,
    }
}

/// The algorithm of a header. Besides the names of RFC 7518 the library under OPA takes its own.
pub(super) fn of_header(name: &str) -> Option<Algorithm> {
    if let Some(algorithm) = jws(name) {
        return Some(algorithm);
    }
    let (family, hash) = name.rsplit_once("SHA")?;
    let hash = match hash {
        "256" => Hash::Sha256,
        "384" => Hash::Sha384,
        "512" => Hash::Sha512,
        _ => return None,
    };
    match (family, hash) {
        ("HMAC_WITH_", _) => Some(Algorithm::Hmac(hash)),
        ("RSA_PKCS1v15_WITH_", _) => Some(Algorithm::Rsa { hash, pss: false }),
        ("RSA_PSS_WITH_", _) => Some(Algorithm::Rsa { hash, pss: true }),
        ("ECDSA_WITH_P256_AND_", Hash::Sha256)
        | ("ECDSA_WITH_P384_AND_", Hash::Sha384)
        | ("ECDSA_WITH_P521_AND_", Hash::Sha512) => Some(Algorithm::Ecdsa(hash)),
        _ => None,
    }
}

impl Algorithm {
    /// Whether a signature is one of this algorithm. A private key stands for its public one.
    pub(super) fn verify(self, key: &RawKey, message: &[u8], signature: &[u8]) -> bool {
        let public = match key {
            RawKey::Symmetric(secret) => {
                let Self::Hmac(hash) = self else { return false };
                return !secret.is_empty() && same(&hash.hmac(secret, message), signature);
            }
            RawKey::Public(key) => key.clone(),
            RawKey::Private(key) => PrivateKey::public(key),
        };
        match (self, &public) {
            (Self::Rsa { hash, pss: false }, PublicKey::Rsa(key)) => {
                signature::rsa_pkcs1(key, hash, message, signature)
            }
            (Self::Rsa { hash, pss: true }, PublicKey::Rsa(key)) => {
                signature::rsa_pss(key, hash, message, signature, Salt::Hash)
            }
            (Self::Ecdsa(hash), PublicKey::Ec(key)) => {
                signature.len() == 2 * key.curve.size() && halves(key, hash, message, signature)
            }
            (Self::EdDsa, PublicKey::Ed25519(key)) => signature::ed25519(key, message, signature),
            _ => false,
        }
    }
}

/// ECDSA, where the first half of the signature is one number and the second the other.
pub(super) fn halves(key: &EcPublic, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
    let (r, s) = signature.split_at(signature.len() / 2);
    signature::ecdsa(key, hash, message, r, s)
}
