//! Reading a file that somebody named: bounded, and only if it is a file.

use crate::error::StoreError;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// Reads a whole file.
///
/// # Errors
/// [`StoreError::File`] where there is none, it cannot be opened, or it is no regular file (a
/// FIFO would wait for ever); [`StoreError::TooLarge`] where it is larger than `limit` bytes.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, StoreError> {
    let target = || path.display().to_string();
    let fault = |source| StoreError::File { target: target(), source };
    // Asked before opening: opening a FIFO waits for its other end.
    let metadata = std::fs::metadata(path).map_err(fault)?;
    if metadata.is_dir() {
        return Err(fault(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder")));
    }
    if !metadata.is_file() {
        return Err(fault(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file")));
    }
    let too_large = || StoreError::TooLarge { target: target(), limit, unit: "bytes" };
    if metadata.len() > limit {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(fault)?;
    // It may have grown since.
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(fault)?;
    if length(&bytes) > limit {
        return Err(too_large());
    }
    Ok(bytes)
}

/// As [`read`], and the bytes must be UTF-8.
///
/// # Errors
/// As [`read`]; [`StoreError::Malformed`] where the bytes are not UTF-8.
pub(crate) fn read_text(path: &Path, limit: u64) -> Result<String, StoreError> {
    String::from_utf8(read(path, limit)?).map_err(|error| StoreError::Malformed {
        target: path.display().to_string(),
        problem: "not UTF-8".into(),
        source: Some(Box::new(error.utf8_error())),
    })
}

/// How many bytes there are, as limits count them.
pub(crate) fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// Runs work that blocks on the file system, away from the threads that serve others.
///
/// # Errors
/// What the work answers; [`StoreError::Internal`] where it panicked.
pub(crate) async fn blocking<T, F>(target: String, work: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, StoreError> + Send + 'static,
{
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(StoreError::Internal { target }))
}
