//! Putting many values in order, with a look at the clock now and then.
//!
//! What is sorted was charged before. A sort of the standard library cannot be interrupted, so
//! runs of a bounded weight are sorted by it, and merged one comparison after the other.

use crate::give::PORTION;
use referee_rego_builtin::{Context, Result};
use referee_rego_value::{Array, Set, SetBuilder, Value};
use std::cmp::Ordering;

/// So many elements are sorted at once.
const RUN: usize = 64;

/// Longer texts than this are compared with a look at the clock now and then.
const MOST_LIGHT: usize = 1_024;

/// The elements in order; of equal ones each stays where it was among them.
pub(crate) fn sorted(ctx: &mut Context<'_>, elements: &[Value]) -> Result<Vec<Value>> {
    let places = sorted_by(ctx, elements.iter().collect(), |element| element)?;
    crate::give::gathered(ctx, places.into_iter().cloned())
}

/// The members in the order of their keys; of those under equal keys each stays where it was.
pub(crate) fn sorted_by_key<'a>(
    ctx: &mut Context<'_>,
    members: Vec<&'a (Value, Value)>,
) -> Result<Vec<&'a (Value, Value)>> {
    sorted_by(ctx, members, |(key, _)| key)
}

/// The set of the elements of an array; of equal ones the first stays.
pub(crate) fn distinct(ctx: &mut Context<'_>, array: &Array) -> Result<Set> {
    let mut set = SetBuilder::default();
    for element in array {
        set.insert_within(element.clone(), &mut |units| ctx.passed(units))?;
    }
    Ok(set.build_within(&mut |units| ctx.passed(units))?)
}

/// Texts in the order of their bytes.
pub(crate) fn sorted_texts<'a, T: AsRef<[u8]>>(
    ctx: &mut Context<'_>,
    texts: &'a [T],
) -> Result<Vec<&'a T>> {
    sorted_by(ctx, texts.iter().collect(), AsRef::as_ref)
}

/// What things are put in order by.
trait Key {
    /// Whether it is more than a comparison of a few steps.
    fn is_heavy(&self) -> bool;

    /// How it stands to another.
    fn order(&self, other: &Self) -> Ordering;

    /// The same, with a look at the clock now and then.
    fn order_within(&self, other: &Self, ctx: &mut Context<'_>) -> Result<Ordering>;
}

impl Key for Value {
    fn is_heavy(&self) -> bool {
        match self {
            Self::String(text) => text.len() > MOST_LIGHT,
            Self::Number(_) | Self::Null | Self::Bool(_) => false,
            Self::Array(_) | Self::Object(_) | Self::Set(_) => true,
        }
    }

    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }

    fn order_within(&self, other: &Self, ctx: &mut Context<'_>) -> Result<Ordering> {
        Ok(self.cmp_within(other, &mut |units| ctx.passed(units))?)
    }
}

impl Key for [u8] {
    fn is_heavy(&self) -> bool {
        self.len() > MOST_LIGHT
    }

    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }

    fn order_within(&self, other: &Self, ctx: &mut Context<'_>) -> Result<Ordering> {
        ctx.passed(4)?;
        let (mut these, mut those) = (self.chunks(PORTION), other.chunks(PORTION));
        loop {
            let (this, that) = (these.next(), those.next());
            ctx.passed(crate::give::units(this.map_or(0, <[u8]>::len) / 16))?;
            match this.cmp(&that) {
                Ordering::Equal if this.is_some() => {}
                found => return Ok(found),
            }
        }
    }
}

fn sorted_by<'a, T, K: Key + ?Sized + 'a>(
    ctx: &mut Context<'_>,
    mut items: Vec<&'a T>,
    key: impl Fn(&'a T) -> &'a K,
) -> Result<Vec<&'a T>> {
    for run in items.chunks_mut(RUN) {
        // A comparison of heavy values takes long: only light runs are sorted as a whole.
        let mut heavy = false;
        for item in run.iter() {
            ctx.passed(8)?;
            heavy |= key(item).is_heavy();
        }
        if heavy {
            insert(ctx, run, &key)?;
        } else {
            run.sort_by(|a, b| key(a).order(key(b)));
        }
    }
    let mut length = RUN;
    while length < items.len() {
        let mut merged = Vec::with_capacity(items.len());
        for pair in items.chunks(length.saturating_mul(2)) {
            let (left, right) = pair.split_at_checked(length).unwrap_or((pair, &[]));
            merge(ctx, left, right, &key, &mut merged)?;
        }
        items = merged;
        length = length.saturating_mul(2);
    }
    Ok(items)
}

/// Sorts a short run by inserting each element behind those that are not greater.
fn insert<'a, T, K: Key + ?Sized + 'a>(
    ctx: &mut Context<'_>,
    run: &mut [&'a T],
    key: &impl Fn(&'a T) -> &'a K,
) -> Result<()> {
    for end in 1..run.len() {
        let Some((item, before)) = run.get(..=end).and_then(<[_]>::split_last) else { break };
        let (mut low, mut high) = (0, before.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let Some(other) = before.get(middle) else { break };
            let order = key(other).order_within(key(item), ctx)?;
            if order.is_le() {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if let Some(moved) = run.get_mut(low..=end) {
            moved.rotate_right(1);
        }
    }
    Ok(())
}

fn merge<'a, T, K: Key + ?Sized + 'a>(
    ctx: &mut Context<'_>,
    left: &[&'a T],
    right: &[&'a T],
    key: &impl Fn(&'a T) -> &'a K,
    merged: &mut Vec<&'a T>,
) -> Result<()> {
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let order = key(a).order_within(key(b), ctx)?;
        merged.extend(if order.is_le() { left.next() } else { right.next() });
    }
    merged.extend(left);
    merged.extend(right);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use referee_rego_builtin::{Meter, NoHost};
    use referee_rego_value::Number;
    use std::time::Duration;

    #[test]
    fn many_values_are_in_the_order_that_a_stable_sort_gives() {
        let clock = || Duration::ZERO;
        let meter = Meter::new(&clock, Duration::MAX, u64::MAX, u64::MAX, None);
        let mut ctx = Context::new(meter, 0, 0, &NoHost, &Value::Null);
        let mixed = |at: usize| match at % 5 {
            0 => Value::from(Number::parse("1.0").unwrap()),
            1 => Value::from(1),
            2 => Value::from(format!("item {}", at * 7_919 % 301)),
            3 => Value::array([Value::from("x".repeat(at % 7)), Value::from(1)]),
            _ => Value::from("long".repeat(300 + at % 3)),
        };
        for count in [0, 1, 2, 63, 64, 65, 128, 129, 1_000, 5_003] {
            let values: Vec<Value> = (0..count).map(mixed).collect();
            let mut wanted = values.clone();
            wanted.sort();
            let text = |values: &[Value]| format!("{values:?}");
            assert_eq!(text(&sorted(&mut ctx, &values).unwrap()), text(&wanted), "{count}");
        }
    }
}
