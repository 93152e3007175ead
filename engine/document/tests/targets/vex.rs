//! Any bytes as a VEX document: read within the limits, or refused; and applied to a report, nothing
//! is said of a finding by a statement that does not hold.

use referee_core::Digest;
use referee_core::facts::{SourceOfDocument, VexFact, VexStatus, VulnerabilityReportFact};
use referee_document::vex::{self, Subject};
use referee_document::{Limits, vulnerability};
use std::collections::BTreeMap;
use std::sync::Arc;

const REPORT: &[u8] = br#"{"SchemaVersion":2,"Results":[{"Vulnerabilities":[
    {"VulnerabilityID":"CVE-2026-1","VendorIDs":["GHSA-aaaa-bbbb-cccc"],"PkgIdentifier":{"PURL":"pkg:npm/x@1?arch=y"}},
    {"VulnerabilityID":"CVE-2026-2"}]}]}"#;

pub(crate) fn any(bytes: &[u8]) {
    let limits = Limits { max_statements: 50, max_problems: 3, ..Limits::DEFAULT };
    let Ok(document) = vex::read(None, bytes, &limits) else { return };
    assert!(document.statements.len() <= limits.max_statements);
    let kept = u64::try_from(document.statements.len()).unwrap_or(u64::MAX);
    assert!(kept <= document.statement_count);
    assert!(document.problems.iter().all(|problem| problem.code.starts_with("document_")));
    assert_eq!(vex::read(None, bytes, &limits).ok().as_ref(), Some(&document));
    let digest = Digest::sha256(b"");
    let source = SourceOfDocument {
        id: 0,
        attestation: 0,
        referrer: digest.clone(),
        subject: digest.clone(),
        signed_by: Vec::new(),
        verified: false,
        document: digest.clone(),
        signed_through: None,
    };
    let documents = [VexFact { source: source.clone(), document: Arc::new(document) }];
    let report = vulnerability::read(None, REPORT, &limits).unwrap();
    let mut report =
        VulnerabilityReportFact { source, vex: BTreeMap::new(), report: Arc::new(report) };
    let subject = Subject { digest: &digest, platforms: &[], repository: None };
    vex::apply(std::slice::from_mut(&mut report), &documents, &subject);
    for (position, said) in &report.vex {
        let finding = &report.report.findings[position.parse::<usize>().unwrap()];
        let mut last = None;
        for one in said {
            let statement =
                &documents[0].document.statements[usize::try_from(one.statement).unwrap()];
            let reason = statement.justification.is_some() || statement.impact.is_some();
            assert!(statement.status != VexStatus::NotAffected || reason);
            let names = || std::iter::once(&statement.vulnerability).chain(&statement.aliases);
            let mut found = std::iter::once(&finding.id).chain(&finding.aliases);
            assert!(found.any(|name| names().any(|other| other.eq_ignore_ascii_case(name))));
            assert!(last <= one.stated_at);
            last = one.stated_at;
        }
    }
}
