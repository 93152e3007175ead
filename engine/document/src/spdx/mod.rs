//! To be written.

use crate::{DocumentError, Limits};
use referee_core::facts::Sbom;

/// To be written.
///
/// # Errors
/// Always.
pub fn json(_bytes: &[u8], _limits: &Limits) -> Result<Sbom, DocumentError> {
    Err(DocumentError::UnknownFormat { expected: "SPDX in JSON" })
}

/// To be written.
///
/// # Errors
/// Always.
pub fn jsonld(_bytes: &[u8], _limits: &Limits) -> Result<Sbom, DocumentError> {
    Err(DocumentError::UnknownFormat { expected: "SPDX in JSON-LD" })
}

/// To be written.
///
/// # Errors
/// Always.
pub fn tag_value(_bytes: &[u8], _limits: &Limits) -> Result<Sbom, DocumentError> {
    Err(DocumentError::UnknownFormat { expected: "SPDX in tags and values" })
}
