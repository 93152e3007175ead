//! DSSE envelopes by themselves, as in cosign's `.att` tags.

use crate::support::{Signer, World, statement, told, trusting};
use data_encoding::BASE64;
use rcgen::{
    CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    SanType, SigningKey as _,
};
use referee_core::facts::{AttestationFormat, Format, Purpose};
use referee_core::oci::media_type;
use referee_core::{Digest, FoundBy, UnavailableCode};
use referee_verify::cosign::{CERTIFICATE, SIGN_PREDICATE, SIGNATURE};
use referee_verify::envelope::dsse::Envelope;
use serde_json::{Value, json};

const REVIEW: &str = "https://example.com/review/v1";

type Sign<'a> = &'a dyn Fn(&[u8]) -> Vec<u8>;

/// An envelope with a signature by each of these.
fn envelope(payload: &str, signers: &[Sign<'_>]) -> Value {
    let bare = Envelope {
        payload: payload.as_bytes().to_vec(),
        payload_type: "application/vnd.in-toto+json".into(),
        signatures: Vec::new(),
    };
    let message = bare.pre_authentication_encoding();
    let signatures: Vec<_> = signers
        .iter()
        .map(|sign| json!({"keyid": "", "sig": BASE64.encode(&sign(&message))}))
        .collect();
    json!({
        "payloadType": bare.payload_type,
        "payload": BASE64.encode(&bare.payload),
        "signatures": signatures,
    })
}

pub(crate) fn by(payload: &str, signers: &[&Signer]) -> Value {
    let signs: Vec<_> = signers.iter().map(|signer| |m: &[u8]| signer.sign(m)).collect();
    envelope(payload, &signs.iter().map(|sign| sign as Sign<'_>).collect::<Vec<_>>())
}

/// A certificate as Fulcio issues them, self-made, and its key.
fn certificate() -> (String, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::NoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
    params.subject_alt_names = vec![SanType::Rfc822Name("dev@example.com".try_into().unwrap())];
    // Fulcio `docs/oid-info.md`: the issuer, as an UTF8String.
    let issuer = [&[0x0c, 23][..], b"https://issuer.example/"].concat();
    let oid = [1, 3, 6, 1, 4, 1, 57264, 1, 8];
    params.custom_extensions = vec![CustomExtension::from_oid_content(&oid, issuer)];
    (params.self_signed(&key).unwrap().pem(), key)
}

#[test]
fn each_layer_is_an_attestation_with_its_signatures() {
    let (mut world, key, stranger) = (World::new(), Signer::p256(), Signer::p256());
    let text = |n: u32| statement(&world.digest(), REVIEW, &json!({ "n": n }));
    let envelopes = [by(&text(0), &[&key]), by(&text(1), &[&stranger]), by(&text(2), &[&key])];
    let layers = envelopes.map(|envelope| world.envelope_layer(&envelope, REVIEW));
    let referrer = world.attested(&layers);
    let findings = world.run(&trusting(&[("release", &key)]), &referrer);
    assert_eq!(told(&findings), ["trusted", "untrusted key_unknown", "trusted"]);
    assert!(findings.signatures.iter().all(|fact| {
        fact.purpose == Purpose::Attestation
            && fact.format == Format::Dsse
            && fact.predicate_type.as_deref() == Some(REVIEW)
    }));
    for (position, fact) in (0u32..).zip(&findings.attestations) {
        assert_eq!(fact.signed_by, [position]);
        assert_eq!(fact.verified, position != 1);
        assert_eq!((fact.format, fact.verifier.as_str()), (AttestationFormat::Dsse, "cosign"));
        assert_eq!(fact.predicate["n"], position);
        assert!(fact.errors.is_empty());
    }
    assert_eq!(findings.attestations.len(), 3);
    // Nobody signed anything by itself.
    assert!(world.read(&referrer).attestations.is_empty());
}

#[test]
fn an_envelope_is_found_wherever_it_is_put() {
    let (mut world, key) = (World::new(), Signer::p256());
    let text = by(&statement(&world.digest(), REVIEW, &json!({})), &[&key]).to_string();
    let trust = trusting(&[("release", &key)]);
    for (layer, artifact_type, found_by) in [
        (media_type::DSSE_ENVELOPE, Some(media_type::DSSE_ENVELOPE), FoundBy::ReferrersApi),
        (media_type::DSSE_ENVELOPE, Some(media_type::IN_TOTO), FoundBy::ReferrersTag),
        (media_type::DSSE_ENVELOPE, None, FoundBy::ReferrersApi),
        (media_type::DSSE_ENVELOPE, Some(media_type::COSIGN_SIGNATURE), FoundBy::CosignTag),
        (media_type::DSSE_ENVELOPE, Some("application/spdx+json"), FoundBy::ReferrersApi),
        ("application/vnd.in-toto.spdx+dsse", None, FoundBy::Index),
        (media_type::IN_TOTO, None, FoundBy::Index),
        (media_type::IN_TOTO, Some(media_type::IN_TOTO), FoundBy::ReferrersApi),
        (media_type::IN_TOTO, Some(media_type::COSIGN_ATTESTATION), FoundBy::CosignTag),
    ] {
        let layer = world.put(layer, text.as_bytes());
        let referrer = world.manifest(&[layer], artifact_type, found_by);
        let findings = world.run(&trust, &referrer);
        assert_eq!(told(&findings), ["trusted"], "{artifact_type:?} {found_by:?}");
        assert!(findings.attestations[0].verified);
        // What is signed is never told as unsigned too.
        if artifact_type != Some(media_type::COSIGN_SIGNATURE) {
            let unsigned = world.read(&referrer);
            assert!(unsigned.attestations.is_empty(), "{artifact_type:?} {found_by:?}");
        }
    }
}

#[test]
fn several_signatures_of_one_envelope_stand_each_for_itself() {
    let mut world = World::new();
    let (a, b, stranger) = (Signer::p256(), Signer::ed25519(), Signer::p256());
    let text = statement(&world.digest(), REVIEW, &json!({}));
    let mut envelope = by(&text, &[&stranger, &a, &b, &a]);
    envelope["signatures"][3]["sig"] = json!("*");
    let layer = world.envelope_layer(&envelope, REVIEW);
    let referrer = world.attested(&[layer]);
    let findings = world.run(&trusting(&[("a", &a), ("b", &b)]), &referrer);
    assert_eq!(
        told(&findings),
        ["untrusted key_unknown", "trusted", "trusted", "invalid signature_encoding"]
    );
    let [attestation] = &findings.attestations[..] else { panic!() };
    assert_eq!(attestation.signed_by, [0, 1, 2, 3]);
    assert!(attestation.verified);
    // All of them untrusted: it is said, and by nobody who is known.
    let findings = world.run(&trusting(&[("other", &Signer::p256())]), &referrer);
    assert!(!findings.attestations[0].verified);
    assert!(findings.signatures.iter().all(|fact| !fact.trusted));
}

#[test]
fn beside_a_certificate_a_key_is_a_signer_of_its_own_and_borrows_no_identity() {
    let (mut world, key, stranger) = (World::new(), Signer::p256(), Signer::p256());
    let (pem, certified) = certificate();
    let text = statement(&world.digest(), REVIEW, &json!({}));
    let signs: [Sign<'_>; 3] =
        [&|message| certified.sign(message).unwrap(), &|message| key.sign(message), &|message| {
            stranger.sign(message)
        }];
    let mut layer = world.envelope_layer(&envelope(&text, &signs), REVIEW);
    layer.annotations.insert(CERTIFICATE.into(), pem.clone());
    let referrer = world.attested(&[layer]);
    let findings = world.run(&trusting(&[("release", &key)]), &referrer);
    assert_eq!(
        told(&findings),
        [
            "untrusted log_entry_missing,identity_unknown",
            "trusted",
            "invalid signature_mismatch,log_entry_missing,identity_unknown"
        ]
    );
    let [named, keyed, other] = &findings.signatures[..] else { panic!() };
    assert_eq!(named.identity.as_ref().unwrap().subject, "dev@example.com");
    assert!(named.key.is_none() && other.key.is_none());
    assert_eq!(keyed.trusted_by, ["release"]);
    assert!(keyed.identity.is_none() && keyed.certificate.is_none());
    assert!(keyed.revocation.is_none() && keyed.transparency.is_empty());
    assert_eq!(findings.attestations[0].signed_by, [0, 1, 2]);
    assert!(findings.attestations[0].verified);
    // One alone is by whom its certificate names, whatever keys are known.
    let mut layer = world.envelope_layer(&envelope(&text, &signs[1..2]), REVIEW);
    layer.annotations.insert(CERTIFICATE.into(), pem);
    let referrer = world.attested(&[layer]);
    let findings = world.run(&trusting(&[("release", &key)]), &referrer);
    assert_eq!(told(&findings), ["invalid signature_mismatch,log_entry_missing,identity_unknown"]);
    assert!(!findings.attestations[0].verified);
}

#[test]
fn nothing_that_is_wrong_is_missing_from_the_attestations() {
    let (mut world, key) = (World::new(), Signer::p256());
    let other = statement(&Digest::sha256(b"other"), REVIEW, &json!({ "a": 1 }));
    let v9 = statement(&world.digest(), REVIEW, &json!({})).replace("Statement/v1", "Statement/v9");
    let good = by(&statement(&world.digest(), REVIEW, &json!({})), &[&key]);
    let mut foreign = good.clone();
    foreign["payloadType"] = json!("text/plain");
    let mut unsigned = good.clone();
    unsigned["signatures"] = json!([]);
    let mut garbled = good.clone();
    garbled["payload"] = json!("*");
    let mut layers: Vec<_> =
        [by(&other, &[&key]), by("{", &[&key]), by(&v9, &[&key]), foreign, unsigned, garbled]
            .iter()
            .map(|envelope| world.envelope_layer(envelope, REVIEW))
            .collect();
    layers.push(world.put("text/plain", b"?"));
    let mut lost = layers[0].clone();
    lost.digest = Digest::sha256(b"lost");
    layers.push(lost);
    let mut large = world.envelope_layer(&json!(" ".repeat(5_000)), REVIEW);
    large.size = world.limits.max_payload_bytes + 1;
    layers.push(large);
    let referrer = world.attested(&layers);
    let findings = world.run(&trusting(&[("release", &key)]), &referrer);
    assert_eq!(
        told(&findings),
        [
            "invalid subject_mismatch",
            "invalid malformed_statement",
            "unsupported statement_type_unsupported",
            "invalid signature_mismatch",
            "invalid signature_missing",
            "invalid malformed_envelope",
            "unsupported layer_type_unsupported",
            "unavailable not_found",
            "unavailable too_large",
        ]
        .map(|told| if told == "invalid signature_mismatch" {
            "unsupported payload_type_unsupported,key_unknown"
        } else {
            told
        })
    );
    let codes: Vec<Vec<&str>> = findings
        .attestations
        .iter()
        .map(|fact| fact.errors.iter().map(|error| error.code.as_str()).collect())
        .collect();
    assert_eq!(
        codes,
        [
            vec!["subject_mismatch"],
            vec!["malformed_statement"],
            vec!["statement_type_unsupported"],
            vec!["payload_type_unsupported"],
            vec![],
            vec!["malformed_envelope"],
            vec!["layer_type_unsupported"],
            vec!["not_found"],
            vec!["too_large"],
        ]
    );
    assert!(findings.attestations.iter().all(|fact| !fact.verified));
    // What was read says of which type it is, of the others their annotation does.
    assert_eq!(findings.attestations[0].predicate, json!({ "a": 1 }));
    assert_eq!(findings.attestations[7].predicate_type.as_deref(), Some(REVIEW));
    assert_eq!(findings.attestations[6].predicate_type, None);
    let affected: Vec<_> = findings.unavailable.iter().flat_map(|u| u.affects.clone()).collect();
    assert_eq!(affected, ["signatures/7", "signatures/8"]);
}

#[test]
fn a_manifest_of_attestations_that_cannot_be_read_counts_as_one() {
    let mut world = World::new();
    let index = json!({"mediaType": media_type::IMAGE_INDEX, "manifests": []}).to_string();
    let trust = trusting(&[("release", &Signer::p256())]);
    for bytes in ["{", "[]", index.as_str()] {
        let kind = Some(media_type::COSIGN_ATTESTATION);
        let referrer = world.referrer(bytes.as_bytes(), kind, FoundBy::CosignTag);
        let findings = world.run(&trust, &referrer);
        assert_eq!(told(&findings), ["invalid malformed_manifest"], "{bytes}");
        assert_eq!(findings.attestations[0].errors[0].code, "malformed_manifest");
        assert!(world.read(&referrer).attestations.is_empty(), "told once");
    }
    let empty = world.attested(&[]);
    assert_eq!(told(&world.run(&trust, &empty)), ["invalid malformed_manifest"]);
}

#[test]
fn what_a_manifest_refers_to_must_be_what_it_was_found_for() {
    let (mut world, key) = (World::new(), Signer::p256());
    let layer =
        world.envelope_layer(&by(&statement(&world.digest(), REVIEW, &json!({})), &[&key]), REVIEW);
    let mut other = world.subject.descriptor.clone();
    other.digest = Digest::sha256(b"other");
    let manifest = json!({
        "mediaType": media_type::IMAGE_MANIFEST, "layers": [layer], "subject": other,
    });
    let kind = Some(media_type::DSSE_ENVELOPE);
    let bytes = manifest.to_string();
    let referrer = world.referrer(bytes.as_bytes(), kind, FoundBy::ReferrersApi);
    let findings = world.run(&trusting(&[("release", &key)]), &referrer);
    assert_eq!(told(&findings), ["invalid referrer_subject_mismatch"]);
    assert_eq!(findings.attestations[0].errors[0].code, "referrer_subject_mismatch");
}

#[test]
fn one_bundle_a_thousand_times_does_not_fill_the_memory() {
    let (mut world, key) = (World::new(), Signer::p256());
    let text = statement(&world.digest(), REVIEW, &json!("a".repeat(10_000)));
    let layer = world.envelope_layer(&by(&text, &[&key]), REVIEW);
    world.limits.max_evidence_bytes = layer.size * 3;
    let referrer = world.attested(&vec![layer; 1_000]);
    let findings = world.run(&trusting(&[("release", &key)]), &referrer);
    let read = findings.attestations.iter().filter(|fact| fact.verified).count();
    assert_eq!((read, findings.attestations.len()), (3, 1_000));
    assert_eq!(findings.unavailable[0].code, UnavailableCode::TooLarge);
    assert_eq!(findings.unavailable[0].affects.len(), 997);
}

#[test]
fn cosigns_own_statement_in_an_envelope_is_a_signature() {
    let (mut world, key) = (World::new(), Signer::p256());
    let text = statement(&world.digest(), SIGN_PREDICATE, &json!({}));
    let mut layer = world.envelope_layer(&by(&text, &[&key]), SIGN_PREDICATE);
    // An annotation beside it is nobody's signature.
    layer.annotations.insert(SIGNATURE.into(), "AAAA".into());
    let referrer = world.attested(&[layer]);
    let findings = world.run(&trusting(&[("release", &key)]), &referrer);
    assert_eq!(told(&findings), ["trusted"]);
    assert_eq!(findings.signatures[0].purpose, Purpose::Signature);
    assert!(findings.attestations.is_empty());
}

#[test]
fn an_envelope_with_any_character_changed_verifies_nothing_else() {
    let (mut world, key) = (World::new(), Signer::p256());
    let text = statement(&world.digest(), REVIEW, &json!({ "result": "passed" }));
    let good = by(&text, &[&key]).to_string();
    let trust = trusting(&[("release", &key)]);
    let layers: Vec<_> = (0..good.len())
        .map(|at| {
            let mut altered = good.clone().into_bytes();
            altered[at] ^= 1;
            world.put(media_type::DSSE_ENVELOPE, &altered)
        })
        .collect();
    let referrer = world.attested(&layers);
    let findings = world.run(&trust, &referrer);
    assert_eq!(findings.attestations.len(), good.len());
    for fact in findings.attestations.iter().filter(|fact| fact.verified) {
        // Only what is outside of what is signed, such as a key id, may change.
        assert_eq!(fact.predicate, json!({ "result": "passed" }));
        assert_eq!(fact.predicate_type.as_deref(), Some(REVIEW));
    }
}
