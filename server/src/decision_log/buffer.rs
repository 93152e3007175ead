//! Events that wait for the collector: in memory as chunks or each for itself, or in a spool.
//!
//! What is handed out to be sent stays here until it is told to be delivered, so a failed upload
//! loses nothing and changes no order. Where there is no room the oldest go first, and are counted.

use super::chunk::{Chunk, Encoder};
use super::config::Waiting;
use super::counters::{Count, Counters};
use super::spooled::Spooled;
use bytes::Bytes;
use referee_store::spool::{Recovered, Spool, SpoolError};
use std::collections::VecDeque;

/// A chunk to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) body: Bytes,
    pub(crate) events: usize,
    /// Its number: what is delivered is told by it.
    pub(super) number: u64,
}

/// Events that wait.
#[derive(Debug)]
pub(crate) enum Buffer {
    Chunks(Chunks),
    Events(Events),
    Spool(Spooled),
}

impl Buffer {
    /// Blocks where there is a spool to be read.
    ///
    /// # Errors
    /// [`SpoolError`] where the spool cannot be used.
    pub(crate) fn open(
        waiting: &Waiting,
        upload_limit: u64,
    ) -> Result<(Self, Recovered), SpoolError> {
        let encoder = Encoder::new(upload_limit);
        Ok(match waiting {
            Waiting::Chunks { max_bytes } => {
                (Self::Chunks(Chunks::new(encoder, *max_bytes)), Recovered::default())
            }
            Waiting::Events { max_events, max_bytes } => {
                (Self::Events(Events::new(encoder, *max_events, *max_bytes)), Recovered::default())
            }
            Waiting::Spool { spool, max_bytes } => {
                let (spool, recovered) = Spool::open(spool.clone())?;
                (Self::Spool(Spooled::new(spool, encoder, *max_bytes)), recovered)
            }
        })
    }

    /// Takes events in their order.
    pub(crate) fn push(&mut self, events: Vec<Bytes>, counters: &Counters) {
        match self {
            Self::Chunks(chunks) => chunks.push(events, counters),
            Self::Events(waiting) => waiting.push(events, counters),
            Self::Spool(spool) => spool.push(events, counters),
        }
    }

    /// The oldest chunk, where there is one: without `flush` only one that is full.
    ///
    /// # Errors
    /// [`SpoolError`] where the spool cannot be read.
    pub(crate) fn next(
        &mut self,
        flush: bool,
        counters: &Counters,
    ) -> Result<Option<Outgoing>, SpoolError> {
        match self {
            Self::Chunks(chunks) => Ok(chunks.next(flush, counters)),
            Self::Events(waiting) => Ok(waiting.next(flush, counters)),
            Self::Spool(spool) => spool.next(flush, counters),
        }
    }

    /// A chunk was delivered.
    pub(crate) fn delivered(&mut self, sent: &Outgoing) {
        match self {
            Self::Chunks(chunks) => chunks.delivered(sent.number),
            Self::Events(waiting) => waiting.delivered(sent.number),
            Self::Spool(spool) => spool.delivered(sent.number),
        }
    }

    /// Whether there may be a full chunk.
    pub(crate) fn is_ready(&self) -> bool {
        match self {
            Self::Chunks(chunks) => !chunks.ready.is_empty(),
            Self::Events(waiting) => waiting.is_ready(),
            Self::Spool(spool) => spool.is_ready(),
        }
    }

    /// Has a spool forced to the disk where that is due.
    pub(crate) fn sync(&mut self, counters: &Counters) {
        if let Self::Spool(spool) = self {
            spool.sync(counters);
        }
    }

    /// How many events are lost if this ends now.
    pub(crate) fn in_memory(&self) -> usize {
        match self {
            Self::Chunks(chunks) => {
                let ready: usize = chunks.ready.iter().map(|chunk| chunk.events).sum();
                ready + chunks.encoder.pending()
            }
            Self::Events(waiting) => waiting.len(),
            Self::Spool(spool) => spool.in_memory(),
        }
    }
}

/// Chunks in memory: OPA's buffer of type `size`.
#[derive(Debug)]
pub(crate) struct Chunks {
    encoder: Encoder,
    ready: VecDeque<Outgoing>,
    bytes: u64,
    max_bytes: u64,
    numbers: u64,
    /// The one that is being sent; it is not dropped.
    sending: Option<u64>,
}

impl Chunks {
    fn new(encoder: Encoder, max_bytes: u64) -> Self {
        let ready = VecDeque::new();
        Self { encoder, ready, bytes: 0, max_bytes, numbers: 0, sending: None }
    }

    fn push(&mut self, events: Vec<Bytes>, counters: &Counters) {
        for event in events {
            let chunks = self.encoder.push(event, counters);
            self.keep(chunks, counters);
        }
    }

    fn keep(&mut self, chunks: Vec<Chunk>, counters: &Counters) {
        for chunk in chunks {
            let Some(body) = chunk.body else { continue };
            self.bytes += length(&body);
            self.numbers += 1;
            self.ready.push_back(Outgoing { body, events: chunk.events, number: self.numbers });
        }
        while self.bytes > self.max_bytes {
            let oldest = usize::from(self.front_is_sent());
            let Some(dropped) = self.ready.remove(oldest) else { return };
            self.bytes = self.bytes.saturating_sub(length(&dropped.body));
            count_dropped(counters, dropped.events);
            counters.add(Count::BufferBytes, wide(dropped.events));
        }
    }

    fn front_is_sent(&self) -> bool {
        self.ready.front().is_some_and(|first| self.sending == Some(first.number))
    }

    fn next(&mut self, flush: bool, counters: &Counters) -> Option<Outgoing> {
        if self.ready.is_empty() && flush {
            let chunks = self.encoder.flush(counters);
            self.keep(chunks, counters);
        }
        let next = self.ready.front().cloned();
        self.sending = next.as_ref().map(|next| next.number);
        next
    }

    fn delivered(&mut self, number: u64) {
        if self.ready.front().is_some_and(|first| first.number == number)
            && let Some(sent) = self.ready.pop_front()
        {
            self.bytes = self.bytes.saturating_sub(length(&sent.body));
        }
        self.sending = None;
    }
}

/// Events in memory: OPA's buffer of type `event`.
#[derive(Debug)]
pub(crate) struct Events {
    encoder: Encoder,
    waiting: VecDeque<Bytes>,
    bytes: u64,
    max_events: usize,
    max_bytes: u64,
    ready: VecDeque<Outgoing>,
    numbers: u64,
}

impl Events {
    pub(super) fn new(encoder: Encoder, max_events: usize, max_bytes: u64) -> Self {
        let (waiting, ready) = (VecDeque::new(), VecDeque::new());
        Self { encoder, waiting, bytes: 0, max_events, max_bytes, ready, numbers: 0 }
    }

    pub(super) fn push(&mut self, events: Vec<Bytes>, counters: &Counters) {
        for event in events {
            self.bytes += length(&event);
            self.waiting.push_back(event);
            while self.waiting.len() > self.max_events || self.bytes > self.max_bytes {
                let by_bytes = self.bytes > self.max_bytes;
                let Some(dropped) = self.waiting.pop_front() else { break };
                self.bytes = self.bytes.saturating_sub(length(&dropped));
                count_dropped(counters, 1);
                counters.add(Count::BufferBytes, u64::from(by_bytes));
            }
        }
    }

    pub(super) fn next(&mut self, flush: bool, counters: &Counters) -> Option<Outgoing> {
        while self.ready.is_empty() && !self.waiting.is_empty() {
            if let Some(event) = self.waiting.pop_front() {
                self.bytes = self.bytes.saturating_sub(length(&event));
                let chunks = self.encoder.push(event, counters);
                self.keep(chunks);
            }
        }
        self.next_begun(flush, counters)
    }

    /// The same without what is not in a chunk yet.
    pub(super) fn next_begun(&mut self, flush: bool, counters: &Counters) -> Option<Outgoing> {
        if self.ready.is_empty() && flush {
            let chunks = self.encoder.flush(counters);
            self.keep(chunks);
        }
        self.ready.front().cloned()
    }

    fn keep(&mut self, chunks: Vec<Chunk>) {
        for chunk in chunks {
            let Some(body) = chunk.body else { continue };
            self.numbers += 1;
            self.ready.push_back(Outgoing { body, events: chunk.events, number: self.numbers });
        }
    }

    /// Whether chunks have been begun that are not delivered.
    pub(super) fn has_begun(&self) -> bool {
        !self.ready.is_empty() || self.encoder.pending() > 0
    }

    pub(super) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub(super) fn delivered(&mut self, number: u64) {
        if self.ready.front().is_some_and(|first| first.number == number) {
            self.ready.pop_front();
        }
    }

    /// Text is a guess at a chunk; [`Events::next`] knows.
    fn is_ready(&self) -> bool {
        !self.ready.is_empty() || self.bytes >= wide(self.encoder.target())
    }

    pub(super) fn len(&self) -> usize {
        let ready: usize = self.ready.iter().map(|chunk| chunk.events).sum();
        self.waiting.len() + self.encoder.pending() + ready
    }

    /// All that waits and is not in a chunk yet.
    pub(super) fn take_waiting(&mut self) -> Vec<Bytes> {
        self.bytes = 0;
        std::mem::take(&mut self.waiting).into()
    }
}

pub(super) fn count_dropped(counters: &Counters, events: usize) {
    counters.add(Count::BufferFull, wide(events));
}

fn length(bytes: &Bytes) -> u64 {
    wide(bytes.len())
}

pub(super) fn wide(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "buffer_tests.rs"]
mod tests;
