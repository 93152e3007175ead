//! Every part of good entries altered, one at a time.

use crate::vectors::{By, Case, Over, folder};
use referee_core::Timestamp;
use referee_verify::protocol::tlog::{Digests, Entry};

fn case(name: &str) -> Option<(Case, Entry)> {
    let case = Case::of_suite(&folder("sigstore-bundle-verify")?.join(name)).unwrap();
    let entry = case.entries[0].clone();
    assert_eq!(case.judge(&entry), Ok(()), "{name}");
    Some((case, entry))
}

const GOOD: [&str; 7] = [
    "happy-path-v0.1",
    "happy-path-v0.3-new-mediaType",
    "happy-path-intoto-in-dsse-v3",
    "intoto-with-custom-trust-root",
    "managed-key-happy-path",
    "rekor2-happy-path",
    "rekor2-checkpoint-cosigned",
];

/// The error of an altered entry, without its payload.
fn error(case: &Case, entry: &Entry) -> String {
    let error = case.judge(entry).expect_err("the altered entry holds");
    let text = format!("{error:?}");
    match text.strip_prefix("BodyMismatch { which: ") {
        Some(which) => format!("BodyMismatch:{}", which.trim_end_matches(" }")),
        None => text.split([' ', '(']).next().unwrap().to_owned(),
    }
}

type Change = (&'static str, fn(&mut Entry), &'static str);

fn refuses(name: &str, changes: &[Change]) {
    let Some((case, good)) = case(name) else { return };
    for (what, change, expected) in changes {
        let mut entry = good.clone();
        change(&mut entry);
        assert_ne!(entry, good, "{name}: {what}");
        assert_eq!(error(&case, &entry), *expected, "{name}: {what}");
    }
}

fn later(entry: &mut Entry) {
    let seconds = entry.integrated_time.unwrap().unix_seconds();
    entry.integrated_time = Timestamp::from_unix_seconds(seconds + 1);
}

fn proof(entry: &mut Entry) -> &mut referee_verify::protocol::tlog::InclusionProof {
    entry.proof.as_mut().unwrap()
}

fn in_note(entry: &mut Entry, from: &str, to: &str) {
    let note = &mut proof(entry).checkpoint;
    *note = note.replacen(from, to, 1);
}

fn in_body(entry: &mut Entry, from: &str, to: &str) {
    let body = String::from_utf8(entry.canonicalized_body.clone()).unwrap();
    entry.canonicalized_body = body.replacen(from, to, 1).into_bytes();
}

const OF_V1: [Change; 17] = [
    ("index of the entry", |e| e.log_index += 1, "PromiseInvalid"),
    ("time", later, "PromiseInvalid"),
    ("no time", |e| e.integrated_time = None, "PromiseWithoutTime"),
    (
        "time before the log",
        |e| e.integrated_time = Timestamp::from_unix_seconds(1),
        "OutsideLogValidity",
    ),
    ("id of the log", |e| e.log_id[0] ^= 1, "UnknownLog"),
    ("id of the log cut", |e| e.log_id.truncate(31), "UnknownLog"),
    ("promise", |e| e.promise.as_mut().unwrap()[20] ^= 1, "PromiseInvalid"),
    ("promise emptied", |e| e.promise = Some(Vec::new()), "PromiseInvalid"),
    ("kind", |e| e.kind = "rekord".into(), "BodyKindUnsupported"),
    ("kind unknown", |e| e.kind = "helm".into(), "BodyKindUnsupported"),
    ("size in the proof", |e| proof(e).tree_size += 1, "CheckpointSize"),
    ("root in the proof", |e| proof(e).root_hash[0] ^= 1, "CheckpointRoot"),
    ("root in the proof left out", |e| proof(e).root_hash.clear(), "CheckpointRoot"),
    ("no checkpoint", |e| proof(e).checkpoint.clear(), "CheckpointMissing"),
    ("origin", |e| in_note(e, " - ", " -- "), "CheckpointOrigin"),
    (
        "name of the signature",
        |e| in_note(e, "\u{2014} rekor", "\u{2014} r3kor"),
        "CheckpointUnsigned",
    ),
    ("extension", |e| in_note(e, "=\n", "=\nx\n"), "CheckpointSignature"),
];

#[test]
fn an_altered_entry_of_rekor_v1_is_refused_for_what_was_altered() {
    for name in ["happy-path-v0.1", "happy-path-v0.3-new-mediaType"] {
        refuses(name, &OF_V1);
    }
    let proofs: [Change; 6] = [
        ("index in the proof", |e| proof(e).log_index -= 1, "ProofLength"),
        ("index past the tree", |e| proof(e).log_index += 1, "IndexOutsideTree"),
        ("hash", |e| proof(e).hashes[3][31] ^= 0x80, "ProofInvalid"),
        ("hash cut", |e| proof(e).hashes[3].truncate(31), "ProofHash"),
        ("hash left out", |e| drop(proof(e).hashes.pop()), "ProofLength"),
        ("hashes swapped", |e| proof(e).hashes.swap(0, 1), "ProofInvalid"),
    ];
    refuses("happy-path-v0.3-new-mediaType", &proofs);
}

#[test]
fn an_altered_entry_of_rekor_v2_is_refused_for_what_was_altered() {
    let changes: [Change; 12] = [
        ("index", |e| e.log_index -= 1, "IndexMismatch"),
        (
            "index, the proof's left out",
            |e| (e.log_index, proof(e).log_index) = (734, 0),
            "ProofInvalid",
        ),
        ("index past the tree", |e| e.log_index += 1, "IndexOutsideTree"),
        ("index in the proof", |e| proof(e).log_index -= 1, "IndexMismatch"),
        ("size in the proof", |e| proof(e).tree_size += 1, "CheckpointSize"),
        ("root in the proof", |e| proof(e).root_hash[0] ^= 1, "CheckpointRoot"),
        ("hash", |e| proof(e).hashes[0][0] ^= 1, "ProofInvalid"),
        ("a promise", |e| e.promise = Some(vec![1]), "PromiseUnexpected"),
        ("no proof", |e| e.proof = None, "ProofMissing"),
        ("size in the checkpoint", |e| in_note(e, "\n736\n", "\n737\n"), "CheckpointSignature"),
        ("origin", |e| in_note(e, "log2025", "log2026"), "CheckpointOrigin"),
        ("key id", |e| in_note(e, " 8w1amd", " 9w1amd"), "CheckpointUnsigned"),
    ];
    for name in ["rekor2-happy-path", "rekor2-checkpoint-cosigned"] {
        refuses(name, &changes);
    }
}

#[test]
fn what_rekor_v2_repeats_may_be_left_out() {
    let Some((case, mut entry)) = case("rekor2-happy-path") else { return };
    let own = proof(&mut entry);
    (own.log_index, own.tree_size) = (0, 0);
    own.root_hash.clear();
    assert_eq!(case.judge(&entry), Ok(()));
}

#[test]
fn a_body_about_something_else_is_refused_by_what_differs() {
    let changes: [Change; 5] = [
        ("digest", |e| in_body(e, r#""value":"a0"#, r#""value":"b0"#), "BodyMismatch:Digest"),
        ("digest not hex", |e| in_body(e, r#""value":"a0"#, r#""value":"A0"#), "BodyMalformed"),
        (
            "signature",
            |e| in_body(e, r#""content":"ME"#, r#""content":"MF"#),
            "BodyMismatch:Signature",
        ),
        ("kind", |e| in_body(e, "hashedrekord", "rekord"), "BodyMismatch:Kind"),
        ("a field more", |e| in_body(e, r#"{"data":"#, r#"{"x":1,"data":"#), "BodyMalformed"),
    ];
    refuses("happy-path-v0.1", &changes);
    let changes: [Change; 3] = [
        (
            "signature",
            |e| in_body(e, r#""signature":"ME"#, r#""signature":"MF"#),
            "BodyMismatch:Signature",
        ),
        ("kind", |e| in_body(e, r#""kind":"dsse""#, r#""kind":"intoto""#), "BodyMismatch:Kind"),
        (
            "payload hash by another algorithm",
            |e| {
                in_body(
                    e,
                    r#""payloadHash":{"algorithm":"sha256""#,
                    r#""payloadHash":{"algorithm":"md5""#,
                )
            },
            "BodyMalformed",
        ),
    ];
    refuses("happy-path-intoto-in-dsse-v3", &changes);
    let changes: [Change; 4] = [
        ("digest", |e| in_body(e, r#""digest":"oM"#, r#""digest":"pM"#), "BodyMismatch:Digest"),
        ("key details", |e| in_body(e, "P256_SHA_256", "P384_SHA_384"), "BodyMalformed"),
        ("key details unknown", |e| in_body(e, "PKIX_ECDSA", "PKIX_ECDSB"), "BodyMalformed"),
        (
            "certificate",
            |e| in_body(e, r#""rawBytes":"MI"#, r#""rawBytes":"MJ"#),
            "BodyMismatch:Verifier",
        ),
    ];
    refuses("rekor2-happy-path", &changes);
}

#[test]
fn an_entry_does_not_hold_for_another_signature_verifier_or_content() {
    for name in GOOD {
        let Some((good, entry)) = case(name) else { return };
        let mut case = good.clone();
        case.signature[9] ^= 1;
        assert_eq!(error(&case, &entry), "BodyMismatch:Signature", "{name}");
        let mut case = good.clone();
        case.verifier = match case.verifier {
            By::Certificate(mut der) => {
                *der.last_mut().unwrap() ^= 1;
                By::Certificate(der)
            }
            By::Key(_) => By::Certificate(vec![1, 2, 3]),
        };
        assert_eq!(error(&case, &entry), "BodyMismatch:Verifier", "{name}");
        let mut case = good.clone();
        let expected = match &mut case.content {
            Over::Message(digests) => {
                *digests = Digests::of(b"another artifact");
                "BodyMismatch:Digest"
            }
            Over::Envelope(envelope) => {
                envelope.payload.push(b' ');
                "BodyMismatch:Payload"
            }
        };
        assert_eq!(error(&case, &entry), expected, "{name}");
    }
}

/// One bit of every byte of every part; of the body, which is long, of every seventh. The lines of
/// witnesses are not judged, and left out.
#[test]
fn no_bit_of_a_good_entry_can_be_changed() {
    for name in GOOD {
        let Some((case, good)) = case(name) else { return };
        let refused = |entry: &Entry, what: &str, at: usize| {
            assert!(case.judge(entry).is_err(), "{name}: {what} at {at}");
        };
        for at in (0..good.canonicalized_body.len()).step_by(7) {
            let mut entry = good.clone();
            entry.canonicalized_body[at] ^= 1;
            refused(&entry, "body", at);
        }
        for at in 0..good.promise.as_ref().map_or(0, Vec::len) {
            let mut entry = good.clone();
            entry.promise.as_mut().unwrap()[at] ^= 1;
            refused(&entry, "promise", at);
        }
        let proof = good.proof.as_ref().unwrap();
        for (number, hash) in proof.hashes.iter().enumerate() {
            for at in 0..hash.len() {
                let mut entry = good.clone();
                entry.proof.as_mut().unwrap().hashes[number][at] ^= 1;
                refused(&entry, "hash", at);
            }
        }
        let end = proof.checkpoint.find("\u{2014} witness").unwrap_or(proof.checkpoint.len());
        for at in 0..end {
            let mut note = proof.checkpoint.clone().into_bytes();
            note[at] ^= 1;
            let Ok(note) = String::from_utf8(note) else { continue };
            let mut entry = good.clone();
            entry.proof.as_mut().unwrap().checkpoint = note;
            refused(&entry, "checkpoint", at);
        }
    }
}
