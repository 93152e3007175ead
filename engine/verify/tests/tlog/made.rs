//! Logs made here, for what no bundle shows.

use crate::vectors::now;
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use data_encoding::{BASE64, HEXLOWER};
use referee_core::Timestamp;
use referee_verify::PublicKey;
use referee_verify::primitive::memory::Memory;
use referee_verify::protocol::log_key::LogKey;
use referee_verify::protocol::tlog::{
    Carrier, Content, Digests, Entry, InclusionProof, LogError, Outcome, Signed, Verifier, verify,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sigstore_merkle::hash_leaf;

pub(crate) const SIGNATURE: &[u8] = b"signature";
pub(crate) const CERTIFICATE: &[u8] = b"certificate";
pub(crate) const ARTIFACT: &[u8] = b"artifact";

type Sign = Box<dyn Fn(&[u8]) -> Vec<u8>>;

/// A log with one entry.
pub(crate) struct Log {
    pub(crate) key: LogKey,
    sign: Sign,
}

impl Log {
    pub(crate) fn v1() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let spki = pair.public_key().as_der().unwrap().as_ref().to_vec();
        let sign = move |message: &[u8]| {
            pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
        };
        Self::new(&spki, Sha256::digest(&spki).into(), Box::new(sign))
    }

    pub(crate) fn v2() -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        let spki = pair.public_key().as_der().unwrap().as_ref().to_vec();
        let id = [b"log.example\n\x01", pair.public_key().as_ref()].concat();
        let sign = move |message: &[u8]| pair.sign(message).as_ref().to_vec();
        Self::new(&spki, Sha256::digest(id).into(), Box::new(sign))
    }

    fn new(spki: &[u8], id: [u8; 32], sign: Sign) -> Self {
        let key = PublicKey::from_spki(spki).unwrap();
        let name = "https://log.example:3000/".to_owned();
        Self { key: LogKey { id, key, valid_from: None, valid_until: None, name }, sign }
    }

    pub(crate) fn note(&self, text: &str, name: &str) -> String {
        format!("{text}\n{}", self.line(text, name))
    }

    pub(crate) fn line(&self, text: &str, name: &str) -> String {
        let signature = [&self.key.id[..4], &(self.sign)(text.as_bytes())].concat();
        format!("\u{2014} {name} {}\n", BASE64.encode(&signature))
    }

    /// Signs time and index of an entry.
    pub(crate) fn promise(&self, entry: &mut Entry) {
        let message = format!(
            r#"{{"body":"{}","integratedTime":{},"logID":"{}","logIndex":{}}}"#,
            BASE64.encode(&entry.canonicalized_body),
            entry.integrated_time.unwrap().unix_seconds(),
            HEXLOWER.encode(&self.key.id),
            entry.log_index
        );
        entry.promise = Some((self.sign)(message.as_bytes()));
    }

    pub(crate) fn entry(&self, kind: &str, version: &str, body: &serde_json::Value) -> Entry {
        let body = body.to_string().into_bytes();
        let root = hash_leaf(&body);
        Entry {
            log_index: 0,
            log_id: self.key.id.to_vec(),
            kind: kind.to_owned(),
            version: version.to_owned(),
            integrated_time: None,
            promise: None,
            proof: Some(InclusionProof {
                log_index: 0,
                root_hash: root.as_bytes().to_vec(),
                tree_size: 1,
                hashes: Vec::new(),
                checkpoint: String::new(),
            }),
            canonicalized_body: body,
        }
    }

    /// An entry of Rekor v1 with promise and proof.
    pub(crate) fn entry_v1(&self, at: Timestamp) -> Entry {
        let mut entry = self.entry("hashedrekord", "0.0.1", &hashed_rekord());
        entry.integrated_time = Some(at);
        entry.log_index = 7;
        self.promise(&mut entry);
        let text = self.text(&entry, "log.example - 12");
        entry.proof.as_mut().unwrap().checkpoint = self.note(&text, "log.example");
        entry
    }

    /// An entry of Rekor v2.
    pub(crate) fn entry_v2(&self) -> Entry {
        let body = json!({"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": {"hashedRekordV002": {
            "data": {"algorithm": "SHA2_256", "digest": BASE64.encode(&Sha256::digest(ARTIFACT))},
            "signature": {"content": BASE64.encode(SIGNATURE), "verifier": {
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                "x509Certificate": {"rawBytes": BASE64.encode(CERTIFICATE)},
            }},
        }}});
        let mut entry = self.entry("hashedrekord", "0.0.2", &body);
        let text = self.text(&entry, "log.example");
        entry.proof.as_mut().unwrap().checkpoint = self.note(&text, "log.example");
        entry
    }

    pub(crate) fn text(&self, entry: &Entry, origin: &str) -> String {
        let root = BASE64.encode(hash_leaf(&entry.canonicalized_body).as_bytes());
        format!("{origin}\n1\n{root}\n")
    }

    pub(crate) fn outcome(&self, entry: &Entry) -> Outcome<'_> {
        outcome(entry, std::slice::from_ref(&self.key))
    }

    fn judge(&self, entry: &Entry) -> Result<(), LogError> {
        self.outcome(entry).judge(Carrier::BundleV03)
    }
}

fn outcome<'a>(entry: &Entry, logs: &'a [LogKey]) -> Outcome<'a> {
    let digests = Digests::of(ARTIFACT);
    let signed = Signed {
        signature: SIGNATURE,
        verifier: Verifier::Certificate(CERTIFICATE),
        content: Content::Message(&digests),
    };
    verify(entry, &signed, logs, now(), &Memory::default())
}

pub(crate) fn pem(der: &[u8]) -> String {
    let text = BASE64.encode(der);
    BASE64.encode(
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n").as_bytes(),
    )
}

pub(crate) fn hashed_rekord() -> serde_json::Value {
    json!({"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": {
        "data": {"hash": {"algorithm": "sha256", "value": HEXLOWER.encode(&Sha256::digest(ARTIFACT))}},
        "signature": {"content": BASE64.encode(SIGNATURE), "publicKey": {"content": pem(CERTIFICATE)}},
    }})
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn the_time_of_a_promise_must_lie_in_the_validity_of_the_log_ends_included() {
    let mut log = Log::v1();
    let (from, until) = (at("2026-01-01T00:00:00Z"), at("2026-06-01T00:00:00Z"));
    (log.key.valid_from, log.key.valid_until) = (Some(from), Some(until));
    for (time, holds) in [
        ("2025-12-31T23:59:59Z", false),
        ("2026-01-01T00:00:00Z", true),
        ("2026-06-01T00:00:00Z", true),
        ("2026-06-01T00:00:01Z", false),
    ] {
        let outcome = log.outcome(&log.entry_v1(at(time)));
        let expected = LogError::OutsideLogValidity { log: log.key.name.clone(), at: at(time) };
        let expected = if holds { Ok(()) } else { Err(expected) };
        assert_eq!(outcome.promise, Some(expected), "{time}");
        assert_eq!(outcome.integrated_at.is_some(), holds, "{time}");
        assert_eq!(outcome.log.unwrap().id, log.key.id);
    }
}

#[test]
fn of_two_keys_of_one_id_the_one_of_that_time_counts() {
    let log = Log::v1();
    let (mut old, mut new) = (Log::v1().key, log.key.clone());
    old.id = log.key.id;
    old.valid_until = Some(at("2026-01-01T00:00:00Z"));
    new.valid_from = Some(at("2026-01-02T00:00:00Z"));
    let logs = [old, new];
    let entry = log.entry_v1(at("2026-03-01T00:00:00Z"));
    assert_eq!(outcome(&entry, &logs).judge(Carrier::BundleV03), Ok(()));
}

#[test]
fn a_time_that_is_still_to_come_proves_nothing() {
    let log = Log::v1();
    assert_eq!(log.judge(&log.entry_v1(now())), Ok(()));
    let later = Timestamp::from_unix_seconds(now().unix_seconds() + 1).unwrap();
    let outcome = log.outcome(&log.entry_v1(later));
    let error = LogError::TimeInFuture { at: later, now: now() };
    assert_eq!(outcome.promise, Some(Err(error)));
    assert_eq!(outcome.integrated_at, None);
}

#[test]
fn a_proof_alone_proves_no_time_and_needs_a_log_that_has_begun() {
    let mut log = Log::v1();
    let mut entry = log.entry_v1(at("2026-03-01T00:00:00Z"));
    entry.promise = None;
    let outcome = log.outcome(&entry);
    assert_eq!(outcome.judge(Carrier::BundleV03), Ok(()));
    assert_eq!(outcome.integrated_at, None);
    log.key.valid_until = Some(at("2026-01-01T00:00:00Z"));
    assert_eq!(log.judge(&entry), Ok(()), "when it was signed is for others to say");
    log.key.valid_from = Some(at("2027-01-01T00:00:00Z"));
    let error = LogError::OutsideLogValidity { log: log.key.name.clone(), at: now() };
    assert_eq!(log.judge(&entry), Err(error));
}

#[test]
fn the_checkpoint_must_be_signed_by_the_log_that_the_entry_names() {
    let (log, other) = (Log::v1(), Log::v1());
    let mut entry = log.entry_v1(now());
    let text = log.text(&entry, "log.example - 12");
    entry.proof.as_mut().unwrap().checkpoint = other.note(&text, "log.example");
    let logs = [log.key.clone(), other.key.clone()];
    let error = LogError::CheckpointUnsigned { log: log.key.name.clone() };
    assert_eq!(outcome(&entry, &logs).inclusion, Some(Err(error)));
}

#[test]
fn the_line_of_the_log_may_stand_anywhere_among_others() {
    let (log, other) = (Log::v2(), Log::v2());
    let mut entry = log.entry_v2();
    let text = log.text(&entry, "log.example");
    let mut note = format!("{text}\n");
    note += &other.line(&text, "witness.example");
    note += &other.line(&text, "log.example");
    let unsigned = note.clone();
    note += &log.line(&text, "log.example");
    note += &other.line("something else", "another.example");
    entry.proof.as_mut().unwrap().checkpoint = note;
    assert_eq!(log.judge(&entry), Ok(()));
    entry.proof.as_mut().unwrap().checkpoint = unsigned;
    let error = LogError::CheckpointUnsigned { log: log.key.name.clone() };
    assert_eq!(log.judge(&entry), Err(error));
}

#[test]
fn each_version_of_rekor_has_its_own_origin() {
    let v1 = Log::v1();
    let mut entry = v1.entry_v1(now());
    let text = v1.text(&entry, "log.example");
    entry.proof.as_mut().unwrap().checkpoint = v1.note(&text, "log.example");
    let found = "log.example".to_owned();
    let expected = "<name> - <tree id>".to_owned();
    assert_eq!(v1.judge(&entry), Err(LogError::CheckpointOrigin { expected, found }));

    let mut v2 = Log::v2();
    let mut entry = v2.entry_v2();
    let text = v2.text(&entry, "log.example - 12");
    entry.proof.as_mut().unwrap().checkpoint = v2.note(&text, "log.example");
    let (expected, found) = ("log.example".to_owned(), "log.example - 12".to_owned());
    assert_eq!(v2.judge(&entry), Err(LogError::CheckpointOrigin { expected, found }));
    v2.key.name = "no url".to_owned();
    let (expected, found) = ("no url".to_owned(), "log.example".to_owned());
    let error = LogError::CheckpointOrigin { expected, found };
    assert_eq!(v2.judge(&v2.entry_v2()), Err(error));
}

#[test]
fn a_line_of_the_log_that_is_not_its_signature_is_told_as_such() {
    let log = Log::v2();
    let mut entry = log.entry_v2();
    let text = log.text(&entry, "log.example");
    let note = format!("{text}\n{}", log.line("another text", "log.example"));
    entry.proof.as_mut().unwrap().checkpoint = note;
    let error = LogError::CheckpointSignature { log: log.key.name.clone() };
    assert_eq!(log.judge(&entry), Err(error));
}
