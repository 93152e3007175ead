//! Copying from layout to layout; the registries are asked in the interop tests.

use crate::support::{AS, TRUST, path, referee, root, run, with};

/// A folder that is not there yet, in one that is.
fn target(folder: &tempfile::TempDir) -> String {
    format!("oci-layout:{}", path(folder, "out"))
}

#[test]
fn what_was_copied_is_ruled_over_as_it_was_before() {
    for layout in [
        "signed-five",
        "hundred-signatures",
        "signed-mixed",
        "signed-bundle-tag-schema",
        "index-two-platforms-bundles",
        "buildkit-attestation",
        "attested-legacy",
        "unsigned",
        "bundle-altered",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let source = format!("oci-layout:examples/layouts/{layout}");
        let to = target(&folder);
        with(&["copy", &source, &to]).exits(0).says(&["COPIED", "manifests", "blobs"]);
        let digest = |reference: &str| {
            let mut command = referee();
            command.args(["verify", reference, "--output", "json"]).args(AS).args(TRUST);
            let document = run(&mut command).json();
            let decision = &document["decisions"][0];
            let facts = decision["facts_digest"].clone();
            // A copy in a layout is found by its subject, where only the tag listed it before:
            // which of the two it was is a fact.
            let facts = if layout.ends_with("tag-schema") { "another way".into() } else { facts };
            (decision["verdict"].clone(), facts)
        };
        assert_eq!(digest(&source), digest(&to), "{layout}");
    }
}

#[test]
fn the_summary_counts_what_was_pushed_and_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let arguments =
        ["copy", "oci-layout:examples/layouts/signed-five", &target(&folder), "-o", "json"];
    let first = with(&arguments).exits(0).json();
    assert_eq!(first["manifests"]["present"], 0, "{first:#}");
    assert_eq!(first["cosign_tags"].as_array().unwrap().len(), 1, "{first:#}");
    let again = with(&arguments).exits(0).json();
    assert_eq!(again["bytes"]["pushed"], 0, "{again:#}");
    assert_eq!(again["bytes"]["present"], first["bytes"]["pushed"], "{again:#}");
    assert_eq!(again["digest"], first["digest"]);
}

#[test]
fn a_tag_that_stands_at_something_else_is_left_unless_forced() {
    let folder = tempfile::tempdir().unwrap();
    let to = format!("{}:1", target(&folder));
    let (one, two) =
        ("oci-layout:examples/layouts/signed-one", "oci-layout:examples/layouts/signed-two");
    with(&["copy", one, &to]).exits(0);
    let refused = with(&["copy", two, &to]).exits(2);
    assert!(refused.err.contains("[tag_taken]"), "{refused:#?}");
    assert!(refused.err.contains("the tag 1 stands at sha256:"), "{refused:#?}");
    assert!(refused.err.contains("hint: nothing was copied; --force"), "{refused:#?}");
    with(&["copy", two, &to, "--force"]).exits(0);
}

#[test]
fn what_cannot_be_copied_is_told_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let to = target(&folder);
    let signed = "oci-layout:examples/layouts/signed-one";
    with(&["copy", "oci-layout:examples/layouts/none", &to]).exits(2);
    let digest = format!("registry.example/team/app@sha256:{}", "0".repeat(64));
    let message = format!(
        "{signed} was not copied to {digest}: {digest} names a digest, and what is copied brings its own"
    );
    with(&["copy", signed, &digest]).fails(&message, "invalid_reference");
    let file = root().join("README.md");
    let run = with(&["copy", signed, &format!("oci-layout:{}", file.display())]).exits(2);
    assert!(run.err.contains("[file_unwritable]"), "{run:#?}");
    assert!(run.err.contains("README.md could not be written"), "{run:#?}");
    let bad = with(&["copy", "https://x", &to]).exits(2);
    assert!(bad.err.contains("[invalid_reference]"), "{bad:#?}");
    // Nothing listens there.
    let nobody = "127.0.0.1:9";
    let run = with(&["copy", signed, &format!("{nobody}/a/b"), "--plain-http", nobody]).exits(2);
    assert!(run.err.contains("[connection_failed]"), "{run:#?}");
}
