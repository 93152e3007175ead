//! The mathematics: which signature schemes are tried under which key, in which order.
//!
//! Neither cosign's legacy format nor a Sigstore bundle says which hash or padding a signature
//! was made with, so a key has an ordered list of schemes. The list is what tools really write:
//!
//! | key | schemes, in order | written by |
//! |---|---|---|
//! | P-256 | SHA-256 | cosign, every KMS |
//! | P-384 | SHA-384, SHA-256 | cosign 2 and 3, every KMS; older cosign and `cosign verify` |
//! | P-521 | SHA-512, SHA-256 | as above |
//! | RSA | PKCS#1 v1.5 with SHA-256, SHA-384, SHA-512; PSS with the same | cosign; KMS by key version |
//! | RSASSA-PSS | PSS alone, with the hash it is restricted to | openssl |
//! | Ed25519 | pure, then Ed25519ph | older cosign and openssl; cosign 2 and 3 |
//!
//! Trying several is safe: a signature under one of them verifies under another only if two
//! different hashes collide (Ed25519ph is separated by RFC 8032 section 5.1's `dom2`). ECDSA
//! signatures are DER (`ECDSA-Sig-Value`, RFC 3279 section 2.2.3), not the fixed-length form, and
//! `s` may be high. PSS takes a salt as long as the hash (RFC 8017 section 9.1), or the longest
//! possible, which is openssl's and Python's default; MGF1 with the same hash.
//!
//! Certificates and RFC 3161 tokens do say it, and authorities combine curves and hashes as they
//! like; what is in no list above is used only where it is named, see [`super::x509::algorithm`].
//!
//! Refused: SHA-1 and SHA-224 anywhere.

use aws_lc_rs::digest;
use aws_lc_rs::error::KeyRejected;
use aws_lc_rs::signature as aws;
use aws_lc_rs::signature::{
    ParsedPublicKey, RsaParameters, RsaPssSaltLength, VerificationAlgorithm,
};
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha512};

static PSS_SHA256_MAX: RsaParameters =
    aws::RSA_PSS_2048_8192_SHA256.with_pss_salt_length(RsaPssSaltLength::Max);
static PSS_SHA384_MAX: RsaParameters =
    aws::RSA_PSS_2048_8192_SHA384.with_pss_salt_length(RsaPssSaltLength::Max);
static PSS_SHA512_MAX: RsaParameters =
    aws::RSA_PSS_2048_8192_SHA512.with_pss_salt_length(RsaPssSaltLength::Max);

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hash {
    /// SHA-256 (FIPS 180-4).
    Sha256,
    /// SHA-384 (FIPS 180-4).
    Sha384,
    /// SHA-512 (FIPS 180-4).
    Sha512,
}

impl Hash {
    /// The hash of some bytes.
    #[must_use]
    pub fn of(self, bytes: &[u8]) -> Vec<u8> {
        digest::digest(self.aws(), bytes).as_ref().to_vec()
    }

    fn aws(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }
}

/// A signature scheme: algorithm, padding and hash. Only what is accepted can be written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// ECDSA on P-256 with SHA-256.
    EcdsaP256Sha256,
    /// ECDSA on P-384 with SHA-384.
    EcdsaP384Sha384,
    /// ECDSA on P-384 with SHA-256.
    EcdsaP384Sha256,
    /// ECDSA on P-521 with SHA-512.
    EcdsaP521Sha512,
    /// ECDSA on P-521 with SHA-256.
    EcdsaP521Sha256,
    /// ECDSA on P-256 with SHA-384. This and the next three only where it is named.
    EcdsaP256Sha384,
    /// ECDSA on P-256 with SHA-512.
    EcdsaP256Sha512,
    /// ECDSA on P-384 with SHA-512.
    EcdsaP384Sha512,
    /// ECDSA on P-521 with SHA-384.
    EcdsaP521Sha384,
    /// RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2).
    RsaPkcs1(Hash),
    /// RSASSA-PSS (RFC 8017 section 8.1), MGF1 with the same hash.
    RsaPss(Hash),
    /// Pure Ed25519 (RFC 8032 section 5.1).
    Ed25519,
    /// Ed25519ph (RFC 8032 section 5.1) with an empty context.
    Ed25519ph,
}

impl Scheme {
    /// The hash that the message goes through first; `None` for pure Ed25519, which has the
    /// whole message.
    #[must_use]
    pub fn hash(self) -> Option<Hash> {
        match self {
            Self::EcdsaP256Sha256 | Self::EcdsaP384Sha256 | Self::EcdsaP521Sha256 => {
                Some(Hash::Sha256)
            }
            Self::EcdsaP256Sha384 | Self::EcdsaP384Sha384 | Self::EcdsaP521Sha384 => {
                Some(Hash::Sha384)
            }
            Self::EcdsaP256Sha512
            | Self::EcdsaP384Sha512
            | Self::EcdsaP521Sha512
            | Self::Ed25519ph => Some(Hash::Sha512),
            Self::RsaPkcs1(hash) | Self::RsaPss(hash) => Some(hash),
            Self::Ed25519 => None,
        }
    }

    /// The name as it stands in the facts: algorithm, then padding, then key, then hash, as
    /// Sigstore names its algorithms: `ecdsa-p384-sha384`, `rsa-pkcs1-3072-sha256`,
    /// `rsa-pss-2048-sha256`, `ed25519`, `ed25519ph`. `bits` is the length of the RSA modulus.
    #[must_use]
    pub fn name(self, bits: usize) -> String {
        match self {
            Self::EcdsaP256Sha256 => "ecdsa-p256-sha256".to_owned(),
            Self::EcdsaP384Sha384 => "ecdsa-p384-sha384".to_owned(),
            Self::EcdsaP384Sha256 => "ecdsa-p384-sha256".to_owned(),
            Self::EcdsaP521Sha512 => "ecdsa-p521-sha512".to_owned(),
            Self::EcdsaP521Sha256 => "ecdsa-p521-sha256".to_owned(),
            Self::EcdsaP256Sha384 => "ecdsa-p256-sha384".to_owned(),
            Self::EcdsaP256Sha512 => "ecdsa-p256-sha512".to_owned(),
            Self::EcdsaP384Sha512 => "ecdsa-p384-sha512".to_owned(),
            Self::EcdsaP521Sha384 => "ecdsa-p521-sha384".to_owned(),
            Self::RsaPkcs1(hash) => format!("rsa-pkcs1-{bits}-{}", hash.as_str()),
            Self::RsaPss(hash) => format!("rsa-pss-{bits}-{}", hash.as_str()),
            Self::Ed25519 => "ed25519".to_owned(),
            Self::Ed25519ph => "ed25519ph".to_owned(),
        }
    }

    /// What aws-lc-rs is to verify with: one algorithm, two for PSS, none for Ed25519ph.
    fn algorithms(self) -> &'static [&'static dyn VerificationAlgorithm] {
        match self {
            Self::EcdsaP256Sha256 => &[&aws::ECDSA_P256_SHA256_ASN1],
            Self::EcdsaP384Sha384 => &[&aws::ECDSA_P384_SHA384_ASN1],
            Self::EcdsaP384Sha256 => &[&aws::ECDSA_P384_SHA256_ASN1],
            Self::EcdsaP521Sha512 => &[&aws::ECDSA_P521_SHA512_ASN1],
            Self::EcdsaP521Sha256 => &[&aws::ECDSA_P521_SHA256_ASN1],
            Self::EcdsaP256Sha384 => &[&aws::ECDSA_P256_SHA384_ASN1],
            Self::EcdsaP256Sha512 => &[&aws::ECDSA_P256_SHA512_ASN1],
            Self::EcdsaP384Sha512 => &[&aws::ECDSA_P384_SHA512_ASN1],
            Self::EcdsaP521Sha384 => &[&aws::ECDSA_P521_SHA384_ASN1],
            Self::RsaPkcs1(Hash::Sha256) => &[&aws::RSA_PKCS1_2048_8192_SHA256],
            Self::RsaPkcs1(Hash::Sha384) => &[&aws::RSA_PKCS1_2048_8192_SHA384],
            Self::RsaPkcs1(Hash::Sha512) => &[&aws::RSA_PKCS1_2048_8192_SHA512],
            Self::RsaPss(Hash::Sha256) => {
                static BOTH: [&dyn VerificationAlgorithm; 2] =
                    [&aws::RSA_PSS_2048_8192_SHA256, &PSS_SHA256_MAX];
                &BOTH
            }
            Self::RsaPss(Hash::Sha384) => {
                static BOTH: [&dyn VerificationAlgorithm; 2] =
                    [&aws::RSA_PSS_2048_8192_SHA384, &PSS_SHA384_MAX];
                &BOTH
            }
            Self::RsaPss(Hash::Sha512) => {
                static BOTH: [&dyn VerificationAlgorithm; 2] =
                    [&aws::RSA_PSS_2048_8192_SHA512, &PSS_SHA512_MAX];
                &BOTH
            }
            Self::Ed25519 => &[&aws::ED25519],
            Self::Ed25519ph => &[],
        }
    }
}

/// A key made ready for one scheme.
#[derive(Clone, Debug)]
pub(super) struct Check {
    pub(super) scheme: Scheme,
    with: With,
}

#[derive(Clone, Debug)]
enum With {
    Aws(Vec<ParsedPublicKey>),
    Prehash(Box<VerifyingKey>),
}

impl Check {
    /// Makes a key ready: `bytes` is an uncompressed or compressed point, an `RSAPublicKey`, or
    /// the 32 bytes of an Ed25519 key. Not for Ed25519ph.
    pub(super) fn new(scheme: Scheme, bytes: &[u8]) -> Result<Self, KeyRejected> {
        let keys: Result<Vec<_>, _> = scheme
            .algorithms()
            .iter()
            .map(|algorithm| ParsedPublicKey::new(*algorithm, bytes))
            .collect();
        Ok(Self { scheme, with: With::Aws(keys?) })
    }

    /// Makes an Ed25519 key ready for Ed25519ph.
    pub(super) fn prehash(key: VerifyingKey) -> Self {
        Self { scheme: Scheme::Ed25519ph, with: With::Prehash(Box::new(key)) }
    }

    /// The key that aws-lc-rs made of it.
    pub(super) fn parsed(&self) -> Option<&ParsedPublicKey> {
        match &self.with {
            With::Aws(keys) => keys.first(),
            With::Prehash(_) => None,
        }
    }

    /// Whether this key made this signature over this message.
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.with {
            With::Aws(keys) => keys.iter().any(|key| key.verify_sig(message, signature).is_ok()),
            // The strict form refuses points of small order, which honest signers never make.
            With::Prehash(key) => Signature::from_slice(signature).is_ok_and(|signature| {
                let hashed = Sha512::new_with_prefix(message);
                key.verify_prehashed_strict(hashed, None, &signature).is_ok()
            }),
        }
    }

    /// Whether this key made this signature over the message with this hash. False for Ed25519,
    /// of which the pure form needs the message, and for hashes that the scheme does not use.
    pub(super) fn verify_hash(&self, hash: Hash, value: &[u8], signature: &[u8]) -> bool {
        let With::Aws(keys) = &self.with else { return false };
        if self.scheme.hash() != Some(hash) {
            return false;
        }
        let Ok(value) = digest::Digest::import_less_safe(value, hash.aws()) else { return false };
        keys.iter().any(|key| key.verify_digest_sig(&value, signature).is_ok())
    }
}
