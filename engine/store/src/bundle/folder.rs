//! The files of a folder, as they make a bundle, and what tells whether they changed.

use crate::error::StoreError;
use crate::files;
use bytes::Bytes;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The deepest folder that is read, counted from the one named.
const MAX_DEPTH: usize = 64;

/// The most files.
const MAX_FILES: usize = 100_000;

/// What tells a file from what it was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    path: PathBuf,
    length: u64,
    modified: Option<SystemTime>,
    inode: u64,
}

/// The files at a path: it itself where it is no folder, and else all that are in it or below it,
/// in the order of their paths. Names that start with two dots are passed over, so that the
/// `..data` folders of a mounted ConfigMap are not read twice, and so are links to folders, and
/// files of which `only` does not hold.
///
/// # Errors
/// [`StoreError::File`], [`StoreError::TooLarge`] where there are too many.
pub(super) fn look(path: &Path, only: fn(&str) -> bool) -> Result<Vec<Stamp>, StoreError> {
    let mut found = Vec::new();
    if std::fs::metadata(path).map_err(|source| fault(path, source))?.is_dir() {
        walk(path, (path, only), 0, &mut found)?;
    } else {
        found.push(stamp(path.to_owned())?);
    }
    Ok(found)
}

fn walk(
    folder: &Path,
    wanted: (&Path, fn(&str) -> bool),
    depth: usize,
    found: &mut Vec<Stamp>,
) -> Result<(), StoreError> {
    let (root, only) = wanted;
    if depth > MAX_DEPTH {
        return Err(too_many(folder, MAX_DEPTH, "folders"));
    }
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|source| fault(folder, source))? {
        entries.push(entry.map_err(|source| fault(folder, source))?);
    }
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with("..") {
            continue;
        }
        let kind = entry.file_type().map_err(|source| fault(&path, source))?;
        if kind.is_dir() {
            walk(&path, wanted, depth + 1, found)?;
        } else if inside(root, &path).is_none_or(|inside| only(&inside)) && path.is_file() {
            if found.len() >= MAX_FILES {
                return Err(too_many(folder, MAX_FILES, "files"));
            }
            found.push(stamp(path)?);
        }
    }
    Ok(())
}

fn stamp(path: PathBuf) -> Result<Stamp, StoreError> {
    let found = std::fs::metadata(&path).map_err(|source| fault(&path, source))?;
    let (length, modified) = (found.len(), found.modified().ok());
    Ok(Stamp { path, length, modified, inode: inode(&found) })
}

#[cfg(unix)]
fn inode(found: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(found)
}

#[cfg(not(unix))]
fn inode(_: &std::fs::Metadata) -> u64 {
    0
}

/// Reads files that were found in a folder, at most `limit` bytes of them all.
///
/// # Errors
/// [`StoreError::File`], [`StoreError::TooLarge`], [`StoreError::Malformed`] for a name that is no
/// text.
pub(super) fn read(
    folder: &Path,
    found: &[Stamp],
    limit: u64,
) -> Result<Vec<(String, Bytes)>, StoreError> {
    let mut left = limit;
    let mut all = Vec::new();
    for Stamp { path, .. } in found {
        let name = inside(folder, path).ok_or_else(|| StoreError::Malformed {
            target: path.display().to_string(),
            problem: "its name is not UTF-8".into(),
            source: None,
        })?;
        let bytes = files::read(path, left).map_err(|error| match error {
            StoreError::TooLarge { .. } => {
                StoreError::TooLarge { target: folder.display().to_string(), limit, unit: "bytes" }
            }
            other => other,
        })?;
        left = left.saturating_sub(files::length(&bytes));
        all.push((name, Bytes::from(bytes)));
    }
    Ok(all)
}

/// The path of a file in a folder, parted by `/`; `None` where it is no text.
fn inside(folder: &Path, path: &Path) -> Option<String> {
    let inside = path.strip_prefix(folder).unwrap_or(path);
    let parts: Option<Vec<&str>> =
        inside.components().map(|part| part.as_os_str().to_str()).collect();
    parts.map(|parts| parts.join("/"))
}

fn fault(path: &Path, source: std::io::Error) -> StoreError {
    StoreError::File { target: path.display().to_string(), source }
}

fn too_many(folder: &Path, limit: usize, unit: &'static str) -> StoreError {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    StoreError::TooLarge { target: folder.display().to_string(), limit, unit }
}
