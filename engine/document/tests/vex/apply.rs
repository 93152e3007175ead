//! What is listed of the statements that speak of a finding, and in which order.

use crate::made::{applied, attached, finding, not_affected, openvex, report};
use referee_core::facts::{VexJustification, VexStatus};
use serde_json::{Value, json};

const PURL: &str = "pkg:npm/x@1";

fn statement(status: &str, at: &str) -> Value {
    let mut statement = not_affected("CVE-1", json!({ "@id": PURL }));
    statement["status"] = json!(status);
    statement["timestamp"] = json!(at);
    statement
}

#[test]
fn statements_are_listed_the_newest_last_and_of_one_time_what_claims_less_first() {
    let documents = [
        attached(
            0,
            &openvex(json!([
                statement("affected", "2026-01-01T00:00:00Z"),
                statement("under_investigation", "2025-01-01T00:00:00Z"),
                statement("fixed", "2026-01-01T00:00:00Z"),
            ])),
        ),
        attached(
            1,
            &openvex(json!([
                statement("not_affected", "2026-01-01T00:00:00Z"),
                statement("under_investigation", "2026-01-01T00:00:00Z"),
            ])),
        ),
    ];
    let said = applied(report(json!([finding("CVE-1", PURL), finding("CVE-2", PURL)])), &documents);
    assert_eq!(said.keys().collect::<Vec<_>>(), ["0"]);
    let listed: Vec<_> = said["0"].iter().map(|one| (one.vex, one.statement, one.status)).collect();
    assert_eq!(
        listed,
        [
            (0, 1, VexStatus::UnderInvestigation),
            (1, 0, VexStatus::NotAffected),
            (0, 2, VexStatus::Fixed),
            (1, 1, VexStatus::UnderInvestigation),
            (0, 0, VexStatus::Affected),
        ]
    );
}

#[test]
fn a_statement_is_told_with_who_signed_it_and_since_when_it_holds() {
    let mut document =
        attached(3, &openvex(json!([not_affected("CVE-1", json!({ "@id": PURL }))])));
    document.source.verified = false;
    document.source.signed_by = vec![4, 5];
    let said = applied(report(json!([finding("CVE-1", PURL)])), &[document]);
    let one = &said["0"][0];
    assert_eq!((one.vex, one.statement, one.verified), (3, 0, false));
    assert_eq!(one.signed_by, [4, 5]);
    assert_eq!(one.justification, Some(VexJustification::VulnerableCodeNotPresent));
    assert_eq!(one.stated_at.unwrap().to_string(), "2026-01-01T00:00:00Z");
}

#[test]
fn what_is_not_affected_without_a_reason_is_not_applied() {
    let mut without = not_affected("CVE-1", json!({ "@id": PURL }));
    without.as_object_mut().unwrap().remove("justification");
    let said = |statement: &Value| {
        applied(
            report(json!([finding("CVE-1", PURL)])),
            &[attached(0, &openvex(json!([statement])))],
        )
    };
    assert_eq!(said(&without).len(), 0);
    without["impact_statement"] = json!("never called");
    assert_eq!(said(&without).len(), 1);
}

#[test]
fn a_statement_that_matches_in_several_ways_is_listed_once() {
    let mut twice = not_affected("CVE-1", json!({ "@id": PURL }));
    twice["vulnerability"]["aliases"] = json!(["GHSA-1"]);
    twice["products"] = json!([{ "@id": PURL }, { "@id": "pkg:npm/x" }, { "@id": "x", "hashes": { "sha-256": "a".repeat(64) } }]);
    let found = json!([{ "VulnerabilityID": "GHSA-1", "VendorIDs": ["CVE-1"], "PkgIdentifier": { "PURL": PURL } }]);
    let said = applied(report(found), &[attached(0, &openvex(json!([twice])))]);
    assert_eq!(said["0"].len(), 1);
}

#[test]
fn those_without_a_trusted_signature_do_not_crowd_out_those_with_one() {
    let many: Vec<_> = (0..100).map(|_| statement("affected", "2026-06-01T00:00:00Z")).collect();
    let mut crowd = attached(0, &openvex(json!(many)));
    crowd.source.verified = false;
    let trusted = attached(1, &openvex(json!([statement("fixed", "2026-01-01T00:00:00Z")])));
    let said = applied(report(json!([finding("CVE-1", PURL)])), &[crowd, trusted]);
    assert_eq!(said["0"].len(), 33);
    assert_eq!((said["0"][0].vex, said["0"][0].verified), (1, true));
}

#[test]
fn of_too_many_the_newest_are_listed() {
    let many: Vec<_> =
        (1..=50).map(|n| statement("fixed", &format!("2026-01-01T00:00:{n:02}Z"))).collect();
    let said =
        applied(report(json!([finding("CVE-1", PURL)])), &[attached(0, &openvex(json!(many)))]);
    let positions: Vec<_> = said["0"].iter().map(|one| one.statement).collect();
    assert_eq!(positions, (18..50).collect::<Vec<u32>>());
}

/// Without a time, in a document without one.
fn timeless(statements: &[Value]) -> Value {
    let mut document = openvex(json!(statements));
    for statement in document["statements"].as_array_mut().unwrap() {
        statement.as_object_mut().unwrap().remove("timestamp");
    }
    document.as_object_mut().unwrap().remove("timestamp");
    document
}

#[test]
fn one_that_says_no_time_is_last_where_it_excuses_nothing_and_first_where_it_does() {
    let document = timeless(&[
        statement("affected", ""),
        statement("not_affected", ""),
        statement("under_investigation", ""),
        statement("fixed", ""),
    ]);
    let dated = openvex(json!([statement("not_affected", "2026-01-01T00:00:00Z")]));
    let documents = [attached(0, &document), attached(1, &dated)];
    let said = applied(report(json!([finding("CVE-1", PURL)])), &documents);
    let listed: Vec<_> = said["0"].iter().map(|one| (one.vex, one.statement)).collect();
    assert_eq!(listed, [(0, 1), (0, 3), (1, 0), (0, 2), (0, 0)]);
}

#[test]
fn what_may_take_an_excuse_back_is_not_crowded_out() {
    let back = attached(0, &timeless(&[statement("affected", "")]));
    let many: Vec<_> =
        (1..=50).map(|n| statement("fixed", &format!("2026-01-01T00:00:{n:02}Z"))).collect();
    let excuses = attached(1, &openvex(json!(many)));
    let said = applied(report(json!([finding("CVE-1", PURL)])), &[back, excuses]);
    assert_eq!((said["0"].len(), said["0"][31].status), (32, VexStatus::Affected));
    // Nor by statements on the same package that do not speak of this one.
    let mut of_all = statement("not_affected", "2026-01-01T00:00:00Z");
    of_all["products"] = json!([{ "@id": "x", "hashes": { "sha-256": "a".repeat(64) } }]);
    let others = (0..300).map(|n| {
        let mut other = statement("fixed", "2026-03-01T00:00:00Z");
        other["products"] = json!([{ "@id": format!("{PURL}?arch={n}") }]);
        other
    });
    let mut all = vec![of_all, statement("affected", "2026-02-01T00:00:00Z")];
    all.extend(others);
    let said =
        applied(report(json!([finding("CVE-1", PURL)])), &[attached(0, &openvex(json!(all)))]);
    assert_eq!(said.len(), 0, "{said:?}");
}

#[test]
fn a_package_named_a_thousand_times_for_few_architectures_is_found_at_its_own() {
    let products: Vec<_> =
        (0..1000).map(|n| json!({ "@id": format!("{PURL}?arch={}", n % 7) })).collect();
    let mut all = not_affected("CVE-1", json!({}));
    all["products"] = json!(products);
    let found = json!([finding("CVE-1", &format!("{PURL}?arch=0"))]);
    assert_eq!(applied(report(found), &[attached(0, &openvex(json!([all])))]).len(), 1);
}

#[test]
fn a_package_named_at_a_thousand_versions_is_found_at_its_own() {
    let products: Vec<_> = (0..1000).map(|n| json!({ "@id": format!("pkg:npm/x@{n}") })).collect();
    let mut all = not_affected("CVE-1", json!({}));
    all["products"] = json!(products);
    let found: Vec<_> = (0..1001).map(|n| finding("CVE-1", &format!("pkg:npm/x@{n}"))).collect();
    let said = applied(report(json!(found)), &[attached(0, &openvex(json!([all])))]);
    assert_eq!(said.len(), 1000);
    assert!(!said.contains_key("1000"));
}
