//! Reading a spool: at the start all of it, later what waits.

use super::cursor::Place;
use super::error::{SpoolError, io_error};
use super::record::{self, Found, HEAD};
use super::{MAX_RECORD_BYTES, SEGMENT_BYTES, Spool, SpoolPlace, folder};
use bytes::Bytes;
use std::cmp::Ordering;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// The most that is read of a segment: before its last append it was not full, and an append is
/// cut into pieces that are full with their last record. What is behind that nobody here wrote.
const MAX_SEGMENT_READ: u64 = 2 * SEGMENT_BYTES + MAX_RECORD_BYTES + (1 << 20);

/// A record that waits, and the place behind it.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The record.
    pub payload: Bytes,
    /// Where the next begins: what to take away up to, once this is delivered.
    pub end: SpoolPlace,
}

/// What a whole segment holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scanned {
    pub(super) records: u64,
    pub(super) damaged: u64,
    /// Where its last whole record ends.
    pub(super) end: u64,
    /// How many bytes stand behind that.
    pub(super) rest: u64,
}

pub(super) fn scan(path: &Path) -> Result<Scanned, SpoolError> {
    let bytes = contents(path, 0, MAX_SEGMENT_READ).map_err(io_error("reading", path))?;
    let (mut at, mut records, mut damaged) = (0, 0, 0);
    loop {
        match record::at(&bytes, at) {
            Found::Record { end, .. } => {
                records += 1;
                at = end;
            }
            Found::Damage { end } => {
                damaged += 1;
                at = end;
            }
            Found::Rest => {
                let rest = wide(bytes.len().saturating_sub(at));
                return Ok(Scanned { records, damaged, end: wide(at), rest });
            }
        }
    }
}

impl Spool {
    /// The oldest records behind a place, in order: as many as go into `max_bytes`, and one at
    /// least where one waits.
    ///
    /// # Errors
    /// Where a segment cannot be read.
    pub fn waiting(
        &mut self,
        after: SpoolPlace,
        max_bytes: u64,
    ) -> Result<Vec<Waiting>, SpoolError> {
        let mut place = super::at_most(after.0.max(self.taken), &self.segments);
        let mut found = Vec::new();
        let mut room = max_bytes;
        let last = self.segments.back().map_or(0, |segment| segment.number);
        loop {
            self.read_segment(&mut place, &mut room, &mut found)?;
            if room == 0 || place.segment >= last {
                return Ok(found);
            }
            let next = self.segments.iter().find(|segment| segment.number > place.segment);
            let Some(next) = next else { return Ok(found) };
            place = Place { segment: next.number, offset: 0, records: 0 };
        }
    }

    /// How many bytes of records stand behind a place, with what records cost themselves.
    #[must_use]
    pub fn bytes_behind(&self, place: SpoolPlace) -> u64 {
        let place = super::at_most(place.0.max(self.taken), &self.segments);
        let behind = self.segments.iter().map(|segment| match segment.number.cmp(&place.segment) {
            Ordering::Less => 0,
            Ordering::Equal => segment.bytes.saturating_sub(place.offset),
            Ordering::Greater => segment.bytes,
        });
        behind.sum()
    }

    /// Reads on in one segment; `room` is zero where it ended for want of room.
    fn read_segment(
        &mut self,
        place: &mut Place,
        room: &mut u64,
        found: &mut Vec<Waiting>,
    ) -> Result<(), SpoolError> {
        let number = place.segment;
        let Some(segment) = self.segments.iter_mut().find(|segment| segment.number == number)
        else {
            return Ok(());
        };
        let path = folder::segment(&self.config.directory, number);
        let mut wanted = room.saturating_add(wide(HEAD)).min(MAX_SEGMENT_READ);
        loop {
            let left = segment.bytes.saturating_sub(place.offset);
            let bytes = match contents(&path, place.offset, wanted.min(left)) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::NotFound => Bytes::new(),
                Err(error) => return Err(io_error("reading", path)(error)),
            };
            let is_all = wide(bytes.len()) >= left;
            let (mut at, mut read) = (0, 0);
            while at < bytes.len() {
                match record::at(&bytes, at) {
                    Found::Record { payload, end } => {
                        let size = wide(payload.len());
                        if size > *room && !found.is_empty() {
                            *room = 0;
                            return Ok(());
                        }
                        *room = room.saturating_sub(size);
                        place.offset += wide(end - at);
                        place.records += 1;
                        read += 1;
                        at = end;
                        found.push(Waiting { payload, end: SpoolPlace(*place) });
                    }
                    Found::Damage { end } => {
                        count_damage(&mut segment.damage_known, &mut self.damaged);
                        place.offset += wide(end - at);
                        at = end;
                    }
                    Found::Rest => break,
                }
            }
            if is_all {
                if at < bytes.len() || wide(bytes.len()) < left {
                    count_damage(&mut segment.damage_known, &mut self.damaged);
                }
                return Ok(());
            }
            if *room == 0 {
                return Ok(());
            }
            // Nothing whole in what was read: the record is larger.
            wanted = if read == 0 { MAX_SEGMENT_READ } else { room.saturating_add(wide(HEAD)) };
        }
    }
}

fn count_damage(known: &mut bool, damaged: &mut u64) {
    if !*known {
        *known = true;
        *damaged += 1;
    }
}

fn contents(path: &Path, from: u64, limit: u64) -> io::Result<Bytes> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes.into())
}

fn wide(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}
