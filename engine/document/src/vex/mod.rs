//! To be written.
use crate::error::DocumentError;
use crate::limits::Limits;
use referee_core::facts::Vex;
/// Stub.
/// # Errors
/// Always.
pub fn read(_: Option<&str>, _: &[u8], _: &Limits) -> Result<Vex, DocumentError> {
    Err(DocumentError::UnknownFormat { expected: "VEX document" })
}
