//! Legacy signatures: one layer each.

use crate::support::{Signer, World, payload, told, trusting};
use referee_core::facts::{Format, Proof, Purpose};
use referee_core::oci::media_type;
use referee_core::{Digest, FoundBy, UnavailableCode};
use referee_verify::cosign::{BUNDLE, CERTIFICATE, SIGNATURE, TIMESTAMP};
use serde_json::json;

#[test]
fn a_signature_by_a_trusted_key_is_trusted_and_told_in_full() {
    let (mut world, key) = (World::new(), Signer::p256());
    let layer = world.signed_layer(&key);
    let referrer = world.legacy(&[layer]);
    let findings = world.run(&trusting(&[("release", &key)]), &referrer);
    assert_eq!(told(&findings), ["trusted"]);
    let fact = &findings.signatures[0];
    assert_eq!((fact.format, fact.purpose), (Format::SimpleSigning, Purpose::Signature));
    assert_eq!((&fact.referrer, &fact.subject), (&referrer.descriptor.digest, &world.digest()));
    assert_eq!(fact.trusted_by, ["release"]);
    assert_eq!((fact.in_scope, fact.scope.as_deref()), (Some(true), Some("**")));
    assert_eq!(fact.claimed_reference.as_deref(), Some("registry.example/team/app"));
    assert_eq!(fact.annotations["team"], "a");
    let made = fact.key.as_ref().unwrap();
    assert_eq!((&made.id, made.name.as_str()), (&key.id, "release"));
    assert_eq!(made.algorithm, "ecdsa-p256-sha256");
    assert!(findings.attestations.is_empty() && findings.unavailable.is_empty());
    assert_eq!(findings.changes_at, None);
}

#[test]
fn an_empty_certificate_annotation_is_no_certificate() {
    let (mut world, key) = (World::new(), Signer::p256());
    let mut layer = world.signed_layer(&key);
    for text in ["", " \n"] {
        layer.annotations.insert(CERTIFICATE.into(), text.into());
        let referrer = world.legacy(std::slice::from_ref(&layer));
        assert_eq!(told(&world.run(&trusting(&[("release", &key)]), &referrer)), ["trusted"]);
    }
}

#[test]
fn every_kind_of_key_signs() {
    for (key, algorithm) in [
        (Signer::p256(), "ecdsa-p256-sha256"),
        (Signer::p384(), "ecdsa-p384-sha384"),
        (Signer::ed25519(), "ed25519"),
        (Signer::ed25519ph(), "ed25519ph"),
    ] {
        let mut world = World::new();
        let layer = world.signed_layer(&key);
        let referrer = world.legacy(&[layer]);
        let findings = world.run(&trusting(&[("release", &key)]), &referrer);
        assert_eq!(told(&findings), ["trusted"]);
        assert_eq!(findings.signatures[0].key.as_ref().unwrap().algorithm, algorithm);
    }
}

#[test]
fn no_signature_hides_another() {
    let (mut world, key, stranger) = (World::new(), Signer::p256(), Signer::p256());
    let other = payload(&Digest::sha256(b"another image"));
    let good = world.signed_layer(&key);
    let mut unsigned = good.clone();
    unsigned.annotations.clear();
    let mut garbled = good.clone();
    garbled.annotations.insert(SIGNATURE.into(), "%%%".into());
    let mut keyless = good.clone();
    keyless.annotations.insert(CERTIFICATE.into(), "-----BEGIN CERTIFICATE-----".into());
    let mut lost = good.clone();
    lost.digest = Digest::sha256(b"lost");
    let foreign = world.put("text/plain", b"?");
    let layers = [
        unsigned,
        garbled,
        keyless,
        lost,
        foreign,
        world.legacy_layer(other.as_bytes(), &key.sign(other.as_bytes())),
        world.legacy_layer(b"{}", &key.sign(b"{}")),
        world.signed_layer(&stranger),
        good,
    ];
    let referrer = world.legacy(&layers);
    let findings = world.run(&trusting(&[("release", &key)]), &referrer);
    assert_eq!(
        told(&findings),
        [
            "invalid signature_missing",
            "invalid signature_encoding",
            "invalid malformed_certificate",
            "unavailable not_found",
            "unsupported layer_type_unsupported",
            "invalid subject_mismatch",
            "invalid malformed_payload",
            "untrusted key_unknown",
            "trusted",
        ]
    );
    assert_eq!(findings.unavailable.len(), 1);
    assert_eq!(findings.unavailable[0].affects, ["signatures/3"]);
}

#[test]
fn a_signature_for_another_image_is_invalid_and_names_both_and_the_key() {
    let (mut world, key) = (World::new(), Signer::p256());
    let other = Digest::sha256(b"another image");
    let text = payload(&other);
    let layer = world.legacy_layer(text.as_bytes(), &key.sign(text.as_bytes()));
    let referrer = world.legacy(&[layer]);
    let findings = world.run(&trusting(&[("release", &key)]), &referrer);
    let fact = &findings.signatures[0];
    assert_eq!(told(&findings), ["invalid subject_mismatch"]);
    let message = &fact.errors[0].message;
    assert!(message.contains(other.as_str()) && message.contains(world.digest().as_str()));
    assert!(fact.errors[0].hint.is_some());
    assert_eq!(fact.key.as_ref().unwrap().name, "release");
    assert!(!fact.valid && fact.trusted_by.is_empty());
}

#[test]
fn a_signature_for_another_image_by_an_unknown_key_tells_both() {
    let (mut world, key) = (World::new(), Signer::p256());
    let text = payload(&Digest::sha256(b"another image"));
    let layer = world.legacy_layer(text.as_bytes(), &key.sign(text.as_bytes()));
    let referrer = world.legacy(&[layer]);
    let findings = world.run(&trusting(&[("other", &Signer::p256())]), &referrer);
    assert_eq!(told(&findings), ["invalid subject_mismatch,key_unknown"]);
}

#[test]
fn the_message_about_an_unknown_key_says_how_many_keys_were_tried() {
    let (mut world, key) = (World::new(), Signer::p256());
    let layer = world.signed_layer(&key);
    let referrer = world.legacy(&[layer]);
    let (a, b) = (Signer::p256(), Signer::ed25519());
    for (trust, says) in [
        (trusting(&[]), "has no keys"),
        (trusting(&[("a", &a)]), "the one key of the trust document"),
        (trusting(&[("a", &a), ("b", &b)]), "none of the 2 keys of the trust document"),
    ] {
        let findings = world.run(&trust, &referrer);
        assert_eq!(told(&findings), ["untrusted key_unknown"]);
        let message = &findings.signatures[0].errors[0].message;
        assert!(message.contains(says), "{message}");
        assert!(!findings.signatures[0].valid);
    }
}

#[test]
fn two_layers_of_one_payload_are_two_signatures_and_one_fetch() {
    let (mut world, a, b) = (World::new(), Signer::p256(), Signer::p256());
    let layers = [world.signed_layer(&a), world.signed_layer(&b)];
    assert_eq!(layers[0].digest, layers[1].digest);
    let referrer = world.legacy(&layers);
    let trust = trusting(&[("a", &a), ("b", &b)]);
    let findings = world.run(&trust, &referrer);
    assert_eq!(told(&findings), ["trusted", "trusted"]);
    assert_eq!(findings.signatures[1].trusted_by, ["b"]);

    world.store.insert(layers[0].digest.clone(), Err(UnavailableCode::Throttled));
    let findings = world.run(&trust, &referrer);
    assert_eq!(told(&findings), ["unavailable throttled", "unavailable throttled"]);
    assert_eq!(findings.unavailable.len(), 1);
    assert_eq!(findings.unavailable[0].affects, ["signatures/0", "signatures/1"]);
    assert!(findings.unavailable[0].retryable);
}

#[test]
fn a_copied_manifest_is_told_as_such() {
    let (mut world, key) = (World::new(), Signer::p256());
    let layer = world.signed_layer(&key);
    let manifest = json!({
        "mediaType": media_type::IMAGE_MANIFEST,
        "artifactType": media_type::COSIGN_SIGNATURE,
        "layers": [layer],
        "subject": crate::support::descriptor("", b"another image"),
    })
    .to_string();
    let referrer = world.referrer(manifest.as_bytes(), None, FoundBy::ReferrersApi);
    let findings = world.run(&trusting(&[("release", &key)]), &referrer);
    assert_eq!(told(&findings), ["invalid referrer_subject_mismatch"]);
    assert!(!findings.signatures[0].valid);
}

#[test]
fn a_keyless_signature_for_another_image_is_invalid() {
    let mut world = World::new();
    let text = payload(&Digest::sha256(b"another image"));
    let mut layer = world.legacy_layer(text.as_bytes(), b"x");
    layer.annotations.insert(CERTIFICATE.into(), "x".into());
    let referrer = world.legacy(&[layer]);
    let findings = world.run(&trusting(&[]), &referrer);
    assert_eq!(told(&findings), ["invalid malformed_certificate,subject_mismatch"]);
}

#[test]
fn a_log_entry_is_told_and_not_needed_and_what_is_no_timestamp_is_invalid() {
    let (mut world, key) = (World::new(), Signer::p256());
    let mut layer = world.signed_layer(&key);
    let log = "c0d2".repeat(16);
    let entry = json!({
        "SignedEntryTimestamp": "AA==",
        "Payload": {"body": "", "integratedTime": 1_700_000_000, "logIndex": 7, "logID": log},
    });
    layer.annotations.insert(BUNDLE.into(), entry.to_string());
    let mut garbled = layer.clone();
    garbled.annotations.insert(BUNDLE.into(), "{".into());
    let mut nameless = layer.clone();
    let entry = entry.to_string().replace(&log, &"<b>!".repeat(16));
    nameless.annotations.insert(BUNDLE.into(), entry);
    let mut stamped = layer.clone();
    stamped.annotations.insert(TIMESTAMP.into(), r#"{"SignedRFC3161Timestamp":"AA=="}"#.into());
    let mut unread = layer.clone();
    unread.annotations.insert(TIMESTAMP.into(), "{".into());
    let referrer = world.legacy(&[layer, garbled, nameless, stamped, unread]);
    let findings = world.run(&trusting(&[("release", &key)]), &referrer);
    let invalid = "invalid malformed_timestamp";
    assert_eq!(told(&findings), ["trusted", "trusted", "trusted", invalid, invalid]);
    let fact = &findings.signatures[0];
    let entry = &fact.transparency[0];
    assert_eq!((entry.log.as_str(), entry.index), (log.as_str(), 7));
    assert_eq!(entry.proof, Some(Proof::Set));
    assert_eq!(entry.integrated_at.unwrap().to_string(), "2023-11-14T22:13:20Z");
    assert!(fact.timestamps.is_empty());
    assert_eq!(findings.signatures[3].timestamps.len(), 1);
    assert!(findings.signatures[1].transparency.is_empty());
    assert!(findings.signatures[2].transparency.is_empty());
}

#[test]
fn manifests_that_cannot_be_read_count_as_one_invalid_signature() {
    let mut world = World::new();
    let both = r#"{"manifests":[],"layers":[]}"#;
    let no_digest = r#"{"layers":[{"mediaType":"x","digest":"sha384:00","size":1}]}"#;
    let index = format!(r#"{{"mediaType":"{}","manifests":[]}}"#, media_type::IMAGE_INDEX);
    for manifest in ["", "null", "[]", "{}", both, no_digest, &index] {
        for kind in [media_type::COSIGN_SIGNATURE, media_type::SIGSTORE_BUNDLE_V03] {
            let referrer = world.referrer(manifest.as_bytes(), Some(kind), FoundBy::ReferrersApi);
            let findings = world.run(&trusting(&[]), &referrer);
            assert_eq!(told(&findings), ["invalid malformed_manifest"], "{manifest}");
        }
    }
}

#[test]
fn a_manifest_that_could_not_be_had_affects_the_list_and_adds_nothing_to_it() {
    let mut world = World::new();
    let referrer = world.legacy(&[]);
    world.store.insert(referrer.descriptor.digest.clone(), Err(UnavailableCode::Refused));
    let findings = world.run(&trusting(&[]), &referrer);
    assert!(findings.signatures.is_empty());
    assert_eq!(findings.unavailable[0].affects, ["signatures"]);
    assert_eq!(findings.unavailable[0].code, UnavailableCode::Refused);
}

#[test]
fn what_is_listed_without_a_type_is_looked_into_and_left_alone_if_it_is_not_ours() {
    let (mut world, key) = (World::new(), Signer::p256());
    let trust = trusting(&[("release", &key)]);
    let layer = world.signed_layer(&key);
    let sbom = world.put("application/spdx+json", b"{}");
    let of = |layer: &_| json!({"mediaType": media_type::IMAGE_MANIFEST, "layers": [layer]});
    for kind in [None, Some(media_type::EMPTY)] {
        let signed = world.referrer(of(&layer).to_string().as_bytes(), kind, FoundBy::ReferrersTag);
        assert_eq!(told(&world.run(&trust, &signed)), ["trusted"]);
        let other = world.referrer(of(&sbom).to_string().as_bytes(), kind, FoundBy::ReferrersTag);
        let findings = world.run(&trust, &other);
        assert!(findings.signatures.is_empty() && findings.unavailable.is_empty());
    }
}

#[test]
fn a_listing_that_lies_about_the_type_hides_no_signature() {
    let (mut world, key) = (World::new(), Signer::p256());
    let layer = world.signed_layer(&key);
    let manifest = json!({"mediaType": media_type::IMAGE_MANIFEST, "layers": [layer]}).to_string();
    let kind = Some(media_type::SIGSTORE_BUNDLE_V03);
    let referrer = world.referrer(manifest.as_bytes(), kind, FoundBy::ReferrersApi);
    assert_eq!(told(&world.run(&trusting(&[("release", &key)]), &referrer)), ["trusted"]);
}

#[test]
fn only_what_can_hold_signatures_is_wanted() {
    use referee_core::Verifier as _;
    let verifier = referee_verify::CosignVerifier::new(&trusting(&[])).unwrap();
    let mut world = World::new();
    let cases = [
        (Some(media_type::COSIGN_SIGNATURE), FoundBy::CosignTag, true),
        (Some(media_type::COSIGN_SIGNATURE), FoundBy::ReferrersApi, true),
        (Some(media_type::SIGSTORE_BUNDLE_V03), FoundBy::ReferrersTag, true),
        (Some("application/vnd.dev.sigstore.bundle+json;version=0.2"), FoundBy::ReferrersApi, true),
        (Some("application/vnd.dev.sigstore.bundle.v9+json"), FoundBy::ReferrersApi, true),
        (None, FoundBy::ReferrersApi, true),
        (None, FoundBy::Index, true),
        (Some(media_type::NOTARY_SIGNATURE), FoundBy::ReferrersApi, false),
        (Some(media_type::DSSE_ENVELOPE), FoundBy::ReferrersApi, true),
        (Some(media_type::COSIGN_ATTESTATION), FoundBy::CosignTag, true),
        (Some("application/vnd.in-toto.spdx+dsse"), FoundBy::ReferrersApi, true),
        // An envelope may be in what nobody calls one.
        (Some(media_type::IN_TOTO), FoundBy::ReferrersApi, true),
        (Some("application/spdx+json"), FoundBy::ReferrersApi, true),
        (Some("application/vnd.example.thing"), FoundBy::ReferrersApi, false),
    ];
    for (kind, found_by, expected) in cases {
        let referrer = world.referrer(b"{}", kind, found_by);
        assert_eq!(verifier.wants(&referrer), expected, "{kind:?} {found_by:?}");
    }
    let mut referrer = world.referrer(b"{}", Some("text/plain"), FoundBy::ReferrersApi);
    referrer.descriptor.media_type = media_type::SIGSTORE_BUNDLE_V03.to_owned();
    assert!(verifier.wants(&referrer));
}
