//! Where bundles come from: bytes, and a tag that tells one version from another.
//!
//! A [`BundleSource`] fetches a bundle once, from a service over HTTP ([`HttpBundles`]), from a
//! registry ([`RegistryBundles`]), or from files ([`FileBundles`]). What is in the bytes is not
//! looked at: `referee-bundles` reads them, signatures and all. [`BundleStore`] keeps the last good
//! ones on disk, [`Backoff`] says when to ask again. [`pull_bundle`] and
//! [`Copier::push_bundle`](crate::Copier::push_bundle) are for those who ask once.
//!
//! A tag is what somebody else says about bytes: it is sent back to be spared a download, and
//! nothing else follows from it. Whether bytes are new is told by their hash.

mod artifact;
mod backoff;
mod error;
mod file;
mod folder;
mod http;
mod persist;
mod registry;
mod ship;

pub use artifact::BundleLayout;
pub use backoff::{Backoff, between};
pub use error::BundleFetchError;
pub use file::FileBundles;
pub use http::{HttpBundles, LongPolling};
pub use persist::{BundleStore, KeptBundle};
pub use registry::RegistryBundles;
pub use ship::{PulledBundle, pull_bundle};

use async_trait::async_trait;
use bytes::Bytes;
use referee_core::Digest;
use std::fmt;

/// What came.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum BundleBytes {
    /// An archive, `.tar.gz`.
    Archive(Bytes),
    /// Files, each with its path inside, parted by `/`; in the order of their paths.
    Files(Vec<(String, Bytes)>),
}

impl BundleBytes {
    /// How many bytes there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        match self {
            Self::Archive(bytes) => crate::files::length(bytes),
            Self::Files(files) => files.iter().map(|(_, bytes)| crate::files::length(bytes)).sum(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A hash over all of it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        match self {
            Self::Archive(bytes) => Digest::sha256(bytes),
            Self::Files(files) => {
                let mut all = Vec::new();
                for (path, bytes) in files {
                    let line = format!("{}:{path} {}\n", path.len(), Digest::sha256(bytes));
                    all.extend_from_slice(line.as_bytes());
                }
                Digest::sha256(&all)
            }
        }
    }
}

/// What a source answers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FetchedBundle {
    /// The bundle; `None` where it is the version that was named.
    pub bytes: Option<BundleBytes>,
    /// What the source calls this version; empty where it does not say.
    pub etag: String,
    /// Whether the source waits for news before it answers, so that it can be asked again at once.
    pub waits: bool,
}

/// Fetches a bundle.
#[async_trait]
pub trait BundleSource: Send + Sync + fmt::Debug {
    /// Fetches the bundle, unless it is still the version of that tag. Reads at most `limit` bytes.
    ///
    /// # Errors
    /// [`BundleFetchError`].
    async fn fetch(&self, etag: &str, limit: u64) -> Result<FetchedBundle, BundleFetchError>;

    /// Waits until it may be worth to fetch again before its time has come. For ever where the
    /// source does not tell.
    async fn changed(&self) {
        std::future::pending::<()>().await;
    }

    /// What errors call it.
    fn place(&self) -> String;
}
