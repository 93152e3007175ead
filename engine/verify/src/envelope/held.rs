//! What layers hold, by their media types: envelopes, bare statements, documents.
//!
//! - in-toto/attestation `spec/v1/envelope.md`: `application/vnd.in-toto+json`, and
//!   `application/vnd.in-toto.<predicate>+dsse` for an envelope with a predicate of one kind.
//! - BuildKit `docs/attestations/attestation-storage.md`: bare statements under the former.
//! - cosign `specs/SBOM_SPEC.md` and the IANA registrations of SPDX and CycloneDX: documents.
//!
//! Some tools push an envelope under the type of a statement; [`super::dsse::is_envelope`] tells.

use referee_core::oci::media_type;
use referee_document::Expected;

/// The predicate type of SPDX documents (in-toto/attestation `spec/predicates/spdx.md`).
pub(crate) const SPDX: &str = "https://spdx.dev/Document";
/// The predicate type of CycloneDX documents (in-toto/attestation `spec/predicates/cyclonedx.md`).
pub(crate) const CYCLONEDX: &str = "https://cyclonedx.org/bom";
/// The predicate type of OpenVEX documents (openvex/spec `ATTESTING.md`).
const OPENVEX: &str = "https://openvex.dev/ns";
/// The predicate type by which Syft attests its own format.
const SYFT: &str = "https://syft.dev/bom";

/// What a layer or an artifact holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// A DSSE envelope.
    Envelope,
    /// A statement, or an envelope around one.
    Statement,
    /// A document.
    Document(Document),
}

/// A document that says something about what it is attached to, without naming it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Document {
    /// The type of a predicate that holds such a document, where there is one.
    pub(crate) predicate_type: Option<&'static str>,
    /// What it is read as; `None` where no reader here knows it.
    pub(crate) expected: Option<Expected<'static>>,
    /// Whether it is JSON; else it is taken as text.
    pub(crate) json: bool,
}

/// What something of this media type holds; `None` for what none of these is.
pub(crate) fn held(media_type: &str) -> Option<Held> {
    // RFC 6838 section 4.2: parameters follow, and case means nothing.
    let bare = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if bare == media_type::DSSE_ENVELOPE {
        return Some(Held::Envelope);
    }
    let (base, suffix) = bare.split_once('+').unwrap_or((&bare, ""));
    if is_in_toto(base) {
        return match suffix {
            "dsse" => Some(Held::Envelope),
            "json" => Some(Held::Statement),
            _ => None,
        };
    }
    let json = suffix == "json";
    let (predicate_type, expected) = match base {
        "application/spdx" | "application/vnd.spdx" | "text/spdx" => {
            (Some(SPDX), Some(Expected::Sbom))
        }
        "application/vnd.cyclonedx" => (Some(CYCLONEDX), Some(Expected::Sbom)),
        "application/vnd.syft" => (Some(SYFT), None),
        "application/sarif" if json => (None, Some(Expected::Report(None))),
        "application/vnd.openvex" if json => (Some(OPENVEX), Some(Expected::Vex(None))),
        "application/csaf" | "application/vnd.csaf" if json => (None, Some(Expected::Vex(None))),
        "application/vnd.aquasec.trivy.report" | "application/vnd.trivy.report" if json => {
            (None, Some(Expected::Report(None)))
        }
        "application/vnd.anchore.grype.report" | "application/vnd.grype.report" if json => {
            (None, Some(Expected::Report(None)))
        }
        _ => return None,
    };
    Some(Held::Document(Document { predicate_type, expected, json }))
}

/// Whether a media type is one of in-toto's, of whatever form.
pub(crate) fn is_in_toto(media_type: &str) -> bool {
    media_type
        .strip_prefix("application/vnd.in-toto")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '+', ';']))
}

/// Whether a registry may list anything under an artifact type: none at all, and the configurations
/// that it falls back to where it does not know the field (distribution-spec "Listing Referrers").
pub(crate) fn tells_nothing(artifact_type: &str) -> bool {
    matches!(
        artifact_type,
        "" | media_type::EMPTY
            | media_type::IMAGE_MANIFEST
            | "application/vnd.oci.image.config.v1+json"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_use_is_known() {
        let document = |predicate_type, json| {
            let expected = (predicate_type != SYFT).then_some(Expected::Sbom);
            let predicate_type = Some(predicate_type);
            Some(Held::Document(Document { predicate_type, expected, json }))
        };
        for (media_type, expected) in [
            ("application/vnd.dsse.envelope.v1+json", Some(Held::Envelope)),
            ("application/vnd.in-toto+json", Some(Held::Statement)),
            ("application/vnd.in-toto.spdx+json", Some(Held::Statement)),
            ("application/vnd.in-toto.provenance.v0.2+dsse", Some(Held::Envelope)),
            ("application/vnd.in-toto+dsse", Some(Held::Envelope)),
            ("application/vnd.in-toto.bundle", None),
            ("application/vnd.in-totoro+json", None),
            ("application/spdx+json; version=2.3", document(SPDX, true)),
            ("Text/SPDX", document(SPDX, false)),
            ("text/spdx+json", document(SPDX, true)),
            ("application/vnd.cyclonedx+json", document(CYCLONEDX, true)),
            ("application/vnd.cyclonedx+xml", document(CYCLONEDX, false)),
            ("application/vnd.syft+json", document(SYFT, true)),
            ("application/json", None),
            ("", None),
        ] {
            assert_eq!(held(media_type), expected, "{media_type}");
        }
    }
}
