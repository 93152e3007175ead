//! `vexctl filter` over the same SARIF reports and OpenVEX documents: what it removes is what is set
//! aside here.
//!
//! vexctl looks at the vulnerability alone, so the documents are about the subject as a whole, with
//! one statement on each vulnerability; ids that it does not know (Grype's GitHub advisories, behind
//! which the package stands) are left to be.

use crate::made::{attached, digest};
use crate::support;
use referee_core::facts::{SourceOfDocument, VexStatus, VulnerabilityReportFact};
use referee_document::vex::{self, Subject};
use referee_document::{Limits, vulnerability};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

#[test]
fn vexctl_removes_the_results_that_are_set_aside_here() {
    let vexctl = std::env::var_os("REFEREE_VEXCTL").unwrap_or_else(|| "vexctl".into());
    if !Command::new(&vexctl).arg("version").output().is_ok_and(|ran| ran.status.success()) {
        println!("SKIPPED: there is no vexctl on the path; REFEREE_VEXCTL may name it");
        return;
    }
    let modules = ["github.com/openvex/vexctl", "github.com/aquasecurity/trivy"];
    let reports =
        support::files("REFEREE_VULNERABILITY_REPORTS", &modules, &["sarif.json", "sarif.golden"]);
    let mut compared = 0;
    for path in reports {
        for seed in 0..4 {
            compared += usize::from(compare(Path::new(&vexctl), &path, seed));
        }
    }
    println!("{compared} reports filtered by vexctl");
}

/// Makes a document on some of a report's vulnerabilities and filters by both.
fn compare(vexctl: &Path, path: &Path, seed: usize) -> bool {
    let bytes = std::fs::read(path).unwrap();
    let read = vulnerability::read(None, &bytes, &Limits::DEFAULT).unwrap();
    let mut ids: Vec<_> = read.findings.iter().map(|finding| finding.id.clone()).collect();
    ids.retain(|id| id.starts_with("CVE-") || id.starts_with("SNYK-"));
    ids.sort();
    ids.dedup();
    let statuses = ["not_affected", "fixed", "affected", "under_investigation"];
    let chosen = ids.iter().enumerate().filter(|(n, _)| !(n + seed).is_multiple_of(3));
    let statements: Vec<Value> = chosen
        .map(|(n, id)| {
            json!({
                "vulnerability": { "name": id },
                "products": [{ "@id": "x", "hashes": { "sha-256": "a".repeat(64) } }],
                "status": statuses[(n * 7 + seed) % 4],
                "justification": "vulnerable_code_not_present",
            })
        })
        .collect();
    if statements.is_empty() {
        return false;
    }
    let document = crate::made::openvex(json!(statements));
    let folder = tempfile::tempdir().unwrap();
    let (report_file, vex_file) =
        (folder.path().join("r.sarif.json"), folder.path().join("v.json"));
    std::fs::write(&report_file, &bytes).unwrap();
    std::fs::write(&vex_file, document.to_string()).unwrap();
    let ran = Command::new(vexctl).arg("filter").args([&report_file, &vex_file]).output().unwrap();
    assert!(ran.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&ran.stderr));
    let left: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let mut theirs: BTreeMap<String, usize> = BTreeMap::new();
    for result in left["runs"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|run| run["results"].as_array().into_iter().flatten())
    {
        let id = result["ruleId"].as_str().unwrap();
        *theirs.entry(id.to_owned()).or_default() += 1;
    }
    let mut report = VulnerabilityReportFact {
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
        report: Arc::new(read),
    };
    let subject = digest('a');
    let subject = Subject { digest: &subject, platforms: &[], repository: None };
    vex::apply(std::slice::from_mut(&mut report), &[attached(0, &document)], &subject);
    let rule_ids = rule_ids(&bytes);
    assert_eq!(rule_ids.len(), report.report.findings.len());
    let mut ours: BTreeMap<String, usize> = BTreeMap::new();
    for (position, rule) in rule_ids.into_iter().enumerate() {
        let last = report.vex.get(position.to_string().as_str()).and_then(|said| said.last());
        let aside = last
            .is_some_and(|said| matches!(said.status, VexStatus::NotAffected | VexStatus::Fixed));
        if !aside {
            *ours.entry(rule).or_default() += 1;
        }
    }
    assert_eq!(ours, theirs, "{} with seed {seed}", path.display());
    true
}

fn rule_ids(bytes: &[u8]) -> Vec<String> {
    let document: Value = serde_json::from_slice(bytes).unwrap();
    let runs = document["runs"].as_array().unwrap().iter();
    let results = runs.flat_map(|run| run["results"].as_array().into_iter().flatten());
    results.map(|result| result["ruleId"].as_str().unwrap().to_owned()).collect()
}
