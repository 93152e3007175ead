//! Events that wait in a spool, and in memory where the spool takes no more.
//!
//! Events are read from the spool a chunk or so at a time. What could not be written waits in
//! memory behind what is on disk, and is written before anything newer as soon as that works again.

use super::buffer::{Events, Outgoing, wide};
use super::chunk::{Chunk, Encoder};
use super::counters::{Count, Counters};
use bytes::Bytes;
use referee_core::error::chain;
use referee_store::spool::{Spool, SpoolError, SpoolPlace};
use std::collections::VecDeque;

/// Events in a spool.
#[derive(Debug)]
pub(crate) struct Spooled {
    spool: Spool,
    encoder: Encoder,
    /// How far the spool was read.
    read: SpoolPlace,
    /// Where the events end that wait in the encoder.
    ends: VecDeque<SpoolPlace>,
    /// Chunks, each with where its last event ends.
    ready: VecDeque<(Outgoing, SpoolPlace)>,
    numbers: u64,
    /// How many of the events that were read are on disk no more: the spool gave them up for newer
    /// ones. They are sent all the same, so they are not counted as dropped.
    only_here: u64,
    /// What could not be written.
    overflow: Events,
    /// Whether the chunk that was handed out last came from there.
    from_overflow: bool,
    damaged: u64,
}

impl Spooled {
    pub(super) fn new(spool: Spool, encoder: Encoder, max_bytes: u64) -> Self {
        let overflow = Events::new(encoder.like(), usize::MAX, max_bytes);
        Self {
            read: spool.start(),
            encoder,
            ends: VecDeque::new(),
            ready: VecDeque::new(),
            numbers: 0,
            only_here: 0,
            overflow,
            from_overflow: false,
            damaged: 0,
            spool,
        }
    }

    pub(super) fn push(&mut self, events: Vec<Bytes>, counters: &Counters) {
        let was_full = self.overflow.has_waiting();
        let mut all = self.overflow.take_waiting();
        all.extend(events);
        let appended = self.spool.append(&all);
        counters.add(Count::Spooled, wide(appended.done).saturating_sub(appended.refused));
        // Both what is given up and what was read are the oldest.
        let saved = appended.dropped.min(self.was_read().saturating_sub(self.only_here));
        self.only_here += saved;
        let dropped = appended.dropped.saturating_sub(saved) + appended.refused;
        counters.add(Count::BufferFull, dropped);
        counters.add(Count::BufferBytes, dropped);
        if let Some(error) = &appended.error {
            if !was_full {
                let error = chain(error);
                tracing::error!(error, "the spool takes no more: decisions wait in memory");
            }
            self.overflow.push(all.split_off(appended.done), counters);
        } else if was_full {
            tracing::info!("the spool takes decisions again");
        }
    }

    pub(super) fn next(
        &mut self,
        flush: bool,
        counters: &Counters,
    ) -> Result<Option<Outgoing>, SpoolError> {
        self.from_overflow = self.overflow.has_begun();
        if self.from_overflow {
            // It was begun when all that is on disk was delivered: what is there now is newer.
            return Ok(self.overflow.next_begun(true, counters));
        }
        while self.ready.is_empty() {
            let found = self.spool.waiting(self.read, wide(self.encoder.target()))?;
            let damaged = self.spool.damaged();
            counters.add(Count::SpoolDamaged, damaged.saturating_sub(self.damaged));
            self.damaged = damaged;
            if found.is_empty() {
                if flush && self.encoder.pending() > 0 {
                    let chunks = self.encoder.flush(counters);
                    self.keep(chunks);
                    continue;
                }
                break;
            }
            for record in found {
                self.read = record.end;
                self.ends.push_back(record.end);
                let chunks = self.encoder.push(record.payload, counters);
                self.keep(chunks);
            }
        }
        if let Some((next, _)) = self.ready.front() {
            return Ok(Some(next.clone()));
        }
        if self.encoder.pending() > 0 {
            return Ok(None);
        }
        // All that is older is delivered.
        let next = self.overflow.next(flush, counters);
        self.from_overflow = next.is_some();
        Ok(next)
    }

    fn keep(&mut self, chunks: Vec<Chunk>) {
        for chunk in chunks {
            let mut end = None;
            for _ in 0..chunk.events {
                end = self.ends.pop_front().or(end);
            }
            let Some(end) = end else { continue };
            match chunk.body {
                Some(body) => {
                    self.numbers += 1;
                    let number = self.numbers;
                    self.ready.push_back((Outgoing { body, events: chunk.events, number }, end));
                }
                // Dropped: it is passed with what comes before it, or with what comes next.
                None if self.ready.is_empty() => self.pass(end),
                None => {
                    if let Some((_, last)) = self.ready.back_mut() {
                        *last = end;
                    }
                }
            }
        }
    }

    pub(super) fn delivered(&mut self, number: u64) {
        if self.from_overflow {
            self.overflow.delivered(number);
            return;
        }
        if self.ready.front().is_some_and(|(first, _)| first.number == number)
            && let Some((sent, end)) = self.ready.pop_front()
        {
            self.only_here = self.only_here.saturating_sub(wide(sent.events));
            self.pass(end);
        }
    }

    /// How many events were read and are not delivered.
    fn was_read(&self) -> u64 {
        let ready: usize = self.ready.iter().map(|(chunk, _)| chunk.events).sum();
        wide(ready.saturating_add(self.ends.len()))
    }

    fn pass(&mut self, end: SpoolPlace) {
        if let Err(error) = self.spool.take_away(end) {
            let error = chain(&error);
            tracing::warn!(error, "delivered decisions may be delivered again after a restart");
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        let behind = self.spool.bytes_behind(self.read);
        !self.ready.is_empty() || behind >= wide(self.encoder.target())
    }

    pub(super) fn sync(&mut self, counters: &Counters) {
        if let Err(error) = self.spool.sync_if_due() {
            let error = chain(&error);
            tracing::error!(error, "the spool could not be forced to the disk");
        }
        if self.overflow.has_waiting() {
            self.push(Vec::new(), counters);
        }
    }

    pub(super) fn in_memory(&self) -> usize {
        let only_here = usize::try_from(self.only_here).unwrap_or(usize::MAX);
        self.overflow.len().saturating_add(only_here)
    }
}
