//! The files of evidence as a folder or a tar file: written in one move, the tar file the same
//! bytes whenever the files are.

use super::error::EvidenceError;
use crate::error::StoreError;
use crate::files::length;
use crate::layout::contents::Contents;
use crate::layout::tarball::Tarball;
use bytes::Bytes;
use referee_core::Digest;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The name of a blob.
pub(super) fn blob_name(digest: &Digest) -> String {
    format!("blobs/{}/{}", digest.algorithm().as_str(), digest.hex())
}

fn unwritable(path: &Path) -> impl Fn(io::Error) -> StoreError {
    move |source| StoreError::Unwritable { target: path.display().to_string(), source }
}

/// Writes files to a folder, or to a tar file where the name ends in `.tar`.
pub(super) fn write(path: &Path, files: &BTreeMap<String, Bytes>) -> Result<(), EvidenceError> {
    let tar = path.extension() == Some(OsStr::new("tar"));
    check_free(path, tar)?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(unwritable(parent))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = parent.join(format!(".{name}.partial-{:016x}", fastrand::u64(..)));
    let written = if tar { write_tar(&beside, files) } else { write_folder(&beside, files) };
    let moved = written.and_then(|()| fs::rename(&beside, path).map_err(unwritable(path)));
    if moved.is_err() {
        // What is left of it is of no use; that it cannot be removed is the lesser trouble.
        let _left = if tar { fs::remove_file(&beside) } else { fs::remove_dir_all(&beside) };
    }
    Ok(moved?)
}

fn check_free(path: &Path, tar: bool) -> Result<(), EvidenceError> {
    let exists = || EvidenceError::Exists { path: path.to_owned() };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(unwritable(path)(error).into()),
        Ok(metadata) if metadata.is_dir() && !tar => {
            let mut entries = fs::read_dir(path).map_err(unwritable(path))?;
            if entries.next().is_none() { Ok(()) } else { Err(exists()) }
        }
        Ok(_) => Err(exists()),
    }
}

fn write_folder(root: &Path, files: &BTreeMap<String, Bytes>) -> Result<(), StoreError> {
    fs::create_dir(root).map_err(unwritable(root))?;
    for (name, bytes) in files {
        let path = root.join(name);
        let write = || {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            let mut file = File::create(&path)?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        write().map_err(unwritable(&path))?;
    }
    Ok(())
}

fn write_tar(path: &Path, files: &BTreeMap<String, Bytes>) -> Result<(), StoreError> {
    let write = || {
        let mut archive = tar::Builder::new(io::BufWriter::new(File::create(path)?));
        for (name, bytes) in files {
            let mut header = tar::Header::new_ustar();
            header.set_entry_type(tar::EntryType::Regular);
            header.set_size(length(bytes));
            header.set_mode(0o644);
            header.set_mtime(0);
            header.set_uid(0);
            header.set_gid(0);
            archive.append_data(&mut header, name, bytes.as_ref())?;
        }
        archive.into_inner()?.into_inner().map_err(|error| error.into_error())?.sync_all()
    };
    write().map_err(unwritable(path))
}

/// Opens a folder or a tar file.
pub(super) fn open(path: &Path, limit: u64) -> Result<Contents, StoreError> {
    let fault = |source| StoreError::File { target: path.display().to_string(), source };
    let metadata = fs::metadata(path).map_err(fault)?;
    if metadata.is_dir() {
        return Contents::folder(path);
    }
    Ok(Contents::Tar(PathBuf::from(path), Arc::new(Tarball::index(path, limit)?)))
}
