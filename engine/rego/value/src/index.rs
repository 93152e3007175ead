//! An index of keys by their hashes.
//!
//! It is keyed at random and never seen from outside: results do not depend on it. A large one is
//! made of many small tables, so that none of them takes long when it grows.

use crate::heavy::Effort;
use crate::order::hash_str;
use crate::{Value, bytes};
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::cmp::Ordering;
use std::hash::BuildHasher;

/// Up to this many keys stand in one table.
const ONE_TABLE: usize = 2_048;

/// Into so many tables more are divided.
const TABLES: usize = 256;

/// Something kept under a key: a set's element is its own key.
pub(crate) trait Keyed: Default + Send + 'static {
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
    fn is(&self, key: &Value, effort: &mut impl Effort) -> bool;
    /// How a key stands to the wanted one.
    fn order(&self, key: &Value, effort: &mut impl Effort) -> Ordering;
    fn hash(&self, state: &RandomState) -> u64;
}

impl Wanted for Value {
    #[inline]
    fn is(&self, key: &Value, effort: &mut impl Effort) -> bool {
        effort.equal(self, key)
    }
    fn order(&self, key: &Value, effort: &mut impl Effort) -> Ordering {
        effort.order(key, self)
    }
    fn hash(&self, state: &RandomState) -> u64 {
        state.hash_one(self)
    }
}

impl Wanted for str {
    #[inline]
    fn is(&self, key: &Value, _: &mut impl Effort) -> bool {
        matches!(key, Value::String(text) if text.as_str() == self)
    }
    fn order(&self, key: &Value, _: &mut impl Effort) -> Ordering {
        match key {
            Value::String(text) => bytes::compare(text, self),
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

/// Where a key stands, with the upper half of its hash: a table grows without looking at keys.
#[derive(Clone, Copy, Debug)]
struct Place {
    hash: u32,
    position: u32,
}

impl Place {
    /// The hash within a table.
    fn spread(self) -> u64 {
        u64::from(self.hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// Positions of keys by their hashes. What stands at 2³² or behind is not in it.
#[derive(Debug)]
pub(crate) struct Index {
    tables: Vec<HashTable<Place>>,
    state: RandomState,
    len: usize,
}

fn upper(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or(0)
}

impl Index {
    /// One without keys, with room for so many.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        let tables = if capacity > ONE_TABLE {
            let each = capacity / TABLES + capacity / TABLES / 8;
            (0..TABLES).map(|_| HashTable::with_capacity(each)).collect()
        } else {
            vec![HashTable::with_capacity(capacity)]
        };
        Self { tables, state: RandomState::default(), len: 0 }
    }

    pub(crate) fn of<E: Keyed>(entries: &[E], effort: &mut impl Effort) -> Self {
        let mut index = Self::with_capacity(entries.len());
        while index.len < entries.len() && effort.spend(4) {
            index.add_next(entries, effort);
        }
        index
    }

    /// How many entries are in it.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The table for a hash; the upper bits choose it.
    fn table(&self, hash: u32) -> usize {
        if self.tables.len() > 1 { usize::try_from(hash >> 24).unwrap_or(0) } else { 0 }
    }

    fn put(&mut self, place: Place) {
        let table = self.table(place.hash);
        if let Some(table) = self.tables.get_mut(table) {
            table.insert_unique(place.spread(), place, |place| place.spread());
        }
    }

    pub(crate) fn find<E: Keyed, W: Wanted + ?Sized>(
        &self,
        entries: &[E],
        key: &W,
        effort: &mut impl Effort,
    ) -> Option<usize> {
        let wanted = Place { hash: upper(key.hash(&self.state)), position: 0 };
        let found = self.tables.get(self.table(wanted.hash))?.find(wanted.spread(), |place| {
            place.hash == wanted.hash
                && usize::try_from(place.position)
                    .ok()
                    .and_then(|position| entries.get(position))
                    .is_some_and(|entry| key.is(entry.key(), effort))
        });
        found.and_then(|place| usize::try_from(place.position).ok())
    }

    /// Adds the entry that stands behind those in the index.
    pub(crate) fn add_next<E: Keyed>(&mut self, entries: &[E], effort: &mut impl Effort) {
        let Some(entry) = entries.get(self.len) else { return };
        if let Ok(position) = u32::try_from(self.len) {
            effort.prepare(entry.key());
            let hash = upper(self.state.hash_one(entry.key()));
            if self.tables.len() == 1 && self.len >= ONE_TABLE {
                let small = std::mem::take(&mut self.tables);
                self.tables = (0..TABLES).map(|_| HashTable::new()).collect();
                small.into_iter().flatten().for_each(|place| self.put(place));
            }
            self.put(Place { hash, position });
        }
        self.len = self.len.saturating_add(1);
    }

    pub(crate) fn heap_size(&self) -> usize {
        let tables: usize = self.tables.iter().map(HashTable::allocation_size).sum();
        tables + size_of_val(self.tables.as_slice())
    }
}
