//! Evidence: the same facts again, without what they were made of.

use crate::support::{AS, Run, TRUST, path, referee, root, run, with};
use std::fs;
use std::path::Path;

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copied(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Saves evidence of a copy of an example layout and its trust document, and then takes both away.
fn saved(layout: &str, folder: &tempfile::TempDir, name: &str) -> (Run, String) {
    let away = tempfile::tempdir().unwrap();
    copied(&root().join("examples/layouts").join(layout), &away.path().join("layout"));
    copied(&root().join("examples/keys"), &away.path().join("keys"));
    fs::copy(root().join("examples/trust.yaml"), away.path().join("trust.yaml")).unwrap();
    let evidence = path(folder, name);
    let reference = format!("oci-layout:{}", away.path().join("layout").display());
    let mut command = referee();
    command.args(["facts", &reference, "--save-evidence", &evidence]).args(AS);
    command.args(["--trust", &path(&away, "trust.yaml"), "--namespace", "prod"]);
    (run(&mut command).exits(0), evidence)
}

/// The facts without how long they took.
fn untimed(run: &Run) -> serde_json::Value {
    let mut facts = run.json();
    for verifier in facts["verifiers"].as_object_mut().unwrap().values_mut() {
        verifier["elapsed_ms"] = 0.into();
    }
    facts
}

#[test]
fn the_same_facts_come_out_though_nothing_else_is_left() {
    for (layout, name) in [
        ("signed-five", "e"),
        ("hundred-signatures", "e.tar"),
        ("index-two-platforms-bundles", "e"),
        ("signed-bundle-tag-schema", "e.tar"),
        ("bundle-altered", "e"),
        ("unsigned", "e.tar"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (first, evidence) = saved(layout, &folder, name);
        assert!(first.err.contains(" saved, sha256:"), "{first:#?}");
        let again = with(&["facts", "--evidence", &evidence, "--offline"]).exits(0);
        assert_eq!(untimed(&again), untimed(&first), "{layout}");
        let ruled = with(&["verify", "--evidence", &evidence, "--offline", "-o", "json"]);
        assert!(!ruled.err.contains("warning"), "{ruled:#?}");
        let index: serde_json::Value = {
            let open = || fs::read(Path::new(&evidence).join("evidence.json"));
            match open() {
                Ok(bytes) => serde_json::from_slice(&bytes).unwrap(),
                Err(_) => continue,
            }
        };
        assert_eq!(ruled.json()["decisions"][0]["facts_digest"], index["facts_digest"], "{layout}");
        assert_eq!(index["namespace"], "prod");
    }
}

#[test]
fn the_decision_is_the_same_and_the_reader_is_told_whose_trust_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (_, evidence) = saved("signed-five", &folder, "e");
    let run = with(&["verify", "--evidence", &evidence, "--offline"]).exits(0);
    assert_eq!(run.err, "note: whom to trust is taken from the evidence (--trust names others)\n");
    run.says(&["ALLOW registry.example/team/app:1.4", "trusted #0 release"]);
    let nobody = crate::support::folder(&[("nobody.yaml", "keys: []")]);
    let own = with(&["verify", "--evidence", &evidence, "--trust", &path(&nobody, "nobody.yaml")]);
    assert!(own.err.is_empty(), "{own:#?}");
    own.exits(1).says(&["DENY registry.example/team/app:1.4", "unknown signer"]);
}

#[test]
fn evidence_that_is_none_or_was_altered_is_told_with_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let (_, evidence) = saved("signed-one", &folder, "e");
    let index = Path::new(&evidence).join("evidence.json");
    let text = fs::read_to_string(&index).unwrap();
    fs::write(&index, text.replacen("registry.example", "registry.exampel", 1)).unwrap();
    let run = with(&["verify", "--evidence", &evidence]).exits(2);
    assert!(run.err.contains("evidence.json has the digest sha256:"), "{run:#?}");
    assert!(run.err.contains("[evidence_altered]"), "{run:#?}");
    fs::write(&index, text).unwrap();
    let blobs = Path::new(&evidence).join("blobs/sha256");
    let blob = fs::read_dir(blobs).unwrap().next().unwrap().unwrap().path();
    fs::remove_file(&blob).unwrap();
    let run = with(&["facts", "--evidence", &evidence]).exits(2);
    let name = blob.file_name().unwrap().to_str().unwrap();
    assert!(run.err.contains(&format!("blobs/sha256/{name} is missing")), "{run:#?}");
    let empty = tempfile::tempdir().unwrap();
    let empty = empty.path().to_str().unwrap().to_owned();
    let message = format!(
        "the evidence {empty} cannot be used: {empty} holds no evidence: there is no evidence.json"
    );
    fs::create_dir_all(&empty).unwrap();
    with(&["verify", "--evidence", &empty]).fails(&message, "not_evidence");
}

#[test]
fn evidence_is_not_written_over_anything() {
    let folder = crate::support::folder(&[("full/file", "x")]);
    let full = path(&folder, "full");
    let mut command = referee();
    command.args(["facts", "oci-layout:examples/layouts/signed-one", "--save-evidence", &full]);
    let message = format!(
        "the evidence was not saved: there is something at {full} already, and evidence is not written over it"
    );
    run(command.args(TRUST)).fails(&message, "evidence_exists");
}

#[test]
fn offline_no_registry_is_asked() {
    let reference = "registry.example/team/app:1.4";
    let message = format!("{reference} is in a registry, and --offline forbids to ask one");
    for command in ["verify", "facts"] {
        with(&[command, reference, "--offline"]).fails(&message, "offline");
    }
    let mut command = referee();
    command.args(["verify", "oci-layout:examples/layouts/signed-one", "--offline"]);
    run(command.args(AS).args(TRUST)).exits(0);
    let both = with(&["verify", reference, "--evidence", "x"]).exits(2);
    assert!(both.err.contains("cannot be used with"), "{both:#?}");
}
