//! Why there is no evidence.

use crate::error::StoreError;
use referee_core::{Coded, Digest};
use std::path::PathBuf;

/// Why evidence could not be saved or not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// There is something already where it is to be saved.
    #[error("there is something at {} already, and evidence is not written over it", path.display())]
    Exists {
        /// The file or folder.
        path: PathBuf,
    },
    /// A file could not be read, or not be written.
    #[error(transparent)]
    File(#[from] StoreError),
    /// There is no evidence in a place.
    #[error("{} holds no evidence: there is no {file}", path.display())]
    NotEvidence {
        /// The place.
        path: PathBuf,
        /// The file that is missing.
        file: &'static str,
    },
    /// A version that is not known.
    #[error("evidence of version {found} is not known, 1 is")]
    Version {
        /// The version.
        found: u32,
    },
    /// A file has other bytes than were saved.
    #[error("the evidence was altered: {file} has the digest {found}, {expected} was saved")]
    Altered {
        /// The file, by its name inside.
        file: String,
        /// The digest that was saved.
        expected: Digest,
        /// The digest of what is there.
        found: Digest,
    },
    /// A file is missing.
    #[error("the evidence is not whole: {file} is missing")]
    Missing {
        /// The file, by its name inside.
        file: String,
    },
    /// A file is not in its form.
    #[error("{file}: {problem}")]
    Malformed {
        /// The file, by its name inside.
        file: String,
        /// What is wrong with it.
        problem: String,
        /// What the parser found.
        source: Option<serde_json::Error>,
    },
    /// More than may be held.
    #[error("the evidence is larger than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// The same facts are not established from it again.
    #[error(
        "the facts cannot be established again from what was recorded: {replayed} came out, \
         and not {recorded}"
    )]
    NotReproduced {
        /// The digest of the facts when they were recorded.
        recorded: Digest,
        /// The digest of those that came out.
        replayed: Digest,
    },
}

impl Coded for EvidenceError {
    fn code(&self) -> &'static str {
        match self {
            Self::Exists { .. } => "evidence_exists",
            Self::File(error) => error.code(),
            Self::NotEvidence { .. } => "not_evidence",
            Self::Version { .. } => "evidence_version",
            Self::Altered { .. } => "evidence_altered",
            Self::Missing { .. } => "evidence_incomplete",
            Self::Malformed { .. } => "evidence_malformed",
            Self::TooLarge { .. } => "too_large",
            Self::NotReproduced { .. } => "evidence_not_reproduced",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Exists { .. } => Some("name a folder that is empty or not there".into()),
            Self::File(error) => error.hint(),
            Self::NotReproduced { .. } => Some(
                "most likely the deadline cut something off: allow more time with --timeout".into(),
            ),
            _ => None,
        }
    }
}
