//! What a document is expected to be: by the type of the predicate that it is, or, where that says
//! nothing, by what it holds.

use serde::Deserialize;
use serde::de::IgnoredAny;

/// What a document is expected to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expected<'a> {
    /// An SBOM; what it says of vulnerabilities is read as well.
    Sbom,
    /// A vulnerability report, by the type of its predicate where it has one.
    Report(Option<&'a str>),
    /// A VEX document, likewise.
    Vex(Option<&'a str>),
    /// Provenance, by the type of its predicate.
    Provenance(&'a str),
    /// A verification summary, by the type of its predicate.
    Summary(&'a str),
    /// Any of those that need no type of a predicate, or nothing known.
    Anything,
}

/// What cosign attests as `custom`, as it is now and as cosign 1 wrote it.
const CUSTOM: [&str; 2] =
    ["https://cosign.sigstore.dev/attestation/v1", "cosign.sigstore.dev/attestation/v1"];

/// What is expected under a predicate type.
type ByType = fn(&str) -> Expected<'_>;

/// Predicate types by what they begin with, up to the end or to a version in a segment of its own:
/// in-toto/attestation `spec/predicates/`, cosign `pkg/cosign/attestation`, openvex/spec
/// `ATTESTING.md`, slsa.dev.
const TYPES: [(&str, ByType); 13] = [
    ("https://spdx.dev/Document", |_| Expected::Sbom),
    ("https://cyclonedx.org/bom", |_| Expected::Sbom),
    ("https://cyclonedx.org/schema", |_| Expected::Sbom),
    ("https://openvex.dev/ns", |name| Expected::Vex(Some(name))),
    ("https://cosign.sigstore.dev/attestation/vuln", |name| Expected::Report(Some(name))),
    ("cosign.sigstore.dev/attestation/vuln", |name| Expected::Report(Some(name))),
    ("https://in-toto.io/attestation/vulns", |name| Expected::Report(Some(name))),
    ("https://in-toto.io/attestation/vuln", |name| Expected::Report(Some(name))),
    ("https://docs.oasis-open.org/sarif/sarif", |name| Expected::Report(Some(name))),
    ("https://docs.oasis-open.org/csaf/csaf", |name| Expected::Vex(Some(name))),
    ("https://slsa.dev/provenance", |name| Expected::Provenance(name)),
    ("https://slsa.dev/verification_summary", |name| Expected::Summary(name)),
    ("https://json.schemastore.org/sarif-2.1.0.json", |name| Expected::Report(Some(name))),
];

impl<'a> Expected<'a> {
    /// What a predicate of this type is; `None` where no reader here knows the type.
    #[must_use]
    pub fn of(predicate_type: &'a str) -> Option<Self> {
        if CUSTOM.contains(&predicate_type) {
            return Some(Self::Anything);
        }
        let (_, expected) = TYPES.iter().find(|(start, _)| {
            predicate_type
                .strip_prefix(start)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })?;
        Some(expected(predicate_type))
    }

    /// What a document holds, by its first members; `None` where it is nothing that is read here.
    #[must_use]
    pub fn by_content(bytes: &[u8]) -> Option<Expected<'static>> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
        match bytes.first()? {
            b'{' => serde_json::from_slice::<Top<'_>>(bytes).ok()?.kind(),
            b'<' => Some(Expected::Sbom),
            _ => (bytes.starts_with(b"SPDXVersion:") || bytes.starts_with(b"#"))
                .then_some(Expected::Sbom),
        }
    }
}

/// What tells the formats apart at the top of a document.
#[derive(Deserialize)]
struct Top<'a> {
    #[serde(borrow, default, rename = "@context")]
    context: Option<&'a serde_json::value::RawValue>,
    #[serde(default, rename = "@graph")]
    graph: Option<IgnoredAny>,
    #[serde(default, rename = "bomFormat")]
    bom_format: Option<IgnoredAny>,
    #[serde(default, rename = "spdxVersion")]
    spdx_version: Option<IgnoredAny>,
    #[serde(default)]
    sbom: Option<IgnoredAny>,
    #[serde(default)]
    runs: Option<IgnoredAny>,
    #[serde(default, rename = "SchemaVersion")]
    schema_version: Option<IgnoredAny>,
    #[serde(default, rename = "ArtifactName")]
    artifact_name: Option<IgnoredAny>,
    #[serde(default)]
    matches: Option<IgnoredAny>,
    #[serde(default)]
    descriptor: Option<IgnoredAny>,
    #[serde(default)]
    scanner: Option<IgnoredAny>,
    #[serde(default)]
    statements: Option<IgnoredAny>,
    #[serde(default)]
    document: Option<IgnoredAny>,
    #[serde(default)]
    vulnerabilities: Option<IgnoredAny>,
    #[serde(default)]
    product_tree: Option<IgnoredAny>,
}

impl Top<'_> {
    fn kind(&self) -> Option<Expected<'static>> {
        let there = |member: &Option<IgnoredAny>| member.is_some();
        let open_vex = || self.context.is_some_and(|context| context.get().contains("openvex"));
        if there(&self.bom_format)
            || there(&self.spdx_version)
            || there(&self.sbom)
            || (there(&self.graph) && self.context.is_some())
        {
            return Some(Expected::Sbom);
        }
        if there(&self.statements) && open_vex() {
            return Some(Expected::Vex(None));
        }
        if there(&self.document) && (there(&self.vulnerabilities) || there(&self.product_tree)) {
            return Some(Expected::Vex(None));
        }
        let report = there(&self.runs)
            || (there(&self.schema_version) && there(&self.artifact_name))
            || (there(&self.matches) && there(&self.descriptor))
            || there(&self.scanner);
        report.then_some(Expected::Report(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_known_with_any_version_and_not_by_what_it_begins_with() {
        for (name, expected) in [
            ("https://spdx.dev/Document", Some(Expected::Sbom)),
            ("https://spdx.dev/Document/v2.3", Some(Expected::Sbom)),
            ("https://spdx.dev/Documents", None),
            ("https://cyclonedx.org/bom/v1.6", Some(Expected::Sbom)),
            (
                "https://slsa.dev/provenance/v1",
                Some(Expected::Provenance("https://slsa.dev/provenance/v1")),
            ),
            ("https://openvex.dev/ns", Some(Expected::Vex(Some("https://openvex.dev/ns")))),
            (CUSTOM[0], Some(Expected::Anything)),
            ("https://example.com/review/v1", None),
        ] {
            assert_eq!(Expected::of(name), expected, "{name}");
        }
    }

    #[test]
    fn formats_are_told_apart_by_their_members() {
        for (text, expected) in [
            (r#"{"bomFormat":"CycloneDX"}"#, Some(Expected::Sbom)),
            (r#" {"spdxVersion":"SPDX-2.3"}"#, Some(Expected::Sbom)),
            (r#"{"@context":"https://spdx.org/x","@graph":[]}"#, Some(Expected::Sbom)),
            ("<?xml version=\"1.0\"?><bom/>", Some(Expected::Sbom)),
            ("SPDXVersion: SPDX-2.3\n", Some(Expected::Sbom)),
            (r#"{"version":"2.1.0","runs":[]}"#, Some(Expected::Report(None))),
            (r#"{"SchemaVersion":2,"ArtifactName":"x"}"#, Some(Expected::Report(None))),
            (r#"{"matches":[],"descriptor":{}}"#, Some(Expected::Report(None))),
            (
                r#"{"@context":"https://openvex.dev/ns/v0.2.0","statements":[]}"#,
                Some(Expected::Vex(None)),
            ),
            (r#"{"document":{},"product_tree":{}}"#, Some(Expected::Vex(None))),
            (r#"{"approved":true}"#, None),
            (r#"{"statements":[]}"#, None),
            ("[]", None),
            ("", None),
            ("{", None),
        ] {
            assert_eq!(Expected::by_content(text.as_bytes()), expected, "{text}");
        }
    }
}
