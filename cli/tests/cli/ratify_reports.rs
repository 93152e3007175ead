//! The document for Ratify's policies beside what the real Ratify reported of the same artifacts
//! (`cli/tests/ratify`).

use crate::cases::{CASES, POLICY};
use crate::support::{folder, path, referee, run};
use serde_json::Value;

#[test]
fn the_document_is_what_the_real_ratify_reported_of_the_same_artifact() {
    for case in CASES {
        let files = folder(&[("trust.yaml", &case.trust()), ("ratify.rego", POLICY)]);
        let (trust, policy) = (path(&files, "trust.yaml"), path(&files, "ratify.rego"));
        let (source, reference) = (case.source(), case.reference());
        let common = ["--as", &reference, "--trust", &trust, "--input-view", "ratify"];
        let ours = run(referee().args(["facts", &source]).args(common)).exits(0).json();
        let ruled = run(referee().args(["verify", &source, "--policy", &policy]).args(common));
        assert!(matches!(ruled.code, Some(0 | 1)), "{}: {ruled:#?}", case.name);
        let report = std::fs::read_to_string(case.report()).unwrap();
        let theirs: Value = serde_json::from_str(&report).unwrap();
        case.hold(&theirs, &ours, ruled.code == Some(0));
    }
}
