//! VEX documents that somebody made to do harm.

use crate::made::{applied, attached, codes, digest, finding, not_affected, openvex, read, report};
use referee_core::Coded;
use referee_document::vex::Subject;
use referee_document::{DocumentError, Limits, vex};
use serde_json::{Value, json};

fn error(text: &str) -> DocumentError {
    vex::read(None, text.as_bytes(), &Limits::DEFAULT).unwrap_err()
}

fn csaf(tree: &Value, vulnerabilities: &Value) -> Value {
    json!({
        "document": { "category": "csaf_vex", "csaf_version": "2.0" },
        "product_tree": tree,
        "vulnerabilities": vulnerabilities,
    })
}

#[test]
fn members_that_are_there_twice_are_refused() {
    for text in [
        r#"{"@context":"https://openvex.dev/ns","statements":[],"statements":[]}"#,
        r#"{"@context":"https://openvex.dev/ns","statements":[{"status":"affected","status":"fixed"}]}"#,
        r#"{"document":{"csaf_version":"2.0","csaf_version":"2.0","category":"csaf_vex"}}"#,
    ] {
        match error(text) {
            DocumentError::Member { source, .. } => {
                assert!(source.to_string().contains("duplicate field"), "{source}");
            }
            other => panic!("{text}: {other}"),
        }
    }
}

#[test]
fn a_document_that_ends_early_is_refused_wherever_it_ends() {
    for whole in [
        openvex(json!([not_affected("CVE-1", json!({ "@id": "x", "subcomponents": ["y"] }))])),
        csaf(
            &json!({ "full_product_names": [{ "product_id": "a", "name": "a" }] }),
            &json!([{ "cve": "CVE-1", "product_status": { "fixed": ["a"] } }]),
        ),
    ] {
        let whole = whole.to_string();
        for end in 0..whole.len() {
            assert_eq!(error(whole.get(..end).unwrap()).code(), "document_malformed", "{end}");
        }
    }
}

#[test]
fn branches_and_parts_that_are_nested_too_deep_are_refused() {
    let mut tree = json!({ "product": { "product_id": "a", "name": "a" } });
    let mut part = json!({ "@id": "x" });
    for _ in 0..200 {
        tree = json!({ "branches": [tree] });
        part = json!({ "@id": "x", "subcomponents": [part] });
    }
    let text = csaf(&tree, &json!([])).to_string();
    assert!(matches!(error(&text), DocumentError::Json { .. }));
    let text = openvex(json!([not_affected("CVE-1", part)])).to_string();
    assert!(matches!(error(&text), DocumentError::Json { .. }));
}

#[test]
fn more_statements_than_are_kept_are_counted() {
    let one = json!({ "vulnerability": "CVE-1", "products": ["pkg:npm/x"], "status": "fixed" });
    let document = openvex(json!(vec![one; 50_001]));
    let vex = read(&document);
    assert_eq!((vex.statements.len(), vex.statement_count), (50_000, 50_001));
    assert!(vex.truncated);
    assert_eq!(vex.problems[0].message, "1 statements are left out");
    assert!(vex.statements.iter().all(|statement| statement.stated_at.is_some()));
}

#[test]
fn groups_that_multiply_products_are_cut_at_a_bound() {
    let ids: Vec<_> = (0..2_000).map(|n| format!("p{n}")).collect();
    let names: Vec<_> = ids.iter().map(|id| json!({ "product_id": id, "name": id })).collect();
    let tree = json!({
        "full_product_names": names,
        "product_groups": [{ "group_id": "g", "product_ids": ids }],
    });
    let flag = json!({ "label": "component_not_present", "group_ids": ["g"] });
    let one =
        json!({ "cve": "CVE-1", "product_status": { "known_not_affected": ids }, "flags": [flag] });
    let vex = read(&csaf(&tree, &json!(vec![one; 300])));
    assert!(vex.truncated);
    let products: usize = vex.statements.iter().map(|statement| statement.products.len()).sum();
    assert!(products <= 250_000, "{products}");
    assert!(codes(&vex).contains(&"document_truncated"));
    let flags = json!({ "cve": "CVE-1", "product_status": { "fixed": ["p0"] }, "flags": vec![flag; 1_000] });
    assert!(read(&csaf(&tree, &json!([flags]))).truncated);
}

#[test]
fn relationships_that_stand_on_each_other_without_end_lead_to_nothing() {
    let relation = |n: usize| {
        json!({
            "category": "default_component_of",
            "full_product_name": { "product_id": format!("r{}", n + 1), "name": "r" },
            "product_reference": format!("r{n}"), "relates_to_product_reference": format!("r{n}"),
        })
    };
    let tree = json!({
        "full_product_names": [{ "product_id": "r0", "name": "r", "product_identification_helper": { "purl": "pkg:npm/x@1" } }],
        "relationships": (0..10_000).map(relation).collect::<Vec<_>>(),
    });
    let status = json!([{ "cve": "CVE-1", "product_status": { "fixed": ["r4", "r10000"] } }]);
    let vex = read(&csaf(&tree, &status));
    assert_eq!(vex.statements[0].products.len(), 1);
    assert_eq!(codes(&vex), ["document_reference"]);
}

#[test]
fn products_that_stand_on_the_same_deep_one_are_looked_up_once() {
    let relation = |id: String, under: String| {
        json!({
            "category": "default_component_of",
            "full_product_name": { "product_id": id, "name": "r" },
            "product_reference": under, "relates_to_product_reference": under,
        })
    };
    let hashes: Vec<_> =
        (0..32).map(|n| json!({ "algorithm": "sha256", "value": format!("{n:064x}") })).collect();
    let helper =
        json!({ "purl": "pkg:npm/x@1", "hashes": [{ "filename": "x", "file_hashes": hashes }] });
    let mut relations: Vec<_> =
        (0..7).map(|n| relation(format!("r{}", n + 1), format!("r{n}"))).collect();
    let ids: Vec<_> = (0..100_000).map(|n| format!("p{n}")).collect();
    relations.extend(ids.iter().map(|id| relation(id.clone(), "r7".to_owned())));
    let tree = json!({
        "full_product_names": [{ "product_id": "r0", "name": "r", "product_identification_helper": helper }],
        "relationships": relations,
    });
    let vex = read(&csaf(&tree, &json!([{ "cve": "CVE-1", "product_status": { "fixed": ids } }])));
    let products = &vex.statements[0].products;
    assert_eq!((products[0].digests.len(), products[0].components.len()), (32, 1));
    // Its digests count: what stands in the facts is what is bounded.
    assert_eq!(products.len(), 250_000 / 33);
    assert!(vex.truncated);
}

#[test]
fn fifty_thousand_statements_on_fifty_thousand_findings_of_one_name_are_matched_in_bounds() {
    let one = json!({ "vulnerability": "CVE-1", "products": ["pkg:npm/x"], "status": "fixed" });
    let document = attached(0, &openvex(json!(vec![one; 50_000])));
    let report = report(json!(vec![finding("CVE-1", "pkg:npm/x@1"); 50_000]));
    let said = applied(report, &[document]);
    assert_eq!(said.len(), 50_000);
    assert!(said.values().all(|said| said.len() == 32));
}

#[test]
fn texts_without_end_are_cut() {
    let long = "x".repeat(1_000_000);
    let vex = read(&openvex(json!([{
        "vulnerability": { "name": long, "aliases": [long, "y"] },
        "products": [{ "@id": long, "identifiers": { "purl": format!("pkg:npm/{long}") },
            "hashes": { &*long: long, "sha-256": long } }],
        "status": "not_affected", "impact_statement": long, "action_statement": long, "status_notes": long,
    }])));
    let statement = &vex.statements[0];
    assert_eq!(statement.impact.as_deref().map(|text| text.chars().count()), Some(1000));
    assert_eq!(codes(&vex), ["document_hash", "document_hash"]);
    assert!(serde_json::to_vec(&vex).unwrap().len() < 20_000);
}

#[test]
fn a_million_aliases_are_cut() {
    let aliases: Vec<_> = (0..1_000_000).map(|n| n.to_string()).collect();
    let vex = read(&openvex(json!([{
        "vulnerability": { "name": "CVE-1", "aliases": aliases }, "products": ["x"], "status": "fixed",
    }])));
    assert_eq!(vex.statements[0].aliases.len(), 32);
    assert_eq!(vex.problems[0].message, "999968 aliases are left out");
}

#[test]
fn aliases_times_packages_are_indexed_in_bounds_and_what_is_left_out_is_told() {
    let aliases: Vec<_> = (0..32).map(|n| format!("CVE-2026-{n}")).collect();
    let packages: Vec<_> = (0..40_000).map(|n| format!("pkg:npm/p{n}@1")).collect();
    let statement = json!({
        "vulnerability": { "name": "CVE-2025-1", "aliases": aliases },
        "products": packages, "status": "fixed",
    });
    let documents = [attached(0, &openvex(json!([statement])))];
    let mut found: Vec<_> = packages.iter().map(|purl| finding("CVE-2025-1", purl)).collect();
    found.extend(aliases.iter().map(|id| finding(id, "pkg:npm/p0@1")));
    let mut report = report(json!(found));
    let subject = digest('a');
    let subject = Subject { digest: &subject, platforms: &[], repository: None };
    let left_out = vex::apply(std::slice::from_mut(&mut report), &documents, &subject);
    assert_eq!(left_out, 40_032);
    assert!(report.vex.len() < 40_032);
}

#[test]
fn many_reports_beside_many_statements_are_matched_in_bounds_and_those_with_a_signature_first() {
    let one = json!({ "vulnerability": "CVE-1", "products": ["pkg:npm/x"], "status": "fixed" });
    let document = attached(0, &openvex(json!(vec![one; 50_000])));
    let unsigned = || {
        let mut report = report(json!([finding("CVE-1", "pkg:npm/x@1")]));
        report.source.verified = false;
        report
    };
    let mut reports: Vec<_> = (0..500).map(|_| unsigned()).collect();
    reports.push(report(json!([finding("CVE-1", "pkg:npm/x@1")])));
    let subject = digest('a');
    let subject = Subject { digest: &subject, platforms: &[], repository: None };
    let left_out = vex::apply(&mut reports, &[document], &subject);
    assert!((1..500).contains(&left_out), "{left_out}");
    assert_eq!(reports.last().unwrap().vex["0"].len(), 32);
    let without = reports.iter().filter(|report| report.vex.is_empty()).count();
    assert_eq!(u64::try_from(without).unwrap(), left_out);
}
