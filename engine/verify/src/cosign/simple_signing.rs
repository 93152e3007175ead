//! The payload of a legacy cosign signature: cosign `specs/SIGNATURE_SPEC.md`, "Payload", which
//! is containers/image's `containers-signature(5)`, "JSON DATA FORMAT", with cosign's own type.
//!
//! Refused: a payload of another `critical.type` (`atomic container signature` is GPG's, made by
//! other tools for other keys), fields that occur twice, a digest that cannot be checked.

use crate::json::unique_map;
use crate::problem::{Code, Raised};
use referee_core::digest::DigestError;
use referee_core::{Digest, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The one type that signs an image (sigstore/sigstore `pkg/signature/payload`,
/// `CosignSignatureType`).
pub const TYPE: &str = "cosign container image signature";

/// A payload that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct SimpleSigning {
    /// The digest that is signed: `critical.image.docker-manifest-digest`.
    pub digest: Digest,
    /// The reference that the signer had in mind: `critical.identity.docker-reference`. cosign
    /// does not check it, and a copied image keeps the name of where it came from.
    pub claimed_reference: Option<String>,
    /// What the signer noted beside it: `optional`.
    pub annotations: Map<String, Value>,
    /// `optional.timestamp` in Unix seconds, which podman and skopeo write.
    pub signed_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Written {
    critical: Critical,
    #[serde(default, deserialize_with = "unique_map")]
    optional: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Critical {
    #[serde(default)]
    identity: Option<Identity>,
    image: Image,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Identity {
    #[serde(rename = "docker-reference", default)]
    docker_reference: Option<String>,
}

#[derive(Deserialize)]
struct Image {
    #[serde(rename = "docker-manifest-digest")]
    docker_manifest_digest: String,
}

/// Bytes that are not a payload that signs an image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// Not JSON, or not of the shape.
    #[error("the signed payload is malformed: {0}")]
    Json(#[from] serde_json::Error),
    /// It is of another type.
    #[error("the signed payload is of type {found:?}, not {TYPE:?}")]
    Type {
        /// The type, cut to 80 characters.
        found: String,
    },
    /// The digest cannot be checked.
    #[error("the digest in the signed payload is not one: {0}")]
    Digest(#[from] DigestError),
}

impl PayloadError {
    /// The problem in a fact.
    #[must_use]
    pub fn raised(&self) -> Raised {
        let code = match self {
            Self::Json(_) | Self::Digest(_) => Code::MalformedPayload,
            Self::Type { .. } => Code::PayloadTypeInvalid,
        };
        Raised::new(code, self.to_string())
    }
}

impl SimpleSigning {
    /// Reads a payload.
    ///
    /// # Errors
    /// [`PayloadError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, PayloadError> {
        let Written { critical, optional } = serde_json::from_slice(bytes)?;
        if critical.kind != TYPE {
            return Err(PayloadError::Type { found: critical.kind.chars().take(80).collect() });
        }
        Ok(Self {
            digest: critical.image.docker_manifest_digest.parse()?,
            claimed_reference: critical
                .identity
                .and_then(|identity| identity.docker_reference)
                .filter(|reference| !reference.is_empty()),
            signed_at: optional
                .get("timestamp")
                .and_then(Value::as_i64)
                .and_then(Timestamp::from_unix_seconds),
            annotations: optional.into_iter().collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload() -> String {
        format!(
            r#"{{"critical":{{"identity":{{"docker-reference":"r.example/app"}},"image":{{"docker-manifest-digest":"{}"}},"type":"{TYPE}"}},"optional":null}}"#,
            Digest::sha256(b"")
        )
    }

    #[test]
    fn what_cosign_writes_is_read() {
        let read = SimpleSigning::parse(payload().as_bytes()).unwrap();
        assert_eq!(read.digest, Digest::sha256(b""));
        assert_eq!(read.claimed_reference.as_deref(), Some("r.example/app"));
        assert!(read.annotations.is_empty() && read.signed_at.is_none());
    }

    #[test]
    fn what_podman_notes_beside_it_is_read() {
        let text = payload().replace("null", r#"{"creator":"x","timestamp":1700000000}"#);
        let read = SimpleSigning::parse(text.as_bytes()).unwrap();
        assert_eq!(read.signed_at.unwrap().to_string(), "2023-11-14T22:13:20Z");
        assert_eq!(read.annotations["creator"], "x");
    }

    #[test]
    fn what_does_not_sign_an_image_is_refused() {
        let cases = [
            (String::new(), "malformed_payload"),
            (payload() + "x", "malformed_payload"),
            (payload().replace("sha256:", "md5:"), "malformed_payload"),
            (payload().replace("sha256:e", "sha256:E"), "malformed_payload"),
            (payload().replace("docker-manifest-digest", "digest"), "malformed_payload"),
            (payload().replace("null", r#"{"a":1,"a":2}"#), "malformed_payload"),
            (
                payload().replace(r#","optional""#, r#","critical":{},"optional""#),
                "malformed_payload",
            ),
            (payload().replace("cosign", "atomic"), "payload_type_invalid"),
        ];
        for (text, code) in cases {
            let error = SimpleSigning::parse(text.as_bytes()).unwrap_err();
            assert_eq!(error.raised().code(), code, "{text}");
        }
    }
}
