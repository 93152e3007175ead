//! The members of a JWK, one after another: their types, encodings and names.

use super::Common;
use crate::go::json::Json;
use crate::x509::parse_certificate;
use referee_rego_go::base64::{self, Alphabet};
use referee_rego_go::quote::quoted;

type Result<T> = std::result::Result<T, String>;

/// The material members of a key, decoded.
#[derive(Default)]
pub(super) struct Fields {
    pub(super) common: Common,
    pub(super) curve: Option<String>,
    bytes: Vec<(&'static str, Vec<u8>)>,
}

/// What kinds of keys there are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    RsaPublic,
    RsaPrivate,
    EcPublic,
    EcPrivate,
    OkpPublic,
    OkpPrivate,
    Symmetric,
}

impl Kind {
    /// The value of `kty`.
    fn key_type(self) -> &'static str {
        match self {
            Self::RsaPublic | Self::RsaPrivate => "RSA",
            Self::EcPublic | Self::EcPrivate => "EC",
            Self::OkpPublic | Self::OkpPrivate => "OKP",
            Self::Symmetric => "oct",
        }
    }

    /// The library has one message for both halves of a pair.
    fn class_name(self) -> &'static str {
        match self {
            Self::RsaPublic | Self::RsaPrivate => "RSAPublicKey",
            Self::EcPublic | Self::EcPrivate => "ECDSAPublicKey",
            Self::OkpPublic | Self::OkpPrivate => "OKPPublicKey",
            Self::Symmetric => "SymmetricKey",
        }
    }

    /// The members that hold bytes.
    fn byte_members(self) -> &'static [&'static str] {
        match self {
            Self::RsaPublic => &["e", "n"],
            Self::RsaPrivate => &["d", "dp", "dq", "e", "n", "p", "q", "qi"],
            Self::EcPublic => &["x", "y"],
            Self::EcPrivate => &["d", "x", "y"],
            Self::OkpPublic => &["x"],
            Self::OkpPrivate => &["d", "x"],
            Self::Symmetric => &["k"],
        }
    }

    /// The members that must be there, in the order in which they are missed.
    fn required(self) -> &'static [&'static str] {
        match self {
            Self::RsaPublic => &["e", "n"],
            Self::RsaPrivate => &["d", "e", "n"],
            Self::EcPublic => &["crv", "x", "y"],
            Self::EcPrivate => &["crv", "d", "x", "y"],
            Self::OkpPublic => &["crv", "x"],
            Self::OkpPrivate => &["crv", "d", "x"],
            Self::Symmetric => &["k"],
        }
    }

    fn has_curve(self) -> bool {
        !matches!(self, Self::RsaPublic | Self::RsaPrivate | Self::Symmetric)
    }
}

impl Fields {
    /// Reads the members of an object.
    pub(super) fn read(kind: Kind, members: &[(String, Json)]) -> Result<Self> {
        let mut fields = Self::default();
        for (name, value) in members {
            fields.member(kind, name, value)?;
        }
        for name in kind.required() {
            let there = if *name == "crv" { fields.curve.is_some() } else { fields.has(name) };
            if !there {
                return Err(format!("required field {name} is missing"));
            }
        }
        Ok(fields)
    }

    fn member(&mut self, kind: Kind, name: &str, value: &Json) -> Result<()> {
        let failed = |error: String| Err(format!("failed to decode value for key {name}: {error}"));
        if let Some(name) = kind.byte_members().iter().find(|known| **known == name) {
            return match bytes(value) {
                Ok(bytes) => {
                    self.bytes.retain(|(known, _)| known != name);
                    self.bytes.push((name, bytes));
                    Ok(())
                }
                Err(error) => failed(error),
            };
        }
        match name {
            "kty" => {
                let found = string(value).map_err(|error| {
                    format!("error reading token: error reading next value: {error}")
                })?;
                if found == kind.key_type() {
                    return Ok(());
                }
                Err(format!("invalid kty value for {} ({found})", kind.class_name()))
            }
            "alg" => match string(value).and_then(|name| algorithm(&name).map(|()| name)) {
                Ok(found) => {
                    self.common.algorithm = Some(found);
                    Ok(())
                }
                Err(error) => failed(error),
            },
            "kid" | "use" | "x5t" | "x5t#S256" | "x5u" => match string(value) {
                Ok(found) => {
                    if name == "kid" {
                        self.common.id = Some(found);
                    }
                    Ok(())
                }
                Err(error) => failed(format!("error reading next value: {error}")),
            },
            "key_ops" => match value {
                Json::Null => Ok(()),
                Json::Array(operations) => operations
                    .iter()
                    .find(|operation| !matches!(operation, Json::String(_) | Json::Null))
                    .map_or(Ok(()), |other| {
                        failed(cannot_unmarshal(other, "type jwk.KeyOperation"))
                    }),
                other => failed(cannot_unmarshal(other, "type jwk.KeyOperationList")),
            },
            "x5c" => chain(value).or_else(failed),
            "crv" if kind.has_curve() => {
                let found = string(value).or_else(|error| {
                    let error = format!("failed to unmarshal EllipticCurveAlgorithm: {error}");
                    failed(error).map(|()| String::new())
                })?;
                if !matches!(
                    found.as_str(),
                    "Ed25519" | "Ed448" | "P-256" | "P-384" | "P-521" | "X25519" | "X448"
                ) {
                    return failed(format!("unknown EllipticCurveAlgorithm: {}", quoted(&found)));
                }
                self.curve = Some(found);
                Ok(())
            }
            // Whatever else is kept by the library and never asked for.
            _ => Ok(()),
        }
    }

    fn has(&self, name: &str) -> bool {
        self.bytes.iter().any(|(known, _)| *known == name)
    }

    pub(super) fn optional(&mut self, name: &str) -> Option<Vec<u8>> {
        let at = self.bytes.iter().position(|(known, _)| *known == name)?;
        Some(self.bytes.swap_remove(at).1)
    }

    pub(super) fn take(&mut self, name: &str) -> Vec<u8> {
        self.optional(name).unwrap_or_default()
    }
}

fn cannot_unmarshal(value: &Json, into: &str) -> String {
    format!("json: cannot unmarshal {} into Go value of {into}", value.name())
}

/// A string; `null` is the empty one.
pub(super) fn string(value: &Json) -> Result<String> {
    match value {
        Json::String(text) => Ok(text.clone()),
        Json::Null => Ok(String::new()),
        other => Err(cannot_unmarshal(other, "type string")),
    }
}

fn bytes(value: &Json) -> Result<Vec<u8>> {
    let text = string(value).map_err(|error| format!("error reading next value: {error}"))?;
    decode(&text).map_err(|_| "expected base64 encoded []byte (string)".to_owned())
}

/// Base64 of whichever alphabet and padding it looks to be of.
fn decode(text: &str) -> Result<Vec<u8>> {
    let raw = !text.ends_with('=');
    let alphabet = if text.contains(['+', '/']) { Alphabet::Standard } else { Alphabet::Url };
    if raw {
        base64::decode_raw(text.as_bytes(), alphabet)
    } else {
        base64::decode(text.as_bytes(), alphabet)
    }
}

fn chain(value: &Json) -> Result<()> {
    let Json::Array(certificates) = value else {
        return Err("failed to unmarshal certificate chain: expected JSON array".to_owned());
    };
    for (index, certificate) in certificates.iter().enumerate() {
        let failed =
            |error: String| format!("failed to decode certificate at index {index}: {error}");
        let text = string(certificate).map_err(failed)?;
        let text: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let der = base64::decode(&text, Alphabet::Standard)
            .map_err(|error| failed(format!("failed to base64 decode the certificate: {error}")))?;
        parse_certificate(&der)
            .map_err(|error| failed(format!("failed to parse x509 certificate: {error}")))?;
    }
    Ok(())
}

/// The algorithms that the library knows.
fn algorithm(name: &str) -> Result<()> {
    const KNOWN: &[&str] = &[
        "ES256",
        "ES256K",
        "ES384",
        "ES512",
        "EdDSA",
        "Ed25519",
        "HS256",
        "HS384",
        "HS512",
        "none",
        "PS256",
        "PS384",
        "PS512",
        "RS256",
        "RS384",
        "RS512",
        "A128GCMKW",
        "A128KW",
        "A192GCMKW",
        "A192KW",
        "A256GCMKW",
        "A256KW",
        "dir",
        "ECDH-ES",
        "ECDH-ES+A128KW",
        "ECDH-ES+A192KW",
        "ECDH-ES+A256KW",
        "PBES2-HS256+A128KW",
        "PBES2-HS384+A192KW",
        "PBES2-HS512+A256KW",
        "RSA1_5",
        "RSA-OAEP",
        "RSA-OAEP-256",
        "RSA-OAEP-384",
        "RSA-OAEP-512",
        "A128CBC-HS256",
        "A128GCM",
        "A192CBC-HS384",
        "A192GCM",
        "A256CBC-HS512",
        "A256GCM",
    ];
    if KNOWN.contains(&name) {
        return Ok(());
    }
    let mut shown: String = name.chars().take(PREVIEW).collect();
    if name.chars().count() > PREVIEW {
        shown.push_str("...");
    }
    Err(format!("invalid key value: {}: invalid key algorithm", quoted(&shown)))
}

/// How much of an unknown algorithm is shown.
const PREVIEW: usize = 64;
