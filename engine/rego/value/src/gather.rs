//! How the members of an object and the elements of a set are collected and put in order.

use crate::Value;
use crate::heavy::{Effort, Unbounded};
use crate::index::{Index, Keyed, Wanted};
use crate::later::{self, LARGE};
use crate::lookup::SMALL;
use std::mem;

/// So much effort goes into putting entries in order before it is asked whether to go on.
const PORTION: usize = 8_192;

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
        later::free(entries);
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

/// Puts entries in order, in portions. No two have the same key.
fn in_order<E: Keyed>(mut entries: Vec<E>, effort: &mut impl Effort) -> Vec<E> {
    let heaviest = entries.iter().map(|entry| entry.key().weight()).max().unwrap_or(1);
    let each = usize::try_from(heaviest).unwrap_or(usize::MAX).saturating_mul(10);
    let run = PORTION.checked_div(each).unwrap_or(1);
    if run < 2 {
        return merged(entries.into_iter().map(|entry| vec![entry]).collect(), effort);
    }
    if entries.len() <= run {
        entries.sort_unstable_by(|a, b| a.key().cmp(b.key()));
        return entries;
    }
    let mut runs = Vec::with_capacity(entries.len() / run + 1);
    let mut rest = entries.into_iter();
    while rest.len() > 0 && effort.spend(1_024) {
        let mut next: Vec<E> = rest.by_ref().take(run).collect();
        next.sort_unstable_by(|a, b| a.key().cmp(b.key()));
        runs.push(next);
    }
    if rest.len() > 0 {
        later::free((rest, runs));
        return Vec::new();
    }
    merged(runs, effort)
}

/// Merges runs that are in order, two by two.
fn merged<E: Keyed>(mut runs: Vec<Vec<E>>, effort: &mut impl Effort) -> Vec<E> {
    while runs.len() > 1 && effort.spend(1) {
        let mut longer = Vec::with_capacity(runs.len() / 2 + 1);
        let mut rest = runs.into_iter();
        while let Some(first) = rest.next() {
            longer.push(match rest.next() {
                Some(second) => merged_two(first, second, effort),
                None => first,
            });
        }
        runs = longer;
    }
    let whole = runs.pop().unwrap_or_default();
    if !runs.is_empty() {
        later::free(runs);
    }
    whole
}

fn merged_two<E: Keyed>(first: Vec<E>, second: Vec<E>, effort: &mut impl Effort) -> Vec<E> {
    let mut all = Vec::with_capacity(first.len() + second.len());
    let (mut left, mut right) = (first.into_iter().peekable(), second.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        if effort.is_stopped() {
            later::free((all, left, right));
            return Vec::new();
        }
        let next = if effort.order(a.key(), b.key()).is_le() { left.next() } else { right.next() };
        all.extend(next);
    }
    all.extend(left);
    all.extend(right);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heavy::Metered;

    fn shuffled(count: i64) -> Vec<Value> {
        (0..count).map(|n| Value::from(n * 7_919 % count)).collect()
    }

    #[test]
    fn many_entries_are_put_in_order_in_portions() {
        for count in [0, 1, 2, 17, 818, 820, 5_003, 20_011] {
            let wanted: Vec<Value> = (0..count).map(Value::from).collect();
            assert_eq!(in_order(shuffled(count), &mut Unbounded), wanted, "{count}");
        }
        let heavy = |n: i64| Value::array((0..900).map(|_| Value::from(n)));
        let sorted = in_order((0..40).map(|n| heavy(n * 7 % 40)).collect(), &mut Unbounded);
        assert_eq!(sorted, (0..40).map(heavy).collect::<Vec<_>>());
    }

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
        for value in shuffled(1_000_003) {
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
