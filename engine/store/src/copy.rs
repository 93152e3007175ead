//! Copying an artifact with everything that refers to it, so that it can be verified where it
//! arrives.
//!
//! First stock is taken of what belongs to it (`inventory`); a listing that is not complete ends
//! the matter before anything is pushed. Then blobs, manifests, listings and cosign's tags go to
//! the destination, and the destination's own tag last: what can be pulled by it can be verified.
//! Bytes are checked on their way. A copy that broke off is made again from the start, and what is
//! there already is not pushed twice.
//!
//! Refused: to point a tag of the destination at something else, unless that is asked for.

mod error;
pub(crate) mod fallback;
mod inventory;

pub use error::CopyError;
pub(crate) use inventory::Item;

use crate::config::RegistryConfig;
use crate::env::Environment;
use crate::error::StoreError;
use crate::http::Fault;
use crate::layout::{LayoutSink, LayoutStore};
use crate::memory::MemoryStore;
use crate::pieces::Pieces;
use crate::registry::{RegistrySink, RegistryStore};
use crate::source::{Place, Store};
use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};
use inventory::Inventory;
use referee_core::{Descriptor, Digest, Limits, Selector, Source};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// How many blobs are under way at once.
const BLOBS_AT_ONCE: usize = 4;

/// Where a copy goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The repository or layout.
    pub place: Place,
    /// The tag it is to have there.
    pub tag: Option<String>,
}

impl Destination {
    /// The destination that a text names. `tag` is the source's own, and stands where the text
    /// has none: `latest` is then not implied.
    ///
    /// # Errors
    /// [`CopyError::DigestNamed`] where it names a digest.
    pub fn of(text: &str, named: &Source, tag: Option<&str>) -> Result<Self, CopyError> {
        let unsupported = || CopyError::Unsupported { target: text.to_owned() };
        let (place, selector) = Place::of(named).ok_or_else(unsupported)?;
        // Behind the last slash, for a registry's port has a colon before it as well.
        let last = text.rsplit('/').next().unwrap_or(text);
        let given = match (named, selector) {
            _ if last.contains('@') => {
                return Err(CopyError::DigestNamed { destination: text.to_owned() });
            }
            (Source::Registry(_), Some(Selector::Tag(given))) if last.contains(':') => {
                Some(String::from(given))
            }
            (Source::Layout { .. }, Some(Selector::Tag(given))) => Some(String::from(given)),
            _ => None,
        };
        Ok(Self { place, tag: given.or_else(|| tag.map(ToOwned::to_owned)) })
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.fmt(f)?;
        self.tag.as_ref().map_or(Ok(()), |tag| write!(f, ":{tag}"))
    }
}

/// How far a copy has come: for whoever watches.
#[derive(Debug, Default)]
pub struct CopyProgress {
    bytes: AtomicU64,
    total: AtomicU64,
}

impl CopyProgress {
    /// How many bytes of blobs are done, and of how many; the second is 0 while stock is taken.
    #[must_use]
    pub fn bytes(&self) -> (u64, u64) {
        (self.bytes.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }
}

/// What became of something that was to be pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    Pushed,
    Mounted,
    Present,
}

/// What was copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Copied {
    /// The artifact's digest.
    pub digest: Option<Digest>,
    /// Manifests pushed.
    pub manifests_pushed: u64,
    /// Manifests that were there.
    pub manifests_present: u64,
    /// Blobs pushed.
    pub blobs_pushed: u64,
    /// Blobs mounted from another repository of the registry.
    pub blobs_mounted: u64,
    /// Blobs that were there.
    pub blobs_present: u64,
    /// Layers that are not to be pushed elsewhere, which the copy is without.
    pub blobs_left_out: u64,
    /// Bytes of the blobs pushed.
    pub bytes_pushed: u64,
    /// Bytes of the blobs that were there or were mounted.
    pub bytes_present: u64,
    /// Referrers that were listed.
    pub referrers: u64,
    /// Cosign's tags.
    pub cosign_tags: Vec<String>,
    /// Referrers tags that were written, because the destination has no referrers API.
    pub referrers_tags: Vec<String>,
}

/// Why what was pushed is not linked to what it refers to.
#[derive(Debug)]
pub(crate) enum LinkError {
    Store(Arc<StoreError>),
    NotListed { missing: Vec<Digest> },
}

impl From<Arc<StoreError>> for LinkError {
    fn from(error: Arc<StoreError>) -> Self {
        Self::Store(error)
    }
}

/// Where things are pushed.
#[async_trait]
pub(crate) trait Sink: Send + Sync + fmt::Debug {
    /// What a tag points at.
    async fn tagged(&self, tag: &str) -> Result<Option<Digest>, Arc<StoreError>>;

    /// Takes a blob.
    async fn put_blob(
        &self,
        digest: &Digest,
        size: u64,
        origin: &Origin<'_>,
    ) -> Result<Put, Arc<StoreError>>;

    /// Takes a manifest, by its digest.
    async fn put_manifest(&self, item: &Item) -> Result<Put, Arc<StoreError>>;

    /// Sees to it that these are listed as what refers to a digest; whether a referrers tag was
    /// written for it.
    async fn link(&self, target: &Digest, wanted: &[Descriptor]) -> Result<bool, LinkError>;

    /// Points a tag at a manifest that was taken.
    async fn tag(&self, tag: &str, item: &Item) -> Result<(), Arc<StoreError>>;

    /// Ends the copy of an artifact.
    async fn finish(&self, root: &Item) -> Result<(), Arc<StoreError>>;
}

/// Where things are read.
#[derive(Debug)]
enum Reader {
    Registry(RegistryStore),
    Layout(LayoutStore),
    Memory(MemoryStore),
}

impl Reader {
    fn store(&self) -> &dyn Store {
        match self {
            Self::Registry(store) => store,
            Self::Layout(store) => store,
            Self::Memory(store) => store,
        }
    }
}

/// Where a blob comes from.
#[derive(Debug)]
pub(crate) struct Origin<'a> {
    reader: &'a Reader,
    place: &'a Place,
    /// The last failure of the source, which must not be told as one of the destination.
    fault: Arc<Mutex<Option<Arc<StoreError>>>>,
}

impl Origin<'_> {
    /// The pieces of a blob, checked.
    pub(crate) async fn pieces(&self, digest: &Digest, size: u64) -> Result<Pieces, Fault> {
        let pieces = match self.reader {
            Reader::Registry(store) => store.pieces(self.place, digest, size).await,
            Reader::Layout(store) => store.pieces(self.place, digest, size).await,
            Reader::Memory(store) => store.pieces(self.place, digest, size).await,
        };
        let slot = Arc::clone(&self.fault);
        let note = move |fault: &Fault| {
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&fault.error));
        };
        let pieces = pieces.inspect_err(&note)?;
        Ok(pieces
            .inspect(move |piece| {
                if let Err(fault) = piece {
                    note(fault);
                }
            })
            .boxed())
    }

    fn blame(&self, error: Arc<StoreError>) -> CopyError {
        let fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        match &*fault {
            Some(own) if Arc::ptr_eq(own, &error) => CopyError::Source(error),
            _ => CopyError::Destination(error),
        }
    }
}

/// How to copy.
#[derive(Clone, Debug)]
pub struct Copier {
    registry: RegistryConfig,
    limits: Limits,
    environment: Environment,
    force: bool,
}

impl Copier {
    /// A copier that points no tag of the destination at something else.
    #[must_use]
    pub fn new(registry: &RegistryConfig, limits: &Limits, environment: &Environment) -> Self {
        let (registry, limits) = (registry.clone(), limits.clone());
        Self { registry, limits, environment: environment.clone(), force: false }
    }

    /// The same, which points tags at what is copied, whatever they pointed at.
    #[must_use]
    pub fn forcing(mut self, force: bool) -> Self {
        self.force = force;
        self
    }

    /// Copies an artifact.
    ///
    /// # Errors
    /// [`CopyError`]; then the destination's tag does not point at the copy.
    pub async fn copy(
        &self,
        source: &Source,
        destination: &Destination,
        progress: &CopyProgress,
    ) -> Result<Copied, CopyError> {
        let unsupported = || CopyError::Unsupported { target: source.to_string() };
        let (place, selector) = Place::of(source).ok_or_else(unsupported)?;
        let reader = self.reader(&place)?;
        self.transfer(&reader, &place, selector.as_ref(), destination, progress).await
    }

    /// Pushes what stands in memory, at a place there that may have the destination's name.
    pub(crate) async fn push(
        &self,
        memory: MemoryStore,
        place: &Place,
        selector: &Selector,
        destination: &Destination,
        progress: &CopyProgress,
    ) -> Result<Copied, CopyError> {
        let reader = Reader::Memory(memory);
        self.transfer(&reader, place, Some(selector), destination, progress).await
    }

    async fn transfer(
        &self,
        reader: &Reader,
        place: &Place,
        selector: Option<&Selector>,
        destination: &Destination,
        progress: &CopyProgress,
    ) -> Result<Copied, CopyError> {
        let sink = self.sink(&destination.place, place)?;
        let store = reader.store();
        let root = store.manifest(place, selector).await.map_err(CopyError::Source)?;
        let inventory = inventory::take(store, place, &self.limits, root).await?;
        let mut tags = inventory.attached.clone();
        tags.extend(destination.tag.iter().map(|tag| (tag.clone(), inventory.root.clone())));
        if !self.force {
            for (tag, wanted) in &tags {
                self.check_tag(&*sink, destination, tag, wanted).await?;
            }
        }
        let origin = Origin { reader, place, fault: Arc::default() };
        let work = Work { sink: &*sink, destination, inventory: &inventory, origin, progress };
        let mut copied = work.copy().await?;
        for (tag, digest) in &tags {
            // Once again: it may have been set while the blobs were under way.
            if !self.force {
                self.check_tag(&*sink, destination, tag, digest).await?;
            }
            if let Some(item) = inventory.items.get(digest) {
                sink.tag(tag, item).await.map_err(CopyError::Destination)?;
            }
        }
        if let Some(root) = inventory.items.get(&inventory.root) {
            sink.finish(root).await.map_err(CopyError::Destination)?;
        }
        copied.cosign_tags = inventory.attached.iter().map(|(tag, _)| tag.clone()).collect();
        copied.digest = Some(inventory.root);
        Ok(copied)
    }

    fn reader(&self, place: &Place) -> Result<Reader, CopyError> {
        Ok(match place {
            Place::Registry(_) => {
                let store = RegistryStore::new(&self.registry, &self.limits, &self.environment);
                Reader::Registry(store.map_err(CopyError::Setup)?)
            }
            Place::Layout(_) => Reader::Layout(LayoutStore::new(&self.limits)),
        })
    }

    fn sink(&self, place: &Place, source: &Place) -> Result<Box<dyn Sink>, CopyError> {
        Ok(match place {
            Place::Registry(repository) => {
                let from = match source {
                    Place::Registry(from) => Some(from.clone()),
                    Place::Layout(_) => None,
                };
                let (repository, environment) = (repository.clone(), &self.environment);
                let sink =
                    RegistrySink::new(&self.registry, &self.limits, environment, repository, from);
                Box::new(sink.map_err(CopyError::Setup)?)
            }
            Place::Layout(path) => {
                let sink = LayoutSink::new(path, &self.limits);
                Box::new(sink.map_err(|error| CopyError::Destination(Arc::new(error)))?)
            }
        })
    }

    async fn check_tag(
        &self,
        sink: &dyn Sink,
        destination: &Destination,
        tag: &str,
        wanted: &Digest,
    ) -> Result<(), CopyError> {
        match sink.tagged(tag).await.map_err(CopyError::Destination)? {
            Some(found) if found != *wanted => Err(CopyError::TagTaken {
                destination: destination.place.to_string(),
                tag: tag.to_owned(),
                found,
                wanted: wanted.clone(),
            }),
            _ => Ok(()),
        }
    }
}

struct Work<'a> {
    sink: &'a dyn Sink,
    destination: &'a Destination,
    inventory: &'a Inventory,
    origin: Origin<'a>,
    progress: &'a CopyProgress,
}

impl Work<'_> {
    async fn copy(&self) -> Result<Copied, CopyError> {
        let mut copied = Copied { blobs_left_out: self.inventory.foreign, ..Copied::default() };
        self.blobs(&mut copied).await?;
        for digest in &self.inventory.order {
            let Some(item) = self.inventory.items.get(digest) else { continue };
            match self.sink.put_manifest(item).await.map_err(CopyError::Destination)? {
                Put::Present => copied.manifests_present += 1,
                Put::Pushed | Put::Mounted => copied.manifests_pushed += 1,
            }
        }
        for (target, wanted) in &self.inventory.listings {
            copied.referrers += u64::try_from(wanted.len()).unwrap_or(u64::MAX);
            match self.sink.link(target, wanted).await {
                Ok(true) => copied.referrers_tags.push(target.tag_schema()),
                Ok(false) => {}
                Err(LinkError::Store(error)) => return Err(CopyError::Destination(error)),
                Err(LinkError::NotListed { missing }) => {
                    let destination = self.destination.place.to_string();
                    let digest = target.clone();
                    return Err(CopyError::NotListed { destination, digest, missing });
                }
            }
        }
        Ok(copied)
    }

    async fn blobs(&self, copied: &mut Copied) -> Result<(), CopyError> {
        let total = self.inventory.blobs.values().fold(0u64, |sum, size| sum.saturating_add(*size));
        self.progress.total.store(total, Ordering::Relaxed);
        let mut puts = stream::iter(&self.inventory.blobs)
            .map(|(digest, size)| async move {
                let put = self.sink.put_blob(digest, *size, &self.origin).await;
                (*size, put)
            })
            .buffer_unordered(BLOBS_AT_ONCE);
        while let Some((size, put)) = puts.next().await {
            match put.map_err(|error| self.origin.blame(error))? {
                Put::Pushed => {
                    copied.blobs_pushed += 1;
                    copied.bytes_pushed = copied.bytes_pushed.saturating_add(size);
                }
                Put::Mounted => {
                    copied.blobs_mounted += 1;
                    copied.bytes_present = copied.bytes_present.saturating_add(size);
                }
                Put::Present => {
                    copied.blobs_present += 1;
                    copied.bytes_present = copied.bytes_present.saturating_add(size);
                }
            }
            self.progress.bytes.fetch_add(size, Ordering::Relaxed);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn destination(text: &str, tag: Option<&str>) -> Result<String, CopyError> {
        let named: Source = text.parse().unwrap();
        Destination::of(text, &named, tag).map(|destination| destination.to_string())
    }

    #[test]
    fn a_destination_without_a_tag_takes_the_sources_and_never_implies_one() {
        for (text, tag, expected) in [
            ("r.example:5000/a/b", Some("1.4"), "r.example:5000/a/b:1.4"),
            ("r.example:5000/a/b", None, "r.example:5000/a/b"),
            ("r.example/a/b:x", Some("1.4"), "r.example/a/b:x"),
            ("oci-layout:out", Some("1.4"), "oci-layout:out:1.4"),
            ("oci-layout:./out/dir:x", Some("1.4"), "oci-layout:./out/dir:x"),
            ("oci-layout:out", None, "oci-layout:out"),
        ] {
            assert_eq!(destination(text, tag).unwrap(), expected);
        }
        let digest = Digest::sha256(b"");
        let error = destination(&format!("r.example/a@{digest}"), None).unwrap_err();
        assert!(matches!(error, CopyError::DigestNamed { .. }), "{error}");
    }
}
