//! The Sigstore project's bundles: which of them fail because of the log, and for which reason.

use crate::vectors::{Case, aloud, folder};
use std::fs;

/// The cases that fail because of the log, with the error of their entry. Those whose names end
/// in `_fail` and that are not here fail elsewhere, and their entries hold.
const REFUSED: [(&str, &str); 22] = [
    ("bundle-empty-certificate-chain_fail", "BodyMalformed(Shape { line: 1, column: 44 })"),
    (
        "bundle-from-wrong-instance_fail",
        "UnknownLog { log: \"d32f30a3c32d639c2b762205a21c7bb07788e68283a4ae6f42118723a1bea496\" }",
    ),
    ("bundle-with-root-cert_fail", "CheckpointMissing"),
    ("checkpoint-bad-keyhint_fail", "CheckpointUnsigned { log: \"https://rekor.sigstore.dev\" }"),
    ("checkpoint-wrong-roothash_fail", "CheckpointRoot"),
    ("dsse-invalid-sig_fail", "BodyMismatch { which: Signature }"),
    ("dsse-mismatch-envelope_fail", "BodyMismatch { which: Signature }"),
    ("inclusion-proof-corrupted-hash_fail", "ProofInvalid"),
    ("incorrect-public-key_fail", "BodyMismatch { which: Verifier }"),
    ("intoto-missing-inclusion-proof_fail", "ProofMissing"),
    ("invalid-inclusion-proof_fail", "CheckpointMissing"),
    ("rekor2-checkpoint-missing-log-signature_fail", "CheckpointMalformed(Unsigned)"),
    ("rekor2-checkpoint-missing-root-hash_fail", "CheckpointMalformed(Root)"),
    ("rekor2-checkpoint-missing-size_fail", "CheckpointMalformed(Size)"),
    (
        "rekor2-checkpoint-no-matching-signature_fail",
        "CheckpointOrigin { expected: \"log2025-alpha1.rekor.sigstage.dev\", \
         found: \"log2025-alpha1.rekor.github.dev\" }",
    ),
    ("rekor2-dsse-invalid-sig_fail", "BodyMismatch { which: Signature }"),
    ("rekor2-dsse-mismatch-sig_fail", "BodyMismatch { which: Signature }"),
    ("rekor2-no-inclusion-proof_fail", "ProofMissing"),
    ("set-invalid-signature_fail", "PromiseInvalid { log: \"https://rekor.sigstore.dev\" }"),
    ("wrong-hashedrekord-artifact_fail", "BodyMismatch { which: Signature }"),
    ("wrong-hashedrekord-entry_fail", "BodyMismatch { which: Signature }"),
    ("wrong-material_fail", "BodyMismatch { which: Digest }"),
];

/// The cases whose bundle or key cannot be read at all.
const UNREAD: [&str; 4] = [
    "bundle-malformed-json_fail",
    "bundle-negative-log-index_fail",
    "bundle-unknown-version_fail",
    "managed-key-wrong-key_fail",
];

#[test]
fn each_entry_of_the_suite_holds_or_fails_for_its_own_reason() {
    let Some(suite) = folder("sigstore-bundle-verify") else { return };
    let mut examined = 0;
    for folder in fs::read_dir(suite).unwrap().map(|found| found.unwrap().path()) {
        if !folder.is_dir() {
            continue;
        }
        let name = folder.file_name().unwrap().to_str().unwrap();
        let Some(case) = Case::of_suite(&folder) else {
            assert!(UNREAD.contains(&name), "{name} was not read");
            continue;
        };
        assert!(!UNREAD.contains(&name), "{name} was read");
        let found = case.judge(&case.entries[0]).map_err(|error| format!("{error:?}"));
        let expected = REFUSED.iter().find(|(refused, _)| *refused == name);
        let expected = expected.map_or(Ok(()), |(_, error)| Err((*error).to_owned()));
        assert_eq!(found, expected, "{name}");
        examined += 1;
    }
    aloud(&format!("FIGURE entries of the Sigstore suite as expected: {examined}"));
    assert!(examined > 50);
}

#[test]
fn the_proofs_of_a_refused_entry_are_told_each_on_its_own() {
    let Some(suite) = folder("sigstore-bundle-verify") else { return };
    let case = Case::of_suite(&suite.join("set-invalid-signature_fail")).unwrap();
    let outcome = case.outcome(&case.entries[0]);
    assert!(outcome.promise.unwrap().is_err());
    assert_eq!(outcome.inclusion.unwrap().unwrap().tree_size, 23_083_062);
    assert_eq!(outcome.body, Ok(()));
    assert_eq!(outcome.integrated_at, None, "a promise that fails proves no time");
    assert_eq!(outcome.log.unwrap().name, "https://rekor.sigstore.dev");
}

#[test]
fn entries_of_the_private_instance_hold_with_their_defaults_left_out() {
    let Some(mock) = folder("sigstore-mock") else { return };
    let root = fs::read_to_string(mock.join("trusted_root.json")).unwrap();
    for (name, artifact, expected) in [
        ("message", "artifact.txt", None),
        ("v1-intoto", "artifact.txt", None),
        ("pysign", "py_artifact.txt", None),
        (
            "bad-v1-dsse-noncanonical-body",
            "artifact.txt",
            Some("BodyMalformed(Shape { line: 1, column: 18 })"),
        ),
        (
            "bad-v2-dsse-index-mismatch",
            "artifact.txt",
            Some("BodyMalformed(Shape { line: 1, column: 5564 })"),
        ),
    ] {
        let bundle = mock.join(format!("{name}.sigstore.json"));
        let artifact = fs::read(mock.join(artifact)).unwrap();
        let case = Case::read(&bundle, &artifact, &root, None).unwrap();
        let outcome = case.outcome(&case.entries[0]);
        let error = outcome.judge(case.carrier).err().map(|error| format!("{error:?}"));
        assert_eq!(error.as_deref(), expected, "{name}");
        if name == "bad-v2-dsse-index-mismatch" {
            let inclusion = format!("{:?}", outcome.inclusion.unwrap());
            assert_eq!(inclusion, "Err(IndexOutsideTree { index: 668290, tree_size: 1 })");
        }
    }
}
