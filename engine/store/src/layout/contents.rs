//! The files of a layout, from a folder or from a tar file.

use super::tarball::Tarball;
use crate::error::StoreError;
use crate::files;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the files of a layout are.
#[derive(Debug)]
pub(super) enum Contents {
    /// In a folder; the path is canonical.
    Folder(PathBuf),
    /// In a tar file.
    Tar(PathBuf, Arc<Tarball>),
}

impl Contents {
    /// A folder, by any path.
    pub(super) fn folder(path: &Path) -> Result<Self, StoreError> {
        let target = || path.display().to_string();
        path.canonicalize()
            .map(Self::Folder)
            .map_err(|source| StoreError::File { target: target(), source })
    }

    /// Reads a file; `None` where there is none.
    ///
    /// `name` is relative, parted by `/`, and made by us of checked parts.
    pub(super) fn read(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, StoreError> {
        match self {
            Self::Folder(root) => {
                let path = root.join(name);
                let fault =
                    |source| StoreError::File { target: path.display().to_string(), source };
                let real = match path.canonicalize() {
                    Ok(real) => real,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                    Err(error) => return Err(fault(error)),
                };
                if !real.starts_with(root) {
                    return Err(StoreError::Malformed {
                        target: path.display().to_string(),
                        problem: "a link that leads out of the layout is not followed".into(),
                        source: None,
                    });
                }
                files::read(&real, limit).map(Some)
            }
            Self::Tar(path, tarball) => tarball.read(path, name, limit),
        }
    }
}
