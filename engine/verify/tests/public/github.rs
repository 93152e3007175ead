//! What GitHub's own instance signed: without logs, the time by GitHub's timestamp authority.

use crate::places::Place;
use crate::support::{Artifact, Family, Instance, Trusting, expect};

/// `communique-aarch64-apple-darwin.tar.gz` of jdx/communique 0.1.9.
const TARBALL: Artifact =
    Artifact::Digest("sha256:76f1fe8593bf227cca2c089e3c16dc95014a8d3e89c5dd220530469ca043c428");

/// An identity has an issuer here, and the certificate that GitHub signs releases with names none.
#[test]
fn a_release_attestation_is_by_a_certificate_without_an_issuer_and_not_taken() {
    let name = "bundles/github-private-attestation.sigstore.json";
    let Some(bundle) = Place::Family.file(name) else { return };
    let laxer = Family::IsLaxer("it was not told who the issuer is to be");
    let trusting = Trusting::identity(
        Instance::Github,
        "https://dotcom.releases.github.com",
        "https://token.actions.githubusercontent.com",
    );
    let findings = expect(
        &bundle,
        &TARBALL,
        &trusting,
        laxer,
        &[
            "invalid attestation",
            "passed: time signature binding",
            "not-needed: sct log",
            "failed: certificate",
            "time 2026-03-02T09:52:15Z rfc3161 timestamp.githubapp.com",
            "error malformed_certificate",
            "attestation https://in-toto.io/attestation/release/v0.2 not verified by #0",
        ],
    );
    let [error] = findings.signatures[0].errors.as_slice() else { panic!("one error") };
    assert!(error.message.contains("who vouched for the signer"), "{}", error.message);
}
