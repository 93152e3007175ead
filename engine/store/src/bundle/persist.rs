//! Bundles on disk, to start with when nobody can be asked.
//!
//! `<folder>/bundles/<name>/bundle.tar.gz`, where OPA keeps them. A file is written beside its
//! place, brought to the disk, and renamed: whenever the process or the machine stops, the whole
//! old or the whole new one is there. Beside it stands which tag it came under and its hash; where
//! that hash is another one, the process stopped between the two, and the tag is not used.
//!
//! What is read here is no more trusted than what comes over the network: it is read and verified
//! like that.

use crate::error::StoreError;
use crate::files::{self, blocking};
use bytes::Bytes;
use referee_core::Digest;
use serde::{Deserialize, Serialize};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// What a bundle's file is called.
const BUNDLE: &str = "bundle.tar.gz";

/// What the file with its tag is called.
const TAG: &str = "bundle.etag.json";

/// How the names of files begin and end that are being written.
const TEMPORARY: (&str, &str) = (".bundle.", ".tmp");

/// The most bytes of a file with a tag.
const MAX_TAG_BYTES: u64 = 64 * 1024;

/// The folder in which bundles are kept.
#[derive(Clone, Debug)]
pub struct BundleStore {
    folder: PathBuf,
}

/// A bundle that was kept.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct KeptBundle {
    /// Its archive.
    pub bytes: Bytes,
    /// Under which tag it came; empty where that is not known.
    pub etag: String,
}

#[derive(Serialize, Deserialize)]
struct Tag {
    etag: String,
    digest: Digest,
}

impl BundleStore {
    /// Keeps bundles below `<persistence>/bundles`.
    #[must_use]
    pub fn new(persistence: &Path) -> Self {
        Self { folder: persistence.join("bundles") }
    }

    /// Keeps a bundle in place of the one that is there. Its name is one that a configuration
    /// admits: a relative path that leads nowhere else.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`]; what was there is there still.
    pub async fn save(&self, name: &str, bytes: Bytes, etag: &str) -> Result<(), StoreError> {
        let (folder, etag) = (self.folder.join(name), etag.to_owned());
        let target = folder.display().to_string();
        blocking(target, move || save(&folder, &bytes, etag)).await
    }

    /// The bundle that is kept; `None` where there is none. Of files that a stopped process left
    /// half written the folder is cleared.
    ///
    /// # Errors
    /// [`StoreError::File`] where it cannot be read, [`StoreError::TooLarge`] where it is larger
    /// than `limit` bytes.
    pub async fn load(&self, name: &str, limit: u64) -> Result<Option<KeptBundle>, StoreError> {
        let folder = self.folder.join(name);
        let target = folder.display().to_string();
        blocking(target, move || load(&folder, limit)).await
    }
}

fn save(folder: &Path, bytes: &[u8], etag: String) -> Result<(), StoreError> {
    let place = folder.join(BUNDLE);
    let fault = |source| StoreError::Unwritable { target: place.display().to_string(), source };
    std::fs::create_dir_all(folder).map_err(fault)?;
    write(folder, BUNDLE, bytes).map_err(fault)?;
    let tag = Tag { etag, digest: Digest::sha256(bytes) };
    let tag = serde_json::to_vec(&tag).unwrap_or_default();
    write(folder, TAG, &tag).map_err(fault)
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let mut file =
        tempfile::Builder::new().prefix(TEMPORARY.0).suffix(TEMPORARY.1).tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(folder.join(name)).map_err(|error| error.error)?;
    sync_folder(folder)
}

/// Brings a renaming to the disk. Windows has no such thing.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

fn load(folder: &Path, limit: u64) -> Result<Option<KeptBundle>, StoreError> {
    clear(folder);
    let bytes = match files::read(&folder.join(BUNDLE), limit) {
        Ok(bytes) => Bytes::from(bytes),
        Err(StoreError::File { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let tag = files::read(&folder.join(TAG), MAX_TAG_BYTES)
        .ok()
        .and_then(|text| serde_json::from_slice::<Tag>(&text).ok())
        .filter(|tag| tag.digest == Digest::sha256(&bytes));
    Ok(Some(KeptBundle { bytes, etag: tag.map(|tag| tag.etag).unwrap_or_default() }))
}

/// Removes what a process left that stopped while it wrote. Where that fails there is only more to
/// remove the next time.
fn clear(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let left = name
            .to_str()
            .is_some_and(|name| name.starts_with(TEMPORARY.0) && name.ends_with(TEMPORARY.1));
        if left {
            let _next_time = std::fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_kept_is_found_again_with_its_tag() {
        let folder = tempfile::tempdir().unwrap();
        let store = BundleStore::new(folder.path());
        assert!(store.load("a/b", 9).await.unwrap().is_none());
        for (bytes, etag) in [("one", "\"1\""), ("two", "")] {
            store.save("a/b", bytes.into(), etag).await.unwrap();
            let kept = store.load("a/b", 9).await.unwrap().unwrap();
            assert_eq!((kept.bytes.as_ref(), kept.etag.as_str()), (bytes.as_bytes(), etag));
        }
        let error = store.load("a/b", 2).await.unwrap_err();
        assert!(matches!(error, StoreError::TooLarge { limit: 2, .. }), "{error}");
    }

    #[tokio::test]
    async fn a_tag_of_other_bytes_is_not_used_and_leftovers_are_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let store = BundleStore::new(folder.path());
        store.save("a", "one".into(), "1").await.unwrap();
        let own = folder.path().join("bundles/a");
        std::fs::write(own.join(BUNDLE), "two").unwrap();
        std::fs::write(own.join(".bundle.x.tmp"), "half").unwrap();
        let kept = store.load("a", 9).await.unwrap().unwrap();
        assert_eq!((kept.bytes.as_ref(), kept.etag.as_str()), (&b"two"[..], ""));
        assert!(!own.join(".bundle.x.tmp").exists());
    }

    #[tokio::test]
    async fn what_cannot_be_written_is_an_error_and_the_old_one_stays() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("bundles"), "a file").unwrap();
        let store = BundleStore::new(folder.path());
        let error = store.save("a", "x".into(), "").await.unwrap_err();
        assert!(matches!(error, StoreError::Unwritable { .. }), "{error}");
    }
}
