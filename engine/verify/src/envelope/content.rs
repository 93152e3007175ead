//! What the documents that attestations carry say, whatever they are wrapped in.
//!
//! A predicate of a type that is read here, or a document, is handed to the [`Library`] as it was
//! before cosign wrapped it. What was read from it stands in lists of its own, so the predicate
//! itself is left out of the attestation: an SBOM would stand in the facts twice. Provenance and
//! verification summaries stay, since policies want parts of them that have no place elsewhere.

use super::held::{CYCLONEDX, SPDX};
use super::predicate::{CYCLONEDX_OLD, Predicate, is_custom};
use referee_core::facts::{AttestationFact, Contents};
use referee_document::{Expected, Library};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::sync::Arc;

/// What cosign writes around a document.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrapper<'a> {
    #[serde(borrow, rename = "Data")]
    data: &'a RawValue,
    #[serde(default, rename = "Timestamp")]
    _timestamp: Option<Cow<'a, str>>,
}

/// Puts what a predicate says into its attestation, and gives what its document says.
pub(crate) fn of_predicate(
    fact: &mut AttestationFact,
    library: &Library,
    predicate_type: &str,
    written: Option<&RawValue>,
    limit: usize,
) -> Option<Arc<Contents>> {
    let reading = written.and_then(|written| {
        let expected = Expected::of(predicate_type)?;
        library.read(expected, body(predicate_type, written.get()).as_bytes())
    });
    let predicate = Predicate::of(predicate_type, written, limit);
    fact.predicate_type = Some(predicate_type.to_owned());
    fact.unwrapped = predicate.unwrapped;
    fact.stated_at = predicate.stated_at;
    (fact.predicate, fact.predicate_omitted) = (predicate.value, predicate.omitted);
    let reading = reading?;
    fact.content = Some(reading.fact);
    instead(fact, reading.contents.as_deref());
    reading.contents
}

/// Puts what a bare document says into its attestation, and gives what was read.
pub(crate) fn of_document(
    fact: &mut AttestationFact,
    library: &Library,
    expected: Expected<'_>,
    bytes: &[u8],
) -> Option<Arc<Contents>> {
    let reading = library.read(expected, bytes)?;
    fact.content = Some(reading.fact);
    instead(fact, reading.contents.as_deref());
    reading.contents
}

/// Leaves the predicate out where lists of their own have all of it.
fn instead(fact: &mut AttestationFact, contents: Option<&Contents>) {
    let listed = contents.is_some_and(|contents| {
        contents.sbom.is_some() || contents.report.is_some() || contents.vex.is_some()
    });
    if listed {
        (fact.predicate, fact.predicate_omitted) = (Value::Null, true);
    }
}

/// The document that a predicate is or has in cosign's wrapper, as it is written.
fn body<'a>(predicate_type: &str, written: &'a str) -> Cow<'a, str> {
    let document = matches!(base(predicate_type), SPDX | CYCLONEDX | CYCLONEDX_OLD);
    if !document && !is_custom(predicate_type) {
        return written.into();
    }
    let inner = serde_json::from_str::<Wrapper<'_>>(written).map(|wrapper| wrapper.data.get());
    let text = inner.unwrap_or(written).trim_ascii();
    match text.starts_with('"') {
        true => serde_json::from_str::<String>(text).map_or(text.into(), Cow::Owned),
        false => text.into(),
    }
}

/// A predicate type without the version in a segment of its own (`https://spdx.dev/Document/v2.3`).
fn base(predicate_type: &str) -> &str {
    match predicate_type.rsplit_once("/v") {
        Some((base, version)) if version.starts_with(|first: char| first.is_ascii_digit()) => base,
        _ => predicate_type,
    }
}
