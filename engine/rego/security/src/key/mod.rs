//! Keys as Go keeps them.

pub(crate) mod curve;
pub(crate) mod pem;
mod private;
mod public;
mod rsa;
mod show;

pub(crate) use curve::Curve;
pub(crate) use private::{
    ec as parse_ec, ed25519, pkcs1 as parse_pkcs1, pkcs8 as parse_pkcs8, x25519,
};
pub(crate) use public::{spki as parse_spki, subject_key};

use num_bigint::BigUint;

/// A public key of RSA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RsaPublic {
    pub(crate) n: BigUint,
    /// Go keeps it in an `int`.
    pub(crate) e: i64,
}

/// A private key of RSA. The values of the Chinese remainder theorem may be missing in a JWK.
#[derive(Clone)]
pub(crate) struct RsaPrivate {
    pub(crate) public: RsaPublic,
    pub(crate) d: BigUint,
    pub(crate) primes: Vec<BigUint>,
    pub(crate) dp: Option<BigUint>,
    pub(crate) dq: Option<BigUint>,
    pub(crate) qinv: Option<BigUint>,
}

/// A point on a curve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EcPublic {
    pub(crate) curve: Curve,
    pub(crate) x: BigUint,
    pub(crate) y: BigUint,
}

/// A private key on a curve.
#[derive(Clone)]
pub(crate) struct EcPrivate {
    pub(crate) public: EcPublic,
    pub(crate) d: BigUint,
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PublicKey {
    Rsa(RsaPublic),
    Ec(EcPublic),
    Ed25519(Vec<u8>),
    X25519(Vec<u8>),
    Dsa { p: BigUint, q: BigUint, g: BigUint, y: BigUint },
}

/// A private key.
#[derive(Clone)]
pub(crate) enum PrivateKey {
    Rsa(RsaPrivate),
    Ec(EcPrivate),
    Ed25519 { seed: Vec<u8>, public: Vec<u8> },
    X25519 { secret: Vec<u8>, public: Vec<u8> },
}

impl PrivateKey {
    /// The public key that belongs to it.
    pub(crate) fn public(&self) -> PublicKey {
        match self {
            Self::Rsa(key) => PublicKey::Rsa(key.public.clone()),
            Self::Ec(key) => PublicKey::Ec(key.public.clone()),
            Self::Ed25519 { public, .. } => PublicKey::Ed25519(public.clone()),
            Self::X25519 { public, .. } => PublicKey::X25519(public.clone()),
        }
    }
}

impl EcPublic {
    /// The point as SEC 1 writes it, uncompressed.
    pub(crate) fn uncompressed(&self) -> Vec<u8> {
        let mut point = vec![4];
        point.extend(self.curve.coordinate(&self.x));
        point.extend(self.curve.coordinate(&self.y));
        point
    }

    /// Reads an uncompressed point of SEC 1.
    pub(crate) fn parse(curve: Curve, point: &[u8]) -> Option<Self> {
        let (&4, coordinates) = point.split_first()? else { return None };
        if coordinates.len() != 2 * curve.size() {
            return None;
        }
        let (x, y) = coordinates.split_at(curve.size());
        let (x, y) = (BigUint::from_bytes_be(x), BigUint::from_bytes_be(y));
        curve.contains(&x, &y).then_some(Self { curve, x, y })
    }
}
