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

/// Reads a whole file that is there, and no pipe.
///
/// # Errors
/// Where it cannot be read, is no regular file, or is larger than `limit` bytes.
pub(crate) fn read_bytes(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    bytes_of(File::open(path)?, limit)
}

/// Reads a stream to its end.
///
/// # Errors
/// Where it cannot be read, is longer than `limit` bytes or is not UTF-8.
pub(crate) fn read_stream(stream: impl Read, limit: u64) -> io::Result<String> {
    String::from_utf8(bytes_of(stream, limit)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let message = format!("it is not UTF-8 text: byte {at} does not fit");
        io::Error::new(io::ErrorKind::InvalidData, message)
    })
}

fn bytes_of(stream: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // Bytes first: what is too large is told so, wherever in a character it is cut off.
    stream.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        let message = format!("it is larger than {}", told(limit));
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// A number of bytes for a reader.
fn told(bytes: u64) -> String {
    const MIB: u64 = 1 << 20;
    if bytes >= MIB && bytes.is_multiple_of(MIB) {
        return format!("{} MiB", bytes >> 20);
    }
    format!("{bytes} bytes")
}

/// What can be done about a file that is too large.
pub(crate) fn hint(error: &io::Error) -> Option<String> {
    (error.kind() == io::ErrorKind::FileTooLarge).then(|| {
        "the limits are settings: limits.max_policy_file_bytes for modules, \
         limits.max_policy_data_bytes for data, input, schemas and capabilities"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_or_no_text_is_told_as_such() {
        let read = |bytes: &[u8], limit| read_stream(bytes, limit).unwrap_err().to_string();
        assert_eq!(read("aä".as_bytes(), 2), "it is larger than 2 bytes");
        assert_eq!(read(&[0; 1_048_577], 1 << 20), "it is larger than 1 MiB");
        assert_eq!(read(b"ab\xff", 9), "it is not UTF-8 text: byte 2 does not fit");
        assert_eq!(read_stream("ä".as_bytes(), 2).unwrap(), "ä");
    }
}
