//! Bundles that lack something: those of sigstore-python's tests.

use crate::places::Place;
use crate::support::{Artifact, Family, Instance, Trusting, expect};
use serde_json::{Value, json};

const GITHUB_LOGIN: &str = "https://github.com/login/oauth";

fn yossarian(instance: Instance) -> Trusting {
    Trusting::identity(instance, "william@yossarian.net", GITHUB_LOGIN)
}

#[test]
fn a_media_type_that_is_none() {
    let name = "bundles/bundle_invalid_version.txt.sigstore";
    let Some(bundle) = Place::Family.file(name) else { return };
    let artifact =
        Artifact::Digest("sha256:7a1f2b23ec9add163c6d0bbb454af45e1483b9bec7b72aea1b4fdf0e2f5644f0");
    let trusting = yossarian(Instance::Staging);
    expect(
        &bundle,
        &artifact,
        &trusting,
        Family::Refuses,
        &[
            "invalid signature",
            "not-reached: certificate sct log time signature binding",
            "error malformed_bundle",
        ],
    );
}

#[test]
fn a_chain_without_a_certificate() {
    let Some(bundle) = Place::Family.file("bundles/bundle_no_cert_v1.txt.sigstore") else { return };
    let artifact =
        Artifact::Digest("sha256:1bc37d4fed3fd960bdf9d095f87283ba8ad1ab4481f38a34e8004f0c56ffe78d");
    let trusting = yossarian(Instance::PublicGood);
    expect(
        &bundle,
        &artifact,
        &trusting,
        Family::Refuses,
        &[
            "invalid signature",
            "not-reached: certificate sct log time signature binding",
            "error malformed_bundle",
        ],
    );
}

#[test]
fn no_log_entry() {
    let name = "bundles/bundle_no_log_entry.txt.sigstore";
    let Some(bundle) = Place::Family.file(name) else { return };
    let artifact =
        Artifact::Digest("sha256:9b469fc9761e8b933073b62725fbc98b549c3314199ded71cc8b286ef2c6fb9b");
    let trusting = Trusting::identity(
        Instance::PublicGood,
        "alex.cameron@trailofbits.com",
        "https://accounts.google.com",
    );
    expect(
        &bundle,
        &artifact,
        &trusting,
        Family::Refuses,
        &[
            "untrusted signature",
            "by alex.cameron@trailofbits.com of https://accounts.google.com",
            "passed: signature binding",
            "not-reached: certificate sct time",
            "failed: log",
            "error log_entry_missing",
        ],
    );
}

/// The log states a time, and only its promise would prove that.
#[test]
fn no_proven_time() {
    let name = "bundles/bundle_v3_no_signed_time.txt.sigstore.json";
    let Some(bundle) = Place::Family.file(name) else { return };
    let artifact =
        Artifact::Digest("sha256:ca6de99a11d3d38056d838c7dc9a23a11a0c81bcace0d11eaa301a2ffb482c42");
    let trusting = yossarian(Instance::PublicGood);
    expect(
        &bundle,
        &artifact,
        &trusting,
        Family::Refuses,
        &[
            "untrusted signature",
            "by william@yossarian.net of https://github.com/login/oauth",
            "passed: log signature binding",
            "not-reached: certificate sct",
            "failed: time",
            "log https://rekor.sigstore.dev hashedrekord 154562758 [inclusion]",
            "error time_unproven",
        ],
    );
}

/// A proof without a checkpoint leads to a root that nobody signed. In version 0.1 the log's promise
/// would do without any proof; but no client of today takes a proof that cannot be held (sigstore-go
/// 1.2 `pkg/tlog/entry.go`, `@sigstore/verify` 4 `dist/tlog`, sigstore-python 4
/// `sigstore/models.py`, and the family).
#[test]
fn an_inclusion_proof_without_a_checkpoint_in_any_version() {
    let name = "bundles/bundle_no_checkpoint.txt.sigstore";
    let Some(bundle) = Place::Family.file(name) else { return };
    let artifact =
        Artifact::Digest("sha256:802dd60ff88333802f2585e73043bd21c341285e1992fe5b31755e1cadeae30e");
    let trusting = yossarian(Instance::Staging);
    expect(
        &bundle,
        &artifact,
        &trusting,
        Family::Refuses,
        &[
            "untrusted signature",
            "by william@yossarian.net of https://github.com/login/oauth",
            "passed: certificate sct time signature binding",
            "failed: log",
            "log https://rekor.sigstage.dev hashedrekord 2798447 [set] not verified",
            "time 2023-01-30T22:42:08Z rekor https://rekor.sigstage.dev",
            "error log_proof_missing",
        ],
    );
    let mut older: Value = serde_json::from_slice(&bundle).unwrap();
    older["mediaType"] = json!("application/vnd.dev.sigstore.bundle+json;version=0.1");
    let bundle = serde_json::to_vec(&older).unwrap();
    expect(
        &bundle,
        &artifact,
        &trusting,
        Family::Refuses,
        &[
            "untrusted signature",
            "by william@yossarian.net of https://github.com/login/oauth",
            "passed: certificate sct time signature binding",
            "failed: log",
            "log https://rekor.sigstage.dev hashedrekord 2798447 [set] not verified",
            "time 2023-01-30T22:42:08Z rekor https://rekor.sigstage.dev",
            "error log_proof_missing",
        ],
    );
    // What is wrong is the proof alone.
    let entry = older.pointer_mut("/verificationMaterial/tlogEntries/0").unwrap();
    entry.as_object_mut().unwrap().remove("inclusionProof");
    let bundle = serde_json::to_vec(&older).unwrap();
    expect(
        &bundle,
        &artifact,
        &trusting,
        Family::Accepts,
        &[
            "trusted signature",
            "by william@yossarian.net of https://github.com/login/oauth",
            "passed: certificate sct log time signature binding",
            "log https://rekor.sigstage.dev hashedrekord 2798447 [set]",
            "time 2023-01-30T22:42:08Z rekor https://rekor.sigstage.dev",
        ],
    );
}
