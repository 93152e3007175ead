//! Stands for the reader of CycloneDX until it is merged, with the part of its interface that reports
//! need.

use crate::error::DocumentError;
use crate::limits::Limits;
use referee_core::facts::VulnerabilityReport;

/// What a document says.
#[derive(Clone, Debug, PartialEq)]
pub struct Bom {
    /// What is known to be wrong with what is inside.
    pub report: Option<VulnerabilityReport>,
}

/// Reads CycloneDX in JSON.
///
/// # Errors
/// Always, until the reader is merged.
pub fn json(_: &[u8], _: &Limits) -> Result<Bom, DocumentError> {
    Err(DocumentError::UnknownFormat { expected: "CycloneDX in JSON" })
}
