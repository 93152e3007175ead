//! SBOMs of any format.

pub(crate) mod builder;
use crate::error::DocumentError;
use crate::limits::Limits;
use referee_core::facts::{Sbom, Vex, VulnerabilityReport};
/// Stub.
#[derive(Debug)]
pub struct Found {
    /// a
    pub sbom: Sbom,
    /// b
    pub report: Option<VulnerabilityReport>,
    /// c
    pub vex: Option<Vex>,
}
/// Stub.
/// # Errors
/// Always.
pub fn read(_: &[u8], _: &Limits) -> Result<Found, DocumentError> {
    Err(DocumentError::UnknownFormat { expected: "SBOM" })
}
