//! Private instances.

use crate::places::Place;
use crate::support::{Artifact, Family, Instance, Trusting, expect};

/// A user name, in an alternative name of the kind that Fulcio made for that, under an authority
/// with RSA keys.
#[test]
fn a_user_name_of_a_private_instance_is_an_identity() {
    let Some(bundle) = Place::Family.file("bundles/othername.sigstore.json") else { return };
    let Some(own) = Instance::own(Place::Family, "trusted_roots/scaffolding.json") else { return };
    let artifact =
        Artifact::Digest("sha256:bc103b4a84971ef6459b294a2b98568a2bfb72cded09d4acd1e16366a401f95b");
    let trusting = Trusting::identity(own, "foo!oidc.local", "http://oidc.local:8080");
    expect(
        &bundle,
        &artifact,
        &trusting,
        Family::Accepts,
        &[
            "trusted signature",
            "by foo!oidc.local of http://oidc.local:8080",
            "passed: certificate sct log time signature binding",
            "log http://rekor.rekor-system.172.18.255.1.sslip.io hashedrekord 3 [set inclusion]",
            "time 2024-07-12T19:06:29Z rekor http://rekor.rekor-system.172.18.255.1.sslip.io",
        ],
    );
}

/// The trusted root has a timestamp authority alone.
#[test]
fn a_key_s_signature_with_a_timestamp_and_no_log() {
    let data = "pkg/testing/data";
    let bundle = format!("{data}/bundles/public-key-validity.sigstore.json");
    let Some(bundle) = Place::SigstoreGo.file(&bundle) else { return };
    let pem = format!("{data}/public-keys/public-key-validity.pem");
    let Some(pem) = Place::SigstoreGo.file(&pem) else { return };
    let root = format!("{data}/trusted-roots/public-key-validity.json");
    let Some(own) = Instance::own(Place::SigstoreGo, &root) else { return };
    let artifact = Artifact::Bytes(b"test content".to_vec());
    let stricter = Family::IsStricter("it demands a log of every key");
    let trusting = Trusting::key(own.clone(), pem.clone(), "optional");
    expect(
        &bundle,
        &artifact,
        &trusting,
        stricter,
        &[
            "trusted signature",
            "by key ecdsa-p256-sha256",
            "passed: time signature binding",
            "not-needed: certificate sct log",
            "time 2026-06-04T17:43:29Z rfc3161 https://virtual.tsa.sigstore.dev",
        ],
    );
    let trusting = Trusting::key(own, pem, "required");
    expect(
        &bundle,
        &artifact,
        &trusting,
        Family::Refuses,
        &[
            "untrusted signature",
            "by key ecdsa-p256-sha256",
            "passed: time signature binding",
            "not-needed: certificate sct",
            "failed: log",
            "time 2026-06-04T17:43:29Z rfc3161 https://virtual.tsa.sigstore.dev",
            "error log_entry_missing",
        ],
    );
}

/// The certificate's promise is by a log whose key is another in this root.
#[test]
fn a_certificate_that_no_trusted_log_knows_is_refused() {
    let Some(bundle) = Place::Family.file("invalid-ct-key_fail/bundle.sigstore.json") else {
        return;
    };
    let Some(own) = Instance::own(Place::Family, "invalid-ct-key_fail/trusted_root.json") else {
        return;
    };
    let artifact =
        Artifact::Digest("sha256:a0cfc71271d6e278e57cd332ff957c3f7043fdda354c4cbb190a30d56efa01bf");
    let subject = "sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
    let trusting = Trusting::workflow(own, subject);
    expect(
        &bundle,
        &artifact,
        &trusting,
        Family::Refuses,
        &[
            "untrusted signature",
            "by https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main of https://token.actions.githubusercontent.com",
            "passed: certificate log time signature binding",
            "failed: sct",
            "log https://rekor.sigstore.dev hashedrekord 27246492 [set inclusion]",
            "time 2023-07-12T15:56:36Z rekor https://rekor.sigstore.dev",
            "error sct_untrusted",
        ],
    );
}
