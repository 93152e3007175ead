//! What can go wrong with trusted roots that somebody keeps.

use crate::error::StoreError;
use referee_core::trust::RootKeeper;
use referee_core::{Coded, Timestamp};
use std::fmt;
use std::time::Duration;

/// A trusted root that could not be had.
#[derive(Debug, thiserror::Error)]
#[error("the trusted root of Sigstore instance {instance:?} could not be renewed: {problem}")]
pub struct TufError {
    /// The instance's name in the trust document.
    pub instance: String,
    /// Why.
    pub problem: TufProblem,
}

/// Why a trusted root could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TufProblem {
    /// The repository could not be asked.
    #[error("{}", referee_core::error::chain(&**.0))]
    Unavailable(std::sync::Arc<StoreError>),
    /// It did not answer in time.
    #[error("{url} took longer than {} ms", limit.as_millis())]
    Timeout {
        /// The repository.
        url: String,
        /// The limit, in the configuration `tuf.timeout_ms`.
        limit: Duration,
    },
    /// What it answered does not hold: it is not signed as it must be, goes back, is past its
    /// time, or is not what was announced.
    #[error("what {url} answered does not hold: {}", referee_core::error::chain(source.as_ref()))]
    Refused {
        /// The repository.
        url: String,
        /// What is wrong with it.
        source: Box<sigstore_tuf::Error>,
    },
    /// It failed a moment ago.
    #[error(
        "{url} failed at {} and is not asked again before {}",
        in_seconds(failed_at),
        in_seconds(again_at)
    )]
    Waiting {
        /// The repository.
        url: String,
        /// When it failed.
        failed_at: Timestamp,
        /// When it is asked again.
        again_at: Timestamp,
    },
    /// Nothing may be asked, and there is no copy.
    #[error("nothing may be asked, and there is no copy that holds")]
    NotAsked,
    /// Nothing may be asked, and the copy is past its time.
    #[error("nothing may be asked, and the copy was good until {expires_at}")]
    Expired {
        /// When it ended.
        expires_at: Timestamp,
    },
    /// The root that was had cannot be used.
    #[error("it cannot be used: {0}")]
    Unusable(Box<dyn std::error::Error + Send + Sync>),
}

/// Nobody who reads it needs the rest.
fn in_seconds(at: &Timestamp) -> Timestamp {
    Timestamp::from_unix_seconds(at.unix_seconds()).unwrap_or(*at)
}

impl TufError {
    /// Every code of this type.
    pub const CODES: [&str; 2] = ["trust_root_unavailable", "trust_root_refused"];

    /// Whether asking again later may help without anybody changing anything.
    #[must_use]
    pub fn retryable(&self) -> bool {
        matches!(
            self.problem,
            TufProblem::Unavailable(_) | TufProblem::Timeout { .. } | TufProblem::Waiting { .. }
        )
    }
}

impl Coded for TufError {
    fn code(&self) -> &'static str {
        match self.problem {
            TufProblem::Refused { .. } | TufProblem::Unusable(_) => "trust_root_refused",
            _ => "trust_root_unavailable",
        }
    }

    fn hint(&self) -> Option<String> {
        match &self.problem {
            TufProblem::NotAsked | TufProblem::Expired { .. } => Some(
                "run `referee roots` where the network is, or name the trusted root as `file` in \
                 the trust document"
                    .into(),
            ),
            TufProblem::Unavailable(_) | TufProblem::Timeout { .. } => Some(
                "behind a firewall set `tuf.mirrors`, or `tuf.refresh: never` and renew Referee \
                 itself"
                    .into(),
            ),
            _ => None,
        }
    }
}

/// What is used in the place of a root that could not be renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InPlace {
    /// The copy.
    Copy {
        /// Until when it is good.
        expires_at: Option<Timestamp>,
        /// Whether that has passed.
        expired: bool,
    },
    /// What came with Referee.
    Embedded,
}

impl fmt::Display for InPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Copy { expires_at: Some(at), expired: true } => {
                write!(f, "the copy is used, which was good until {at}")
            }
            Self::Copy { expires_at: Some(at), expired: false } => {
                write!(f, "the copy is used, which is good until {at}")
            }
            Self::Copy { expires_at: None, .. } => f.write_str("the copy is used"),
            Self::Embedded => f.write_str("the one that comes with Referee is used"),
        }
    }
}

/// A root that could not be renewed, with what stands in its place.
#[derive(Debug)]
pub struct RootsNote {
    /// Whose root.
    pub keeper: RootKeeper,
    /// Why.
    pub error: TufError,
    /// What is used.
    pub in_place: InPlace,
}

impl fmt::Display for RootsNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.error, self.in_place)
    }
}
