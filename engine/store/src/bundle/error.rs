//! Why a bundle could not be fetched.

use crate::error::StoreError;
use referee_core::Coded;
use reqwest::StatusCode;
use std::sync::Arc;
use std::time::Duration;

/// Why a bundle could not be fetched.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleFetchError {
    /// The server answered with another status than one of success. OPA's words.
    #[error("server replied with {}", reason(*status))]
    Status {
        /// The service and the address.
        target: String,
        /// The HTTP status.
        status: u16,
        /// For how long it asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// The server says that nothing has changed, and was not asked that.
    #[error("{target}: not modified (HTTP 304), though no version was named")]
    NothingYet {
        /// The service and the address.
        target: String,
    },
    /// Something else than a bundle.
    #[error("{target}: {problem}")]
    NoBundle {
        /// Where it came from.
        target: String,
        /// What came instead.
        problem: String,
    },
    /// The bytes did not come.
    #[error(transparent)]
    Store(#[from] Arc<StoreError>),
}

impl From<StoreError> for BundleFetchError {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl BundleFetchError {
    /// The HTTP status that it was told by.
    #[must_use]
    pub fn http_status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } => Some(*status),
            Self::NothingYet { .. } => Some(304),
            _ => None,
        }
    }

    /// For how long the other side asks to be left alone.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            Self::Store(error) => match error.as_ref() {
                StoreError::Throttled { retry_after, .. } => *retry_after,
                _ => None,
            },
            _ => None,
        }
    }
}

impl Coded for BundleFetchError {
    fn code(&self) -> &'static str {
        match self {
            Self::Status { .. } => "bundle_status",
            Self::NothingYet { .. } => "bundle_not_modified",
            Self::NoBundle { .. } => "no_bundle",
            Self::Store(error) => error.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Status { status: 401 | 403, .. } => {
                Some("look at services.*.credentials".to_owned())
            }
            Self::Status { status: 404, .. } => {
                Some("look at bundles.*.resource, which is appended to services.*.url".to_owned())
            }
            Self::Store(error) => error.hint(),
            _ => None,
        }
    }
}

fn reason(status: u16) -> String {
    let known = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    known.map_or_else(|| format!("status {status}"), ToOwned::to_owned)
}
