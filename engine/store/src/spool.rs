//! Records that wait on disk: what must outlive an outage of its receiver, or this process.
//!
//! A spool is a folder of segments, files that only grow. Records are appended to the newest and
//! taken away from the oldest, in order; a segment whose records are all taken away is deleted.
//! Each record carries a checksum (`record`). After a crash all whole records are there again, a
//! torn tail is cut off, damage in the middle is passed over and counted, and records that were
//! taken away shortly before may come once more. Over its limit the spool gives up its oldest
//! segment, and says how many records that cost.
//!
//! What it refuses: a folder that another process uses, and records over [`MAX_RECORD_BYTES`].
//! It blocks: call it from a thread that may.

mod cursor;
mod error;
mod folder;
mod read;
mod record;
mod write;

pub use error::SpoolError;
pub use read::Waiting;
pub use write::Appended;

use cursor::Place;
use error::io_error;
use std::collections::VecDeque;
use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The largest record, in bytes: four times the default limit of a request's body on either way,
/// so that whatever was answered can be kept.
pub const MAX_RECORD_BYTES: u64 = 64 << 20;

/// The smallest spool: a few segments of the smallest size.
pub const MIN_SPOOL_BYTES: u64 = 64 << 10;

/// The size at which a segment is full: what is given up at once, and read at once at the start.
const SEGMENT_BYTES: u64 = 8 << 20;

/// When what was appended is forced to the disk. A crash of this process loses nothing either
/// way; this is about a crash of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpoolSync {
    /// When the system sees fit.
    Never,
    /// At the first append, or call of [`Spool::sync_if_due`], so long after the last time.
    Every(Duration),
    /// Before an append is reported as done.
    Always,
}

/// Where a spool stands and what it may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpoolConfig {
    /// The folder; it is made where it is missing, for its owner only.
    pub directory: PathBuf,
    /// The most bytes on disk, at least [`MIN_SPOOL_BYTES`].
    pub max_bytes: u64,
    /// When it is forced to the disk.
    pub sync: SpoolSync,
}

impl SpoolConfig {
    /// A quarter of the spool at most: over the limit one segment goes, and the others stay.
    fn segment_bytes(&self) -> u64 {
        SEGMENT_BYTES.min(self.max_bytes / 4)
    }

    fn max_record_bytes(&self) -> u64 {
        MAX_RECORD_BYTES.min(self.max_bytes / 4)
    }
}

/// What was found when a spool was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Records that wait to be taken away.
    pub records: u64,
    /// Places at which records were damaged: at least one record each is lost.
    pub damaged: u64,
    /// Bytes of a record that was not written to its end.
    pub torn_bytes: u64,
}

/// How far a spool was read: what was read up to here can be taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SpoolPlace(Place);

/// One segment, as far as it is known without reading it.
#[derive(Clone, Copy, Debug)]
struct Segment {
    number: u64,
    bytes: u64,
    records: u64,
    /// Whether damage in it has been counted.
    damage_known: bool,
}

/// A spool that this process uses.
#[derive(Debug)]
pub struct Spool {
    config: SpoolConfig,
    /// Held, not read: it keeps other processes out.
    _lock: File,
    /// From the oldest to the one that is written. Never empty.
    segments: VecDeque<Segment>,
    active: File,
    taken: Place,
    bytes: u64,
    damaged: u64,
    last_sync: Instant,
    is_synced: bool,
}

impl Spool {
    /// Opens a spool, or makes one. Reads all segments that are there.
    ///
    /// # Errors
    /// [`SpoolError`] where the folder is in use, cannot be used, or the limit is too small.
    pub fn open(config: SpoolConfig) -> Result<(Self, Recovered), SpoolError> {
        if config.max_bytes < MIN_SPOOL_BYTES {
            let (found, least) = (config.max_bytes, MIN_SPOOL_BYTES);
            return Err(SpoolError::TooSmall { found, least });
        }
        let directory = &config.directory;
        let lock = folder::take(directory)?;
        let cursor = cursor::read(directory).unwrap_or_default();
        let mut recovered = Recovered::default();
        let mut segments = VecDeque::new();
        let numbers = folder::segments(directory)?;
        for number in &numbers {
            let path = folder::segment(directory, *number);
            if *number < cursor.segment {
                fs::remove_file(&path).map_err(io_error("deleting", &path))?;
                continue;
            }
            let is_last = numbers.last() == Some(number);
            let scanned = read::scan(&path)?;
            if is_last && scanned.rest > 0 {
                write::truncate(&path, scanned.end)?;
                recovered.torn_bytes += scanned.rest;
            }
            recovered.damaged += scanned.damaged + u64::from(!is_last && scanned.rest > 0);
            segments.push_back(Segment {
                number: *number,
                bytes: scanned.end,
                records: scanned.records,
                damage_known: true,
            });
        }
        let next = segments.back().map_or(cursor.segment, |last| last.number);
        let open = segments.back().is_some_and(|last| last.bytes < config.segment_bytes());
        let number = if open { next } else { next.saturating_add(1) };
        let active = write::open(directory, number)?;
        if !open {
            segments.push_back(Segment::new(number));
        }
        let taken = at_most(cursor, &segments);
        let bytes = segments.iter().map(|segment| segment.bytes).sum();
        let last_sync = Instant::now();
        let mut spool = Self {
            config,
            _lock: lock,
            segments,
            active,
            taken,
            bytes,
            damaged: recovered.damaged,
            last_sync,
            is_synced: true,
        };
        if spool.config.sync != SpoolSync::Never {
            folder::sync(&spool.config.directory)?;
        }
        spool.give_back_what_was_taken();
        recovered.records = spool.len();
        Ok((spool, recovered))
    }

    /// How many records wait to be taken away.
    #[must_use]
    pub fn len(&self) -> u64 {
        let all: u64 = self.segments.iter().map(|segment| segment.records).sum();
        all.saturating_sub(self.taken.records)
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes the segments take.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// At how many places records were found damaged, since it was opened.
    #[must_use]
    pub fn damaged(&self) -> u64 {
        self.damaged
    }

    /// The place before the oldest record that waits.
    #[must_use]
    pub fn start(&self) -> SpoolPlace {
        SpoolPlace(self.taken)
    }

    /// Everything up to a place was delivered and need not be kept.
    ///
    /// # Errors
    /// Where this cannot be written down: the records are gone from here, but would come again
    /// after a restart.
    pub fn take_away(&mut self, upto: SpoolPlace) -> Result<(), SpoolError> {
        let upto = at_most(upto.0, &self.segments);
        if upto <= self.taken {
            return Ok(());
        }
        self.taken = upto;
        let waste = self.segments.back().is_some_and(|active| {
            self.segments.len() == 1
                && upto.offset >= active.bytes
                && active.bytes >= self.config.segment_bytes() / 4
        });
        if waste {
            self.rotate()?;
        }
        self.give_back_what_was_taken();
        cursor::write(&self.config.directory, self.taken)
    }

    /// Deletes the segments before the cursor. What cannot be deleted now is deleted when the
    /// spool is opened again.
    fn give_back_what_was_taken(&mut self) {
        while self.segments.len() > 1 {
            let Some(oldest) = self.segments.front().copied() else { return };
            let passed = self.taken.segment > oldest.number;
            let used_up = self.taken.segment == oldest.number && self.taken.offset >= oldest.bytes;
            if !passed && !used_up {
                return;
            }
            self.delete_oldest();
        }
    }

    /// Gives up the oldest segment; how many records went with it that were still wanted.
    fn delete_oldest(&mut self) -> u64 {
        let Some(oldest) = self.segments.pop_front() else { return 0 };
        self.bytes = self.bytes.saturating_sub(oldest.bytes);
        let path = folder::segment(&self.config.directory, oldest.number);
        if let Err(error) = fs::remove_file(&path) {
            tracing::warn!(path = %path.display(), %error, "a segment of a spool was not deleted");
        }
        let taken = if self.taken.segment == oldest.number { self.taken.records } else { 0 };
        if let Some(next) = self.segments.front()
            && self.taken.segment < next.number
        {
            self.taken = Place { segment: next.number, offset: 0, records: 0 };
        }
        oldest.records.saturating_sub(taken)
    }
}

impl Segment {
    fn new(number: u64) -> Self {
        Self { number, bytes: 0, records: 0, damage_known: false }
    }
}

/// A place as far as there are segments for it.
fn at_most(place: Place, segments: &VecDeque<Segment>) -> Place {
    let (Some(first), Some(last)) = (segments.front(), segments.back()) else { return place };
    let whole = |segment: &Segment| Place {
        segment: segment.number,
        offset: segment.bytes,
        records: segment.records,
    };
    if place.segment < first.number {
        return Place { segment: first.number, offset: 0, records: 0 };
    }
    if place.segment > last.number {
        return whole(last);
    }
    match segments.iter().find(|segment| segment.number == place.segment) {
        Some(segment) if place.offset > segment.bytes => whole(segment),
        _ => place,
    }
}
