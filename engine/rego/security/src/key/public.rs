//! Public keys as certificates and PEM hold them (RFC 5280 section 4.1.2.7, RFC 8410), read as Go
//! reads them, with Go's errors.

use super::{Curve, EcPublic, PublicKey, RsaPublic};
use crate::der::{self, Reader, tag};
use crate::go::asn1::{Fields, Wanted};
use num_bigint::BigUint;

/// `rsaEncryption`.
pub(crate) const RSA: &[u32] = &[1, 2, 840, 113_549, 1, 1, 1];
/// `id-ecPublicKey`.
pub(crate) const EC: &[u32] = &[1, 2, 840, 10045, 2, 1];
/// `id-Ed25519`.
pub(crate) const ED25519: &[u32] = &[1, 3, 101, 112];
/// `id-X25519`.
pub(crate) const X25519: &[u32] = &[1, 3, 101, 110];
/// `id-dsa`.
pub(crate) const DSA: &[u32] = &[1, 2, 840, 10040, 4, 1];

/// Reads a `SubjectPublicKeyInfo`.
///
/// # Errors
/// Go's words.
pub(crate) fn spki(bytes: &[u8]) -> Result<PublicKey, String> {
    let mut fields = Fields::new(bytes);
    let parsed = (|| {
        let (mut info, _) = fields.structure(Wanted::structure("publicKeyInfo"))?;
        let algorithm = info.algorithm()?;
        Ok::<_, String>((algorithm, info.bits()?))
    })();
    let ((oid, parameters), key) = match parsed {
        Ok(parsed) => parsed,
        Err(_) if is_pkcs1(bytes) => {
            return Err("x509: failed to parse public key (use ParsePKCS1PublicKey instead for \
                        this key format)"
                .to_owned());
        }
        Err(error) => return Err(error),
    };
    if !fields.is_empty() {
        return Err("x509: trailing data after ASN.1 of public-key".to_owned());
    }
    subject_key(&oid, parameters, &key.right_aligned())
}

fn is_pkcs1(bytes: &[u8]) -> bool {
    let mut fields = Fields::new(bytes);
    let Ok((mut key, _)) = fields.structure(Wanted::structure("pkcs1PublicKey")) else {
        return false;
    };
    key.big().is_ok() && key.int().is_ok()
}

/// Reads the key of an algorithm.
///
/// # Errors
/// Go's words.
pub(crate) fn subject_key(
    oid: &[u32],
    parameters: &[u8],
    data: &[u8],
) -> Result<PublicKey, String> {
    match oid {
        RSA => rsa(parameters, data),
        EC => ec(parameters, data),
        ED25519 => {
            if !parameters.is_empty() {
                return x509("Ed25519 key encoded with illegal parameters");
            }
            if data.len() != 32 {
                return x509("wrong Ed25519 public key size");
            }
            Ok(PublicKey::Ed25519(data.to_vec()))
        }
        X25519 => {
            if !parameters.is_empty() {
                return x509("X25519 key encoded with illegal parameters");
            }
            if data.len() != 32 {
                return Err("crypto/ecdh: invalid public key".to_owned());
            }
            Ok(PublicKey::X25519(data.to_vec()))
        }
        DSA => dsa(parameters, data),
        _ => x509("unknown public key algorithm"),
    }
}

fn x509<T>(message: &str) -> Result<T, String> {
    Err(format!("x509: {message}"))
}

fn is_negative(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|byte| byte & 0x80 != 0)
}

fn rsa(parameters: &[u8], data: &[u8]) -> Result<PublicKey, String> {
    if parameters != der::NULL {
        return x509("RSA key missing NULL parameters");
    }
    let Some(mut key) = Reader::new(data).inside(tag::SEQUENCE) else {
        return x509("invalid RSA public key");
    };
    let Some(n) = key.integer() else { return x509("invalid RSA modulus") };
    let Some(e) = key.int64() else { return x509("invalid RSA public exponent") };
    let negative = is_negative(n);
    let n = BigUint::from_bytes_be(n);
    if negative || n == BigUint::ZERO {
        return x509("RSA modulus is not a positive number");
    }
    if e <= 0 {
        return x509("RSA public exponent is not a positive number");
    }
    Ok(PublicKey::Rsa(RsaPublic { n, e }))
}

fn ec(parameters: &[u8], data: &[u8]) -> Result<PublicKey, String> {
    let Some(oid) = Reader::new(parameters).oid() else { return x509("invalid ECDSA parameters") };
    let Some(curve) = Curve::from_oid(&oid) else { return x509("unsupported elliptic curve") };
    if data.first() != Some(&4) {
        return Err("ecdsa: invalid uncompressed public key".to_owned());
    }
    let name = curve.name().replace('-', "");
    if data.len() != 1 + 2 * curve.size() {
        return Err(format!("invalid {name} point encoding"));
    }
    EcPublic::parse(curve, data).map(PublicKey::Ec).ok_or_else(|| {
        let mut coordinates =
            data.get(1..).unwrap_or_default().chunks(curve.size()).map(BigUint::from_bytes_be);
        let mut next = || coordinates.next().unwrap_or_default();
        curve.refusal(&next(), &next())
    })
}

fn dsa(parameters: &[u8], data: &[u8]) -> Result<PublicKey, String> {
    let Some(y) = Reader::new(data).integer() else { return x509("invalid DSA public key") };
    let numbers = Reader::new(parameters)
        .inside(tag::SEQUENCE)
        .and_then(|mut inside| Some([inside.integer()?, inside.integer()?, inside.integer()?]));
    let Some([p, q, g]) = numbers else { return x509("invalid DSA parameters") };
    if [p, q, g, y].iter().any(|bytes| is_negative(bytes) || bytes.iter().all(|&byte| byte == 0)) {
        return x509("zero or negative DSA parameter");
    }
    let [p, q, g, y] = [p, q, g, y].map(BigUint::from_bytes_be);
    Ok(PublicKey::Dsa { p, q, g, y })
}
