//! How far a spool was taken away: a small file beside the segments.
//!
//! It is replaced whole, by renaming. Where it is missing, damaged or old, records that were taken
//! away are read once more: a record is delivered at least once.

use super::error::{SpoolError, io_error};
use super::folder;
use std::fs;
use std::path::{Path, PathBuf};

const NAME: &str = "cursor";

/// A place in the spool: before it everything was taken away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The number of the segment.
    pub(super) segment: u64,
    /// The byte in the segment, from its first record on.
    pub(super) offset: u64,
    /// How many records of the segment lie before it.
    pub(super) records: u64,
}

fn path(directory: &Path) -> PathBuf {
    directory.join(NAME)
}

/// What the file says; `None` where it says nothing that holds.
pub(super) fn read(directory: &Path) -> Option<Place> {
    let bytes = fs::read(path(directory)).ok()?;
    let (numbers, sum) = bytes.split_at_checked(24)?;
    if sum != crc32fast::hash(numbers).to_le_bytes() {
        return None;
    }
    let (segment, rest) = numbers.split_first_chunk::<8>()?;
    let (offset, rest) = rest.split_first_chunk::<8>()?;
    let (records, _) = rest.split_first_chunk::<8>()?;
    Some(Place {
        segment: u64::from_le_bytes(*segment),
        offset: u64::from_le_bytes(*offset),
        records: u64::from_le_bytes(*records),
    })
}

/// Writes it anew.
pub(super) fn write(directory: &Path, place: Place) -> Result<(), SpoolError> {
    let mut bytes = Vec::with_capacity(28);
    for number in [place.segment, place.offset, place.records] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
    let (new, path) = (directory.join("cursor.new"), path(directory));
    folder::write_private(&new, &bytes).map_err(io_error("writing", &new))?;
    fs::rename(&new, &path).map_err(io_error("replacing", &path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_that_does_not_hold_is_none() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()), None);
        let place = Place { segment: 3, offset: 77, records: 2 };
        write(folder.path(), place).unwrap();
        assert_eq!(read(folder.path()), Some(place));
        let mut bytes = fs::read(path(folder.path())).unwrap();
        bytes[9] ^= 1;
        fs::write(path(folder.path()), &bytes).unwrap();
        assert_eq!(read(folder.path()), None);
        fs::write(path(folder.path()), b"short").unwrap();
        assert_eq!(read(folder.path()), None);
    }
}
