//! Any bytes are CycloneDX in JSON that says the same however its white space stands, or are refused.

use super::sbom::{keeps, keeps_report, keeps_vex};
use referee_document::{Limits, cyclonedx};

pub(crate) fn any(bytes: &[u8]) {
    let Ok(bom) = cyclonedx::json(bytes, &Limits::DEFAULT) else { return };
    keeps(&bom.sbom, &Limits::DEFAULT);
    bom.report.iter().for_each(|report| keeps_report(report, &Limits::DEFAULT));
    bom.vex.iter().for_each(|vex| keeps_vex(vex, &Limits::DEFAULT));
    // Facts are JSON, and are read again as what they were.
    let facts = serde_json::to_string(&bom.sbom).unwrap();
    let again: referee_core::facts::Sbom = serde_json::from_str(&facts).unwrap();
    assert_eq!(again, bom.sbom);
    let padded = [b" \n", bytes, b"\t"].concat();
    if !bytes.starts_with(b"\xef\xbb\xbf") {
        assert_eq!(cyclonedx::json(&padded, &Limits::DEFAULT).ok(), Some(bom));
    }
}
