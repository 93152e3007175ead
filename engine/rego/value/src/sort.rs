//! Putting the entries of objects and sets in order.

use crate::bytes;
use crate::heavy::Effort;
use crate::index::Keyed;
use crate::later;
use std::mem;

/// So much effort goes into putting entries in order before it is asked whether to go on.
const PORTION: usize = 8_192;

/// From so many entries on it pays to look at what their keys begin with.
const MANY: usize = 16;

/// Puts entries in order, in portions. No two have the same key.
pub(crate) fn in_order<E: Keyed>(entries: Vec<E>, effort: &mut impl Effort) -> Vec<E> {
    let heaviest = entries.iter().map(|entry| entry.key().weight()).max().unwrap_or(1);
    let each = usize::try_from(heaviest).unwrap_or(usize::MAX).saturating_mul(10);
    let run = PORTION.checked_div(each).unwrap_or(1);
    if run < 2 {
        return merged(entries.into_iter().map(|entry| vec![entry]).collect(), effort);
    }
    if entries.len() <= run {
        return sorted(entries);
    }
    let count = entries.len();
    let mut runs = Vec::with_capacity(count / run + 1);
    let mut rest = entries.into_iter();
    while rest.len() > 0 && effort.spend(1_024) {
        runs.push(sorted(rest.by_ref().take(run).collect()));
    }
    if rest.len() > 0 {
        later::free((rest, runs), count * size_of::<E>());
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
        let count: usize = runs.iter().map(Vec::len).sum();
        later::free(runs, count * size_of::<E>());
    }
    whole
}

fn merged_two<E: Keyed>(first: Vec<E>, second: Vec<E>, effort: &mut impl Effort) -> Vec<E> {
    let mut all = Vec::with_capacity(first.len() + second.len());
    let (mut left, mut right) = (first.into_iter().peekable(), second.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        if effort.is_stopped() {
            let bytes = all.capacity() * size_of::<E>();
            later::free((all, left, right), bytes);
            return Vec::new();
        }
        let next = if effort.order(a.key(), b.key()).is_le() { left.next() } else { right.next() };
        all.extend(next);
    }
    all.extend(left);
    all.extend(right);
    all
}

/// Puts entries in order at once.
fn sorted<E: Keyed>(mut entries: Vec<E>) -> Vec<E> {
    let Some(mut marks) = marks(&entries) else {
        entries.sort_unstable_by(|a, b| a.key().cmp(b.key()));
        return entries;
    };
    let key = |at: usize| entries.get(at).map(Keyed::key);
    marks.sort_unstable_by(|(a, first), (b, second)| {
        a.cmp(b).then_with(|| key(*first).cmp(&key(*second)))
    });
    let take = |(_, at): (u64, usize)| entries.get_mut(at).map(mem::take);
    marks.into_iter().filter_map(take).collect()
}

/// Eight bytes of each key by which nearly all can be told apart, where all keys are texts: those
/// behind what the texts have in common. With the place of each entry.
fn marks<E: Keyed>(entries: &[E]) -> Option<Vec<(u64, usize)>> {
    if entries.len() < MANY {
        return None;
    }
    let first = entries.first()?.key().as_str()?.as_bytes();
    let mut common = first.len();
    for entry in entries {
        let text = entry.key().as_str()?;
        // Such texts are not in the order of what they are held as.
        if bytes::has_bytes(text) {
            return None;
        }
        common = first.iter().zip(text.as_bytes()).take(common).take_while(|(a, b)| a == b).count();
    }
    let mark = |entry: &E| {
        let text = entry.key().as_str().unwrap_or_default();
        let behind = text.as_bytes().get(common..).unwrap_or_default();
        let mut mark = [0; 8];
        mark.iter_mut().zip(behind).for_each(|(byte, found)| *byte = *found);
        u64::from_be_bytes(mark)
    };
    Some(entries.iter().enumerate().map(|(at, entry)| (mark(entry), at)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;
    use crate::heavy::Unbounded;

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
    fn texts_are_put_in_order_whatever_they_have_in_common() {
        let texts = |front: &str, ends: &[&str]| -> Vec<Value> {
            let mut texts: Vec<_> = ends.iter().map(|end| format!("{front}{end}")).collect();
            let more = (0..40).map(|n| format!("{front}{}", n * 7 % 40));
            texts.extend(more);
            texts.into_iter().map(Value::from).collect()
        };
        let ends = ["", "\0", "\0\0", "a", "a\0", "abcdefgh", "abcdefghi", "abcdefgh\0", "é", "ü"];
        for front in ["", "a", "some longer text that all begin with ", "é"] {
            let all = texts(front, &ends);
            let mut wanted = all.clone();
            wanted.sort();
            assert_eq!(sorted(all), wanted, "{front}");
        }
        let bytes = |bytes: &[u8]| Value::of_bytes(bytes.to_vec());
        let mut all = texts("", &ends);
        all.extend([bytes(b"\xff"), bytes(b"a\x80"), bytes("\u{10ff80}".as_bytes())]);
        let mut wanted = all.clone();
        wanted.sort();
        assert_eq!(sorted(all), wanted);
        let mut mixed = texts("", &ends);
        mixed.extend([Value::Null, Value::from(1)]);
        let mut wanted = mixed.clone();
        wanted.sort();
        assert_eq!(sorted(mixed), wanted);
    }
}
