//! Which cases are expected to fail, and why.
//!
//! A YAML list of `{reason, cases: [name…]}`. A case stands in it once, and each name must be one
//! of the suite: a list that has gone stale is an error.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Names of cases that are expected to fail, with the reason of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectations {
    reasons: BTreeMap<String, String>,
}

/// A list of expectations that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExpectationError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The text is no list of expectations.
    #[error("not a list of expectations: {0}")]
    Yaml(#[from] yaml_serde::Error),
    /// A case stands in it twice.
    #[error("the case {0} stands there twice")]
    Twice(String),
    /// A reason is empty.
    #[error("the case {0} has no reason")]
    NoReason(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    reason: String,
    cases: Vec<String>,
}

impl Expectations {
    /// Nothing is expected to fail.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Reads a file.
    ///
    /// # Errors
    /// Where it cannot be read or is no list of expectations.
    pub fn read(path: &Path) -> Result<Self, ExpectationError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ExpectationError::Io { path: path.to_owned(), source })?;
        Self::parse(&text)
    }

    /// Reads a list.
    ///
    /// # Errors
    /// Where the text is no list of expectations, names a case twice or gives no reason.
    pub fn parse(text: &str) -> Result<Self, ExpectationError> {
        let groups: Vec<Group> = yaml_serde::from_str(text)?;
        let mut reasons = BTreeMap::new();
        for group in groups {
            for name in group.cases {
                if group.reason.trim().is_empty() {
                    return Err(ExpectationError::NoReason(name));
                }
                if reasons.insert(name.clone(), group.reason.clone()).is_some() {
                    return Err(ExpectationError::Twice(name));
                }
            }
        }
        Ok(Self { reasons })
    }

    /// Why a case is expected to fail, where it is.
    #[must_use]
    pub fn reason(&self, name: &str) -> Option<&str> {
        self.reasons.get(name).map(String::as_str)
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.reasons.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_expected_failure_has_one_reason() {
        let list = Expectations::parse("- reason: no graphql\n  cases: [a/b, a/c d]\n").unwrap();
        assert_eq!(list.reason("a/c d"), Some("no graphql"));
        assert_eq!(list.reason("a/x"), None);
        let twice = "- {reason: x, cases: [a]}\n- {reason: y, cases: [a]}\n";
        assert!(
            matches!(Expectations::parse(twice), Err(ExpectationError::Twice(name)) if name == "a")
        );
        let silent = "- {reason: ' ', cases: [a]}\n";
        assert!(matches!(Expectations::parse(silent), Err(ExpectationError::NoReason(_))));
    }
}
