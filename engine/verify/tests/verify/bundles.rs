//! Sigstore bundles.

use crate::support::{
    Signer, World, envelope_bundle, message_bundle, payload, statement, told, trusting,
};
use bytes::Bytes;
use referee_core::facts::{Format, Proof, Purpose};
use referee_core::oci::media_type;
use referee_core::{Digest, UnavailableCode};
use referee_verify::cosign::SIGN_PREDICATE;
use serde_json::{Value, json};

const REVIEW: &str = "https://registry.example/review/v1";

fn signed(world: &World, key: &Signer) -> Value {
    envelope_bundle(&statement(&world.digest(), SIGN_PREDICATE, &json!({})), &[key])
}

#[test]
fn a_bundle_that_signs_the_image_is_trusted_and_no_attestation() {
    let (mut world, key) = (World::new(), Signer::p256());
    let bundle = signed(&world, &key);
    let referrer = world.bundles(&[bundle.to_string()]);
    let findings = world.run(&trusting(&[("release", &key)]), &referrer);
    assert_eq!(told(&findings), ["trusted"]);
    let fact = &findings.signatures[0];
    assert_eq!((fact.format, fact.purpose), (Format::SigstoreBundle, Purpose::Signature));
    assert_eq!(fact.predicate_type.as_deref(), Some(SIGN_PREDICATE));
    assert_eq!(fact.annotations["team"], "a");
    assert!(findings.attestations.is_empty());
}

#[test]
fn a_bundle_that_states_something_else_is_an_attestation() {
    let (mut world, key, stranger) = (World::new(), Signer::p256(), Signer::p256());
    let predicate = json!({"result": "passed"});
    let text = statement(&world.digest(), REVIEW, &predicate);
    let bundles = [&key, &stranger].map(|key| envelope_bundle(&text, &[key]).to_string());
    let referrer = world.bundles(&bundles);
    let findings = world.run(&trusting(&[("qa", &key)]), &referrer);
    assert_eq!(told(&findings), ["trusted", "untrusted key_unknown"]);
    assert!(findings.signatures.iter().all(|fact| fact.purpose == Purpose::Attestation));
    let [good, unknown] = &findings.attestations[..] else { panic!() };
    assert_eq!((good.predicate_type.as_deref(), &good.predicate), (Some(REVIEW), &predicate));
    assert_eq!((&good.signed_by, good.verified), (&vec![0], true));
    assert_eq!((&unknown.signed_by, unknown.verified), (&vec![1], false));
}

#[test]
fn an_attestation_of_another_image_is_invalid_and_not_verified() {
    let (mut world, key) = (World::new(), Signer::p256());
    let other = Digest::sha256(b"another image");
    let bundle = envelope_bundle(&statement(&other, REVIEW, &json!({})), &[&key]);
    let referrer = world.bundles(&[bundle.to_string()]);
    let findings = world.run(&trusting(&[("qa", &key)]), &referrer);
    assert_eq!(told(&findings), ["invalid subject_mismatch"]);
    assert_eq!(findings.signatures[0].key.as_ref().unwrap().name, "qa");
    assert!(findings.signatures[0].errors[0].message.contains(other.as_str()));
    assert!(!findings.attestations[0].verified);
}

#[test]
fn a_predicate_over_the_limit_is_left_out_and_said_so() {
    let (mut world, key) = (World::new(), Signer::p256());
    let predicate = json!({"text": "x".repeat(100)});
    let text = statement(&world.digest(), REVIEW, &predicate);
    let referrer = world.bundles(&[envelope_bundle(&text, &[&key]).to_string()]);
    let trust = trusting(&[("qa", &key)]);
    let size = predicate.to_string().len();
    for (limit, omitted) in [(size, false), (size - 1, true)] {
        world.limits.max_predicate_bytes = limit;
        let attestation = &world.run(&trust, &referrer).attestations[0];
        assert_eq!(attestation.predicate_omitted, omitted);
        assert_eq!(attestation.predicate.is_null(), omitted);
        assert!(attestation.verified);
    }
}

#[test]
fn a_predicate_that_cannot_be_handed_over_is_left_out_and_said_so() {
    let (mut world, key) = (World::new(), Signer::p256());
    let deep = "[".repeat(200) + &"]".repeat(200);
    for predicate in [deep.as_str(), "1e999"] {
        let text = statement(&world.digest(), REVIEW, &json!("PREDICATE"))
            .replace("\"PREDICATE\"", predicate);
        let referrer = world.bundles(&[envelope_bundle(&text, &[&key]).to_string()]);
        let findings = world.run(&trusting(&[("qa", &key)]), &referrer);
        assert_eq!(told(&findings), ["trusted"]);
        assert!(findings.attestations[0].predicate_omitted, "{predicate}");
    }
}

#[test]
fn hostile_text_does_not_fill_the_messages() {
    let (mut world, key) = (World::new(), Signer::p256());
    let long = "ä".repeat(100_000);
    let good = statement(&world.digest(), REVIEW, &json!({}));
    let bundle = envelope_bundle(&good, &[&key]);
    let mut kind = bundle.clone();
    kind["mediaType"] = long.clone().into();
    let mut index = bundle.clone();
    index["verificationMaterial"]["tlogEntries"] = long.clone().into();
    let mut payload_type = bundle.clone();
    payload_type["dsseEnvelope"]["payloadType"] = long.clone().into();
    let version = envelope_bundle(&good.replace("Statement/v1", &long), &[&key]);
    let digests = envelope_bundle(&good.replace(world.digest().hex(), &long), &[&key]);
    let bundles = [kind, index, payload_type, version, digests].map(|bundle| bundle.to_string());
    let referrer = world.bundles(&bundles);
    for fact in world.run(&trusting(&[("qa", &key)]), &referrer).signatures {
        assert!(!fact.errors.is_empty());
        assert!(fact.errors.iter().all(|error| error.message.chars().count() <= 601));
    }
}

#[test]
fn each_signature_of_an_envelope_stands_for_itself() {
    let (mut world, a, b, stranger) =
        (World::new(), Signer::p256(), Signer::ed25519(), Signer::p256());
    let text = statement(&world.digest(), REVIEW, &json!({}));
    let mut bundle = envelope_bundle(&text, &[&a, &stranger, &b]);
    bundle["dsseEnvelope"]["signatures"].as_array_mut().unwrap().push(json!({"sig": "%"}));
    let referrer = world.bundles(&[bundle.to_string()]);
    let findings = world.run(&trusting(&[("a", &a), ("b", &b)]), &referrer);
    assert_eq!(
        told(&findings),
        ["trusted", "untrusted key_unknown", "trusted", "invalid signature_encoding"]
    );
    assert_eq!(findings.attestations.len(), 1);
    assert_eq!(findings.attestations[0].signed_by, [0, 1, 2, 3]);
}

#[test]
fn an_envelope_without_signatures_is_an_unverified_attestation() {
    let mut world = World::new();
    let text = statement(&world.digest(), REVIEW, &json!({"a": 1}));
    let referrer = world.bundles(&[envelope_bundle(&text, &[]).to_string()]);
    let findings = world.run(&trusting(&[]), &referrer);
    assert_eq!(told(&findings), ["invalid signature_missing"]);
    assert!(!findings.attestations[0].verified);
}

#[test]
fn a_hint_that_names_a_known_key_is_held_to_it() {
    let (mut world, key, stranger) = (World::new(), Signer::p256(), Signer::p256());
    let mut bundle = signed(&world, &stranger);
    bundle["verificationMaterial"]["publicKey"]["hint"] = key.hint().into();
    let referrer = world.bundles(&[bundle.to_string()]);
    let findings = world.run(&trusting(&[("release", &key)]), &referrer);
    assert_eq!(told(&findings), ["invalid signature_mismatch"]);
    assert!(findings.signatures[0].errors[0].message.contains("\"release\""));
    assert_eq!(findings.signatures[0].key, None);
}

#[test]
fn a_wrong_hint_takes_nothing_from_a_good_signature() {
    let (mut world, a, b) = (World::new(), Signer::p256(), Signer::p256());
    let trust = trusting(&[("a", &a), ("b", &b)]);
    for hint in [a.hint(), Signer::p256().hint(), "%".into(), String::new()] {
        let mut bundle = signed(&world, &b);
        bundle["verificationMaterial"]["publicKey"]["hint"] = hint.into();
        let referrer = world.bundles(&[bundle.to_string()]);
        let findings = world.run(&trust, &referrer);
        assert_eq!(told(&findings), ["trusted"]);
        assert_eq!(findings.signatures[0].trusted_by, ["b"]);
    }
}

#[test]
fn the_message_about_an_unknown_key_names_the_one_that_the_bundle_names() {
    let (mut world, key) = (World::new(), Signer::p256());
    let referrer = world.bundles(&[signed(&world, &key).to_string()]);
    let findings = world.run(&trusting(&[]), &referrer);
    assert_eq!(told(&findings), ["untrusted key_unknown"]);
    assert!(findings.signatures[0].errors[0].message.contains(key.id.as_str()));
}

#[test]
fn the_binding_is_checked_where_the_certificate_cannot_be_read() {
    let (mut world, key) = (World::new(), Signer::p256());
    {
        let material = json!({"certificate": {"rawBytes": "AA=="}});
        let mut good = signed(&world, &key);
        let other = statement(&Digest::sha256(b"other"), SIGN_PREDICATE, &json!({}));
        let mut copied = envelope_bundle(&other, &[&key]);
        let mut bytes = message_bundle(&world.subject.bytes, &key);
        for bundle in [&mut good, &mut copied, &mut bytes] {
            bundle["verificationMaterial"] = material.clone();
        }
        let referrer = world.bundles(&[good, copied, bytes].map(|bundle| bundle.to_string()));
        let findings = world.run(&trusting(&[("release", &key)]), &referrer);
        assert_eq!(
            told(&findings),
            [
                "invalid malformed_certificate",
                "invalid malformed_certificate,subject_mismatch",
                "invalid malformed_certificate",
            ]
        );
    }
}

#[test]
fn a_signature_over_the_bytes_of_the_image_is_a_signature_of_it() {
    let (mut world, key) = (World::new(), Signer::ed25519ph());
    let good = message_bundle(&world.subject.bytes, &key);
    let mut plain = good.clone();
    plain["messageSignature"].as_object_mut().unwrap().remove("messageDigest");
    let referrer = world.bundles(&[good.to_string(), plain.to_string()]);
    // Its bytes are at hand: nobody has to fetch them again.
    world.store.remove(&world.digest());
    let findings = world.run(&trusting(&[("release", &key)]), &referrer);
    assert_eq!(told(&findings), ["trusted", "trusted"]);
    assert_eq!(findings.signatures[0].purpose, Purpose::Signature);
    assert!(findings.attestations.is_empty());
}

#[test]
fn a_signature_over_other_bytes_is_a_subject_mismatch_by_a_known_key() {
    let (mut world, key) = (World::new(), Signer::p256());
    let referrer = world.bundles(&[message_bundle(b"other bytes", &key).to_string()]);
    let findings = world.run(&trusting(&[("release", &key)]), &referrer);
    assert_eq!(told(&findings), ["invalid subject_mismatch"]);
    assert_eq!(findings.signatures[0].key.as_ref().unwrap().name, "release");
}

#[test]
fn a_stated_hash_of_the_image_does_not_stand_in_for_its_bytes() {
    let (mut world, key) = (World::new(), Signer::p256());
    let mut bundle = message_bundle(b"other bytes", &key);
    let right = message_bundle(&world.subject.bytes, &key);
    bundle["messageSignature"]["messageDigest"] =
        right["messageSignature"]["messageDigest"].clone();
    let referrer = world.bundles(&[bundle.to_string()]);
    let findings = world.run(&trusting(&[("release", &key)]), &referrer);
    assert_eq!(told(&findings), ["invalid signature_mismatch"]);
}

#[test]
fn the_bytes_of_a_platform_are_asked_for() {
    let (mut image, key) = (World::new(), Signer::p256());
    let bundle = message_bundle(&image.subject.bytes, &key).to_string();
    let mut platform = image.subject.descriptor.clone();
    platform.platform = Some(referee_core::Platform {
        os: "linux".into(),
        architecture: "amd64".into(),
        variant: None,
    });
    let index = json!({"mediaType": media_type::IMAGE_INDEX, "manifests": [platform]});
    let mut world = World::around(Bytes::from(index.to_string()), media_type::IMAGE_INDEX);
    let referrer = image.bundles(&[bundle]);
    world.store.append(&mut image.store);
    let trust = trusting(&[("release", &key)]);
    assert_eq!(told(&world.run(&trust, &referrer)), ["trusted"]);

    assert!(world.asked.borrow().iter().any(|request| *request.digest() == image.digest()));
    world.store.insert(image.digest(), Err(UnavailableCode::Timeout));
    assert_eq!(told(&world.run(&trust, &referrer)), ["unavailable timeout"]);
}

#[test]
fn certificates_that_are_missing_or_stand_in_the_wrong_place_are_no_bundle() {
    let (mut world, key) = (World::new(), Signer::p256());
    let chain = json!({"certificates": [{"rawBytes": "AA=="}]});
    let cases = [
        (json!({"certificate": {}}), "empty certificate"),
        (json!({"certificate": {"rawBytes": ""}}), "empty certificate"),
        (json!({"x509CertificateChain": chain}), "version 0.3 has one certificate"),
        (json!({"certificate": {"rawBytes": "AA=="}, "publicKey": {}}), "several"),
    ];
    for (material, message) in cases {
        let mut bundle = signed(&world, &key);
        bundle["verificationMaterial"] = material;
        let referrer = world.bundles(&[bundle.to_string()]);
        let findings = world.run(&trusting(&[("release", &key)]), &referrer);
        assert_eq!(told(&findings), ["invalid malformed_bundle"]);
        let told = &findings.signatures[0].errors[0].message;
        assert!(told.contains(message), "{told}");
    }
}

#[test]
fn log_entries_and_timestamps_are_told_and_what_is_no_timestamp_is_invalid() {
    let (mut world, key) = (World::new(), Signer::p256());
    let mut bundle = signed(&world, &key);
    bundle["verificationMaterial"]["tlogEntries"] = json!([
        {"logIndex": "5", "logId": {"keyId": "/w=="}, "integratedTime": 1_700_000_000, "inclusionPromise": {}},
        {"log_id": {"key_id": "_w"}, "inclusionProof": {}, "inclusionPromise": null},
    ]);
    bundle["verificationMaterial"]["timestampVerificationData"] =
        json!({"rfc3161Timestamps": [{"signedTimestamp": "AA=="}]});
    let referrer = world.bundles(&[bundle.to_string()]);
    let findings = world.run(&trusting(&[("release", &key)]), &referrer);
    assert_eq!(told(&findings), ["invalid malformed_timestamp"]);
    let fact = &findings.signatures[0];
    assert_eq!(fact.timestamps[0].error.as_ref(), fact.errors.first());
    let [first, second] = &fact.transparency[..] else { panic!() };
    assert_eq!((first.index, first.log.as_str(), first.proof), (5, "ff", Some(Proof::Set)));
    assert!(first.integrated_at.is_some());
    assert_eq!(
        (second.index, second.log.as_str(), second.proof),
        (0, "ff", Some(Proof::Inclusion))
    );
    assert_eq!(second.integrated_at, None);
    assert_eq!(fact.timestamps.len(), 1);
}

#[test]
fn both_spellings_of_the_three_versions_are_read_and_others_are_told() {
    let (mut world, key) = (World::new(), Signer::p256());
    let trust = trusting(&[("release", &key)]);
    let cases = [
        ("application/vnd.dev.sigstore.bundle.v0.3+json", "trusted"),
        ("application/vnd.dev.sigstore.bundle+json;version=0.1", "trusted"),
        ("application/vnd.dev.sigstore.bundle+json;version=0.2", "trusted"),
        ("application/vnd.dev.sigstore.bundle+json;version=0.3", "trusted"),
        ("application/vnd.dev.sigstore.bundle.v0.4+json", "unsupported bundle_version_unsupported"),
        (
            "application/vnd.dev.sigstore.bundle+json;version=99",
            "unsupported bundle_version_unsupported",
        ),
        ("application/vnd.dev.sigstore.bundle+json", "invalid malformed_bundle"),
        ("application/json", "invalid malformed_bundle"),
    ];
    for (kind, expected) in cases {
        let mut bundle = signed(&world, &key);
        bundle["mediaType"] = kind.into();
        let referrer = world.bundles(&[bundle.to_string()]);
        assert_eq!(told(&world.run(&trust, &referrer)), [expected], "{kind}");
    }
}

#[test]
fn bundles_are_read_by_the_rules_of_proto_json() {
    let (mut world, key) = (World::new(), Signer::p256());
    let trust = trusting(&[("release", &key)]);
    let good = signed(&world, &key).to_string();
    let url_safe = good
        .replace('+', "-")
        .replace("application/vnd.in-toto-json", "application/vnd.in-toto+json")
        .replace(".v0.3-json", ".v0.3+json");
    assert!(!url_safe.contains("-json"));
    let tolerated = [
        good.replace('{', " {\n"),
        good.replace("\"dsseEnvelope\"", "\"future\":[{}],\"dsseEnvelope\""),
        good.replace("dsseEnvelope", "dsse_envelope")
            .replace("verificationMaterial", "verification_material")
            .replace("publicKey", "public_key")
            .replace("payloadType", "payload_type")
            .replace("mediaType", "media_type"),
        good.replace("\"dsseEnvelope\"", "\"messageSignature\":null,\"dsseEnvelope\""),
    ];
    for text in tolerated {
        let referrer = world.bundles(std::slice::from_ref(&text));
        assert_eq!(told(&world.run(&trust, &referrer)), ["trusted"], "{text}");
    }
}

#[test]
fn what_is_no_bundle_is_one_invalid_signature() {
    let (mut world, key) = (World::new(), Signer::p256());
    let good = signed(&world, &key).to_string();
    let over_bytes = message_bundle(&world.subject.bytes, &key);
    let inner = over_bytes["messageSignature"].to_string();
    let cases = [
        (String::new(), "malformed_bundle"),
        ("null".into(), "malformed_bundle"),
        ("<html>".into(), "malformed_bundle"),
        (good.clone() + "x", "malformed_bundle"),
        (good.replace("verificationMaterial", "material"), "malformed_bundle"),
        (good.replace("publicKey", "noKey"), "malformed_bundle"),
        (good.replace("\"publicKey\"", "\"certificate\":{},\"publicKey\""), "malformed_bundle"),
        (good.replace("\"publicKey\"", "\"publicKey\":{},\"publicKey\""), "malformed_bundle"),
        (good.replace("\"publicKey\"", "\"public_key\":{},\"publicKey\""), "malformed_bundle"),
        (good.replace("dsseEnvelope", "envelope"), "malformed_bundle"),
        (
            good.replace(
                "\"dsseEnvelope\"",
                &format!("\"messageSignature\":{inner},\"dsseEnvelope\""),
            ),
            "malformed_bundle",
        ),
        (
            good.replace("\"publicKey\"", "\"tlogEntries\":[{\"logIndex\":-1}],\"publicKey\""),
            "malformed_bundle",
        ),
        (
            good.replace("\"publicKey\"", "\"tlogEntries\":[{\"logIndex\":\"x\"}],\"publicKey\""),
            "malformed_bundle",
        ),
        (
            good.replace(
                "\"publicKey\"",
                "\"tlogEntries\":[{\"logId\":{\"keyId\":\"%\"}}],\"publicKey\"",
            ),
            "malformed_bundle",
        ),
        (good.replace("\"payload\":\"", "\"payload\":\"%"), "malformed_envelope"),
    ];
    for (text, code) in cases {
        let referrer = world.bundles(&[text.clone(), good.clone()]);
        let findings = world.run(&trusting(&[("release", &key)]), &referrer);
        assert_eq!(told(&findings), [format!("invalid {code}"), "trusted".into()], "{text}");
    }
}

#[test]
fn what_is_no_statement_is_told_by_its_kind() {
    let (mut world, key) = (World::new(), Signer::p256());
    let trust = trusting(&[("release", &key)]);
    let good = statement(&world.digest(), SIGN_PREDICATE, &json!({}));
    let cases = [
        (payload(&world.digest()), "invalid malformed_statement"),
        (good.replace("subject", "subjects"), "invalid subject_mismatch"),
        (good.replace("Statement/v1", "Statement/v7"), "unsupported statement_type_unsupported"),
        (good.replace("sha256", "sha512"), "invalid subject_mismatch"),
    ];
    for (text, expected) in cases {
        let referrer = world.bundles(&[envelope_bundle(&text, &[&key]).to_string()]);
        let findings = world.run(&trust, &referrer);
        assert_eq!(told(&findings), [expected], "{text}");
        assert!(findings.signatures[0].key.is_some(), "the key that made it is told: {text}");
    }
    let mut bundle = envelope_bundle(&good, &[&key]);
    bundle["dsseEnvelope"]["payloadType"] = "text/plain".into();
    let referrer = world.bundles(&[bundle.to_string()]);
    // The type is part of what is signed.
    assert_eq!(
        told(&world.run(&trust, &referrer)),
        ["invalid signature_mismatch,payload_type_unsupported"]
    );
}

#[test]
fn a_statement_about_several_images_is_good_for_each() {
    let (mut world, key) = (World::new(), Signer::p256());
    let text = json!({
        "_type": "https://in-toto.io/Statement/v0.1",
        "subject": [
            {"name": "other", "digest": {"sha256": Digest::sha256(b"x").hex()}},
            {"name": "this", "digest": {"sha512": "00", "sha256": world.digest().hex()}},
        ],
        "predicateType": REVIEW,
    })
    .to_string();
    let referrer = world.bundles(&[envelope_bundle(&text, &[&key]).to_string()]);
    let findings = world.run(&trusting(&[("qa", &key)]), &referrer);
    assert_eq!(told(&findings), ["trusted"]);
    assert!(findings.attestations[0].predicate.is_null());
    assert!(!findings.attestations[0].predicate_omitted);
}
