//! Bundles to and from registries and OCI layouts, one at a time, for whoever asks.
//!
//! A push is a copy of an artifact that was made in memory ([`Copier`]): blobs first, then the
//! manifest, the tag last. A pull reads what [`super::RegistryBundles`] reads. What the bytes mean
//! is not looked at.

use super::artifact::{BundleArtifact, BundleLayout, made};
use super::{BundleBytes, BundleFetchError};
use crate::config::RegistryConfig;
use crate::copy::{Copied, Copier, CopyError, CopyProgress, Destination};
use crate::env::Environment;
use crate::error::StoreError;
use crate::layout::LayoutStore;
use crate::memory::MemoryStore;
use crate::registry::RegistryStore;
use crate::source::{Place, Store};
use bytes::Bytes;
use referee_core::{Digest, Limits, Selector, Source};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How long one question of a pull may take in all, in milliseconds: a bundle over a slow line, as
/// for a server. What stands still is given up sooner (`registry.read_timeout_ms`).
pub(super) const TOTAL_MS: u64 = 15 * 60 * 1000;

/// A bundle that was pulled. Its bytes have the digests that its manifest names.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PulledBundle {
    /// The digest of the artifact.
    pub digest: Digest,
    /// How it was put into the artifact.
    pub layout: BundleLayout,
    /// The bundle.
    pub bytes: BundleBytes,
}

/// Pulls a bundle out of a registry or a layout, at most `limit` bytes of it. Credentials are those
/// of this machine.
///
/// # Errors
/// [`BundleFetchError::NoBundle`] where the artifact is none, and what the store answers.
pub async fn pull_bundle(
    source: &Source,
    registry: &RegistryConfig,
    limits: &Limits,
    environment: &Environment,
    limit: u64,
) -> Result<PulledBundle, BundleFetchError> {
    let shown = source.to_string();
    let unserved = || StoreError::Unserved { target: shown.clone() };
    let (place, selector) = Place::of(source).ok_or_else(unserved)?;
    let store: Arc<dyn Store> = match place {
        Place::Registry(_) => {
            let total_timeout_ms = registry.total_timeout_ms.max(TOTAL_MS);
            let registry = RegistryConfig { total_timeout_ms, ..registry.clone() };
            Arc::new(RegistryStore::new(&registry, limits, environment)?)
        }
        Place::Layout(_) => Arc::new(LayoutStore::new(limits)),
    };
    let artifact = BundleArtifact::find(&*store, &place, selector.as_ref(), &shown).await?;
    let bytes = artifact.fetch(&*store, &place, limit).await?;
    Ok(PulledBundle { layout: artifact.layout(), digest: artifact.digest, bytes })
}

impl Copier {
    /// Pushes the archive of a bundle as an artifact in OPA's layout, with annotations on its
    /// manifest.
    ///
    /// # Errors
    /// As of [`Self::copy`]; then the destination's tag does not point at it.
    pub async fn push_bundle(
        &self,
        archive: &Bytes,
        annotations: &BTreeMap<String, String>,
        destination: &Destination,
        progress: &CopyProgress,
    ) -> Result<Copied, CopyError> {
        let place = &destination.place;
        let memory = MemoryStore::new();
        let digest = made(archive, annotations, &memory, place).map_err(|source| {
            CopyError::Setup(StoreError::Malformed {
                target: destination.to_string(),
                problem: "its manifest cannot be written".into(),
                source: Some(Box::new(source)),
            })
        })?;
        self.push(memory, place, &Selector::Digest(digest), destination, progress).await
    }
}
