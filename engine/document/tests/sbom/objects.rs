//! What a format has as an object is no array, which serde's derived structs would take for one.

use referee_core::Coded;
use referee_document::{DocumentError, Limits, sbom, vex, vulnerability};

fn refused(result: Result<(), DocumentError>, expected: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.code(), "document_malformed", "{error}");
    let is_array = |source: &serde_json::Error| {
        let told = source.to_string();
        ["an object", "a string or an object"].iter().any(|expected| {
            told.starts_with(&format!("invalid type: sequence, expected {expected}"))
        })
    };
    let as_expected = matches!(&error, DocumentError::Member { path, source, .. }
        if path == expected && is_array(source));
    assert!(as_expected, "{error:?}");
}

fn sbom(text: &str) -> Result<(), DocumentError> {
    sbom::read(text.as_bytes(), &Limits::DEFAULT).map(drop)
}

fn report(text: &str) -> Result<(), DocumentError> {
    vulnerability::read(None, text.as_bytes(), &Limits::DEFAULT).map(drop)
}

fn vex(text: &str) -> Result<(), DocumentError> {
    vex::read(None, text.as_bytes(), &Limits::DEFAULT).map(drop)
}

#[test]
fn an_array_is_no_object_in_any_format() {
    refused(
        sbom(
            r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"hashes":[["MD5","a"]]}]}"#,
        ),
        "components[0].hashes[0]",
    );
    refused(
        sbom(r#"{"spdxVersion":"SPDX-2.3","packages":[{"checksums":[["SHA1","ab"]]}]}"#),
        "packages[0].checksums[0]",
    );
    refused(
        sbom(
            r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[{"type":"software_Package","verifiedUsing":[["Hash","md5","ab"]]}]}"#,
        ),
        "@graph[0].verifiedUsing[0]",
    );
    refused(
        report(r#"{"version":"2.1.0","runs":[{"tool":[["Trivy"]],"results":[]}]}"#),
        "runs[0].tool",
    );
    refused(
        report(r#"{"matches":[{"vulnerability":["CVE-2026-1"]}],"descriptor":{}}"#),
        "matches[0].vulnerability",
    );
    refused(
        report(
            r#"{"SchemaVersion":2,"Results":[{"Vulnerabilities":[{"PkgIdentifier":["pkg:npm/a"]}]}]}"#,
        ),
        "Results[0].Vulnerabilities[0].PkgIdentifier",
    );
    refused(
        vex(
            r#"{"document":{"category":"csaf_vex","csaf_version":"2.0","tracking":["x"]},"vulnerabilities":[]}"#,
        ),
        "document.tracking",
    );
}
