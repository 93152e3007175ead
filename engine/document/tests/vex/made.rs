//! Documents, reports and facts that the tests make.

use referee_core::Digest;
use referee_core::facts::{
    AppliedVexFact, SourceOfDocument, Vex, VexFact, VulnerabilityReportFact,
};
use referee_document::vex::{self, Subject};
use referee_document::{DocumentError, Limits, vulnerability};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) fn digest(letter: char) -> Digest {
    format!("sha256:{}", letter.to_string().repeat(64)).parse().unwrap()
}

pub(crate) fn read(document: &Value) -> Vex {
    vex::read(None, document.to_string().as_bytes(), &Limits::DEFAULT).unwrap()
}

pub(crate) fn refused(document: &Value) -> DocumentError {
    vex::read(None, document.to_string().as_bytes(), &Limits::DEFAULT).unwrap_err()
}

pub(crate) fn codes(vex: &Vex) -> Vec<&str> {
    vex.problems.iter().map(|problem| problem.code.as_str()).collect()
}

pub(crate) fn openvex(statements: Value) -> Value {
    json!({
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://vex.example/1",
        "author": "Someone",
        "timestamp": "2026-01-01T00:00:00Z",
        "version": 1,
        "statements": statements,
    })
}

/// A statement that something is not affected, with a reason.
pub(crate) fn not_affected(vulnerability: &str, product: Value) -> Value {
    json!({
        "vulnerability": { "name": vulnerability },
        "products": [product],
        "status": "not_affected",
        "justification": "vulnerable_code_not_present",
    })
}

/// A document as a fact: attached to the subject and signed by somebody trusted.
pub(crate) fn attached(id: u32, document: &Value) -> VexFact {
    VexFact {
        source: SourceOfDocument {
            id,
            attestation: id,
            referrer: digest('9'),
            subject: digest('a'),
            signed_by: vec![7],
            verified: true,
            document: referee_core::Digest::sha256(b""),
            signed_through: None,
        },
        document: Arc::new(read(document)),
    }
}

/// A report by Trivy with these findings, attached to the subject `a`.
pub(crate) fn report(findings: Value) -> VulnerabilityReportFact {
    let document = json!({ "SchemaVersion": 2, "Results": [{ "Vulnerabilities": findings }] });
    let bytes = document.to_string();
    VulnerabilityReportFact {
        source: SourceOfDocument {
            id: 0,
            attestation: 0,
            referrer: digest('8'),
            subject: digest('a'),
            signed_by: Vec::new(),
            verified: true,
            document: referee_core::Digest::sha256(b""),
            signed_through: None,
        },
        vex: BTreeMap::new(),
        report: Arc::new(vulnerability::read(None, bytes.as_bytes(), &Limits::DEFAULT).unwrap()),
    }
}

pub(crate) fn finding(id: &str, purl: &str) -> Value {
    json!({ "VulnerabilityID": id, "PkgIdentifier": { "PURL": purl } })
}

/// What is said of each finding, in the subject `a` with the platforms `b` and `c`.
pub(crate) fn applied(
    mut report: VulnerabilityReportFact,
    documents: &[VexFact],
) -> BTreeMap<String, Vec<AppliedVexFact>> {
    let subject = digest('a');
    let platforms = [digest('b'), digest('c')];
    let subject =
        Subject { digest: &subject, platforms: &platforms, repository: Some("ghcr.io/org/app") };
    assert_eq!(vex::apply(std::slice::from_mut(&mut report), documents, &subject), 0);
    report.vex.into_iter().map(|(position, said)| (position.to_string(), said)).collect()
}
