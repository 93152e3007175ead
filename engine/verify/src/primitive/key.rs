//! Public keys, from PEM.
//!
//! Accepted: `PUBLIC KEY`, a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) with ECDSA on a named
//! curve (RFC 5480; P-256, P-384, P-521, points compressed or not), RSA (RFC 3279 section 2.3.1),
//! RSASSA-PSS (RFC 4055 section 3.1) or Ed25519 (RFC 8410 section 4); and `RSA PUBLIC KEY`
//! (RFC 8017 appendix A.1.1).
//!
//! Refused: private keys, certificates, other curves and algorithms, explicit curve parameters,
//! RSA below [`MIN_RSA_BITS`] or above [`MAX_RSA_BITS`], exponents that are even, below 65537 or
//! over 33 bits, and bytes after the key.

use super::pem;
use super::signature::{Check, Hash, Scheme};
use aws_lc_rs::encoding::AsDer as _;
use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode as _, Tag, Tagged as _};
use ed25519_dalek::VerifyingKey;
use pkcs1::{RsaPssParams, RsaPublicKey};
use referee_core::Digest;
use sha2::{Digest as _, Sha256};
use spki::SubjectPublicKeyInfoRef;

pub use super::key_error::KeyError;

/// The shortest RSA modulus accepted, in bits: NIST SP 800-131A rev. 2 section 3 disallows less.
pub const MIN_RSA_BITS: usize = 2048;
/// The longest RSA modulus accepted, in bits: aws-lc-rs verifies no more, and a longer one only
/// makes verification slow.
pub const MAX_RSA_BITS: usize = 8192;
/// The smallest RSA exponent accepted: FIPS 186-5 section A.1.1 has `2^16 < e`.
const MIN_RSA_EXPONENT: u64 = 65_537;
/// The largest RSA exponent accepted: AWS-LC refuses more than 33 bits.
const MAX_RSA_EXPONENT: u64 = (1 << 33) - 1;

const ID_EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ID_RSASSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const ID_MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");
const ID_ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

const SECP256R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const SECP521R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

const ID_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const ID_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const ID_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");

/// A public key, parsed and ready to verify with.
#[derive(Clone, Debug)]
pub struct PublicKey {
    id: Digest,
    /// The SHA-256 of the SubjectPublicKeyInfo, canonical and as it was written.
    hints: [[u8; 32]; 2],
    bits: usize,
    checks: Vec<Check>,
    /// The point of an ECDSA key, for the schemes that are made ready only on demand.
    point: Vec<u8>,
}

impl PublicKey {
    /// Reads a key from PEM.
    ///
    /// # Errors
    /// [`KeyError`], which says what the text is instead.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let block = pem::read(text)?;
        match block.label.as_str() {
            "PUBLIC KEY" => Self::from_spki(&block.der),
            "RSA PUBLIC KEY" => Self::from_pkcs1(&block.der),
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
                Err(KeyError::Certificate)
            }
            _ => Err(KeyError::Label { label: block.label }),
        }
    }

    /// Reads a key from the DER of a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// [`KeyError`], which says what is wrong with it.
    pub fn from_spki(der: &[u8]) -> Result<Self, KeyError> {
        let malformed = KeyError::Malformed { structure: "SubjectPublicKeyInfo" };
        let Ok(spki) = SubjectPublicKeyInfoRef::from_der(der) else { return Err(malformed) };
        let Some(bytes) = spki.subject_public_key.as_bytes() else { return Err(malformed) };
        let parameters = spki.algorithm.parameters;
        let mut point = Vec::new();
        let (checks, bits) = match spki.algorithm.oid {
            ID_EC_PUBLIC_KEY => {
                point.extend_from_slice(bytes);
                (ecdsa(parameters, bytes)?, 0)
            }
            RSA_ENCRYPTION if parameters.is_none_or(|p| p == AnyRef::NULL) => rsa(bytes, &ALL_RSA)?,
            ID_RSASSA_PSS => rsa(bytes, &pss_schemes(parameters)?)?,
            ID_ED25519 if parameters.is_none() => (ed25519(bytes)?, 0),
            RSA_ENCRYPTION | ID_ED25519 => return Err(malformed),
            oid => return Err(KeyError::Algorithm { oid, name: algorithm_name(&oid.to_string()) }),
        };
        Self::new(checks, bits, point, Some(der))
    }

    /// Reads a key from the DER of an `RSAPublicKey`, which is how Sigstore's trusted roots have
    /// keys of the kind `PKCS1_RSA_PKCS1V5`.
    ///
    /// # Errors
    /// [`KeyError`], which says what is wrong with it.
    pub fn from_pkcs1(der: &[u8]) -> Result<Self, KeyError> {
        let (checks, bits) = rsa(der, &ALL_RSA)?;
        Self::new(checks, bits, Vec::new(), None)
    }

    fn new(
        checks: Vec<Check>,
        bits: usize,
        point: Vec<u8>,
        written: Option<&[u8]>,
    ) -> Result<Self, KeyError> {
        let parsed = checks.first().and_then(Check::parsed).ok_or(KeyError::Rejected)?;
        let spki = parsed.as_der().map_err(|_| KeyError::Rejected)?;
        let canonical = spki.as_ref();
        let hints = [canonical, written.unwrap_or(canonical)].map(|der| Sha256::digest(der).into());
        Ok(Self { id: Digest::sha256(canonical), hints, bits, checks, point })
    }

    /// The SHA-256 of the SubjectPublicKeyInfo in DER, in its canonical form: point uncompressed,
    /// RSA under `rsaEncryption`. One key has one id however it was written, so that revoking it
    /// in one form revokes it in all; for what tools write it is the digest of that very SPKI.
    #[must_use]
    pub fn id(&self) -> &Digest {
        &self.id
    }

    /// Whether a hint is this key's: the SHA-256 of its SubjectPublicKeyInfo, which is what
    /// cosign writes into `verificationMaterial.publicKey.hint`.
    #[must_use]
    pub fn is_hinted_by(&self, hint: &[u8]) -> bool {
        self.hints.iter().any(|own| own == hint)
    }

    /// The schemes that are tried, in order.
    pub fn schemes(&self) -> impl Iterator<Item = Scheme> {
        self.checks.iter().map(|check| check.scheme)
    }

    /// The name of one of its schemes as it stands in the facts; see [`Scheme::name`].
    #[must_use]
    pub fn algorithm(&self, scheme: Scheme) -> String {
        scheme.name(self.bits)
    }

    /// Whether this key made this signature over this message by this scheme.
    #[must_use]
    pub fn verify(&self, scheme: Scheme, message: &[u8], signature: &[u8]) -> bool {
        self.checks.iter().any(|check| check.scheme == scheme && check.verify(message, signature))
            || self.on_demand(scheme).is_some_and(|check| check.verify(message, signature))
    }

    /// Whether this key is one to sign with by this scheme. Wider than [`PublicKey::schemes`]:
    /// certificates name curve and hash in combinations that are not worth trying unnamed.
    #[must_use]
    pub fn supports(&self, scheme: Scheme) -> bool {
        self.schemes().any(|own| own == scheme) || self.on_demand(scheme).is_some()
    }

    fn on_demand(&self, scheme: Scheme) -> Option<Check> {
        use Scheme::{
            EcdsaP256Sha256, EcdsaP256Sha384, EcdsaP256Sha512, EcdsaP384Sha384, EcdsaP384Sha512,
            EcdsaP521Sha384, EcdsaP521Sha512,
        };
        let same_curve = matches!(
            (self.schemes().next()?, scheme),
            (EcdsaP256Sha256, EcdsaP256Sha384 | EcdsaP256Sha512)
                | (EcdsaP384Sha384, EcdsaP384Sha512)
                | (EcdsaP521Sha512, EcdsaP521Sha384)
        );
        same_curve.then(|| Check::new(scheme, &self.point).ok()).flatten()
    }

    /// The scheme by which this key made this signature over this message, if it did.
    #[must_use]
    pub fn made(&self, message: &[u8], signature: &[u8]) -> Option<Scheme> {
        self.checks.iter().find(|c| c.verify(message, signature)).map(|check| check.scheme)
    }

    /// As [`PublicKey::made`], where only a hash of the message is at hand. Never finds Ed25519
    /// signatures.
    #[must_use]
    pub fn made_over_hash(&self, hash: Hash, value: &[u8], signature: &[u8]) -> Option<Scheme> {
        self.checks.iter().find(|c| c.verify_hash(hash, value, signature)).map(|c| c.scheme)
    }

    /// Takes over the schemes of the same key written with other restrictions.
    pub(super) fn absorb(&mut self, other: Self) {
        for check in other.checks {
            if !self.schemes().any(|scheme| scheme == check.scheme) {
                self.checks.push(check);
            }
        }
    }
}

const ALL_RSA: [Scheme; 6] = [
    Scheme::RsaPkcs1(Hash::Sha256),
    Scheme::RsaPkcs1(Hash::Sha384),
    Scheme::RsaPkcs1(Hash::Sha512),
    Scheme::RsaPss(Hash::Sha256),
    Scheme::RsaPss(Hash::Sha384),
    Scheme::RsaPss(Hash::Sha512),
];

fn checks(schemes: &[Scheme], bytes: &[u8]) -> Result<Vec<Check>, KeyError> {
    let checks: Result<Vec<_>, _> = schemes.iter().map(|s| Check::new(*s, bytes)).collect();
    checks.map_err(|_| KeyError::Rejected)
}

fn ecdsa(parameters: Option<AnyRef<'_>>, point: &[u8]) -> Result<Vec<Check>, KeyError> {
    let malformed = KeyError::Malformed { structure: "ECParameters" };
    let parameters = parameters.ok_or(malformed.clone())?;
    if parameters.tag() != Tag::ObjectIdentifier {
        let curve = "with explicit parameters".to_owned();
        return Err(KeyError::Curve { curve });
    }
    // Compressed or not; RFC 5480 section 2.2 forbids the hybrid form, which AWS-LC reads.
    if !matches!(point.first(), Some(2..=4)) {
        return Err(KeyError::Rejected);
    }
    match parameters.decode_as::<ObjectIdentifier>().map_err(|_| malformed)? {
        SECP256R1 => checks(&[Scheme::EcdsaP256Sha256], point),
        SECP384R1 => checks(&[Scheme::EcdsaP384Sha384, Scheme::EcdsaP384Sha256], point),
        SECP521R1 => checks(&[Scheme::EcdsaP521Sha512, Scheme::EcdsaP521Sha256], point),
        oid => {
            let oid = oid.to_string();
            Err(KeyError::Curve { curve: curve_name(&oid).map_or(oid, str::to_owned) })
        }
    }
}

fn rsa(der: &[u8], schemes: &[Scheme]) -> Result<(Vec<Check>, usize), KeyError> {
    let key = RsaPublicKey::from_der(der)
        .map_err(|_| KeyError::Malformed { structure: "RSAPublicKey" })?;
    let bits = bit_length(key.modulus.as_bytes());
    if !(MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) {
        return Err(KeyError::RsaSize { bits });
    }
    let exponent = key.public_exponent.as_bytes();
    let value = exponent.iter().fold(0u64, |value, byte| (value << 8) | u64::from(*byte));
    // Eight bytes fill the number that holds them; a longer exponent is over 33 bits anyway.
    if exponent.len() > 8
        || !(MIN_RSA_EXPONENT..=MAX_RSA_EXPONENT).contains(&value)
        || value.is_multiple_of(2)
    {
        return Err(KeyError::RsaExponent);
    }
    Ok((checks(schemes, der)?, bits))
}

/// The length of a big-endian number without leading zero bytes, in bits.
fn bit_length(bytes: &[u8]) -> usize {
    let first = bytes.first().map_or(8, |byte| byte.leading_zeros());
    (bytes.len() * 8).saturating_sub(usize::try_from(first).unwrap_or(8))
}

/// What a key of the RSASSA-PSS algorithm may be used with: all of PSS where it has no
/// parameters, else the one hash that they name (RFC 4055 section 3.3).
fn pss_schemes(parameters: Option<AnyRef<'_>>) -> Result<Vec<Scheme>, KeyError> {
    let Some(parameters) = parameters else {
        return Ok([Hash::Sha256, Hash::Sha384, Hash::Sha512].map(Scheme::RsaPss).to_vec());
    };
    let parameters: RsaPssParams<'_> = parameters
        .decode_as()
        .map_err(|_| KeyError::Malformed { structure: "RSASSA-PSS-params" })?;
    let (hash, length) = match parameters.hash.oid {
        ID_SHA256 => (Hash::Sha256, 32),
        ID_SHA384 => (Hash::Sha384, 48),
        ID_SHA512 => (Hash::Sha512, 64),
        _ => return Err(KeyError::PssParameters { restriction: "a hash that is not accepted" }),
    };
    let mask = parameters.mask_gen.parameters.map(|mask| mask.oid);
    if parameters.mask_gen.oid != ID_MGF1 || mask != Some(parameters.hash.oid) {
        return Err(KeyError::PssParameters { restriction: "a mask made with another hash" });
    }
    // The number is the shortest salt that its signatures may have, and those with a salt as
    // long as the hash are the ones verified here.
    if parameters.salt_len > length {
        return Err(KeyError::PssParameters { restriction: "a salt longer than the hash" });
    }
    Ok(vec![Scheme::RsaPss(hash)])
}

fn ed25519(bytes: &[u8]) -> Result<Vec<Check>, KeyError> {
    let Ok(bytes) = <&[u8; 32]>::try_from(bytes) else {
        return Err(KeyError::Malformed { structure: "Ed25519 key" });
    };
    let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::Rejected)?;
    if key.is_weak() {
        return Err(KeyError::Weak);
    }
    let mut ready = checks(&[Scheme::Ed25519], bytes)?;
    ready.push(Check::prehash(key));
    Ok(ready)
}

/// Curves that people meet and that are not supported, so that an error can name them.
fn curve_name(oid: &str) -> Option<&'static str> {
    Some(match oid {
        "1.3.132.0.10" => "secp256k1",
        "1.3.132.0.33" => "P-224",
        "1.2.840.10045.3.1.1" => "P-192",
        "1.3.36.3.3.2.8.1.1.7" => "brainpoolP256r1",
        "1.3.36.3.3.2.8.1.1.11" => "brainpoolP384r1",
        "1.3.36.3.3.2.8.1.1.13" => "brainpoolP512r1",
        "1.2.156.10197.1.301" => "SM2",
        _ => return None,
    })
}

/// Algorithms that people meet and that are not supported, so that an error can name them.
fn algorithm_name(oid: &str) -> Option<&'static str> {
    Some(match oid {
        "1.2.840.10040.4.1" => "DSA",
        "1.2.840.10046.2.1" | "1.2.840.113549.1.3.1" => "Diffie-Hellman",
        "1.3.132.1.12" => "ECDH",
        "1.3.101.110" => "X25519",
        "1.3.101.111" => "X448",
        "1.3.101.113" => "Ed448",
        "2.16.840.1.101.3.4.3.17" => "ML-DSA-44",
        "2.16.840.1.101.3.4.3.18" => "ML-DSA-65",
        "2.16.840.1.101.3.4.3.19" => "ML-DSA-87",
        _ => return None,
    })
}
