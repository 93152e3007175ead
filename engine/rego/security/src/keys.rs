//! `crypto.parse_private_keys` and `crypto.x509.parse_rsa_private_key` (OPA:
//! `v1/topdown/crypto.go`): keys as Go shows them, and as a JWK.

use crate::digest::work;
use crate::key::{Curve, PrivateKey, pem};
use data_encoding::BASE64URL_NOPAD;
use num_bigint::BigUint;
use referee_rego_builtin::{BuiltinError, Context, Implementation, Result, Table, operand};
use referee_rego_go::base64::{self, Alphabet};
use referee_rego_value::Value;
use referee_rego_value::bytes::bytes_of;
use std::borrow::Cow;

pub(crate) const TABLE: Table = &[
    ("crypto.parse_private_keys", Implementation::Function(parse_private_keys)),
    ("crypto.x509.parse_rsa_private_key", Implementation::Function(parse_jwk)),
];

/// Reading one key costs as much as so many steps.
const KEY: u32 = 1_000;

fn parse_private_keys(context: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    let text = operand::string(operands, 1)?;
    if text.is_empty() {
        return Ok(Some(Value::Null));
    }
    let keys = read(context, &bytes_of(text))?;
    Ok(Some(Value::array(keys.iter().map(PrivateKey::show))))
}

fn read(context: &mut Context<'_>, text: &[u8]) -> Result<Vec<PrivateKey>> {
    work(context, text.len())?;
    // Each key is at least so long, so this bounds the keys before they are read.
    let most = u32::try_from(text.len() / 64).unwrap_or(u32::MAX);
    context.work(most.saturating_mul(KEY / 16).saturating_add(KEY))?;
    pem::private_keys(text).map_err(BuiltinError::new)
}

fn parse_jwk(context: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    let text = operand::string(operands, 1)?;
    if text.is_empty() {
        return Err(BuiltinError::new("input PEM data was empty"));
    }
    let mut text = bytes_of(text);
    if !text.starts_with(b"-----BEGIN") {
        let decoded = base64::decode(&text, Alphabet::Standard).map_err(BuiltinError::new)?;
        text = Cow::Owned(decoded);
    }
    let keys = read(context, &text)?;
    let Some(key) = keys.first() else { return Ok(Some(Value::Null)) };
    jwk(key).map(Some).map_err(BuiltinError::new)
}

/// The key as a JWK (RFC 7517, RFC 7518 section 6, RFC 8037).
fn jwk(key: &PrivateKey) -> std::result::Result<Value, String> {
    let text = |bytes: &[u8]| Value::from(BASE64URL_NOPAD.encode(bytes));
    let number = |value: &BigUint| text(&value.to_bytes_be());
    match key {
        PrivateKey::Rsa(key) => {
            let [p, q] = key.primes.as_slice() else {
                return Err(format!(
                    "failed to initialize *jwk.rsaPrivateKey from *rsa.PrivateKey: invalid number \
                     of primes in rsa.PrivateKey: need 0 to 2, but got {}",
                    key.primes.len()
                ));
            };
            let mut members = vec![
                ("kty", Value::from("RSA")),
                ("n", number(&key.public.n)),
                ("e", number(&BigUint::from(key.public.e.unsigned_abs()))),
                ("d", number(&key.d)),
                ("p", number(p)),
                ("q", number(q)),
            ];
            for (name, value) in [("dp", &key.dp), ("dq", &key.dq), ("qi", &key.qinv)] {
                if let Some(value) = value {
                    members.push((name, number(value)));
                }
            }
            Ok(Value::object(members))
        }
        PrivateKey::Ec(key) if key.public.curve == Curve::P224 => {
            Err("failed to initialize *jwk.ecdsaPrivateKey from *ecdsa.PrivateKey: jwk: failed to \
                 get algorithm for converting ECDSA private key to JWK: unknown elliptic curve: \
                 P-224"
                .to_owned())
        }
        PrivateKey::Ec(key) => {
            let curve = key.public.curve;
            let coordinate = |value: &BigUint| text(&curve.coordinate(value));
            Ok(Value::object([
                ("kty", Value::from("EC")),
                ("crv", Value::from(curve.name())),
                ("x", coordinate(&key.public.x)),
                ("y", coordinate(&key.public.y)),
                ("d", coordinate(&key.d)),
            ]))
        }
        PrivateKey::Ed25519 { seed, public } => Ok(okp("Ed25519", public, seed)),
        PrivateKey::X25519 { secret, public } => Ok(okp("X25519", public, secret)),
    }
}

fn okp(curve: &str, public: &[u8], secret: &[u8]) -> Value {
    Value::object([
        ("kty", Value::from("OKP")),
        ("crv", Value::from(curve)),
        ("x", Value::from(BASE64URL_NOPAD.encode(public))),
        ("d", Value::from(BASE64URL_NOPAD.encode(secret))),
    ])
}
