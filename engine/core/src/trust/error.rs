//! What is wrong with a trust document.

use super::entry::Entry;
use super::{PatternError, ScopeError, WitnessError};
use crate::document::DocumentError;
use crate::error::Coded;
use crate::timestamp::Timestamp;

/// A trust document that says something it cannot mean.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// It could not be read.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// Two entries have one name. Keys and identities share their names: a decision says by name
    /// who is trusted.
    #[error("{entry}: another entry has that name")]
    DuplicateName {
        /// The second.
        entry: Entry,
    },
    /// An entry has no name.
    #[error("{document}: {list}[{position}] has an empty name")]
    EmptyName {
        /// The document.
        document: String,
        /// The list.
        list: &'static str,
        /// Which entry of it.
        position: usize,
    },
    /// A key has neither `pem` nor `file`, or both.
    #[error("{entry} must have exactly one of `pem` and `file`")]
    KeySource {
        /// The entry.
        entry: Entry,
    },
    /// A Sigstore instance has none of `instance`, `file` and `tuf`, or several.
    #[error("{entry} must have exactly one of `instance`, `file` and `tuf`")]
    RootSource {
        /// The entry.
        entry: Entry,
    },
    /// The URL of a TUF repository cannot be asked.
    #[error("{entry}: {url:?} is no URL of a TUF repository, https://host/path")]
    RepositoryUrl {
        /// The entry.
        entry: Entry,
        /// The URL.
        url: String,
    },
    /// A witness is no verifier key.
    #[error("{entry}: witness {text:?}: {source}")]
    Witness {
        /// The entry.
        entry: Entry,
        /// The text.
        text: String,
        /// What is wrong with it.
        source: WitnessError,
    },
    /// A file that an entry names was not handed over.
    #[error("{entry}: file {file:?} was not read")]
    MissingFile {
        /// The entry.
        entry: Entry,
        /// The file.
        file: String,
    },
    /// An entry has no scope.
    #[error("{entry} has no scopes, so it would be trusted nowhere")]
    NoScopes {
        /// The entry.
        entry: Entry,
    },
    /// A scope is not valid.
    #[error("{entry}: scope {scope:?} is not valid")]
    Scope {
        /// The entry.
        entry: Entry,
        /// The scope.
        scope: String,
        /// What is wrong with it.
        source: ScopeError,
    },
    /// The validity ends before it starts.
    #[error("{entry} is valid until {not_after}, which is not after {not_before}")]
    Validity {
        /// The entry.
        entry: Entry,
        /// The start.
        not_before: Timestamp,
        /// The end.
        not_after: Timestamp,
    },
    /// A pattern is not valid.
    #[error("{entry}: the pattern for `{member}` is not valid")]
    Pattern {
        /// The entry.
        entry: Entry,
        /// What it is for: `issuer`, `subject` or `claims.<name>`.
        member: String,
        /// What is wrong with it.
        source: PatternError,
    },
    /// A claim that certificates of Sigstore do not have.
    #[error("{entry}: there is no claim {claim:?}")]
    Claim {
        /// The entry.
        entry: Entry,
        /// The claim.
        claim: String,
        /// The nearest that there is.
        closest: Option<String>,
    },
    /// An identity names a Sigstore instance that no entry is.
    #[error(
        "{entry} names the Sigstore instance {instance:?}, which the trust document does not have"
    )]
    UnknownInstance {
        /// The entry.
        entry: Entry,
        /// The instance.
        instance: String,
    },
}

impl Coded for TrustError {
    fn code(&self) -> &'static str {
        match self {
            Self::Document(error) => error.code(),
            Self::DuplicateName { .. } => "trust_duplicate_name",
            Self::EmptyName { .. } => "trust_empty_name",
            Self::KeySource { .. } => "trust_key_source",
            Self::RootSource { .. } => "trust_root_source",
            Self::RepositoryUrl { .. } => "trust_repository_url",
            Self::Witness { .. } => "trust_witness",
            Self::MissingFile { .. } => "trust_missing_file",
            Self::NoScopes { .. } => "trust_no_scopes",
            Self::Scope { .. } => "trust_scope",
            Self::Validity { .. } => "trust_validity",
            Self::Pattern { .. } => "trust_pattern",
            Self::Claim { .. } => "trust_claim",
            Self::UnknownInstance { .. } => "trust_unknown_instance",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Document(error) => error.hint(),
            Self::NoScopes { .. } => {
                Some("name the repositories it signs for, or [\"**\"] for everywhere".into())
            }
            Self::Scope { source, .. } => source.hint(),
            Self::Pattern { source, .. } => source.hint(),
            Self::Claim { closest, .. } => {
                closest.as_ref().map(|name| format!("did you mean `{name}`?"))
            }
            Self::UnknownInstance { .. } => Some(
                "name one of the list `sigstore`; without that list there is `public-good`".into(),
            ),
            _ => None,
        }
    }
}
