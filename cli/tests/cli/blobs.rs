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

/// What the command saves of a file and a bundle that are gone afterwards; the evidence and the
/// folder that it is in.
fn saved(name: &str, bundle: &[u8], artifact: &[u8], trust: &str) -> (tempfile::TempDir, String) {
    let away = folder(&[("trust.json", trust)]);
    let write = |name: &str, bytes: &[u8]| {
        let path = away.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        shown(&path)
    };
    let (artifact, bundle) = (write("artifact", artifact), write("bundle.json", bundle));
    let document = shown(&away.path().join("trust.json"));
    let kept = tempfile::tempdir().unwrap();
    let evidence = shown(&kept.path().join(name));
    let call = ["verify-blob", &artifact, "--bundle", &bundle, "--trust", &document];
    let save = ["--save-evidence", &evidence, "--namespace", "prod"];
    let run = with(&[&call[..], &AS, &save].concat()).exits(0);
    assert!(run.err.contains(" saved, sha256:"), "{run:#?}");
    (kept, evidence)
}

/// Of the file that the workflow signed.
fn saved_of_workflow(name: &str) -> (tempfile::TempDir, String) {
    let read = |name: &str| std::fs::read(data(name)).unwrap();
    let document = std::fs::read_to_string(trust().path().join("trust.json")).unwrap();
    saved(name, &read("blobs/blob-workflow-v1.sigstore.json"), &read("blobs/artifact"), &document)
}

fn index_of(evidence: &str) -> serde_json::Value {
    let bytes = std::fs::read(Path::new(evidence).join("evidence.json")).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn the_same_facts_come_out_of_evidence_without_the_file() {
    let artifact = std::fs::read(data("blobs/artifact")).unwrap();
    let digest = referee_core::Digest::sha256(&artifact);
    for name in ["e", "e.tar"] {
        let (_kept, evidence) = saved_of_workflow(name);
        let replayed = ["verify-blob", "--evidence", &evidence, "--offline"];
        let run = with(&replayed).exits(0);
        assert_eq!(
            run.err,
            "note: whom to trust is taken from the evidence (--trust names others)\n"
        );
        run.says(&["ALLOW", digest.as_str()]);
        let run = with(&[&replayed[..], &["-o", "json", "--facts"]].concat()).exits(0);
        let decision = &run.json()["decisions"][0];
        assert_eq!(decision["facts"]["subject"]["size"], artifact.len());
        if name == "e" {
            let index = index_of(&evidence);
            assert_eq!(decision["facts_digest"], index["facts_digest"]);
            assert_eq!(index["file"]["digest"], digest.as_str());
            assert_eq!(index["namespace"], "prod");
            let content = Path::new(&evidence).join("blobs/sha256").join(digest.hex());
            assert!(!content.exists(), "the file itself is not kept");
        }
        // The same file, and another.
        let same = shown(&data("blobs/artifact"));
        with(&["verify-blob", &same, "--evidence", &evidence]).exits(0);
        with(&["verify-blob", digest.as_str(), "--evidence", &evidence]).exits(0);
        let other = shown(&data("blobs/blob-workflow-v1.sigstore.json"));
        let found = referee_core::Digest::sha256(&std::fs::read(&other).unwrap());
        let message = format!(
            "{other} has the digest {found}, and the evidence {evidence} is about {digest}"
        );
        let run = with(&["verify-blob", &other, "--evidence", &evidence]);
        run.fails(&message, "evidence_of_other_file");
    }
}

#[test]
fn a_file_is_kept_where_a_signature_is_over_its_bytes() {
    let keys = root().join("engine/verify/tests/data");
    let read = |name: &str| std::fs::read(keys.join(name)).unwrap();
    let encoded = |bytes: &[u8]| serde_json::Value::from(data_encoding::BASE64.encode(bytes));
    let message = read("message");
    let digest = referee_core::Digest::sha256(&message);
    let bundle = serde_json::json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": ""}},
        "messageSignature": {
            "messageDigest": {"algorithm": "SHA2_256", "digest": encoded(&digest.value())},
            "signature": encoded(&read("ed25519.sig")),
        },
    });
    let pem = String::from_utf8(read("ed25519.pem")).unwrap();
    let trust = serde_json::json!({"keys": [{"name": "ed", "pem": pem, "scopes": ["**"]}]});
    let (_kept, evidence) = saved("e", bundle.to_string().as_bytes(), &message, &trust.to_string());
    let content = Path::new(&evidence).join("blobs/sha256").join(digest.hex());
    assert_eq!(std::fs::read(&content).unwrap(), message);
    with(&["verify-blob", "--evidence", &evidence, "--offline"]).exits(0).says(&["ALLOW"]);
    std::fs::write(&content, "altered").unwrap();
    let run = with(&["verify-blob", "--evidence", &evidence]).exits(2);
    assert!(run.err.contains("[evidence_altered]"), "{run:#?}");
}

#[test]
fn evidence_of_a_file_that_was_altered_or_is_of_another_kind_is_refused() {
    let (_kept, evidence) = saved_of_workflow("e");
    let command = "referee verify-blob";
    let message = format!("the evidence {evidence} is about a file: that is for `{command}`");
    for about_artifacts in ["verify", "facts"] {
        with(&[about_artifacts, "--evidence", &evidence]).fails(&message, "evidence_about_other");
    }
    let index = Path::new(&evidence).join("evidence.json");
    let text = std::fs::read_to_string(&index).unwrap();
    std::fs::write(&index, text.replacen("registry.example", "registry.exampel", 1)).unwrap();
    let run = with(&["verify-blob", "--evidence", &evidence]).exits(2);
    assert!(run.err.contains("[evidence_altered]"), "{run:#?}");
    std::fs::write(&index, text).unwrap();
    let bundle = index_of(&evidence)["file"]["bundles"][0]["digest"].as_str().unwrap().to_owned();
    let bundle = Path::new(&evidence).join("blobs").join(bundle.replace(':', "/"));
    std::fs::write(&bundle, "{}").unwrap();
    let run = with(&["verify-blob", "--evidence", &evidence]).exits(2);
    assert!(run.err.contains("[evidence_altered]"), "{run:#?}");
    std::fs::remove_file(&bundle).unwrap();
    let run = with(&["verify-blob", "--evidence", &evidence]).exits(2);
    assert!(run.err.contains("[evidence_incomplete]"), "{run:#?}");
}

#[test]
fn evidence_of_an_artifact_is_no_evidence_of_a_file() {
    let kept = tempfile::tempdir().unwrap();
    let evidence = shown(&kept.path().join("e"));
    let reference = "oci-layout:examples/layouts/signed-one";
    with(&["facts", reference, "--save-evidence", &evidence]).exits(0);
    let message =
        format!("the evidence {evidence} is about an artifact: that is for `referee verify`");
    with(&["verify-blob", "--evidence", &evidence]).fails(&message, "evidence_about_other");
}
