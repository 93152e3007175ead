//! The two kinds of patterns that bundles have.

/// Whether a pattern means a file: `*` and `?` stand for characters other than a slash, `[…]` for a
/// choice, `\` before a character for itself (Go's `path.Match`). A pattern that is none means
/// nothing.
#[must_use]
pub fn matches_file(pattern: &str, path: &str) -> bool {
    Matcher { slash: true, steps: STEPS }.whole(pattern, path, '^')
}

/// A pattern of a manifest's `file_rego_versions`: as above, but `*` and `?` stand for slashes too,
/// `{a,b}` for either, and a choice is negated by `!` (OPA's `gobwas/glob` without separators).
#[derive(Debug)]
pub(crate) struct VersionPattern(Vec<Vec<char>>);

/// What is wrong with a pattern of `file_rego_versions`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternProblem {
    /// A bracket or a brace is not closed, or there is nothing to a backslash. OPA's words.
    #[error("unexpected end of input")]
    Unended,
    /// A choice of no characters.
    #[error("there is nothing between [ and ]")]
    EmptyChoice,
    /// It is too long.
    #[error("it has more than {MAX_PATTERN} bytes")]
    TooLong,
    /// Its alternatives are too many.
    #[error("it stands for more than {ALTERNATIVES} patterns")]
    TooMany,
}

impl VersionPattern {
    pub(crate) fn new(pattern: &str) -> Result<Self, PatternProblem> {
        if pattern.len() > MAX_PATTERN {
            return Err(PatternProblem::TooLong);
        }
        let mut found = Vec::new();
        expand(pattern, String::new(), &mut found)?;
        let found: Vec<Vec<char>> =
            found.into_iter().map(|pattern| pattern.chars().collect()).collect();
        found.iter().try_for_each(|pattern| well_formed(pattern))?;
        Ok(Self(found))
    }

    pub(crate) fn matches(&self, path: &str) -> bool {
        let path: Vec<char> = path.chars().collect();
        let mut matcher = Matcher { slash: false, steps: STEPS };
        self.0.iter().any(|pattern| matcher.from(pattern, &path, '!'))
    }
}

/// Refuses choices that do not end or are empty, and a backslash before nothing.
fn well_formed(pattern: &[char]) -> Result<(), PatternProblem> {
    let mut rest = pattern;
    while let [first, after @ ..] = rest {
        rest = match first {
            '\\' => after.get(1..).ok_or(PatternProblem::Unended)?,
            '[' => {
                let inside = match after {
                    ['!', inside @ ..] => inside,
                    inside => inside,
                };
                let end = inside.iter().position(|found| *found == ']');
                match end {
                    None => return Err(PatternProblem::Unended),
                    Some(0) => return Err(PatternProblem::EmptyChoice),
                    Some(end) => inside.get(end..).unwrap_or_default(),
                }
            }
            _ => after,
        };
    }
    Ok(())
}

/// The longest pattern, in bytes: as long as the longest path of a bundle.
const MAX_PATTERN: usize = 1024;
/// So many comparisons a match may take: far more than patterns of people need, far less than
/// those that are made to go through all ways.
const STEPS: u32 = 100_000;
/// So many patterns the alternatives of one may stand for.
const ALTERNATIVES: usize = 1024;

/// The patterns without `{…}` that one stands for, after what is before it.
fn expand(pattern: &str, before: String, found: &mut Vec<String>) -> Result<(), PatternProblem> {
    let Some((start, rest)) = split_unescaped(pattern, &['{']) else {
        if found.len() >= ALTERNATIVES {
            return Err(PatternProblem::TooMany);
        }
        found.push(before + pattern);
        return Ok(());
    };
    let (choices, after) = choices(rest).ok_or(PatternProblem::Unended)?;
    for choice in choices {
        // There may be further ones in the choice itself.
        expand(&format!("{choice}{after}"), format!("{before}{start}"), found)?;
    }
    Ok(())
}

/// The choices up to the brace that closes them, and what is after it.
fn choices(text: &str) -> Option<(Vec<&str>, &str)> {
    let (mut found, mut from, mut depth, mut at) = (Vec::new(), 0, 0_u32, 0);
    loop {
        let (before, _) = split_unescaped(text.get(at..)?, &['{', '}', ','])?;
        let here = at + before.len();
        at = here + 1;
        match (text.get(here..at)?, depth) {
            ("{", _) => depth = depth.checked_add(1)?,
            ("}", 0) => {
                found.push(text.get(from..here)?);
                return Some((found, text.get(at..)?));
            }
            ("}", _) => depth = depth.checked_sub(1)?,
            (_, 0) => {
                found.push(text.get(from..here)?);
                from = at;
            }
            _ => {}
        }
    }
}

/// What is before and after the first of some characters that no backslash stands before.
fn split_unescaped<'a>(text: &'a str, wanted: &[char]) -> Option<(&'a str, &'a str)> {
    let mut escaped = false;
    for (at, found) in text.char_indices() {
        if !escaped && wanted.contains(&found) {
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
        let many: Vec<String> = (0..70).map(|n| format!("f{n}")).collect();
        let many = format!("/{{{}}}.rego", many.join(","));
        for (pattern, path, expected) in [
            ("/x/*.rego", "/x/y/a.rego", true),
            ("*/old/*", "x/old/y.rego", true),
            ("/{a,b}.rego", "/b.rego", true),
            ("/{a,b}.rego", "/c.rego", false),
            ("/{a,b}/{c,d}.rego", "/b/c.rego", true),
            ("/{a,{b,c}x}.rego", "/cx.rego", true),
            ("/{a,{b,c}x}.rego", "/ax.rego", false),
            ("\\{a", "{a", true),
            ("a}", "a}", true),
            (&many, "/f69.rego", true),
            ("[!a]x", "bx", true),
            ("[!a]x", "ax", false),
        ] {
            let found = VersionPattern::new(pattern).unwrap();
            assert_eq!(found.matches(path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn a_pattern_that_is_none_or_stands_for_too_much_is_refused() {
        let (deep, long) = ("{".repeat(500), "a".repeat(1_025));
        for (pattern, problem) in [
            ("{a", PatternProblem::Unended),
            ("[a", PatternProblem::Unended),
            ("[!", PatternProblem::Unended),
            ("a\\", PatternProblem::Unended),
            ("[]", PatternProblem::EmptyChoice),
            (&deep, PatternProblem::Unended),
            (&long, PatternProblem::TooLong),
            (&"{a,b}".repeat(11), PatternProblem::TooMany),
        ] {
            assert_eq!(VersionPattern::new(pattern).unwrap_err(), problem, "{pattern}");
        }
    }

    #[test]
    fn a_pattern_made_to_go_through_all_ways_ends() {
        assert!(!matches_file(&"*a".repeat(200), &"a".repeat(199)));
        let all = VersionPattern::new(&"*a".repeat(200)).unwrap();
        assert!(!all.matches(&"a".repeat(199)));
    }
}
