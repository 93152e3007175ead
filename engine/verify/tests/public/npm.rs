//! What npm keeps beside a package: its own publish attestation, signed with a key that the
//! registry lists, and the provenance that the workflow signed. Both name the tarball by SHA-512.

use crate::places::Place;
use crate::support::{Artifact, Family, Instance, Trusting, expect};
use serde_json::{Value, json};

/// `sigstore` 1.3.0 and 2.0.0.
const OLD: Artifact = Artifact::Digest(
    "sha512:76176ffa33808b54602c7c35de5c6e9a4deb96066dba6533f50ac234f4f1f4c6b3527515dc17c06fbe2860030f410eee69ea20079bd3a2c6f3dcf3b329b10751",
);
const NEW: Artifact = Artifact::Digest(
    "sha512:46d4e2f74c4877316640000a6fdf8a8b59f1e0847667973e9859f774dd31b8f1e0937813b777fb66a2ac67d50540fe34640966eee9fc2ccca387082b4c85cd3c",
);
const RELEASE: &str = "sigstore/sigstore-js/.github/workflows/release.yml@refs/heads/main";

#[test]
fn provenance_of_2023_tells_the_workflow_and_all_its_claims() {
    let name = "bundles/sigstore.js@2.0.0-provenance.sigstore.json";
    let Some(bundle) = Place::Family.file(name) else { return };
    let trusting = Trusting::workflow(Instance::PublicGood, RELEASE);
    let findings = expect(
        &bundle,
        &NEW,
        &trusting,
        Family::Accepts,
        &[
            "trusted attestation",
            "by https://github.com/sigstore/sigstore-js/.github/workflows/release.yml@refs/heads/main of https://token.actions.githubusercontent.com",
            "passed: certificate sct log time signature binding",
            "log https://rekor.sigstore.dev intoto 31821305 [set inclusion]",
            "time 2023-08-18T16:05:35Z rekor https://rekor.sigstore.dev",
            "attestation https://slsa.dev/provenance/v1 verified by #0",
        ],
    );
    let claims = &findings.signatures[0].certificate.as_ref().unwrap().claims;
    assert_eq!(claims["sourceRepositoryURI"], "https://github.com/sigstore/sigstore-js");
    assert_eq!(claims["sourceRepositoryRef"], "refs/heads/main");
    assert_eq!(claims["runnerEnvironment"], "github-hosted");
    assert_eq!(claims["buildTrigger"], "push");
    assert_eq!(claims.len(), 20, "{claims:#?}");
    let predicate = &findings.attestations[0].predicate;
    let workflow = &predicate["buildDefinition"]["externalParameters"]["workflow"];
    assert_eq!(
        *workflow,
        json!({
            "ref": "refs/heads/main",
            "repository": "https://github.com/sigstore/sigstore-js",
            "path": ".github/workflows/release.yml",
        })
    );
}

#[test]
fn provenance_with_the_authority_s_root_in_its_chain_is_verified_without_trusting_that() {
    let Some(bundle) = Place::SigstoreGo.file("examples/bundle-provenance.json") else { return };
    let trusting = Trusting::workflow(Instance::PublicGood, RELEASE);
    expect(
        &bundle,
        &OLD,
        &trusting,
        Family::Accepts,
        &[
            "trusted attestation",
            "by https://github.com/sigstore/sigstore-js/.github/workflows/release.yml@refs/heads/main of https://token.actions.githubusercontent.com",
            "passed: certificate sct log time signature binding",
            "log https://rekor.sigstore.dev intoto 18300934 [set]",
            "time 2023-04-18T17:45:12Z rekor https://rekor.sigstore.dev",
            "attestation https://slsa.dev/provenance/v0.2 verified by #0",
        ],
    );
}

/// The bundle's own root, which issued the intermediate, is not one to be trusted.
#[test]
fn a_root_that_a_bundle_brings_vouches_for_nobody() {
    let Some(bundle) = Place::SigstoreGo.file("examples/bundle-provenance.json") else { return };
    let others = Instance::PublicGood.altered(|root| {
        let staging: Value = serde_json::from_str(&Instance::Staging.root()).unwrap();
        root["certificateAuthorities"] = staging["certificateAuthorities"].clone();
    });
    let trusting = Trusting::workflow(others, RELEASE);
    expect(
        &bundle,
        &OLD,
        &trusting,
        Family::Refuses,
        &[
            "untrusted attestation",
            "by https://github.com/sigstore/sigstore-js/.github/workflows/release.yml@refs/heads/main of https://token.actions.githubusercontent.com",
            "passed: log time signature binding",
            "not-reached: sct",
            "failed: certificate",
            "log https://rekor.sigstore.dev intoto 18300934 [set]",
            "time 2023-04-18T17:45:12Z rekor https://rekor.sigstore.dev",
            "error certificate_untrusted",
            "attestation https://slsa.dev/provenance/v0.2 not verified by #0",
        ],
    );
}

#[test]
fn npm_s_own_attestation_is_by_the_key_that_its_registry_lists() {
    let Some(bundle) = Place::SigstoreGo.file("examples/bundle-publish.json") else { return };
    let Some(pem) = Place::SigstoreGo.file("examples/publish_key.pub") else { return };
    for log in ["required", "optional"] {
        let trusting = Trusting::key(Instance::PublicGood, pem.clone(), log);
        let findings = expect(
            &bundle,
            &OLD,
            &trusting,
            Family::Accepts,
            &[
                "trusted attestation",
                "by key ecdsa-p256-sha256",
                "passed: log time signature binding",
                "not-needed: certificate sct",
                "log https://rekor.sigstore.dev intoto 18300940 [set]",
                "time 2023-04-18T17:45:16Z rekor https://rekor.sigstore.dev",
                "attestation https://github.com/npm/attestation/tree/main/specs/publish/v0.1 verified by #0",
            ],
        );
        let predicate = &findings.attestations[0].predicate;
        assert_eq!(
            *predicate,
            json!({
                "name": "sigstore", "version": "1.3.0", "registry": "https://registry.npmjs.org"
            })
        );
    }
}

#[test]
fn npm_s_own_attestation_is_of_nobody_without_its_key() {
    let Some(bundle) = Place::SigstoreGo.file("examples/bundle-publish.json") else { return };
    let other = "pkg/testing/data/public-keys/public-key-validity.pem";
    let Some(pem) = Place::SigstoreGo.file(other) else { return };
    let trusting = Trusting::key(Instance::PublicGood, pem, "required");
    expect(
        &bundle,
        &OLD,
        &trusting,
        Family::Refuses,
        &[
            "untrusted attestation",
            "passed: binding",
            "not-reached: certificate sct log time",
            "failed: signature",
            "log unknown intoto 18300940 [] not verified",
            "error key_unknown",
            "attestation https://github.com/npm/attestation/tree/main/specs/publish/v0.1 not verified by #0",
        ],
    );
}

#[test]
fn provenance_of_another_package_says_nothing_of_this_one() {
    let name = "bundles/sigstore.js@2.0.0-provenance.sigstore.json";
    let Some(bundle) = Place::Family.file(name) else { return };
    let trusting = Trusting::workflow(Instance::PublicGood, RELEASE);
    expect(
        &bundle,
        &OLD,
        &trusting,
        Family::Refuses,
        &[
            "invalid attestation",
            "by https://github.com/sigstore/sigstore-js/.github/workflows/release.yml@refs/heads/main of https://token.actions.githubusercontent.com",
            "passed: certificate sct log time signature",
            "failed: binding",
            "log https://rekor.sigstore.dev intoto 31821305 [set inclusion]",
            "time 2023-08-18T16:05:35Z rekor https://rekor.sigstore.dev",
            "error subject_mismatch",
            "attestation https://slsa.dev/provenance/v1 not verified by #0: subject_mismatch",
        ],
    );
}
