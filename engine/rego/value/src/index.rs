//! How members of objects and elements of sets are found by key: along a few, by halving many, and
//! by an index of hashes once a large collection has been asked often enough to pay for it.
//!
//! The index is keyed at random and never seen from outside: results do not depend on it.

use crate::Value;
use crate::order::hash_str;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::cmp::Ordering;
use std::hash::BuildHasher;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering as Atomic};

/// Up to this many are looked through one by one: most differ in length or in the first bytes.
const SMALL: usize = 16;

/// Something kept under a key: a set's element is its own key.
pub(crate) trait Keyed {
    fn key(&self) -> &Value;
}

impl Keyed for Value {
    #[inline]
    fn key(&self) -> &Value {
        self
    }
}

impl Keyed for (Value, Value) {
    #[inline]
    fn key(&self) -> &Value {
        &self.0
    }
}

/// A key that is looked for: a value, or a string that need not be one.
pub(crate) trait Wanted {
    fn is(&self, key: &Value) -> bool;
    /// How a key stands to the wanted one.
    fn order(&self, key: &Value) -> Ordering;
    fn hash(&self, state: &RandomState) -> u64;
}

impl Wanted for Value {
    #[inline]
    fn is(&self, key: &Value) -> bool {
        self == key
    }
    fn order(&self, key: &Value) -> Ordering {
        key.cmp(self)
    }
    fn hash(&self, state: &RandomState) -> u64 {
        state.hash_one(self)
    }
}

impl Wanted for str {
    #[inline]
    fn is(&self, key: &Value) -> bool {
        matches!(key, Value::String(text) if text.as_str() == self)
    }
    fn order(&self, key: &Value) -> Ordering {
        match key {
            Value::String(text) => text.as_str().cmp(self),
            Value::Null | Value::Bool(_) | Value::Number(_) => Ordering::Less,
            Value::Array(_) | Value::Object(_) | Value::Set(_) => Ordering::Greater,
        }
    }
    fn hash(&self, state: &RandomState) -> u64 {
        let mut hasher = state.build_hasher();
        hash_str(self, &mut hasher);
        std::hash::Hasher::finish(&hasher)
    }
}

/// Positions of keys by their hashes. A collection of 2³² or more has none.
#[derive(Debug)]
pub(crate) struct Index {
    positions: HashTable<u32>,
    state: RandomState,
}

fn at<E: Keyed>(entries: &[E], position: u32) -> Option<&Value> {
    entries.get(usize::try_from(position).ok()?).map(Keyed::key)
}

impl Index {
    pub(crate) fn of<E: Keyed>(entries: &[E]) -> Self {
        let state = RandomState::default();
        let mut positions = HashTable::with_capacity(entries.len());
        for (entry, position) in entries.iter().zip(0_u32..=u32::MAX) {
            let hash = state.hash_one(entry.key());
            positions.insert_unique(hash, position, |&other| {
                at(entries, other).map_or(0, |key| state.hash_one(key))
            });
        }
        Self { positions, state }
    }

    pub(crate) fn find<E: Keyed, W: Wanted + ?Sized>(
        &self,
        entries: &[E],
        key: &W,
    ) -> Option<usize> {
        let hash = key.hash(&self.state);
        let found = self
            .positions
            .find(hash, |&position| at(entries, position).is_some_and(|other| key.is(other)));
        found.and_then(|&position| usize::try_from(position).ok())
    }

    /// Adds the entry that stands last.
    pub(crate) fn add_last<E: Keyed>(&mut self, entries: &[E]) {
        let Some(last) = entries.last() else { return };
        let Ok(position) = u32::try_from(entries.len().saturating_sub(1)) else { return };
        let hash = self.state.hash_one(last.key());
        let state = &self.state;
        self.positions.insert_unique(hash, position, |&other| {
            at(entries, other).map_or(0, |key| state.hash_one(key))
        });
    }

    pub(crate) fn heap_size(&self) -> usize {
        self.positions.allocation_size()
    }
}

/// The index of a sorted collection, made when it has been asked often.
#[derive(Debug, Default)]
pub(crate) struct Lookup {
    asked: AtomicU32,
    index: OnceLock<Box<Index>>,
}

impl Lookup {
    pub(crate) fn heap_size(&self) -> usize {
        self.index.get().map_or(0, |index| index.heap_size() + size_of::<Index>())
    }

    fn index<E: Keyed>(&self, entries: &[E]) -> Option<&Index> {
        if let Some(index) = self.index.get() {
            return Some(index);
        }
        // An index costs about as much as halving a quarter of the collection's size times.
        let asked = self.asked.fetch_add(1, Atomic::Relaxed);
        let enough = u32::try_from(entries.len() / 4).ok()?.saturating_add(8);
        (asked >= enough).then(|| &**self.index.get_or_init(|| Box::new(Index::of(entries))))
    }

    /// Where a key stands among entries that are in order.
    #[inline]
    pub(crate) fn find<E: Keyed, W: Wanted + ?Sized>(
        &self,
        entries: &[E],
        key: &W,
    ) -> Option<usize> {
        if entries.len() <= SMALL {
            return entries.iter().position(|entry| key.is(entry.key()));
        }
        if let Some(index) = self.index(entries) {
            return index.find(entries, key);
        }
        entries.binary_search_by(|entry| key.order(entry.key())).ok()
    }
}

/// Collects entries, each key once.
#[derive(Debug)]
pub(crate) struct Builder<E> {
    entries: Vec<E>,
    /// Whether they have come in strict order so far.
    sorted: bool,
    index: Option<Index>,
}

impl<E> Default for Builder<E> {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

impl<E> Builder<E> {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self { entries: Vec::with_capacity(capacity), sorted: true, index: None }
    }

    pub(crate) fn entries(&self) -> &[E] {
        &self.entries
    }
}

impl<E: Keyed> Builder<E> {
    /// Where a key stands, by way of an index where there are many.
    pub(crate) fn position<W: Wanted + ?Sized>(&mut self, key: &W) -> Option<usize> {
        if self.index.is_none() {
            if self.entries.len() <= SMALL {
                return self.entries.iter().position(|entry| key.is(entry.key()));
            }
            if self.sorted {
                return self.entries.binary_search_by(|entry| key.order(entry.key())).ok();
            }
            self.index = Some(Index::of(&self.entries));
        }
        self.index.as_ref().and_then(|index| index.find(&self.entries, key))
    }

    /// As [`Self::position`] where nothing may be changed; slower only while no index is there.
    pub(crate) fn position_now<W: Wanted + ?Sized>(&self, key: &W) -> Option<usize> {
        match &self.index {
            Some(index) => index.find(&self.entries, key),
            None if self.sorted && self.entries.len() > SMALL => {
                self.entries.binary_search_by(|entry| key.order(entry.key())).ok()
            }
            None => self.entries.iter().position(|entry| key.is(entry.key())),
        }
    }

    /// The entry under the same key, where there is one; else the entry is added.
    pub(crate) fn entry(&mut self, entry: E) -> Option<(&mut E, E)> {
        let in_order = self.entries.last().is_none_or(|last| last.key() < entry.key());
        if !(self.sorted && in_order)
            && let Some(found) = self.position(entry.key())
        {
            return self.entries.get_mut(found).map(|old| (old, entry));
        }
        self.sorted &= in_order;
        self.entries.push(entry);
        if let Some(index) = &mut self.index {
            index.add_last(&self.entries);
        } else if !self.sorted && self.entries.len() > SMALL {
            self.index = Some(Index::of(&self.entries));
        }
        None
    }

    /// The entries in order.
    pub(crate) fn finish(self) -> Vec<E> {
        let mut entries = self.entries;
        if !self.sorted {
            entries.sort_unstable_by(|a, b| a.key().cmp(b.key()));
        }
        entries
    }
}
