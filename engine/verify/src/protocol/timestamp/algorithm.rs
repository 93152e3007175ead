//! Which hashes and signature algorithms a token may use (RFC 5754, RFC 4056, RFC 8419).
//!
//! Accepted: SHA-256, -384 and -512, and what [`crate::primitive::x509::algorithm`] accepts in
//! certificates; besides, `rsaEncryption` in the place of a signature algorithm (RFC 3370 section
//! 3.2), of which `digestAlgorithm` alone says the hash. For Ed25519 `digestAlgorithm` is SHA-512
//! (RFC 8419 section 3.1).
//!
//! Refused: SHA-1 and everything else, and a signature algorithm with another hash than
//! `digestAlgorithm`.

use super::asn1::{Algorithm, Fields};
use super::error::TimestampError;
use crate::primitive::key::PublicKey;
use crate::primitive::signature::{Hash, Scheme};
use crate::primitive::x509::algorithm;
use der::asn1::ObjectIdentifier;

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");

/// The hash function that an AlgorithmIdentifier names, if it is accepted.
pub(super) fn hash(algorithm: &Algorithm<'_>) -> Option<Hash> {
    if !algorithm.is_plain() {
        return None;
    }
    match algorithm.oid {
        SHA256 => Some(Hash::Sha256),
        SHA384 => Some(Hash::Sha384),
        SHA512 => Some(Hash::Sha512),
        _ => None,
    }
}

/// What `signatureAlgorithm`, DER, means beside this `digestAlgorithm` and under this key.
pub(super) fn scheme(
    digest: Hash,
    signature: &[u8],
    key: &PublicKey,
) -> Result<Scheme, TimestampError> {
    let named = Fields::new(signature, "signatureAlgorithm")?.algorithm()?;
    let scheme = Scheme::RsaPkcs1(digest);
    if named.oid == RSA_ENCRYPTION && named.is_plain() && key.supports(scheme) {
        return Ok(scheme);
    }
    let scheme = algorithm::scheme(signature, key).map_err(TimestampError::SignatureAlgorithm)?;
    if scheme.hash().unwrap_or(Hash::Sha512) == digest {
        Ok(scheme)
    } else {
        Err(TimestampError::SignatureHash { oid: named.oid })
    }
}
