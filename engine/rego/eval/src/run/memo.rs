//! What an evaluation has computed once.

use super::slot::Slot;
use foldhash::fast::FixedState;
use hashbrown::{HashMap, HashTable};
use referee_rego_value::Value;
use std::hash::{BuildHasher, Hash, Hasher};

/// Something that was looked up: what was found, or that there is nothing.
pub(super) type Known<'a> = Option<&'a Value>;

/// Up to which number there is a place for each. A program of ten thousand policies has far more
/// numbers than an evaluation comes across, and room for all of them would be what takes longest.
const PLACES: usize = 256;

/// What is known by number.
#[derive(Debug, Default)]
pub(super) struct ByNumber<'a> {
    first: Vec<Option<Known<'a>>>,
    others: HashMap<u32, Known<'a>, FixedState>,
}

impl<'a> ByNumber<'a> {
    /// With room for so many.
    pub(super) fn with_room(count: usize) -> Self {
        Self { first: vec![None; count.min(PLACES)], others: HashMap::default() }
    }

    /// What is known.
    #[inline]
    pub(super) fn get(&self, id: u32) -> Option<Known<'a>> {
        let at = usize::try_from(id).ok()?;
        match self.first.get(at) {
            Some(known) => *known,
            None if self.others.is_empty() => None,
            None => self.others.get(&id).copied(),
        }
    }

    /// Forgets what has a number from this one on.
    pub(super) fn forget(&mut self, from: u32) {
        self.first.truncate(usize::try_from(from).unwrap_or(usize::MAX));
        self.others.retain(|id, _| *id < from);
    }

    /// Keeps what was found.
    pub(super) fn set(&mut self, id: u32, found: Known<'a>) {
        let at = usize::try_from(id).unwrap_or(usize::MAX);
        if at >= PLACES {
            self.others.insert(id, found);
            return;
        }
        if at >= self.first.len() {
            self.first.resize(at + 1, None);
        }
        if let Some(place) = self.first.get_mut(at) {
            *place = Some(found);
        }
    }
}

#[derive(Debug)]
struct Entry<'a> {
    hash: u64,
    id: u32,
    /// Where its keys begin, and how many there are.
    first: usize,
    count: usize,
    found: Known<'a>,
}

/// What is known by number and values. Collections count as the same where they are one and the
/// same allocation: that is quick, and a miss only computes again. Where computing again shows,
/// they count as the same by what is in them ([`Likeness::Equal`]); each number has one likeness.
#[derive(Debug, Default)]
pub(super) struct ByValues<'a> {
    table: HashTable<Entry<'a>>,
    /// The keys of all. They are borrowed where they can be: what threads share is not counted.
    keys: Vec<Slot<'a>>,
    state: FixedState,
}

/// When two collections are taken for the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    /// Where they are one.
    Identical,
    /// Where they are equal.
    Equal,
}

/// Whether two values are the same.
#[inline]
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => a.same(b),
        (Value::Object(a), Value::Object(b)) => a.same(b),
        (Value::Set(a), Value::Set(b)) => a.same(b),
        _ => a == b,
    }
}

fn place<T>(items: &[T]) -> usize {
    items.as_ptr().addr()
}

impl<'a> ByValues<'a> {
    fn hash<'v>(&self, id: u32, keys: impl Iterator<Item = &'v Value>, by: Likeness) -> u64 {
        let mut hasher = self.state.build_hasher();
        id.hash(&mut hasher);
        for key in keys {
            match key {
                key if by == Likeness::Equal => key.hash(&mut hasher),
                Value::Array(array) => place(array.as_slice()).hash(&mut hasher),
                Value::Object(object) => place(object.as_slice()).hash(&mut hasher),
                Value::Set(set) => place(set.as_slice()).hash(&mut hasher),
                scalar => scalar.hash(&mut hasher),
            }
        }
        hasher.finish()
    }

    /// What is known.
    pub(super) fn get<'v>(
        &self,
        id: u32,
        keys: impl Iterator<Item = &'v Value> + Clone,
        by: Likeness,
    ) -> Option<Known<'a>> {
        if self.table.is_empty() {
            return None;
        }
        let hash = self.hash(id, keys.clone(), by);
        let entry = self.table.find(hash, |entry| {
            entry.id == id && {
                let known = self.keys.get(entry.first..entry.first + entry.count);
                let known = known.unwrap_or_default().iter().map(Slot::value);
                known.zip(keys.clone()).all(|(a, b)| same(a, b) || by == Likeness::Equal && a == b)
            }
        });
        entry.map(|entry| entry.found)
    }

    /// Keeps what was found. There are as many keys for a number each time.
    pub(super) fn set(&mut self, id: u32, keys: &[Slot<'a>], found: Known<'a>, by: Likeness) {
        let hash = self.hash(id, keys.iter().map(Slot::value), by);
        let (first, count) = (self.keys.len(), keys.len());
        self.keys.extend_from_slice(keys);
        self.table.insert_unique(hash, Entry { hash, id, first, count, found }, |entry| entry.hash);
    }
}
