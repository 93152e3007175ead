//! The two kinds of patterns that bundles have.

/// Whether a pattern means a file: `*` and `?` stand for characters other than a slash, `[…]` for a
/// choice, `\` before a character for itself (Go's `path.Match`). A pattern that is none means
/// nothing.
#[must_use]
pub fn matches_file(pattern: &str, path: &str) -> bool {
    Matcher { slash: true, steps: STEPS }.whole(pattern, path, '^')
}

/// Whether a pattern of a manifest's `file_rego_versions` means a file: as above, but `*` and `?`
/// stand for slashes too, `{a,b}` for either, and a choice is negated by `!` (OPA's `gobwas/glob`
/// without separators).
pub(crate) fn matches_version(pattern: &str, path: &str) -> bool {
    let mut alternatives = Vec::new();
    if pattern.len() > MAX_PATTERN || expand(pattern, String::new(), &mut alternatives).is_none() {
        return false;
    }
    let matches =
        |pattern: &String| Matcher { slash: false, steps: STEPS }.whole(pattern, path, '!');
    alternatives.iter().any(matches)
}

/// The longest pattern, in bytes: as long as the longest path of a bundle.
const MAX_PATTERN: usize = 1024;
/// So many comparisons a match may take: far more than patterns of people need, far less than
/// those that are made to go through all ways.
const STEPS: u32 = 100_000;
/// So many patterns the alternatives of one may stand for.
const ALTERNATIVES: usize = 64;

/// The patterns without `{…}` that one stands for. `None` where it is no pattern or stands for too
/// many.
fn expand(pattern: &str, before: String, found: &mut Vec<String>) -> Option<()> {
    let Some((start, rest)) = split_unescaped(pattern, '{') else {
        found.push(before + pattern);
        return (found.len() <= ALTERNATIVES).then_some(());
    };
    let (inside, after) = split_unescaped(rest, '}')?;
    let mut choices = inside;
    loop {
        let (choice, others) = match split_unescaped(choices, ',') {
            Some((choice, others)) => (choice, Some(others)),
            None => (choices, None),
        };
        expand(after, format!("{before}{start}{choice}"), found)?;
        match others {
            Some(others) => choices = others,
            None => return Some(()),
        }
    }
}

/// What is before and after the first of a character that no backslash stands before.
fn split_unescaped(text: &str, wanted: char) -> Option<(&str, &str)> {
    let mut escaped = false;
    for (at, found) in text.char_indices() {
        if !escaped && found == wanted {
            return Some((text.get(..at)?, text.get(at + found.len_utf8()..)?));
        }
        escaped = !escaped && found == '\\';
    }
    None
}

struct Matcher {
    /// A slash is matched by nothing but itself.
    slash: bool,
    steps: u32,
}

impl Matcher {
    fn whole(mut self, pattern: &str, path: &str, negation: char) -> bool {
        if pattern.len() > MAX_PATTERN {
            return false;
        }
        let pattern: Vec<char> = pattern.chars().collect();
        let path: Vec<char> = path.chars().collect();
        self.from(&pattern, &path, negation)
    }

    fn any(&self, found: char) -> bool {
        !(self.slash && found == '/')
    }

    fn from(&mut self, pattern: &[char], path: &[char], negation: char) -> bool {
        let (mut pattern, mut path) = (pattern, path);
        loop {
            let Some(left) = self.steps.checked_sub(1) else { return false };
            self.steps = left;
            let Some((first, rest)) = pattern.split_first() else { return path.is_empty() };
            if *first == '*' {
                let mut tail = path;
                loop {
                    if self.from(rest, tail, negation) {
                        return true;
                    }
                    match tail.split_first() {
                        Some((found, after)) if self.any(*found) => tail = after,
                        _ => return false,
                    }
                }
            }
            let Some((found, after)) = path.split_first() else { return false };
            let next = match first {
                '?' => self.any(*found).then_some(rest),
                '[' => class(rest, *found, negation).filter(|_| self.any(*found)),
                '\\' => rest.split_first().filter(|(wanted, _)| *wanted == found).map(|(_, r)| r),
                wanted => (wanted == found).then_some(rest),
            };
            let Some(next) = next else { return false };
            (pattern, path) = (next, after);
        }
    }
}

/// What follows a choice of characters, given after its bracket, where a character is of it.
fn class(pattern: &[char], found: char, negation: char) -> Option<&[char]> {
    let (negated, mut rest) = match pattern.split_first() {
        Some((first, rest)) if *first == negation => (true, rest),
        _ => (false, pattern),
    };
    let mut held = false;
    loop {
        match rest {
            [']', after @ ..] => return (held != negated).then_some(after),
            [low, '-', high, after @ ..] if *high != ']' => {
                held |= *low <= found && found <= *high;
                rest = after;
            }
            [one, after @ ..] => {
                held |= *one == found;
                rest = after;
            }
            [] => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_files_mean_what_go_says_they_mean() {
        for (pattern, path, expected) in [
            ("a.rego", "a.rego", true),
            ("*.rego", "a.rego", true),
            ("*.rego", "x/a.rego", false),
            ("x/*", "x/a.rego", true),
            ("x/*", "x/y/a.rego", false),
            ("x/*/?.rego", "x/y/a.rego", true),
            ("[a-c].rego", "b.rego", true),
            ("[^a-c].rego", "b.rego", false),
            ("a[/]b", "a/b", false),
            ("\\*", "*", true),
            ("[a", "a", false),
            ("a", "", false),
            ("", "", true),
            ("*", "", true),
        ] {
            assert_eq!(matches_file(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn patterns_of_versions_mean_slashes_and_alternatives_too() {
        for (pattern, path, expected) in [
            ("/x/*.rego", "/x/y/a.rego", true),
            ("*/old/*", "x/old/y.rego", true),
            ("/{a,b}.rego", "/b.rego", true),
            ("/{a,b}.rego", "/c.rego", false),
            ("/{a,b}/{c,d}.rego", "/b/c.rego", true),
            ("[!a]x", "bx", true),
            ("[!a]x", "ax", false),
            ("{a", "{a", false),
        ] {
            assert_eq!(matches_version(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn a_pattern_made_to_go_through_all_ways_ends() {
        assert!(!matches_file(&"*a".repeat(200), &"a".repeat(199)));
        assert!(!matches_version(&"{a,b}".repeat(64), "a"));
    }
}
