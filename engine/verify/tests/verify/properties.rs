//! Whatever the bytes: no panic, no silence, no trust without a reason.

use crate::support::{Signer, World, envelope_bundle, payload, statement, told, trusting};
use proptest::prelude::*;
use referee_core::oci::media_type;
use referee_core::{FoundBy, Trust};
use referee_verify::cosign::{CERTIFICATE, SIGN_PREDICATE, SIGNATURE};
use referee_verify::envelope::dsse::Envelope;
use referee_verify::envelope::statement::Statement;
use referee_verify::{CosignVerifier, PublicKey};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// A key that signs nothing here: whatever these tests call trusted is wrong.
static TRUST: LazyLock<Trust> =
    LazyLock::new(|| trusting(&[("a", &Signer::p256()), ("b", &Signer::ed25519())]));

/// Any JSON, with the names that matter among its keys.
fn json() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "mediaType",
        "layers",
        "subject",
        "digest",
        "size",
        "config",
        "artifactType",
        "annotations",
        "manifests",
        "verificationMaterial",
        "publicKey",
        "hint",
        "dsseEnvelope",
        "payload",
        "payloadType",
        "signatures",
        "sig",
        "messageSignature",
        "signature",
        "messageDigest",
        "certificate",
        "tlogEntries",
        "logIndex",
        "logId",
        "keyId",
        "critical",
        "image",
        "type",
        "docker-manifest-digest",
        "optional",
        "identity",
        "_type",
        "predicate",
        "predicateType",
        "timestampVerificationData",
        "rfc3161Timestamps",
        SIGNATURE,
        CERTIFICATE,
        "?",
    ]);
    let texts = prop::sample::select(vec![
        "",
        "AA==",
        "?",
        "sha256:",
        "application/vnd.in-toto+json",
        SIGN_PREDICATE,
        media_type::SIGSTORE_BUNDLE_V03,
        media_type::COSIGN_SIMPLE_SIGNING,
        media_type::IMAGE_MANIFEST,
        "cosign container image signature",
        "https://in-toto.io/Statement/v1",
        "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEifQ==",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        texts.prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..6)
                .prop_map(|members| members.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()),
        ]
    })
}

/// Bytes: any, any JSON, or a good document with a piece replaced.
fn bytes(good: String) -> impl Strategy<Value = Vec<u8>> {
    let length = good.len();
    let spliced = (0..length, 0..=8usize, prop::collection::vec(any::<u8>(), 0..8)).prop_map(
        move |(at, cut, piece)| {
            let mut bytes = good.clone().into_bytes();
            let end = (at + cut).min(bytes.len());
            bytes.splice(at..end, piece);
            bytes
        },
    );
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        json().prop_map(|value| value.to_string().into_bytes()),
        spliced,
    ]
}

fn image() -> referee_core::Digest {
    World::new().digest()
}

fn good_bundle() -> String {
    let text = statement(&image(), SIGN_PREDICATE, &json!({}));
    envelope_bundle(&text, &[&Signer::p256()]).to_string()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_announced_manifest_is_at_least_one_fact(
        manifest in bytes(json!({
            "mediaType": media_type::IMAGE_MANIFEST,
            "layers": [{"mediaType": media_type::COSIGN_SIMPLE_SIGNING, "digest": image(), "size": 3,
                        "annotations": {SIGNATURE: "AA=="}}],
        }).to_string()),
        bundle in any::<bool>(),
    ) {
        let mut world = World::new();
        let kind = if bundle { media_type::SIGSTORE_BUNDLE_V03 } else { media_type::COSIGN_SIGNATURE };
        let referrer = world.referrer(&manifest, Some(kind), FoundBy::ReferrersApi);
        let findings = world.run(&TRUST, &referrer);
        prop_assert!(!findings.signatures.is_empty());
        prop_assert!(findings.signatures.iter().all(|fact| !fact.trusted));
    }

    #[test]
    fn any_unannounced_manifest_ends(manifest in bytes("{\"layers\":[]}".into())) {
        let mut world = World::new();
        let referrer = world.referrer(&manifest, None, FoundBy::ReferrersApi);
        world.run(&TRUST, &referrer);
    }

    #[test]
    fn any_payload_with_any_signature_is_one_fact(
        payload in bytes(payload(&image())),
        signature in ".{0,100}",
    ) {
        let mut world = World::new();
        let mut layer = world.legacy_layer(&payload, b"");
        layer.annotations.insert(SIGNATURE.into(), signature);
        let referrer = world.legacy(&[layer]);
        let findings = world.run(&TRUST, &referrer);
        prop_assert_eq!(findings.signatures.len(), 1);
        prop_assert!(!findings.signatures[0].valid);
    }

    #[test]
    fn any_bundle_is_at_least_one_fact(bundle in bytes(good_bundle())) {
        let mut world = World::new();
        let layer = world.put(media_type::SIGSTORE_BUNDLE_V03, &bundle);
        let manifest = json!({"mediaType": media_type::IMAGE_MANIFEST, "layers": [layer]});
        let referrer = world.referrer(manifest.to_string().as_bytes(), None, FoundBy::ReferrersApi);
        let findings = world.run(&TRUST, &referrer);
        prop_assert!(!findings.signatures.is_empty());
        prop_assert!(findings.signatures.iter().all(|fact| !fact.valid));
    }

    #[test]
    fn a_good_signature_stays_trusted_among_any_others(
        others in prop::collection::vec(bytes(payload(&image())), 0..4),
        at in 0..4usize,
    ) {
        let (mut world, key) = (World::new(), Signer::p256());
        let mut layers: Vec<_> =
            others.iter().map(|payload| world.legacy_layer(payload, b"x")).collect();
        let at = at.min(layers.len());
        let good = world.signed_layer(&key);
        layers.insert(at, good);
        let referrer = world.legacy(&layers);
        let findings = world.run(&trusting(&[("release", &key)]), &referrer);
        prop_assert_eq!(findings.signatures.len(), others.len() + 1);
        prop_assert_eq!(&told(&findings)[at], "trusted");
    }

    #[test]
    fn readers_of_foreign_bytes_never_panic(bytes in bytes(good_bundle())) {
        let _envelope = Envelope::parse(&bytes);
        let _statement = Statement::parse(&bytes);
        let _key = PublicKey::from_spki(&bytes);
        let _pem = PublicKey::from_pem(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn an_altered_key_never_panics(at in 0..91usize, to in any::<u8>()) {
        let pem = Signer::p256().pem;
        let text: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let mut der = data_encoding::BASE64.decode(text.as_bytes()).unwrap();
        prop_assert_eq!(der.len(), 91);
        der[at] = to;
        if let Ok(key) = PublicKey::from_spki(&der) {
            prop_assert!(key.made(b"", b"").is_none());
        }
    }
}

#[test]
fn the_verifier_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + Clone + std::fmt::Debug>() {}
    shared::<CosignVerifier>();
}
