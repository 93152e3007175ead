//! CSAF: the product tree, statuses, flags, threats, remediations.

use crate::made::{codes, read, refused};
use referee_core::Coded;
use referee_core::facts::{VexFormat, VexJustification, VexProductFact, VexStatus};
use serde_json::{Value, json};

fn csaf(tree: Value, vulnerabilities: Value) -> Value {
    json!({
        "document": {
            "category": "csaf_vex", "csaf_version": "2.0", "title": "t",
            "publisher": { "category": "vendor", "name": "Someone", "namespace": "https://x" },
            "tracking": {
                "id": "X-1", "version": "2", "status": "final",
                "initial_release_date": "2026-01-01T00:00:00Z",
                "current_release_date": "2026-02-01T00:00:00Z",
            },
        },
        "product_tree": tree,
        "vulnerabilities": vulnerabilities,
    })
}

fn full(id: &str, helper: Value) -> Value {
    json!({ "name": id, "product_id": id, "product_identification_helper": helper })
}

fn purl(id: &str, purl: &str) -> Value {
    full(id, json!({ "purl": purl }))
}

fn component(id: &str, part: &str, whole: &str) -> Value {
    json!({
        "category": "default_component_of", "full_product_name": { "name": id, "product_id": id },
        "product_reference": part, "relates_to_product_reference": whole,
    })
}

/// The product that an id comes to in a tree.
fn product(tree: Value, id: &str) -> Option<VexProductFact> {
    let vulnerability = json!({ "cve": "CVE-1", "product_status": { "fixed": [id] } });
    let vex = read(&csaf(tree, json!([vulnerability])));
    vex.statements.first().map(|statement| statement.products[0].clone())
}

#[test]
fn statuses_flags_threats_and_remediations_come_to_statements() {
    let tree = json!({
        "full_product_names": [
            purl("a", "pkg:npm/a@1"), purl("b", "pkg:npm/b@1"), purl("c", "pkg:npm/c@1"),
            purl("d", "pkg:npm/d@1"), purl("e", "pkg:npm/e@1"),
        ],
        "product_groups": [{ "group_id": "g", "product_ids": ["a", "b"] }],
    });
    let vex = read(&csaf(
        tree,
        json!([{
            "cve": "CVE-2026-1",
            "ids": [{ "system_name": "GitHub", "text": "GHSA-aaaa-bbbb-cccc" }],
            "product_status": {
                "known_not_affected": ["a", "b", "c"], "fixed": ["d"], "known_affected": ["e"],
                "recommended": ["d"], "under_investigation": ["e"], "first_fixed": ["d"],
            },
            "flags": [
                { "label": "component_not_present", "group_ids": ["g"], "date": "2025-12-01T00:00:00Z" },
            ],
            "threats": [
                { "category": "impact", "details": "not built in", "product_ids": ["c"] },
                { "category": "exploit_status", "details": "none" },
            ],
            "remediations": [{ "category": "vendor_fix", "details": "update", "product_ids": ["e"] }],
        }]),
    ));
    assert_eq!((vex.format, vex.spec_version.as_deref()), (VexFormat::Csaf, Some("2.0")));
    assert_eq!((vex.document_id.as_deref(), vex.version.as_deref()), (Some("X-1"), Some("2")));
    assert_eq!((vex.author.as_deref(), vex.role.as_deref()), (Some("Someone"), Some("vendor")));
    let said: Vec<_> = vex
        .statements
        .iter()
        .map(|s| {
            let products: Vec<_> = s.products.iter().map(|p| p.id.as_deref().unwrap()).collect();
            (s.status, products.join(","), s.stated.as_deref().unwrap(), s.justification)
        })
        .collect();
    let reason = Some(VexJustification::ComponentNotPresent);
    assert_eq!(
        said,
        [
            (VexStatus::Affected, "e".to_owned(), "known_affected", None),
            (VexStatus::Fixed, "d".to_owned(), "fixed", None),
            (VexStatus::Fixed, "d".to_owned(), "first_fixed", None),
            (VexStatus::NotAffected, "c".to_owned(), "known_not_affected", None),
            (
                VexStatus::NotAffected,
                "a,b".to_owned(),
                "known_not_affected: component_not_present",
                reason
            ),
            (VexStatus::UnderInvestigation, "e".to_owned(), "under_investigation", None),
        ]
    );
    assert_eq!(vex.statements[0].action.as_deref(), Some("update"));
    assert_eq!(vex.statements[3].impact.as_deref(), Some("not built in"));
    assert_eq!(vex.statements[3].stated_at.unwrap().to_string(), "2026-02-01T00:00:00Z");
    assert_eq!(vex.statements[4].stated_at.unwrap().to_string(), "2025-12-01T00:00:00Z");
    assert_eq!(vex.statements[0].aliases, ["GHSA-aaaa-bbbb-cccc"]);
    assert_eq!(codes(&vex), Vec::<&str>::new());
}

#[test]
fn what_is_not_affected_without_flag_or_impact_is_a_problem() {
    let tree = json!({ "full_product_names": [purl("a", "pkg:npm/a@1")] });
    let vex = read(&csaf(
        tree,
        json!([
            { "cve": "CVE-1", "product_status": { "known_not_affected": ["a"] } },
            { "cve": "CVE-2", "product_status": { "known_not_affected": ["a"] },
              "threats": [{ "category": "impact", "details": "of all products" }] },
        ]),
    ));
    assert_eq!(vex.statement_count, 2);
    assert_eq!(codes(&vex), ["document_statement"]);
}

#[test]
fn a_part_of_something_is_the_whole_s_product_with_the_part_as_its_component() {
    let tree = json!({
        "full_product_names": [
            full("image", json!({ "purl": "pkg:oci/app@sha256%3Aaa" })),
            purl("lib", "pkg:npm/lib"), purl("inner", "pkg:npm/inner@2"),
        ],
        "relationships": [component("image:lib", "lib", "image"), component("image:lib:inner", "inner", "image:lib")],
    });
    let found = product(tree.clone(), "image:lib").unwrap();
    assert_eq!(
        (found.purls, found.components),
        (vec!["pkg:oci/app@sha256%3Aaa".into()], vec!["pkg:npm/lib".into()])
    );
    let found = product(tree, "image:lib:inner").unwrap();
    assert_eq!(
        (found.purls, found.components),
        (vec!["pkg:oci/app@sha256%3Aaa".into()], vec!["pkg:npm/inner@2".into()])
    );
}

#[test]
fn a_part_of_what_nothing_identifies_stands_alone_only_as_one_build_for_a_system() {
    let of = |whole: Value, part: &str| {
        let tree = json!({
            "full_product_names": [full("whole", whole), purl("part", part)],
            "relationships": [component("r", "part", "whole")],
        });
        let found = product(tree, "r").unwrap();
        (found.purls.len(), found.components.len())
    };
    let system = json!({ "cpe": "cpe:/o:redhat:enterprise_linux:9" });
    assert_eq!(of(system.clone(), "pkg:rpm/redhat/bash@5.1-6.el9"), (1, 0));
    assert_eq!(of(system.clone(), "pkg:rpm/redhat/bash"), (0, 1));
    // What is said of a library in one application is not said of it in others.
    assert_eq!(of(system, "pkg:maven/x/y@1"), (0, 1));
    let application = json!({ "cpe": "cpe:/a:vendor:app:1" });
    assert_eq!(of(application, "pkg:rpm/redhat/bash@5.1-6.el9"), (0, 1));
    assert_eq!(of(json!({}), "pkg:rpm/redhat/bash@5.1-6.el9"), (0, 1));
}

#[test]
fn a_version_s_purl_that_names_none_does_not_stand_for_all_versions() {
    let branch = |category: &str, purl: &str| {
        json!({ "branches": [{ "category": "vendor", "name": "v", "branches": [
            { "category": category, "name": "<2", "product": full("p", json!({ "purl": purl })) }
        ] }] })
    };
    for category in ["product_version", "product_version_range"] {
        assert_eq!(product(branch(category, "pkg:npm/x"), "p").unwrap().purls.len(), 0);
        assert_eq!(product(branch(category, "pkg:npm/x@1"), "p").unwrap().purls.len(), 1);
    }
    assert_eq!(product(branch("product_name", "pkg:npm/x"), "p").unwrap().purls.len(), 1);
}

#[test]
fn a_product_of_one_file_has_its_hashes_and_one_of_many_has_none() {
    let file = |value: &str| json!({ "filename": "f", "file_hashes": [{ "algorithm": "sha256", "value": value.repeat(64) }] });
    let one = json!({ "full_product_names": [full("p", json!({ "hashes": [file("A")] }))] });
    assert_eq!(product(one, "p").unwrap().digests, [format!("sha256:{}", "a".repeat(64))]);
    let two =
        json!({ "full_product_names": [full("p", json!({ "hashes": [file("A"), file("B")] }))] });
    assert_eq!(product(two, "p").unwrap().digests.len(), 0);
}

#[test]
fn version_2_1_has_lists_of_purls() {
    let tree = json!({ "full_product_names": [full("p", json!({ "purls": ["pkg:npm/a@1", "pkg:npm/b@1"] }))] });
    let mut document =
        csaf(tree, json!([{ "cve": "CVE-1", "product_status": { "fixed": ["p"] } }]));
    document["document"]["csaf_version"] = json!("2.1");
    assert_eq!(read(&document).statements[0].products[0].purls.len(), 2);
}

#[test]
fn references_that_lead_nowhere_or_in_a_circle_are_problems() {
    let tree = json!({
        "full_product_names": [purl("a", "pkg:npm/a@1"), purl("twice", "pkg:npm/x"), purl("twice", "pkg:npm/y")],
        "relationships": [
            component("one", "two", "a"), component("two", "one", "a"), component("self", "a", "self"),
            component("open", "nowhere", "a"),
        ],
    });
    for id in ["one", "two", "self", "open", "nowhere", "twice"] {
        assert_eq!(product(tree.clone(), id), None, "{id}");
    }
    let vex = read(&csaf(
        tree,
        json!([
            { "cve": "CVE-1", "product_status": { "fixed": ["one", "a"] }, "flags": [{ "label": "x", "group_ids": ["none"] }] },
            { "product_status": { "fixed": ["a"] } },
        ]),
    ));
    assert_eq!(vex.statements[0].products.len(), 1);
    assert_eq!(vex.statement_count, 2);
    let expected =
        ["document_duplicate_id", "document_reference", "document_reference", "document_statement"];
    assert_eq!(codes(&vex), expected);
}

#[test]
fn other_profiles_and_versions_are_refused_and_drafts_told() {
    let mut document = csaf(json!({}), json!([]));
    document["document"]["tracking"]["status"] = json!("draft");
    assert_eq!(codes(&read(&document)), ["document_draft"]);
    document["document"]["category"] = json!("csaf_security_advisory");
    assert_eq!(read(&document).statement_count, 0);
    for category in
        ["csaf_base", "csaf_informational_advisory", "csaf_withdrawn", "csaf_superseded"]
    {
        document["document"]["category"] = json!(category);
        assert_eq!(refused(&document).code(), "document_format_unknown", "{category}");
    }
    document["document"]["csaf_version"] = json!("3.0");
    assert_eq!(refused(&document).code(), "document_version_unsupported");
}

#[test]
fn a_flag_that_does_not_say_of_which_products_it_is_justifies_nothing() {
    let tree = json!({ "full_product_names": [purl("a", "pkg:npm/a@1")] });
    let vulnerability = json!({
        "cve": "CVE-1", "product_status": { "known_not_affected": ["a"] },
        "flags": [{ "label": "component_not_present" }],
    });
    let vex = read(&csaf(tree, json!([vulnerability])));
    assert_eq!(vex.statements[0].justification, None);
    assert_eq!(codes(&vex), ["document_statement"; 2]);
}
