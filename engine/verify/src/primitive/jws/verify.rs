//! Keys that check signatures.

use super::algorithm::{Family, JwsAlgorithm};
use super::error::JwsKeyError;
use crate::primitive::key::{KeyError, PublicKey};
use crate::primitive::signature::Scheme;
use crate::primitive::x509::certificate::Certificate;
use aws_lc_rs::hmac;
use der::Encode as _;
use der::asn1::UintRef;
use std::fmt;

/// A key that checks the signatures of one algorithm.
#[derive(Clone)]
pub struct JwsKey {
    algorithm: JwsAlgorithm,
    material: Material,
}

#[derive(Clone)]
enum Material {
    Secret(Box<hmac::Key>),
    Public(Box<PublicKey>, Scheme),
}

impl JwsKey {
    /// Reads a key: of an algorithm with HMAC the text is the secret, byte by byte; else it is PEM
    /// with a public key or a certificate, of which only the key counts.
    ///
    /// # Errors
    /// [`JwsKeyError`], which says what the text is instead.
    pub fn new(algorithm: JwsAlgorithm, text: &str) -> Result<Self, JwsKeyError> {
        let Some(scheme) = algorithm.scheme() else {
            let secret = secret(algorithm, text)?;
            return Ok(Self { algorithm, material: Material::Secret(Box::new(secret)) });
        };
        let key = match PublicKey::from_pem(text) {
            Err(KeyError::Certificate) => of_certificate(algorithm, text)?,
            other => other.map_err(|source| JwsKeyError::Public { algorithm, source })?,
        };
        if !key.schemes().any(|own| own == scheme) {
            let found = key.schemes().next().map(|own| key.algorithm(own)).unwrap_or_default();
            return Err(JwsKeyError::OtherAlgorithm { algorithm, found });
        }
        Ok(Self { algorithm, material: Material::Public(Box::new(key), scheme) })
    }

    /// What it checks.
    #[must_use]
    pub fn algorithm(&self) -> JwsAlgorithm {
        self.algorithm
    }

    /// Whether a signature is this key's over a message. The time that it takes tells nothing of
    /// a secret.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Secret(secret) => hmac::verify(secret, message, signature).is_ok(),
            Material::Public(key, scheme) => match self.algorithm.family() {
                Family::Ec { coordinate } => ecdsa_der(signature, coordinate)
                    .is_some_and(|signature| key.verify(*scheme, message, &signature)),
                _ => key.verify(*scheme, message, signature),
            },
        }
    }
}

impl fmt::Debug for JwsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwsKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

fn of_certificate(algorithm: JwsAlgorithm, text: &str) -> Result<PublicKey, JwsKeyError> {
    let malformed = |source| JwsKeyError::Certificate { algorithm, source };
    let unusable = |source| JwsKeyError::Public { algorithm, source };
    let found = Certificate::from_pem(text).map_err(malformed)?;
    let [certificate] = found.as_slice() else {
        return Err(unusable(KeyError::SeveralBlocks { count: found.len() }));
    };
    certificate.public_key().cloned().map_err(unusable)
}

/// The key of an algorithm with HMAC.
pub(super) fn secret(algorithm: JwsAlgorithm, text: &str) -> Result<hmac::Key, JwsKeyError> {
    if text.is_empty() {
        return Err(JwsKeyError::EmptySecret { algorithm });
    }
    let hash = match algorithm {
        JwsAlgorithm::Hs384 => hmac::HMAC_SHA384,
        JwsAlgorithm::Hs512 => hmac::HMAC_SHA512,
        _ => hmac::HMAC_SHA256,
    };
    Ok(hmac::Key::new(hash, text.as_bytes()))
}

/// An `ECDSA-Sig-Value` (RFC 3279 section 2.2.3) of the two numbers that a token has one after the
/// other, each as long as a coordinate (RFC 7518 section 3.4).
fn ecdsa_der(signature: &[u8], coordinate: usize) -> Option<Vec<u8>> {
    if signature.len() != 2 * coordinate {
        return None;
    }
    let (r, s) = signature.split_at(coordinate);
    let mut numbers = UintRef::new(r).ok()?.to_der().ok()?;
    UintRef::new(s).ok()?.encode_to_vec(&mut numbers).ok()?;
    let mut whole = Vec::with_capacity(numbers.len() + 4);
    der::Header::new(der::Tag::Sequence, numbers.len()).ok()?.encode_to_vec(&mut whole).ok()?;
    whole.append(&mut numbers);
    Some(whole)
}
