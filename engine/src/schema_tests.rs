use super::*;
use bytes::Bytes;
use referee_core::oci::media_type;
use referee_core::{Digest, FoundBy, Limits, Subject};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

const CHART: &str = "application/vnd.cncf.helm.config.v1+json";
const SCHEMA: &str = r#"{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
    "required": ["name", "version"], "properties": {"name": {"type": "string"}}}"#;

fn blob_of(text: &str) -> (Descriptor, Bytes) {
    let bytes = Bytes::copy_from_slice(text.as_bytes());
    let descriptor = Descriptor {
        media_type: CHART.to_owned(),
        digest: Digest::sha256(&bytes),
        size: bytes.len() as u64,
        artifact_type: None,
        annotations: BTreeMap::new(),
        platform: None,
    };
    (descriptor, bytes)
}

/// What comes of an artifact with this configuration.
fn findings(config: &str) -> Findings {
    let verifier = SchemaVerifier::new([(CHART, SCHEMA)]).unwrap();
    let (file, bytes) = blob_of(config);
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": media_type::IMAGE_MANIFEST,
        "config": {"mediaType": format!("{CHART}; charset=utf-8"), "digest": file.digest,
            "size": file.size},
        "layers": [],
    })
    .to_string();
    let own = Bytes::from(manifest);
    let (document, media_type) = Document::parse(&own, media_type::IMAGE_MANIFEST).unwrap();
    let descriptor = Descriptor { media_type, digest: Digest::sha256(&own), ..file.clone() };
    let referrer = Referrer {
        subject: descriptor.digest.clone(),
        descriptor: descriptor.clone(),
        depth: 0,
        found_by: FoundBy::Index,
    };
    let subject = Subject { repository: None, tag: None, descriptor, document, bytes: own.clone() };
    let job = Job { subject: &subject, referrer: &referrer };
    let budget = Budget::new(&Limits::DEFAULT, Arc::new(AtomicBool::new(false)));
    let mut evidence = Evidence::default();
    loop {
        match verifier.verify(&job, &evidence, Timestamp::UNIX_EPOCH, &budget) {
            Step::Done(findings) => return findings,
            Step::More(requests) => {
                for request in requests {
                    let bytes = match request {
                        EvidenceRequest::Manifest { .. } => own.clone(),
                        _ => bytes.clone(),
                    };
                    evidence.insert(request, Outcome::Bytes(bytes));
                }
            }
        }
    }
}

#[test]
fn a_file_is_held_against_the_schema_of_its_media_type() {
    for (config, valid, field, message) in [
        (r#"{"name": "app", "version": "1"}"#, true, "", ""),
        (r#"{"name": "app"}"#, false, "(Root)", "version is required"),
        (r#"{"name": 1, "version": "1"}"#, false, "name", "Invalid type"),
        ("{", false, "(Root)", "not JSON that a policy can read"),
        ("\u{feff}x", false, "(Root)", "not JSON"),
    ] {
        let findings = findings(config);
        let [check] = &findings.schema_checks[..] else { panic!("{findings:?}") };
        assert_eq!(check.valid, Some(valid), "{config}: {check:?}");
        if !valid {
            assert_eq!(check.errors[0].field, field, "{config}");
            assert!(check.errors[0].message.contains(message), "{config}: {check:?}");
        }
    }
}

#[test]
fn what_is_no_schema_is_refused_before_anything_is_examined() {
    let code = |schema: &str| SchemaVerifier::new([(CHART, schema)]).unwrap_err().code();
    assert_eq!(code("{"), "schema_not_json");
    assert_eq!(code(r#"{"type": "nothing"}"#), "schema_unusable");
    assert_eq!(code("1"), "schema_unusable");
    assert_eq!(code(r#"{"$ref": "https://example.com/x"}"#), "schema_unusable");
}
