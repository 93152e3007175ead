//! Keys that can be computed with, from JWKs.

use super::parse::{modulus_and_exponent, point};
use super::{Jwk, Material, RsaMaterial};
use crate::key::{EcPrivate, PrivateKey, PublicKey, RsaPrivate, RsaPublic, ed25519, x25519};
use num_bigint::BigUint;

type Result<T> = std::result::Result<T, String>;

/// A key that can be computed with.
#[derive(Clone)]
pub(crate) enum RawKey {
    Public(PublicKey),
    Private(PrivateKey),
    Symmetric(Vec<u8>),
}

impl Jwk {
    /// The key behind it, whatever it is.
    ///
    /// # Errors
    /// The library's words.
    pub(crate) fn export(&self) -> Result<RawKey> {
        self.raw()
            .map_err(|error| format!("jwk.Export: failed to export jwk.Key to raw format: {error}"))
    }

    fn raw(&self) -> Result<RawKey> {
        match &self.material {
            Material::RsaPublic { n, e } => {
                let (n, e) = modulus_and_exponent(n, e).map_err(|error| public_rsa(&error))?;
                Ok(RawKey::Public(PublicKey::Rsa(RsaPublic { n, e })))
            }
            Material::RsaPrivate(key) => rsa(key).map(|key| RawKey::Private(PrivateKey::Rsa(key))),
            Material::EcPublic { curve, x, y } => {
                point(curve, x, y).map(|key| RawKey::Public(PublicKey::Ec(key)))
            }
            Material::EcPrivate { curve, x, y, d } => {
                let public = point(curve, x, y)
                    .map_err(|error| format!("failed to build public key: jwk: {error}"))?;
                let d = BigUint::from_bytes_be(d);
                Ok(RawKey::Private(PrivateKey::Ec(EcPrivate { public, d })))
            }
            Material::OkpPublic { curve, x } => match curve.as_str() {
                "Ed25519" => Ok(RawKey::Public(PublicKey::Ed25519(x.clone()))),
                "X25519" => Ok(RawKey::Public(PublicKey::X25519(x.clone()))),
                other => Err(format!(
                    "jwk.OKPPublicKey: failed to build public key: invalid curve algorithm {other}"
                )),
            },
            Material::OkpPrivate { curve, x, d } => okp(curve, x, d).map_err(|error| {
                format!("jwk.OKPPrivateKey: failed to build private key: {error}")
            }),
            Material::Symmetric(k) => Ok(RawKey::Symmetric(k.clone())),
        }
    }
}

fn public_rsa(error: &str) -> String {
    format!("failed to build rsa.PublicKey: {error}")
}

fn rsa(key: &RsaMaterial) -> Result<RsaPrivate> {
    let missing = |name: &str| format!("missing \"{name}\" value");
    let q = key.q.as_ref().ok_or_else(|| missing("q"))?;
    let p = key.p.as_ref().ok_or_else(|| missing("p"))?;
    let (n, e) = modulus_and_exponent(&key.n, &key.e).map_err(|error| public_rsa(&error))?;
    let number = |bytes: &Vec<u8>| BigUint::from_bytes_be(bytes);
    Ok(RsaPrivate {
        public: RsaPublic { n, e },
        d: number(&key.d),
        primes: vec![number(p), number(q)],
        dp: key.dp.as_ref().map(number),
        dq: key.dq.as_ref().map(number),
        qinv: key.qi.as_ref().map(number),
    })
}

fn okp(curve: &str, x: &[u8], d: &[u8]) -> Result<RawKey> {
    match curve {
        "Ed25519" => match ed25519(d) {
            Some(key @ PrivateKey::Ed25519 { .. }) => {
                if key.public() == PublicKey::Ed25519(x.to_vec()) {
                    Ok(RawKey::Private(key))
                } else {
                    Err("ed25519: invalid x value given d value".to_owned())
                }
            }
            _ => Err("ed25519: wrong private key size".to_owned()),
        },
        "X25519" => x25519(d)
            .map(RawKey::Private)
            .ok_or_else(|| "x25519: unable to construct x25519 private key from seed".to_owned()),
        other => Err(format!("invalid curve algorithm {other}")),
    }
}
