//! Events into chunks: gzip over a JSON array, never larger than the limit.
//!
//! How many events go into a chunk is only known once it is compressed. So a guess is kept of how
//! much text makes a full chunk, from the ratio of the last one: what comes out too large is parted
//! and compressed again, what comes out small makes the next one larger. No event is parsed for it.
//!
//! An event that is too large for a chunk of its own loses its `nd_builtin_cache`, then its
//! `input`, then its `result`, then what stands under `custom`, until it fits; what it lost stands
//! under `erased`. Only what does not fit even then is dropped.

use super::counters::{Count, Counters};
use super::shrink;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;

/// The most text that is gathered for a chunk, whatever its limit: what is taken apart and
/// compressed again at once, and what a collector has to take at once.
const MAX_TEXT: usize = 16 << 20;

/// What a chunk is meant to be filled to; between this and the limit lies what ratios differ.
const FULL: f64 = 0.95;

/// A chunk, and how many of the events that went in it accounts for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// Compressed; `None` where the event was dropped.
    pub(crate) body: Option<Bytes>,
    pub(crate) events: usize,
}

/// Gathers events until they make a chunk.
#[derive(Debug)]
pub(crate) struct Encoder {
    limit: usize,
    /// How much text makes a full chunk, by guess.
    target: usize,
    pending: Vec<Bytes>,
    /// The text of the array so far, without its end.
    text: usize,
}

impl Encoder {
    /// `limit` is the largest chunk in bytes, compressed.
    pub(crate) fn new(limit: u64) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Self { limit, target: limit.min(MAX_TEXT), pending: Vec::new(), text: 0 }
    }

    /// Another one with the same limit and nothing in it.
    pub(crate) fn like(&self) -> Self {
        Self { limit: self.limit, target: self.target, pending: Vec::new(), text: 0 }
    }

    /// How much text makes a full chunk, as far as it is known.
    pub(crate) fn target(&self) -> usize {
        self.target
    }

    /// How many events wait for their chunk.
    pub(crate) fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Takes an event, a JSON object. Chunks that are full by it are handed out.
    pub(crate) fn push(&mut self, event: Bytes, counters: &Counters) -> Vec<Chunk> {
        let mut chunks = Vec::new();
        let size = event.len() + 1;
        if self.text + size > self.target && !self.pending.is_empty() {
            chunks = self.flush(counters);
        }
        self.text += size;
        self.pending.push(event);
        if self.text >= self.target {
            chunks.extend(self.flush(counters));
        }
        chunks
    }

    /// Hands out all that waits.
    pub(crate) fn flush(&mut self, counters: &Counters) -> Vec<Chunk> {
        let pending = std::mem::take(&mut self.pending);
        self.text = 0;
        let mut chunks = Vec::new();
        if !pending.is_empty() {
            self.encode(&pending, &mut chunks, counters);
        }
        chunks
    }

    /// Halves what is too large: as often as the number of events has digits in base two.
    fn encode(&mut self, events: &[Bytes], chunks: &mut Vec<Chunk>, counters: &Counters) {
        let body = compressed(events);
        self.learn(events, body.len());
        if body.len() <= self.limit {
            chunks.push(Chunk { body: Some(body.into()), events: events.len() });
            return;
        }
        if let [event] = events {
            let body = self.shrunk(event, counters);
            chunks.push(Chunk { body: body.map(Bytes::from), events: 1 });
            return;
        }
        let (first, second) = events.split_at(events.len() / 2);
        self.encode(first, chunks, counters);
        self.encode(second, chunks, counters);
    }

    fn learn(&mut self, events: &[Bytes], compressed: usize) {
        let text: usize = events.iter().map(|event| event.len() + 1).sum();
        // Short ones tell little: most of them is gzip's own frame.
        if text * 2 < self.target && compressed <= self.limit {
            return;
        }
        let scaled = as_f64(text) * as_f64(self.limit) * FULL / as_f64(compressed.max(1));
        let most = as_f64(MAX_TEXT);
        self.target = from_f64(scaled.min(most)).max(self.limit.min(MAX_TEXT) / 2);
    }

    fn shrunk(&self, event: &Bytes, counters: &Counters) -> Option<Vec<u8>> {
        let (size, limit) = (event.len(), self.limit);
        for cut in shrink::CUTS {
            let Some(smaller) = shrink::without(event, cut) else { continue };
            let body = compressed(&[smaller]);
            if body.len() > limit {
                continue;
            }
            if cut == shrink::CACHE_ONLY {
                counters.add(Count::NdCacheDropped, 1);
                tracing::warn!(
                    size,
                    limit,
                    "a decision is logged without nd_builtin_cache: too large"
                );
            } else {
                counters.add(Count::EncodingFailure, 1);
                tracing::error!(size, limit, ?cut, "a decision is logged in part: too large");
            }
            return Some(body);
        }
        counters.add(Count::EncodingFailure, 1);
        counters.add(Count::TooLarge, 1);
        tracing::error!(size, limit, "a decision is not logged: too large for a chunk");
        None
    }
}

fn compressed(events: &[Bytes]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    let mut before: &[u8] = b"[";
    let mut write = |bytes: &[u8]| gzip.write_all(bytes);
    // Writing to memory does not fail.
    for event in events {
        let _always = write(before).and_then(|()| write(event));
        before = b",";
    }
    let _always = write(b"]");
    gzip.finish().unwrap_or_default()
}

#[expect(clippy::cast_precision_loss, reason = "a guess, and sizes here are below 2^53")]
fn as_f64(size: usize) -> f64 {
    size as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and bounded before: casts of floats saturate"
)]
fn from_f64(size: f64) -> usize {
    size as usize
}

#[cfg(test)]
#[path = "chunk_tests.rs"]
mod tests;
