//! Private keys of PKCS #1 (RFC 8017), PKCS #8 (RFC 5958) and SEC 1, read as Go reads them, with
//! Go's errors.

use super::public::{EC, ED25519, RSA, X25519};
use super::{Curve, EcPrivate, EcPublic, PrivateKey, RsaPrivate, RsaPublic};
use crate::der::{Oid, dotted};
use crate::go::asn1::{Fields, Wanted, trailing_data};
use aws_lc_rs::agreement;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use num_bigint::BigUint;

struct Pkcs8<'a> {
    oid: Oid,
    parameters: &'a [u8],
    key: &'a [u8],
}

fn read_pkcs8(bytes: &[u8]) -> Result<Pkcs8<'_>, String> {
    let (mut fields, _) = Fields::new(bytes).structure(Wanted::structure("pkcs8"))?;
    fields.int()?;
    let (oid, parameters) = fields.algorithm()?;
    Ok(Pkcs8 { oid, parameters, key: fields.bytes()? })
}

struct Pkcs1<'a> {
    version: i64,
    n: &'a [u8],
    e: i64,
    d: &'a [u8],
    primes: Vec<&'a [u8]>,
    crt: [Option<&'a [u8]>; 3],
}

fn read_pkcs1(bytes: &[u8]) -> Result<(Pkcs1<'_>, &[u8]), String> {
    let mut outer = Fields::new(bytes);
    let (mut fields, _) = outer.structure(Wanted::structure("pkcs1PrivateKey"))?;
    let version = fields.int()?;
    let n = fields.big()?;
    let e = fields.int()?;
    let d = fields.big()?;
    let mut primes = vec![fields.big()?, fields.big()?];
    let crt = [fields.optional_big()?, fields.optional_big()?, fields.optional_big()?];
    if let Some(mut others) = fields.optional_list(Wanted::LIST)? {
        others.check_elements(Some(Wanted::structure("")))?;
        while !others.is_empty() {
            let (mut other, _) = others.structure(Wanted::structure("pkcs1AdditionalRSAPrime"))?;
            primes.push(other.big()?);
            other.big()?;
            other.big()?;
        }
    }
    Ok((Pkcs1 { version, n, e, d, primes, crt }, outer.rest()))
}

struct Sec1<'a> {
    version: i64,
    key: &'a [u8],
    curve: Option<Oid>,
}

fn read_sec1(bytes: &[u8]) -> Result<Sec1<'_>, String> {
    let (mut fields, _) = Fields::new(bytes).structure(Wanted::structure("ecPrivateKey"))?;
    let version = fields.int()?;
    let key = fields.bytes()?;
    let curve = match fields.explicit(0)? {
        Some(mut inside) => Some(inside.oid()?),
        None => None,
    };
    if let Some(mut inside) = fields.explicit(1)? {
        inside.bits()?;
    }
    Ok(Sec1 { version, key, curve })
}

fn other_format(function: &str) -> String {
    format!("x509: failed to parse private key (use {function} instead for this key format)")
}

/// Reads a key of PKCS #1.
///
/// # Errors
/// Go's words.
pub(crate) fn pkcs1(bytes: &[u8]) -> Result<PrivateKey, String> {
    let (key, rest) = match read_pkcs1(bytes) {
        Ok(read) => read,
        Err(_) if read_sec1(bytes).is_ok() => return Err(other_format("ParseECPrivateKey")),
        Err(_) if read_pkcs8(bytes).is_ok() => return Err(other_format("ParsePKCS8PrivateKey")),
        Err(error) => return Err(error),
    };
    if !rest.is_empty() {
        return Err(trailing_data());
    }
    if key.version > 1 {
        return Err("x509: unsupported private key version".to_owned());
    }
    let positive = |bytes: &&[u8]| {
        bytes.first().is_some_and(|byte| byte & 0x80 == 0) && bytes.iter().any(|&byte| byte != 0)
    };
    let own = [key.n, key.d].into_iter().chain(key.primes.iter().copied().take(2));
    if !own.chain(key.crt.into_iter().flatten()).all(|bytes| positive(&bytes)) {
        return Err("x509: private key contains zero or negative value".to_owned());
    }
    if !key.primes.iter().all(positive) {
        return Err("x509: private key contains zero or negative prime".to_owned());
    }
    let number = BigUint::from_bytes_be;
    let [dp, dq, qinv] = key.crt.map(|value| value.map(number));
    let key = RsaPrivate {
        public: RsaPublic { n: number(key.n), e: key.e },
        d: number(key.d),
        primes: key.primes.into_iter().map(number).collect(),
        dp,
        dq,
        qinv,
    };
    key.complete().map(PrivateKey::Rsa)
}

/// Reads a key of PKCS #8.
///
/// # Errors
/// Go's words.
pub(crate) fn pkcs8(bytes: &[u8]) -> Result<PrivateKey, String> {
    let key = match read_pkcs8(bytes) {
        Ok(key) => key,
        Err(_) if read_sec1(bytes).is_ok() => return Err(other_format("ParseECPrivateKey")),
        Err(_) if read_pkcs1(bytes).is_ok() => return Err(other_format("ParsePKCS1PrivateKey")),
        Err(error) => return Err(error),
    };
    let embedded = |kind: &str, error: &str| {
        format!("x509: failed to parse {kind} private key embedded in PKCS#8: {error}")
    };
    match key.oid.as_slice() {
        RSA => pkcs1(key.key).map_err(|error| embedded("RSA", &error)),
        EC => {
            let curve = Fields::new(key.parameters).oid().ok();
            sec1(key.key, curve).map_err(|error| embedded("EC", &error))
        }
        ED25519 => {
            let seed = octets(&key, "Ed25519")?;
            if seed.len() != 32 {
                return Err(format!("x509: invalid Ed25519 private key length: {}", seed.len()));
            }
            ed25519(seed).ok_or_else(|| "x509: invalid Ed25519 private key".to_owned())
        }
        X25519 => {
            let secret = octets(&key, "X25519")?;
            x25519(secret).ok_or_else(|| "crypto/ecdh: invalid private key size".to_owned())
        }
        oid => Err(format!(
            "x509: PKCS#8 wrapping contained private key with unknown algorithm: {}",
            dotted(oid)
        )),
    }
}

fn octets<'a>(key: &Pkcs8<'a>, kind: &str) -> Result<&'a [u8], String> {
    if !key.parameters.is_empty() {
        return Err(format!("x509: invalid {kind} private key parameters"));
    }
    Fields::new(key.key)
        .bytes()
        .map_err(|error| format!("x509: invalid {kind} private key: {error}"))
}

/// The key of a seed.
pub(crate) fn ed25519(seed: &[u8]) -> Option<PrivateKey> {
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
    let public = pair.public_key().as_ref().to_vec();
    Some(PrivateKey::Ed25519 { seed: seed.to_vec(), public })
}

/// The key of a secret.
pub(crate) fn x25519(secret: &[u8]) -> Option<PrivateKey> {
    let public = agreed_point(&agreement::X25519, secret)?;
    Some(PrivateKey::X25519 { secret: secret.to_vec(), public })
}

fn agreed_point(algorithm: &'static agreement::Algorithm, secret: &[u8]) -> Option<Vec<u8>> {
    let key = agreement::PrivateKey::from_private_key(algorithm, secret).ok()?;
    Some(key.compute_public_key().ok()?.as_ref().to_vec())
}

/// Reads a key of SEC 1.
///
/// # Errors
/// Go's words.
pub(crate) fn ec(bytes: &[u8]) -> Result<PrivateKey, String> {
    sec1(bytes, None)
}

fn sec1(bytes: &[u8], curve: Option<Oid>) -> Result<PrivateKey, String> {
    let key = match read_sec1(bytes) {
        Ok(key) => key,
        Err(_) if read_pkcs8(bytes).is_ok() => return Err(other_format("ParsePKCS8PrivateKey")),
        Err(_) if read_pkcs1(bytes).is_ok() => return Err(other_format("ParsePKCS1PrivateKey")),
        Err(error) => return Err(format!("x509: failed to parse EC private key: {error}")),
    };
    if key.version != 1 {
        return Err(format!("x509: unknown EC private key version {}", key.version));
    }
    let curve = curve.or(key.curve).and_then(|oid| Curve::from_oid(&oid));
    let Some(curve) = curve else { return Err("x509: unknown elliptic curve".to_owned()) };
    let d = BigUint::from_bytes_be(key.key);
    if curve.coordinate(&d).len() > curve.size() {
        return Err("x509: invalid private key length".to_owned());
    }
    if d == BigUint::ZERO {
        return Err("ecdsa: private key is zero".to_owned());
    }
    if d >= curve.order() {
        return Err("input overflows the modulus".to_owned());
    }
    ec_key(curve, d).ok_or_else(|| "ecdsa: private key is zero".to_owned())
}

/// The key of a secret below the order of a curve.
pub(crate) fn ec_key(curve: Curve, d: BigUint) -> Option<PrivateKey> {
    let algorithm = match curve {
        Curve::P224 => {
            let (x, y) = curve.public_point(&d)?;
            let (x, y) = (BigUint::from_bytes_be(&x), BigUint::from_bytes_be(&y));
            return Some(PrivateKey::Ec(EcPrivate { public: EcPublic { curve, x, y }, d }));
        }
        Curve::P256 => &agreement::ECDH_P256,
        Curve::P384 => &agreement::ECDH_P384,
        Curve::P521 => &agreement::ECDH_P521,
    };
    let point = agreed_point(algorithm, &curve.coordinate(&d))?;
    Some(PrivateKey::Ec(EcPrivate { public: EcPublic::parse(curve, &point)?, d }))
}
