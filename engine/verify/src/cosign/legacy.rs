//! cosign's legacy signatures: a manifest with one layer for each signature (cosign
//! `specs/SIGNATURE_SPEC.md`). The layer's blob is the signed payload, its annotations hold the
//! signature.

use super::bundle::{integrated_at, unread_timestamp};
use super::draft::Draft;
use super::examiner::{Examiner, Hint, other_subject};
use super::simple_signing::SimpleSigning;
use crate::primitive::base64;
use crate::problem::{Code, Raised};
use referee_core::Descriptor;
use referee_core::facts::{Format, Proof, TransparencyFact};
use serde::Deserialize;

/// The annotation with the signature, padded standard base64 (`SIGNATURE_SPEC.md`,
/// "Signature manifests").
pub const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
/// The annotation with the signing certificate, PEM.
pub const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
/// The annotation with the log entry: Rekor's signed entry timestamp and what it is over.
pub const BUNDLE: &str = "dev.sigstore.cosign/bundle";
/// The annotation with an RFC 3161 timestamp.
pub const TIMESTAMP: &str = "dev.sigstore.cosign/rfc3161timestamp";

/// The log entry in an annotation (cosign `pkg/cosign/bundle/rekor.go`, `RekorBundle`).
#[derive(Deserialize)]
struct RekorBundle {
    #[serde(rename = "Payload")]
    payload: RekorPayload,
}

#[derive(Deserialize)]
struct RekorPayload {
    #[serde(rename = "integratedTime")]
    integrated_time: u64,
    #[serde(rename = "logIndex")]
    log_index: u64,
    #[serde(rename = "logID")]
    log_id: String,
}

/// Examines one layer with its payload.
pub(super) fn examine(examiner: &mut Examiner<'_>, layer: &Descriptor, payload: &[u8]) {
    let mut draft = Draft::new(examiner.job.referrer, Format::SimpleSigning);
    let signature = beside(layer, &mut draft);
    if !examiner.out_of_time(&mut draft) {
        claims(examiner, payload, &mut draft);
        if let Some(signature) = signature {
            examiner.find_key(&mut draft, &Hint::default(), |key| key.made(payload, &signature));
        }
    }
    examiner.push(draft);
}

/// Reads what stands beside the payload: the signature, if there is one to try keys with.
pub(super) fn beside(layer: &Descriptor, draft: &mut Draft) -> Option<Vec<u8>> {
    log_entry(layer, draft);
    match signature(layer) {
        Ok(signature) => Some(signature),
        Err(problem) => {
            draft.raise(problem);
            None
        }
    }
}

/// The signature.
fn signature(layer: &Descriptor) -> Result<Vec<u8>, Raised> {
    // cosign leaves an empty annotation where there is no certificate.
    if layer.annotations.get(CERTIFICATE).is_some_and(|pem| !pem.trim().is_empty()) {
        return Err(keyless());
    }
    match layer.annotations.get(SIGNATURE).map(String::as_str) {
        None | Some("") => Err(Raised::new(
            Code::SignatureMissing,
            format!("the layer has no annotation `{SIGNATURE}`"),
        )),
        Some(text) => base64::standard(text).ok_or_else(|| {
            let message = format!("the annotation `{SIGNATURE}` is not padded standard base64");
            Raised::new(Code::SignatureEncoding, message)
        }),
    }
}

/// The problem of a signature that is made with a certificate.
pub(super) fn keyless() -> Raised {
    Raised::new(
        Code::KeylessNotSupported,
        "it was made with a certificate, which this version does not verify",
    )
    .hint("have the artifact signed with a key of the trust document")
}

/// Reads the payload, and holds its digest against the one that the referrer is for.
fn claims(examiner: &Examiner<'_>, payload: &[u8], draft: &mut Draft) {
    match SimpleSigning::parse(payload) {
        Err(error) => draft.raise(error.raised()),
        Ok(claims) => {
            let expected = &examiner.job.referrer.subject;
            if claims.digest != *expected {
                draft.raise(other_subject(claims.digest.as_str(), expected));
            }
            draft.fact.claimed_reference = claims.claimed_reference;
            draft.fact.annotations = claims.annotations;
            draft.fact.signed_at = claims.signed_at;
        }
    }
}

/// Tells the log entry and the timestamp of a layer. They are outside the signature and not
/// verified by this version, so one that cannot be read is left out: it takes nothing from a
/// signature made with a key.
fn log_entry(layer: &Descriptor, draft: &mut Draft) {
    let entry = layer.annotations.get(BUNDLE).and_then(|text| serde_json::from_str(text).ok());
    if let Some(RekorBundle { payload }) = entry
        && is_log_id(&payload.log_id)
    {
        draft.fact.transparency.push(TransparencyFact {
            log: payload.log_id,
            index: payload.log_index,
            integrated_at: integrated_at(payload.integrated_time),
            proof: Some(Proof::Set),
            verified: false,
        });
    }
    if layer.annotations.get(TIMESTAMP).is_some_and(|text| !text.is_empty()) {
        draft.fact.timestamps.push(unread_timestamp());
    }
}

/// A log's id is the SHA-256 of its key, in hex.
fn is_log_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
