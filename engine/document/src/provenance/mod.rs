//! To be written.
use crate::error::DocumentError;
use crate::limits::Limits;
use referee_core::facts::{Provenance, VerificationSummary};
/// Stub.
/// # Errors
/// Always.
pub fn read(_: &str, _: &[u8], _: &Limits) -> Result<Provenance, DocumentError> {
    Err(DocumentError::UnknownFormat { expected: "provenance" })
}
/// Stub.
/// # Errors
/// Always.
pub fn summary(_: &str, _: &[u8], _: &Limits) -> Result<VerificationSummary, DocumentError> {
    Err(DocumentError::UnknownFormat { expected: "summary" })
}
