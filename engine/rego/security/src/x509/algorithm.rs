//! Signature algorithms of certificates, by Go's numbers, and the check of a signature.

use crate::digest::Hash;
use crate::go::asn1::Fields;
use crate::key::PublicKey;
use crate::signature::{self, Salt};

/// Go's number of an algorithm; 0 is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SignatureAlgorithm(pub(super) i64);

const PSS: &[u32] = &[1, 2, 840, 113_549, 1, 1, 10];

/// The algorithm of an identifier with its parameters.
pub(super) fn identify(oid: &[u32], parameters: &[u8]) -> SignatureAlgorithm {
    SignatureAlgorithm(match oid {
        [1, 3, 101, 112] if parameters.is_empty() => 16,
        [1, 2, 840, 113_549, 1, 1, 4] => 2,
        [1, 2, 840, 113_549, 1, 1, 5] | [1, 3, 14, 3, 2, 29] => 3,
        [1, 2, 840, 113_549, 1, 1, 11] => 4,
        [1, 2, 840, 113_549, 1, 1, 12] => 5,
        [1, 2, 840, 113_549, 1, 1, 13] => 6,
        [1, 2, 840, 10040, 4, 3] => 7,
        [2, 16, 840, 1, 101, 3, 4, 3, 2] => 8,
        [1, 2, 840, 10045, 4, 1] => 9,
        [1, 2, 840, 10045, 4, 3, 2] => 10,
        [1, 2, 840, 10045, 4, 3, 3] => 11,
        [1, 2, 840, 10045, 4, 3, 4] => 12,
        PSS => pss(parameters).unwrap_or(0),
        _ => 0,
    })
}

/// PSS in its three usual forms: one hash for all, a salt as long as the digest (RFC 4055).
fn pss(parameters: &[u8]) -> Option<i64> {
    let plain = |parameters: &[u8]| parameters.is_empty() || parameters == crate::der::NULL;
    let mut outer = Fields::new(parameters);
    let (mut fields, _) = outer.structure(crate::go::asn1::Wanted::structure("")).ok()?;
    let (hash, hash_parameters) = fields.explicit(0).ok()??.algorithm().ok()?;
    let (mask, mask_parameters) = fields.explicit(1).ok()??.algorithm().ok()?;
    let salt = fields.explicit(2).ok()??.int().ok()?;
    let trailer = match fields.explicit(3).ok()? {
        Some(mut field) => field.int().ok()?,
        None => 1,
    };
    let (mask_hash, mask_hash_parameters) = Fields::new(mask_parameters).algorithm().ok()?;
    let usual = plain(hash_parameters)
        && mask == [1, 2, 840, 113_549, 1, 1, 8]
        && mask_hash == hash
        && plain(mask_hash_parameters)
        && trailer == 1;
    match (hash.as_slice(), salt) {
        _ if !usual => None,
        ([2, 16, 840, 1, 101, 3, 4, 2, 1], 32) => Some(13),
        ([2, 16, 840, 1, 101, 3, 4, 2, 2], 48) => Some(14),
        ([2, 16, 840, 1, 101, 3, 4, 2, 3], 64) => Some(15),
        _ => None,
    }
}

/// Go's number of the algorithm of a public key; 0 is unknown.
pub(super) fn public_key(oid: &[u32]) -> i64 {
    match oid {
        [1, 2, 840, 113_549, 1, 1, 1] => 1,
        [1, 2, 840, 10040, 4, 1] => 2,
        [1, 2, 840, 10045, 2, 1] => 3,
        [1, 3, 101, 112] => 4,
        _ => 0,
    }
}

impl SignatureAlgorithm {
    /// Whether a signature is good. MD5 and SHA-1 never are.
    pub(super) fn verify(self, key: &PublicKey, signed: &[u8], mark: &[u8]) -> bool {
        match (self.0, key) {
            (4, PublicKey::Rsa(key)) => signature::rsa_pkcs1(key, Hash::Sha256, signed, mark),
            (5, PublicKey::Rsa(key)) => signature::rsa_pkcs1(key, Hash::Sha384, signed, mark),
            (6, PublicKey::Rsa(key)) => signature::rsa_pkcs1(key, Hash::Sha512, signed, mark),
            (10, PublicKey::Ec(key)) => signature::ecdsa_der(key, Hash::Sha256, signed, mark),
            (11, PublicKey::Ec(key)) => signature::ecdsa_der(key, Hash::Sha384, signed, mark),
            (12, PublicKey::Ec(key)) => signature::ecdsa_der(key, Hash::Sha512, signed, mark),
            (13, PublicKey::Rsa(key)) => {
                signature::rsa_pss(key, Hash::Sha256, signed, mark, Salt::Hash)
            }
            (14, PublicKey::Rsa(key)) => {
                signature::rsa_pss(key, Hash::Sha384, signed, mark, Salt::Hash)
            }
            (15, PublicKey::Rsa(key)) => {
                signature::rsa_pss(key, Hash::Sha512, signed, mark, Salt::Hash)
            }
            (16, PublicKey::Ed25519(key)) => signature::ed25519(key, signed, mark),
            _ => false,
        }
    }
}
