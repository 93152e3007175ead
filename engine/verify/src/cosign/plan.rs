//! Which layers of a referrer's manifest are signatures, and what has to be fetched to examine
//! them.

use super::SIGNATURE;
use crate::envelope::bundle::{Bundle, BundleError, Content as Signed};
use crate::envelope::dsse::{self, Envelope, EnvelopeError};
use crate::envelope::held::{Held, held, is_in_toto};
use crate::layers::{self, Content};
use bytes::Bytes;
use referee_core::facts::Format;
use referee_core::oci::media_type;
use referee_core::{
    Budget, Descriptor, Evidence, EvidenceRequest, FoundBy, Job, Manifest, Referrer, Unavailable,
};

/// A layer of which signatures are made.
pub(super) type Layer<'m> = layers::Layer<'m, Kind>;

/// What a layer is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A simple signing payload with its signature in the annotations.
    Legacy,
    /// A Sigstore bundle.
    Bundle,
    /// A DSSE envelope with what proves it in the annotations.
    Envelope,
    /// A statement that nobody signed, unless it turns out to be an envelope.
    Statement,
    /// Something in a manifest of signatures that is of none of these types.
    Other,
}

/// A layer's content.
#[derive(Debug)]
pub(super) enum Item<'m> {
    /// A payload, with the annotations beside it.
    Legacy(&'m Descriptor, Bytes),
    /// A bundle, or why it is none.
    Bundle(Box<Result<Bundle, BundleError>>),
    /// An envelope as it is written and as it is read, or why it is none.
    Envelope(&'m Descriptor, Bytes, Result<Envelope, EnvelopeError>),
    /// A statement that nobody signed, which is for another verifier.
    Unsigned,
    /// Nothing, because it could not be had.
    Unavailable(&'m Descriptor, Kind, Unavailable),
    /// Something of another type.
    Other(&'m Descriptor),
}

/// As what a referrer is listed, if it is something of cosign's.
pub(super) fn announced(referrer: &Referrer) -> Option<Format> {
    of_type(referrer.artifact_type())
        .or_else(|| is_bundle(&referrer.descriptor.media_type).then_some(Format::SigstoreBundle))
}

/// Whether a referrer is listed as something that need not be signed, or stands where such stands:
/// in an index. An envelope may be in it all the same.
pub(super) fn may_be_signed(referrer: &Referrer) -> bool {
    let artifact_type = referrer.artifact_type();
    held(artifact_type).is_some()
        || is_in_toto(artifact_type)
        || artifact_type == media_type::COSIGN_SBOM
        || referrer.found_by == FoundBy::Index
}

fn is_bundle(media_type: &str) -> bool {
    media_type.starts_with(media_type::SIGSTORE_BUNDLE_PREFIX)
}

fn of_type(artifact_type: &str) -> Option<Format> {
    match artifact_type {
        media_type::COSIGN_SIGNATURE => Some(Format::SimpleSigning),
        media_type::COSIGN_ATTESTATION => Some(Format::Dsse),
        bundle if is_bundle(bundle) => Some(Format::SigstoreBundle),
        other => (held(other) == Some(Held::Envelope)).then_some(Format::Dsse),
    }
}

/// What a manifest calls itself, if that is something of cosign's: by its artifact type, or by the
/// media type of its configuration where it has none (distribution-spec "Listing Referrers").
pub(super) fn calls_itself(manifest: &Manifest) -> Option<Format> {
    let given = manifest.artifact_type.as_deref().filter(|given| !given.is_empty());
    let config = || manifest.config.as_ref().map(|config| config.media_type.as_str());
    given.or_else(config).and_then(of_type)
}

/// The layers that are to become signatures: of a manifest that is cosign's all of them but empty
/// ones, of another those that look like signatures.
pub(super) fn layers<'m>(
    manifest: &'m Manifest,
    ours: Option<Format>,
    budget: &Budget,
) -> Vec<Layer<'m>> {
    let kind = |layer: &Descriptor| match layer.media_type.as_str() {
        media_type::COSIGN_SIMPLE_SIGNING => Some(Kind::Legacy),
        bundle if is_bundle(bundle) => Some(Kind::Bundle),
        media_type::EMPTY => None,
        other => match (held(other), ours) {
            (Some(Held::Envelope), _) => Some(Kind::Envelope),
            (Some(Held::Statement), _) => Some(Kind::Statement),
            (_, None) => None,
            (_, Some(Format::Dsse)) => Some(Kind::Other),
            _ if layer.annotations.contains_key(SIGNATURE) => Some(Kind::Legacy),
            _ => Some(Kind::Other),
        },
    };
    manifest
        .layers
        .iter()
        .filter_map(|layer| {
            let kind = kind(layer)?;
            Some(Layer::new(layer, kind, kind.limit(budget)))
        })
        .collect()
}

impl Kind {
    /// The most bytes that are read. What is signed beside a legacy digest goes into the facts
    /// whole, so it is held to what a predicate is held to.
    fn limit(self, budget: &Budget) -> Option<u64> {
        let predicate = u64::try_from(budget.max_predicate_bytes).unwrap_or(u64::MAX);
        match self {
            Self::Legacy => Some(budget.max_payload_bytes.min(predicate)),
            Self::Bundle | Self::Envelope | Self::Statement => Some(budget.max_payload_bytes),
            Self::Other => None,
        }
    }
}

/// Reads what the layers hold.
///
/// # Errors
/// What has to be fetched first.
pub(super) fn read<'m>(
    layers: &[Layer<'m>],
    evidence: &Evidence,
) -> Result<Vec<Item<'m>>, Vec<EvidenceRequest>> {
    let missing = layers::missing(layers, evidence);
    match missing.is_empty() {
        true => Ok(layers.iter().map(|layer| item(layer, evidence)).collect()),
        false => Err(missing),
    }
}

fn item<'m>(layer: &Layer<'m>, evidence: &Evidence) -> Item<'m> {
    let (descriptor, kind) = (layer.descriptor, layer.kind);
    let bytes = match layer.content(evidence) {
        Content::Bytes(bytes) => bytes,
        Content::Unavailable(what) => return Item::Unavailable(descriptor, kind, what),
        Content::Unread => return Item::Other(descriptor),
    };
    match kind {
        Kind::Legacy => Item::Legacy(descriptor, bytes),
        Kind::Bundle => Item::Bundle(Box::new(Bundle::parse(&bytes))),
        Kind::Statement if !dsse::is_envelope(&bytes) => Item::Unsigned,
        Kind::Envelope | Kind::Statement => {
            let envelope = Envelope::parse(&bytes);
            Item::Envelope(descriptor, bytes, envelope)
        }
        Kind::Other => Item::Other(descriptor),
    }
}

/// The request for what the referrer refers to, where a bundle signs its bytes and they are not
/// those of the subject, which are at hand.
pub(super) fn artifact(job: &Job<'_>, items: &[Item<'_>]) -> Option<EvidenceRequest> {
    let expected = &job.referrer.subject;
    let signs_bytes = |item: &Item<'_>| match item {
        Item::Bundle(bundle) => bundle
            .as_ref()
            .as_ref()
            .is_ok_and(|bundle| matches!(bundle.content, Signed::Message { .. })),
        _ => false,
    };
    if expected == job.subject.digest() || !items.iter().any(signs_bytes) {
        return None;
    }
    let platform = job.subject.platforms().find(|platform| platform.digest == *expected);
    Some(EvidenceRequest::Manifest {
        digest: expected.clone(),
        media_type: platform.map(|platform| platform.media_type.clone()).unwrap_or_default(),
    })
}
