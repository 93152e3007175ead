//! Text of strangers: it must not reach a terminal, a log or a workflow as anything but text.

use crate::support::{folder, path, referee, run, verify, with};
use referee_core::Digest;
use serde_json::{Value, json};
use std::path::Path;

const NASTY: &str = "\u{1b}[2J\u{1b}[32mALLOW\u{202e}\r\n::set-output name=x::y";

#[test]
fn a_policys_message_cannot_paint_the_terminal_or_command_the_workflow() {
    let message = serde_json::to_string(NASTY).unwrap();
    let text = format!(
        "package p\n\ndeny contains {{\"code\": {message}, \"message\": {message}}} if true\n"
    );
    let folder = folder(&[("p.rego", &text)]);
    let policy = path(&folder, "p.rego");
    for form in ["human", "github", "junit", "sarif", "json"] {
        let run = verify("signed-one", &["--policy", &policy, "--output", form]).exits(1);
        assert!(!run.out.contains('\u{1b}'), "{form}: {run:#?}");
        assert!(!run.out.lines().any(|line| line.starts_with("::set-output")), "{form}: {run:#?}");
        if form == "human" {
            run.says(&["\\u{1b}[2J\\u{1b}[32mALLOW\\u{202e}\\r\\n::set-output"]);
        }
    }
}

/// An image with one referrer, whose annotation and artifact type are nasty.
fn layout(at: &Path) {
    let blobs = at.join("blobs/sha256");
    std::fs::create_dir_all(&blobs).unwrap();
    let push = |document: &Value| {
        let bytes = serde_json::to_vec(document).unwrap();
        let digest = Digest::sha256(&bytes);
        std::fs::write(blobs.join(digest.hex()), &bytes).unwrap();
        json!({"mediaType": document["mediaType"], "digest": digest.as_str(), "size": bytes.len()})
    };
    let manifest = "application/vnd.oci.image.manifest.v1+json";
    let empty = json!({"mediaType": "application/vnd.oci.empty.v1+json"});
    let empty = push(&empty);
    let subject = push(&json!({
        "schemaVersion": 2, "mediaType": manifest, "config": empty, "layers": [empty],
    }));
    let mut referrer = push(&json!({
        "schemaVersion": 2, "mediaType": manifest, "config": empty, "layers": [empty],
        "artifactType": "application/x-nasty", "subject": subject, "annotations": {"note": NASTY},
    }));
    referrer["artifactType"] = "application/x-nasty".into();
    referrer["annotations"] = json!({"note": NASTY});
    let mut tagged = subject;
    tagged["annotations"] = json!({"org.opencontainers.image.ref.name": "1"});
    let index = json!({"schemaVersion": 2, "manifests": [tagged, referrer]});
    std::fs::write(at.join("index.json"), index.to_string()).unwrap();
    std::fs::write(at.join("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}").unwrap();
}

#[test]
fn an_annotation_cannot_paint_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    layout(folder.path());
    let reference = format!("oci-layout:{}:1", folder.path().display());
    let run = with(&["discover", &reference, "--full"]).exits(0);
    assert!(!run.out.contains(['\u{1b}', '\u{202e}']), "{run:#?}");
    run.says(&["note: \\u{1b}[2J\\u{1b}[32mALLOW\\u{202e}\\r\\n::set-output"]);
}

#[test]
fn an_argument_cannot_paint_the_terminal() {
    let run = run(referee().args(["verify", "\u{1b}[31mx"])).exits(2);
    assert!(!run.err.contains('\u{1b}'), "{run:#?}");
}

#[test]
fn colours_come_only_where_they_are_asked_for() {
    let plain = verify("signed-one", &[]).exits(0);
    assert!(!plain.out.contains('\u{1b}'), "{plain:#?}");
    let painted = verify("signed-one", &["--color", "always"]).exits(0);
    assert!(painted.out.starts_with("\u{1b}[1m\u{1b}[32mALLOW\u{1b}[0m"), "{painted:#?}");
}
