//! Union, intersection and difference of sets.

use crate::Set;
use crate::heavy::{Effort, Metered, Unbounded};
use std::cmp::Ordering;

/// Above this ratio of sizes the smaller set is looked up in the larger, instead of walking both.
const UNEVEN: usize = 16;

/// All elements of both; of two that are equal the one of the first stays.
fn union(first: &Set, second: &Set, effort: &mut impl Effort) -> Set {
    if second.is_empty() || first.same(second) {
        return first.clone();
    }
    if first.is_empty() {
        return second.clone();
    }
    let mut all = Vec::with_capacity(first.len() + second.len());
    let (mut left, mut right) = (first.iter().peekable(), second.iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        if effort.is_stopped() {
            return Set::EMPTY;
        }
        match effort.order(a, b) {
            Ordering::Less => all.extend(left.next().cloned()),
            Ordering::Greater => all.extend(right.next().cloned()),
            Ordering::Equal => {
                all.extend(left.next().cloned());
                right.next();
            }
        }
    }
    all.extend(left.cloned());
    all.extend(right.cloned());
    Set::of_sorted(all)
}

fn intersection(first: &Set, second: &Set, effort: &mut impl Effort) -> Set {
    if first.same(second) {
        return first.clone();
    }
    if second.len() < first.len() {
        filtered(second, first, true, effort)
    } else {
        filtered(first, second, true, effort)
    }
}

fn difference(first: &Set, second: &Set, effort: &mut impl Effort) -> Set {
    if first.same(second) {
        return Set::EMPTY;
    }
    if second.is_empty() {
        return first.clone();
    }
    filtered(first, second, false, effort)
}

/// The elements of the first of which it is true, or not, that the second has them.
fn filtered(first: &Set, second: &Set, wanted: bool, effort: &mut impl Effort) -> Set {
    let mut kept = Vec::new();
    if second.len() / UNEVEN > first.len() {
        for element in first {
            if !effort.spend(8) {
                return Set::EMPTY;
            }
            effort.prepare(element);
            if second.contains(element) == wanted {
                kept.push(element.clone());
            }
        }
        return Set::of_sorted(kept);
    }
    let mut right = second.iter().peekable();
    for element in first {
        let found = loop {
            if effort.is_stopped() {
                return Set::EMPTY;
            }
            let Some(other) = right.peek() else {
                effort.spend(1);
                break false;
            };
            match effort.order(other, element) {
                Ordering::Less => right.next(),
                order => break order.is_eq(),
            };
        };
        if found == wanted {
            kept.push(element.clone());
        }
    }
    Set::of_sorted(kept)
}

/// An operation, and the same for those who count the effort.
macro_rules! operation {
    ($(#[$doc:meta])* $name:ident, $within:ident) => {
        $(#[$doc])*
        #[must_use]
        pub fn $name(&self, other: &Self) -> Self {
            $name(self, other, &mut Unbounded)
        }

        $(#[$doc])*
        ///
        /// `spend` is told of the effort, and can put an end to it.
        ///
        /// # Errors
        /// Those of `spend`.
        pub fn $within<E>(
            &self,
            other: &Self,
            spend: &mut dyn FnMut(u32) -> Result<(), E>,
        ) -> Result<Self, E> {
            let mut effort = Metered::new(spend);
            let made = $name(self, other, &mut effort);
            effort.finish(made)
        }
    };
}

impl Set {
    operation! {
        /// All elements of both; of two that are equal the one of this set stays.
        union, union_within
    }
    operation! {
        /// The elements that are in both, as the smaller set has them (this one where they are
        /// equally large): which of `1` and `1.0` is printed depends on it.
        intersection, intersection_within
    }
    operation! {
        /// The elements that are not in the other.
        difference, difference_within
    }
}
