//! OCI image layouts (image-spec, `image-layout.md`), as a folder or as a tar file.
//!
//! Read each time they are asked: a folder may change. What is refused: a layout version other
//! than 1.0, names that lead outside, links inside a folder that lead outside of it, compressed
//! tar files, anything over the limits, and bytes that are not what their digest says.

pub(crate) mod contents;
mod open;
mod pieces;
mod resolve;
pub(crate) mod tarball;
mod write;

pub(crate) use write::LayoutSink;

use crate::error::StoreError;
use crate::files;
use crate::source::{Fetched, Listing, Place, Store};
use async_trait::async_trait;
use bytes::Bytes;
use moka::sync::Cache;
use open::Layout;
use referee_core::{Digest, Limits, Selector};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tarball::Tarball;

/// Of how many tar files the table of contents is kept.
const MAX_TARS: u64 = 16;

/// A store for [`Place::Layout`].
#[derive(Clone, Debug)]
pub struct LayoutStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    limits: Limits,
    /// Tables of contents; each is used only while its file has the size and the time of change
    /// that it had.
    tars: Cache<PathBuf, Arc<Tarball>>,
}

impl LayoutStore {
    /// A store for layouts anywhere on this machine.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self { inner: Arc::new(Inner { limits: limits.clone(), tars: Cache::new(MAX_TARS) }) }
    }

    async fn with<T, F>(&self, place: &Place, work: F) -> Result<T, Arc<StoreError>>
    where
        T: Send + 'static,
        F: FnOnce(&Layout) -> Result<T, StoreError> + Send + 'static,
    {
        let target = place.to_string();
        let Place::Layout(path) = place.clone() else {
            return Err(Arc::new(StoreError::Unserved { target }));
        };
        let inner = Arc::clone(&self.inner);
        let answer = files::blocking(target, move || work(&inner.open(&path)?)).await?;
        Ok(answer)
    }
}

impl Inner {
    fn open(&self, path: &Path) -> Result<Layout, StoreError> {
        Layout::open(path, &self.limits, |path| {
            if let Some(tarball) = self.tars.get(path)
                && tarball.is_current(path)
            {
                return Ok(tarball);
            }
            let tarball = Arc::new(Tarball::index(path, self.limits.max_layout_tar_bytes)?);
            self.tars.insert(path.to_owned(), Arc::clone(&tarball));
            Ok(tarball)
        })
    }
}

#[async_trait]
impl Store for LayoutStore {
    async fn manifest(
        &self,
        place: &Place,
        selector: Option<&Selector>,
    ) -> Result<Fetched, Arc<StoreError>> {
        let selector = selector.cloned();
        self.with(place, move |layout| layout.manifest(selector.as_ref())).await
    }

    async fn blob(
        &self,
        place: &Place,
        digest: &Digest,
        size: u64,
        limit: u64,
    ) -> Result<Bytes, Arc<StoreError>> {
        let digest = digest.clone();
        self.with(place, move |layout| layout.blob(&digest, Some(size), limit)).await
    }

    async fn referrers(&self, place: &Place, digest: &Digest) -> Result<Listing, Arc<StoreError>> {
        let digest = digest.clone();
        self.with(place, move |layout| layout.referrers(&digest)).await
    }
}
