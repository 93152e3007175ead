//! SBOMs of any format, told apart by what is in them: media types and predicate types are what
//! somebody says about a document, and tools leave them out or mix them up.

pub(crate) mod builder;
mod ids;
mod kind;
pub(crate) mod packages;

use crate::error::DocumentError;
use crate::limits::Limits;
use crate::{cyclonedx, spdx};
use kind::Kind;
use referee_core::facts::{Sbom, Vex, VulnerabilityReport};

/// What an SBOM says. CycloneDX may have a report and a VEX document in the same document.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What is inside.
    pub sbom: Sbom,
    /// What is known to be wrong with it, where the document says. An empty list of vulnerabilities
    /// says nothing in an SBOM: Trivy writes one into each, also where it looked for none.
    pub report: Option<VulnerabilityReport>,
    /// Whether that matters, where the document says.
    pub vex: Option<Vex>,
}

impl From<Sbom> for Found {
    fn from(sbom: Sbom) -> Self {
        Self { sbom, report: None, vex: None }
    }
}

impl From<cyclonedx::Bom> for Found {
    fn from(bom: cyclonedx::Bom) -> Self {
        let cyclonedx::Bom { sbom, report, vex } = bom;
        Self { sbom, report: report.filter(|report| report.finding_count > 0), vex }
    }
}

/// Reads an SBOM of any format: CycloneDX in JSON and XML, SPDX 2 in JSON (also within
/// `{"sbom": …}`, as GitHub exports it) and in tags and values, SPDX 3 in JSON-LD.
///
/// # Errors
/// [`DocumentError::UnknownFormat`] where it is none of them, and those of the format's reader.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Found, DocumentError> {
    match kind::of(bytes, limits)? {
        Kind::CycloneDxJson => cyclonedx::json(bytes, limits).map(Found::from),
        Kind::CycloneDxXml => cyclonedx::xml(bytes, limits).map(Found::from),
        Kind::SpdxJson => spdx::json(bytes, limits).map(Found::from),
        Kind::SpdxJsonLd => spdx::jsonld(bytes, limits).map(Found::from),
        Kind::SpdxTagValue => spdx::tag_value(bytes, limits).map(Found::from),
    }
}
