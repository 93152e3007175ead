//! Which layers of a referrer's manifest are signatures, and what has to be fetched to examine
//! them.

use super::SIGNATURE;
use crate::envelope::bundle::{Bundle, BundleError, Content};
use bytes::Bytes;
use referee_core::oci::media_type;
use referee_core::{
    Budget, Descriptor, Evidence, EvidenceRequest, Job, Manifest, Outcome, Referrer, Unavailable,
    UnavailableCode, UnavailableKind,
};
use std::collections::BTreeSet;

/// A layer of which a signature is made, whatever it turns out to be.
#[derive(Debug)]
pub(super) struct Layer<'m> {
    pub(super) descriptor: &'m Descriptor,
    pub(super) kind: Kind,
    /// How large it and those before it may be together, where they are larger.
    beyond: Option<u64>,
}

/// What a layer is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A simple signing payload with its signature in the annotations.
    Legacy,
    /// A Sigstore bundle.
    Bundle,
    /// Something in a manifest of signatures that is of neither type.
    Other,
}

/// A layer's content.
#[derive(Debug)]
pub(super) enum Item<'m> {
    /// A payload, with the annotations beside it.
    Legacy(&'m Descriptor, Bytes),
    /// A bundle, or why it is none.
    Bundle(Box<Result<Bundle, BundleError>>),
    /// Nothing, because it could not be had.
    Unavailable(&'m Descriptor, Kind, Unavailable),
    /// Something of another type.
    Other(&'m Descriptor),
}

/// Whether a referrer is listed as something of cosign's.
pub(super) fn announced(referrer: &Referrer) -> bool {
    is_ours(referrer.artifact_type()) || is_bundle(&referrer.descriptor.media_type)
}

pub(super) fn is_bundle(media_type: &str) -> bool {
    media_type.starts_with(media_type::SIGSTORE_BUNDLE_PREFIX)
}

fn is_ours(artifact_type: &str) -> bool {
    artifact_type == media_type::COSIGN_SIGNATURE || is_bundle(artifact_type)
}

/// Whether a manifest calls itself something of cosign's: by its artifact type, or by the media
/// type of its configuration where it has none (distribution-spec "Listing Referrers").
pub(super) fn calls_itself_ours(manifest: &Manifest) -> bool {
    let given = manifest.artifact_type.as_deref().filter(|given| !given.is_empty());
    let config = || manifest.config.as_ref().map(|config| config.media_type.as_str());
    given.or_else(config).is_some_and(is_ours)
}

/// The layers that are to become signatures: of a manifest that is cosign's all of them but empty
/// ones, of another those that look like signatures.
pub(super) fn layers(manifest: &Manifest, ours: bool) -> Vec<Layer<'_>> {
    let kind = |layer: &Descriptor| match layer.media_type.as_str() {
        media_type::COSIGN_SIMPLE_SIGNING => Some(Kind::Legacy),
        bundle if is_bundle(bundle) => Some(Kind::Bundle),
        media_type::EMPTY => None,
        _ if !ours => None,
        _ if layer.annotations.contains_key(SIGNATURE) => Some(Kind::Legacy),
        _ => Some(Kind::Other),
    };
    manifest
        .layers
        .iter()
        .filter_map(|layer| Some(Layer { descriptor: layer, kind: kind(layer)?, beyond: None }))
        .collect()
}

/// Marks the layers that are not read because those before them fill what may be held.
pub(super) fn hold(layers: &mut [Layer<'_>], budget: &Budget) {
    let mut held = BTreeSet::new();
    let mut room = budget.max_evidence_bytes;
    for layer in layers {
        if layer.request(budget).is_none() || held.contains(&layer.descriptor.digest) {
            continue;
        }
        match room.checked_sub(layer.descriptor.size) {
            Some(left) => {
                room = left;
                held.insert(layer.descriptor.digest.clone());
            }
            None => layer.beyond = Some(budget.max_evidence_bytes),
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
    budget: &Budget,
) -> Result<Vec<Item<'m>>, Vec<EvidenceRequest>> {
    let missing: BTreeSet<_> = layers
        .iter()
        .filter_map(|layer| layer.request(budget))
        .filter(|request| evidence.get(request).is_none())
        .collect();
    if !missing.is_empty() {
        return Err(missing.into_iter().collect());
    }
    Ok(layers.iter().map(|layer| layer.item(evidence, budget)).collect())
}

impl<'m> Layer<'m> {
    /// The most bytes that are read of it. What is signed beside a legacy digest goes into the
    /// facts whole, so it is held to what a predicate is held to.
    fn limit(&self, budget: &Budget) -> u64 {
        let predicate = u64::try_from(budget.max_predicate_bytes).unwrap_or(u64::MAX);
        match self.kind {
            Kind::Legacy => budget.max_payload_bytes.min(predicate),
            Kind::Bundle | Kind::Other => budget.max_payload_bytes,
        }
    }

    /// The request for its content, where that is wanted and not too large.
    fn request(&self, budget: &Budget) -> Option<EvidenceRequest> {
        let limit = self.limit(budget);
        let size = self.descriptor.size;
        (self.kind != Kind::Other && size <= limit && self.beyond.is_none())
            .then(|| EvidenceRequest::Blob { digest: self.descriptor.digest.clone(), size, limit })
    }

    fn item(&self, evidence: &Evidence, budget: &Budget) -> Item<'m> {
        let outcome = self.request(budget).and_then(|request| evidence.get(&request));
        match (self.kind, outcome) {
            (Kind::Other, _) => Item::Other(self.descriptor),
            (Kind::Legacy, Some(Outcome::Bytes(bytes))) => {
                Item::Legacy(self.descriptor, bytes.clone())
            }
            (Kind::Bundle, Some(Outcome::Bytes(bytes))) => {
                Item::Bundle(Box::new(Bundle::parse(bytes)))
            }
            (kind, Some(Outcome::Unavailable(what))) => {
                Item::Unavailable(self.descriptor, kind, what.clone())
            }
            (kind, None) => Item::Unavailable(
                self.descriptor,
                kind,
                match self.beyond {
                    Some(limit) => too_much(self.descriptor, limit),
                    None => too_large(self.descriptor, self.limit(budget)),
                },
            ),
        }
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
            .is_ok_and(|bundle| matches!(bundle.content, Content::Message { .. })),
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

fn too_much(descriptor: &Descriptor, limit: u64) -> Unavailable {
    let message = format!("the layers up to it have more than {limit} bytes together");
    let target = descriptor.digest.as_str();
    Unavailable::new(UnavailableKind::Blob, target, UnavailableCode::TooLarge, message)
}

fn too_large(descriptor: &Descriptor, limit: u64) -> Unavailable {
    let message = format!("it has {} bytes, and the limit is {limit}", descriptor.size);
    let target = descriptor.digest.as_str();
    Unavailable::new(UnavailableKind::Blob, target, UnavailableCode::TooLarge, message)
}
