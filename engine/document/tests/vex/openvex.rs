//! OpenVEX of both versions.

use crate::made::{codes, openvex, read, refused};
use referee_core::Coded;
use referee_core::facts::{VexFormat, VexJustification, VexStatus};
use referee_document::vex;
use referee_document::{DocumentError, Limits};
use serde_json::{Value, json};

#[test]
fn all_that_version_0_2_0_says_is_read() {
    let mut document = openvex(json!([{
        "vulnerability": {
            "@id": "https://nvd.nist.gov/vuln/detail/CVE-2026-1", "name": "CVE-2026-1",
            "aliases": ["GHSA-aaaa-bbbb-cccc", "CVE-2026-1"],
        },
        "products": [{
            "@id": format!("ghcr.io/org/app@sha256:{}", "a".repeat(64)),
            "identifiers": { "purl": "pkg:oci/app@sha256%3Abb", "cpe23": "cpe:2.3:a:x" },
            "hashes": { "sha-256": "C".repeat(64), "sha-512": "dd" },
            "subcomponents": [
                { "@id": "pkg:npm/x@1" },
                "pkg:npm/y",
                { "@id": "https://x", "identifiers": { "purl": "pkg:npm/z" } },
                { "hashes": { "sha256": "e".repeat(64) } },
            ],
        }],
        "status": "not_affected",
        "status_notes": "as of now",
        "justification": "inline_mitigations_already_exist",
        "impact_statement": "a filter stops it",
        "timestamp": "2026-01-02T00:00:00Z",
        "last_updated": "2026-01-03T00:00:00Z",
    }]));
    document["role"] = json!("Maintainer");
    document["last_updated"] = json!("2026-02-01T00:00:00Z");
    let vex = read(&document);
    assert_eq!((vex.format, vex.spec_version.as_deref()), (VexFormat::OpenVex, Some("0.2.0")));
    assert_eq!(vex.document_id.as_deref(), Some("https://vex.example/1"));
    assert_eq!((vex.version.as_deref(), vex.author.as_deref()), (Some("1"), Some("Someone")));
    assert_eq!(vex.role.as_deref(), Some("Maintainer"));
    assert_eq!(vex.updated_at.unwrap().to_string(), "2026-02-01T00:00:00Z");
    let statement = &vex.statements[0];
    assert_eq!(statement.vulnerability, "CVE-2026-1");
    assert_eq!(statement.aliases, ["GHSA-aaaa-bbbb-cccc"]);
    assert_eq!(statement.status, VexStatus::NotAffected);
    assert_eq!(statement.justification, Some(VexJustification::InlineMitigationsAlreadyExist));
    assert_eq!(statement.impact.as_deref(), Some("a filter stops it"));
    assert_eq!(statement.stated.as_deref(), Some("as of now"));
    assert_eq!(statement.stated_at.unwrap().to_string(), "2026-01-03T00:00:00Z");
    let product = &statement.products[0];
    assert_eq!(product.purls, ["pkg:oci/app@sha256%3Abb"]);
    let digests = [format!("sha256:{}", "c".repeat(64)), format!("sha256:{}", "a".repeat(64))];
    assert_eq!(product.digests, digests);
    let hash = format!("sha256:{}", "e".repeat(64));
    assert_eq!(product.components, ["pkg:npm/x@1", "pkg:npm/y", "pkg:npm/z", &hash]);
    assert_eq!(codes(&vex), ["document_hash"]);
}

#[test]
fn version_0_0_1_has_texts_where_0_2_0_has_objects() {
    let vex = read(&json!({
        "@context": "https://openvex.dev/ns",
        "timestamp": "2023-01-08T18:02:03.647787998-06:00",
        "version": "1",
        "statements": [{
            "vulnerability": "CVE-2023-1",
            "products": ["pkg:oci/a@sha256:x", "b"],
            "subcomponents": ["pkg:apk/wolfi/git@1"],
            "status": "fixed",
        }],
    }));
    assert_eq!((vex.spec_version.as_deref(), vex.version.as_deref()), (Some("0.0.1"), Some("1")));
    let statement = &vex.statements[0];
    assert_eq!((statement.vulnerability.as_str(), statement.products.len()), ("CVE-2023-1", 2));
    assert_eq!(statement.products[1].components, ["pkg:apk/wolfi/git@1"]);
    assert_eq!(statement.stated_at, vex.issued_at);
}

#[test]
fn a_statement_without_a_time_has_the_document_s_first_one() {
    let mut document = openvex(json!([
        { "vulnerability": "CVE-1", "products": ["x"], "status": "fixed" },
        { "vulnerability": "CVE-2", "products": ["x"], "status": "fixed", "timestamp": "2025-01-01T00:00:00Z" },
    ]));
    // Wherever the times stand: `last_updated` says only that something changed.
    document["last_updated"] = json!("2026-06-01T00:00:00Z");
    let times: Vec<_> =
        read(&document).statements.iter().map(|s| s.stated_at.unwrap().to_string()).collect();
    assert_eq!(times, ["2026-01-01T00:00:00Z", "2025-01-01T00:00:00Z"]);
}

#[test]
fn a_vulnerability_without_a_name_is_called_by_the_end_of_its_address() {
    let id = |vulnerability: Value| {
        let statement =
            json!({ "vulnerability": vulnerability, "products": ["x"], "status": "fixed" });
        read(&openvex(json!([statement]))).statements.first().map(|s| s.vulnerability.to_string())
    };
    let nvd = json!({ "@id": "https://nvd.nist.gov/vuln/detail/CVE-2026-1/" });
    assert_eq!(id(nvd).as_deref(), Some("CVE-2026-1"));
    assert_eq!(id(json!({ "@id": "CVE-2026-1" })).as_deref(), Some("CVE-2026-1"));
    assert_eq!(id(json!({})), None);
    assert_eq!(id(json!("")), None);
    assert_eq!(id(json!(null)), None);
}

#[test]
fn what_cannot_be_read_of_a_statement_is_a_problem_and_the_statement_is_counted() {
    let vex = read(&openvex(json!([
        { "vulnerability": "CVE-1", "products": ["x"], "status": "harmless" },
        { "vulnerability": "CVE-2", "products": ["x"] },
        { "products": ["x"], "status": "fixed" },
        { "vulnerability": "CVE-3", "products": [{}], "status": "fixed" },
        { "vulnerability": "CVE-4", "products": [{ "@id": "x", "subcomponents": [{}] }], "status": "fixed" },
        { "vulnerability": "CVE-5", "subcomponents": ["pkg:npm/x"], "status": "fixed" },
    ])));
    assert_eq!((vex.statements.len(), vex.statement_count), (0, 6));
    assert!(!vex.truncated);
    let mut told = codes(&vex);
    told.dedup();
    let expected = [
        "document_statement",
        "document_product",
        "document_statement",
        "document_product",
        "document_statement",
    ];
    assert_eq!(told, expected);
}

#[test]
fn what_is_not_affected_without_a_reason_is_a_problem() {
    let told = |reason: Value| {
        let mut statement =
            json!({ "vulnerability": "CVE-1", "products": ["x"], "status": "not_affected" });
        statement.as_object_mut().unwrap().extend(reason.as_object().unwrap().clone());
        codes(&read(&openvex(json!([statement])))).len()
    };
    assert_eq!(told(json!({})), 1);
    assert_eq!(told(json!({ "impact_statement": " " })), 1);
    assert_eq!(told(json!({ "status_notes": "trust me" })), 1);
    // An unknown justification is a problem itself, and none.
    assert_eq!(told(json!({ "justification": "because" })), 2);
    assert_eq!(told(json!({ "impact_statement": "it is not called" })), 0);
    assert_eq!(told(json!({ "justification": "component_not_present" })), 0);
}

#[test]
fn other_versions_and_other_documents_are_refused() {
    let mut document = openvex(json!([]));
    for (context, code) in [
        ("https://openvex.dev/ns/v0.3.0", "document_version_unsupported"),
        ("https://openvex.devil/ns", "document_version_unsupported"),
    ] {
        document["@context"] = json!(context);
        assert_eq!(refused(&document).code(), code, "{context}");
    }
    for other in [json!({}), json!({ "statements": [] }), json!({ "document": {} })] {
        assert_eq!(refused(&other).code(), "document_format_unknown", "{other}");
    }
    let both = json!({ "@context": "https://openvex.dev/ns", "statements": [],
        "document": { "csaf_version": "2.0" } });
    assert_eq!(refused(&both).code(), "document_format_unknown");
    let csaf = json!({ "document": { "csaf_version": "2.0", "category": "csaf_vex" } }).to_string();
    let said = vex::read(Some("https://openvex.dev/ns/v0.2.0"), csaf.as_bytes(), &Limits::DEFAULT);
    assert_eq!(said.unwrap_err().code(), "document_format_unknown");
}

#[test]
fn a_member_of_the_wrong_type_is_told_by_its_path() {
    let statement = |members: Value| openvex(json!([members]));
    for (pointer, document) in [
        ("statements[0].status", statement(json!({ "status": 7 }))),
        (
            "statements[0].vulnerability.aliases[1]",
            statement(json!({ "vulnerability": { "aliases": ["a", 1] } })),
        ),
        ("statements[0].vulnerability", statement(json!({ "vulnerability": 7 }))),
        (
            "statements[0].products[0].hashes.sha-256",
            statement(json!({ "products": [{ "hashes": { "sha-256": 1 } }] })),
        ),
        (
            "statements[0].products[0].subcomponents[0].identifiers",
            statement(json!({ "products": [{ "subcomponents": [{ "identifiers": "x" }] }] })),
        ),
        ("statements[0].products", statement(json!({ "products": "x" }))),
    ] {
        match refused(&document) {
            DocumentError::Member { path, .. } => assert_eq!(path, pointer),
            other => panic!("{pointer}: {other}"),
        }
    }
}
