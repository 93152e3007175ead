//! VEX documents: OpenVEX and CSAF are read here, CycloneDX beside its SBOMs; and which of their
//! statements speak of which findings.
//!
//! The format is told by the document. Refused is what is none of them or could be both, since
//! readers would differ in what it says.

mod apply;
mod bind;
mod builder;
mod csaf;
mod csaf_tree;
mod openvex;

use crate::error::DocumentError;
use crate::limits::Limits;
use crate::stream::{self, Members};
use referee_core::facts::Vex;
use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess};

pub use apply::{Subject, apply};

/// The predicate types of OpenVEX, before its version (openvex/spec, `ATTESTING.md`).
pub const OPENVEX_PREDICATE: &str = "https://openvex.dev/ns";

/// Reads a VEX document. The predicate type is not needed to tell OpenVEX from CSAF, but one of
/// OpenVEX around something else is refused.
///
/// # Errors
///
/// What makes it unreadable as a whole, see [`DocumentError`].
pub fn read(
    predicate_type: Option<&str>,
    bytes: &[u8],
    limits: &Limits,
) -> Result<Vex, DocumentError> {
    let said_openvex = predicate_type.is_some_and(|said| said.starts_with(OPENVEX_PREDICATE));
    match detect(bytes, limits)? {
        Some(Format::OpenVex) => openvex::read(bytes, limits),
        Some(Format::Csaf) if !said_openvex => csaf::read(bytes, limits),
        _ => Err(DocumentError::UnknownFormat { expected: "VEX document (OpenVEX, CSAF)" }),
    }
}

/// Formats of VEX documents, told apart by content. CycloneDX's is an SBOM's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// OpenVEX: `@context` and `statements`.
    OpenVex,
    /// CSAF: `document` with `csaf_version`.
    Csaf,
}

/// The format of a document, where it is VEX of one.
#[must_use]
pub fn format(bytes: &[u8], limits: &Limits) -> Option<Format> {
    detect(bytes, limits).ok().flatten()
}

/// What stands at the top.
#[derive(Default)]
struct Shape {
    context: bool,
    statements: bool,
    csaf: bool,
}

impl<'de> Members<'de> for Shape {
    const NAMES: &'static [&'static str] = &["@context", "statements", "document"];

    fn member<A: MapAccess<'de>>(
        &mut self,
        name: &'static str,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            "@context" => self.context = map.next_value::<Option<IgnoredAny>>()?.is_some(),
            "statements" => self.statements = map.next_value::<Option<IgnoredAny>>()?.is_some(),
            _ => {
                let document: Option<Document> = map.next_value()?;
                self.csaf = document.is_some_and(|document| document.csaf_version.is_some());
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Document {
    csaf_version: Option<IgnoredAny>,
}

fn detect(bytes: &[u8], limits: &Limits) -> Result<Option<Format>, DocumentError> {
    let shape = stream::read("a VEX document", bytes, limits, Shape::default)?;
    Ok(match (shape.context && shape.statements, shape.csaf) {
        (true, false) => Some(Format::OpenVex),
        (false, true) => Some(Format::Csaf),
        _ => None,
    })
}
