//! Bundles of a private instance, met by one verifier again and again: what it remembers leaves out
//! the mathematics and never a judgement.

use referee_core::facts::SignatureFact;
use referee_core::trust::{TrustDocument, TrustSource};
use referee_core::{Budget, Digest, Limits, Timestamp, Trust};
use referee_testkit::sigstore::{Instance, Rekor, Workflow};
use referee_verify::CosignVerifier;
use referee_verify::cosign::Blob;
use referee_verify::protocol::tlog::Digests;
use serde_json::{Value, json};
use sigstore_trust_root::TrustedRoot;
use sigstore_types::{Bundle, Sha256Hash};
use sigstore_verify::{VerificationPolicy, Verifier};
use std::collections::BTreeMap;
use std::sync::Arc;

const IMAGE: [u8; 32] = [1; 32];
const OTHER_IMAGE: [u8; 32] = [2; 32];
const NOW: &str = "2026-11-01T00:00:00Z";

fn verifier(instance: &Instance, workflow: &Workflow) -> CosignVerifier {
    let document = json!({
        "sigstore": [{"name": "private", "file": "root.json"}],
        "identities": [{
            "name": "release",
            "issuer": workflow.issuer,
            "subject": workflow.subject,
            "scopes": ["**"],
        }],
    });
    let document = TrustDocument::read("trust.json", &document.to_string()).unwrap();
    let files = BTreeMap::from([("root.json".to_owned(), instance.trusted_root())]);
    let source = TrustSource { name: "trust.json".to_owned(), document, files };
    CosignVerifier::new(&Trust::new(&[source]).unwrap()).unwrap()
}

/// The one signature of a bundle that is said to be for an image.
fn judged(verifier: &CosignVerifier, bundle: &[u8], image: [u8; 32], now: &str) -> SignatureFact {
    let (digest, digests) =
        (Digest::from_sha256(&image), Digests { sha256: Some(image), ..Digests::default() });
    let blob = Blob { digest: &digest, digests: &digests, bytes: None, repository: None };
    let budget = Budget::new(&Limits::DEFAULT, Arc::default());
    let now: Timestamp = now.parse().unwrap();
    let mut findings = verifier.verify_blob(&blob, bundle, now, &budget);
    assert_eq!(findings.signatures.len(), 1);
    findings.signatures.remove(0)
}

fn codes(fact: &SignatureFact) -> Vec<&str> {
    fact.errors.iter().map(|error| error.code.as_str()).collect()
}

#[test]
fn what_was_met_is_judged_again() {
    let (mut instance, workflow) = (Instance::new(), Workflow::default());
    let signer = instance.signer(&workflow);
    for rekor in [Rekor::V1, Rekor::V2] {
        let bundle = instance.bundles(&[(&signer, IMAGE)], rekor).remove(0);
        let verifier = verifier(&instance, &workflow);
        for _ in 0..2 {
            let fact = judged(&verifier, &bundle, IMAGE, NOW);
            assert!(fact.trusted, "{rekor:?}: {:?}", fact.errors);
        }
        let of_another = judged(&verifier, &bundle, OTHER_IMAGE, NOW);
        assert_eq!(codes(&of_another), ["subject_mismatch"], "{rekor:?}");
        let too_early = judged(&verifier, &bundle, IMAGE, "2026-05-01T00:00:00Z");
        assert!(!too_early.trusted, "{rekor:?}");

        let mut altered: Value = serde_json::from_slice(&bundle).unwrap();
        altered["dsseEnvelope"]["payload"] = json!("e30=");
        let altered = judged(&verifier, altered.to_string().as_bytes(), IMAGE, NOW);
        assert!(codes(&altered).contains(&"signature_mismatch"), "{rekor:?}: {altered:?}");
        assert!(judged(&verifier, &bundle, IMAGE, NOW).trusted, "{rekor:?}");
    }
}

#[test]
fn the_family_accepts_what_the_private_instance_makes() {
    let (mut instance, workflow) = (Instance::new(), Workflow::default());
    let (one, other) = (instance.signer(&workflow), instance.signer(&workflow));
    let signatures = [(&one, IMAGE), (&one, OTHER_IMAGE), (&other, IMAGE)];
    let root = TrustedRoot::from_json(&instance.trusted_root()).unwrap();
    let oracle = Verifier::new(&root).unwrap();
    let policy = VerificationPolicy::new(workflow.subject.as_str(), workflow.issuer.as_str());
    let ours = verifier(&instance, &workflow);
    for rekor in [Rekor::V1, Rekor::V2] {
        let bundles = instance.bundles(&signatures, rekor);
        for (bundle, (_, image)) in bundles.iter().zip(signatures) {
            let fact = judged(&ours, bundle, image, NOW);
            assert!(fact.trusted, "{rekor:?}: {:?}", fact.errors);
            let bundle = Bundle::from_json(std::str::from_utf8(bundle).unwrap()).unwrap();
            oracle.verify(Sha256Hash::new(image), &bundle, &policy).unwrap();
        }
    }
}
