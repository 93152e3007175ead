//! Any bytes are CycloneDX in XML that says the same with a comment behind it, or are refused.

use super::sbom::{keeps, keeps_report, keeps_vex};
use referee_document::{Limits, cyclonedx};

pub(crate) fn any(bytes: &[u8]) {
    let Ok(bom) = cyclonedx::xml(bytes, &Limits::DEFAULT) else { return };
    keeps(&bom.sbom, &Limits::DEFAULT);
    bom.report.iter().for_each(|report| keeps_report(report, &Limits::DEFAULT));
    bom.vex.iter().for_each(|vex| keeps_vex(vex, &Limits::DEFAULT));
    let commented = [bytes, b"<!-- behind -->"].concat();
    assert_eq!(cyclonedx::xml(&commented, &Limits::DEFAULT).ok(), Some(bom));
    let twice = [bytes, bytes].concat();
    cyclonedx::xml(&twice, &Limits::DEFAULT).unwrap_err();
}
