//! The keys that a token is checked with: a certificate, a public key, a JWK or a set of them.

use super::algorithm;
use crate::digest::work;
use crate::go::pem;
use crate::jwk::{self, RawKey};
use crate::key::{self, PublicKey};
use crate::x509;
use referee_rego_builtin::{BuiltinError, Context, Result};
use referee_rego_value::bytes::bytes_of;

/// A key with what a set says of it.
pub(super) struct VerificationKey {
    pub(super) algorithm: String,
    pub(super) id: String,
    /// A certificate may hold a key of an unknown algorithm.
    pub(super) key: Option<RawKey>,
}

/// Reads PEM, or JSON.
///
/// # Errors
/// OPA's words, those of its libraries within.
pub(super) fn read(context: &mut Context<'_>, text: &str) -> Result<Vec<VerificationKey>> {
    work(context, text.len().saturating_mul(16))?;
    parse(text).map_err(BuiltinError::new)
}

fn parse(text: &str) -> std::result::Result<Vec<VerificationKey>, String> {
    if let (Some(block), rest) = pem::decode(&bytes_of(text)) {
        if !rest.is_empty() {
            return Err("extra data after a PEM certificate block".to_owned());
        }
        return match block.kind.as_slice() {
            b"CERTIFICATE" => x509::parse_certificate(&block.bytes)
                .map(|certificate| single(certificate.public_key))
                .map_err(|error| format!("failed to parse a PEM certificate: {error}")),
            b"PUBLIC KEY" => key::parse_spki(&block.bytes)
                .map(|key| single(Some(key)))
                .map_err(|error| format!("failed to parse a PEM public key: {error}")),
            _ => Err("failed to extract a Key from the PEM certificate".to_owned()),
        };
    }
    let keys = jwk::parse(&bytes_of(text)).map_err(|error| {
        format!("failed to parse a JWK key (set): jwk.ParseString: failed to parse string: {error}")
    })?;
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        let raw = key.export()?;
        let algorithm = key.common.algorithm.unwrap_or_default();
        if !algorithm.is_empty() && !algorithm::is_known(&algorithm) {
            continue;
        }
        let id = key.common.id.unwrap_or_default();
        found.push(VerificationKey { algorithm, id, key: Some(raw) });
    }
    Ok(found)
}

fn single(key: Option<PublicKey>) -> Vec<VerificationKey> {
    let key = key.map(RawKey::Public);
    vec![VerificationKey { algorithm: String::new(), id: String::new(), key }]
}

/// Whether one of the keys is the one: the key of the token's identifier where there is such a
/// key, else any whose algorithm does not contradict the token's.
pub(super) fn any(
    keys: &[VerificationKey],
    key_id: &str,
    algorithm: &str,
    mut check: impl FnMut(Option<&RawKey>) -> Result<bool>,
) -> Result<bool> {
    if !key_id.is_empty()
        && let Some(key) = keys.iter().find(|key| key.id == key_id)
    {
        return check(key.key.as_ref());
    }
    for key in keys.iter().filter(|key| key.algorithm.is_empty() || key.algorithm == algorithm) {
        if check(key.key.as_ref())? {
            return Ok(true);
        }
    }
    Ok(false)
}
