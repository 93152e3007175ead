//! The folder of a spool: who may use it, and which files in it are segments.

use super::error::{SpoolError, io_error};
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// What the name of a segment ends with; before it stands its number in 16 hexadecimal digits.
const EXTENSION: &str = "spool";

/// Makes the folder, for the owner only, and takes it for this process.
pub(super) fn take(directory: &Path) -> Result<File, SpoolError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map_err(io_error("making", directory))?;
    let path = directory.join("lock");
    let lock = private()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(io_error("opening", &path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(SpoolError::InUse { directory: directory.to_owned() }),
        Err(TryLockError::Error(source)) => Err(io_error("locking", path)(source)),
    }
}

/// The numbers of the segments, sorted. Files of other names are nobody's business here.
pub(super) fn segments(directory: &Path) -> Result<Vec<u64>, SpoolError> {
    let failed = || io_error("listing", directory);
    let mut numbers = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed())? {
        let name = entry.map_err(failed())?.file_name();
        numbers.extend(name.to_str().and_then(number));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

fn number(name: &str) -> Option<u64> {
    let (digits, extension) = name.split_once('.')?;
    let plain = digits.len() == 16 && !digits.starts_with('+') && extension == EXTENSION;
    if plain { u64::from_str_radix(digits, 16).ok() } else { None }
}

/// Where a segment stands.
pub(super) fn segment(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("{number:016x}.{EXTENSION}"))
}

/// Has the names in the folder written to the disk.
pub(super) fn sync(directory: &Path) -> Result<(), SpoolError> {
    // Elsewhere a folder cannot be opened as a file.
    if cfg!(unix) {
        let folder = File::open(directory).map_err(io_error("opening", directory))?;
        folder.sync_all().map_err(io_error("syncing", directory))?;
    }
    Ok(())
}

/// Options for a file that only its owner reads: what a policy was asked is nobody else's business.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Writes a file that only its owner reads.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    private().create(true).truncate(true).write(true).open(path)?.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_segments_are_segments() {
        assert_eq!(number("000000000000001f.spool"), Some(31));
        for name in
            ["1f.spool", "000000000000001f.bad", "000000000000001f", "+00000000000001f.spool"]
        {
            assert_eq!(number(name), None, "{name}");
        }
    }
}
