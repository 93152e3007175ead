//! What cosign 2 really attested and attached: `tests/data/attest`, which its `make.sh` makes.

use crate::support::{World, told, trust};
use bytes::Bytes;
use referee_core::facts::AttestationFormat;
use referee_core::oci::media_type;
use referee_core::{Digest, FoundBy, Referrer};
use serde_json::{Value, json};
use std::path::PathBuf;

fn read(path: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/attest");
    std::fs::read(folder.join(path)).unwrap()
}

fn digest(name: &str) -> Digest {
    let refs: Value = serde_json::from_slice(&read("refs.json")).unwrap();
    refs[name].as_str().unwrap().parse().unwrap()
}

fn world() -> World {
    let blob = read(&format!("blobs/{}", digest("subject").hex()));
    let mut world = World::around(Bytes::from(blob), "");
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/attest/blobs");
    for entry in std::fs::read_dir(folder).unwrap() {
        world.put("", &std::fs::read(entry.unwrap().path()).unwrap());
    }
    world
}

fn tagged(world: &mut World, name: &str, artifact_type: &str) -> Referrer {
    let manifest = read(&format!("blobs/{}", digest(name).hex()));
    world.referrer(&manifest, Some(artifact_type), FoundBy::CosignTag)
}

#[test]
fn each_kind_that_cosign_attests_is_said_as_it_was_meant() {
    let mut world = world();
    let pem = String::from_utf8(read("attester.pub")).unwrap();
    let trust = trust(json!({"keys": [{"name": "attester", "pem": pem, "scopes": ["**"]}]}));
    let referrer = tagged(&mut world, "att", media_type::COSIGN_ATTESTATION);
    let findings = world.run(&trust, &referrer);
    assert_eq!(told(&findings), ["trusted"; 5]);
    let spdx = json!({ "spdxVersion": "SPDX-2.3", "name": "app" });
    let (document, bom) = ("https://spdx.dev/Document", "https://cyclonedx.org/bom");
    let expected = [
        (document, json!("SPDXVersion: SPDX-2.3\nDocumentName: app\n"), false),
        (document, spdx.clone(), true),
        (document, spdx, false),
        (bom, json!({ "bomFormat": "CycloneDX", "specVersion": "1.6" }), false),
        ("https://cosign.sigstore.dev/attestation/v1", json!("all is well\n"), true),
    ];
    assert_eq!(findings.attestations.len(), expected.len());
    for (fact, (kind, said, unwrapped)) in findings.attestations.iter().zip(expected) {
        assert_eq!(fact.predicate_type.as_deref(), Some(kind));
        // What was read as an SBOM stands in a list of its own.
        let read = fact.content.as_ref().is_some_and(|content| !content.kinds.is_empty());
        assert_eq!(read, kind != "https://cosign.sigstore.dev/attestation/v1", "{fact:?}");
        let said = if read { Value::Null } else { said };
        assert_eq!((&fact.predicate, fact.unwrapped), (&said, unwrapped));
        assert!(fact.verified && fact.errors.is_empty());
    }
    assert!(findings.attestations[4].stated_at.is_some());
    assert!(world.read(&referrer).attestations.is_empty());
}

#[test]
fn what_cosign_attaches_as_a_bill_of_materials_is_a_document_that_nobody_signed() {
    let mut world = world();
    let referrer = tagged(&mut world, "sbom", media_type::COSIGN_SBOM);
    let findings = world.read(&referrer);
    let [fact] = &findings.attestations[..] else { panic!() };
    assert_eq!(fact.format, AttestationFormat::Document);
    let content = fact.content.as_ref().unwrap();
    assert_eq!(content.kinds, [referee_core::facts::ContentKind::Sbom], "{content:?}");
    assert!(fact.predicate.is_null() && fact.predicate_omitted && !fact.names_subject);
    assert!(fact.errors.is_empty() && findings.unavailable.is_empty());
}
