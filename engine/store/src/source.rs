//! The contract of a store: three questions, each answered with checked bytes.

use crate::error::StoreError;
use async_trait::async_trait;
use bytes::Bytes;
use referee_core::{Descriptor, Digest, FoundBy, Repository, Selector, Source};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// A repository, wherever it is. Content is never shared between places: what one repository
/// may show says nothing about another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Place {
    /// A repository of a registry.
    Registry(Repository),
    /// An OCI layout, folder or tar file.
    Layout(PathBuf),
}

impl Place {
    /// The place that a source names, and what it selects there.
    #[must_use]
    pub fn of(source: &Source) -> Option<(Self, Option<Selector>)> {
        match source {
            Source::Registry(reference) => {
                Some((Self::Registry(reference.repository().clone()), Some(reference.selector())))
            }
            Source::Layout { path, selector } => {
                Some((Self::Layout(path.clone()), selector.clone()))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry(repository) => repository.fmt(f),
            Self::Layout(path) => write!(f, "oci-layout:{}", path.display()),
        }
    }
}

/// A manifest or index with its checked digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The bytes.
    pub bytes: Bytes,
    /// Their digest, computed here.
    pub digest: Digest,
    /// The media type that came with them; empty where nothing said one.
    pub media_type: String,
}

/// The referrers of one digest, as far as they could be listed.
#[derive(Clone, Debug)]
pub struct Listing {
    /// What was listed, in the order of the listing, without repetitions.
    pub descriptors: Vec<Descriptor>,
    /// How it was listed.
    pub found_by: FoundBy,
    /// Why the listing is not complete; `None` where it was read to its end. Only then may
    /// absence be claimed.
    pub incomplete: Option<Arc<StoreError>>,
}

/// Where artifacts are.
///
/// Every method has its own time limits; a caller with less time stops waiting, it does not
/// cancel.
#[async_trait]
pub trait Store: Send + Sync + fmt::Debug {
    /// Fetches a manifest or index by tag or digest. `None` as selector is the only manifest of a
    /// layout.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] only where the place itself said, in the way its protocol has for
    /// it, that there is no such manifest.
    async fn manifest(
        &self,
        place: &Place,
        selector: Option<&Selector>,
    ) -> Result<Fetched, Arc<StoreError>>;

    /// Fetches a blob.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] without reading where `size` is over `limit`;
    /// [`StoreError::DigestMismatch`] or [`StoreError::SizeMismatch`] where the bytes are others.
    async fn blob(
        &self,
        place: &Place,
        digest: &Digest,
        size: u64,
        limit: u64,
    ) -> Result<Bytes, Arc<StoreError>>;

    /// Lists what refers to a digest, by the referrers API or by the referrers tag schema where
    /// there is no such API.
    ///
    /// # Errors
    /// Where not even the start of a listing could be read. A listing that broke off is no error
    /// but has `incomplete` set.
    async fn referrers(&self, place: &Place, digest: &Digest) -> Result<Listing, Arc<StoreError>>;
}

#[async_trait]
impl<S: Store + ?Sized> Store for Arc<S> {
    async fn manifest(
        &self,
        place: &Place,
        selector: Option<&Selector>,
    ) -> Result<Fetched, Arc<StoreError>> {
        (**self).manifest(place, selector).await
    }

    async fn blob(
        &self,
        place: &Place,
        digest: &Digest,
        size: u64,
        limit: u64,
    ) -> Result<Bytes, Arc<StoreError>> {
        (**self).blob(place, digest, size, limit).await
    }

    async fn referrers(&self, place: &Place, digest: &Digest) -> Result<Listing, Arc<StoreError>> {
        (**self).referrers(place, digest).await
    }
}
