//! The copy of a repository's metadata: one file a repository. Whoever can write to its folder can
//! hold back news, as whoever stands before the repository can, and cannot put in a root of theirs.
//!
//! One file, replaced as a whole, so that what is read was written together. A copy that cannot
//! be read, or belongs to another anchor, is no copy; one that cannot be written is told in the
//! log, and the root is had all the same.

use crate::error::StoreError;
use crate::files;
use referee_core::{Digest, Timestamp};
use serde::{Deserialize, Serialize};
use sigstore_tuf::cache::MetadataStore;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The version of the copies' form that is written, and the only one that is read.
const VERSION: u32 = 1;

/// The largest copy, in bytes: three files of metadata, the trusted root, and a root for each
/// rotation, all of them a few kilobytes.
const MAX_COPY_BYTES: u64 = 16 * 1024 * 1024;

/// The files of a repository, as they were verified.
#[derive(Debug, Default)]
pub(super) struct Files(Mutex<BTreeMap<String, String>>);

impl MetadataStore for Files {
    fn load(&self, name: &str) -> Result<Option<Vec<u8>>, sigstore_tuf::Error> {
        let files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(files.get(name).map(|text| text.clone().into_bytes()))
    }

    fn store(&self, name: &str, bytes: &[u8]) -> Result<(), sigstore_tuf::Error> {
        // `7.snapshot.json` is `snapshot.json` as well, and would stay when it is the eighth.
        if name.starts_with(|first: char| first.is_ascii_digit()) {
            return Ok(());
        }
        let text = String::from_utf8(bytes.to_vec())
            .map_err(|_| sigstore_tuf::Error::Malformed(format!("{name} is not UTF-8")))?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), text);
        Ok(())
    }
}

/// A copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Copy {
    version: u32,
    /// The root by which the repository is trusted.
    anchor: Digest,
    /// When the repository was last asked and what it answered held.
    pub(super) checked_at: Option<Timestamp>,
    /// When it was last asked in vain, since then.
    pub(super) failed_at: Option<Timestamp>,
    files: BTreeMap<String, String>,
}

impl Copy {
    /// Nothing yet.
    pub(super) fn none(anchor: &[u8]) -> Self {
        let anchor = Digest::sha256(anchor);
        Self { version: VERSION, anchor, checked_at: None, failed_at: None, files: BTreeMap::new() }
    }

    pub(super) fn files(&self) -> Files {
        Files(Mutex::new(self.files.clone()))
    }

    /// The same after the repository was asked in vain.
    pub(super) fn failed(self, at: Timestamp) -> Self {
        Self { failed_at: Some(at), ..self }
    }

    /// What was verified at a time.
    pub(super) fn checked(anchor: &[u8], files: &Files, at: Timestamp) -> Self {
        let files = files.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Self { checked_at: Some(at), files, ..Self::none(anchor) }
    }
}

/// Where copies are.
#[derive(Debug)]
pub(super) struct Shelf {
    folder: Option<PathBuf>,
    /// What was had here, so that a folder that cannot be written costs no more than one asking
    /// an interval.
    held: Mutex<BTreeMap<String, Copy>>,
}

impl Shelf {
    /// Copies in a folder; without one they last as long as this process.
    pub(super) fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, held: Mutex::default() }
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(format!("{name}.json")))
    }

    /// The copy of a name, where there is one for the anchor: the later of that in the folder,
    /// which another process may have renewed, and that which this one had.
    pub(super) async fn load(&self, name: &str, anchor: &[u8]) -> Copy {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        let read = match self.path(name) {
            Some(path) => {
                let read = files::blocking(path.display().to_string(), move || read(&path)).await;
                read.unwrap_or_else(|error| {
                    let error = referee_core::error::chain(&error);
                    tracing::warn!(error, "the copy of a trusted root is passed over");
                    None
                })
            }
            None => None,
        };
        let none = Copy::none(anchor);
        let copies = held.into_iter().chain(read).filter(|copy| copy.anchor == none.anchor);
        copies.max_by_key(|copy| (copy.checked_at, copy.failed_at)).unwrap_or(none)
    }

    /// Keeps a copy.
    pub(super) async fn keep(&self, name: &str, copy: Copy) {
        if let Some(path) = self.path(name) {
            let (target, written) = (path.display().to_string(), copy.clone());
            let kept = files::blocking(target, move || write(&path, &written)).await;
            if let Err(error) = kept {
                let error = referee_core::error::chain(&error);
                tracing::warn!(error, "the copy of a trusted root could not be kept");
            }
        }
        self.held.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), copy);
    }
}

fn read(path: &Path) -> Result<Option<Copy>, StoreError> {
    let bytes = match files::read(path, MAX_COPY_BYTES) {
        Ok(bytes) => bytes,
        Err(StoreError::File { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let malformed = |problem: &str, source: Option<serde_json::Error>| StoreError::Malformed {
        target: path.display().to_string(),
        problem: problem.to_owned(),
        source: source.map(Into::into),
    };
    let copy: Copy = serde_json::from_slice(&bytes)
        .map_err(|error| malformed("it is no copy of a repository", Some(error)))?;
    if copy.version != VERSION {
        return Err(malformed("it is of another version", None));
    }
    Ok(Some(copy))
}

fn write(path: &Path, copy: &Copy) -> Result<(), StoreError> {
    let fault = |source| StoreError::Unwritable { target: path.display().to_string(), source };
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    std::fs::create_dir_all(folder).map_err(fault)?;
    let bytes = serde_json::to_vec(copy).map_err(|error| fault(error.into()))?;
    let mut beside = tempfile::NamedTempFile::new_in(folder).map_err(fault)?;
    beside.write_all(&bytes).map_err(fault)?;
    beside.persist(path).map_err(|error| fault(error.error))?;
    Ok(())
}
