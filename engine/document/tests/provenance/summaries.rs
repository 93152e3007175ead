//! Verification summaries.

use crate::places::checkout;
use crate::published::statements;
use crate::support::summary;
use referee_core::Coded as _;
use referee_document::provenance::{SUMMARY_V0_2, SUMMARY_V1};
use referee_document::{Limits, provenance};
use serde_json::{Value, json};

fn passing() -> Value {
    json!({
        "verifier": {"id": "https://example.com/verifier", "version": {"tool": "v2.3.0"}},
        "timeVerified": "1985-04-12T23:20:50.52Z",
        "resourceUri": "https://example.com/example-1.2.3.tar.gz",
        "policy": {"uri": "https://example.com/policy", "digest": {"sha256": "1234"}},
        "inputAttestations": [{"uri": "https://example.com/provenance", "digest": {"sha256": "ABCD"}}],
        "verificationResult": "PASSED",
        "verifiedLevels": ["SLSA_BUILD_LEVEL_3", "SLSA_SOURCE_LEVEL_2"],
        "dependencyLevels": {"SLSA_BUILD_LEVEL_3": 5, "SLSA_BUILD_LEVEL_0": 0},
        "slsaVersion": "1.0",
        "https://example.com/extension": {"ignored": true},
    })
}

fn changed(name: &str, value: Value) -> Value {
    let mut predicate = passing();
    predicate[name] = value;
    predicate
}

#[test]
fn a_summary_tells_who_verified_what_by_which_policy_and_to_which_levels() {
    let read = summary(&passing()).unwrap();
    assert_eq!(read.verifier.as_deref(), Some("https://example.com/verifier"));
    assert_eq!(read.verifier_version["tool"], "v2.3.0");
    assert_eq!(read.verified_at.unwrap().to_string(), "1985-04-12T23:20:50.52Z");
    assert_eq!(read.resource.as_deref(), Some("https://example.com/example-1.2.3.tar.gz"));
    assert_eq!(read.policy.unwrap().digest["sha256"], "1234");
    assert_eq!(read.input_attestations[0].digest["sha256"], "abcd");
    assert_eq!((read.passed, read.slsa_version.as_deref()), (Some(true), Some("1.0")));
    assert_eq!(read.levels, ["SLSA_BUILD_LEVEL_3", "SLSA_SOURCE_LEVEL_2"]);
    assert_eq!(read.dependency_levels.unwrap()["SLSA_BUILD_LEVEL_3"], 5);
    assert_eq!((read.truncated, read.problems.len()), (false, 0));
}

#[test]
fn a_summary_of_version_0_2_says_the_same_in_its_own_names() {
    let predicate = json!({
        "verifier": {"id": "https://example.com/verifier"},
        "time_verified": "1985-04-12T23:20:50.52Z",
        "resource_uri": "https://example.com/a",
        "policy": {"uri": "https://example.com/policy"},
        "input_attestations": [{"uri": "https://example.com/provenance"}],
        "verification_result": "FAILED",
        "policy_level": "SLSA_LEVEL_3",
        "dependency_levels": {"SLSA_LEVEL_4": 1},
        "verificationResult": "PASSED",
    });
    let bytes = predicate.to_string();
    let read = provenance::summary(SUMMARY_V0_2, bytes.as_bytes(), &Limits::DEFAULT).unwrap();
    assert_eq!((read.passed, read.levels), (Some(false), vec!["SLSA_LEVEL_3".to_owned()]));
    assert_eq!(read.input_attestations.len(), 1);
    assert_eq!(read.dependency_levels.unwrap()["SLSA_LEVEL_4"], 1);
    // The other version's names are none here.
    let error = provenance::summary(
        SUMMARY_V1,
        bytes.replace("verificationResult", "x").as_bytes(),
        &Limits::DEFAULT,
    );
    assert_eq!(error.unwrap_err().code(), "document_incomplete");
}

#[test]
fn no_dependencies_are_not_the_same_as_nothing_said_of_them() {
    let levels = |value| summary(&changed("dependencyLevels", value)).unwrap().dependency_levels;
    assert_eq!(levels(json!({})), Some([].into()));
    assert_eq!(levels(Value::Null), None);
}

#[test]
fn a_result_that_is_neither_or_contradicts_itself_is_none() {
    for (name, value) in [
        ("verificationResult", json!("passed")),
        ("verificationResult", json!("PASSED ")),
        ("verifiedLevels", json!(["SLSA_BUILD_LEVEL_3", "FAILED"])),
    ] {
        let read = summary(&changed(name, value.clone())).unwrap();
        assert_eq!(
            (read.passed, read.problems[0].code.as_str()),
            (None, "document_result"),
            "{value}"
        );
    }
}

#[test]
fn a_summary_without_its_verifier_or_its_result_is_refused() {
    for name in ["verifier", "verificationResult"] {
        let error = summary(&changed(name, Value::Null)).unwrap_err();
        assert_eq!(error.code(), "document_incomplete");
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn a_member_of_a_wrong_type_is_named() {
    for (name, value, path) in [
        ("verifiedLevels", json!("SLSA_BUILD_LEVEL_3"), "verifiedLevels"),
        (
            "dependencyLevels",
            json!({"SLSA_BUILD_LEVEL_3": -1}),
            "dependencyLevels.SLSA_BUILD_LEVEL_3",
        ),
        (
            "dependencyLevels",
            json!({"SLSA_BUILD_LEVEL_3": 1.5}),
            "dependencyLevels.SLSA_BUILD_LEVEL_3",
        ),
        ("inputAttestations", json!([{}, {"uri": 1}]), "inputAttestations[1].uri"),
        ("policy", json!(["https://example.com"]), "policy"),
        ("verifier", json!({"id": 1}), "verifier.id"),
        ("verificationResult", json!(true), "verificationResult"),
    ] {
        let error = summary(&changed(name, value)).unwrap_err();
        assert_eq!(error.code(), "document_malformed");
        assert!(error.to_string().contains(&format!("'s {path} is not")), "{error}");
    }
}

#[test]
fn what_is_over_the_limits_is_left_out_and_told() {
    let many: Vec<Value> = (0..300).map(|number| json!(format!("LEVEL_{number}"))).collect();
    let read = summary(&changed("verifiedLevels", many.into())).unwrap();
    assert_eq!((read.levels.len(), read.truncated), (256, true));
    assert_eq!(read.problems[0].message, "44 levels are left out");
    let limits = Limits { max_materials: 1, ..Limits::DEFAULT };
    let predicate = changed("inputAttestations", json!([{}, {}, {}])).to_string();
    let read = provenance::summary(SUMMARY_V1, predicate.as_bytes(), &limits).unwrap();
    assert_eq!((read.input_attestations.len(), read.truncated), (1, true));
}

#[test]
fn the_summaries_that_google_publishes_with_its_images_are_read() {
    let Some(folder) = checkout("slsa-framework/slsa-verifier") else { return };
    let statements = statements(&folder.join("cli/slsa-verifier/testdata/vsa"));
    assert!(!statements.is_empty());
    for statement in statements {
        let bytes = statement.predicate.to_string();
        let kind = &statement.predicate_type;
        let read = provenance::summary(kind, bytes.as_bytes(), &Limits::DEFAULT).unwrap();
        assert_eq!(read.passed, Some(true));
        assert_eq!(json!(read.levels), statement.predicate["verifiedLevels"]);
        assert_eq!(json!(read.verifier), statement.predicate["verifier"]["id"]);
        assert_eq!(json!(read.resource), statement.predicate["resourceUri"]);
    }
}
