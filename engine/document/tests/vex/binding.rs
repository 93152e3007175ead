//! What binds a statement to a finding, and what is too weak.

use crate::made::{applied, attached, digest, finding, not_affected, openvex, report};
use referee_core::facts::{AppliedVexFact, VexFact, VulnerabilityReportFact};
use serde_json::{Value, json};
use std::sync::Arc;

const PURL: &str = "pkg:npm/%40a/b@1.0?arch=x";

/// What a statement on this product comes to for a finding of CVE-1 in [`PURL`].
fn of(product: Value) -> usize {
    said_of(&[attached(0, &openvex(json!([not_affected("CVE-1", product)])))])
}

fn said_of(documents: &[VexFact]) -> usize {
    said(report(json!([finding("CVE-1", PURL)])), documents).len()
}

fn said(report: VulnerabilityReportFact, documents: &[VexFact]) -> Vec<AppliedVexFact> {
    applied(report, documents).remove("0").unwrap_or_default()
}

fn image(letter: char, rest: &str) -> String {
    format!("pkg:oci/app@sha256%3A{}{rest}", letter.to_string().repeat(64))
}

#[test]
fn a_product_with_the_subject_s_digest_is_the_artifact() {
    assert_eq!(of(json!({ "@id": "any name", "hashes": { "sha-256": "a".repeat(64) } })), 1);
    assert_eq!(of(json!({ "@id": format!("ghcr.io/x/y:1@{}", digest('a').as_str()) })), 1);
    assert_eq!(of(json!({ "@id": image('a', "") })), 1);
    assert_eq!(of(json!({ "@id": "https://x", "identifiers": { "purl": image('a', "") } })), 1);
    assert_eq!(of(json!({ "@id": image('a', "?repository_url=ghcr.io/org/app") })), 1);
}

#[test]
fn another_digest_a_tag_or_a_name_does_not_bind() {
    assert_eq!(of(json!({ "@id": "x", "hashes": { "sha-256": "d".repeat(64) } })), 0);
    assert_eq!(of(json!({ "@id": "x", "hashes": { "sha-512": "a".repeat(128) } })), 0);
    assert_eq!(of(json!({ "@id": image('d', "") })), 0);
    assert_eq!(of(json!({ "@id": image('a', "?repository_url=ghcr.io/evil/app") })), 0);
    assert_eq!(of(json!({ "@id": image('a', "").replace("oci/app", "oci/other") })), 0);
    assert_eq!(of(json!({ "@id": "pkg:oci/app" })), 0);
    assert_eq!(of(json!({ "@id": "pkg:oci/app?tag=1" })), 0);
    assert_eq!(of(json!({ "@id": "pkg:oci/app@1" })), 0);
    assert_eq!(of(json!({ "@id": "ghcr.io/org/app:1" })), 0);
    assert_eq!(of(json!({ "@id": "https://example.com/app" })), 0);
}

#[test]
fn a_platform_s_digest_binds_the_reports_of_that_platform_alone() {
    let of_b =
        [attached(0, &openvex(json!([not_affected("CVE-1", json!({ "@id": image('b', "") }))])))];
    assert_eq!(said_of(&of_b), 0);
    let mut on_b = report(json!([finding("CVE-1", PURL)]));
    on_b.source.subject = digest('b');
    assert_eq!(said(on_b.clone(), &of_b).len(), 1);
    on_b.source.subject = digest('c');
    assert_eq!(said(on_b.clone(), &of_b).len(), 0);
    // What is said of the index is said of every platform.
    let of_index =
        [attached(0, &openvex(json!([not_affected("CVE-1", json!({ "@id": image('a', "") }))])))];
    assert_eq!(said(on_b.clone(), &of_index).len(), 1);
    // A report on something that is neither the subject nor a platform of it has no digest of its own.
    on_b.source.subject = digest('d');
    let of_d =
        [attached(0, &openvex(json!([not_affected("CVE-1", json!({ "@id": image('d', "") }))])))];
    assert_eq!(said(on_b, &of_d).len(), 0);
}

#[test]
fn what_a_report_says_that_it_scanned_binds_as_well() {
    let of_d =
        [attached(0, &openvex(json!([not_affected("CVE-1", json!({ "@id": image('d', "") }))])))];
    let mut scanned = report(json!([finding("CVE-1", PURL)]));
    Arc::make_mut(&mut scanned.report).target_digests = vec![digest('d').as_str().into()];
    assert_eq!(said(scanned, &of_d).len(), 1);
}

#[test]
fn parts_of_the_artifact_are_the_finding_s_package_or_say_nothing() {
    let part = |part: Value| of(json!({ "@id": image('a', ""), "subcomponents": [part] }));
    assert_eq!(part(json!({ "@id": "pkg:npm/%40a/b@1.0" })), 1);
    assert_eq!(part(json!({ "@id": "pkg:npm/@a/b" })), 1);
    assert_eq!(part(json!({ "@id": "pkg:npm/%40a/b@1.0?arch=x" })), 1);
    assert_eq!(part(json!({ "@id": "x", "identifiers": { "purl": "pkg:npm/%40a/b" } })), 1);
    assert_eq!(part(json!({ "@id": "pkg:npm/%40a/b@1.1" })), 0);
    assert_eq!(part(json!({ "@id": "pkg:npm/%40a/b?arch=y" })), 0);
    assert_eq!(part(json!({ "@id": "pkg:npm/b@1.0" })), 0);
    assert_eq!(part(json!({ "@id": "pkg:pypi/%40a/b@1.0" })), 0);
    assert_eq!(part(json!({ "@id": "b" })), 0);
    assert_eq!(part(json!({ "hashes": { "sha-256": "a".repeat(64) } })), 0);
    assert_eq!(part(json!({ "@id": image('a', "") })), 0);
}

#[test]
fn a_product_that_is_the_package_binds_wherever_it_is() {
    assert_eq!(of(json!({ "@id": "pkg:npm/%40a/b@1.0" })), 1);
    assert_eq!(of(json!({ "@id": "pkg:npm/%40a/b" })), 1);
    assert_eq!(of(json!({ "@id": "pkg:npm/%40a/b@2.0" })), 0);
    assert_eq!(of(json!({ "@id": "pkg:npm/%40a/c" })), 0);
    // Parts of a package are not the package.
    let part =
        json!({ "@id": "pkg:npm/%40a/b@1.0", "subcomponents": [{ "@id": "pkg:npm/%40a/b@1.0" }] });
    assert_eq!(of(part), 0);
}

#[test]
fn a_document_on_another_platform_says_nothing_of_this_one_s_packages() {
    let mut document =
        attached(0, &openvex(json!([not_affected("CVE-1", json!({ "@id": "pkg:npm/%40a/b" }))])));
    document.source.subject = digest('b');
    assert_eq!(said_of(std::slice::from_ref(&document)), 0);
    let mut on_b = report(json!([finding("CVE-1", PURL)]));
    on_b.source.subject = digest('b');
    assert_eq!(said(on_b, std::slice::from_ref(&document)).len(), 1);
    document.source.subject = digest('9');
    assert_eq!(said_of(&[document]), 1);
}

#[test]
fn a_statement_without_products_is_about_what_its_document_is_attached_to() {
    let statement = json!({ "vulnerability": "CVE-1", "status": "fixed" });
    let mut document = attached(0, &openvex(json!([statement])));
    assert_eq!(said_of(std::slice::from_ref(&document)), 1);
    document.source.subject = digest('b');
    assert_eq!(said_of(std::slice::from_ref(&document)), 0);
    document.source.subject = digest('9');
    assert_eq!(said_of(&[document]), 0);
}

#[test]
fn a_finding_without_a_purl_is_spoken_of_only_by_what_is_said_of_the_whole() {
    let without =
        report(json!([{ "VulnerabilityID": "CVE-1", "PkgName": "b", "InstalledVersion": "1.0" }]));
    let whole =
        attached(0, &openvex(json!([not_affected("CVE-1", json!({ "@id": image('a', "") }))])));
    assert_eq!(said(without.clone(), &[whole]).len(), 1);
    let part = json!({ "@id": image('a', ""), "subcomponents": [{ "@id": "pkg:generic/b@1.0" }] });
    let part = attached(0, &openvex(json!([not_affected("CVE-1", part)])));
    assert_eq!(said(without, &[part]).len(), 0);
}

#[test]
fn a_vulnerability_is_the_same_by_its_names_but_not_by_a_shared_alias() {
    let same = |found: Value, stated: Value| {
        let mut statement = not_affected("", json!({ "@id": image('a', "") }));
        statement["vulnerability"] = stated;
        said(report(json!([found])), &[attached(0, &openvex(json!([statement])))]).len()
    };
    let found = |id: &str, others: &[&str]| json!({ "VulnerabilityID": id, "VendorIDs": others });
    let stated = |name: &str, others: &[&str]| json!({ "name": name, "aliases": others });
    assert_eq!(same(found("CVE-1", &[]), stated("CVE-1", &[])), 1);
    assert_eq!(same(found("cve-1", &[]), stated("CVE-1", &[])), 1);
    assert_eq!(same(found("CVE-1", &[]), stated("GHSA-1", &["CVE-1"])), 1);
    assert_eq!(same(found("GHSA-1", &["CVE-1"]), stated("CVE-1", &[])), 1);
    assert_eq!(same(found("CVE-1", &[]), stated("CVE-10", &[])), 0);
    assert_eq!(same(found("CVE-1", &["RHSA-1"]), stated("CVE-2", &["RHSA-1"])), 0);
    // An advisory about two is not set aside for one of them.
    assert_eq!(same(found("ALAS-1", &["CVE-1", "CVE-2"]), stated("CVE-1", &[])), 0);
    assert_eq!(same(found("ALAS-1", &["CVE-1", "CVE-2"]), stated("ALAS-1", &[])), 1);
}
