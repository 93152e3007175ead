//! Suggestions of names that are like a wrong one.

use std::collections::HashMap;

/// `"a", "b", or "c"`, at most five.
pub(super) fn quoted(items: &[String]) -> String {
    let quoted: Vec<String> = items.iter().map(|item| format!("\"{item}\"")).collect();
    plain(&quoted)
}

/// `a, b, or c`, at most five.
pub(super) fn plain(items: &[String]) -> String {
    let items = items.get(..5).unwrap_or(items);
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} or {two}"),
        [front @ .., last] => format!("{}, or {last}", front.join(", ")),
    }
}

/// ` Did you mean …?`, or nothing.
pub(super) fn question(prefix: &str, suggestions: String) -> String {
    if suggestions.is_empty() { suggestions } else { format!(" {prefix} {suggestions}?") }
}

/// The options that are near a word, the nearest first.
pub(super) fn near<'a>(word: &str, options: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let threshold = word.len() * 2 / 5 + 1;
    let mut distances: HashMap<&str, usize> = HashMap::new();
    let mut found = Vec::new();
    for option in options {
        let distance = distance(word, option);
        if distance <= threshold {
            distances.insert(option, distance);
            found.push(option);
        }
    }
    found.sort_by_key(|option| distances.get(option).copied());
    found.into_iter().map(str::to_owned).collect()
}

/// Levenshtein's distance; words that differ in case only are 1 apart.
fn distance(a: &str, b: &str) -> usize {
    if a == b {
        return 0;
    }
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    if a == b {
        return 1;
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (line, from) in a.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        let mut next = vec![left];
        for (to, above) in b.iter().zip(row.iter().skip(1)) {
            let replaced = diagonal + usize::from(from != *to);
            left = replaced.min(left + 1).min(above + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_and_lists_are_as_in_the_library() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("A", "a"), 1);
        assert_eq!(near("nam", ["name", "nme", "other"]), ["name", "nme"]);
        let items: Vec<String> = ["a", "b", "c"].map(str::to_owned).into();
        assert_eq!(quoted(&items), "\"a\", \"b\", or \"c\"");
    }
}
