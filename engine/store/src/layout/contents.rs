//! The files of a layout, from a folder or from a tar file.

use super::tarball::Tarball;
use crate::error::StoreError;
use crate::files;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the files of a layout are.
#[derive(Debug)]
pub(crate) enum Contents {
    /// In a folder; the path is canonical.
    Folder(PathBuf),
    /// In a tar file.
    Tar(PathBuf, Arc<Tarball>),
}

impl Contents {
    /// A folder, by any path.
    pub(crate) fn folder(path: &Path) -> Result<Self, StoreError> {
        let target = || path.display().to_string();
        path.canonicalize()
            .map(Self::Folder)
            .map_err(|source| StoreError::File { target: target(), source })
    }

    /// Opens a file at its start, with its length; `None` where there is none.
    pub(crate) fn open(&self, name: &str) -> Result<Option<(File, u64)>, StoreError> {
        match self {
            Self::Folder(root) => {
                let Some(real) = inside(root, name)? else { return Ok(None) };
                let fault =
                    |source| StoreError::File { target: real.display().to_string(), source };
                // Asked before opening: opening a FIFO waits for its other end.
                let metadata = std::fs::metadata(&real).map_err(fault)?;
                if !metadata.is_file() {
                    let problem = "it is no regular file";
                    return Err(fault(io::Error::new(io::ErrorKind::InvalidInput, problem)));
                }
                Ok(Some((File::open(&real).map_err(fault)?, metadata.len())))
            }
            Self::Tar(path, tarball) => tarball.open(path, name),
        }
    }

    /// Reads a file; `None` where there is none.
    ///
    /// `name` is relative, parted by `/`, and made by us of checked parts.
    pub(crate) fn read(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, StoreError> {
        match self {
            Self::Folder(root) => {
                let Some(real) = inside(root, name)? else { return Ok(None) };
                files::read(&real, limit).map(Some)
            }
            Self::Tar(path, tarball) => tarball.read(path, name, limit),
        }
    }
}

/// The real path of a file in a folder; `None` where there is none.
fn inside(root: &Path, name: &str) -> Result<Option<PathBuf>, StoreError> {
    let path = root.join(name);
    let target = || path.display().to_string();
    let real = match path.canonicalize() {
        Ok(real) => real,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(StoreError::File { target: target(), source }),
    };
    if !real.starts_with(root) {
        return Err(StoreError::Malformed {
            target: target(),
            problem: "a link that leads out of the layout is not followed".into(),
            source: None,
        });
    }
    Ok(Some(real))
}
