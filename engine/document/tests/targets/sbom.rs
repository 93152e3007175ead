//! Any bytes are an SBOM whose facts keep to the limits and to each other, or are refused.

use referee_core::facts::{Sbom, Vex, VulnerabilityReport};
use referee_document::{Limits, sbom};

/// Small enough to be met by a fuzzer.
pub(crate) const LIMITS: Limits = Limits {
    max_packages: 4,
    max_relationships: 4,
    max_licenses: 4,
    max_findings: 4,
    max_statements: 4,
    max_problems: 4,
    ..Limits::DEFAULT
};

pub(crate) fn any(bytes: &[u8]) {
    for limits in [&LIMITS, &Limits::DEFAULT] {
        if let Ok(found) = sbom::read(bytes, limits) {
            keeps(&found.sbom, limits);
            found.report.iter().for_each(|report| keeps_report(report, limits));
            found.vex.iter().for_each(|vex| keeps_vex(vex, limits));
        }
    }
}

/// What holds for the facts of any SBOM.
pub(crate) fn keeps(sbom: &Sbom, limits: &Limits) {
    let count = |count: usize| u64::try_from(count).unwrap();
    assert!(sbom.packages.len() <= limits.max_packages);
    assert!(sbom.relationships.len() <= limits.max_relationships);
    // One more stands for all that are not read; those that are too long are bounded by the packages.
    let licenses = limits.max_licenses.saturating_add(1);
    assert!(sbom.licenses.len() <= licenses.max(sbom.packages.len().saturating_mul(2)));
    assert!(sbom.package_count >= count(sbom.packages.len()));
    assert!(sbom.relationship_count >= count(sbom.relationships.len()));
    let left_out = sbom.package_count > count(sbom.packages.len())
        || sbom.relationship_count > count(sbom.relationships.len());
    assert!(sbom.truncated || !left_out, "what is left out is told");
    for package in &sbom.packages {
        for license in [&package.license_declared, &package.license_concluded].into_iter().flatten()
        {
            assert!(sbom.licenses.contains_key(license), "{license:?} is in the table");
        }
    }
}

/// What holds for the facts of any report.
pub(crate) fn keeps_report(report: &VulnerabilityReport, limits: &Limits) {
    assert!(report.findings.len() <= limits.max_findings);
    let kept = u64::try_from(report.findings.len()).unwrap();
    assert!(report.finding_count >= kept);
    assert!(report.truncated || report.finding_count == kept);
    assert_eq!(report.severities.values().sum::<u64>(), report.finding_count);
    for finding in &report.findings {
        assert!(finding.scores.iter().all(|score| (0.0..=10.0).contains(&score.score)));
    }
}

/// What holds for the facts of any VEX document.
pub(crate) fn keeps_vex(vex: &Vex, limits: &Limits) {
    assert!(vex.statements.len() <= limits.max_statements);
    let kept = u64::try_from(vex.statements.len()).unwrap();
    assert!(vex.truncated || vex.statement_count == kept);
}
