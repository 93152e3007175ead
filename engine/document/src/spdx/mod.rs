//! SPDX: 2.2 and 2.3 in JSON and as tags and values, 3.0 in JSON-LD.
//!
//! Packages, their licences, hashes and package URLs, and the relationships between packages. Files,
//! snippets, annotations and vulnerabilities are not read. Relationships that have a file at either
//! end are left out without being counted; of those that lead out of the document one end must be a
//! package.

mod detect;
mod graph;
mod json;
mod jsonld;
mod part;
mod tag_value;
mod v2;

pub use detect::detect;
pub use json::read as json;
pub use jsonld::read as jsonld;
pub use tag_value::read as tag_value;

use crate::error::DocumentError;
use crate::limits::Limits;
use referee_core::facts::{Sbom, SbomEncoding};

/// Reads an SPDX document of any version that is read, told apart by its content.
///
/// # Errors
/// Where it cannot be read, or is none.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Sbom, DocumentError> {
    crate::json::within(bytes, limits)?;
    match detect(bytes) {
        Some(SbomEncoding::Json) => json(bytes, limits),
        Some(SbomEncoding::JsonLd) => jsonld(bytes, limits),
        Some(SbomEncoding::TagValue) => tag_value(bytes, limits),
        _ => {
            let text = crate::json::text(bytes, limits)?;
            // What is wrong with it is more to know than that it is none.
            if text.trim_start().starts_with('{') {
                crate::json::read::<serde::de::IgnoredAny>("SPDX", bytes, limits)?;
            }
            Err(DocumentError::UnknownFormat {
                expected: "SPDX document (2.2 or 2.3 in JSON or tags and values, 3.0 in JSON-LD)",
            })
        }
    }
}
