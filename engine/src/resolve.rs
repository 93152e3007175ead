//! From what was fetched under a reference to a subject.

use crate::request::Target;
use referee_core::oci::{Document, ManifestError};
use referee_core::{Coded, Descriptor, Selector, Subject};
use referee_store::{Fetched, StoreError};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Why a reference has no subject.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// The place did not hand it over.
    #[error("{0}")]
    Store(#[source] Arc<StoreError>),
    /// What is there is neither a manifest nor an index.
    #[error("{target} is not an artifact: {source}")]
    Malformed {
        /// The reference.
        target: String,
        /// What is wrong with it.
        source: Arc<ManifestError>,
    },
    /// The deadline came first.
    #[error("{target} could not be resolved before the deadline")]
    Deadline {
        /// The reference.
        target: String,
    },
    /// There is too much under way already.
    #[error("{target} was not looked at: too many other artifacts are at the moment")]
    Overloaded {
        /// The reference.
        target: String,
    },
    /// The work on it ended without an answer.
    #[error("{target} could not be resolved: the work on it was cut off")]
    CutOff {
        /// The reference.
        target: String,
    },
}

impl ResolveError {
    /// Whether asking again later may help without anybody changing anything.
    #[must_use]
    pub fn retryable(&self) -> bool {
        match self {
            Self::Store(error) => {
                error.to_unavailable(referee_core::UnavailableKind::Registry).retryable
            }
            Self::Malformed { .. } => false,
            Self::Deadline { .. } | Self::CutOff { .. } | Self::Overloaded { .. } => true,
        }
    }
}

impl Coded for ResolveError {
    fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Malformed { source, .. } => source.code(),
            Self::Deadline { .. } | Self::CutOff { .. } => "timeout",
            Self::Overloaded { .. } => "overloaded",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Store(error) => error.hint(),
            _ => None,
        }
    }
}

/// Makes a subject of what was fetched.
pub(crate) fn subject(
    target: &Target,
    fetched: Result<Fetched, Arc<StoreError>>,
) -> Result<Subject, ResolveError> {
    let fetched = fetched.map_err(ResolveError::Store)?;
    let (document, media_type) = Document::parse(&fetched.bytes, &fetched.media_type)
        .map_err(|e| ResolveError::Malformed { target: describe(target), source: Arc::new(e) })?;
    Ok(Subject {
        repository: target.judged_as.clone(),
        tag: target.tag.clone(),
        descriptor: Descriptor {
            media_type,
            digest: fetched.digest,
            size: u64::try_from(fetched.bytes.len()).unwrap_or(u64::MAX),
            artifact_type: None,
            annotations: BTreeMap::new(),
            platform: None,
        },
        document,
        bytes: fetched.bytes,
    })
}

/// How errors call a target.
pub(crate) fn describe(target: &Target) -> String {
    match &target.selector {
        Some(Selector::Digest(digest)) => format!("{}@{digest}", target.place),
        Some(Selector::Tag(tag)) => format!("{}:{tag}", target.place),
        None => target.place.to_string(),
    }
}
