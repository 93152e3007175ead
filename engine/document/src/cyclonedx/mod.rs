//! CycloneDX 1.2 to 1.7 in JSON and XML (ECMA-424 is 1.6): an SBOM, and where the document says so a
//! vulnerability report (VDR) and a VEX document as well.
//!
//! Both encodings are read into the same borrowed parts (`model`), one component, dependency or
//! vulnerability at a time, and each is turned into facts (`assemble`) before the next is read.
//!
//! # What is a package
//! Every component in `components` and what `metadata.component` describes, with the components
//! nested in each; the described one stands first, and `describes` names it. That is what the
//! reference libraries count as the components of a document. Tools, services, and the ancestors
//! and variants of a pedigree are not inside what is described and are no packages.
//!
//! # What is refused
//! Other versions, other root elements, document type declarations, a document that says that it is
//! SPDX as well. Members that are not read are not looked at.

mod analysis;
mod assemble;
mod finding;
mod json;
mod licenses;
mod model;
mod rating;
mod reference;
mod xml;

use crate::error::DocumentError;
use crate::limits::Limits;
use crate::text::shorten;
use referee_core::facts::{Sbom, SbomEncoding, Vex, VulnerabilityReport};

/// The format's name in errors.
const FORMAT: &str = "CycloneDX";

/// The versions that are read.
const VERSIONS: [&str; 6] = ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"];

/// The first versions, which have no `vulnerabilities`.
const WITHOUT_VULNERABILITIES: [&str; 2] = ["1.2", "1.3"];

/// What a CycloneDX document says.
#[derive(Clone, Debug, PartialEq)]
pub struct Bom {
    /// What is inside.
    pub sbom: Sbom,
    /// What is known to be wrong with it; `Some` where the document has `vulnerabilities`, unless it
    /// is VEX alone: without components, and each vulnerability with a state of its analysis. With an
    /// empty list it is a scan that found nothing only where somebody says that it is one; `sbom`
    /// leaves it out.
    pub report: Option<VulnerabilityReport>,
    /// Whether that matters; `Some` where a vulnerability has an `analysis`.
    pub vex: Option<Vex>,
}

/// Reads CycloneDX in JSON.
///
/// # Errors
/// Where it is not UTF-8, not JSON, larger than the limit, not CycloneDX of a version that is read,
/// or where a member that is read has another type than the specification gives it.
pub fn json(bytes: &[u8], limits: &Limits) -> Result<Bom, DocumentError> {
    let (assembler, header) = crate::json::read_into(FORMAT, bytes, limits, || {
        json::Document::new(assemble::Assembler::new(SbomEncoding::Json, limits))
    })?;
    match header.format.as_deref() {
        None => return Err(DocumentError::Missing { format: FORMAT, member: "bomFormat" }),
        Some("CycloneDX") => {}
        Some(_) => return Err(DocumentError::UnknownFormat { expected: "CycloneDX in JSON" }),
    }
    let version = header.spec_version.as_deref();
    let version =
        version.ok_or(DocumentError::Missing { format: FORMAT, member: "specVersion" })?;
    assembler.finish(known(version)?, header.serial_number.as_deref(), header.version)
}

/// Reads CycloneDX in XML.
///
/// # Errors
/// Where it is not UTF-8, not well-formed, larger than the limit, nested too deep, has a document
/// type declaration, or is not CycloneDX of a version that is read.
pub fn xml(bytes: &[u8], limits: &Limits) -> Result<Bom, DocumentError> {
    xml::document(crate::json::text(bytes, limits)?, limits)
}

/// A version, where it is one that is read.
fn known(version: &str) -> Result<&'static str, DocumentError> {
    let known = VERSIONS.into_iter().find(|known| *known == version);
    known.ok_or_else(|| DocumentError::Version {
        format: FORMAT,
        version: shorten(version, 80),
        supported: "1.2 to 1.7",
    })
}
