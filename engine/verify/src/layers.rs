//! The layers of a referrer's manifest that a verifier reads, and how much of them is held.
//!
//! What is too large, by itself or together with those before it, is not asked for, and says so. A
//! layer that is listed again counts again: what is made of its bytes is made again.

use crate::problem::{Code, Raised};
use bytes::Bytes;
use referee_core::{
    Budget, Descriptor, Evidence, EvidenceRequest, Manifest, Outcome, Referrer, Unavailable,
    UnavailableCode, UnavailableKind,
};
use std::collections::BTreeSet;

/// A layer that becomes something in the facts, whatever it turns out to be.
#[derive(Debug)]
pub(crate) struct Layer<'m, K> {
    pub(crate) descriptor: &'m Descriptor,
    /// What it is taken for.
    pub(crate) kind: K,
    /// The most bytes that are read of it; `None` where it is not read at all.
    limit: Option<u64>,
    /// How large it and those before it may be together, where they are larger.
    beyond: Option<u64>,
}

/// What came of reading a layer.
#[derive(Debug)]
pub(crate) enum Content {
    /// Its bytes.
    Bytes(Bytes),
    /// Why there are none.
    Unavailable(Unavailable),
    /// It is not read.
    Unread,
}

impl<'m, K> Layer<'m, K> {
    pub(crate) fn new(descriptor: &'m Descriptor, kind: K, limit: Option<u64>) -> Self {
        Self { descriptor, kind, limit, beyond: None }
    }

    /// The request for its content, where that is wanted and not too large.
    fn request(&self) -> Option<EvidenceRequest> {
        let limit = self.limit?;
        let size = self.descriptor.size;
        (size <= limit && self.beyond.is_none()).then(|| EvidenceRequest::Blob {
            digest: self.descriptor.digest.clone(),
            size,
            limit,
        })
    }

    /// What came of reading it.
    pub(crate) fn content(&self, evidence: &Evidence) -> Content {
        let Some(limit) = self.limit else { return Content::Unread };
        match self.request().and_then(|request| evidence.get(&request)) {
            Some(Outcome::Bytes(bytes)) => Content::Bytes(bytes.clone()),
            Some(Outcome::Unavailable(what)) => Content::Unavailable(what.clone()),
            None => Content::Unavailable(match self.beyond {
                Some(limit) => {
                    let message =
                        format!("the layers up to it have more than {limit} bytes together");
                    too_large(self.descriptor, message)
                }
                None => {
                    let size = self.descriptor.size;
                    let message = format!("it has {size} bytes, and the limit is {limit}");
                    too_large(self.descriptor, message)
                }
            }),
        }
    }
}

/// Marks the layers that are not read because those before them fill what may be held.
pub(crate) fn hold<K>(layers: &mut [Layer<'_, K>], budget: &Budget) {
    let mut room = budget.max_evidence_bytes;
    for layer in layers {
        if layer.request().is_none() {
            continue;
        }
        match room.checked_sub(layer.descriptor.size) {
            Some(left) => room = left,
            None => layer.beyond = Some(budget.max_evidence_bytes),
        }
    }
}

/// What has to be fetched before the layers can be read.
pub(crate) fn missing<K>(layers: &[Layer<'_, K>], evidence: &Evidence) -> Vec<EvidenceRequest> {
    let missing: BTreeSet<_> = layers
        .iter()
        .filter_map(Layer::request)
        .filter(|request| evidence.get(request).is_none())
        .collect();
    missing.into_iter().collect()
}

/// The problem of a layer of a type that is not read.
pub(crate) fn unsupported(layer: &Descriptor) -> Raised {
    let media_type: String = layer.media_type.chars().take(80).collect();
    let message = format!("layer {} is of type {media_type:?}", layer.digest);
    Raised::new(Code::LayerTypeUnsupported, message)
}

/// The problem of a manifest that says that it refers to something else than it was found for.
pub(crate) fn other_referrer(manifest: &Manifest, referrer: &Referrer) -> Option<Raised> {
    let named = &manifest.subject.as_ref()?.digest;
    (*named != referrer.subject).then(|| {
        Raised::new(
            Code::ReferrerSubjectMismatch,
            format!("the manifest refers to {named}, and it was found for {}", referrer.subject),
        )
        .hint("the registry or the tag lists it for an artifact that it does not refer to")
    })
}

fn too_large(descriptor: &Descriptor, message: String) -> Unavailable {
    let target = descriptor.digest.as_str();
    Unavailable::new(UnavailableKind::Blob, target, UnavailableCode::TooLarge, message)
}
