//! What a verifier may spend, and what it says when that ends.

use crate::support::{Signer, World, envelope_bundle, payload, statement, told, trusting};
use referee_core::{Digest, UnavailableCode, UnavailableKind};
use referee_verify::cosign::SIGN_PREDICATE;
use serde_json::json;
use std::sync::atomic::Ordering;

#[test]
fn signatures_beyond_the_limit_of_checks_are_unavailable_not_absent() {
    let (mut world, a, b) = (World::new(), Signer::p256(), Signer::p256());
    let layers = [world.signed_layer(&b), world.signed_layer(&b), world.signed_layer(&a)];
    let referrer = world.legacy(&layers);
    // The first needs two checks, the second has one.
    world.limits.max_signature_checks = 3;
    let findings = world.run(&trusting(&[("a", &a), ("b", &b)]), &referrer);
    assert_eq!(
        told(&findings),
        ["trusted", "unavailable verification_budget", "unavailable verification_budget"]
    );
    assert_eq!(findings.unavailable.len(), 1);
    let entry = &findings.unavailable[0];
    assert_eq!(
        (entry.kind, entry.code),
        (UnavailableKind::Verification, UnavailableCode::TooLarge)
    );
    assert_eq!(entry.affects, ["signatures/1", "signatures/2"]);
    assert!(!entry.retryable);
}

#[test]
fn a_cancelled_examination_still_tells_every_signature() {
    let (mut world, key) = (World::new(), Signer::p256());
    let good = world.signed_layer(&key);
    let mut unsigned = good.clone();
    unsigned.annotations.clear();
    let legacy = world.legacy(&[good, unsigned]);
    let text = statement(&world.digest(), SIGN_PREDICATE, &json!({}));
    let bundles = world.bundles(&[envelope_bundle(&text, &[&key]).to_string(), "x".into()]);
    world.cancelled.store(true, Ordering::Relaxed);
    let trust = trusting(&[("release", &key)]);
    let findings = world.run(&trust, &legacy);
    assert_eq!(
        told(&findings),
        ["unavailable verification_budget", "invalid signature_missing,verification_budget"]
    );
    assert_eq!(findings.unavailable[0].code, UnavailableCode::Timeout);
    assert!(findings.unavailable[0].retryable);
    let findings = world.run(&trust, &bundles);
    assert_eq!(told(&findings), ["unavailable verification_budget", "invalid malformed_bundle"]);
}

#[test]
fn layers_beyond_the_limit_are_told_and_not_read() {
    let (mut world, key) = (World::new(), Signer::p256());
    let spaced = |spaces| payload(&Digest::sha256(b"other")) + &" ".repeat(spaces);
    let layers = [0, 1, 2].map(|n| world.legacy_layer(spaced(n).as_bytes(), b"x"));
    let referrer = world.legacy(&layers);
    let trust = trusting(&[("release", &key)]);
    for (limit, expected) in [(0, 0), (2, 2), (3, 3)] {
        world.limits.max_signatures_per_referrer = limit;
        let findings = world.run(&trust, &referrer);
        assert_eq!(findings.signatures.len(), expected);
        let blobs = world.asked.borrow().len() - 1;
        assert_eq!(blobs, expected, "what is not read is not fetched");
        let entries: Vec<_> =
            findings.unavailable.iter().map(|u| (u.code, u.affects.clone())).collect();
        let told = vec![(UnavailableCode::TooLarge, vec!["signatures".to_owned()])];
        assert_eq!(entries, if limit < 3 { told } else { Vec::new() }, "{limit}");
    }
}

#[test]
fn signatures_of_one_envelope_beyond_the_limit_are_told_and_not_read() {
    let (mut world, key) = (World::new(), Signer::p256());
    let text = statement(&world.digest(), "https://example.com/p", &json!({}));
    let bundle = envelope_bundle(&text, &[&key, &key, &key]).to_string();
    world.limits.max_signatures_per_referrer = 2;
    for second in [bundle.clone(), "x".to_owned()] {
        let referrer = world.bundles(&[bundle.clone(), second]);
        let findings = world.run(&trusting(&[("release", &key)]), &referrer);
        assert_eq!(told(&findings), ["trusted", "trusted"]);
        assert_eq!(findings.attestations.len(), 1);
        assert_eq!(findings.unavailable.len(), 1);
        assert_eq!(findings.unavailable[0].affects, ["signatures"]);
    }
}

#[test]
fn what_is_too_large_is_not_asked_for() {
    let (mut world, key) = (World::new(), Signer::p256());
    let layer = world.signed_layer(&key);
    world.limits.max_payload_bytes = layer.size - 1;
    let referrer = world.legacy(std::slice::from_ref(&layer));
    let trust = trusting(&[("release", &key)]);
    let findings = world.run(&trust, &referrer);
    assert_eq!(told(&findings), ["unavailable too_large"]);
    assert_eq!(findings.unavailable[0].kind, UnavailableKind::Blob);
    world.limits.max_payload_bytes = layer.size;
    assert_eq!(told(&world.run(&trust, &referrer)), ["trusted"]);
}

#[test]
fn a_legacy_payload_is_held_to_the_limit_of_predicates() {
    let (mut world, key) = (World::new(), Signer::p256());
    let layer = world.signed_layer(&key);
    world.limits.max_predicate_bytes = usize::try_from(layer.size).unwrap() - 1;
    let referrer = world.legacy(&[layer]);
    let findings = world.run(&trusting(&[("release", &key)]), &referrer);
    assert_eq!(told(&findings), ["unavailable too_large"]);
}

#[test]
fn a_hundred_signatures_of_a_hundred_keys_fit_the_default_limits() {
    let mut world = World::new();
    let keys: Vec<_> = (0..100).map(|_| Signer::p256()).collect();
    let layers: Vec<_> = keys.iter().map(|key| world.signed_layer(key)).collect();
    let names: Vec<_> = (0..100).map(|n| n.to_string()).collect();
    let named: Vec<_> = names.iter().map(String::as_str).zip(&keys).collect();
    let referrer = world.legacy(&layers);
    let findings = world.run(&trusting(&named), &referrer);
    assert!(findings.signatures.iter().all(|fact| fact.trusted));
    assert_eq!(findings.signatures.len(), 100);
}

#[test]
fn layers_that_are_too_much_together_are_unavailable_not_absent() {
    let (mut world, a, b) = (World::new(), Signer::p256(), Signer::p256());
    let first = world.signed_layer(&a);
    let spaced = payload(&world.digest()) + "                ";
    let signature = b.sign(spaced.as_bytes());
    let second = world.legacy_layer(spaced.as_bytes(), &signature);
    world.limits.max_evidence_bytes = first.size + second.size - 1;
    // What is there again is read again.
    let size = first.size;
    let referrer = world.legacy(&[first.clone(), second.clone(), first]);
    let trust = trusting(&[("a", &a), ("b", &b)]);
    let findings = world.run(&trust, &referrer);
    assert_eq!(told(&findings), ["trusted", "unavailable too_large", "trusted"]);
    assert_eq!(findings.unavailable[0].affects, ["signatures/1"]);
    world.limits.max_evidence_bytes += size;
    let findings = world.run(&trust, &referrer);
    assert_eq!(told(&findings), ["trusted", "trusted", "unavailable too_large"]);
    world.limits.max_evidence_bytes += 1;
    assert_eq!(told(&world.run(&trust, &referrer)), ["trusted", "trusted", "trusted"]);
}

#[test]
fn a_bundle_that_would_fill_the_memory_is_refused() {
    let (mut world, key) = (World::new(), Signer::p256());
    let noted = |length: usize| {
        let hex = world.digest().hex().to_owned();
        let notes = json!({ "x": "a".repeat(length) });
        json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{ "digest": { "sha256": hex }, "annotations": notes }],
            "predicateType": SIGN_PREDICATE,
        })
        .to_string()
    };
    let text = statement(&world.digest(), SIGN_PREDICATE, &json!({}));
    let signers = vec![&key; 101];
    let proofs = |name: &str, count: usize| {
        let mut bundle = envelope_bundle(&text, &[&key]);
        let list: Vec<_> = (0..count).map(|place| json!({"logIndex": place})).collect();
        bundle["verificationMaterial"][name] = match name {
            "tlogEntries" => json!(list),
            _ => json!({ "rfc3161Timestamps": list }),
        };
        bundle.to_string()
    };
    let cases = [
        (proofs("tlogEntries", 32), "trusted"),
        (proofs("tlogEntries", 33), "invalid malformed_bundle"),
        (proofs("timestampVerificationData", 32), "invalid malformed_timestamp"),
        (proofs("timestampVerificationData", 33), "invalid malformed_bundle"),
        (envelope_bundle(&text, &signers).to_string(), "invalid malformed_bundle"),
        (envelope_bundle(&noted(1_000), &[&key]).to_string(), "trusted"),
        (envelope_bundle(&noted(20_000), &[&key]).to_string(), "invalid malformed_statement"),
    ];
    for (position, (bundle, expected)) in cases.into_iter().enumerate() {
        let referrer = world.bundles(&[bundle]);
        let findings = world.run(&trusting(&[("release", &key)]), &referrer);
        assert_eq!(told(&findings), [expected], "{position}");
    }
}
