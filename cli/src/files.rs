//! Reading a file or standard input that somebody named: bounded, and only as text.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Reads a whole text file.
///
/// # Errors
/// Where it cannot be read, is a folder, is larger than `limit` bytes or is not UTF-8.
pub(crate) fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    // A FIFO is welcome: `--input <(referee facts …)` is one.
    let metadata = std::fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    read_stream(File::open(path)?, limit)
}

/// Reads a stream to its end.
///
/// # Errors
/// Where it cannot be read, is longer than `limit` bytes or is not UTF-8.
pub(crate) fn read_stream(stream: impl Read, limit: u64) -> io::Result<String> {
    let mut text = String::new();
    stream.take(limit.saturating_add(1)).read_to_string(&mut text)?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > limit {
        let message = format!("it is larger than {limit} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(text)
}
