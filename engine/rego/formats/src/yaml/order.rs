//! The order in which go-yaml writes the keys of a mapping (`sorter.go`): numbers within texts
//! count as numbers, letters come after other characters.

use std::cmp::Ordering;

/// Sorts by [`compare`]. That order has cycles for some keys, which the sort of the standard
/// library may refuse; this one merges whatever the order says.
pub(super) fn sort<T>(members: &mut Vec<T>, name: fn(&T) -> &str) {
    let mut runs: Vec<Vec<T>> = members.drain(..).map(|member| vec![member]).collect();
    while runs.len() > 1 {
        let mut merged = Vec::with_capacity(runs.len().div_ceil(2));
        let mut left = runs.into_iter();
        while let Some(first) = left.next() {
            match left.next() {
                Some(second) => merged.push(merge(first, second, name)),
                None => merged.push(first),
            }
        }
        runs = merged;
    }
    members.extend(runs.into_iter().flatten());
}

fn merge<T>(left: Vec<T>, right: Vec<T>, name: fn(&T) -> &str) -> Vec<T> {
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let mut left = left.into_iter().peekable();
    let mut right = right.into_iter().peekable();
    while let (Some(first), Some(second)) = (left.peek(), right.peek()) {
        if compare(name(second), name(first)) == Ordering::Less {
            merged.extend(right.next());
        } else {
            merged.extend(left.next());
        }
    }
    merged.extend(left);
    merged.extend(right);
    merged
}

/// A digit's value and the digits from a place on, as go-yaml counts them.
fn number(text: &[char], from: usize) -> (usize, i64) {
    let mut end = from;
    let mut value = 0_i64;
    while let Some(digit) = text.get(end).and_then(|character| character.to_digit(10)) {
        value = value.wrapping_mul(10).wrapping_add(digit.into());
        end += 1;
    }
    (end, value)
}

/// Whether a digit other than 0 stands among the digits before a place.
fn within_number(text: &[char], place: usize) -> bool {
    let before = text.get(..place).unwrap_or_default();
    before
        .iter()
        .rev()
        .take_while(|character| character.is_ascii_digit())
        .any(|character| *character != '0')
}

fn compare(left: &str, right: &str) -> Ordering {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let differing = left.iter().zip(&right).enumerate().find(|(_, (left, right))| left != right);
    let Some((place, (one, other))) = differing else {
        return left.len().cmp(&right.len());
    };
    match (one.is_alphabetic(), other.is_alphabetic()) {
        (true, true) => return one.cmp(other),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let (left_end, mut left_value) = number(&left, place);
    let (right_end, mut right_value) = number(&right, place);
    if (*one == '0' || *other == '0') && within_number(&left, place) {
        // Zeros after other digits of a number do not lead it.
        left_value = with_front(&left, place, left_end);
        right_value = with_front(&right, place, right_end);
    }
    left_value.cmp(&right_value).then(left_end.cmp(&right_end)).then(one.cmp(other))
}

/// A number with a digit before it.
fn with_front(text: &[char], from: usize, end: usize) -> i64 {
    let digits = text.get(from..end).unwrap_or_default();
    digits.iter().fold(1, |value: i64, character| {
        let digit = character.to_digit(10).unwrap_or(0);
        value.wrapping_mul(10).wrapping_add(digit.into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_keys_count_as_numbers_and_letters_come_last() {
        let mut keys = vec!["a10", "a2", "b", "_", "a01", "1", "a1"];
        sort(&mut keys, |key| key);
        assert_eq!(keys, ["_", "1", "a1", "a01", "a2", "a10", "b"]);
    }

    #[test]
    fn keys_whose_order_has_a_cycle_are_all_kept() {
        let mut keys: Vec<String> =
            (0..200).map(|number| format!("a{}b{number}", number % 7)).collect();
        keys.extend((0..200).map(|number| format!("a{number}")));
        let mut sorted = keys.clone();
        sort(&mut sorted, |key| key);
        keys.sort();
        sorted.sort();
        assert_eq!(sorted, keys);
    }
}
