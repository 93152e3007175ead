//! What can go wrong between here and a store.

use referee_core::{Coded, Digest, Unavailable, UnavailableCode, UnavailableKind};
use std::io;
use std::time::Duration;

/// What a store could not do. Shared behind an `Arc`, because one failure may have many waiters.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The place says that it is not there.
    #[error("{target} was not found")]
    NotFound {
        /// What was asked for.
        target: String,
    },
    /// The place wants other credentials.
    #[error("{target}: access denied{}", status.map(|s| format!(" (HTTP {s})")).unwrap_or_default())]
    Denied {
        /// What was asked for.
        target: String,
        /// The HTTP status.
        status: Option<u16>,
        /// What the server says about it, cut to one line.
        detail: Option<String>,
    },
    /// The server wants to be left alone.
    #[error("{target}: the server is throttling (HTTP 429)")]
    Throttled {
        /// What was asked for.
        target: String,
        /// For how long, where it says.
        retry_after: Option<Duration>,
    },
    /// No answer in time.
    #[error("{target}: {stage} took longer than {} ms", limit.as_millis())]
    Timeout {
        /// What was asked for.
        target: String,
        /// Which part was too slow: `connecting`, `waiting for an answer`, `reading the body`,
        /// `the whole request`.
        stage: &'static str,
        /// The limit.
        limit: Duration,
    },
    /// The server answered with a status that means it has a fault.
    #[error("{target}: the server failed (HTTP {status})")]
    Server {
        /// What was asked for.
        target: String,
        /// The HTTP status.
        status: u16,
    },
    /// No connection, or one that broke.
    #[error("{target}: the connection failed")]
    Connection {
        /// What was asked for.
        target: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// More bytes, or more entries, than the limit.
    #[error("{target} is larger than the limit of {limit} {unit}")]
    TooLarge {
        /// What was asked for.
        target: String,
        /// The limit.
        limit: u64,
        /// What is counted: `bytes`, `pages`, `referrers`, `manifests`, `entries`,
        /// `policy files`.
        unit: &'static str,
    },
    /// Other bytes than the digest names.
    #[error("{target}: the bytes have the digest {found}")]
    DigestMismatch {
        /// What was asked for.
        target: String,
        /// The digest of what came.
        found: Digest,
    },
    /// Fewer or more bytes than the descriptor or the server announced.
    #[error("{target}: {found} bytes came where {expected} were announced")]
    SizeMismatch {
        /// What was asked for.
        target: String,
        /// How many were announced.
        expected: u64,
        /// How many came, as far as they were read.
        found: u64,
    },
    /// Not in the form that the specification demands.
    #[error("{target}: {problem}")]
    Malformed {
        /// What was asked for.
        target: String,
        /// What is wrong with it.
        problem: String,
        /// What the parser found.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// A file could not be read.
    #[error("{target} could not be read")]
    File {
        /// The path.
        target: String,
        /// Why.
        source: io::Error,
    },
    /// A file could not be written.
    #[error("{target} could not be written")]
    Unwritable {
        /// The path.
        target: String,
        /// Why.
        source: io::Error,
    },
    /// The place refuses to take something.
    #[error(
        "{target}: the registry refuses it (HTTP {status}){}",
        detail.as_deref().map(|detail| format!(": {detail}")).unwrap_or_default()
    )]
    Rejected {
        /// What was to be pushed.
        target: String,
        /// The HTTP status.
        status: u16,
        /// What the server says about it, cut to one line.
        detail: Option<String>,
    },
    /// Evidence that was saved has no answer to a question.
    #[error("{target} is not in the evidence: it was not asked for when that was saved")]
    NotRecorded {
        /// What was asked for.
        target: String,
    },
    /// A failure that was saved with the evidence.
    #[error("{message}")]
    Recorded {
        /// What was asked for.
        target: String,
        /// How it stands in the facts.
        code: UnavailableCode,
        /// What was said about it.
        message: String,
        /// Whether asking again might have helped.
        retryable: bool,
    },
    /// Nothing selects one of several manifests.
    #[error("{target} holds {} manifests: name one of them", tags.len())]
    Ambiguous {
        /// The layout.
        target: String,
        /// The tags there are.
        tags: Vec<String>,
    },
    /// This store does not serve such a place.
    #[error("{target}: no store is configured for it")]
    Unserved {
        /// What was asked for.
        target: String,
    },
    /// The work ended without an answer: a defect in Referee, or it is shutting down.
    #[error("{target}: the work ended without an answer")]
    Internal {
        /// What was asked for.
        target: String,
    },
    /// The configuration cannot be used.
    #[error("{setting}: {problem}")]
    Configuration {
        /// Which setting.
        setting: String,
        /// What is wrong with it.
        problem: String,
        /// Why.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

impl StoreError {
    /// How this stands in the facts.
    #[must_use]
    pub fn unavailable_code(&self) -> UnavailableCode {
        match self {
            Self::NotFound { .. } | Self::NotRecorded { .. } => UnavailableCode::NotFound,
            Self::Recorded { code, .. } => *code,
            Self::Denied { .. } => UnavailableCode::Denied,
            Self::Throttled { .. } => UnavailableCode::Throttled,
            Self::Timeout { .. } => UnavailableCode::Timeout,
            Self::TooLarge { .. } => UnavailableCode::TooLarge,
            Self::DigestMismatch { .. } | Self::SizeMismatch { .. } => {
                UnavailableCode::DigestMismatch
            }
            Self::Malformed { .. } | Self::Ambiguous { .. } => UnavailableCode::Malformed,
            Self::Server { .. }
            | Self::Connection { .. }
            | Self::File { .. }
            | Self::Unwritable { .. }
            | Self::Rejected { .. }
            | Self::Unserved { .. }
            | Self::Internal { .. }
            | Self::Configuration { .. } => UnavailableCode::Refused,
        }
    }

    /// What was asked for.
    #[must_use]
    pub fn target(&self) -> &str {
        match self {
            Self::NotFound { target }
            | Self::Denied { target, .. }
            | Self::Throttled { target, .. }
            | Self::Timeout { target, .. }
            | Self::Server { target, .. }
            | Self::Connection { target, .. }
            | Self::TooLarge { target, .. }
            | Self::DigestMismatch { target, .. }
            | Self::SizeMismatch { target, .. }
            | Self::Malformed { target, .. }
            | Self::File { target, .. }
            | Self::Unwritable { target, .. }
            | Self::Rejected { target, .. }
            | Self::NotRecorded { target }
            | Self::Recorded { target, .. }
            | Self::Ambiguous { target, .. }
            | Self::Unserved { target }
            | Self::Internal { target } => target,
            Self::Configuration { setting, .. } => setting,
        }
    }

    /// This failure as a fact.
    #[must_use]
    pub fn to_unavailable(&self, kind: UnavailableKind) -> Unavailable {
        let code = self.unavailable_code();
        let mut fact =
            Unavailable::new(kind, self.target(), code, referee_core::error::chain(self));
        // A configuration that cannot be used or a file that cannot be read does not mend itself.
        fact.retryable = code.retryable()
            && !matches!(
                self,
                Self::File { .. }
                    | Self::Unwritable { .. }
                    | Self::Rejected { .. }
                    | Self::Unserved { .. }
                    | Self::Configuration { .. }
            );
        if let Self::Recorded { retryable, .. } = self {
            fact.retryable = *retryable;
        }
        fact
    }
}

impl Coded for StoreError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::Denied { .. } => "denied",
            Self::Throttled { .. } => "throttled",
            Self::Timeout { .. } => "timeout",
            Self::Server { .. } => "server_failed",
            Self::Connection { .. } => "connection_failed",
            Self::TooLarge { .. } => "too_large",
            Self::DigestMismatch { .. } => "digest_mismatch",
            Self::SizeMismatch { .. } => "size_mismatch",
            Self::Malformed { .. } => "malformed",
            Self::File { .. } => "file_unreadable",
            Self::Unwritable { .. } => "file_unwritable",
            Self::Rejected { .. } => "rejected",
            Self::NotRecorded { .. } => "not_recorded",
            Self::Recorded { code, .. } => code.as_str(),
            Self::Ambiguous { .. } => "ambiguous",
            Self::Unserved { .. } => "unserved",
            Self::Internal { .. } => "internal",
            Self::Configuration { .. } => "configuration",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Denied { .. } => {
                Some("log in with `docker login`, or point DOCKER_CONFIG at the credentials".into())
            }
            Self::Throttled { retry_after: Some(wait), .. } => {
                Some(format!("the server asks to wait {} s", wait.as_secs()))
            }
            Self::Ambiguous { tags, .. } if !tags.is_empty() => {
                let shown: Vec<&str> = tags.iter().take(10).map(String::as_str).collect();
                Some(format!("there are: {}", shown.join(", ")))
            }
            Self::Rejected { status: 404, .. } => Some(
                "the repository may have to be made first: not every registry makes it at a push"
                    .into(),
            ),
            Self::Rejected { status: 405, .. } => Some("the registry takes no pushes".into()),
            Self::Rejected { status: 413, .. } => {
                Some("the registry, or a proxy before it, limits how large an upload may be".into())
            }
            Self::Unwritable { source, .. }
                if matches!(
                    source.kind(),
                    io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
                ) =>
            {
                Some("the disk is full; run again with room, what was written is used".into())
            }
            _ => None,
        }
    }
}
