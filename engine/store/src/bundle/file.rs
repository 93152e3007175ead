//! Bundles of the file system: an archive, or a folder with what would be in one.
//!
//! Looked at every second, by length, time of change and inode of each file; read when they have
//! not changed between two looks, so that what somebody is just writing is not read in part. OPA
//! reads such a bundle once.

use super::folder::{self, Stamp};
use super::{BundleBytes, BundleFetchError, BundleSource, FetchedBundle};
use crate::error::StoreError;
use crate::files::{self, blocking};
use async_trait::async_trait;
use bytes::Bytes;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use url::Url;

/// How often files are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How long files must stay as they are before they are read, and how often that is waited for.
const SETTLE: Duration = Duration::from_millis(100);
const SETTLE_LOOKS: u32 = 20;

/// Bundles of the file system.
#[derive(Debug)]
pub struct FileBundles {
    path: PathBuf,
    /// Which files of a folder are read, by their paths inside.
    only: fn(&str) -> bool,
    /// As the files were when they were read last.
    seen: Arc<Mutex<Option<Vec<Stamp>>>>,
}

impl FileBundles {
    /// A bundle at a path.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path, only: |_| true, seen: Arc::default() }
    }

    /// The same, of a folder only with files for whose paths, parted by `/`, a rule holds. The
    /// others are neither read nor counted, however large they are.
    #[must_use]
    pub fn only(self, only: fn(&str) -> bool) -> Self {
        Self { only, ..self }
    }

    /// A bundle at a `file://` address.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] where the address is none of a file of this machine.
    pub fn at(address: &str) -> Result<Self, StoreError> {
        let malformed = || StoreError::Malformed {
            target: address.to_owned(),
            problem: "it is no address of a file of this machine, such as file:///path/to/bundle"
                .into(),
            source: None,
        };
        let url = Url::parse(address).map_err(|_| malformed())?;
        if url.scheme() != "file" || url.query().is_some() || url.fragment().is_some() {
            return Err(malformed());
        }
        url.to_file_path().map(Self::new).map_err(|()| malformed())
    }

    async fn look(&self) -> Result<Vec<Stamp>, StoreError> {
        let (path, only) = (self.path.clone(), self.only);
        blocking(self.path.display().to_string(), move || folder::look(&path, only)).await
    }

    /// The files when they stay as they are.
    async fn settled(&self) -> Result<Vec<Stamp>, StoreError> {
        let mut found = self.look().await?;
        for _ in 0..SETTLE_LOOKS {
            tokio::time::sleep(SETTLE).await;
            let again = self.look().await?;
            if again == found {
                break;
            }
            found = again;
        }
        Ok(found)
    }

    fn remember(&self, found: Option<Vec<Stamp>>) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = found;
    }

    fn is_as_seen(&self, found: Option<&Vec<Stamp>>) -> bool {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).as_ref() == found
    }
}

fn read(path: &Path, found: &[Stamp], limit: u64) -> Result<BundleBytes, StoreError> {
    if path.is_dir() {
        return folder::read(path, found, limit).map(BundleBytes::Files);
    }
    Ok(BundleBytes::Archive(Bytes::from(files::read(path, limit)?)))
}

#[async_trait]
impl BundleSource for FileBundles {
    async fn fetch(&self, etag: &str, limit: u64) -> Result<FetchedBundle, BundleFetchError> {
        let found = match self.settled().await {
            Ok(found) => found,
            Err(error) => {
                self.remember(None);
                return Err(error.into());
            }
        };
        self.remember(Some(found.clone()));
        let path = self.path.clone();
        let target = self.path.display().to_string();
        let bytes = blocking(target, move || read(&path, &found, limit)).await?;
        let tag = bytes.digest().to_string();
        let bytes = (tag != etag).then_some(bytes);
        Ok(FetchedBundle { bytes, etag: tag, waits: false })
    }

    async fn changed(&self) {
        loop {
            tokio::time::sleep(LOOK).await;
            // What cannot be looked at was not there before either, or is told when it is fetched.
            let found = self.look().await.ok();
            if !self.is_as_seen(found.as_ref()) {
                return;
            }
        }
    }

    fn place(&self) -> String {
        self.path.display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const LIMIT: u64 = 1_000;

    fn paths(bytes: &BundleBytes) -> Vec<&str> {
        match bytes {
            BundleBytes::Files(files) => files.iter().map(|(path, _)| path.as_str()).collect(),
            BundleBytes::Archive(_) => vec!["(archive)"],
        }
    }

    #[tokio::test]
    async fn a_folder_is_read_with_what_is_below_it_and_again_when_it_changed() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        fs::create_dir_all(folder.path().join("..data")).unwrap();
        for (path, text) in
            [(".manifest", "{}"), ("a/b/p.rego", "package a.b"), ("..data/p.rego", "twice")]
        {
            fs::write(folder.path().join(path), text).unwrap();
        }
        let source = FileBundles::at(&format!("file://{}", folder.path().display())).unwrap();
        let first = source.fetch("", LIMIT).await.unwrap();
        assert_eq!(paths(&first.bytes.unwrap()), [".manifest", "a/b/p.rego"]);
        let same = source.fetch(&first.etag, LIMIT).await.unwrap();
        assert!(same.bytes.is_none());
        let waited = tokio::time::timeout(Duration::from_millis(1_500), source.changed()).await;
        assert!(waited.is_err(), "nothing has changed");
        fs::write(folder.path().join("data.json"), "{}").unwrap();
        tokio::time::timeout(Duration::from_secs(5), source.changed()).await.unwrap();
        let next = source.fetch(&first.etag, LIMIT).await.unwrap();
        assert_eq!(paths(&next.bytes.unwrap()), [".manifest", "a/b/p.rego", "data.json"]);
    }

    #[tokio::test]
    async fn files_that_are_left_out_are_neither_read_nor_watched() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        fs::write(folder.path().join("a/p.rego"), "package a").unwrap();
        fs::write(folder.path().join("image.bin"), vec![1; 1_001]).unwrap();
        let address = format!("file://{}", folder.path().display());
        let source = FileBundles::at(&address).unwrap().only(|path| path == "a/p.rego");
        let first = source.fetch("", LIMIT).await.unwrap();
        assert_eq!(paths(&first.bytes.unwrap()), ["a/p.rego"]);
        fs::write(folder.path().join("image.bin"), "2").unwrap();
        let waited = tokio::time::timeout(Duration::from_millis(1_500), source.changed()).await;
        assert!(waited.is_err(), "nothing that is read has changed");
        let all = FileBundles::at(&address).unwrap().fetch("", LIMIT).await.unwrap();
        assert_eq!(paths(&all.bytes.unwrap()), ["a/p.rego", "image.bin"]);
    }

    #[tokio::test]
    async fn an_archive_is_read_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bundle.tar.gz");
        let source = FileBundles::new(path.clone());
        let error = source.fetch("", LIMIT).await.unwrap_err();
        assert!(
            matches!(&error, BundleFetchError::Store(e) if matches!(**e, StoreError::File { .. }))
        );
        fs::write(&path, vec![1; 1_001]).unwrap();
        tokio::time::timeout(Duration::from_secs(5), source.changed()).await.unwrap();
        let error = source.fetch("", LIMIT).await.unwrap_err();
        assert!(
            matches!(&error, BundleFetchError::Store(e)
                if matches!(**e, StoreError::TooLarge { limit: LIMIT, .. })),
            "{error}"
        );
        fs::write(&path, vec![1; 1_000]).unwrap();
        assert_eq!(source.fetch("", LIMIT).await.unwrap().bytes.unwrap().len(), 1_000);
    }

    #[test]
    fn addresses_of_other_machines_are_refused() {
        for address in ["file:///b", "file:/b", "FILE:///b"] {
            assert_eq!(FileBundles::at(address).unwrap().path, Path::new("/b"), "{address}");
        }
        for address in ["file://host/x", "http://x/y", "file:///x?q", "x"] {
            let error = FileBundles::at(address).unwrap_err();
            assert!(matches!(error, StoreError::Malformed { .. }), "{address}: {error}");
        }
    }
}
