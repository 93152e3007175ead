//! What a reader is told of SBOMs, reports and the like.

use crate::support::{Run, folder, image, verify, with};
use serde_json::{Value, json};

const CYCLONEDX: &str = "application/vnd.cyclonedx+json";

/// What is told of an image with files attached to it as they are.
fn told(attached: &[(&str, String)], more: &[&str]) -> Run {
    let folder = folder(&[]);
    image(folder.path(), attached);
    let reference = format!("oci-layout:{}:1", folder.path().display());
    let trust = ["--trust", "examples/trust-all.yaml"];
    with(&[&["verify", &reference], &trust[..], more].concat()).exits(1)
}

/// An SBOM of so many packages.
fn sbom(packages: usize) -> String {
    let components: Vec<Value> =
        (0..packages).map(|at| json!({"type": "library", "name": format!("p{at}")})).collect();
    json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components}).to_string()
}

#[test]
fn documents_stand_with_who_signed_them_and_through_what() {
    let layout = "oci-layout:examples/layouts/buildkit-attestation";
    with(&["verify", layout, "--trust", "examples/trust-all.yaml"]).exits(0).says(&[
        "documents signed SBOM #0 SPDX 2.3, 0 packages release",
        "of linux/amd64, sha256:7ae3a7d9fe36",
        "signed only through the index, which holds it",
        "signed provenance #0 BuildKit release",
    ]);
}

#[test]
fn an_artifact_without_documents_has_no_word_about_them() {
    let run = verify("signed-one", &[]).exits(0);
    assert!(!run.out.contains("documents"), "{run:#?}");
}

#[test]
fn what_nobody_signed_and_what_cannot_be_read_are_told_as_such() {
    let trivy = json!({
        "SchemaVersion": 2, "ArtifactName": "app", "Results": [{"Target": "app", "Vulnerabilities": [
            {"VulnerabilityID": "CVE-2025-1", "PkgName": "a", "Severity": "HIGH"},
            {"VulnerabilityID": "CVE-2025-2", "PkgName": "a", "Severity": "CRITICAL"},
            {"VulnerabilityID": "CVE-2025-3", "PkgName": "a", "Severity": "LOW"},
        ]}],
    });
    let vex = json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.org/vex", "version": 1,
        "author": "somebody", "timestamp": "2026-01-31T12:00:00Z",
        "statements": [{"vulnerability": {"name": "CVE-2025-2"}, "status": "under_investigation",
            "products": [{"@id": "pkg:generic/app"}]}],
    });
    let attached = [
        (CYCLONEDX, sbom(1_234)),
        (CYCLONEDX, "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",".to_owned()),
        ("application/vnd.aquasec.trivy.report+json", trivy.to_string()),
        ("application/vnd.openvex+json", vex.to_string()),
    ];
    told(&attached, &[]).says(&[
        "documents unsigned SBOM #0 CycloneDX 1.6, 1234 packages",
        "unsigned report #0 Trivy, 3 findings: 1 critical, 1 high",
        "unsigned VEX #0 OpenVEX, 1 statement",
        "faulty https://cyclonedx.org/bom",
        "malformed_document: the document is not JSON",
    ]);
}

#[test]
fn of_many_documents_the_first_are_listed_and_the_others_on_demand() {
    let attached: Vec<_> = (1..=12).map(|count| (CYCLONEDX, sbom(count))).collect();
    let brief = told(&attached, &[]).says(&["and 2 more that are unsigned (-v lists them)"]);
    assert_eq!(brief.out.matches("CycloneDX 1.6, ").count(), 10, "{brief:#?}");
    let whole = told(&attached, &["-v"]);
    assert_eq!(whole.out.matches("CycloneDX 1.6, ").count(), 12, "{whole:#?}");
}

#[test]
fn what_a_document_says_cannot_paint_the_terminal() {
    let nasty = "\u{1b}[2J\u{1b}[32mALLOW\u{202e}\r\n::set-output name=x::y";
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1", "subject": [],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {"buildType": nasty, "externalParameters": {}},
            "runDetails": {"builder": {"id": nasty}},
        },
    });
    let run = told(&[("application/vnd.in-toto+json", statement.to_string())], &[]);
    assert!(!run.out.contains(['\u{1b}', '\u{202e}']), "{run:#?}");
    run.says(&["provenance #0 \\u{1b}[2J\\u{1b}[32mALLOW\\u{202e}\\r\\n::set-output"]);
}
