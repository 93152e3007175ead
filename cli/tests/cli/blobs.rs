//! `referee verify-blob` over a file and bundles that real tools signed at a private instance.

use crate::support::{AS, folder, root, with};
use std::path::{Path, PathBuf};

fn data(name: &str) -> PathBuf {
    root().join("engine/verify/tests/data/sigstore").join(name)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Trusts the workflow that signs at the private instance.
fn trust() -> tempfile::TempDir {
    let document = serde_json::json!({
        "identities": [{
            "name": "workflow", "issuer": "http://workflows.example",
            "subject": {"glob": "https://github.com/acme/app/**"},
            "scopes": ["registry.example/**"],
        }],
        "sigstore": [{"name": "acme", "file": data("trusted_root.json")}],
    });
    folder(&[("trust.json", &document.to_string()), ("other", "other bytes")])
}

#[test]
fn a_file_is_allowed_by_a_bundle_that_signs_it_and_by_its_digest_alone() {
    let trust = trust();
    let document = shown(&trust.path().join("trust.json"));
    let bundle = shown(&data("blobs/blob-workflow-v1.sigstore.json"));
    let artifact = data("blobs/artifact");
    let digest = referee_core::Digest::sha256(&std::fs::read(&artifact).unwrap());
    for file in [shown(&artifact), digest.to_string()] {
        let call = ["verify-blob", &file, "--bundle", &bundle, "--trust", &document];
        with(&[&call[..], &AS].concat()).exits(0).says(&["ALLOW", digest.as_str()]);
        // Without a name only the scope `**` admits it.
        with(&call).exits(1).says(&["DENY", "identity_out_of_scope"]);
    }
}

#[test]
fn another_file_is_denied_for_what_the_bundle_signs() {
    let trust = trust();
    let document = shown(&trust.path().join("trust.json"));
    let other = shown(&trust.path().join("other"));
    let bundle = shown(&data("blobs/blob-workflow-v1.sigstore.json"));
    let call = ["verify-blob", &other, "--bundle", &bundle, "--trust", &document];
    with(&[&call[..], &AS].concat()).exits(1).says(&["DENY", "subject_mismatch"]);
}

#[test]
fn the_facts_have_the_bundle_as_a_referrer_with_its_own_media_type() {
    let trust = trust();
    let document = shown(&trust.path().join("trust.json"));
    let artifact = shown(&data("blobs/artifact"));
    let bundle = shown(&data("blobs/blob-workflow-v1.sigstore.json"));
    let call = ["verify-blob", &artifact, "--bundle", &bundle, "--trust", &document];
    let run = with(&[&call[..], &AS, &["--output", "json", "--facts"]].concat()).exits(0);
    let answer: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let facts = &answer["decisions"][0]["facts"];
    let referrer = &facts["referrers"][0];
    assert_eq!(referrer["found_by"], "file");
    assert_eq!(referrer["media_type"], "application/vnd.dev.sigstore.bundle.v0.3+json");
    assert_eq!(facts["signatures"][0]["trusted_by"], serde_json::json!(["workflow"]));
}

#[test]
fn what_cannot_be_read_is_an_error_with_its_own_code() {
    let trust = trust();
    let document = shown(&trust.path().join("trust.json"));
    let artifact = shown(&data("blobs/artifact"));
    let bundle = shown(&data("blobs/blob-workflow-v1.sigstore.json"));
    for (file, bundle, code) in [
        ("no-such-file", bundle.as_str(), "file_unreadable"),
        (artifact.as_str(), "no-such-bundle", "file_unreadable"),
        ("sha256:00", bundle.as_str(), "invalid_digest"),
    ] {
        let run = with(&["verify-blob", file, "--bundle", bundle, "--trust", &document]).exits(2);
        assert!(run.err.contains(&format!("[{code}]")), "{run:#?}");
    }
}
