//! SPDX 2 in JSON: what single documents mean.

use crate::{codes, error, read};
use referee_core::facts::{LicenseStatus, Sbom, SbomEncoding};
use referee_document::{DocumentError, Limits, sbom};
use serde_json::{Value, json};

/// A document with these members beside what it must have.
fn document(members: Value) -> String {
    let mut document = json!({"spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT"});
    document.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    document.to_string()
}

fn package(id: &str) -> Value {
    json!({"SPDXID": id, "name": id})
}

fn relations(sbom: &Sbom) -> Vec<(&str, &str, &str)> {
    sbom.relationships.iter().map(|one| (&*one.from, &*one.kind, &*one.to)).collect()
}

#[test]
fn all_that_is_said_of_a_package_is_in_its_facts() {
    let sbom = read(&document(json!({
        "name": "app",
        "documentNamespace": "https://example.com/app",
        "creationInfo": {
            "created": "2026-01-02T03:04:05Z",
            "creators": ["Tool: syft-1.18.1", "Organization: Acme, Inc", "Person: Jane ()", "Nobody"],
        },
        "packages": [{
            "SPDXID": "SPDXRef-a",
            "name": "left-pad",
            "versionInfo": "1.3.0",
            "supplier": "Organization: npm, Inc",
            "primaryPackagePurpose": "OPERATING_SYSTEM",
            "licenseDeclared": "MIT",
            "licenseConcluded": "NOASSERTION",
            "checksums": [
                {"algorithm": "SHA256", "checksumValue": "AB".repeat(32)},
                {"algorithm": "SHA3-256", "checksumValue": "cd".repeat(32)},
            ],
            "externalRefs": [
                {"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": "cpe"},
                {"referenceCategory": "PACKAGE_MANAGER", "referenceType": "purl", "referenceLocator": "pkg:npm/left-pad@1.3.0"},
            ],
        }],
    })));
    assert_eq!((sbom.spec_version.as_str(), sbom.encoding), ("2.3", SbomEncoding::Json));
    assert_eq!(sbom.name.as_deref(), Some("app"));
    assert_eq!(sbom.document_id.as_deref(), Some("https://example.com/app"));
    assert_eq!(sbom.created_at.unwrap().to_string(), "2026-01-02T03:04:05Z");
    assert_eq!(sbom.tools, ["syft 1.18.1"]);
    assert_eq!(sbom.authors, ["Acme, Inc", "Jane ()", "Nobody"]);
    let package = &sbom.packages[0];
    assert_eq!(package.version.as_deref(), Some("1.3.0"));
    assert_eq!(package.supplier.as_deref(), Some("npm, Inc"));
    assert_eq!(package.kind.as_deref(), Some("operating-system"));
    assert_eq!(package.purl.as_deref(), Some("pkg:npm/left-pad@1.3.0"));
    assert_eq!(package.hashes["sha256"], "ab".repeat(32));
    assert_eq!(package.hashes["sha3256"], "cd".repeat(32));
    assert_eq!(package.license_declared.as_deref(), Some("MIT"));
    assert_eq!(package.license_concluded.as_deref(), Some("NOASSERTION"));
    assert_eq!(sbom.licenses["MIT"].declared, 1);
    assert_eq!(sbom.licenses["NOASSERTION"].status, LicenseStatus::NoAssertion);
    assert_eq!(sbom.package_types["npm"], 1);
    assert_eq!(sbom.describes, ["SPDXRef-a"], "the only package is what it is about");
    assert_eq!(sbom.problems, []);
}

#[test]
fn members_may_stand_in_any_order() {
    let parts = [
        r#""relationships":[{"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES","relatedSpdxElement":"a"},{"spdxElementId":"a","relationshipType":"CONTAINS","relatedSpdxElement":"f"},{"spdxElementId":"a","relationshipType":"DEPENDS_ON","relatedSpdxElement":"b"}]"#,
        r#""packages":[{"SPDXID":"a","name":"a"},{"SPDXID":"b","name":"b"}]"#,
        r#""files":[{"SPDXID":"f","fileName":"./f"}]"#,
        r#""spdxVersion":"SPDX-2.2""#,
        r#""documentDescribes":["a"]"#,
    ];
    for first in 0..parts.len() {
        let order: Vec<_> = (0..parts.len()).map(|at| parts[(first + at) % parts.len()]).collect();
        let sbom = read(&format!("{{{}}}", order.join(",")));
        assert_eq!(sbom.spec_version, "2.2");
        assert_eq!(relations(&sbom), [("a", "depends_on", "b")]);
        assert_eq!((sbom.relationship_count, &*sbom.describes), (1, &["a".into()][..]));
        assert_eq!(sbom.problems, []);
    }
}

#[test]
fn relationships_that_lead_out_of_the_document_are_kept_and_those_of_files_are_not() {
    let relation = |from: &str, kind: &str, to: &str| json!({"spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to});
    let sbom = read(&document(json!({
        "packages": [package("a"), package("b")],
        "files": [{"SPDXID": "f"}],
        "snippets": [{"SPDXID": "s"}],
        "hasExtractedLicensingInfos": [{"licenseId": "LicenseRef-x", "extractedText": "x"}],
        "relationships": [
            relation("a", "DEPENDS_ON", "NONE"),
            relation("b", "CONTAINS", "NOASSERTION"),
            relation("DocumentRef-other:SPDXRef-x", "DEPENDENCY_OF", "a"),
            relation("a", "CONTAINS", "f"),
            relation("f", "GENERATED_FROM", "s"),
            relation("SPDXRef-DOCUMENT", "AMENDS", "DocumentRef-other:SPDXRef-DOCUMENT"),
            relation("b", "DESCRIBED_BY", "SPDXRef-DOCUMENT"),
            relation("a", "DESCRIBES", "b"),
            relation("DocumentRef-x:y", "OTHER", "DocumentRef-x:z"),
            relation("a", "depends_On", "nowhere"),
        ],
    })));
    assert_eq!(
        relations(&sbom),
        [
            ("a", "depends_on", "NONE"),
            ("b", "contains", "NOASSERTION"),
            ("DocumentRef-other:SPDXRef-x", "dependency_of", "a"),
            ("a", "describes", "b"),
        ]
    );
    assert_eq!(sbom.describes, ["b"]);
    assert_eq!(codes(&sbom), ["document_dangling_reference"]);
}

#[test]
fn describes_names_packages_only_and_each_once() {
    let sbom = read(&document(json!({
        "packages": [package("a"), package("b")],
        "files": [{"SPDXID": "f"}],
        "documentDescribes": ["b", "f", "a", "b", "lost"],
    })));
    assert_eq!(sbom.describes, ["b", "a"]);
    assert_eq!(codes(&sbom), ["document_dangling_reference"]);
    let silent = read(&document(json!({"packages": [package("a"), package("b")]})));
    assert!(silent.describes.is_empty(), "of two packages none is the one");
}

#[test]
fn what_is_wrong_with_a_package_is_a_problem_and_is_left_out() {
    let sbom = read(&document(json!({
        "packages": [
            {
                "SPDXID": "a",
                "name": "a",
                "checksums": [
                    {"algorithm": "SHA256", "checksumValue": "ab"},
                    {"algorithm": "SHA1", "checksumValue": "xy".repeat(20)},
                    {"algorithm": "MD5", "checksumValue": "ab".repeat(16)},
                    {"algorithm": "MD5", "checksumValue": "AB".repeat(16)},
                    {"algorithm": "MD5", "checksumValue": "cd".repeat(16)},
                ],
                "externalRefs": [
                    {"referenceType": "purl", "referenceLocator": "left-pad"},
                    {"referenceType": "purl", "referenceLocator": "pkg:npm/a@1"},
                    {"referenceType": "purl", "referenceLocator": "pkg:npm/a@2"},
                ],
            },
            {"versionInfo": "1"},
        ],
        "creationInfo": {"created": "yesterday"},
    })));
    let expected = [
        "document_purl",
        "document_purl",
        "document_hash",
        "document_hash",
        "document_hash",
        "document_package_name",
        "document_time",
    ];
    let mut found = codes(&sbom);
    found.sort_unstable();
    let mut sorted = expected;
    sorted.sort_unstable();
    assert_eq!(found, sorted);
    // Of two that differ neither is kept.
    assert!(sbom.packages[0].hashes.is_empty());
    assert_eq!(sbom.packages[0].purl.as_deref(), Some("pkg:npm/a@1"));
    assert_eq!((sbom.packages[1].id.as_str(), sbom.packages[1].name.as_str()), ("#1", ""));
}

#[test]
fn two_packages_of_one_identifier_are_told() {
    let sbom = read(&document(json!({"packages": [package("a"), package("a")]})));
    assert_eq!(codes(&sbom), ["document_duplicate_id"]);
    assert_eq!(sbom.package_count, 2);
}

#[test]
fn a_document_in_the_member_sbom_is_read() {
    let inner = document(json!({"packages": [package("a")], "sbom": 1}));
    let sbom = read(&format!("{{\"sbom\":{inner},\"unknown\":1}}"));
    assert_eq!(sbom.packages.len(), 1);
    let after = format!("{{\"sbom\":{inner},\"packages\":[]}}");
    let before = document(json!({"packages": [package("a")], "sbom": {"packages": []}}));
    for both in [error(&after), error(&before)] {
        let DocumentError::Member { path, source, .. } = both else { unreachable!("{both}") };
        assert!(source.to_string().contains("and beside it"), "{path} {source}");
    }
}

#[test]
fn null_stands_for_nothing_where_tools_write_it() {
    let sbom = read(&document(json!({
        "packages": [{"SPDXID": "a", "name": "a", "versionInfo": null, "checksums": null, "externalRefs": null}],
        "files": null,
        "relationships": null,
        "creationInfo": {"creators": null, "created": null},
    })));
    assert_eq!(sbom.packages[0].version, None);
    assert_eq!(sbom.problems, []);
}

#[test]
fn versions_that_are_not_read_are_named() {
    for version in ["SPDX-2.1", "SPDX-2.4", "SPDX-3.0", "2.3", "SPDX-2.3 "] {
        let text = json!({"spdxVersion": version, "packages": []}).to_string();
        if version.trim() == "SPDX-2.3" {
            read(&text);
            continue;
        }
        let DocumentError::Version { version: told, .. } = error(&text) else {
            unreachable!("{version}")
        };
        assert_eq!(told, version);
    }
    let missing =
        referee_document::spdx::json(b"{\"packages\":[]}", &referee_document::Limits::DEFAULT);
    let missing = missing.unwrap_err();
    assert!(matches!(missing, DocumentError::Missing { member: "spdxVersion", .. }), "{missing}");
}

#[test]
fn a_member_of_a_wrong_type_is_named_by_its_path() {
    for (members, expected) in [
        (json!({"packages": {}}), "packages"),
        (json!({"packages": [package("a"), 1]}), "packages[1]"),
        (json!({"packages": [{"name": 1}]}), "packages[0].name"),
        (json!({"packages": [{"checksums": [{"algorithm": "SHA1", "checksumValue": 1}]}]}), {
            "packages[0].checksums[0].checksumValue"
        }),
        (
            json!({"packages": [{"externalRefs": [{"referenceType": "purl", "referenceLocator": []}]}]}),
            { "packages[0].externalRefs[0].referenceLocator" },
        ),
        (json!({"relationships": [{"spdxElementId": "a", "relationshipType": {}}]}), {
            "relationships[0].relationshipType"
        }),
        (json!({"creationInfo": {"creators": [1]}}), "creationInfo.creators[0]"),
        (json!({"documentDescribes": ["a", null]}), "documentDescribes[1]"),
        (json!({"files": [{"SPDXID": 5}]}), "files[0].SPDXID"),
    ] {
        let text = document(members);
        let DocumentError::Member { path, .. } = error(&text) else { unreachable!("{text}") };
        assert_eq!(path, expected, "{text}");
    }
}

#[test]
fn a_member_that_is_there_twice_is_refused() {
    for text in [
        r#"{"spdxVersion":"SPDX-2.3","packages":[],"packages":[]}"#,
        r#"{"spdxVersion":"SPDX-2.3","spdxVersion":"SPDX-2.2"}"#,
        r#"{"spdxVersion":"SPDX-2.3","packages":[{"name":"a","name":"b"}]}"#,
    ] {
        let found = error(text);
        let DocumentError::Member { source, .. } = &found else { unreachable!("{found}") };
        assert!(source.to_string().starts_with("duplicate field"), "{source}");
    }
}

#[test]
fn a_document_of_two_formats_is_refused_whichever_stands_first() {
    let two = r#""spdxVersion":"SPDX-2.3","packages":[]"#;
    let three = r#""@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[]"#;
    let cyclonedx = r#""bomFormat":"CycloneDX","specVersion":"1.6","components":[{"name":"a"}]"#;
    for (one, other) in [(two, three), (three, cyclonedx), (cyclonedx, two)] {
        for text in [format!("{{{one},{other}}}"), format!("{{{other},{one}}}")] {
            let found = sbom::read(text.as_bytes(), &Limits::DEFAULT).unwrap_err();
            assert!(
                matches!(found, DocumentError::Member { .. } | DocumentError::UnknownFormat { .. }),
                "{text}: {found}"
            );
        }
    }
    let wrapped = format!(r#"{{"sbom":{{{two}}}}}"#);
    assert!(sbom::read(wrapped.as_bytes(), &Limits::DEFAULT).is_ok());
    for text in
        [format!(r#"{{"sbom":{{{two}}},{cyclonedx}}}"#), format!(r#"{{{two},"sbom":{{{two}}}}}"#)]
    {
        let found = sbom::read(text.as_bytes(), &Limits::DEFAULT).unwrap_err();
        assert!(matches!(found, DocumentError::Member { .. }), "{text}: {found}");
    }
}
