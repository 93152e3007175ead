//! Which differences are expected, where, and why.
//!
//! A YAML list of `{reason, documented, in, cases}`: the reason; the words of
//! `docs/opa-differences.md` that tell users of it; the aspects in which answers differ, and the
//! cases, both as patterns in which `*` stands for anything. A case may stand under several entries;
//! all of its differences must then be covered by them. Strict both ways: a difference that no entry
//! covers is a failure, and so is a case that agrees though an entry names it, and an entry's
//! pattern that names no case.

use super::differences::Difference;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The differences that are expected.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    entries: Vec<Entry>,
}

/// One reason for differences.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    reason: String,
    documented: String,
    r#in: Vec<String>,
    cases: Vec<String>,
}

/// A list of expectations that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExpectedError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The text is no list of expectations.
    #[error("not a list of expected differences: {0}")]
    Yaml(#[from] yaml_serde::Error),
    /// An entry lacks a reason, what documents it, aspects or cases.
    #[error("the entry with the reason {0:?} lacks a part")]
    Incomplete(String),
}

impl Expected {
    /// Reads a file.
    ///
    /// # Errors
    /// Where it cannot be read or is no list of expectations.
    pub fn read(path: &Path) -> Result<Self, ExpectedError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ExpectedError::Io { path: path.to_owned(), source })?;
        Self::parse(&text)
    }

    /// Reads a list.
    ///
    /// # Errors
    /// Where the text is no list of expectations, or an entry lacks a part.
    pub fn parse(text: &str) -> Result<Self, ExpectedError> {
        let entries: Vec<Entry> = yaml_serde::from_str(text)?;
        for entry in &entries {
            let lists = [&entry.r#in, &entry.cases];
            if entry.reason.trim().is_empty()
                || entry.documented.trim().is_empty()
                || lists.iter().any(|list| list.is_empty())
            {
                return Err(ExpectedError::Incomplete(entry.reason.clone()));
            }
        }
        Ok(Self { entries })
    }

    /// What of the documentation tells of the differences, one for each entry.
    pub fn documented(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.documented.as_str())
    }

    /// Why a case is expected to differ; `None`: it is not.
    #[must_use]
    pub fn reason(&self, case: &str) -> Option<String> {
        let reasons: Vec<_> = self.of(case).map(|entry| entry.reason.as_str()).collect();
        if reasons.is_empty() { None } else { Some(reasons.join("; ")) }
    }

    /// The first difference that no entry for the case covers.
    pub(super) fn uncovered<'d>(
        &self,
        case: &str,
        differences: &'d [Difference],
    ) -> Option<&'d Difference> {
        differences.iter().find(|difference| {
            !self
                .of(case)
                .flat_map(|entry| &entry.r#in)
                .any(|aspect| matches(aspect, &difference.aspect))
        })
    }

    /// Patterns that name none of the cases.
    #[must_use]
    pub fn stale<'c>(&self, cases: impl Iterator<Item = &'c str> + Clone) -> Vec<String> {
        let patterns = self.entries.iter().flat_map(|entry| &entry.cases);
        let stale = patterns.filter(|pattern| !cases.clone().any(|case| matches(pattern, case)));
        stale.cloned().collect()
    }

    fn of(&self, case: &str) -> impl Iterator<Item = &Entry> {
        self.entries
            .iter()
            .filter(move |entry| entry.cases.iter().any(|pattern| matches(pattern, case)))
    }
}

/// Whether a text is of a pattern in which `*` stands for anything. The pieces between the stars are
/// looked for from left to right: the work is bounded by the text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        let Some((_, after)) = rest.split_once(piece) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "
- reason: better
  documented: words
  in: [status, /errors/*]
  cases: ['a/b: *', 'a/c: x']
";

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text, wanted) in [
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*c", "acb", false),
            ("*", "", true),
            ("a", "ab", false),
            ("*b*d", "abcd", true),
            ("*b*b", "ab", false),
        ] {
            assert_eq!(matches(pattern, text), wanted, "{pattern} {text}");
        }
    }

    #[test]
    fn a_difference_that_no_entry_names_is_not_covered() {
        let list = Expected::parse(LIST).unwrap();
        assert_eq!(list.reason("a/b: z").as_deref(), Some("better"));
        assert_eq!(list.reason("a/d: z"), None);
        let status = [Difference::new("status", &1, &2), Difference::new("/errors/0", &1, &2)];
        assert_eq!(list.uncovered("a/b: z", &status), None);
        let other = [Difference::new("status", &1, &2), Difference::new("text", &1, &2)];
        assert_eq!(list.uncovered("a/b: z", &other).map(|d| d.aspect.as_str()), Some("text"));
        assert_eq!(list.stale(["a/b: y"].into_iter()), ["a/c: x"]);
    }

    #[test]
    fn an_entry_without_a_part_is_refused() {
        for part in ["better", "words"] {
            let wrong = LIST.replace(part, "' '");
            assert!(matches!(Expected::parse(&wrong), Err(ExpectedError::Incomplete(_))));
        }
        let wrong = LIST.replace("  in: [status, /errors/*]\n", "");
        assert!(matches!(Expected::parse(&wrong), Err(ExpectedError::Yaml(_))));
    }
}
