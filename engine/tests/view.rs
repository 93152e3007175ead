//! Facts as Ratify shows them to its policies: what stands where, what is not there, and that Ratify's
//! rule over it denies wherever something failed or nobody looked.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what the tests are made of may fail"
)]

use referee_core::{Coded as _, Digest, Facts};
use referee_engine::{InputView, RatifyViewError};
use serde_json::{Value, json};

const COSIGN: &str = "application/vnd.dev.cosign.artifact.sig.v1+json";
const NOTATION: &str = "application/vnd.cncf.notary.signature";

fn digest(name: &str) -> String {
    Digest::sha256(name.as_bytes()).to_string()
}

/// A referrer of `subject`.
fn referrer(name: &str, subject: &str, kind: &str, examined_by: &[&str]) -> Value {
    json!({
        "digest": digest(name), "subject": digest(subject), "depth": 1, "artifact_type": kind,
        "media_type": "application/vnd.oci.image.manifest.v1+json", "size": 1, "annotations": {},
        "found_by": "referrers-api", "examined_by": examined_by,
    })
}

/// A signature in a referrer of `subject`.
fn signature(verifier: &str, name: &str, subject: &str, trusted: bool) -> Value {
    let format = if verifier == "cosign" { "simple-signing" } else { "jws" };
    let problem =
        json!({"code": "untrusted_key", "message": "nobody knows the key", "hint": "add it"});
    json!({
        "id": 0, "verifier": verifier, "format": format, "purpose": "signature",
        "predicate_type": null, "referrer": digest(name), "subject": digest(subject),
        "status": if trusted { "trusted" } else { "untrusted" }, "valid": true, "trusted": trusted,
        "key": {
            "id": digest("key"), "name": "release", "provider": "file", "version": null,
            "algorithm": "ecdsa-p256-sha256", "not_before": null, "not_after": null, "revoked": false,
        },
        "certificate": {
            "subject": "CN=signer", "issuer": "CN=authority", "serial": "01", "sans": [],
            "not_before": "2026-01-01T00:00:00Z", "not_after": "2027-01-01T00:00:00Z", "claims": {},
        },
        "identity": null, "trusted_by": if trusted { vec!["release"] } else { vec![] },
        "in_scope": trusted, "scope": null, "claimed_reference": null,
        "checks": {
            "certificate": "not-needed", "sct": "not-needed", "log": "not-needed",
            "time": "not-needed", "signature": "passed", "binding": "passed",
        },
        "transparency": [], "timestamps": [], "revocation": null, "signed_at": null,
        "expires_at": null, "annotations": {},
        "errors": if trusted { vec![] } else { vec![problem] },
    })
}

fn facts(referrers: &[Value], signatures: &[Value]) -> Facts {
    let document = json!({
        "facts_version": 1,
        "request": {
            "reference": "registry.example/app:1", "time": "2026-01-02T00:00:00Z",
            "deadline_ms": null, "namespace": null, "parameters": {},
        },
        "subject": {
            "registry": "registry.example", "repository": "app", "tag": "1", "digest": digest("app"),
            "media_type": "m", "artifact_type": null, "size": 1, "annotations": {}, "platforms": [],
        },
        "referrers": referrers, "signatures": signatures, "attestations": [], "sboms": [],
        "vulnerability_reports": [], "vex": [], "provenance": [], "verification_summaries": [],
        "schema_checks": [], "trust_roots": [], "unavailable": [], "complete": true, "verifiers": {},
    });
    serde_json::from_value(document).unwrap()
}

fn view(facts: &Facts) -> Value {
    InputView::Ratify.document(facts).unwrap()
}

/// What Ratify's default policy looks for, found another way: something failed, or nobody looked.
fn is_bad(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(name, member)| {
            (name == "isSuccess" && *member == false)
                || (name == "verifierReports" && *member == json!([]))
                || is_bad(member)
        }),
        Value::Array(items) => items.iter().any(is_bad),
        _ => false,
    }
}

#[test]
fn the_facts_view_is_the_facts() {
    let facts = facts(&[], &[]);
    let document = InputView::Facts.document(&facts).unwrap();
    assert_eq!(document, serde_json::to_value(&facts).unwrap());
}

#[test]
fn what_is_signed_stands_in_a_report_and_a_signed_signature_in_it() {
    let referrers = [
        referrer("sbom", "app", "application/spdx+json", &[]),
        referrer("sig", "app", COSIGN, &["cosign"]),
        referrer("sbom-sig", "sbom", NOTATION, &["notation"]),
    ];
    let signatures =
        [signature("cosign", "sig", "app", true), signature("notation", "sbom-sig", "sbom", true)];
    let view = view(&facts(&referrers, &signatures));
    let reports = &view["verifierReports"];
    assert_eq!(reports.as_array().unwrap().len(), 2);
    // Nobody looked at the SBOM.
    assert_eq!(reports[0]["verifierReports"], json!([]));
    let nested = &reports[0]["nestedReports"][0];
    assert_eq!(nested["subject"], format!("registry.example/app@{}", digest("sbom")));
    assert_eq!(nested["referenceDigest"], digest("sbom-sig"));
    let notation = &nested["verifierReports"][0];
    assert_eq!((&notation["type"], &notation["isSuccess"]), (&json!("notation"), &json!(true)));
    assert_eq!(notation["extensions"], json!({"Issuer": "CN=authority", "SN": "CN=signer"}));
    assert_eq!(reports[1]["subject"], "registry.example/app:1");
    let cosign = &reports[1]["verifierReports"][0];
    assert_eq!(cosign["extensions"]["trustPolicy"], "release");
    let verification = &cosign["extensions"]["signatures"][0]["verifications"][0];
    let wanted = json!({
        "isSuccess": true, "bundleVerified": false,
        "keyInformation": {"provider": "file", "name": "release"},
        "summary": ["the signature was verified"],
    });
    assert_eq!(*verification, wanted);
    assert!(is_bad(&view));
}

#[test]
fn one_signature_that_fails_makes_the_whole_fail_whatever_the_others_are() {
    let referrers = [referrer("sig", "app", COSIGN, &["cosign"])];
    let of = |trusted: &[bool]| {
        let made =
            trusted.iter().map(|t| signature("cosign", "sig", "app", *t)).collect::<Vec<_>>();
        view(&facts(&referrers, &made))
    };
    assert!(!is_bad(&of(&[true, true])));
    assert!(is_bad(&of(&[true, false])) && is_bad(&of(&[false, true])) && is_bad(&of(&[false])));
    let report = |view: &Value| view["verifierReports"][0]["verifierReports"][0].clone();
    assert_eq!(
        report(&of(&[false, true]))["isSuccess"],
        true,
        "the last one decides, as in Ratify"
    );
    let failed = report(&of(&[true, false]));
    assert_eq!(failed["isSuccess"], false);
    assert_eq!(failed["errorReason"], "nobody knows the key");
    assert_eq!(failed["remediation"], "add it");
}

#[test]
fn a_referrer_whose_signatures_could_not_be_had_has_failed() {
    let view = view(&facts(&[referrer("sig", "app", COSIGN, &["cosign"])], &[]));
    assert_eq!(view["verifierReports"][0]["verifierReports"][0]["isSuccess"], false);
}

#[test]
fn a_statement_that_ratify_has_no_verifier_for_has_no_report() {
    let kind = "application/vnd.in-toto+json";
    let view = view(&facts(&[referrer("statement", "app", kind, &["in-toto"])], &[]));
    assert_eq!(view["verifierReports"][0]["verifierReports"], json!([]));
    assert!(is_bad(&view));
}

/// A document that nobody signed, attached to the artifact.
fn document(kind: &str, content: &Value, annotations: &Value) -> Facts {
    let mut attached = referrer("document", "app", kind, &["cosign", "in-toto"]);
    attached["annotations"] = annotations.clone();
    let mut facts = facts(&[attached], &[]);
    let attestation = json!({
        "id": 0, "verifier": "in-toto", "format": "document", "referrer": digest("document"),
        "subject": digest("app"), "predicate_type": null, "signed_by": [], "signed_through": null,
        "verified": false, "predicate": null, "predicate_omitted": false, "unwrapped": false,
        "stated_at": null, "names_subject": false, "content": content, "errors": [],
    });
    facts.attestations.push(serde_json::from_value(attestation).unwrap());
    facts
}

#[test]
fn nobody_is_asked_for_the_signature_of_a_document_but_where_it_is_said_to_be_one() {
    let unread = json!({
        "document": digest("content"), "size": 1, "kinds": [],
        "error": {"code": "document_malformed", "message": "it is not", "hint": null},
    });
    let created = "2026-01-01T00:00:00Z";
    let annotations = json!({"org.opencontainers.image.created": created});
    let reports = |kind: &str, content: &Value| {
        let view = view(&document(kind, content, &annotations));
        view["verifierReports"][0]["verifierReports"].clone()
    };
    let sbom = reports("application/spdx+json", &unread);
    assert_eq!((sbom.as_array().unwrap().len(), &sbom[0]["name"]), (1, &json!("sbom")));
    assert_eq!(
        (&sbom[0]["isSuccess"], &sbom[0]["errorReason"]),
        (&json!(false), &json!("it is not"))
    );
    let report = reports("application/sarif+json", &unread);
    assert_eq!(report[0]["name"], "vulnerabilityreport");
    assert_eq!(report[0]["extensions"], json!({"createdAt": created}));
    // Nothing is made of a document of another kind.
    assert_eq!(reports("application/vnd.example+json", &Value::Null), json!([]));
    for kind in [COSIGN, NOTATION] {
        let signature = reports(kind, &Value::Null);
        assert_eq!(
            (&signature[0]["name"], &signature[0]["isSuccess"]),
            (&json!("cosign"), &json!(false))
        );
    }
}

#[test]
fn what_ratify_does_not_list_is_not_there() {
    let mut of_platform = referrer("platform-sig", "platform", COSIGN, &["cosign"]);
    of_platform["depth"] = 1.into();
    let mut of_index = referrer("buildkit", "app", "", &["in-toto"]);
    of_index["found_by"] = "index".into();
    let view = view(&facts(&[of_platform, of_index], &[]));
    assert_eq!(view, json!({"verifierReports": []}));
    assert!(is_bad(&view));
}

#[test]
fn an_unexamined_tag_of_cosign_s_is_taken_for_a_signature_that_failed() {
    let mut tag = referrer("sig", "app", "", &["cosign"]);
    tag["found_by"] = "cosign-tag".into();
    tag["artifact_type"] = Value::Null;
    let view = view(&facts(&[tag], &[]));
    assert_eq!(view["verifierReports"][0]["artifactType"], COSIGN);
    assert!(is_bad(&view));
}

#[test]
fn a_signature_of_another_subject_s_tag_vouches_for_nothing_here() {
    // The same manifest on the tags of two artifacts.
    let mut tag = referrer("sig", "app", "", &["cosign"]);
    tag["found_by"] = "cosign-tag".into();
    let view = view(&facts(&[tag], &[signature("cosign", "sig", "other", true)]));
    assert!(is_bad(&view));
}

#[test]
fn there_is_no_document_where_referrers_may_be_missing() {
    let mut short = facts(&[], &[]);
    let entry = json!({
        "kind": "registry", "target": "/v2/app/referrers/x", "code": "timeout", "message": "",
        "elapsed_ms": 1, "retryable": true, "affects": ["referrers"],
    });
    short.unavailable.push(serde_json::from_value(entry).unwrap());
    let error = InputView::Ratify.document(&short).unwrap_err();
    assert!(
        matches!(&error, RatifyViewError::Incomplete { target } if target.contains("referrers"))
    );
    assert_eq!(error.code(), "facts_incomplete");
}

#[test]
fn facts_that_go_in_circles_or_without_end_are_refused() {
    let circle = [referrer("a", "app", COSIGN, &[]), referrer("app", "a", COSIGN, &[])];
    let error = InputView::Ratify.document(&facts(&circle, &[])).unwrap_err();
    assert!(matches!(error, RatifyViewError::TooMany));
    // Each level has each referrer ten times: ten to the sixth reports.
    let names = ["app", "a", "b", "c", "d", "e", "f"];
    let wide: Vec<Value> = names
        .windows(2)
        .flat_map(|pair| vec![referrer(pair[1], pair[0], COSIGN, &[]); 10])
        .collect();
    let error = InputView::Ratify.document(&facts(&wide, &[])).unwrap_err();
    assert_eq!(error.code(), "facts_too_large");
}
