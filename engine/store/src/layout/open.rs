//! A layout that was opened: its version checked, its index read.

use super::contents::Contents;
use super::tarball::Tarball;
use crate::error::StoreError;
use crate::files::length;
use bytes::Bytes;
use referee_core::oci::Document;
use referee_core::{Digest, Index, Limits};
use serde::Deserialize;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The largest `oci-layout` file, in bytes. It holds one short field.
const MAX_MARKER_BYTES: u64 = 4 * 1024;

/// An opened layout.
#[derive(Debug)]
pub(super) struct Layout {
    /// What errors call it.
    pub(super) name: String,
    pub(super) index: Index,
    pub(super) limits: Limits,
    contents: Contents,
}

/// The `oci-layout` file (image-spec `image-layout.md`, "oci-layout file").
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Marker {
    image_layout_version: String,
}

impl Layout {
    /// Opens a layout. `tarball` gives the table of contents of a tar file.
    pub(super) fn open(
        path: &Path,
        limits: &Limits,
        tarball: impl FnOnce(&Path) -> Result<Arc<Tarball>, StoreError>,
    ) -> Result<Self, StoreError> {
        let name = format!("oci-layout:{}", path.display());
        let fault = |source| StoreError::File { target: name.clone(), source };
        let metadata = std::fs::metadata(path).map_err(fault)?;
        let contents = if metadata.is_dir() {
            Contents::folder(path)?
        } else if metadata.is_file() {
            Contents::Tar(path.to_owned(), tarball(path)?)
        } else {
            let problem = "neither a folder nor a tar file";
            return Err(fault(io::Error::new(io::ErrorKind::InvalidInput, problem)));
        };
        let malformed =
            |problem: &str, source: Option<Box<dyn std::error::Error + Send + Sync>>| {
                StoreError::Malformed { target: name.clone(), problem: problem.into(), source }
            };
        let marker = contents
            .read("oci-layout", MAX_MARKER_BYTES)?
            .ok_or_else(|| malformed("not an OCI layout: there is no file `oci-layout`", None))?;
        let marker: Marker = serde_json::from_slice(&marker)
            .map_err(|e| malformed("the file `oci-layout` cannot be read", Some(Box::new(e))))?;
        let minor = marker.image_layout_version.strip_prefix("1.0.").unwrap_or("");
        if minor.is_empty() || !minor.bytes().all(|byte| byte.is_ascii_digit()) {
            let version: String = marker.image_layout_version.chars().take(40).collect();
            let problem = format!("OCI layout version {version:?} is not known, 1.0.0 is");
            return Err(malformed(&problem, None));
        }
        let index = contents
            .read("index.json", limits.max_manifest_bytes)?
            .ok_or_else(|| malformed("not an OCI layout: there is no file `index.json`", None))?;
        let index = match Document::parse(&index, "") {
            Ok((Document::Index(index), _)) => index,
            Ok(_) => return Err(malformed("`index.json` is no image index", None)),
            Err(error) => {
                return Err(malformed("`index.json` cannot be read", Some(Box::new(error))));
            }
        };
        Ok(Self { name, index, limits: limits.clone(), contents })
    }

    /// Opens a blob at its start; nothing but its length is checked yet.
    pub(super) fn open_blob(&self, digest: &Digest, size: u64) -> Result<File, StoreError> {
        let target = format!("{} blob {digest}", self.name);
        let name = format!("blobs/{}/{}", digest.algorithm().as_str(), digest.hex());
        match self.contents.open(&name)? {
            None => Err(StoreError::NotFound { target }),
            Some((_, found)) if found != size => {
                Err(StoreError::SizeMismatch { target, expected: size, found })
            }
            Some((file, _)) => Ok(file),
        }
    }

    /// Reads a blob and checks its digest, and its size where that is known.
    pub(super) fn blob(
        &self,
        digest: &Digest,
        size: Option<u64>,
        limit: u64,
    ) -> Result<Bytes, StoreError> {
        let target = format!("{} blob {digest}", self.name);
        if size.is_some_and(|size| size > limit) {
            return Err(StoreError::TooLarge { target, limit, unit: "bytes" });
        }
        let name = format!("blobs/{}/{}", digest.algorithm().as_str(), digest.hex());
        let Some(bytes) = self.contents.read(&name, limit)? else {
            return Err(StoreError::NotFound { target });
        };
        let found = length(&bytes);
        if let Some(expected) = size
            && expected != found
        {
            return Err(StoreError::SizeMismatch { target, expected, found });
        }
        let found = Digest::of(digest.algorithm(), &bytes);
        if found != *digest {
            return Err(StoreError::DigestMismatch { target, found });
        }
        Ok(bytes.into())
    }
}
