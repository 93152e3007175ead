//! The bodies of log entries as Rekor writes them: of Rekor v1 the JSON schemas in sigstore/rekor
//! `pkg/types/*/v*/*_schema.json` in their canonical form, of Rekor v2 the messages in
//! sigstore/rekor-tiles `api/proto/rekor/v2/*.proto` in ProtoJSON.
//!
//! Refused: unknown fields (the log writes the body, and under one version always the same
//! fields), fields that occur twice, and more than [`MAX_SIGNATURES`] signatures. What a client
//! proposes (`proposedContent`) is not what stands in a log.

use super::entry::Kind;
use super::error::{BodyProblem, LogError, Which};
use crate::json::at_most;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The most signatures in one entry, as many as of an envelope.
const MAX_SIGNATURES: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body<'a> {
    #[serde(borrow)]
    api_version: Cow<'a, str>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    spec: &'a RawValue,
}

/// Reads the body of an entry of a kind.
pub(super) fn parse<'a, T: Deserialize<'a>>(body: &'a [u8], kind: Kind) -> Result<T, LogError> {
    let outer: Body<'a> = serde_json::from_slice(body).map_err(|error| shape(&error))?;
    if outer.kind != kind.name() || outer.api_version != kind.version() {
        return Err(LogError::BodyMismatch { which: Which::Kind });
    }
    serde_json::from_str(outer.spec.get()).map_err(|error| shape(&error))
}

fn shape(error: &serde_json::Error) -> LogError {
    LogError::BodyMalformed(BodyProblem::Shape { line: error.line(), column: error.column() })
}

/// `hashedrekord` 0.0.1, and `rekord` 0.0.1 with the format of the signature.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rekord<'a> {
    #[serde(borrow)]
    pub(super) data: RekordData<'a>,
    #[serde(borrow)]
    pub(super) signature: RekordSignature<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RekordData<'a> {
    #[serde(borrow)]
    pub(super) hash: HexHash<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RekordSignature<'a> {
    #[serde(borrow, default)]
    pub(super) format: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) content: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) public_key: PemKey<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PemKey<'a> {
    #[serde(borrow)]
    pub(super) content: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HexHash<'a> {
    #[serde(borrow)]
    pub(super) algorithm: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) value: Cow<'a, str>,
}

/// `dsse` 0.0.1.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Dsse<'a> {
    #[serde(borrow)]
    pub(super) envelope_hash: HexHash<'a>,
    #[serde(borrow)]
    pub(super) payload_hash: HexHash<'a>,
    #[serde(borrow, deserialize_with = "at_most::<MAX_SIGNATURES, _, _>")]
    pub(super) signatures: Vec<DsseSignature<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DsseSignature<'a> {
    #[serde(borrow)]
    pub(super) signature: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) verifier: Cow<'a, str>,
}

/// `intoto` 0.0.1.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct IntotoV001<'a> {
    #[serde(borrow)]
    pub(super) content: IntotoV001Content<'a>,
    #[serde(borrow)]
    pub(super) public_key: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct IntotoV001Content<'a> {
    #[serde(borrow)]
    pub(super) hash: HexHash<'a>,
    /// Not in old entries.
    #[serde(borrow, default)]
    pub(super) payload_hash: Option<HexHash<'a>>,
}

/// `intoto` 0.0.2.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IntotoV002<'a> {
    #[serde(borrow)]
    pub(super) content: IntotoV002Content<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct IntotoV002Content<'a> {
    #[serde(borrow)]
    pub(super) envelope: IntotoEnvelope<'a>,
    #[serde(borrow)]
    pub(super) hash: HexHash<'a>,
    #[serde(borrow)]
    pub(super) payload_hash: HexHash<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct IntotoEnvelope<'a> {
    /// Rekor leaves it out; what stands in for Rekor in tests keeps it.
    #[serde(borrow, default)]
    pub(super) payload: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) payload_type: Cow<'a, str>,
    #[serde(borrow, deserialize_with = "at_most::<MAX_SIGNATURES, _, _>")]
    pub(super) signatures: Vec<IntotoSignature<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct IntotoSignature<'a> {
    /// A hint that nobody signed.
    #[serde(borrow, default, rename = "keyid")]
    pub(super) _key_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) sig: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) public_key: Cow<'a, str>,
}

/// `hashedrekord` 0.0.2.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HashedRekordV002<'a> {
    #[serde(borrow, rename = "hashedRekordV002")]
    pub(super) content: HashedRekordV002Content<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HashedRekordV002Content<'a> {
    #[serde(borrow)]
    pub(super) data: HashOutput<'a>,
    #[serde(borrow)]
    pub(super) signature: SignatureV2<'a>,
}

/// `dsse` 0.0.2.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DsseV002<'a> {
    #[serde(borrow, rename = "dsseV002")]
    pub(super) content: DsseV002Content<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DsseV002Content<'a> {
    #[serde(borrow)]
    pub(super) payload_hash: HashOutput<'a>,
    #[serde(borrow, deserialize_with = "at_most::<MAX_SIGNATURES, _, _>")]
    pub(super) signatures: Vec<SignatureV2<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HashOutput<'a> {
    #[serde(borrow)]
    pub(super) algorithm: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) digest: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignatureV2<'a> {
    #[serde(borrow)]
    pub(super) content: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) verifier: VerifierV2<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct VerifierV2<'a> {
    #[serde(borrow)]
    pub(super) key_details: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) x509_certificate: Option<RawBytes<'a>>,
    #[serde(borrow, default)]
    pub(super) public_key: Option<RawBytes<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RawBytes<'a> {
    #[serde(borrow)]
    pub(super) raw_bytes: Cow<'a, str>,
}
