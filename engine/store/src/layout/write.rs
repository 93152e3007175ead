//! Writing into a layout (image-spec, `image-layout.md`).
//!
//! Blobs go to their places one by one, each written beside its place and moved there when it is
//! whole; `index.json` comes last, in one move. A reader sees the layout as it was or as it is to
//! be. Two copies into one layout at once are not provided for: the index of the later one stands.
//!
//! Refused: a file in the folder's place, and a folder that holds something else than a layout.

use super::open::Layout;
use super::resolve::REF_NAME;
use crate::copy::{Item, LinkError, Origin, Put, Sink, fallback};
use crate::error::StoreError;
use crate::files::{self, length};
use async_trait::async_trait;
use futures_util::StreamExt as _;
use referee_core::digest::Hasher;
use referee_core::oci::media_type;
use referee_core::{Descriptor, Digest, Limits};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::io::AsyncWriteExt as _;

/// The content of `oci-layout`.
const MARKER: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;

/// A layout that is written to.
#[derive(Clone, Debug)]
pub(crate) struct LayoutSink {
    root: PathBuf,
    limits: Limits,
    staged: Arc<Mutex<Staged>>,
}

/// What the index is to say, besides what it says already.
#[derive(Debug, Default)]
struct Staged {
    /// What each manifest says that it refers to.
    subjects: BTreeMap<Digest, Option<Digest>>,
    /// Manifests to list, with the tag each is to have.
    entries: Vec<(Descriptor, Option<String>)>,
    /// What refers to a digest without saying so, for the referrers tag.
    links: Vec<(Digest, Vec<Descriptor>)>,
}

fn unwritable(path: &Path) -> impl Fn(io::Error) -> StoreError {
    move |source| StoreError::Unwritable { target: path.display().to_string(), source }
}

impl LayoutSink {
    /// A layout that is there, or is to be made.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`] where there is something else, or the folder cannot be made.
    pub(crate) fn new(path: &Path, limits: &Limits) -> Result<Self, StoreError> {
        let sink = Self { root: path.to_owned(), limits: limits.clone(), staged: Arc::default() };
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => sink.check_folder()?,
            Ok(_) => {
                let problem = "there is a file, and a layout is written as a folder";
                let error = io::Error::new(io::ErrorKind::NotADirectory, problem);
                return Err(unwritable(path)(error));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(path).map_err(unwritable(path))?;
            }
            Err(error) => return Err(unwritable(path)(error)),
        }
        Ok(sink)
    }

    /// A folder with other things in it is not made a layout. One with nothing but blobs is one
    /// that was not finished.
    fn check_folder(&self) -> Result<(), StoreError> {
        if self.opened()?.is_some() {
            return Ok(());
        }
        let fault = unwritable(&self.root);
        for entry in fs::read_dir(&self.root).map_err(&fault)? {
            let name = entry.map_err(&fault)?.file_name();
            if !["blobs", "oci-layout"].iter().any(|known| name == *known) {
                let problem = "the folder is not empty, and is no layout";
                return Err(fault(io::Error::new(io::ErrorKind::DirectoryNotEmpty, problem)));
            }
        }
        Ok(())
    }

    /// The layout as it stands; `None` where there is none yet.
    fn opened(&self) -> Result<Option<Layout>, StoreError> {
        if !self.root.join("index.json").exists() {
            return Ok(None);
        }
        let tar = |path: &Path| {
            let error = io::Error::new(io::ErrorKind::NotADirectory, "it is no folder");
            Err(unwritable(path)(error))
        };
        Layout::open(&self.root, &self.limits, tar).map(Some)
    }

    fn lock(&self) -> MutexGuard<'_, Staged> {
        self.staged.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.root.join("blobs").join(digest.algorithm().as_str()).join(digest.hex())
    }

    /// Whether a blob is there and whole. What is not is written anew.
    async fn has(&self, digest: &Digest, size: u64) -> Result<bool, StoreError> {
        let (path, digest) = (self.blob_path(digest), digest.clone());
        files::blocking(path.display().to_string(), move || {
            let Ok(mut file) = fs::File::open(&path) else { return Ok(false) };
            if !file.metadata().is_ok_and(|m| m.is_file() && m.len() == size) {
                return Ok(false);
            }
            let mut hasher = Hasher::new(digest.algorithm());
            let mut buffer = vec![0; 256 * 1024];
            loop {
                let fault =
                    |source| StoreError::File { target: path.display().to_string(), source };
                let read = file.read(&mut buffer).map_err(fault)?;
                let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else {
                    return Ok(hasher.finish() == digest);
                };
                hasher.update(piece);
            }
        })
        .await
    }

    async fn write_blob(
        &self,
        digest: &Digest,
        size: u64,
        origin: &Origin<'_>,
    ) -> Result<(), Arc<StoreError>> {
        let path = self.blob_path(digest);
        let beside = Beside::of(&path).map_err(Arc::new)?;
        let fault = |error| Arc::new(unwritable(&path)(error));
        let mut pieces = origin.pieces(digest, size).await.map_err(|fault| fault.error)?;
        // Made here and not on another thread: what is dropped meanwhile must leave nothing.
        let file = fs::File::create(&beside.0).map_err(fault)?;
        let mut file = tokio::fs::File::from_std(file);
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|fault| fault.error)?;
            file.write_all(&piece).await.map_err(fault)?;
        }
        file.flush().await.map_err(fault)?;
        file.sync_data().await.map_err(fault)?;
        fs::rename(&beside.0, &path).map_err(fault)
    }

    /// Writes what is staged. Blocks.
    fn write(&self) -> Result<(), StoreError> {
        let staged = self.lock();
        let path = self.root.join("index.json");
        let before = match self.opened()? {
            Some(_) => Some(files::read(&path, self.limits.max_manifest_bytes)?),
            None => None,
        };
        let target = path.display().to_string();
        let mut index = Entries::read(before.as_deref(), &target)?;
        for (descriptor, tag) in &staged.entries {
            index.add(descriptor, tag.as_deref(), &target)?;
        }
        for (digest, wanted) in &staged.links {
            let tag = digest.tag_schema();
            let before = match index.tagged(&tag) {
                Some(digest) => {
                    Some(files::read(&self.blob_path(&digest), self.limits.max_manifest_bytes)?)
                }
                None => None,
            };
            let entries: Vec<&Descriptor> = wanted.iter().collect();
            let bytes = fallback::merged(before.as_deref(), &entries, &target)?;
            let digest = Digest::sha256(&bytes);
            place(&self.blob_path(&digest), &bytes)?;
            let descriptor = Descriptor {
                media_type: media_type::IMAGE_INDEX.into(),
                digest,
                size: length(&bytes),
                artifact_type: None,
                annotations: BTreeMap::new(),
                platform: None,
            };
            index.add(&descriptor, Some(&tag), &target)?;
        }
        let bytes = index.written(&target)?;
        let limit = self.limits.max_manifest_bytes;
        if length(&bytes) > limit {
            return Err(StoreError::TooLarge { target, limit, unit: "bytes" });
        }
        let marker = self.root.join("oci-layout");
        if !marker.exists() {
            place(&marker, MARKER.as_bytes())?;
        }
        place(&path, &bytes)
    }
}

/// A file beside a path, of a name that nobody else uses, in a folder that is there. It is gone
/// with this unless it was moved away.
struct Beside(PathBuf);

impl Beside {
    fn of(path: &Path) -> Result<Self, StoreError> {
        let folder = path.parent().unwrap_or(path);
        fs::create_dir_all(folder).map_err(unwritable(folder))?;
        Ok(Self(folder.join(format!(".partial-{:016x}", fastrand::u64(..)))))
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // Half a file is of no use; that it cannot be removed is the lesser trouble.
        let _moved_or_left = fs::remove_file(&self.0);
    }
}

/// Writes a file in one move. Blocks.
fn place(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let beside = Beside::of(path)?;
    let write = || {
        let mut file = fs::File::create(&beside.0)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside.0, path)
    };
    write().map_err(unwritable(path))
}

/// `index.json`, with members that are not known here kept.
struct Entries(Map<String, Value>);

impl Entries {
    fn read(before: Option<&[u8]>, target: &str) -> Result<Self, StoreError> {
        let Some(bytes) = before else {
            return Ok(Self(Map::from_iter([
                ("schemaVersion".to_owned(), json!(2)),
                ("mediaType".to_owned(), json!(media_type::IMAGE_INDEX)),
                ("manifests".to_owned(), json!([])),
            ])));
        };
        serde_json::from_slice(bytes).map(Self).map_err(|source| StoreError::Malformed {
            target: target.to_owned(),
            problem: "not an image index".into(),
            source: Some(Box::new(source)),
        })
    }

    fn tagged(&self, tag: &str) -> Option<Digest> {
        let list = self.0.get("manifests")?.as_array()?;
        let entry = list.iter().find(|entry| name(entry) == Some(tag))?;
        entry.get("digest")?.as_str()?.parse().ok()
    }

    /// Adds an entry that is not there. A tag is taken from whatever has it.
    fn add(
        &mut self,
        descriptor: &Descriptor,
        tag: Option<&str>,
        target: &str,
    ) -> Result<(), StoreError> {
        let malformed = |problem: &str| StoreError::Malformed {
            target: target.to_owned(),
            problem: problem.to_owned(),
            source: None,
        };
        let manifests = self.0.entry("manifests").or_insert_with(|| json!([]));
        if manifests.is_null() {
            *manifests = json!([]);
        }
        let list = manifests.as_array_mut().ok_or_else(|| malformed("`manifests` is no list"))?;
        let is_it = |entry: &Value| {
            entry.get("digest").and_then(Value::as_str) == Some(descriptor.digest.as_str())
        };
        if list.iter().any(|entry| is_it(entry) && (tag.is_none() || name(entry) == tag)) {
            return Ok(());
        }
        if let Some(tag) = tag {
            for entry in list.iter_mut().filter(|entry| name(entry) == Some(tag)) {
                if let Some(annotations) =
                    entry.get_mut("annotations").and_then(Value::as_object_mut)
                {
                    annotations.remove(REF_NAME);
                }
            }
        }
        let mut entry = descriptor.clone();
        // A listing's annotations are those of the manifest, which an index does not repeat.
        entry.annotations.clear();
        entry.annotations.extend(tag.map(|tag| (REF_NAME.to_owned(), tag.to_owned())));
        let entry = serde_json::to_value(entry)
            .map_err(|_unwritable| malformed("an entry cannot be written"))?;
        // Listed without a tag so far, and needing no second entry.
        match list.iter_mut().find(|entry| is_it(entry) && name(entry).is_none()) {
            Some(untagged) if tag.is_some() => *untagged = entry,
            _ => list.push(entry),
        }
        Ok(())
    }

    fn written(&self, target: &str) -> Result<Vec<u8>, StoreError> {
        serde_json::to_vec(&self.0).map_err(|source| StoreError::Malformed {
            target: target.to_owned(),
            problem: "cannot be written".into(),
            source: Some(Box::new(source)),
        })
    }
}

fn name(entry: &Value) -> Option<&str> {
    entry.get("annotations")?.get(REF_NAME)?.as_str()
}

fn described(item: &Item) -> Descriptor {
    Descriptor {
        media_type: item.media_type.clone(),
        digest: item.digest.clone(),
        size: length(&item.bytes),
        artifact_type: None,
        annotations: BTreeMap::new(),
        platform: None,
    }
}

#[async_trait]
impl Sink for LayoutSink {
    async fn tagged(&self, tag: &str) -> Result<Option<Digest>, Arc<StoreError>> {
        let (sink, tag) = (self.clone(), tag.to_owned());
        let target = self.root.display().to_string();
        let found = files::blocking(target, move || {
            let Some(layout) = sink.opened()? else { return Ok(None) };
            match layout.by_tag(&tag) {
                Ok(descriptor) => Ok(Some(descriptor.digest.clone())),
                Err(StoreError::NotFound { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        });
        Ok(found.await?)
    }

    async fn put_blob(
        &self,
        digest: &Digest,
        size: u64,
        origin: &Origin<'_>,
    ) -> Result<Put, Arc<StoreError>> {
        if self.has(digest, size).await? {
            return Ok(Put::Present);
        }
        self.write_blob(digest, size, origin).await?;
        Ok(Put::Pushed)
    }

    async fn put_manifest(&self, item: &Item) -> Result<Put, Arc<StoreError>> {
        self.lock().subjects.insert(item.digest.clone(), item.subject.clone());
        if self.has(&item.digest, length(&item.bytes)).await? {
            return Ok(Put::Present);
        }
        let (path, bytes) = (self.blob_path(&item.digest), item.bytes.clone());
        files::blocking(path.display().to_string(), move || place(&path, &bytes)).await?;
        Ok(Put::Pushed)
    }

    /// In a layout the index is searched for what says that it refers to a digest; only what does
    /// not say so needs the referrers tag.
    async fn link(&self, target: &Digest, wanted: &[Descriptor]) -> Result<bool, LinkError> {
        let mut staged = self.lock();
        let silent: Vec<Descriptor> = wanted
            .iter()
            .filter(|d| staged.subjects.get(&d.digest) != Some(&Some(target.clone())))
            .cloned()
            .collect();
        staged.entries.extend(wanted.iter().map(|descriptor| (descriptor.clone(), None)));
        let tagged = !silent.is_empty();
        if tagged {
            staged.links.push((target.clone(), silent));
        }
        Ok(tagged)
    }

    async fn tag(&self, tag: &str, item: &Item) -> Result<(), Arc<StoreError>> {
        self.lock().entries.push((described(item), Some(tag.to_owned())));
        Ok(())
    }

    async fn finish(&self, root: &Item) -> Result<(), Arc<StoreError>> {
        self.lock().entries.push((described(root), None));
        let sink = self.clone();
        let target = self.root.display().to_string();
        Ok(files::blocking(target, move || sink.write()).await?)
    }
}
