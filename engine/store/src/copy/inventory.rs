//! What belongs to an artifact: found at the source before anything is pushed.
//!
//! The same ways as the engine's: the referrers API or the referrers tag, cosign's tags, and the
//! index itself. Unlike the engine, which looks for what it can judge, this follows whatever
//! refers to anything. What is not known to the last is an error.

use super::error::CopyError;
use crate::error::StoreError;
use crate::files::length;
use crate::source::{Fetched, Listing, Place, Store};
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use referee_core::oci::Document;
use referee_core::{Descriptor, Digest, Limits, Selector};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many requests are under way at once.
const CONCURRENCY: usize = 8;

/// The most bytes of manifests: they are held until they are pushed. Two thousand of the usual
/// size are 4 MiB.
const MAX_MANIFEST_BYTES: u64 = 512 * 1024 * 1024;

/// The most manifests of one copy. An index with 50 platforms, each with 20 referrers, has 1,000.
const MAX_MANIFESTS: usize = 20_000;

/// The largest blob. Layers with the weights of models reach 50 GiB.
const MAX_BLOB_BYTES: u64 = 256 * 1024 * 1024 * 1024;

/// The most blobs of one copy.
const MAX_BLOBS: usize = 200_000;

/// Layers that are not to be pushed elsewhere (image-spec `layer.md`, "Non-Distributable Layers",
/// and Docker's foreign layers).
fn is_foreign(media_type: &str) -> bool {
    media_type.starts_with("application/vnd.oci.image.layer.nondistributable.")
        || media_type.starts_with("application/vnd.docker.image.rootfs.foreign.")
}

/// A manifest that is copied.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) bytes: Bytes,
    pub(crate) digest: Digest,
    pub(crate) media_type: String,
    /// What it says that it refers to.
    pub(crate) subject: Option<Digest>,
    children: Vec<Digest>,
}

/// Everything that belongs to an artifact.
#[derive(Debug)]
pub(crate) struct Inventory {
    pub(crate) root: Digest,
    pub(crate) items: BTreeMap<Digest, Item>,
    /// The manifests in an order in which none comes before what it lists.
    pub(crate) order: Vec<Digest>,
    /// The blobs with their sizes.
    pub(crate) blobs: BTreeMap<Digest, u64>,
    /// How many layers are not to be pushed elsewhere.
    pub(crate) foreign: u64,
    /// What refers to what, as it was listed.
    pub(crate) listings: Vec<(Digest, Vec<Descriptor>)>,
    /// Cosign's tags.
    pub(crate) attached: Vec<(String, Digest)>,
}

/// A digest that may be referred to.
struct Target {
    digest: Digest,
    depth: u32,
    tags: &'static [&'static str],
}

/// What is attached to the artifact itself may be all of these; what is itself attached has
/// signatures at most (cosign).
const ALL_TAGS: &[&str] = &["sig", "att", "sbom"];
const SIGNATURE_TAG: &[&str] = &["sig"];

/// Takes stock.
pub(crate) async fn take(
    store: &dyn Store,
    place: &Place,
    limits: &Limits,
    root: Fetched,
) -> Result<Inventory, CopyError> {
    let digest = root.digest.clone();
    let inventory = Inventory {
        root: digest.clone(),
        items: BTreeMap::new(),
        order: Vec::new(),
        blobs: BTreeMap::new(),
        foreign: 0,
        listings: Vec::new(),
        attached: Vec::new(),
    };
    let mut work = Work { store, place, limits, inventory, bytes: 0, roots: vec![digest] };
    let added = work.tree(vec![root]).await?;
    let target = |digest| Target { digest, depth: 1, tags: ALL_TAGS };
    let mut wave: Vec<Target> = added.into_iter().map(target).collect();
    while !wave.is_empty() {
        wave = work.follow(wave).await?;
    }
    work.sort();
    Ok(work.inventory)
}

struct Work<'a> {
    store: &'a dyn Store,
    place: &'a Place,
    limits: &'a Limits,
    inventory: Inventory,
    bytes: u64,
    /// The artifact, then what refers to it, in the order it was found.
    roots: Vec<Digest>,
}

impl Work<'_> {
    /// Takes in manifests with all that they list; which of all these are new.
    async fn tree(&mut self, found: Vec<Fetched>) -> Result<Vec<Digest>, CopyError> {
        let mut added = Vec::new();
        let mut wave = found;
        while !wave.is_empty() {
            let mut children = BTreeSet::new();
            for fetched in wave {
                if self.inventory.items.contains_key(&fetched.digest) {
                    continue;
                }
                added.push(fetched.digest.clone());
                children.extend(self.add(fetched)?);
            }
            children.retain(|digest| !self.inventory.items.contains_key(digest));
            wave = self.fetch(children).await?;
        }
        Ok(added)
    }

    async fn fetch(
        &self,
        digests: impl IntoIterator<Item = Digest>,
    ) -> Result<Vec<Fetched>, CopyError> {
        let digests: Vec<Digest> = digests.into_iter().collect();
        stream::iter(digests)
            .map(|digest| async move {
                let selector = Selector::Digest(digest);
                self.store.manifest(self.place, Some(&selector)).await.map_err(CopyError::Source)
            })
            .buffered(CONCURRENCY)
            .try_collect()
            .await
    }

    fn too_much(&self, limit: u64, unit: &'static str) -> CopyError {
        CopyError::TooMuch { place: self.place.to_string(), limit, unit }
    }

    /// Takes in one manifest; what it lists.
    fn add(&mut self, fetched: Fetched) -> Result<Vec<Digest>, CopyError> {
        let Fetched { bytes, digest, media_type } = fetched;
        let (document, media_type) = Document::parse(&bytes, &media_type).map_err(|source| {
            let (digest, place) = (digest.clone(), self.place.to_string());
            CopyError::Manifest { digest, place, source }
        })?;
        self.bytes = self.bytes.saturating_add(length(&bytes));
        if self.bytes > MAX_MANIFEST_BYTES {
            return Err(self.too_much(MAX_MANIFEST_BYTES, "bytes of manifests"));
        }
        if self.inventory.items.len() >= MAX_MANIFESTS {
            return Err(self.too_much(count(MAX_MANIFESTS), "manifests"));
        }
        let subject = document.subject().map(|subject| subject.digest.clone());
        let children = match document {
            Document::Index(index) => index.manifests.into_iter().map(|d| d.digest).collect(),
            Document::Manifest(manifest) => {
                for blob in manifest.config.iter().chain(&manifest.layers) {
                    self.add_blob(blob)?;
                }
                Vec::new()
            }
        };
        let item = Item { bytes, digest: digest.clone(), media_type, subject, children };
        let children = item.children.clone();
        self.inventory.items.insert(digest, item);
        Ok(children)
    }

    fn add_blob(&mut self, blob: &Descriptor) -> Result<(), CopyError> {
        if is_foreign(&blob.media_type) {
            self.inventory.foreign = self.inventory.foreign.saturating_add(1);
            return Ok(());
        }
        let target = || format!("{} blob {}", self.place, blob.digest);
        if blob.size > MAX_BLOB_BYTES {
            let (target, limit, unit) = (target(), MAX_BLOB_BYTES, "bytes");
            return Err(CopyError::Source(Arc::new(StoreError::TooLarge { target, limit, unit })));
        }
        let known = self.inventory.blobs.insert(blob.digest.clone(), blob.size);
        if let Some(expected) = known.filter(|known| *known != blob.size) {
            let (target, found) = (target(), blob.size);
            let error = StoreError::SizeMismatch { target, expected, found };
            return Err(CopyError::Source(Arc::new(error)));
        }
        if self.inventory.blobs.len() > MAX_BLOBS {
            return Err(self.too_much(count(MAX_BLOBS), "blobs"));
        }
        Ok(())
    }

    /// Finds what refers to some digests; what may be referred to in turn.
    async fn follow(&mut self, wave: Vec<Target>) -> Result<Vec<Target>, CopyError> {
        let this = &*self;
        let answers: Vec<_> = stream::iter(wave)
            .map(|target| async move { this.ask(target).await })
            .buffered(CONCURRENCY)
            .try_collect()
            .await?;
        let mut next = Vec::new();
        for (target, listing, attached) in answers {
            let found = !listing.is_empty() || !attached.is_empty();
            if found && target.depth > self.limits.max_depth {
                let (digest, limit) = (target.digest, self.limits.max_depth);
                return Err(CopyError::TooDeep { digest, limit });
            }
            let new: BTreeSet<Digest> = listing
                .iter()
                .map(|descriptor| descriptor.digest.clone())
                .filter(|digest| !self.inventory.items.contains_key(digest))
                .collect();
            self.roots.extend(listing.iter().map(|descriptor| descriptor.digest.clone()));
            self.roots.extend(attached.iter().map(|(_, fetched)| fetched.digest.clone()));
            let limit = self.limits.max_referrers;
            if u32::try_from(self.roots.len()).is_ok_and(|roots| roots > limit) {
                return Err(self.too_much(u64::from(limit), "referrers"));
            }
            let mut fetched = self.fetch(new).await?;
            for (tag, found) in attached {
                self.inventory.attached.push((tag, found.digest.clone()));
                fetched.push(found);
            }
            let added = self.tree(fetched).await?;
            let depth = target.depth.saturating_add(1);
            next.extend(added.into_iter().map(|digest| Target {
                digest,
                depth,
                tags: SIGNATURE_TAG,
            }));
            if !listing.is_empty() {
                let listing = listing.into_iter().map(|descriptor| self.described(descriptor));
                let listing = listing.collect();
                self.inventory.listings.push((target.digest, listing));
            }
        }
        Ok(next)
    }

    async fn ask(
        &self,
        target: Target,
    ) -> Result<(Target, Vec<Descriptor>, Vec<(String, Fetched)>), CopyError> {
        let incomplete = |source| {
            let (digest, place) = (target.digest.clone(), self.place.to_string());
            CopyError::Incomplete { digest, place, source }
        };
        let Listing { descriptors, incomplete: cut, .. } =
            self.store.referrers(self.place, &target.digest).await.map_err(incomplete)?;
        if let Some(source) = cut {
            return Err(incomplete(source));
        }
        let mut attached = Vec::new();
        for suffix in target.tags {
            let tag = target.digest.cosign_tag(suffix);
            let selector = Selector::Tag(tag.as_str().into());
            match self.store.manifest(self.place, Some(&selector)).await {
                Ok(fetched) => attached.push((tag, fetched)),
                Err(error) if matches!(*error, StoreError::NotFound { .. }) => {}
                Err(error) => return Err(incomplete(error)),
            }
        }
        Ok((target, descriptors, attached))
    }

    /// The descriptor with what the specification wants in a listing, where it was listed without.
    fn described(&self, mut descriptor: Descriptor) -> Descriptor {
        let Some(item) = self.inventory.items.get(&descriptor.digest) else { return descriptor };
        let Ok((document, media_type)) = Document::parse(&item.bytes, &item.media_type) else {
            return descriptor;
        };
        if descriptor.media_type.is_empty() {
            descriptor.media_type = media_type;
        }
        descriptor.size = length(&item.bytes);
        descriptor.artifact_type =
            descriptor.artifact_type.or_else(|| document.artifact_type().map(ToOwned::to_owned));
        if descriptor.annotations.is_empty() {
            descriptor.annotations = document.annotations().clone();
        }
        descriptor
    }

    /// Children before parents: a registry may refuse an index whose manifests it does not have.
    fn sort(&mut self) {
        let mut done = BTreeSet::new();
        for root in &self.roots {
            let mut stack = vec![(root, false)];
            while let Some((digest, expanded)) = stack.pop() {
                let Some(item) = self.inventory.items.get(digest) else { continue };
                if expanded {
                    if done.insert(digest) {
                        self.inventory.order.push(digest.clone());
                    }
                } else if !done.contains(digest) {
                    stack.push((digest, true));
                    stack.extend(item.children.iter().rev().map(|child| (child, false)));
                }
            }
        }
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
