//! Unpacks archives in memory.
//!
//! Folders and the headers that only describe an archive are passed over. Refused: links, devices
//! and whatever else is no file; names that lead out; two files of one path; what is over the
//! limits, cut off or damaged, and bytes after the end.

use super::gzip::{Failure, Members};
use crate::files::{ArchiveError, Files};
use crate::limits::BundleLimits;
use crate::path;
use std::io::{self, Read};
use tar::EntryType;

/// So many bytes of a file are made room for before any of them is there.
const ROOM: u64 = 1024 * 1024;

/// Unpacks an archive.
///
/// # Errors
/// As of [`Files::unpack`].
pub(crate) fn unpack(packed: impl Read, limits: &BundleLimits) -> Result<Files, ArchiveError> {
    let members = match Members::open(packed, limits.max_packed_bytes) {
        Ok(Some(members)) => members,
        Ok(None) => return Err(ArchiveError::NotGzip),
        Err(failure) => return Err(of_failure(failure, limits)),
    };
    // Besides the files there are headers of 512 bytes, names that do not fit into them, and padding.
    let headers = u64::from(limits.max_files).saturating_mul(2 * 1024).saturating_add(64 * 1024);
    let most = limits.max_unpacked_bytes.saturating_add(headers).saturating_add(1);
    let mut archive = tar::Archive::new(members.take(most));
    let mut files = Files::default();
    let read = collect(&mut archive, limits, &mut files);
    let mut rest = archive.into_inner();
    let ended = read.and_then(|()| end(&mut rest));
    if let Some(failure) = rest.get_mut().failure() {
        return Err(of_failure(failure, limits));
    }
    // What is cut off by the limit looks like an archive that is cut off.
    if rest.limit() == 0 {
        return Err(ArchiveError::UnpackedTooLarge { limit: limits.max_unpacked_bytes });
    }
    ended?;
    files.set_packed(rest.get_ref().packed());
    Ok(files)
}

fn of_failure(failure: Failure, limits: &BundleLimits) -> ArchiveError {
    match failure {
        Failure::Source(error) => ArchiveError::Read(error),
        Failure::TooMany => ArchiveError::PackedTooLarge { limit: limits.max_packed_bytes },
        Failure::Truncated => ArchiveError::Truncated,
        Failure::Damaged => ArchiveError::Damaged,
        Failure::Trailing => ArchiveError::TrailingBytes,
    }
}

fn collect(
    archive: &mut tar::Archive<impl Read>,
    limits: &BundleLimits,
    files: &mut Files,
) -> Result<(), ArchiveError> {
    let mut seen = 0_u32;
    let entries = archive.entries().map_err(ArchiveError::Read)?;
    for entry in entries {
        let mut entry = entry.map_err(|_| match seen {
            0 => ArchiveError::NotTar,
            after => ArchiveError::TarDamaged { after },
        })?;
        seen = seen.saturating_add(1);
        if seen > limits.max_files {
            return Err(ArchiveError::TooManyFiles { limit: limits.max_files });
        }
        let kind = entry.header().entry_type();
        if kind == EntryType::XGlobalHeader {
            continue;
        }
        let name = entry.path_bytes();
        let path = path::normalized(&name, limits)?;
        let name = String::from_utf8_lossy(&name).into_owned();
        if kind.is_dir() {
            continue;
        }
        let path = path.ok_or_else(|| ArchiveError::NameControl { name: String::new() })?;
        if !kind.is_file() {
            return Err(ArchiveError::NotAFile { path, kind: named(kind) });
        }
        let size = entry.size();
        files.room_for(&path, size, limits)?;
        let room = usize::try_from(size.min(ROOM)).unwrap_or_default();
        let mut bytes = Vec::with_capacity(room);
        let read = entry.read_to_end(&mut bytes);
        if read.is_err() || u64::try_from(bytes.len()).ok() != Some(size) {
            return Err(ArchiveError::Truncated);
        }
        bytes.shrink_to_fit();
        files.push(path, name, bytes)?;
    }
    if seen == 0 { Err(ArchiveError::NotTar) } else { Ok(()) }
}

/// Reads to the end, at which gzip has its checksum. An archive ends with blocks of zeros.
fn end(rest: &mut impl Read) -> Result<(), ArchiveError> {
    let mut buffer = [0; 4096];
    loop {
        match rest.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => {
                if buffer.iter().take(read).any(|byte| *byte != 0) {
                    return Err(ArchiveError::TrailingBytes);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(ArchiveError::Read(error)),
        }
    }
}

fn named(kind: EntryType) -> &'static str {
    match kind {
        EntryType::Link => "a hard link",
        EntryType::Symlink => "a symbolic link",
        EntryType::Char | EntryType::Block => "a device",
        EntryType::Fifo => "a pipe",
        EntryType::GNUSparse => "a sparse file",
        _ => "of an unknown type",
    }
}
