//! For which code each case is refused.
//!
//! A YAML map from code to names of cases. A case stands in it once. One that a folder of cases does
//! not have is not missed, since suites differ by version.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What Referee refuses the suite's cases for.
const OWN: &str = include_str!("../../expected/sigstore-bundle-verify.yaml");

/// The code for which each case is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Codes(BTreeMap<String, String>);

/// A list of codes that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodesError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The text is no map from codes to names.
    #[error("not a map from codes to the names of cases: {0}")]
    Yaml(#[from] yaml_serde::Error),
    /// A case stands in it twice.
    #[error("the case {0} stands there twice")]
    Twice(String),
}

impl Codes {
    /// Those that come with Referee.
    ///
    /// # Errors
    /// Never, for the list that comes with it.
    pub fn own() -> Result<Self, CodesError> {
        Self::parse(OWN)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// Where it cannot be read or is no such map.
    pub fn read(path: &Path) -> Result<Self, CodesError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| CodesError::Io { path: path.to_owned(), source })?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self, CodesError> {
        let groups: BTreeMap<String, Vec<String>> = yaml_serde::from_str(text)?;
        let mut codes = BTreeMap::new();
        for (code, cases) in groups {
            for case in cases {
                if codes.insert(case.clone(), code.clone()).is_some() {
                    return Err(CodesError::Twice(case));
                }
            }
        }
        Ok(Self(codes))
    }

    /// The code for which a case must be refused, where one is known.
    #[must_use]
    pub fn of(&self, case: &str) -> Option<&str> {
        self.0.get(case).map(String::as_str)
    }
}
