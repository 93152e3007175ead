//! One store out of several: each place goes to the store that serves its kind.

use crate::error::StoreError;
use crate::source::{Fetched, Listing, Place, Store};
use async_trait::async_trait;
use bytes::Bytes;
use referee_core::{Digest, Selector};
use std::sync::Arc;

/// Sends registries to one store and layouts to another. A kind for which there is none is
/// [`StoreError::Unserved`]: a server has no business reading its own disk because a request
/// names a layout.
#[derive(Clone, Debug, Default)]
pub struct Router {
    registry: Option<Arc<dyn Store>>,
    layout: Option<Arc<dyn Store>>,
}

impl Router {
    /// A router that serves nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same router, with a store for registries.
    #[must_use]
    pub fn with_registry(mut self, store: Arc<dyn Store>) -> Self {
        self.registry = Some(store);
        self
    }

    /// The same router, with a store for layouts.
    #[must_use]
    pub fn with_layout(mut self, store: Arc<dyn Store>) -> Self {
        self.layout = Some(store);
        self
    }

    fn of(&self, place: &Place) -> Result<&dyn Store, Arc<StoreError>> {
        let store = match place {
            Place::Registry(_) => self.registry.as_deref(),
            Place::Layout(_) => self.layout.as_deref(),
        };
        store.ok_or_else(|| Arc::new(StoreError::Unserved { target: place.to_string() }))
    }
}

#[async_trait]
impl Store for Router {
    async fn manifest(
        &self,
        place: &Place,
        selector: Option<&Selector>,
    ) -> Result<Fetched, Arc<StoreError>> {
        self.of(place)?.manifest(place, selector).await
    }

    async fn blob(
        &self,
        place: &Place,
        digest: &Digest,
        size: u64,
        limit: u64,
    ) -> Result<Bytes, Arc<StoreError>> {
        self.of(place)?.blob(place, digest, size, limit).await
    }

    async fn referrers(&self, place: &Place, digest: &Digest) -> Result<Listing, Arc<StoreError>> {
        self.of(place)?.referrers(place, digest).await
    }
}
