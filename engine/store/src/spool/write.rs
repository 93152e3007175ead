//! Appending to a spool, and making room in it.

use super::error::{SpoolError, io_error};
use super::record;
use super::{Segment, Spool, SpoolSync, folder};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

/// What came of appending.
#[derive(Debug, Default)]
pub struct Appended {
    /// How many of the records, from the first on, need no further care: they are in the spool or
    /// were refused.
    pub done: usize,
    /// How many of these were refused because they are too large.
    pub refused: u64,
    /// How many older records were given up to make room.
    pub dropped: u64,
    /// Why it ended before all were done.
    pub error: Option<SpoolError>,
}

pub(super) fn open(directory: &Path, number: u64) -> Result<File, SpoolError> {
    let path = folder::segment(directory, number);
    folder::private().create(true).append(true).open(&path).map_err(io_error("opening", path))
}

pub(super) fn truncate(path: &Path, bytes: u64) -> Result<(), SpoolError> {
    let file = OpenOptions::new().write(true).open(path).map_err(io_error("opening", path))?;
    file.set_len(bytes).map_err(io_error("cutting", path))
}

impl Spool {
    /// Appends records in their order. They are with the system when this returns, so that a crash
    /// of this process does not lose them.
    pub fn append<R: AsRef<[u8]>>(&mut self, records: &[R]) -> Appended {
        let mut appended = Appended::default();
        let (mut buffer, mut buffered, mut refused) = (Vec::new(), 0_usize, 0);
        let limit = self.config.max_record_bytes();
        for record in records {
            let record = record.as_ref();
            let size = u64::try_from(record.len()).unwrap_or(u64::MAX);
            let length = u32::try_from(record.len()).ok().filter(|_| size <= limit);
            match length {
                Some(length) => record::push(&mut buffer, record, length),
                None => refused += 1,
            }
            buffered += 1;
            if wide(buffer.len()) >= self.config.segment_bytes() {
                self.flush(&mut buffer, &mut buffered, &mut refused, &mut appended);
                if appended.error.is_some() {
                    return appended;
                }
            }
        }
        self.flush(&mut buffer, &mut buffered, &mut refused, &mut appended);
        if appended.error.is_none() && self.config.sync != SpoolSync::Never {
            appended.error = self.sync_if_due().err();
        }
        appended
    }

    fn flush(
        &mut self,
        buffer: &mut Vec<u8>,
        buffered: &mut usize,
        refused: &mut u64,
        appended: &mut Appended,
    ) {
        let kept = wide(*buffered).saturating_sub(*refused);
        if let Err(error) = self.put(buffer, kept, &mut appended.dropped) {
            appended.error = Some(error);
            return;
        }
        appended.done += *buffered;
        appended.refused += *refused;
        buffer.clear();
        (*buffered, *refused) = (0, 0);
    }

    fn put(&mut self, bytes: &[u8], records: u64, dropped: &mut u64) -> Result<(), SpoolError> {
        if records == 0 {
            return Ok(());
        }
        if self.segments.back().is_some_and(|active| active.bytes >= self.config.segment_bytes()) {
            self.rotate()?;
        }
        while self.bytes.saturating_add(wide(bytes.len())) > self.config.max_bytes && self.bytes > 0
        {
            if self.segments.len() == 1 {
                self.rotate()?;
            }
            *dropped += self.delete_oldest();
        }
        let written = match self.write(bytes, records) {
            // What was delivered may take just the room that is missing.
            Err(_) if self.is_empty() && self.bytes > 0 => {
                self.rotate()?;
                self.give_back_what_was_taken();
                self.write(bytes, records)
            }
            written => written,
        };
        if written.is_ok() {
            self.bytes += wide(bytes.len());
        }
        written
    }

    fn write(&mut self, bytes: &[u8], records: u64) -> Result<(), SpoolError> {
        let Some(active) = self.segments.back_mut() else { return Ok(()) };
        let path = folder::segment(&self.config.directory, active.number);
        self.is_synced = false;
        if let Err(source) = self.active.write_all(bytes) {
            // What got in of it would look like damage; cutting it off needs no space.
            if self.active.set_len(active.bytes).is_err() {
                self.rotate()?;
            }
            return Err(io_error("writing", path)(source));
        }
        active.bytes += wide(bytes.len());
        active.records += records;
        Ok(())
    }

    /// Goes on in a new segment.
    pub(super) fn rotate(&mut self) -> Result<(), SpoolError> {
        let number = self.segments.back().map_or(0, |last| last.number.saturating_add(1));
        if self.config.sync != SpoolSync::Never {
            self.sync()?;
        }
        self.active = open(&self.config.directory, number)?;
        self.segments.push_back(Segment::new(number));
        if self.config.sync != SpoolSync::Never {
            folder::sync(&self.config.directory)?;
        }
        Ok(())
    }

    /// Forces what was appended to the disk where the configuration wants it by now.
    ///
    /// # Errors
    /// Where the disk does not take it.
    pub fn sync_if_due(&mut self) -> Result<(), SpoolError> {
        let due = match self.config.sync {
            SpoolSync::Never => false,
            SpoolSync::Every(time) => self.last_sync.elapsed() >= time,
            SpoolSync::Always => true,
        };
        if due { self.sync() } else { Ok(()) }
    }

    /// Forces what was appended to the disk.
    ///
    /// # Errors
    /// Where the disk does not take it.
    pub fn sync(&mut self) -> Result<(), SpoolError> {
        if !self.is_synced {
            self.active.sync_data().map_err(io_error("syncing", &self.config.directory))?;
            self.is_synced = true;
        }
        self.last_sync = Instant::now();
        Ok(())
    }
}

fn wide(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}
