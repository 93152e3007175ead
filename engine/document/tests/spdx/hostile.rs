//! Documents made to exhaust or to mislead.

use crate::{codes, error, read};
use referee_core::facts::LicenseStatus;
use referee_document::{DocumentError, Limits, spdx};
use std::fmt::Write as _;

fn packages(count: usize) -> String {
    let mut text = String::from(r#"{"spdxVersion":"SPDX-2.3","packages":["#);
    for at in 0..count {
        let comma = if at == 0 { "" } else { "," };
        write!(text, r#"{comma}{{"SPDXID":"p{at}","name":"n"}}"#).unwrap();
    }
    text.push_str("]}");
    text
}

#[test]
fn packages_over_the_limit_are_counted_and_told() {
    let sbom = read(&packages(100_001));
    assert_eq!((sbom.packages.len(), sbom.package_count), (100_000, 100_001));
    assert!(sbom.truncated);
    assert_eq!(codes(&sbom), ["document_truncated"]);
    assert_eq!(sbom.problems[0].message, "1 packages are left out");
}

#[test]
fn relationships_of_packages_that_are_left_out_do_not_dangle() {
    let mut text = packages(3);
    text.truncate(text.len() - 1);
    text.push_str(r#","relationships":[{"spdxElementId":"p0","relationshipType":"DEPENDS_ON","relatedSpdxElement":"p2"}],"documentDescribes":["p2"]}"#);
    let limits = Limits { max_packages: 1, max_relationships: 1, ..Limits::DEFAULT };
    let sbom = spdx::read(text.as_bytes(), &limits).unwrap();
    assert_eq!(sbom.relationships[0].to, "p2");
    assert_eq!(sbom.describes, ["p2"]);
    assert_eq!(codes(&sbom), ["document_truncated"]);
}

#[test]
fn relationships_over_the_limit_are_counted_and_told() {
    let mut text = packages(2);
    text.truncate(text.len() - 1);
    let relation =
        r#"{"spdxElementId":"p0","relationshipType":"DEPENDS_ON","relatedSpdxElement":"p1"}"#;
    write!(text, r#","relationships":[{}]}}"#, vec![relation; 50].join(",")).unwrap();
    let limits = Limits { max_relationships: 10, ..Limits::DEFAULT };
    let sbom = spdx::read(text.as_bytes(), &limits).unwrap();
    assert_eq!((sbom.relationships.len(), sbom.relationship_count), (10, 50));
    assert!(sbom.truncated);
}

#[test]
fn licences_over_the_limit_and_too_long_ones_are_unknown() {
    let long = vec!["MIT"; 10_000].join(" OR ");
    let text = format!(
        r#"{{"spdxVersion":"SPDX-2.3","packages":[{{"name":"a","licenseDeclared":"{long}","licenseConcluded":"MIT"}}]}}"#
    );
    let sbom = read(&text);
    let key = sbom.packages[0].license_declared.clone().unwrap();
    assert!(key.starts_with("sha256:"));
    assert_eq!(sbom.licenses[&key].status, LicenseStatus::Unknown);
    let limits = Limits { max_licenses: 0, ..Limits::DEFAULT };
    let sbom = spdx::read(text.as_bytes(), &limits).unwrap();
    assert_eq!(sbom.licenses.values().next().unwrap().status, LicenseStatus::Unknown);
    assert!(sbom.truncated);
}

#[test]
fn creators_without_end_are_bounded() {
    let creators = vec![r#""Tool: x""#; 1_000].join(",");
    let text =
        format!(r#"{{"spdxVersion":"SPDX-2.3","creationInfo":{{"creators":[{creators}]}}}}"#);
    let sbom = read(&text);
    assert_eq!(sbom.tools.len(), 256);
    assert!(sbom.truncated);
}

#[test]
fn what_is_no_utf_8_is_refused_as_that() {
    let utf_16: Vec<u8> = std::iter::once(0xfeff)
        .chain(packages(1).encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    for read in [spdx::read, spdx::json, spdx::jsonld, spdx::tag_value] {
        let found = read(&utf_16, &Limits::DEFAULT).unwrap_err();
        assert!(matches!(found, DocumentError::Encoding { expected: "UTF-8 text" }), "{found}");
    }
    assert_eq!(read(&format!("\u{feff}{}", packages(1))).packages.len(), 1);
    assert_eq!(read("\u{feff}SPDXVersion: SPDX-2.3\nPackageName: a\n").packages.len(), 1);
}

#[test]
fn what_is_too_large_is_refused_before_it_is_read() {
    let limits = Limits { max_bytes: 10, ..Limits::DEFAULT };
    for read in [spdx::read, spdx::json, spdx::jsonld, spdx::tag_value] {
        let found = read(b"not even JSON", &limits).unwrap_err();
        assert!(matches!(found, DocumentError::TooLarge { size: 13, limit: 10 }), "{found}");
    }
}

#[test]
fn nesting_without_end_is_refused() {
    let deep = "[".repeat(1_000_000);
    for text in [
        format!(r#"{{"spdxVersion":"SPDX-2.3","unknown":{deep}"#),
        format!(r#"{{"spdxVersion":"SPDX-2.3","packages":[{{"x":{deep}"#),
        format!(
            r#"{{"@context":"https://spdx.org/rdf/3.0.1/x","@graph":[{{"type":"Relationship","to":{deep}"#
        ),
        format!(r#"{{"@context":{deep}"#),
        format!(r#"{{"unknown":{deep}"#),
        "{\"sbom\":".repeat(1_000_000),
    ] {
        let found = error(&text);
        let refused = matches!(found, DocumentError::Json { .. } | DocumentError::Member { .. });
        assert!(refused, "{found}");
    }
}

#[test]
fn what_is_cut_is_refused_wherever_it_is_cut() {
    let text = r#"{"spdxVersion":"SPDX-2.3","name":"ä","packages":[{"SPDXID":"a","name":"b","checksums":[{"algorithm":"SHA1","checksumValue":"x"}]}]}"#;
    for end in 1..text.len() {
        let found = spdx::json(&text.as_bytes()[..end], &Limits::DEFAULT).unwrap_err();
        let cut = matches!(found, DocumentError::Json { .. } | DocumentError::Encoding { .. });
        assert!(cut, "{end}: {found}");
    }
    let trailing = error(&format!("{text} {text}"));
    assert!(matches!(trailing, DocumentError::Json { .. }), "{trailing}");
}

#[test]
fn other_documents_are_told_what_was_looked_for() {
    for text in ["", "x", "<bom/>", "{}", "[]", r#"{"bomFormat":"CycloneDX","specVersion":"1.6"}"#]
    {
        let found = error(text);
        assert!(matches!(found, DocumentError::UnknownFormat { .. }), "{text:?}: {found}");
    }
}

#[test]
fn cycles_of_packages_and_of_collections_end() {
    let text = r#"{"@context":"https://spdx.org/rdf/3.0.1/x","@graph":[
        {"type":"SpdxDocument","spdxId":"d","rootElement":["s","d"]},
        {"type":"software_Sbom","spdxId":"s","rootElement":["s","d","a"]},
        {"type":"software_Package","spdxId":"a","name":"a"},
        {"type":"Relationship","from":"a","relationshipType":"contains","to":["a","a","d"]}]}"#;
    let sbom = read(text);
    assert_eq!(sbom.describes, ["a"]);
    assert_eq!(sbom.relationship_count, 2);
}

#[test]
fn a_file_that_takes_a_package_s_identifier_hides_nothing() {
    for order in [["packages", "files"], ["files", "packages"]] {
        let part = |name| match name {
            "packages" => r#""packages":[{"SPDXID":"a","name":"a"},{"SPDXID":"b","name":"b"}]"#,
            _ => r#""files":[{"SPDXID":"b"},{"SPDXID":"SPDXRef-DOCUMENT"}]"#,
        };
        let relation = r#""relationships":[{"spdxElementId":"a","relationshipType":"DEPENDS_ON","relatedSpdxElement":"b"}]"#;
        let text = format!(
            r#"{{"spdxVersion":"SPDX-2.3",{},{},{relation}}}"#,
            part(order[0]),
            part(order[1])
        );
        assert_eq!(read(&text).relationships.len(), 1, "{order:?}");
    }
}

#[test]
fn a_million_ends_of_one_relationship_are_bounded() {
    let ends = vec![r#""b""#; 1_000_000].join(",");
    let text = format!(
        r#"{{"@context":"https://spdx.org/rdf/3.0.1/x","@graph":[
        {{"type":"software_Package","spdxId":"a","name":"a"}},
        {{"type":"software_Package","spdxId":"b","name":"b"}},
        {{"type":"Relationship","from":"a","relationshipType":"contains","to":[{ends}]}},
        {{"type":"Relationship","from":"a","relationshipType":"hasDeclaredLicense","to":[{ends}]}}]}}"#
    );
    let sbom = read(&text);
    assert_eq!((sbom.relationships.len(), sbom.relationship_count), (500_000, 1_000_000));
    assert_eq!(sbom.packages[0].license_declared.as_deref(), Some("b"));
    assert_eq!(sbom.licenses["b"].status, LicenseStatus::Unknown);
}

/// A graph of so many packages `0`, `1` and so on and other elements.
fn graph_of(packages: usize, members: impl Fn(usize) -> String, others: &[String]) -> String {
    let package =
        |at| format!(r#"{{"type":"software_Package","spdxId":"{at}","name":"n"{}}}"#, members(at));
    let elements: Vec<String> = (0..packages).map(package).chain(others.iter().cloned()).collect();
    let elements = elements.join(",");
    format!(r#"{{"@context":"https://spdx.org/rdf/3.0.1/x","@graph":[{elements}]}}"#)
}

#[test]
fn a_long_end_and_a_long_kind_of_many_relationships_are_held_once() {
    let long = "x".repeat(1 << 18);
    let ends: Vec<String> = (0..20_000).map(|at| format!("\"{at}\"")).collect();
    let others = [
        format!(
            r#"{{"type":"SpdxDocument","spdxId":"d","import":[{{"externalSpdxId":"{long}"}}]}}"#
        ),
        format!(
            r#"{{"type":"Relationship","from":"{long}","relationshipType":"{long}","to":[{}]}}"#,
            ends.join(",")
        ),
    ];
    // Written out they are 10 GB.
    let sbom = read(&graph_of(20_000, |_| String::new(), &others));
    assert_eq!(sbom.relationships.len(), 20_000);
    assert_eq!(sbom.relationships[7].from.as_ptr(), sbom.relationships[19_999].from.as_ptr());
}

#[test]
fn long_names_of_suppliers_are_held_once() {
    let long = "x".repeat(1 << 18);
    let agent = |id: &str| format!(r#"{{"type":"Person","spdxId":"{id}","name":"{long}{id}"}}"#);
    let members = |at: usize| format!(r#","suppliedBy":"o{}""#, at % 2);
    let sbom = read(&graph_of(20_000, members, &[agent("o0"), agent("o1")]));
    let supplier = |at: usize| sbom.packages[at].supplier.as_ref().unwrap().as_ptr();
    assert_eq!(supplier(0), supplier(19_998));
    assert_ne!(supplier(0), supplier(1));
}

#[test]
fn a_long_licence_of_many_packages_is_looked_at_once() {
    let long = "MIT OR ".repeat(1 << 20) + "ISC";
    let mut others = vec![format!(
        r#"{{"type":"simplelicensing_LicenseExpression","spdxId":"e","simplelicensing_licenseExpression":"{long}"}}"#
    )];
    others.extend((0..5_000).map(|at| {
        format!(
            r#"{{"type":"Relationship","from":"{at}","relationshipType":"hasDeclaredLicense","to":["e"]}}"#
        )
    }));
    // Each look at it is one at 7 MB.
    let sbom = read(&graph_of(5_000, |_| String::new(), &others));
    let declared = sbom.packages[4_999].license_declared.as_ref().unwrap();
    assert!(declared.starts_with("sha256:"), "{}", declared.len());
    let license = &sbom.licenses[declared];
    assert_eq!((license.status, license.declared), (LicenseStatus::Unknown, 5_000));
}

#[test]
fn one_licence_named_a_million_times_beside_many_is_looked_at_once() {
    let licenses: Vec<String> = (0..1_500).map(|at| format!("\"l{at}\"")).collect();
    let again = vec![r#""l0""#; 1_000_000].join(",");
    let mut others: Vec<String> = (0..1_500)
        .map(|at| {
            format!(
                r#"{{"type":"simplelicensing_LicenseExpression","spdxId":"l{at}","simplelicensing_licenseExpression":"{at}"}}"#
            )
        })
        .collect();
    others.push(format!(
        r#"{{"type":"Relationship","from":"0","relationshipType":"hasDeclaredLicense","to":[{},{again}]}}"#,
        licenses.join(",")
    ));
    let sbom = read(&graph_of(1, |_| String::new(), &others));
    let declared = sbom.packages[0].license_declared.as_ref().unwrap();
    assert_eq!(sbom.licenses[declared].status, LicenseStatus::Unknown);
}

#[test]
fn long_names_of_creators_are_cut() {
    let long = "x".repeat(1 << 20);
    let by = vec![r#""o""#; 256].join(",");
    let others = [
        format!(r#"{{"type":"Person","spdxId":"o","name":"{long}"}}"#),
        format!(
            r#"{{"type":"CreationInfo","@id":"_:c","specVersion":"3.0.1","createdBy":[{by}],"createdUsing":[{by}]}}"#
        ),
    ];
    let sbom = read(&graph_of(1, |_| String::new(), &others));
    assert_eq!((sbom.authors.len(), sbom.tools.len()), (256, 256));
    assert_eq!(sbom.authors[0], format!("{}…", "x".repeat(512)));
    assert_eq!(sbom.tools[0], sbom.authors[0]);
}

#[test]
fn floods_within_a_package_are_counted_and_not_kept() {
    for (member, what) in
        [("verifiedUsing", "hashes"), ("externalIdentifier", "identifiers of packages")]
    {
        for one in ["{}", "\"x\""] {
            let flood = vec![one; 100_000].join(",");
            let sbom = read(&graph_of(1, |_| format!(r#","{member}":[{flood}]"#), &[]));
            assert!(sbom.truncated);
            assert_eq!(sbom.problems[0].message, format!("98976 {what} are left out"));
        }
    }
}
