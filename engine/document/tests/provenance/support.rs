//! Shortcuts.

use referee_core::facts::{ImageFact, Provenance, SourceFact, VerificationSummary};
use referee_document::provenance::{PROVENANCE_V0_1, PROVENANCE_V0_2, PROVENANCE_V1, SUMMARY_V1};
use referee_document::{DocumentError, Limits, provenance};
use serde_json::{Value, json};

pub(crate) fn first(predicate: &Value) -> Result<Provenance, DocumentError> {
    provenance::read(PROVENANCE_V0_1, predicate.to_string().as_bytes(), &Limits::DEFAULT)
}

pub(crate) fn second(predicate: &Value) -> Result<Provenance, DocumentError> {
    provenance::read(PROVENANCE_V0_2, predicate.to_string().as_bytes(), &Limits::DEFAULT)
}

pub(crate) fn current(predicate: &Value) -> Result<Provenance, DocumentError> {
    provenance::read(PROVENANCE_V1, predicate.to_string().as_bytes(), &Limits::DEFAULT)
}

pub(crate) fn summary(predicate: &Value) -> Result<VerificationSummary, DocumentError> {
    provenance::summary(SUMMARY_V1, predicate.to_string().as_bytes(), &Limits::DEFAULT)
}

/// A predicate of SLSA 1.
pub(crate) fn v1(build_type: &str, external: Value, internal: Value, dependencies: Value) -> Value {
    json!({
        "buildDefinition": {
            "buildType": build_type,
            "externalParameters": external,
            "internalParameters": internal,
            "resolvedDependencies": dependencies,
        },
        "runDetails": {"builder": {"id": "https://example.com/builder"}},
    })
}

/// A source as one line: `uri@ref digest entry`, `-` where there is none.
pub(crate) fn line(source: Option<&SourceFact>) -> String {
    let Some(source) = source else { return "none".to_owned() };
    let or = |text: Option<&str>| text.unwrap_or("-").to_owned();
    format!(
        "{} {} {} {}",
        source.uri,
        or(source.r#ref.as_deref()),
        or(source.digest.as_deref()),
        or(source.entry_point.as_deref())
    )
}

/// An image as one line.
pub(crate) fn image(image: &ImageFact) -> String {
    let tag = image.tag.as_ref().map(|tag| format!(":{tag}")).unwrap_or_default();
    let digest = image.digest.as_ref().map(|digest| format!("@{digest}")).unwrap_or_default();
    format!("{}{tag}{digest}", image.repository)
}

/// The codes of the problems.
pub(crate) fn codes(provenance: &Provenance) -> Vec<&str> {
    provenance.problems.iter().map(|problem| problem.code.as_str()).collect()
}
