use super::*;
use bytes::Bytes;
use referee_core::Descriptor;
use referee_core::facts::{AttestationFormat, Problem};
use referee_core::oci::{Document, media_type};
use serde_json::{Value, json};

fn digest(text: &str) -> Digest {
    Digest::sha256(text.as_bytes())
}

/// An index with one platform and what BuildKit says about it.
fn subject() -> Subject {
    let index = json!({
        "schemaVersion": 2,
        "mediaType": media_type::IMAGE_INDEX,
        "manifests": [
            {"mediaType": media_type::IMAGE_MANIFEST, "digest": digest("platform"), "size": 1,
                "platform": {"os": "linux", "architecture": "amd64"}},
            {"mediaType": media_type::IMAGE_MANIFEST, "digest": digest("statements"), "size": 1,
                "platform": {"os": "unknown", "architecture": "unknown"},
                "annotations": {
                    "vnd.docker.reference.type": "attestation-manifest",
                    "vnd.docker.reference.digest": digest("platform"),
                }},
        ],
    })
    .to_string();
    let (document, media_type) =
        Document::parse(index.as_bytes(), media_type::IMAGE_INDEX).unwrap();
    let descriptor = Descriptor {
        media_type,
        digest: Digest::sha256(index.as_bytes()),
        size: index.len() as u64,
        artifact_type: None,
        annotations: BTreeMap::new(),
        platform: None,
    };
    Subject { repository: None, tag: None, descriptor, document, bytes: Bytes::from(index) }
}

/// A statement that nobody signed, in this manifest, about this.
fn statement(referrer: &str, subject: &str) -> AttestationFact {
    AttestationFact {
        id: 0,
        verifier: "in-toto".into(),
        format: AttestationFormat::InToto,
        referrer: digest(referrer),
        subject: digest(subject),
        predicate_type: None,
        signed_by: Vec::new(),
        signed_through: None,
        verified: false,
        predicate: Value::Null,
        predicate_omitted: false,
        unwrapped: false,
        stated_at: None,
        names_subject: true,
        content: None,
        errors: Vec::new(),
    }
}

fn signature(over: &Digest, trusted: bool, purpose: Purpose) -> SignatureFact {
    let fact = json!({
        "id": 7, "verifier": "cosign", "format": "simple-signing", "purpose": purpose,
        "predicate_type": null, "referrer": digest("signature"), "subject": over,
        "status": if trusted { "trusted" } else { "untrusted" }, "valid": true,
        "trusted": trusted, "key": null, "certificate": null, "identity": null, "trusted_by": [],
        "in_scope": null, "scope": null, "claimed_reference": null,
        "checks": {"certificate": "not-needed", "sct": "not-needed", "log": "not-needed",
            "time": "not-needed", "signature": "passed", "binding": "passed"},
        "transparency": [], "timestamps": [], "revocation": null, "signed_at": null, "expires_at": null,
        "annotations": {}, "errors": [],
    });
    serde_json::from_value(fact).unwrap()
}

fn covered(mut statement: AttestationFact, over: &Digest) -> Option<SignedThrough> {
    cover(
        std::slice::from_mut(&mut statement),
        &[signature(over, true, Purpose::Signature)],
        &subject(),
    );
    let by: &[u32] = if statement.signed_through.is_some() { &[7] } else { &[] };
    assert_eq!((statement.verified, &statement.signed_by[..]), (!by.is_empty(), by));
    statement.signed_through
}

#[test]
fn what_buildkit_puts_into_an_index_is_covered_by_a_signature_of_that_index() {
    let index = subject().digest().clone();
    let through = covered(statement("statements", "platform"), &index);
    assert_eq!(through, Some(SignedThrough::Index));
    // Of the platform alone, or of something else, it is not.
    assert_eq!(covered(statement("statements", "platform"), &digest("platform")), None);
    assert_eq!(covered(statement("statements", "platform"), &digest("other")), None);
    // What the index does not list, or lists for another platform, is not covered by it.
    assert_eq!(covered(statement("others", "platform"), &index), None);
    assert_eq!(covered(statement("statements", "another"), &index), None);
}

#[test]
fn a_document_is_covered_by_a_signature_of_its_own_manifest_where_that_says_what_it_is_about() {
    let document = AttestationFact {
        format: AttestationFormat::Document,
        ..statement("document", "platform")
    };
    assert_eq!(covered(document.clone(), &digest("document")), Some(SignedThrough::Referrer));
    let unbound = AttestationFact { names_subject: false, ..document };
    assert_eq!(covered(unbound, &digest("document")), None);
}

#[test]
fn what_is_wrong_or_has_a_place_for_signatures_of_its_own_is_not_covered() {
    let index = subject().digest().clone();
    let problem =
        Problem { code: "malformed_statement".into(), message: String::new(), hint: None };
    let wrong = AttestationFact { errors: vec![problem], ..statement("statements", "platform") };
    assert_eq!(covered(wrong, &index), None);
    let envelope =
        AttestationFact { format: AttestationFormat::Dsse, ..statement("statements", "platform") };
    assert_eq!(covered(envelope, &index), None);
}

#[test]
fn only_trusted_signatures_of_artifacts_cover_anything() {
    let index = subject().digest().clone();
    for signature in [
        signature(&index, false, Purpose::Signature),
        signature(&index, true, Purpose::Attestation),
    ] {
        let mut statement = statement("statements", "platform");
        cover(std::slice::from_mut(&mut statement), &[signature], &subject());
        assert!(!statement.verified && statement.signed_through.is_none());
    }
}
