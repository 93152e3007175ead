//! The ways to comply with an expression: its disjunctive normal form, without ways that demand
//! more than another one (for expressions without negation there is exactly one such form).
//!
//! The form can be exponentially larger than the expression, so that it is bounded: at most 64
//! licences, at most 64 ways on the way to it and in the end, and a bound on the comparisons.

use super::expression::{Expression, Node};
use smol_str::SmolStr;

/// The most alternatives. Expressions of published packages have at most some twenty.
const MAX_ALTERNATIVES: usize = 64;

/// The most comparisons of two alternatives: a fraction of a millisecond.
const MAX_COMPARISONS: u32 = 1 << 18;

/// The licences of one alternative, a bit each: at most 64.
type Set = u64;

/// The alternatives, each sorted, all sorted; `None` where there would be too many.
pub(super) fn of(expression: &Expression) -> Option<Vec<Vec<SmolStr>>> {
    let licenses = expression.named();
    let bits = usize::try_from(Set::BITS).ok()?;
    if licenses.len() > bits {
        return None;
    }
    let mut left = MAX_COMPARISONS;
    let sets = expression.fold(
        |license| {
            u32::try_from(license)
                .ok()
                .and_then(|bit| Set::checked_shl(1, bit))
                .map(|set| vec![set])
        },
        |node, one, other| {
            let (one, other) = (one?, other?);
            let mut ways =
                if node == Node::Or { joined(one, other) } else { products(&one, &other) };
            // Fewer licences first: a way is then never absorbed by one that comes after it.
            ways.sort_unstable_by_key(|set| (set.count_ones(), *set));
            ways.dedup();
            minimal(&ways, &mut left)
        },
    )??;
    let mut alternatives: Vec<Vec<SmolStr>> = sets
        .into_iter()
        .map(|set| {
            let in_set = (0..Set::BITS).zip(licenses).filter(|(bit, _)| set >> bit & 1 == 1);
            let mut names: Vec<_> = in_set.map(|(_, license)| license.name.clone()).collect();
            names.sort_unstable();
            names
        })
        .collect();
    alternatives.sort_unstable();
    Some(alternatives)
}

fn joined(mut one: Vec<Set>, other: Vec<Set>) -> Vec<Set> {
    one.extend(other);
    one
}

fn products(one: &[Set], other: &[Set]) -> Vec<Set> {
    one.iter().flat_map(|left| other.iter().map(move |right| left | right)).collect()
}

/// Those that hold no other one, of a list sorted by size.
fn minimal(ways: &[Set], left: &mut u32) -> Option<Vec<Set>> {
    let mut kept: Vec<Set> = Vec::new();
    for way in ways {
        *left = left.checked_sub(u32::try_from(kept.len()).ok()?)?;
        if kept.iter().any(|smaller| smaller & way == *smaller) {
            continue;
        }
        if kept.len() == MAX_ALTERNATIVES {
            return None;
        }
        kept.push(*way);
    }
    Some(kept)
}
