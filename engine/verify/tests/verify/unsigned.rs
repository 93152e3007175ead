//! What nobody signed.

use crate::support::{Signer, World, statement, trusting};
use referee_core::facts::AttestationFormat;
use referee_core::oci::media_type;
use referee_core::{Descriptor, Digest, Findings, FoundBy, UnavailableCode, Verifier as _};
use referee_verify::InTotoVerifier;
use referee_verify::intoto::PREDICATE_TYPE;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;

const REVIEW: &str = "https://example.com/review/v1";
const SPDX: &str = "https://spdx.dev/Document";

/// A layer as BuildKit writes it.
fn layer(world: &mut World, statement: &str) -> Descriptor {
    let mut layer = world.put(media_type::IN_TOTO, statement.as_bytes());
    layer.annotations.insert(PREDICATE_TYPE.into(), REVIEW.into());
    layer
}

fn codes(findings: &Findings) -> Vec<String> {
    let codes = |errors: &[referee_core::facts::Problem]| {
        errors.iter().map(|error| error.code.clone()).collect::<Vec<_>>().join(",")
    };
    findings.attestations.iter().map(|fact| codes(&fact.errors)).collect()
}

#[test]
fn a_bare_statement_is_read_wherever_it_is_put() {
    let mut world = World::new();
    let said = json!({ "result": "passed" });
    for version in ["v1", "v0.1"] {
        let text = statement(&world.digest(), REVIEW, &said)
            .replace("Statement/v1", &format!("Statement/{version}"));
        for (kind, artifact_type, found_by) in [
            (media_type::IN_TOTO, None, FoundBy::Index),
            (media_type::IN_TOTO, None, FoundBy::ReferrersApi),
            (media_type::IN_TOTO, Some(media_type::IN_TOTO), FoundBy::ReferrersTag),
            (media_type::IN_TOTO, Some(media_type::COSIGN_ATTESTATION), FoundBy::CosignTag),
            ("application/json", Some(media_type::IN_TOTO), FoundBy::ReferrersApi),
            ("application/vnd.in-toto.review+json", None, FoundBy::ReferrersApi),
        ] {
            let layer = world.put(kind, text.as_bytes());
            let referrer = world.manifest(&[layer], artifact_type, found_by);
            let findings = world.read(&referrer);
            let [fact] = &findings.attestations[..] else { panic!("{artifact_type:?}") };
            assert_eq!(fact.format, AttestationFormat::InToto);
            assert_eq!((&fact.predicate, fact.errors.len()), (&said, 0));
            assert_eq!(fact.predicate_type.as_deref(), Some(REVIEW));
            assert_eq!(fact.subject, world.digest());
            assert!(findings.unavailable.is_empty());
            // No signature is found in it, nor claimed.
            let signed = world.run(&trusting(&[("release", &Signer::p256())]), &referrer);
            assert!(signed.signatures.is_empty() && signed.attestations.is_empty());
        }
    }
}

#[test]
fn what_is_wrong_with_a_statement_is_told() {
    let mut world = World::new();
    let good = statement(&world.digest(), REVIEW, &json!({}));
    let other = statement(&Digest::sha256(b"other"), "https://example.com/other", &json!({}));
    let mut layers = vec![
        layer(&mut world, &other),
        layer(&mut world, "{"),
        layer(&mut world, ""),
        layer(&mut world, "[1]"),
        layer(&mut world, &good.replace("Statement/v1", "Statement/v2")),
        layer(&mut world, &good.replace("\"predicateType\"", "\"predicate_type\"")),
        layer(&mut world, &good.replace(r#""subject""#, r#""subject":[],"subject""#)),
        world.put("application/vnd.example.thing", b"?"),
    ];
    let mut lost = layers[0].clone();
    lost.digest = Digest::sha256(b"lost");
    layers.push(lost);
    layers.push(layer(&mut world, &good));
    let referrer = world.manifest(&layers, None, FoundBy::Index);
    let findings = world.read(&referrer);
    assert_eq!(
        codes(&findings),
        [
            "subject_mismatch",
            "malformed_statement",
            "malformed_statement",
            "malformed_statement",
            "statement_type_unsupported",
            "malformed_statement",
            "malformed_statement",
            "layer_type_unsupported",
            "not_found",
            "",
        ]
    );
    // What it says of itself counts before what stands beside it.
    let types: Vec<_> =
        findings.attestations.iter().map(|fact| fact.predicate_type.as_deref()).collect();
    assert_eq!(types[0], Some("https://example.com/other"));
    assert_eq!((types[1], types[7]), (Some(REVIEW), None));
    let named = &findings.attestations[0].errors[0].message;
    assert!(named.contains(Digest::sha256(b"other").hex()), "{named}");
    assert_eq!(findings.unavailable.len(), 1);
    assert_eq!(findings.unavailable[0].affects, ["attestations/8"]);
}

#[test]
fn a_statement_without_a_subject_speaks_of_nothing() {
    let mut world = World::new();
    for subject in [json!([]), json!([{}]), json!([{"digest": {"sha256": "00"}}])] {
        let text = json!({
            "_type": "https://in-toto.io/Statement/v1", "subject": subject,
            "predicateType": REVIEW, "predicate": {},
        });
        let layer = layer(&mut world, &text.to_string());
        let referrer = world.manifest(&[layer], None, FoundBy::Index);
        assert_eq!(codes(&world.read(&referrer)), ["subject_mismatch"], "{subject}");
    }
}

/// The layer's media type, the artifact type, the bytes; the predicate type, and what is said.
type Case<'a> = (&'a str, Option<&'a str>, &'a [u8], &'a str, Option<Value>);

#[test]
fn documents_are_read_as_what_they_are() {
    let mut world = World::new();
    let spdx = json!({ "spdxVersion": "SPDX-2.3" });
    let text = spdx.to_string();
    let cases: [Case<'_>; 9] = [
        ("application/spdx+json", None, text.as_bytes(), SPDX, Some(spdx.clone())),
        (
            "application/vnd.oci.image.layer.v1.tar",
            Some("application/spdx+json"),
            text.as_bytes(),
            SPDX,
            Some(spdx.clone()),
        ),
        (
            "text/spdx",
            Some(media_type::COSIGN_SBOM),
            b"SPDXVersion: SPDX-2.3\n",
            SPDX,
            Some(json!("SPDXVersion: SPDX-2.3\n")),
        ),
        (
            "application/vnd.cyclonedx+json",
            Some(media_type::COSIGN_SBOM),
            br#"{"bomFormat":"CycloneDX"}"#,
            "https://cyclonedx.org/bom",
            Some(json!({ "bomFormat": "CycloneDX" })),
        ),
        (
            "application/vnd.cyclonedx+xml",
            Some("application/vnd.cyclonedx+xml"),
            b"<bom/>",
            "https://cyclonedx.org/bom",
            Some(json!("<bom/>")),
        ),
        (
            "application/vnd.syft+json",
            Some(media_type::COSIGN_SBOM),
            b"{}",
            "https://syft.dev/bom",
            Some(json!({})),
        ),
        // A document is not looked into for cosign's wrappers.
        (
            "text/spdx+json",
            None,
            br#"{"Data":"{}","Timestamp":""}"#,
            SPDX,
            Some(json!({ "Data": "{}", "Timestamp": "" })),
        ),
        ("application/spdx+json", None, b"{", SPDX, None),
        ("text/spdx", None, b"\xff", SPDX, None),
    ];
    for (kind, artifact_type, bytes, predicate_type, said) in cases {
        let layer = world.put(kind, bytes);
        let found_by = match artifact_type {
            Some(media_type::COSIGN_SBOM) => FoundBy::CosignTag,
            _ => FoundBy::ReferrersApi,
        };
        let referrer = world.manifest(&[layer], artifact_type, found_by);
        let findings = world.read(&referrer);
        let [fact] = &findings.attestations[..] else { panic!("{kind}") };
        assert_eq!(fact.format, AttestationFormat::Document);
        assert_eq!(fact.predicate_type.as_deref(), Some(predicate_type), "{kind}");
        let expected = if said.is_some() { "" } else { "malformed_document" };
        assert_eq!(codes(&findings), [expected], "{kind}");
        // What was read as an SBOM stands in a list of its own; what is none stands here as it is.
        let read = fact.content.as_ref().is_some_and(|content| !content.kinds.is_empty());
        let said = said.filter(|_| !read).unwrap_or_default();
        assert_eq!(fact.predicate, said, "{kind}");
        assert_eq!((fact.unwrapped, fact.predicate_omitted), (false, read), "{kind}");
    }
}

#[test]
fn what_is_too_large_is_told_without_being_read_and_leaves_the_facts_complete() {
    let mut world = World::new();
    let text = statement(&world.digest(), REVIEW, &json!("a".repeat(1_000)));
    let layers = [layer(&mut world, &text), world.put("text/spdx", &[b'a'; 2_000])];
    let referrer = world.manifest(&layers, None, FoundBy::Index);
    world.limits.max_payload_bytes = 999;
    let findings = world.read(&referrer);
    assert_eq!(codes(&findings), ["too_large", "too_large"]);
    assert!(findings.attestations.iter().all(|a| a.predicate_omitted && a.predicate.is_null()));
    let types: Vec<_> = findings.attestations.iter().map(|a| a.predicate_type.clone()).collect();
    assert_eq!(types, [Some(REVIEW.to_owned()), Some(SPDX.to_owned())]);
    assert!(findings.unavailable.is_empty());
    assert_eq!(world.asked.borrow().len(), 1, "the manifest alone");
    // Nor does the verifier of signatures fetch what it would not read.
    let signed = world.run(&trusting(&[("release", &Signer::p256())]), &referrer);
    assert!(signed.signatures.is_empty() && signed.unavailable.is_empty());
}

#[test]
fn one_statement_a_thousand_times_does_not_fill_the_memory() {
    let mut world = World::new();
    let text = statement(&world.digest(), REVIEW, &json!("a".repeat(10_000)));
    let layer = layer(&mut world, &text);
    world.limits.max_evidence_bytes = layer.size * 2;
    let referrer = world.manifest(&vec![layer; 1_001], None, FoundBy::Index);
    let findings = world.read(&referrer);
    assert_eq!(findings.attestations.len(), 1_000);
    let read = findings.attestations.iter().filter(|fact| fact.errors.is_empty()).count();
    assert_eq!(read, 2);
    let [more] = &findings.unavailable[..] else { panic!() };
    assert_eq!(
        (more.code, more.affects.as_slice()),
        (UnavailableCode::TooLarge, &["attestations".to_owned()][..])
    );
}

#[test]
fn what_announces_attestations_and_has_none_is_told() {
    let mut world = World::new();
    let index = json!({"mediaType": media_type::IMAGE_INDEX, "manifests": []}).to_string();
    let empty = json!({"mediaType": media_type::IMAGE_MANIFEST, "layers": []}).to_string();
    for (artifact_type, found_by) in [
        (Some(media_type::IN_TOTO), FoundBy::ReferrersApi),
        (Some("application/vnd.in-toto.bundle"), FoundBy::ReferrersApi),
        (Some(media_type::COSIGN_SBOM), FoundBy::CosignTag),
        (Some("application/spdx+json"), FoundBy::ReferrersTag),
        (None, FoundBy::Index),
    ] {
        for bytes in ["{", index.as_str(), empty.as_str()] {
            let referrer = world.referrer(bytes.as_bytes(), artifact_type, found_by);
            assert_eq!(codes(&world.read(&referrer)), ["malformed_manifest"], "{artifact_type:?}");
            // It is told as what it is, and not as a signature.
            let signed = world.run(&trusting(&[("release", &Signer::p256())]), &referrer);
            assert!(signed.signatures.is_empty(), "{artifact_type:?} {bytes}");
        }
    }
    // Something else altogether.
    for bytes in ["{", index.as_str(), empty.as_str()] {
        let referrer = world.referrer(bytes.as_bytes(), None, FoundBy::ReferrersApi);
        assert!(world.read(&referrer).attestations.is_empty());
    }
}

#[test]
fn what_could_not_be_had_is_told() {
    let mut world = World::new();
    let text = statement(&world.digest(), REVIEW, &json!({}));
    let layer = layer(&mut world, &text);
    let referrer = world.manifest(std::slice::from_ref(&layer), None, FoundBy::Index);
    world.store.insert(layer.digest.clone(), Err(UnavailableCode::Timeout));
    let findings = world.read(&referrer);
    assert_eq!(codes(&findings), ["timeout"]);
    assert!(!findings.attestations[0].predicate_omitted);
    assert_eq!(findings.unavailable[0].affects, ["attestations/0"]);
    // It may have been an envelope.
    let signed = world.run(&trusting(&[("release", &Signer::p256())]), &referrer);
    assert_eq!(signed.unavailable[0].affects, ["signatures"]);
    world.store.insert(referrer.descriptor.digest.clone(), Err(UnavailableCode::Refused));
    let findings = world.read(&referrer);
    assert!(findings.attestations.is_empty());
    assert_eq!(findings.unavailable[0].affects, ["attestations"]);
}

#[test]
fn the_examination_ends_when_its_time_is_up() {
    let mut world = World::new();
    let text = statement(&world.digest(), REVIEW, &json!({}));
    let layer = layer(&mut world, &text);
    let referrer = world.manifest(&[layer], None, FoundBy::Index);
    world.cancelled.store(true, Ordering::Relaxed);
    let findings = world.read(&referrer);
    assert!(findings.attestations.is_empty());
    assert_eq!(findings.unavailable[0].code, UnavailableCode::Timeout);
}

#[test]
fn only_what_may_be_unsigned_is_wanted() {
    let mut world = World::new();
    for (kind, found_by, expected) in [
        (Some(media_type::IN_TOTO), FoundBy::ReferrersApi, true),
        (Some("application/spdx+json"), FoundBy::ReferrersApi, true),
        (Some(media_type::COSIGN_SBOM), FoundBy::CosignTag, true),
        (Some(media_type::COSIGN_ATTESTATION), FoundBy::CosignTag, true),
        (None, FoundBy::ReferrersApi, true),
        (None, FoundBy::Index, true),
        (Some("anything"), FoundBy::Index, true),
        (Some(media_type::COSIGN_SIGNATURE), FoundBy::CosignTag, false),
        (Some(media_type::SIGSTORE_BUNDLE_V03), FoundBy::ReferrersApi, false),
        (Some("application/vnd.example.thing"), FoundBy::ReferrersApi, false),
    ] {
        let referrer = world.referrer(b"{}", kind, found_by);
        assert_eq!(InTotoVerifier::default().wants(&referrer), expected, "{kind:?} {found_by:?}");
    }
}
