//! Makes signatures. What is random in them comes from the random numbers of AWS-LC, never from
//! the seed of the evaluation: a predictable nonce gives the key away. So PS and ES signatures
//! differ each time, as OPA's do; RS and EdDSA signatures do not.

use crate::digest::Hash;
use crate::key::{Curve, EcPrivate, RsaPrivate};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256,
    RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512,
    RsaEncoding,
};
use aws_lc_rs::{digest, error};
use num_bigint::BigUint;

/// RSASSA-PKCS1-v1_5, or RSASSA-PSS with a salt as long as the digest. Keys of 2048 to 8192 bits.
///
/// # Errors
/// Go's words; the key is checked first.
pub(crate) fn rsa(
    key: RsaPrivate,
    hash: Hash,
    pss: bool,
    message: &[u8],
) -> Result<Vec<u8>, String> {
    key.public.check()?;
    let key = key.complete()?;
    let number = |value: &Option<BigUint>| value.as_ref().map(BigUint::to_bytes_be);
    let refused = || "crypto/rsa: the key cannot be used to sign here".to_owned();
    let ([p, q], Some(dp), Some(dq), Some(qinv)) =
        (key.primes.as_slice(), number(&key.dp), number(&key.dq), number(&key.qinv))
    else {
        return Err(refused());
    };
    let pair = KeyPair::from_components(&KeyPairComponents {
        public_key: PublicKeyComponents {
            n: key.public.n.to_bytes_be(),
            e: BigUint::from(key.public.e.unsigned_abs()).to_bytes_be(),
        },
        d: key.d.to_bytes_be(),
        p: p.to_bytes_be(),
        q: q.to_bytes_be(),
        dP: dp,
        dQ: dq,
        qInv: qinv,
    })
    .map_err(|_| refused())?;
    let encoding: &'static dyn RsaEncoding = match (hash, pss) {
        (Hash::Sha256, false) => &RSA_PKCS1_SHA256,
        (Hash::Sha384, false) => &RSA_PKCS1_SHA384,
        (Hash::Sha512, false) => &RSA_PKCS1_SHA512,
        (Hash::Sha256, true) => &RSA_PSS_SHA256,
        (Hash::Sha384, true) => &RSA_PSS_SHA384,
        (Hash::Sha512, true) => &RSA_PSS_SHA512,
    };
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(encoding, &SystemRandom::new(), message, &mut signature).map_err(|_| refused())?;
    Ok(signature)
}

/// ECDSA: both numbers, each as long as a coordinate.
///
/// # Errors
/// Where the key is not usable.
pub(crate) fn ecdsa(key: &EcPrivate, hash: Hash, message: &[u8]) -> Result<Vec<u8>, String> {
    let (size, name, algorithm) = match key.public.curve {
        Curve::P224 => return Err("ecdsa: P-224 is not signed with here".to_owned()),
        Curve::P256 => (32, &digest::SHA256, &ECDSA_P256_SHA256_FIXED_SIGNING),
        Curve::P384 => (48, &digest::SHA384, &ECDSA_P384_SHA384_FIXED_SIGNING),
        Curve::P521 => (64, &digest::SHA512, &ECDSA_P521_SHA512_FIXED_SIGNING),
    };
    let secret = key.public.curve.coordinate(&key.d);
    let signed = |_: error::KeyRejected| "ecdsa: private key does not match public key".to_owned();
    let pair = EcdsaKeyPair::from_private_key_and_public_key(
        algorithm,
        &secret,
        &key.public.uncompressed(),
    )
    .map_err(signed)?;
    let digest = hash.of(message);
    let mut fitted = vec![0; size - digest.len().min(size)];
    fitted.extend(digest.iter().take(size));
    digest::Digest::import_less_safe(&fitted, name)
        .and_then(|digest| pair.sign_digest(&digest))
        .map(|signature| signature.as_ref().to_vec())
        .map_err(|_| "ecdsa: the key cannot be used to sign here".to_owned())
}

/// Ed25519.
///
/// # Errors
/// Where the seed is no seed.
pub(crate) fn ed25519(seed: &[u8], message: &[u8]) -> Result<Vec<u8>, String> {
    Ed25519KeyPair::from_seed_unchecked(seed)
        .map(|pair| pair.sign(message).as_ref().to_vec())
        .map_err(|_| "ed25519: bad seed".to_owned())
}
