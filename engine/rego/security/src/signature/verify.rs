//! Checks signatures of RSA (RFC 8017), ECDSA (FIPS 186-4) and Ed25519 (RFC 8032), with Go's
//! limits: moduli of at least 1024 bits, exponents below 2^31.

use crate::der::{self, Reader, tag};
use crate::digest::Hash;
use crate::key::{Curve, EcPublic, RsaPublic};
use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ED25519,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use num_bigint::BigUint;

/// How long the salt of a PSS signature may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Salt {
    /// As long as the digest.
    Hash,
    /// As long as it is found to be.
    Any,
}

/// Whether AWS-LC takes a key.
fn usual(key: &RsaPublic) -> bool {
    (2048..=8192).contains(&key.n.bits()) && key.e >= 3
}

fn components(key: &RsaPublic) -> RsaPublicKeyComponents<Vec<u8>> {
    RsaPublicKeyComponents {
        n: key.n.to_bytes_be(),
        e: BigUint::from(key.e.unsigned_abs()).to_bytes_be(),
    }
}

/// RSASSA-PKCS1-v1_5.
pub(crate) fn rsa_pkcs1(key: &RsaPublic, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
    if key.check().is_err() {
        return false;
    }
    if usual(key) {
        let algorithm = match hash {
            Hash::Sha256 => &RSA_PKCS1_2048_8192_SHA256,
            Hash::Sha384 => &RSA_PKCS1_2048_8192_SHA384,
            Hash::Sha512 => &RSA_PKCS1_2048_8192_SHA512,
        };
        return components(key).verify(algorithm, message, signature).is_ok();
    }
    let Some(encoded) = opened(key, signature) else { return false };
    // EMSA-PKCS1-v1_5: 00 01 ff … ff 00, then the digest with its algorithm.
    let mut wanted = digest_info(hash);
    wanted.extend(hash.of(message));
    let Some(padding) = encoded.len().checked_sub(wanted.len() + 3).filter(|length| *length >= 8)
    else {
        return false;
    };
    let mut whole = vec![0, 1];
    whole.resize(2 + padding, 0xff);
    whole.push(0);
    whole.append(&mut wanted);
    whole == encoded
}

fn digest_info(hash: Hash) -> Vec<u8> {
    let (last, size) = match hash {
        Hash::Sha256 => (1, 32),
        Hash::Sha384 => (2, 48),
        Hash::Sha512 => (3, 64),
    };
    let mut info = vec![0x30, 17 + size, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2];
    info.extend([last, 5, 0, 4, size]);
    info
}

/// The message representative of a signature, as long as the modulus.
fn opened(key: &RsaPublic, signature: &[u8]) -> Option<Vec<u8>> {
    let size = usize::try_from(key.n.bits().div_ceil(8)).ok()?;
    let value = BigUint::from_bytes_be(signature);
    if signature.len() != size || value >= key.n {
        return None;
    }
    let opened = value.modpow(&BigUint::from(key.e.unsigned_abs()), &key.n).to_bytes_be();
    let mut whole = vec![0; size.checked_sub(opened.len())?];
    whole.extend(opened);
    Some(whole)
}

/// RSASSA-PSS with MGF1 of the same hash.
pub(crate) fn rsa_pss(
    key: &RsaPublic,
    hash: Hash,
    message: &[u8],
    signature: &[u8],
    salt: Salt,
) -> bool {
    if key.check().is_err() {
        return false;
    }
    if usual(key) {
        let algorithm = match hash {
            Hash::Sha256 => &RSA_PSS_2048_8192_SHA256,
            Hash::Sha384 => &RSA_PSS_2048_8192_SHA384,
            Hash::Sha512 => &RSA_PSS_2048_8192_SHA512,
        };
        if components(key).verify(algorithm, message, signature).is_ok() {
            return true;
        }
        if salt == Salt::Hash {
            return false;
        }
    }
    opened(key, signature)
        .and_then(|encoded| emsa_pss(key.n.bits() - 1, hash, message, &encoded, salt))
        .unwrap_or(false)
}

/// EMSA-PSS-VERIFY (RFC 8017 section 9.1.2).
fn emsa_pss(bits: u64, hash: Hash, message: &[u8], encoded: &[u8], salt: Salt) -> Option<bool> {
    let size = usize::try_from(bits.div_ceil(8)).ok()?;
    let skipped = encoded.len().checked_sub(size)?;
    let (before, encoded) = encoded.split_at(skipped);
    let (&last, masked) = encoded.split_last()?;
    let database_size = masked.len().checked_sub(hash.size())?;
    let (masked, digest) = masked.split_at(database_size);
    let unused = u32::try_from(8 * u64::try_from(size).ok()? - bits).ok()?;
    let unused_mask = 0xff_u8.checked_shr(unused).unwrap_or(0);
    if before.iter().any(|&byte| byte != 0)
        || last != 0xbc
        || masked.first().is_some_and(|byte| byte & !unused_mask != 0)
    {
        return Some(false);
    }
    let mask = mgf1(hash, digest, database_size);
    let mut database: Vec<u8> = masked.iter().zip(mask).map(|(a, b)| a ^ b).collect();
    *database.first_mut()? &= unused_mask;
    let one = database.iter().position(|&byte| byte != 0)?;
    if database.get(one) != Some(&1) {
        return Some(false);
    }
    let found = database.get(one + 1..)?;
    if salt == Salt::Hash && found.len() != hash.size() {
        return Some(false);
    }
    let mut input = vec![0; 8];
    input.extend(hash.of(message));
    input.extend_from_slice(found);
    Some(hash.of(&input) == digest)
}

fn mgf1(hash: Hash, seed: &[u8], size: usize) -> Vec<u8> {
    let mut mask = Vec::with_capacity(size + hash.size());
    for counter in 0_u32.. {
        if mask.len() >= size {
            break;
        }
        mask.extend(hash.of(&[seed, &counter.to_be_bytes()].concat()));
    }
    mask.truncate(size);
    mask
}

/// ECDSA with the two numbers of a signature.
pub(crate) fn ecdsa(key: &EcPublic, hash: Hash, message: &[u8], r: &[u8], s: &[u8]) -> bool {
    digest_signature(key, &hash.of(message), &BigUint::from_bytes_be(r), &BigUint::from_bytes_be(s))
}

/// ECDSA with a signature in DER.
pub(crate) fn ecdsa_der(key: &EcPublic, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
    let mut outer = Reader::new(signature);
    let numbers = outer.inside(tag::SEQUENCE).and_then(|mut inside| {
        let numbers = (inside.integer()?, inside.integer()?);
        inside.is_empty().then_some(numbers)
    });
    let Some((r, s)) = numbers.filter(|_| outer.is_empty()) else { return false };
    if [r, s].iter().any(|number| number.first().is_some_and(|byte| byte & 0x80 != 0)) {
        return false;
    }
    digest_signature(key, &hash.of(message), &BigUint::from_bytes_be(r), &BigUint::from_bytes_be(s))
}

fn digest_signature(key: &EcPublic, digest: &[u8], r: &BigUint, s: &BigUint) -> bool {
    let (size, name, algorithm) = match key.curve {
        Curve::P224 => return key.curve.verify((&key.x, &key.y), digest, (r, s)),
        Curve::P256 => (32, &digest::SHA256, &ECDSA_P256_SHA256_ASN1),
        Curve::P384 => (48, &digest::SHA384, &ECDSA_P384_SHA384_ASN1),
        Curve::P521 => (64, &digest::SHA512, &ECDSA_P521_SHA512_ASN1),
    };
    let order = key.curve.order();
    if *r == BigUint::ZERO || *s == BigUint::ZERO || *r >= order || *s >= order {
        return false;
    }
    // A digest counts as a number of as many bits as the order has: a longer one is cut off on
    // the right, a shorter one is filled up on the left.
    let mut fitted = vec![0; size - digest.len().min(size)];
    fitted.extend(digest.iter().take(size));
    let Ok(digest) = Digest::import_less_safe(&fitted, name) else { return false };
    let numbers = [r, s].map(|number| der::wrap_unsigned(&number.to_bytes_be())).concat();
    let signature = der::wrap(tag::SEQUENCE, &numbers);
    UnparsedPublicKey::new(algorithm, key.uncompressed()).verify_digest(&digest, &signature).is_ok()
}

/// Ed25519.
pub(crate) fn ed25519(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mgf1_is_as_in_the_known_answer() {
        // MGF1 of SHA-256, seed "bar", 50 bytes.
        let mask = mgf1(Hash::Sha256, b"bar", 50);
        assert_eq!(
            crate::digest::hex(&mask),
            "382576a7841021cc28fc4c0948753fb8312090cea942ea4c4e735d10dc724b155f9f6069f289d61daca0cb814502ef04eae1"
        );
    }
}
