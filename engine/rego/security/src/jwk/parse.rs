//! A key or a set of keys from JSON.

use super::fields::{Fields, Kind, string};
use super::{Jwk, Material, RsaMaterial};
use crate::go::json::{self, Json};
use crate::key::{Curve, EcPublic};
use num_bigint::BigUint;

type Result<T> = std::result::Result<T, String>;

/// The most keys of a set.
const MAX_KEYS: usize = 1_000;

/// Reads a set of keys, or one key.
///
/// # Errors
/// The library's words.
pub(crate) fn parse(text: &[u8]) -> Result<Vec<Jwk>> {
    let read = json::first(text);
    if let Ok(set) = &read
        && set.get("keys").is_some()
        && json::is_valid(text)
    {
        return keys(set)
            .map_err(|error| format!("jwk.Parse: failed to unmarshal JWK set: {error}"));
    }
    key(read)
        .map(|key| vec![key])
        .map_err(|error| format!("jwk.Parse: failed to parse sole key: {error}"))
}

fn keys(set: &Json) -> Result<Vec<Jwk>> {
    let Json::Object(members) = set else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for (name, value) in members.iter().filter(|(name, _)| name == "keys") {
        debug_assert_eq!(name, "keys");
        let keys = match value {
            Json::Array(keys) => keys,
            other => {
                return Err(format!(
                    "failed to decode \"keys\": expected '[' but got {}",
                    shown(other)
                ));
            }
        };
        for (index, one) in keys.iter().enumerate() {
            if index >= MAX_KEYS {
                return Err(format!("too many keys in \"keys\" array: max {MAX_KEYS}"));
            }
            let one = key(Ok(one.clone()))
                .map_err(|error| format!("failed to decode key #{index} in \"keys\": {error}"))?;
            found.push(one);
        }
    }
    Ok(found)
}

/// What Go prints of the first token of a value.
fn shown(value: &Json) -> String {
    match value {
        Json::Null => "<nil>".to_owned(),
        Json::Bool(value) => value.to_string(),
        Json::Number(text) => text.clone(),
        Json::String(text) => text.clone(),
        Json::Array(_) => "[".to_owned(),
        Json::Object(_) => "{".to_owned(),
    }
}

fn key(read: Result<Json>) -> Result<Jwk> {
    probe(read).map_err(|error| format!("jwk.ParseKey: {error}"))
}

/// Looks which kind of key it is, then reads it as one.
fn probe(read: Result<Json>) -> Result<Jwk> {
    let failed = |error: String| {
        Err(format!("jwk.Parse: failed to probe data: probe: failed to unmarshal data: {error}"))
    };
    let members = match read {
        Ok(Json::Object(members)) => members,
        Ok(Json::Null) => Vec::new(),
        Ok(other) => {
            return failed(format!(
                "json: cannot unmarshal {} into Go value of type struct {{ Kty string \
                 \"json:\\\"kty\\\"\"; D json.RawMessage \"json:\\\"d,omitempty\\\"\" }}",
                other.name()
            ));
        }
        Err(error) => return failed(error),
    };
    // Go finds the members of a structure whatever the case of their names.
    let mut key_type = String::new();
    for (_, value) in members.iter().filter(|(name, _)| name.eq_ignore_ascii_case("kty")) {
        match value {
            Json::Null => {}
            Json::String(_) => key_type = string(value)?,
            other => {
                return failed(format!(
                    "json: cannot unmarshal {} into Go struct field .kty of type string",
                    other.name()
                ));
            }
        }
    }
    let private = members.iter().any(|(name, _)| name.eq_ignore_ascii_case("d"));
    let kind = match (key_type.as_str(), private) {
        ("RSA", false) => Kind::RsaPublic,
        ("RSA", true) => Kind::RsaPrivate,
        ("EC", false) => Kind::EcPublic,
        ("EC", true) => Kind::EcPrivate,
        ("OKP", false) => Kind::OkpPublic,
        ("OKP", true) => Kind::OkpPrivate,
        ("oct", _) => Kind::Symmetric,
        (other, _) => return Err(format!("invalid key type from JSON ({other})")),
    };
    build(kind, &members)
}

fn build(kind: Kind, members: &[(String, Json)]) -> Result<Jwk> {
    let name = match kind {
        Kind::RsaPublic => "rsaPublicKey",
        Kind::RsaPrivate => "rsaPrivateKey",
        Kind::EcPublic => "ecdsaPublicKey",
        Kind::EcPrivate => "ecdsaPrivateKey",
        Kind::OkpPublic => "okpPublicKey",
        Kind::OkpPrivate => "okpPrivateKey",
        Kind::Symmetric => "symmetricKey",
    };
    let mut fields = Fields::read(kind, members).map_err(|error| {
        let step = format!("failed to unmarshal JSON into key (*jwk.{name})");
        format!("{step}: {step}: {error}")
    })?;
    let curve = fields.curve.take().unwrap_or_default();
    let material = match kind {
        Kind::RsaPublic => Material::RsaPublic { n: fields.take("n"), e: fields.take("e") },
        Kind::RsaPrivate => Material::RsaPrivate(Box::new(RsaMaterial {
            n: fields.take("n"),
            e: fields.take("e"),
            d: fields.take("d"),
            p: fields.optional("p"),
            q: fields.optional("q"),
            dp: fields.optional("dp"),
            dq: fields.optional("dq"),
            qi: fields.optional("qi"),
        })),
        Kind::EcPublic => Material::EcPublic { curve, x: fields.take("x"), y: fields.take("y") },
        Kind::EcPrivate => Material::EcPrivate {
            curve,
            x: fields.take("x"),
            y: fields.take("y"),
            d: fields.take("d"),
        },
        Kind::OkpPublic => Material::OkpPublic { curve, x: fields.take("x") },
        Kind::OkpPrivate => {
            Material::OkpPrivate { curve, x: fields.take("x"), d: fields.take("d") }
        }
        Kind::Symmetric => Material::Symmetric(fields.take("k")),
    };
    validate(&material).map_err(|error| {
        format!("jwk.Parse: key validation failed: key validation failed: {error}")
    })?;
    Ok(Jwk { common: fields.common, material })
}

fn validate(material: &Material) -> Result<()> {
    let (class, checked) = match material {
        Material::RsaPublic { n, e } => ("RSAPublicKey", modulus_and_exponent(n, e).map(|_| ())),
        Material::RsaPrivate(key) => {
            let checked = modulus_and_exponent(&key.n, &key.e).and_then(|_| {
                if key.d.is_empty() { Err("missing \"d\" value".to_owned()) } else { Ok(()) }
            });
            ("RSAPrivateKey", checked)
        }
        Material::EcPublic { curve, x, y } => ("ECDSAPublicKey", point(curve, x, y).map(|_| ())),
        Material::EcPrivate { curve, x, y, d } => {
            let checked = point(curve, x, y).and_then(|key| {
                if d.len() == key.curve.size() {
                    return Ok(());
                }
                let (size, name) = (d.len(), key.curve.name());
                Err(format!("invalid \"d\" length ({size}) for curve \"{name}\""))
            });
            ("ECDSAPrivateKey", checked)
        }
        Material::OkpPublic { curve, x } => ("OKPPublicKey", okp(curve, x, None)),
        Material::OkpPrivate { curve, x, d } => ("OKPPrivateKey", okp(curve, x, Some(d))),
        Material::Symmetric(k) => {
            let missing = Err("missing \"k\" field".to_owned());
            ("SymmetricKey", if k.is_empty() { missing } else { Ok(()) })
        }
    };
    checked.map_err(|error| format!("jwk.{class}: {error}"))
}

/// The numbers of a public key of RSA.
pub(super) fn modulus_and_exponent(n: &[u8], e: &[u8]) -> Result<(BigUint, i64)> {
    let (n, e) = (BigUint::from_bytes_be(n), BigUint::from_bytes_be(e));
    if n == BigUint::ZERO {
        return Err("missing \"n\" value".to_owned());
    }
    if e == BigUint::ZERO {
        return Err("missing \"e\" value".to_owned());
    }
    if !e.bit(0) {
        return Err("invalid rsa public exponent: must be a positive odd integer".to_owned());
    }
    let small = i64::try_from(&e).map_err(|_| {
        format!("rsa public exponent too large for this platform: {} bits (max 63)", e.bits())
    })?;
    Ok((n, small))
}

/// The point of two coordinates.
pub(super) fn point(curve: &str, x: &[u8], y: &[u8]) -> Result<EcPublic> {
    let Some(found) = Curve::from_name(curve) else {
        return Err(format!(
            "invalid curve algorithm \"{curve}\": unknown elliptic curve algorithm: \"{curve}\""
        ));
    };
    for (name, coordinate) in [("x", x), ("y", y)] {
        if coordinate.len() != found.size() {
            let size = coordinate.len();
            return Err(format!("invalid \"{name}\" length ({size}) for curve \"{curve}\""));
        }
    }
    let (x, y) = (BigUint::from_bytes_be(x), BigUint::from_bytes_be(y));
    let invalid = |message: String| Err(format!("invalid ECDSA public key: {message}"));
    if x == BigUint::ZERO && y == BigUint::ZERO {
        return invalid("identity point is not a valid public key".to_owned());
    }
    for (name, coordinate) in [("x", &x), ("y", &y)] {
        if coordinate.bits() > found.bits() {
            return invalid(format!(
                "{name} coordinate is {} bits, exceeds curve \"{curve}\" field size of {} bits",
                coordinate.bits(),
                found.bits()
            ));
        }
    }
    if !found.contains(&x, &y) {
        return invalid(found.refusal(&x, &y));
    }
    Ok(EcPublic { curve: found, x, y })
}

/// The sizes of the halves of a pair.
fn okp(curve: &str, x: &[u8], d: Option<&Vec<u8>>) -> Result<()> {
    let name = match curve {
        "Ed25519" => Some("ed25519"),
        "X25519" => Some("x25519"),
        _ => None,
    };
    let wrong = |half: &str| match name {
        Some(name) => Err(format!("{name}: wrong {half} key size")),
        None => Ok(()),
    };
    if x.is_empty() {
        return Err("missing \"x\" field".to_owned());
    }
    if x.len() != 32 {
        wrong("public")?;
    }
    match d {
        Some(d) if d.is_empty() => Err("missing \"d\" field".to_owned()),
        Some(d) if d.len() != 32 => wrong("private"),
        _ => Ok(()),
    }
}
