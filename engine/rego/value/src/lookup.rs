//! How members of objects and elements of sets are found by key: along a few, by halving many, and
//! by an index once a large collection has been asked often enough to pay for it.
//!
//! The index is made in small steps by those who ask, so that none of them waits for it.

use crate::heavy::Unbounded;
use crate::index::{Index, Keyed, Wanted};
use std::sync::atomic::{AtomicU32, Ordering as Atomic};
use std::sync::{Mutex, OnceLock};

/// Up to this many are looked through one by one: most differ in length or in the first bytes.
pub(crate) const SMALL: usize = 16;

/// So many entries are added to an index in a step.
const STEP: usize = 64;

/// The index of a sorted collection, made when it has been asked often.
#[derive(Debug, Default)]
pub(crate) struct Lookup {
    asked: AtomicU32,
    index: OnceLock<Box<Growing>>,
}

/// An index that is being made, until it is done.
#[derive(Debug, Default)]
struct Growing {
    done: OnceLock<Index>,
    partly: Mutex<Option<Index>>,
}

impl Growing {
    /// The index, where it is done; otherwise it comes a step further.
    fn get<E: Keyed>(&self, entries: &[E]) -> Option<&Index> {
        if let Some(index) = self.done.get() {
            return Some(index);
        }
        // Somebody else is at it.
        let mut partly = self.partly.try_lock().ok()?;
        let mut index = partly.take().unwrap_or_else(|| Index::with_capacity(entries.len()));
        for _ in 0..STEP {
            index.add_next(entries, &mut Unbounded);
        }
        if index.len() >= entries.len() {
            return Some(self.done.get_or_init(|| index));
        }
        *partly = Some(index);
        None
    }
}

impl Lookup {
    pub(crate) fn heap_size(&self) -> usize {
        self.index.get().map_or(0, |growing| {
            size_of::<Growing>() + growing.done.get().map_or(0, Index::heap_size)
        })
    }

    fn index<E: Keyed>(&self, entries: &[E]) -> Option<&Index> {
        if let Some(growing) = self.index.get() {
            return growing.get(entries);
        }
        // An index costs about as much as halving a quarter of the collection's size times.
        let asked = self.asked.fetch_add(1, Atomic::Relaxed);
        let enough = u32::try_from(entries.len() / 4).ok()?.saturating_add(8);
        if asked >= enough { self.index.get_or_init(Box::default).get(entries) } else { None }
    }

    /// Where a key stands among many entries that are in order.
    #[inline]
    pub(crate) fn find<E: Keyed, W: Wanted + ?Sized>(
        &self,
        entries: &[E],
        key: &W,
    ) -> Option<usize> {
        if let Some(index) = self.index(entries) {
            return index.find(entries, key, &mut Unbounded);
        }
        entries.binary_search_by(|entry| key.order(entry.key(), &mut Unbounded)).ok()
    }
}
