//! How the members of an object and the elements of a set are collected.

use crate::Value;
use crate::heavy::{Effort, Unbounded};
use crate::index::{Index, Keyed, Wanted};
use crate::later::{self, LARGE};
use crate::lookup::SMALL;
use crate::sort::in_order;
use std::mem;

/// Collects entries, each key once.
#[derive(Debug)]
pub(crate) struct Builder<E: Keyed> {
    entries: Vec<E>,
    /// Whether they have come in strict order so far.
    sorted: bool,
    index: Option<Index>,
}

/// Frees entries, elsewhere if they are many.
fn free<E: Keyed>(entries: Vec<E>) {
    if entries.len() < LARGE {
        drop(entries);
    } else {
        let bytes = mem::size_of_val(entries.as_slice());
        later::free(entries, bytes);
    }
}

impl<E: Keyed> Drop for Builder<E> {
    fn drop(&mut self) {
        free(mem::take(&mut self.entries));
    }
}

impl<E: Keyed> Default for Builder<E> {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

impl<E: Keyed> Builder<E> {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self { entries: Vec::with_capacity(capacity), sorted: true, index: None }
    }

    pub(crate) fn entries(&self) -> &[E] {
        &self.entries
    }
}

impl<E: Keyed> Builder<E> {
    /// Where a key stands, by way of an index where there are many.
    fn position(&mut self, key: &Value, effort: &mut impl Effort) -> Option<usize> {
        if self.index.is_none() {
            if self.entries.len() <= SMALL {
                return self.entries.iter().position(|entry| key.is(entry.key(), effort));
            }
            if self.sorted {
                let order = |entry: &E| key.order(entry.key(), effort);
                return self.entries.binary_search_by(order).ok();
            }
            self.index = Some(Index::of(&self.entries, effort));
        }
        effort.prepare(key);
        self.index.as_ref().and_then(|index| index.find(&self.entries, key, effort))
    }

    /// The same where nothing may be changed; slower only while no index is there.
    pub(crate) fn position_now<W: Wanted + ?Sized>(&self, key: &W) -> Option<usize> {
        let effort = &mut Unbounded;
        match &self.index {
            Some(index) => index.find(&self.entries, key, effort),
            None if self.sorted && self.entries.len() > SMALL => {
                self.entries.binary_search_by(|entry| key.order(entry.key(), effort)).ok()
            }
            None => self.entries.iter().position(|entry| key.is(entry.key(), effort)),
        }
    }

    /// The entry under the same key, where there is one; else the entry is added.
    pub(crate) fn entry(&mut self, entry: E, effort: &mut impl Effort) -> Option<(&mut E, E)> {
        let last = self.entries.last();
        let in_order = last.is_none_or(|last| effort.order(last.key(), entry.key()).is_lt());
        if !(self.sorted && in_order)
            && let Some(found) = self.position(entry.key(), effort)
        {
            return self.entries.get_mut(found).map(|old| (old, entry));
        }
        self.sorted &= in_order;
        self.entries.push(entry);
        if let Some(index) = &mut self.index {
            index.add_next(&self.entries, effort);
        } else if !self.sorted && self.entries.len() > SMALL {
            self.index = Some(Index::of(&self.entries, effort));
        }
        None
    }

    /// The entries in order; in none once stopped.
    pub(crate) fn finish(mut self, effort: &mut impl Effort) -> Vec<E> {
        let mut entries = mem::take(&mut self.entries);
        if !self.sorted {
            entries = in_order(entries, effort);
        }
        if effort.is_stopped() {
            free(mem::take(&mut entries));
        }
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heavy::Metered;

    #[test]
    fn collecting_can_be_stopped() {
        let mut told = 0_u64;
        let mut spend = |units: u32| {
            told += u64::from(units);
            if told > 50_000 { Err("enough") } else { Ok(()) }
        };
        let mut builder = Builder::default();
        let mut effort = Metered::new(&mut spend);
        let mut added = 0;
        for value in (0..1_000_003).map(|n: i64| Value::from(n * 7_919 % 1_000_003)) {
            if effort.is_stopped() {
                break;
            }
            assert!(builder.entry(value, &mut effort).is_none());
            added += 1;
        }
        assert!(added > 1_000 && added < 50_000, "{added}");
        assert_eq!(effort.finish(()), Err("enough"));
    }
}
