//! `io.jwt.encode_sign` and `io.jwt.encode_sign_raw`.

use super::SIGNATURE;
use super::algorithm::{self, Algorithm};
use super::header_text::{self, Found};
use crate::digest::work;
use crate::go::json;
use crate::jwk::{self, Jwk, Material, RawKey};
use crate::key::PrivateKey;
use crate::signature;
use data_encoding::BASE64URL_NOPAD;
use num_bigint::BigUint;
use referee_rego_builtin::{BuiltinError, Context, Result, operand};
use referee_rego_value::Value;
use referee_rego_value::bytes::{bytes_of, taken};

pub(super) fn encode_sign(context: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    let [header, payload, key] =
        [1, 2, 3].map(|position| operand::value(operands, position).map(Value::to_json));
    sign(context, &taken(&header?), &taken(&payload?), &taken(&key?))
}

pub(super) fn encode_sign_raw(
    context: &mut Context<'_>,
    operands: &[Value],
) -> Result<Option<Value>> {
    let key = operand::string(operands, 3)?;
    let header = operand::string(operands, 1)?;
    let payload = operand::string(operands, 2)?;
    sign(context, header, payload, key)
}

fn sign(
    context: &mut Context<'_>,
    header: &str,
    payload: &str,
    key: &str,
) -> Result<Option<Value>> {
    work(context, header.len().saturating_add(payload.len()).saturating_add(key.len()))?;
    context.work(SIGNATURE)?;
    context.reserve(payload.len().saturating_mul(2))?;
    signed(header, payload, key).map(|token| Some(Value::from(token))).map_err(BuiltinError::new)
}

fn signed(header: &str, payload: &str, key: &str) -> std::result::Result<String, String> {
    let keys = jwk::parse(&bytes_of(key))?;
    let Some(key) = keys.first() else { return Err("no keys found in JWK set".to_owned()) };
    let invalid = |error: String| Err(format!("missing or invalid 'alg' header: {error}"));
    let members = match header_text::parse(header) {
        Ok(members) => members,
        Err(error) => return invalid(error),
    };
    let name = match members.get("alg") {
        Some(Found::String(name)) => name,
        Some(Found::Other(kind)) => {
            return invalid(format!("value doesn't contain string; it contains {kind}"));
        }
        None => return invalid("jwsbb: header \"alg\" not found".to_owned()),
    };
    if !algorithm::is_known(&name) {
        return Err(format!("unknown JWS algorithm: {name}"));
    }
    let says_json = match members.get("typ") {
        Some(Found::String(kind)) => kind == "JWT",
        Some(Found::Other(_)) | None => true,
    };
    if says_json && !json::is_valid(&bytes_of(payload)) {
        return Err("type is JWT but payload is not JSON".to_owned());
    }
    let parts = [header, payload].map(|part| BASE64URL_NOPAD.encode(&bytes_of(part)));
    let text = parts.join(".");
    let signature = make(key, &name, text.as_bytes())?;
    Ok(format!("{text}.{}", BASE64URL_NOPAD.encode(&signature)))
}

/// The key of the sort that an algorithm needs; else the library's words.
fn make(key: &Jwk, name: &str, message: &[u8]) -> std::result::Result<Vec<u8>, String> {
    let Some(algorithm) = algorithm::of_header(name) else {
        return Err(format!("unknown JWS algorithm: {name}"));
    };
    // What Go wants, how it calls the pointer to it, and who says so.
    let (wanted, target, said_by, produced) = match algorithm {
        Algorithm::Hmac(_) => ("[]byte", "*[]uint8", "keyconv: ", "[]byte"),
        Algorithm::Rsa { .. } => ("*rsa.PrivateKey", "*rsa.PrivateKey", "", "rsa.PrivateKey"),
        Algorithm::Ecdsa(_) => {
            ("*ecdsa.PrivateKey", "*ecdsa.PrivateKey", "keyconv: ", "ecdsa.PrivateKey")
        }
        Algorithm::EdDsa => ("ed25519.PrivateKey", "*ed25519.PrivateKey", "", "ed25519.PrivateKey"),
    };
    let unfit = |reason: String| {
        let kind = key.type_name();
        format!(
            "jwsbb.Sign: invalid key type {kind}. {wanted} is required: {said_by}failed to \
             produce {produced} from {kind}: {reason}"
        )
    };
    let no_exporter = || {
        unfit(format!("jwk.Export: no suitable exporter found for key type '{}'", key.type_name()))
    };
    let mismatch = |found: &str| {
        unfit(format!(
            "jwk.Export: failed to assign key: argument to AssignIfCompatible() must be \
             compatible with {found} (was {target})"
        ))
    };
    let okp = matches!(key.material, Material::OkpPublic { .. } | Material::OkpPrivate { .. });
    let fits = okp
        || match algorithm {
            Algorithm::Hmac(_) => matches!(key.material, Material::Symmetric(_)),
            Algorithm::Rsa { .. } => matches!(key.material, Material::RsaPrivate(_)),
            Algorithm::Ecdsa(_) => matches!(key.material, Material::EcPrivate { .. }),
            Algorithm::EdDsa => false,
        };
    if !fits {
        return Err(no_exporter());
    }
    match (algorithm, key.export().map_err(&unfit)?) {
        (Algorithm::Hmac(hash), RawKey::Symmetric(secret)) => Ok(hash.hmac(&secret, message)),
        // Keys of Ed25519 are plain bytes for Go, so they are taken as a secret.
        (Algorithm::Hmac(hash), RawKey::Private(PrivateKey::Ed25519 { seed, public })) => {
            Ok(hash.hmac(&[seed, public].concat(), message))
        }
        (Algorithm::Hmac(hash), RawKey::Public(crate::key::PublicKey::Ed25519(public))) => {
            Ok(hash.hmac(&public, message))
        }
        (Algorithm::Rsa { hash, pss }, RawKey::Private(PrivateKey::Rsa(key))) => {
            signature::sign_rsa(key, hash, pss, message)
        }
        (Algorithm::Ecdsa(hash), RawKey::Private(PrivateKey::Ec(key))) => {
            let failed =
                |reason: &str| Err(format!("failed to sign payload using ecdsa: {reason}"));
            if key.d == BigUint::ZERO {
                return failed("ecdsa: private key scalar is zero or negative");
            }
            if key.d >= key.public.curve.order() {
                return failed("input overflows the modulus");
            }
            signature::sign_ecdsa(&key, hash, message).or_else(|reason| failed(&reason))
        }
        (Algorithm::EdDsa, RawKey::Private(PrivateKey::Ed25519 { seed, .. })) => {
            signature::sign_ed25519(&seed, message)
        }
        (_, RawKey::Private(PrivateKey::X25519 { .. })) => Err(mismatch("*ecdh.PrivateKey")),
        (_, RawKey::Private(PrivateKey::Ed25519 { .. })) => Err(mismatch("ed25519.PrivateKey")),
        (_, RawKey::Public(crate::key::PublicKey::X25519(_))) => Err(mismatch("*ecdh.PublicKey")),
        (_, RawKey::Public(crate::key::PublicKey::Ed25519(_))) => {
            Err(mismatch("ed25519.PublicKey"))
        }
        _ => Err(no_exporter()),
    }
}
