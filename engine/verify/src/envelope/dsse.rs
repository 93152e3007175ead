//! DSSE envelopes (secure-systems-lab/dsse `envelope.md` and `protocol.md`, v1.0.2).
//!
//! An envelope may hold several signatures; each stands for itself, and one that cannot be read
//! does not take the others with it. Key ids are unauthenticated hints and are not used.
//!
//! Refused: more than 100 signatures, fields of other types, fields that occur twice, payloads that are not base64.
//! Accepted: standard and URL-safe base64, padded or not, and unknown fields, as `envelope.md`
//! demands.

use crate::json::{at_most, object};
use crate::primitive::base64;
use crate::problem::{Code, Raised};
use referee_core::Coded;
use serde::Deserialize;
use std::borrow::Cow;

/// The payload type of an in-toto statement (in-toto/attestation `spec/v1/envelope.md`).
pub const IN_TOTO: &str = "application/vnd.in-toto+json";

/// The most signatures of one envelope. A Sigstore bundle has exactly one; each repeats in the facts
/// what the statement notes.
const MAX_SIGNATURES: usize = 100;

/// An envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// What is signed, together with its type.
    pub payload: Vec<u8>,
    /// The type of the payload.
    pub payload_type: String,
    /// The signatures, in order: each the bytes, or `None` where it is not base64.
    pub signatures: Vec<Option<Vec<u8>>>,
}

/// An envelope as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Written<'a> {
    #[serde(borrow)]
    payload: Cow<'a, str>,
    #[serde(alias = "payload_type")]
    payload_type: String,
    #[serde(borrow, default, deserialize_with = "at_most::<MAX_SIGNATURES, _, _>")]
    signatures: Vec<WrittenSignature<'a>>,
}

#[derive(Deserialize)]
struct WrittenSignature<'a> {
    #[serde(borrow)]
    sig: Cow<'a, str>,
}

/// Bytes that are not a DSSE envelope.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// Not JSON, or not of the shape.
    #[error("the DSSE envelope is malformed: {0}")]
    Json(#[from] serde_json::Error),
    /// The payload is not base64.
    #[error("the payload of the DSSE envelope is not base64")]
    Payload,
}

impl Coded for EnvelopeError {
    fn code(&self) -> &'static str {
        "malformed_envelope"
    }
}

/// Whether these bytes are meant as an envelope: a JSON object that names the type of a payload,
/// which no statement does.
pub(crate) fn is_envelope(bytes: &[u8]) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Head {
        #[serde(alias = "payload_type")]
        payload_type: Option<serde::de::IgnoredAny>,
    }

    object(bytes).is_ok()
        && match serde_json::from_slice::<Head>(bytes) {
            Ok(head) => head.payload_type.is_some(),
            // Twice is meant as one all the more, and told as malformed.
            Err(error) => error.is_data(),
        }
}

impl Envelope {
    /// Reads an envelope from JSON.
    ///
    /// # Errors
    /// [`EnvelopeError`] where the bytes are not an envelope. A signature that is not base64 is no
    /// error of the envelope.
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        object(bytes)?;
        Self::try_from(serde_json::from_slice::<Written<'_>>(bytes)?)
    }

    /// What the signatures are made over: the pre-authentication encoding (`protocol.md`,
    /// "Signature Definition"), `DSSEv1 <len> <type> <len> <payload>`.
    #[must_use]
    pub fn pre_authentication_encoding(&self) -> Vec<u8> {
        let header = format!(
            "DSSEv1 {} {} {} ",
            self.payload_type.len(),
            self.payload_type,
            self.payload.len()
        );
        let mut message = header.into_bytes();
        message.extend_from_slice(&self.payload);
        message
    }
}

impl EnvelopeError {
    /// The problem in a fact.
    #[must_use]
    pub fn raised(&self) -> Raised {
        Raised::new(Code::MalformedEnvelope, self.to_string())
    }
}

impl TryFrom<Written<'_>> for Envelope {
    type Error = EnvelopeError;

    fn try_from(written: Written<'_>) -> Result<Self, EnvelopeError> {
        Ok(Self {
            payload: base64::any(&written.payload).ok_or(EnvelopeError::Payload)?,
            payload_type: written.payload_type,
            signatures: written.signatures.iter().map(|s| base64::any(&s.sig)).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_that_of_the_specification() {
        // protocol.md, "Test Vectors".
        let envelope =
            Envelope::parse(br#"{"payload":"aGVsbG8gd29ybGQ=","payloadType":"http://example.com/HelloWorld","signatures":[]}"#)
                .unwrap();
        assert_eq!(
            envelope.pre_authentication_encoding(),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
    }

    #[test]
    fn a_signature_that_cannot_be_read_leaves_the_others() {
        let envelope = Envelope::parse(
            br#"{"payload":"","payloadType":"t","signatures":[{"sig":"AA=="},{"sig":"*"},{"keyid":"x","sig":"_w"}]}"#,
        )
        .unwrap();
        assert_eq!(envelope.signatures, [Some(vec![0]), None, Some(vec![0xff])]);
    }

    #[test]
    fn what_names_the_type_of_a_payload_is_meant_as_an_envelope() {
        for (text, meant) in [
            (r#"{"payload":"","payloadType":"t","signatures":[]}"#, true),
            (r#"{"payload_type":"t"}"#, true),
            (r#" {"payloadType":"t","payloadType":"t"}"#, true),
            (
                r#"{"_type":"https://in-toto.io/Statement/v1","predicate":{"payloadType":"t"}}"#,
                false,
            ),
            (r#"{"payloadType":null}"#, false),
            ("[1]", false),
            ("[]", false),
            ("{", false),
            ("", false),
        ] {
            assert_eq!(is_envelope(text.as_bytes()), meant, "{text}");
        }
    }

    #[test]
    fn what_is_not_an_envelope_is_malformed() {
        for text in [
            "",
            "[]",
            "{}",
            r#"["", "t", []]"#,
            r#"{"payload":"","payloadType":1,"signatures":[]}"#,
            r#"{"payload":"","payload":"","payloadType":"t","signatures":[]}"#,
            r#"{"payload":"","payloadType":"t","payload_type":"t","signatures":[]}"#,
            r#"{"payload":"*","payloadType":"t","signatures":[]}"#,
            r#"{"payload":"","payloadType":"t","signatures":[{}]}"#,
            r#"{"payload":"","payloadType":"t","signatures":{}}"#,
        ] {
            assert_eq!(
                Envelope::parse(text.as_bytes()).unwrap_err().code(),
                "malformed_envelope",
                "{text}"
            );
        }
    }
}
