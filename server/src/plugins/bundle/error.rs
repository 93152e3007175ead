//! What can go wrong with bundles.

use crate::state::WriteError;
use referee_bundles::{BundleError, SignatureError};
use referee_core::Coded;
use referee_rego::RegoErrors;
use referee_store::StoreError;
use referee_store::bundle::BundleFetchError;
use referee_verify::primitive::jws::{JwsAlgorithmUnknown, JwsKeyError};
use std::sync::Arc;

/// Bundles that cannot be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundlePluginError {
    /// A bundle cannot be had as it is configured.
    #[error("bundles.{bundle}: {problem}")]
    Source {
        /// The bundle.
        bundle: String,
        /// What is wrong.
        problem: String,
    },
    /// A bundle cannot be had from where it is configured to be.
    #[error("bundles.{bundle}.resource: {source}")]
    File {
        /// The bundle.
        bundle: String,
        /// What is wrong.
        source: StoreError,
    },
    /// A key cannot be used.
    #[error("keys.{id}: {source}")]
    Key {
        /// Its id.
        id: String,
        /// Why.
        source: JwsKeyError,
    },
    /// A key is for an algorithm that there is not.
    #[error("keys.{id}.algorithm: {source}")]
    Algorithm {
        /// Its id.
        id: String,
        /// Why.
        source: JwsAlgorithmUnknown,
    },
    /// What is to be verified cannot be.
    #[error("bundles.{bundle}.signing: {source}")]
    Signing {
        /// The bundle.
        bundle: String,
        /// Why.
        source: SignatureError,
    },
}

impl Coded for BundlePluginError {
    fn code(&self) -> &'static str {
        match self {
            Self::Source { .. } => "bundle_source",
            Self::File { source, .. } => source.code(),
            Self::Key { .. } | Self::Algorithm { .. } => "bundle_key",
            Self::Signing { source, .. } => source.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Signing { source, .. } => source.hint(),
            _ => None,
        }
    }
}

/// Why a bundle is not the newest.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleFailure {
    /// It could not be fetched.
    #[error(transparent)]
    Fetch(#[from] BundleFetchError),
    /// It could not be read, or is not signed as it must be.
    #[error("bundle read failed: {0}")]
    Read(Arc<BundleError>),
    /// It could not be activated.
    #[error(transparent)]
    Activate(Arc<WriteError>),
    /// It is in force, and could not be kept on disk.
    #[error("the bundle is in force, but is not kept on disk for the next start")]
    Persist(#[source] Arc<StoreError>),
    /// The work broke off: a defect, which the log tells of.
    #[error("the work broke off")]
    Broken,
    /// Nobody looks after bundles any more.
    #[error("no bundle of that name is looked after")]
    Stopped,
}

impl From<WriteError> for BundleFailure {
    fn from(error: WriteError) -> Self {
        Self::Activate(Arc::new(error))
    }
}

impl BundleFailure {
    /// What is wrong with modules, where it is they.
    #[must_use]
    pub fn modules(&self) -> Option<&RegoErrors> {
        match self {
            Self::Read(error) => match error.as_ref() {
                BundleError::Modules { source } => Some(source),
                _ => None,
            },
            Self::Activate(error) => match error.as_ref() {
                WriteError::Modules(errors) | WriteError::Needed(errors) => Some(errors),
                WriteError::Rules(errors) => Some(errors),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether the source has something else than what it had: what it sent cannot be read, or it
    /// says that there is nothing.
    pub(super) fn withdraws(&self) -> bool {
        match self {
            Self::Read(_) | Self::Fetch(BundleFetchError::NoBundle { .. }) => true,
            Self::Fetch(error) => matches!(error.http_status(), Some(404 | 410)),
            _ => false,
        }
    }

    /// Whether it may go away with another bundle.
    pub(super) fn may_need_others(&self) -> bool {
        matches!(self, Self::Activate(error) if matches!(
            error.as_ref(),
            WriteError::Modules(_) | WriteError::Needed(_) | WriteError::Rules(_)
                | WriteError::Overlap { .. }
        ))
    }
}

impl Coded for BundleFailure {
    fn code(&self) -> &'static str {
        match self {
            Self::Fetch(error) => error.code(),
            Self::Read(error) => error.code(),
            Self::Activate(_) => "bundle_activation",
            Self::Persist(error) => error.code(),
            Self::Broken => "internal",
            Self::Stopped => "bundle_stopped",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Fetch(error) => error.hint(),
            Self::Read(error) => error.hint(),
            Self::Persist(error) => error.hint(),
            _ => None,
        }
    }
}
