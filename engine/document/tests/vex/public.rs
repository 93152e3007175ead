//! VEX documents that other projects keep as test data and examples (go-vex, vexctl, Trivy, Grype,
//! OASIS), read where they lie and recounted by a script that knows nothing of this crate; and
//! Trivy's own result of setting findings aside.

use crate::made::{attached, digest, report};
use crate::support;
use referee_core::facts::{VexFormat, VexStatus};
use referee_document::vex::{self, Format, Subject};
use referee_document::{DocumentError, Limits};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

const MODULES: [&str; 5] = [
    "github.com/openvex/go-vex",
    "github.com/openvex/vexctl",
    "github.com/aquasecurity/trivy",
    "github.com/anchore/grype",
    "github.com/gocsaf/csaf/v3",
];

fn files() -> Vec<PathBuf> {
    support::files("REFEREE_VEX_DOCUMENTS", &MODULES, &[".json", ".vex"])
}

/// Every vulnerability, status and product of each document, sorted; of CSAF those products that are
/// in the tree once.
const RECOUNT: &str = r#"
import json, sys
def tree_ids(t):
    for b in t.get("branches") or []:
        if "product" in b: yield b["product"]["product_id"]
        yield from tree_ids(b)
    for p in t.get("full_product_names") or []: yield p["product_id"]
    for r in t.get("relationships") or []: yield r["full_product_name"]["product_id"]
WORDS = {"first_affected": "affected", "last_affected": "affected", "known_affected": "affected",
         "first_fixed": "fixed", "fixed": "fixed", "known_not_affected": "not_affected",
         "under_investigation": "under_investigation"}
def rows(doc):
    if "document" in doc:
        all_ids = list(tree_ids(doc.get("product_tree") or {}))
        count = {}
        for i in all_ids: count[i] = count.get(i, 0) + 1
        for v in doc.get("vulnerabilities") or []:
            name = v.get("cve") or ((v.get("ids") or [{}])[0].get("text"))
            if not name: continue
            for word, status in WORDS.items():
                for p in (v.get("product_status") or {}).get(word) or []:
                    if count.get(p) == 1: yield [name, status, p]
    else:
        for s in doc["statements"]:
            v = s["vulnerability"]
            name = v if isinstance(v, str) else v.get("name") or v["@id"].rsplit("/", 1)[-1]
            for p in s.get("products") or []:
                yield [name, s["status"], p if isinstance(p, str) else p.get("@id")]
out = {}
for path in json.load(sys.stdin):
    out[path] = sorted(rows(json.load(open(path))), key=str)
json.dump(out, sys.stdout)
"#;

fn word(status: VexStatus) -> &'static str {
    match status {
        VexStatus::NotAffected => "not_affected",
        VexStatus::Affected => "affected",
        VexStatus::Fixed => "fixed",
        VexStatus::UnderInvestigation => "under_investigation",
    }
}

#[test]
fn published_documents_hold_what_an_independent_recount_finds_in_them() {
    let mut read = BTreeMap::new();
    let mut other_profiles = 0;
    for path in files() {
        let bytes = std::fs::read(&path).unwrap();
        let Some(format) = vex::format(&bytes, &Limits::DEFAULT) else { continue };
        let path = path.display().to_string();
        match vex::read(None, &bytes, &Limits::DEFAULT) {
            Ok(document) => drop(read.insert(path, document)),
            // OASIS has examples of every profile.
            Err(DocumentError::UnknownFormat { .. }) if format == Format::Csaf => {
                other_profiles += 1;
            }
            Err(error) => panic!("{path}: {error}"),
        }
    }
    if read.is_empty() {
        return;
    }
    let paths: Vec<&String> = read.keys().collect();
    let input = serde_json::to_vec(&paths).unwrap();
    let Some(output) = support::python("json", RECOUNT, &input) else { return };
    let counted: BTreeMap<String, Vec<Value>> = serde_json::from_slice(&output).unwrap();
    let (mut rows, mut skipped) = (0, 0);
    for (path, document) in &read {
        // What is wrong with a product or its relationships leads to none here.
        let wrong = document.problems.iter().any(|problem| {
            ["document_reference", "document_product"].contains(&problem.code.as_str())
        });
        if wrong {
            skipped += 1;
            continue;
        }
        let mut ours: Vec<Value> = document
            .statements
            .iter()
            .flat_map(|statement| {
                statement.products.iter().map(|product| {
                    json!([statement.vulnerability, word(statement.status), product.id])
                })
            })
            .collect();
        let mut theirs = counted[path].clone();
        ours.sort_by_key(Value::to_string);
        theirs.sort_by_key(Value::to_string);
        assert_eq!(ours.len(), theirs.len(), "{path}");
        assert_eq!(ours, theirs, "{path}");
        rows += ours.len();
    }
    let count = |format| read.values().filter(|document| document.format == format).count();
    println!(
        "{} OpenVEX and {} CSAF documents with {rows} rows, {skipped} with problems not compared, \
         {other_profiles} of other profiles",
        count(VexFormat::OpenVex),
        count(VexFormat::Csaf)
    );
    assert!(rows > 20, "{rows}");
}

/// Trivy's integration tests keep a report, a VEX document and the report that Trivy made with it.
#[test]
fn what_trivy_sets_aside_by_a_document_is_set_aside_here() {
    let find = |name: &str| files_of_trivy().into_iter().find(|path| path.ends_with(name));
    let (Some(before), Some(after), Some(document)) = (
        find("integration/testdata/gomod.json.golden"),
        find("integration/testdata/gomod-vex.json.golden"),
        find("integration/testdata/fixtures/vex/file/openvex.json"),
    ) else {
        println!("SKIPPED: Trivy's integration tests are not there");
        return;
    };
    let load =
        |path: PathBuf| -> Value { serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap() };
    let mut found: Vec<Value> = Vec::new();
    for result in load(before)["Results"].as_array().unwrap() {
        found.extend(result["Vulnerabilities"].as_array().unwrap().clone());
    }
    let mut kept: Vec<String> = Vec::new();
    for result in load(after)["Results"].as_array().unwrap() {
        let left = result["Vulnerabilities"].as_array().unwrap();
        kept.extend(left.iter().map(|v| v["VulnerabilityID"].as_str().unwrap().to_owned()));
    }
    // The scanned module is the product there; here it is the subject, by digest.
    let mut document = load(document);
    let product = &mut document["statements"][0]["products"][0];
    product["@id"] = json!(format!("https://x@{}", digest('a').as_str()));
    let mut report = report(json!(found));
    let (digest, documents) = (digest('a'), [attached(0, &document)]);
    let subject = Subject { digest: &digest, platforms: &[], repository: None };
    vex::apply(std::slice::from_mut(&mut report), &documents, &subject);
    let ours = report.report.findings.iter().enumerate();
    let ours = ours.filter(|(position, _)| !report.vex.contains_key(position.to_string().as_str()));
    let ours: Vec<String> = ours.map(|(_, finding)| finding.id.to_string()).collect();
    assert_eq!(ours, kept);
    assert_eq!(found.len(), kept.len() + 1);
}

fn files_of_trivy() -> Vec<PathBuf> {
    let files = support::files(
        "REFEREE_VULNERABILITY_REPORTS",
        &["github.com/aquasecurity/trivy"],
        &["gomod.json.golden", "gomod-vex.json.golden", "openvex.json"],
    );
    files.into_iter().collect::<BTreeSet<_>>().into_iter().collect()
}
