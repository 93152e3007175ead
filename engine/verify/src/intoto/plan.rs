//! Which layers of a referrer's manifest are statements or documents that nobody signed.

use crate::envelope::held::{Document, Held, held, is_in_toto};
use crate::layers::Layer;
use referee_core::oci::media_type;
use referee_core::{Budget, Descriptor, FoundBy, Manifest, Referrer};

/// What a referrer is listed as, or calls itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ours {
    /// Statements.
    Statements,
    /// A document of this kind.
    Document(Document),
    /// Documents of any kind: each layer says of which.
    Documents,
}

/// What a layer is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A statement, unless it turns out to be an envelope.
    Statement,
    /// A document.
    Document(Document),
    /// Something of another type in a manifest of such.
    Other,
}

/// As what a referrer is listed, if it is something that this verifier reads.
pub(super) fn announced(referrer: &Referrer) -> Option<Ours> {
    of_type(referrer.artifact_type())
        .or_else(|| (referrer.found_by == FoundBy::Index).then_some(Ours::Statements))
}

/// Whether a referrer is listed as something signed: a layer of it may be bare all the same.
pub(super) fn may_be_unsigned(referrer: &Referrer) -> bool {
    let artifact_type = referrer.artifact_type();
    artifact_type == media_type::COSIGN_ATTESTATION || held(artifact_type) == Some(Held::Envelope)
}

fn of_type(artifact_type: &str) -> Option<Ours> {
    match held(artifact_type) {
        Some(Held::Statement) => Some(Ours::Statements),
        Some(Held::Document(document)) => Some(Ours::Document(document)),
        Some(Held::Envelope) => None,
        None if artifact_type == media_type::COSIGN_SBOM => Some(Ours::Documents),
        None => is_in_toto(artifact_type).then_some(Ours::Statements),
    }
}

/// What a manifest calls itself: by its artifact type, or by the media type of its configuration
/// where it has none (distribution-spec "Listing Referrers").
pub(super) fn calls_itself(manifest: &Manifest) -> Option<Ours> {
    let given = manifest.artifact_type.as_deref().filter(|given| !given.is_empty());
    let config = || manifest.config.as_ref().map(|config| config.media_type.as_str());
    given.or_else(config).and_then(of_type)
}

/// Whether there is anything in a manifest, for whatever verifier.
pub(super) fn holds_anything(manifest: &Manifest) -> bool {
    manifest.layers.iter().any(|layer| layer.media_type != media_type::EMPTY)
}

/// The layers that are to become attestations: of a manifest of such all of them but empty and
/// signed ones, of another those that look like such.
///
/// A document that is not read is held to the limit of predicates: what is larger goes into no facts,
/// and what it says of itself without a signature is worth no more than what its annotation says.
pub(super) fn layers<'m>(
    manifest: &'m Manifest,
    ours: Option<Ours>,
    budget: &Budget,
) -> Vec<Layer<'m, Kind>> {
    let predicate = u64::try_from(budget.max_predicate_bytes).unwrap_or(u64::MAX);
    let limit = |kind| match kind {
        Kind::Other => None,
        Kind::Document(document) if document.expected.is_none() => {
            Some(budget.max_payload_bytes.min(predicate))
        }
        Kind::Document(_) | Kind::Statement => Some(budget.max_payload_bytes),
    };
    manifest
        .layers
        .iter()
        .filter_map(|layer| {
            let kind = kind(layer, ours)?;
            Some(Layer::new(layer, kind, limit(kind)))
        })
        .collect()
}

fn kind(layer: &Descriptor, ours: Option<Ours>) -> Option<Kind> {
    match (held(&layer.media_type), ours) {
        (Some(Held::Envelope), _) => None,
        (Some(Held::Statement), _) => Some(Kind::Statement),
        (Some(Held::Document(document)), _) => Some(Kind::Document(document)),
        (None, None) => None,
        (None, Some(_)) if is_signed(&layer.media_type) => None,
        (None, Some(Ours::Statements)) if says_little(&layer.media_type) => Some(Kind::Statement),
        (None, Some(Ours::Document(document))) if says_little(&layer.media_type) => {
            Some(Kind::Document(document))
        }
        (None, Some(_)) => Some(Kind::Other),
    }
}

/// What the verifier of signatures examines, and what holds nothing.
fn is_signed(media_type: &str) -> bool {
    media_type == media_type::EMPTY
        || media_type == media_type::COSIGN_SIMPLE_SIGNING
        || media_type.starts_with(media_type::SIGSTORE_BUNDLE_PREFIX)
}

/// Whether the artifact type tells more than this media type: what ORAS and others write where
/// nobody says what a file is.
fn says_little(media_type: &str) -> bool {
    matches!(
        media_type,
        "" | "application/octet-stream"
            | "application/json"
            | "application/vnd.oci.image.layer.v1.tar"
            | "application/xml"
            | "text/plain"
            | "text/xml"
    )
}
