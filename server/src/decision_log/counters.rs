//! What became of events that were not delivered as they were made. Names are OPA's, where OPA
//! counts the same.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// One count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Count {
    /// Over `max_decisions_per_second`.
    RateLimited,
    /// Dropped because there was no room: in the queue, in memory or in the spool.
    BufferFull,
    /// Of these, those for which a limit in bytes was reached.
    BufferBytes,
    /// Sent without the results of non-deterministic builtins, to fit into a chunk.
    NdCacheDropped,
    /// Too large for a chunk even then: sent without input or result, or not at all.
    EncodingFailure,
    /// Of these, those that were not sent at all.
    TooLarge,
    /// The mask failed: sent without input, result and results of builtins.
    MaskFailed,
    /// The decision whether to drop failed: sent.
    DropFailed,
    /// Dropped because the policy says so. This is no loss.
    DroppedByPolicy,
    /// Requests that were not let through, over what is logged of these in a second.
    DenialsLimited,
    /// Found damaged in the spool: this many places.
    SpoolDamaged,
    /// Written to the spool, in the order of decisions: they outlive a crash of the process.
    Spooled,
    /// Given up after the service had refused them for what they are again and again.
    Refused,
    /// Delivered.
    Uploaded,
    /// Still in memory when the server ended.
    LostAtEnd,
}

const ALL: [(Count, &str); 15] = [
    (Count::RateLimited, "decision_logs_dropped_rate_limit_exceeded"),
    (Count::BufferFull, "decision_logs_dropped_buffer_size_limit_exceeded"),
    (Count::BufferBytes, "decision_logs_dropped_buffer_size_limit_bytes_exceeded"),
    (Count::NdCacheDropped, "decision_logs_nd_builtin_cache_dropped"),
    (Count::EncodingFailure, "decision_logs_encoding_failure"),
    (Count::TooLarge, "referee_decision_logs_dropped_too_large"),
    (Count::MaskFailed, "referee_decision_logs_mask_failed"),
    (Count::DropFailed, "referee_decision_logs_drop_failed"),
    (Count::DroppedByPolicy, "referee_decision_logs_dropped_by_policy"),
    (Count::DenialsLimited, "referee_decision_logs_dropped_denials"),
    (Count::SpoolDamaged, "referee_decision_logs_spool_damaged"),
    (Count::Spooled, "referee_decision_logs_spooled"),
    (Count::Refused, "referee_decision_logs_refused"),
    (Count::Uploaded, "referee_decision_logs_uploaded"),
    (Count::LostAtEnd, "referee_decision_logs_lost_at_end"),
];

/// All counts, from zero.
#[derive(Debug, Default)]
pub(crate) struct Counters([AtomicU64; ALL.len()]);

impl Counters {
    pub(crate) fn add(&self, count: Count, by: u64) {
        if let Some(counter) = self.counter(count) {
            counter.fetch_add(by, Ordering::Relaxed);
        }
    }

    pub(crate) fn get(&self, count: Count) -> u64 {
        self.counter(count).map_or(0, |counter| counter.load(Ordering::Relaxed))
    }

    /// The counts that are not zero, by their names; OPA knows no others.
    pub(crate) fn all(&self) -> BTreeMap<&'static str, u64> {
        ALL.iter()
            .map(|(count, name)| (*name, self.get(*count)))
            .filter(|(_, count)| *count > 0)
            .collect()
    }

    fn counter(&self, count: Count) -> Option<&AtomicU64> {
        let place = ALL.iter().position(|(other, _)| *other == count)?;
        self.0.get(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_told_by_name() {
        let counters = Counters::default();
        assert!(counters.all().is_empty());
        counters.add(Count::LostAtEnd, 2);
        counters.add(Count::RateLimited, 1);
        counters.add(Count::RateLimited, 1);
        assert_eq!(counters.get(Count::RateLimited), 2);
        let all = BTreeMap::from([
            ("decision_logs_dropped_rate_limit_exceeded", 2),
            ("referee_decision_logs_lost_at_end", 2),
        ]);
        assert_eq!(counters.all(), all);
    }
}
