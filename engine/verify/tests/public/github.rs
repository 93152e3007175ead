//! What GitHub's own instance signed: without logs, the time by GitHub's timestamp authority.

use crate::places::Place;
use crate::support::{Artifact, Family, Instance, Trusting, expect};

/// `communique-aarch64-apple-darwin.tar.gz` of jdx/communique 0.1.9.
const TARBALL: Artifact =
    Artifact::Digest("sha256:76f1fe8593bf227cca2c089e3c16dc95014a8d3e89c5dd220530469ca043c428");

/// Who GitHub signs releases as: its authority issued the certificate to itself, and no OpenID
/// provider had a part in it.
const RELEASES: &str = "https://dotcom.releases.github.com";

#[test]
fn a_release_attestation_is_by_a_signer_for_whom_nobody_vouched() {
    let name = "bundles/github-private-attestation.sigstore.json";
    let Some(bundle) = Place::Family.file(name) else { return };
    let trusting = Trusting::nobodys(Instance::Github, RELEASES);
    expect(
        &bundle,
        &TARBALL,
        &trusting,
        Family::Accepts,
        &[
            "trusted attestation",
            "by https://dotcom.releases.github.com of nobody",
            "passed: certificate time signature binding",
            "not-needed: sct log",
            "time 2026-03-02T09:52:15Z rfc3161 timestamp.githubapp.com",
            "attestation https://in-toto.io/attestation/release/v0.2 verified by #0",
        ],
    );
}

#[test]
fn an_identity_with_an_issuer_is_not_one_for_whom_nobody_vouched() {
    let name = "bundles/github-private-attestation.sigstore.json";
    let Some(bundle) = Place::Family.file(name) else { return };
    let issuer = "https://token.actions.githubusercontent.com";
    let trusting = Trusting::identity(Instance::Github, RELEASES, issuer);
    let laxer = Family::IsLaxer("it was not told who the issuer is to be");
    expect(
        &bundle,
        &TARBALL,
        &trusting,
        laxer,
        &[
            "untrusted attestation",
            "by https://dotcom.releases.github.com of nobody",
            "passed: certificate time signature binding",
            "not-needed: sct log",
            "time 2026-03-02T09:52:15Z rfc3161 timestamp.githubapp.com",
            "error identity_unknown",
            "attestation https://in-toto.io/attestation/release/v0.2 not verified by #0",
        ],
    );
}
