//! Why the suite cannot be run, as one error with a stable code.

use super::expand::SuiteError;
use super::expected::ExpectedError;
use super::server::{AddressError, RunError};
use referee_core::Coded;

/// Why the suite cannot be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unusable {
    /// The scenarios cannot be read.
    #[error(transparent)]
    Suite(#[from] SuiteError),
    /// The list of expected differences cannot be used.
    #[error(transparent)]
    Expected(#[from] ExpectedError),
    /// What is given for a server is no address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// A server cannot be asked.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl Coded for Unusable {
    fn code(&self) -> &'static str {
        match self {
            Self::Suite(_) => "cases_unusable",
            Self::Expected(_) => "expectations_unusable",
            Self::Address(_) => "server_address",
            Self::Run(RunError::NoAnswer { .. }) => "server_unreachable",
            Self::Run(RunError::Died { .. }) => "server_died",
            Self::Run(RunError::NotEmpty { .. }) => "server_not_empty",
        }
    }
}
