//! Keys that sign. What is random in signatures of ECDSA and RSASSA-PSS comes from AWS-LC.

use super::algorithm::{Family, JwsAlgorithm};
use super::error::JwsKeyError;
use super::verify::secret;
use crate::primitive::pem;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256,
    RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512,
    RsaEncoding, RsaKeyPair,
};
use std::fmt;

/// A key that signs by one algorithm.
pub struct JwsSigner {
    algorithm: JwsAlgorithm,
    material: Material,
}

enum Material {
    Secret(Box<hmac::Key>),
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
    Ec(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl JwsSigner {
    /// Reads a key: of an algorithm with HMAC the text is the secret, byte by byte; else it is PEM
    /// with a private key in PKCS #8, or in PKCS #1 for RSA, or in SEC 1 for ECDSA.
    ///
    /// # Errors
    /// [`JwsKeyError`], which says what the text is instead.
    pub fn new(algorithm: JwsAlgorithm, text: &str) -> Result<Self, JwsKeyError> {
        let unusable = || JwsKeyError::Private { algorithm };
        if algorithm.family() == Family::Secret {
            let secret = secret(algorithm, text)?;
            return Ok(Self { algorithm, material: Material::Secret(Box::new(secret)) });
        }
        let Some(block) = pem::private_key(text) else {
            return Err(JwsKeyError::NoPrivateKey { algorithm });
        };
        let block = block.map_err(|source| JwsKeyError::Public { algorithm, source })?;
        let der = block.der.as_slice();
        let kind = match block.label.as_str() {
            "PRIVATE KEY" => Kind::Pkcs8,
            "RSA PRIVATE KEY" => Kind::Pkcs1,
            "EC PRIVATE KEY" => Kind::Sec1,
            "ENCRYPTED PRIVATE KEY" => return Err(JwsKeyError::Encrypted { algorithm }),
            _ => return Err(unusable()),
        };
        let material = match (algorithm.family(), kind) {
            (Family::Rsa, Kind::Pkcs8 | Kind::Pkcs1) => {
                let pair = match kind {
                    Kind::Pkcs8 => RsaKeyPair::from_pkcs8(der),
                    _ => RsaKeyPair::from_der(der),
                };
                Material::Rsa(pair.map_err(|_| unusable())?, encoding(algorithm))
            }
            (Family::Ec { .. }, Kind::Pkcs8 | Kind::Sec1) => {
                let with = match algorithm {
                    JwsAlgorithm::Es384 => &ECDSA_P384_SHA384_FIXED_SIGNING,
                    JwsAlgorithm::Es512 => &ECDSA_P521_SHA512_FIXED_SIGNING,
                    _ => &ECDSA_P256_SHA256_FIXED_SIGNING,
                };
                let pair = EcdsaKeyPair::from_private_key_der(with, der);
                Material::Ec(pair.map_err(|_| unusable())?)
            }
            (Family::Ed25519, Kind::Pkcs8) => {
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der);
                Material::Ed25519(pair.map_err(|_| unusable())?)
            }
            _ => return Err(unusable()),
        };
        Ok(Self { algorithm, material })
    }

    /// By what it signs.
    #[must_use]
    pub fn algorithm(&self) -> JwsAlgorithm {
        self.algorithm
    }

    /// The signature over a message. Of HMAC, RSASSA-PKCS1-v1_5 and Ed25519 it is always the same.
    ///
    /// # Errors
    /// [`JwsKeyError::Signing`], where the numbers of the key do not fit one another.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, JwsKeyError> {
        let failed = |_| JwsKeyError::Signing { algorithm: self.algorithm };
        match &self.material {
            Material::Secret(secret) => Ok(hmac::sign(secret, message).as_ref().to_vec()),
            Material::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &SystemRandom::new(), message, &mut signature)
                    .map_err(failed)?;
                Ok(signature)
            }
            Material::Ec(pair) => {
                let signature = pair.sign(&SystemRandom::new(), message).map_err(failed)?;
                Ok(signature.as_ref().to_vec())
            }
            Material::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}

impl fmt::Debug for JwsSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwsSigner").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// The form of a private key.
#[derive(Clone, Copy)]
enum Kind {
    Pkcs8,
    Pkcs1,
    Sec1,
}

fn encoding(algorithm: JwsAlgorithm) -> &'static dyn RsaEncoding {
    match algorithm {
        JwsAlgorithm::Rs384 => &RSA_PKCS1_SHA384,
        JwsAlgorithm::Rs512 => &RSA_PKCS1_SHA512,
        JwsAlgorithm::Ps256 => &RSA_PSS_SHA256,
        JwsAlgorithm::Ps384 => &RSA_PSS_SHA384,
        JwsAlgorithm::Ps512 => &RSA_PSS_SHA512,
        _ => &RSA_PKCS1_SHA256,
    }
}
