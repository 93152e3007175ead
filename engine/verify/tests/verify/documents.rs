//! Documents, in everything that carries them.

use crate::attested::by;
use crate::support::{Signer, World, statement, trusting};
use data_encoding::BASE64;
use referee_core::facts::{AttestationFormat, ContentKind};
use referee_core::oci::media_type;
use referee_core::{Findings, FoundBy};
use referee_verify::intoto::PREDICATE_TYPE;
use serde_json::{Value, json};

const SPDX: &str = "https://spdx.dev/Document";
const CYCLONEDX: &str = "https://cyclonedx.org/bom";

fn spdx() -> Value {
    json!({
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
        "name": "app", "documentNamespace": "https://example.com/app",
        "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": ["Tool: maker-1"]},
        "packages": [{"SPDXID": "SPDXRef-a", "name": "a", "versionInfo": "1",
            "downloadLocation": "NOASSERTION", "licenseDeclared": "MIT"}],
    })
}

fn cyclonedx() -> Value {
    json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6",
        "components": [{"type": "library", "name": "a", "version": "1",
            "licenses": [{"license": {"id": "MIT"}}]}],
    })
}

const XML: &str = r#"<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.6">
    <components><component type="library"><name>a</name><version>1</version>
    <licenses><license><id>MIT</id></license></licenses></component></components></bom>"#;

const TAGS: &str = "SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\nSPDXID: SPDXRef-DOCUMENT\n\
    DocumentName: app\nDocumentNamespace: https://example.com/app\nCreator: Tool: maker-1\n\
    Created: 2026-01-01T00:00:00Z\n\nPackageName: a\nSPDXID: SPDXRef-a\nPackageVersion: 1\n\
    PackageDownloadLocation: NOASSERTION\nPackageLicenseDeclared: MIT\n";

/// That the one attestation is an SBOM of the package `a` under the MIT licence.
#[expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what several tests assert"
)]
fn is_sbom(findings: &Findings, format: AttestationFormat, name: &str) {
    let [fact] = &findings.attestations[..] else { panic!("{name}: {findings:?}") };
    assert_eq!((fact.format, fact.errors.len()), (format, 0), "{name}: {fact:?}");
    let content = fact.content.as_ref().unwrap_or_else(|| panic!("{name}: {fact:?}"));
    assert_eq!(content.kinds, [ContentKind::Sbom], "{name}: {content:?}");
    assert!(fact.predicate.is_null() && fact.predicate_omitted, "{name}: it stands in its list");
    let [(0, contents)] = &findings.contents[..] else { panic!("{name}: {findings:?}") };
    let sbom = contents.sbom.as_ref().unwrap();
    assert_eq!(sbom.package_count, 1, "{name}");
    assert_eq!(
        (sbom.packages[0].name.as_str(), sbom.packages[0].version.as_deref()),
        ("a", Some("1"))
    );
    assert_eq!(sbom.licenses["MIT"].declared, 1, "{name}");
    assert!(contents.facts_bytes > 100);
}

#[test]
fn a_document_is_read_wherever_it_is_put_unsigned() {
    let mut world = World::new();
    let (json, bom) = (spdx().to_string(), cyclonedx().to_string());
    for (kind, artifact_type, found_by, text) in [
        ("application/spdx+json", None, FoundBy::ReferrersApi, json.as_str()),
        ("text/spdx", None, FoundBy::ReferrersApi, TAGS),
        ("application/vnd.cyclonedx+json", None, FoundBy::ReferrersTag, &bom),
        ("application/vnd.cyclonedx+xml", None, FoundBy::ReferrersApi, XML),
        (
            "application/octet-stream",
            Some("application/vnd.cyclonedx+xml"),
            FoundBy::ReferrersApi,
            XML,
        ),
        // cosign's tag `.sbom`.
        ("text/spdx", Some(media_type::COSIGN_SBOM), FoundBy::CosignTag, TAGS),
        ("text/spdx+json", Some(media_type::COSIGN_SBOM), FoundBy::CosignTag, &json),
        // What is in it counts, not what its media type says.
        ("application/spdx+json", None, FoundBy::ReferrersApi, &bom),
    ] {
        let layer = world.put(kind, text.as_bytes());
        let referrer = world.manifest(&[layer], artifact_type, found_by);
        is_sbom(&world.read(&referrer), AttestationFormat::Document, kind);
    }
}

#[test]
fn a_document_is_read_in_statements_that_nobody_signed() {
    let mut world = World::new();
    for (predicate_type, said) in [(SPDX, spdx()), (CYCLONEDX, cyclonedx())] {
        let text = statement(&world.digest(), predicate_type, &said);
        let mut layer = world.put(media_type::IN_TOTO, text.as_bytes());
        layer.annotations.insert(PREDICATE_TYPE.into(), predicate_type.into());
        let referrer = world.manifest(&[layer], None, FoundBy::Index);
        let findings = world.read(&referrer);
        is_sbom(&findings, AttestationFormat::InToto, predicate_type);
        assert!(findings.attestations[0].names_subject);
    }
}

#[test]
fn a_document_is_read_in_signed_statements_and_out_of_cosigns_wrappers() {
    let mut world = World::new();
    let release = Signer::p256();
    let trust = trusting(&[("release", &release)]);
    let wrapped = |data: Value| json!({ "Data": data, "Timestamp": "2026-01-01T00:00:00Z" });
    for (predicate_type, said) in [
        (SPDX, spdx()),
        ("https://spdx.dev/Document/v2.3", spdx()),
        (SPDX, json!(spdx().to_string())),
        (SPDX, wrapped(spdx())),
        (SPDX, wrapped(json!(TAGS))),
        (CYCLONEDX, cyclonedx()),
        ("https://cyclonedx.org/bom/v1.6", cyclonedx()),
        (CYCLONEDX, wrapped(json!(cyclonedx().to_string()))),
        ("https://cosign.sigstore.dev/attestation/v1", wrapped(json!(cyclonedx().to_string()))),
        ("https://cosign.sigstore.dev/attestation/v1", wrapped(json!(XML))),
    ] {
        let text = statement(&world.digest(), predicate_type, &said);
        let envelope = by(&text, &[&release]);
        let layer = world.envelope_layer(&envelope, predicate_type);
        let referrer = world.attested(&[layer]);
        let findings = world.run(&trust, &referrer);
        is_sbom(&findings, AttestationFormat::Dsse, predicate_type);
        assert!(findings.attestations[0].verified && findings.attestations[0].names_subject);
    }
}

#[test]
fn other_documents_are_read_by_their_types() {
    let mut world = World::new();
    let sarif = json!({"version": "2.1.0", "runs": [{
        "tool": {"driver": {"name": "scanner", "rules": []}}, "results": [],
    }]});
    let vex = json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.com/vex",
        "author": "me", "timestamp": "2026-01-01T00:00:00Z", "version": 1, "statements": [],
    });
    let provenance = json!({"buildDefinition": {"buildType": "https://example.com/b",
        "externalParameters": {}}, "runDetails": {"builder": {"id": "https://example.com/me"}}});
    let summary = json!({"verifier": {"id": "https://example.com/v"}, "verificationResult": "PASSED",
        "timeVerified": "2026-01-01T00:00:00Z", "resourceUri": "x", "policy": {"uri": "y"},
        "verifiedLevels": ["SLSA_BUILD_LEVEL_2"]});
    for (predicate_type, said, kind) in [
        ("https://openvex.dev/ns/v0.2.0", &vex, ContentKind::Vex),
        ("https://slsa.dev/provenance/v1", &provenance, ContentKind::Provenance),
        ("https://slsa.dev/verification_summary/v1", &summary, ContentKind::VerificationSummary),
    ] {
        let text = statement(&world.digest(), predicate_type, said);
        let layer = world.put(media_type::IN_TOTO, text.as_bytes());
        let referrer = world.manifest(&[layer], None, FoundBy::Index);
        let findings = world.read(&referrer);
        let fact = &findings.attestations[0];
        assert_eq!(fact.content.as_ref().unwrap().kinds, [kind], "{fact:?}");
        // Policies want parts of these that have no place in the lists.
        assert_eq!(fact.predicate.is_null(), kind == ContentKind::Vex, "{fact:?}");
    }
    for (media_type, document, kind) in [
        ("application/sarif+json", &sarif, ContentKind::VulnerabilityReport),
        ("application/vnd.openvex+json", &vex, ContentKind::Vex),
    ] {
        let layer = world.put(media_type, document.to_string().as_bytes());
        let referrer = world.manifest(&[layer], Some(media_type), FoundBy::ReferrersApi);
        let findings = world.read(&referrer);
        let fact = &findings.attestations[0];
        assert_eq!(fact.content.as_ref().unwrap().kinds, [kind], "{fact:?}");
    }
}

#[test]
fn what_cannot_be_read_says_why_and_keeps_its_predicate() {
    let mut world = World::new();
    for (said, code) in [
        (json!({"spdxVersion": "SPDX-9.9"}), "document_version_unsupported"),
        (json!({"spdxVersion": "SPDX-2.3", "packages": 1}), "document_malformed"),
        (json!({"approved": true}), "document_format_unknown"),
    ] {
        let text = statement(&world.digest(), SPDX, &said);
        let layer = world.put(media_type::IN_TOTO, text.as_bytes());
        let referrer = world.manifest(&[layer], None, FoundBy::Index);
        let findings = world.read(&referrer);
        let fact = &findings.attestations[0];
        let content = fact.content.as_ref().unwrap();
        assert!(content.kinds.is_empty() && findings.contents.is_empty());
        assert_eq!(content.error.as_ref().unwrap().code, code, "{content:?}");
        assert_eq!((&fact.predicate, fact.predicate_omitted), (&said, false));
        assert!(fact.errors.is_empty(), "nothing is wrong with the statement");
    }
}

#[test]
fn a_predicate_of_another_type_is_left_alone_whatever_it_looks_like() {
    let mut world = World::new();
    for predicate_type in ["https://example.com/review/v1", "https://spdx.dev/Documents"] {
        let text = statement(&world.digest(), predicate_type, &spdx());
        let layer = world.put(media_type::IN_TOTO, text.as_bytes());
        let referrer = world.manifest(&[layer], None, FoundBy::Index);
        let findings = world.read(&referrer);
        assert!(findings.attestations[0].content.is_none() && findings.contents.is_empty());
        assert_eq!(findings.attestations[0].predicate, spdx());
    }
}

#[test]
fn a_document_names_its_subject_where_its_manifest_does() {
    let mut world = World::new();
    let layer = world.put("application/spdx+json", spdx().to_string().as_bytes());
    for (subject, named) in [(true, true), (false, false)] {
        let mut manifest = json!({
            "schemaVersion": 2, "mediaType": media_type::IMAGE_MANIFEST,
            "artifactType": "application/spdx+json",
            "config": {"mediaType": media_type::EMPTY, "size": 2,
                "digest": referee_core::Digest::sha256(b"{}")},
            "layers": [layer],
        });
        if subject {
            manifest["subject"] = serde_json::to_value(&world.subject.descriptor).unwrap();
        }
        let text = manifest.to_string();
        let kind = Some("application/spdx+json");
        let referrer = world.referrer(text.as_bytes(), kind, FoundBy::ReferrersApi);
        let findings = world.read(&referrer);
        assert_eq!(findings.attestations[0].names_subject, named);
    }
}

#[test]
fn a_document_of_a_hundred_thousand_packages_is_read_and_the_next_one_is_told() {
    let mut world = World::new();
    let packages: Vec<Value> = (0..100_001)
        .map(|at| json!({"type": "library", "name": format!("p{at}"), "version": "1"}))
        .collect();
    let bom = json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": packages});
    let text = statement(&world.digest(), CYCLONEDX, &bom);
    assert!(BASE64.encode_len(text.len()) > 4 << 20);
    let layer = world.put(media_type::IN_TOTO, text.as_bytes());
    let referrer = world.manifest(&[layer], None, FoundBy::Index);
    let findings = world.read(&referrer);
    let sbom = findings.contents[0].1.sbom.as_ref().unwrap();
    assert_eq!((sbom.packages.len(), sbom.package_count, sbom.truncated), (100_000, 100_001, true));
    assert!(sbom.problems.iter().any(|problem| problem.code == "document_truncated"));
}
