//! cosign's legacy signatures: a manifest with one layer for each signature (cosign
//! `specs/SIGNATURE_SPEC.md`). The layer's blob is the signed payload, its annotations hold the
//! signature; or the blob is a DSSE envelope with its signatures (`specs/ATTESTATION_SPEC.md`).
//! What proves them stands in the annotations.

use super::draft::Draft;
use super::examiner::{Examiner, Hint, Made, Message, other_subject};
use super::sealed::{self, Seal, Source, unreadable};
use super::simple_signing::SimpleSigning;
use crate::envelope::bundle::integrated_at;
use crate::envelope::dsse::Envelope;
use crate::primitive::base64;
use crate::primitive::x509::Certificate;
use crate::problem::{Code, Raised};
use crate::protocol::sigstore::{Proofs, Signer};
use crate::protocol::tlog::{Carrier, Content, Digests, Entry};
use data_encoding::HEXLOWER_PERMISSIVE;
use referee_core::Descriptor;
use referee_core::facts::Format;
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

/// The annotation with the rest of the certificate's chain, PEM.
pub const CHAIN: &str = "dev.sigstore.cosign/chain";

/// The log entry in an annotation (cosign `pkg/cosign/bundle/rekor.go`, `RekorBundle`).
#[derive(Deserialize)]
struct RekorBundle {
    #[serde(rename = "SignedEntryTimestamp")]
    signed_entry_timestamp: String,
    #[serde(rename = "Payload")]
    payload: RekorPayload,
}

#[derive(Deserialize)]
struct RekorPayload {
    body: String,
    #[serde(rename = "integratedTime")]
    integrated_time: u64,
    #[serde(rename = "logIndex")]
    log_index: u64,
    #[serde(rename = "logID")]
    log_id: String,
}

/// What the body of a log entry says of its kind.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RekorBody {
    api_version: String,
    kind: String,
}

/// A timestamp in an annotation (cosign `pkg/cosign/bundle/rfc3161timestamp.go`).
#[derive(Deserialize)]
struct Rfc3161Timestamp {
    #[serde(rename = "SignedRFC3161Timestamp")]
    signed: String,
}

/// What stands beside a layer.
#[derive(Debug)]
pub(super) struct Beside {
    by: Option<Result<Source, Raised>>,
    entries: Vec<Entry>,
    timestamps: Vec<Vec<u8>>,
}

impl Beside {
    pub(super) fn read(layer: &Descriptor) -> Self {
        Self {
            by: Some(source(layer)),
            entries: log_entry(layer).into_iter().collect(),
            timestamps: timestamp(layer).into_iter().collect(),
        }
    }

    /// What the signatures of the layer came with.
    pub(super) fn seal<'a>(&'a mut self, format: Format, written: Option<&'a [u8]>) -> Seal<'a> {
        let by = self.by.take().unwrap_or_else(|| Ok(Source::Key(Hint::default())));
        let proofs = Proofs {
            carrier: Carrier::Annotation,
            entries: &self.entries,
            timestamps: &self.timestamps,
        };
        Seal { format, by, proofs, written }
    }
}

/// Examines one layer with its payload.
pub(super) fn examine(examiner: &mut Examiner<'_>, layer: &Descriptor, payload: &[u8]) {
    let mut beside = Beside::read(layer);
    let seal = beside.seal(Format::SimpleSigning, None);
    let mut draft = seal.draft(examiner);
    let signature = signature(layer).map_err(|problem| draft.not_made(problem));
    if !examiner.out_of_time(&mut draft) {
        claims(examiner, payload, &mut draft);
        if let (Ok(signature), Ok(source)) = (&signature, &seal.by) {
            let digests = Digests::of(payload);
            let made = Made {
                signature,
                by: source.by(),
                message: Message::Bytes(payload),
                content: Content::Message(&digests),
                proofs: seal.proofs,
            };
            examiner.examine(&mut draft, &made);
        }
    }
    examiner.push(draft);
}

/// Examines one layer with the envelope that it holds.
pub(super) fn examine_envelope(
    examiner: &mut Examiner<'_>,
    layer: &Descriptor,
    written: &[u8],
    envelope: &Envelope,
) {
    let mut beside = Beside::read(layer);
    let seal = beside.seal(Format::Dsse, Some(written));
    sealed::examine_envelope(examiner, &seal, envelope, Some(layer));
}

/// The draft of a layer whose payload could not be had or read: what stands beside it.
pub(super) fn without_payload(
    examiner: &Examiner<'_>,
    layer: &Descriptor,
    format: Format,
) -> Draft {
    let mut draft = Beside::read(layer).seal(format, None).draft(examiner);
    if format == Format::SimpleSigning
        && let Err(problem) = signature(layer)
    {
        draft.not_made(problem);
    }
    draft
}

/// The signature.
fn signature(layer: &Descriptor) -> Result<Vec<u8>, Raised> {
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

/// Who the signature is by: the certificate, else one of the keys.
fn source(layer: &Descriptor) -> Result<Source, Raised> {
    // cosign leaves an empty annotation where there is no certificate.
    let given = |name: &str| layer.annotations.get(name).filter(|pem| !pem.trim().is_empty());
    let Some(pem) = given(CERTIFICATE) else { return Ok(Source::Key(Hint::default())) };
    let read = |pem: &String| Certificate::from_pem(pem).map_err(|error| unreadable(&error));
    let mut certificates = read(pem)?;
    if let Some(pem) = given(CHAIN) {
        certificates.extend(read(pem)?);
    }
    let mut certificates = certificates.into_iter();
    let leaf = certificates.next().ok_or_else(|| {
        let message = format!("the annotation `{CERTIFICATE}` has no certificate");
        Raised::new(Code::MalformedCertificate, message)
    })?;
    Ok(Source::Certificate(Box::new(Signer::new(leaf, certificates.collect()))))
}

/// Reads the payload, and holds its digest against the one that the referrer is for.
fn claims(examiner: &Examiner<'_>, payload: &[u8], draft: &mut Draft) {
    match SimpleSigning::parse(payload) {
        Err(error) => draft.raise(error.raised()),
        Ok(claims) => {
            let expected = examiner.target.subject;
            draft.bound(match claims.digest == *expected {
                true => Ok(()),
                false => Err(other_subject(claims.digest.as_str(), expected)),
            });
            draft.fact.claimed_reference = claims.claimed_reference;
            draft.fact.annotations = claims.annotations;
            draft.fact.signed_at = claims.signed_at;
        }
    }
}

/// The log entry of a layer. It is outside the signature, so one that cannot be read is left out:
/// it takes nothing from a signature made with a key, and one made with a certificate lacks it.
fn log_entry(layer: &Descriptor) -> Option<Entry> {
    let written: RekorBundle = serde_json::from_str(layer.annotations.get(BUNDLE)?).ok()?;
    let canonicalized_body = base64::standard(&written.payload.body)?;
    // Without a kind it is of none that holds.
    let body: RekorBody = serde_json::from_slice(&canonicalized_body).unwrap_or_default();
    Some(Entry {
        log_index: written.payload.log_index,
        log_id: HEXLOWER_PERMISSIVE.decode(written.payload.log_id.as_bytes()).ok()?,
        kind: body.kind,
        version: body.api_version,
        integrated_time: integrated_at(written.payload.integrated_time),
        promise: Some(base64::standard(&written.signed_entry_timestamp)?),
        proof: None,
        canonicalized_body,
    })
}

/// The timestamp of a layer; one that cannot be read is one that does not hold.
fn timestamp(layer: &Descriptor) -> Option<Vec<u8>> {
    let text = layer.annotations.get(TIMESTAMP).filter(|text| !text.is_empty())?;
    let written = serde_json::from_str::<Rfc3161Timestamp>(text).ok();
    Some(written.and_then(|written| base64::standard(&written.signed)).unwrap_or_default())
}
