//! A tar file as a table of contents: where each file starts and how long it is.
//!
//! The file is gone through once, header by header, and not unpacked; afterwards ranges of it
//! are read. Links in it are not followed, names that lead upwards are refused, compressed files
//! are refused with the word what to do.

use crate::error::StoreError;
use crate::files::length;
use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Component, Path};
use std::time::SystemTime;

/// The most entries of a tar file. A layout has one for each blob; thousand images have ten
/// thousand.
const MAX_ENTRIES: u64 = 200_000;

/// What starts a gzip file (RFC 1952) and a Zstandard file (RFC 8878), the two in use.
const COMPRESSED: [(&[u8], &str); 2] =
    [(&[0x1f, 0x8b], "gzip"), (&[0x28, 0xb5, 0x2f, 0xfd], "zstd")];

/// A table of contents.
#[derive(Debug)]
pub(crate) struct Tarball {
    entries: BTreeMap<String, Range>,
    /// The size and time of change of the file when it was gone through.
    stamp: Stamp,
}

#[derive(Clone, Copy, Debug)]
struct Range {
    offset: u64,
    length: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self { length: metadata.len(), modified: metadata.modified().ok() }
    }
}

fn malformed(path: &Path, problem: impl Into<String>, source: Option<io::Error>) -> StoreError {
    StoreError::Malformed {
        target: path.display().to_string(),
        problem: problem.into(),
        source: source.map(|source| Box::new(source) as _),
    }
}

impl Tarball {
    /// Goes through a tar file of at most `limit` bytes.
    pub(crate) fn index(path: &Path, limit: u64) -> Result<Self, StoreError> {
        let target = || path.display().to_string();
        let fault = |source| StoreError::File { target: target(), source };
        let mut file = File::open(path).map_err(fault)?;
        let metadata = file.metadata().map_err(fault)?;
        let stamp = Stamp::of(&metadata);
        if stamp.length > limit {
            return Err(StoreError::TooLarge { target: target(), limit, unit: "bytes" });
        }
        let mut start = Vec::new();
        (&mut file).take(8).read_to_end(&mut start).map_err(fault)?;
        if let Some((_, kind)) = COMPRESSED.iter().find(|(magic, _)| start.starts_with(magic)) {
            let problem = format!("the tar file is compressed with {kind}: decompress it first");
            return Err(malformed(path, problem, None));
        }
        file.rewind().map_err(fault)?;
        let entries = Self::entries(path, file, stamp.length)?;
        Ok(Self { entries, stamp })
    }

    fn entries(path: &Path, file: File, total: u64) -> Result<BTreeMap<String, Range>, StoreError> {
        let not_tar = |source| malformed(path, "not a tar file", Some(source));
        let mut entries = BTreeMap::new();
        let mut count = 0u64;
        let mut archive = tar::Archive::new(file);
        for entry in archive.entries_with_seek().map_err(not_tar)? {
            let entry = entry.map_err(not_tar)?;
            count = count.saturating_add(1);
            if count > MAX_ENTRIES {
                let target = path.display().to_string();
                return Err(StoreError::TooLarge { target, limit: MAX_ENTRIES, unit: "entries" });
            }
            // Folders, links and devices have nothing to read; sparse files are no ranges.
            if !entry.header().entry_type().is_file() {
                continue;
            }
            let name = entry_name(path, &entry.path().map_err(not_tar)?)?;
            let range = Range { offset: entry.raw_file_position(), length: entry.size() };
            if range.offset.saturating_add(range.length) > total {
                return Err(malformed(path, format!("the tar file ends inside {name}"), None));
            }
            // Two files of one name are two layouts in one: readers would differ on which.
            if entries.insert(name.clone(), range).is_some() {
                return Err(malformed(path, format!("the tar file holds {name} twice"), None));
            }
        }
        Ok(entries)
    }

    /// Whether the file is still the one that was gone through.
    pub(crate) fn is_current(&self, path: &Path) -> bool {
        std::fs::metadata(path).is_ok_and(|metadata| Stamp::of(&metadata) == self.stamp)
    }

    /// Opens the tar file at the start of a file in it, with the length of that.
    pub(crate) fn open(&self, path: &Path, name: &str) -> Result<Option<(File, u64)>, StoreError> {
        let Some(range) = self.entries.get(name) else { return Ok(None) };
        let target = format!("{}: {name}", path.display());
        let fault = |source| StoreError::File { target: target.clone(), source };
        let mut file = File::open(path).map_err(fault)?;
        file.seek(SeekFrom::Start(range.offset)).map_err(fault)?;
        Ok(Some((file, range.length)))
    }

    /// Reads a file of the tar file; `None` where there is none of that name.
    pub(crate) fn read(
        &self,
        path: &Path,
        name: &str,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(range) = self.entries.get(name) else { return Ok(None) };
        let target = || format!("{}: {name}", path.display());
        if range.length > limit {
            return Err(StoreError::TooLarge { target: target(), limit, unit: "bytes" });
        }
        let fault = |source| StoreError::File { target: target(), source };
        let mut file = File::open(path).map_err(fault)?;
        file.seek(SeekFrom::Start(range.offset)).map_err(fault)?;
        let mut bytes = Vec::new();
        file.take(range.length).read_to_end(&mut bytes).map_err(fault)?;
        if length(&bytes) != range.length {
            let (expected, found) = (range.length, length(&bytes));
            return Err(StoreError::SizeMismatch { target: target(), expected, found });
        }
        Ok(Some(bytes))
    }
}

/// The name of an entry, parted by `/`, without a leading `./`.
fn entry_name(path: &Path, name: &Path) -> Result<String, StoreError> {
    let mut parts = Vec::new();
    for component in name.components() {
        match component {
            Component::CurDir => {}
            Component::Normal(part) => {
                let part = part.to_str().ok_or_else(|| {
                    malformed(path, "the tar file holds a name that is not UTF-8", None)
                })?;
                parts.push(part);
            }
            _ => {
                let shown = name.display();
                let problem = format!("the tar file holds {shown}, a name that leads outside");
                return Err(malformed(path, problem, None));
            }
        }
    }
    Ok(parts.join("/"))
}
