//! One byte changed, anywhere: what was trusted is trusted no more.

use crate::support::{Signer, World, envelope_bundle, payload, statement, told, trusting};
use data_encoding::BASE64;
use referee_core::FoundBy;
use referee_core::oci::media_type;
use referee_verify::cosign::{SIGN_PREDICATE, SIGNATURE};
use serde_json::json;

fn signers() -> [Signer; 4] {
    [Signer::p256(), Signer::p384(), Signer::ed25519(), Signer::ed25519ph()]
}

#[test]
fn a_signature_with_any_bit_changed_is_not_trusted() {
    for key in signers() {
        let mut world = World::new();
        let text = payload(&world.digest());
        let signature = key.sign(text.as_bytes());
        let layers: Vec<_> = (0..signature.len() * 8)
            .map(|bit| {
                let mut altered = signature.clone();
                altered[bit / 8] ^= 1 << (bit % 8);
                world.legacy_layer(text.as_bytes(), &altered)
            })
            .collect();
        let referrer = world.legacy(&layers);
        let findings = world.run(&trusting(&[("release", &key)]), &referrer);
        assert!(told(&findings).iter().all(|told| told == "untrusted key_unknown"));
        assert_eq!(findings.signatures.len(), layers.len());
    }
}

#[test]
fn a_payload_with_any_byte_changed_is_not_trusted() {
    let (mut world, key) = (World::new(), Signer::p256());
    let text = payload(&world.digest());
    let signature = key.sign(text.as_bytes());
    let layers: Vec<_> = (0..text.len())
        .map(|at| {
            let mut altered = text.clone().into_bytes();
            altered[at] ^= 1;
            world.legacy_layer(&altered, &signature)
        })
        .collect();
    let referrer = world.legacy(&layers);
    let findings = world.run(&trusting(&[("release", &key)]), &referrer);
    assert_eq!(findings.signatures.len(), text.len());
    for fact in &findings.signatures {
        assert!(!fact.trusted && !fact.valid && fact.key.is_none());
        assert!(fact.errors.iter().any(|error| error.code == "key_unknown"));
    }
}

#[test]
fn a_signature_annotation_has_one_text() {
    let (mut world, key) = (World::new(), Signer::ed25519());
    let layer = world.signed_layer(&key);
    let text = layer.annotations[SIGNATURE].clone();
    assert!(text.ends_with("=="));
    // The last character before the padding carries four bits that mean nothing.
    let head = text.trim_end_matches('=');
    let mut same_bytes: Vec<char> = head.chars().collect();
    let last = same_bytes.last_mut().unwrap();
    *last = char::from(u8::try_from(*last).unwrap() + 1);
    let same_bytes: String = same_bytes.into_iter().chain("==".chars()).collect();
    let cases = [
        (String::new(), "signature_missing"),
        (same_bytes, "signature_encoding"),
        (text.trim_end_matches('=').to_owned(), "signature_encoding"),
        (format!("{text}\n"), "signature_encoding"),
        (format!(" {text}"), "signature_encoding"),
        (format!("{text}{text}"), "signature_encoding"),
        (text.replace('=', "%3D"), "signature_encoding"),
    ];
    for (text, code) in cases {
        let mut altered = layer.clone();
        altered.annotations.insert(SIGNATURE.into(), text.clone());
        let referrer = world.legacy(&[altered]);
        let findings = world.run(&trusting(&[("release", &key)]), &referrer);
        assert_eq!(told(&findings), [format!("invalid {code}")], "{text:?}");
    }
}

#[test]
fn a_truncated_or_extended_signature_is_not_trusted() {
    for key in signers() {
        let mut world = World::new();
        let text = payload(&world.digest());
        let good = key.sign(text.as_bytes());
        let longer = [&good[..], &[0]].concat();
        let twice = [&good[..], &good[..]].concat();
        let mut layers: Vec<_> =
            (1..good.len()).map(|end| world.legacy_layer(text.as_bytes(), &good[..end])).collect();
        layers.push(world.legacy_layer(text.as_bytes(), &longer));
        layers.push(world.legacy_layer(text.as_bytes(), &twice));
        let referrer = world.legacy(&layers);
        let findings = world.run(&trusting(&[("release", &key)]), &referrer);
        assert!(told(&findings).iter().all(|told| told == "untrusted key_unknown"));
    }
}

#[test]
fn a_bundle_with_any_character_of_what_is_signed_changed_is_not_trusted() {
    let (mut world, key) = (World::new(), Signer::p256());
    let text = statement(&world.digest(), SIGN_PREDICATE, &json!({}));
    let good = envelope_bundle(&text, &[&key]);
    let encoded = good["dsseEnvelope"]["payload"].as_str().unwrap().to_owned();
    let mut bundles = Vec::new();
    for at in 0..text.len() {
        let mut altered = text.clone().into_bytes();
        altered[at] ^= 1;
        bundles.push(good.to_string().replace(&encoded, &BASE64.encode(&altered)));
    }
    for kind in ["application/vnd.in-toto+jsom", "Application/vnd.in-toto+json"] {
        bundles.push(good.to_string().replace("application/vnd.in-toto+json", kind));
    }
    let referrer = world.bundles(&bundles);
    let findings = world.run(&trusting(&[("release", &key)]), &referrer);
    assert_eq!(findings.signatures.len(), bundles.len());
    for (told, fact) in told(&findings).iter().zip(&findings.signatures) {
        assert!(told.starts_with("invalid"), "{told}");
        assert!(!fact.valid && fact.key.is_none());
        assert!(fact.errors.iter().any(|error| error.code == "signature_mismatch"), "{told}");
    }
}

#[test]
fn a_manifest_with_any_byte_changed_trusts_no_more_than_it_did() {
    let (mut world, key) = (World::new(), Signer::p256());
    let layer = world.signed_layer(&key);
    let manifest = json!({
        "mediaType": media_type::IMAGE_MANIFEST,
        "artifactType": media_type::COSIGN_SIGNATURE,
        "layers": [layer],
        "subject": world.subject.descriptor,
    })
    .to_string();
    let trust = trusting(&[("release", &key)]);
    for at in 0..manifest.len() {
        let mut altered = manifest.clone().into_bytes();
        altered[at] ^= 1;
        let kind = Some(media_type::COSIGN_SIGNATURE);
        let referrer = world.referrer(&altered, kind, FoundBy::ReferrersApi);
        // The referrer's digest is not signed, so some changes are of no consequence; none may
        // end in silence.
        let findings = world.run(&trust, &referrer);
        assert_eq!(findings.signatures.len(), 1, "{}", String::from_utf8_lossy(&altered));
    }
}
