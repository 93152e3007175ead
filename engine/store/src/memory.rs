//! A store in memory: for tests, for examples, and for programs that have their artifacts at
//! hand already.
//!
//! It answers as a registry with a referrers API does, and can be told to fail.

use crate::error::StoreError;
use crate::files::length;
use crate::http::{Fault, Retry};
use crate::pieces::{Pieces, checked};
use crate::source::{Fetched, Listing, Place, Store};
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use referee_core::oci::Document;
use referee_core::{Descriptor, Digest, FoundBy, Selector};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A store in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    places: Mutex<BTreeMap<Place, Content>>,
}

/// One question to a store; what [`MemoryStore::fail`] makes fail.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Question {
    /// A manifest.
    Manifest(Option<Selector>),
    /// A blob.
    Blob(Digest),
    /// A listing.
    Referrers(Digest),
}

#[derive(Debug, Default)]
struct Content {
    manifests: BTreeMap<Digest, Fetched>,
    /// In the order of pushing: the order of listings.
    order: Vec<Digest>,
    blobs: BTreeMap<Digest, Bytes>,
    tags: BTreeMap<Box<str>, Digest>,
    failures: BTreeMap<Question, Arc<StoreError>>,
    cuts: BTreeMap<Digest, Arc<StoreError>>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Place, Content>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a manifest or index and answers its digest. Where it has a `subject`, it is listed as
    /// a referrer of that. An empty media type leaves the document's own to decide.
    pub fn push_manifest(
        &self,
        place: &Place,
        media_type: &str,
        bytes: impl Into<Bytes>,
    ) -> Digest {
        let bytes = bytes.into();
        let digest = Digest::sha256(&bytes);
        let mut places = self.lock();
        let content = places.entry(place.clone()).or_default();
        let fetched = Fetched { bytes, digest: digest.clone(), media_type: media_type.into() };
        if content.manifests.insert(digest.clone(), fetched).is_none() {
            content.order.push(digest.clone());
        }
        digest
    }

    /// Adds a blob and answers its digest.
    pub fn push_blob(&self, place: &Place, bytes: impl Into<Bytes>) -> Digest {
        let bytes = bytes.into();
        let digest = Digest::sha256(&bytes);
        self.lock().entry(place.clone()).or_default().blobs.insert(digest.clone(), bytes);
        digest
    }

    /// Points a tag at a manifest.
    pub fn tag(&self, place: &Place, tag: &str, digest: &Digest) {
        self.lock().entry(place.clone()).or_default().tags.insert(tag.into(), digest.clone());
    }

    /// The pieces of a blob.
    pub(crate) async fn pieces(
        &self,
        place: &Place,
        digest: &Digest,
        size: u64,
    ) -> Result<Pieces, Fault> {
        let bytes = self.blob(place, digest, size, size).await;
        let bytes = bytes.map_err(|error| Fault { error, retry: Retry::Never })?;
        let pieces = stream::iter([Ok(bytes)]).boxed();
        Ok(checked(pieces, digest.clone(), size, format!("{place} blob {digest}")))
    }

    /// Makes a question fail from now on.
    pub fn fail(&self, place: &Place, question: Question, error: StoreError) {
        let mut places = self.lock();
        places.entry(place.clone()).or_default().failures.insert(question, Arc::new(error));
    }

    /// Makes the listing of a digest break off, with all its referrers told, from now on.
    pub fn cut_listing(&self, place: &Place, digest: &Digest, error: StoreError) {
        let mut places = self.lock();
        places.entry(place.clone()).or_default().cuts.insert(digest.clone(), Arc::new(error));
    }

    /// Undoes [`MemoryStore::fail`] and [`MemoryStore::cut_listing`] for a place.
    pub fn mend(&self, place: &Place) {
        if let Some(content) = self.lock().get_mut(place) {
            content.failures.clear();
            content.cuts.clear();
        }
    }
}

impl Content {
    fn check(&self, question: &Question) -> Result<(), Arc<StoreError>> {
        self.failures.get(question).map_or(Ok(()), |error| Err(Arc::clone(error)))
    }

    fn only(&self, place: &Place) -> Result<&Digest, StoreError> {
        let mut subjects = self.order.iter().filter(|digest| {
            self.manifests.get(digest).is_some_and(|found| {
                Document::parse(&found.bytes, &found.media_type)
                    .is_ok_and(|(document, _)| document.subject().is_none())
            })
        });
        match (subjects.next(), subjects.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(StoreError::NotFound { target: place.to_string() }),
            _ => Err(StoreError::Ambiguous {
                target: place.to_string(),
                tags: self.tags.keys().map(ToString::to_string).collect(),
            }),
        }
    }

    fn descriptor(found: &Fetched, document: &Document, media_type: String) -> Descriptor {
        Descriptor {
            media_type,
            digest: found.digest.clone(),
            size: length(&found.bytes),
            artifact_type: document.artifact_type().map(ToOwned::to_owned),
            annotations: document.annotations().clone(),
            platform: None,
        }
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn manifest(
        &self,
        place: &Place,
        selector: Option<&Selector>,
    ) -> Result<Fetched, Arc<StoreError>> {
        let target = match selector {
            Some(selector) => format!("{place} {selector}"),
            None => place.to_string(),
        };
        let missing = || Arc::new(StoreError::NotFound { target: target.clone() });
        let places = self.lock();
        let content = places.get(place).ok_or_else(missing)?;
        content.check(&Question::Manifest(selector.cloned()))?;
        let digest = match selector {
            Some(Selector::Digest(digest)) => digest,
            Some(Selector::Tag(tag)) => content.tags.get(tag).ok_or_else(missing)?,
            None => content.only(place)?,
        };
        content.manifests.get(digest).cloned().ok_or_else(missing)
    }

    async fn blob(
        &self,
        place: &Place,
        digest: &Digest,
        size: u64,
        limit: u64,
    ) -> Result<Bytes, Arc<StoreError>> {
        let target = format!("{place} {digest}");
        let places = self.lock();
        let content =
            places.get(place).ok_or_else(|| StoreError::NotFound { target: target.clone() })?;
        content.check(&Question::Blob(digest.clone()))?;
        if size > limit {
            return Err(Arc::new(StoreError::TooLarge { target, limit, unit: "bytes" }));
        }
        let Some(bytes) = content.blobs.get(digest) else {
            return Err(Arc::new(StoreError::NotFound { target }));
        };
        if length(bytes) != size {
            let found = length(bytes);
            return Err(Arc::new(StoreError::SizeMismatch { target, expected: size, found }));
        }
        Ok(bytes.clone())
    }

    async fn referrers(&self, place: &Place, digest: &Digest) -> Result<Listing, Arc<StoreError>> {
        let places = self.lock();
        let mut listing =
            Listing { descriptors: Vec::new(), found_by: FoundBy::ReferrersApi, incomplete: None };
        let Some(content) = places.get(place) else { return Ok(listing) };
        content.check(&Question::Referrers(digest.clone()))?;
        for found in content.order.iter().filter_map(|digest| content.manifests.get(digest)) {
            if let Ok((document, media_type)) = Document::parse(&found.bytes, &found.media_type)
                && document.subject().is_some_and(|subject| subject.digest == *digest)
            {
                listing.descriptors.push(Content::descriptor(found, &document, media_type));
            }
        }
        listing.incomplete = content.cuts.get(digest).cloned();
        Ok(listing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use referee_core::Repository;
    use referee_core::oci::media_type;

    fn place() -> Place {
        Place::Registry(Repository::new("registry.example", "team/app").unwrap())
    }

    #[tokio::test]
    async fn what_was_pushed_is_served_with_its_referrers() {
        let (store, place) = (MemoryStore::new(), place());
        let image = store.push_manifest(&place, media_type::IMAGE_MANIFEST, r#"{"layers":[]}"#);
        store.tag(&place, "1", &image);
        let signature = store.push_manifest(
            &place,
            media_type::IMAGE_MANIFEST,
            format!(
                r#"{{"artifactType":"a/b","subject":{{"digest":"{image}","size":13}},"layers":[]}}"#
            ),
        );
        let by_tag = store.manifest(&place, Some(&Selector::Tag("1".into()))).await.unwrap();
        assert_eq!(by_tag.digest, image);
        assert_eq!(store.manifest(&place, None).await.unwrap().digest, image);
        let listing = store.referrers(&place, &image).await.unwrap();
        assert!(listing.incomplete.is_none());
        let listed = listing.descriptors.first().unwrap();
        assert_eq!((&listed.digest, listed.artifact_type.as_deref()), (&signature, Some("a/b")));
    }

    #[tokio::test]
    async fn it_fails_as_it_was_told_to_and_mends() {
        let (store, place) = (MemoryStore::new(), place());
        let blob = store.push_blob(&place, "x");
        let error = || StoreError::Throttled { target: "t".into(), retry_after: None };
        store.fail(&place, Question::Blob(blob.clone()), error());
        store.cut_listing(&place, &blob, error());
        let failed = store.blob(&place, &blob, 1, 1).await.unwrap_err();
        assert!(matches!(*failed, StoreError::Throttled { .. }));
        let cut = store.referrers(&place, &blob).await.unwrap().incomplete.unwrap();
        assert!(matches!(*cut, StoreError::Throttled { .. }));
        store.mend(&place);
        assert_eq!(store.blob(&place, &blob, 1, 1).await.unwrap(), "x");
        let large = store.blob(&place, &blob, 2, 1).await.unwrap_err();
        assert!(matches!(*large, StoreError::TooLarge { limit: 1, .. }));
        let other = store.blob(&place, &blob, 2, 2).await.unwrap_err();
        assert!(matches!(*other, StoreError::SizeMismatch { expected: 2, found: 1, .. }));
    }
}
