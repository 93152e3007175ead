//! Signed certificate timestamps by logs made at run time.

use super::support::{Authority, extension, key, plain, time};
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use der::Encode as _;
use der::asn1::OctetString;
use rcgen::{KeyPair, SerialNumber};
use referee_verify::PublicKey;
use referee_verify::primitive::memory::Memory;
use referee_verify::primitive::x509::Certificate;
use referee_verify::protocol::log_key::LogKey;
use referee_verify::protocol::sct::{MAX_TIMESTAMPS, Sct, SctError, verify};
use sha2::{Digest as _, Sha256};
use std::slice::from_ref;

/// 2026-01-01T00:00:00.5Z
const TIME: u64 = 1_767_225_600_500;

struct Log {
    pair: EcdsaKeyPair,
    key: LogKey,
}

impl Log {
    fn new(name: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let spki: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        let key = LogKey {
            id: Sha256::digest(spki.as_ref()).into(),
            key: PublicKey::from_spki(spki.as_ref()).unwrap(),
            valid_from: None,
            valid_until: None,
            name: name.to_owned(),
        };
        Self { pair, key }
    }

    /// A timestamp, with its length in front, over a precertificate by this issuer.
    fn timestamp(&self, issuer: &Certificate, precertificate: &[u8]) -> Vec<u8> {
        let length = u32::try_from(precertificate.len()).unwrap().to_be_bytes();
        let message = [
            &[0, 0],
            &TIME.to_be_bytes()[..],
            &[0, 1],
            Sha256::digest(issuer.spki_der()).as_slice(),
            &length[1..],
            precertificate,
            &[0, 0],
        ]
        .concat();
        let signature = self.pair.sign(&SystemRandom::new(), &message).unwrap();
        let content = [
            &[0],
            &self.key.id[..],
            &TIME.to_be_bytes(),
            &[0, 0],
            &[4, 3],
            &opaque(signature.as_ref()),
        ];
        opaque(&content.concat())
    }
}

/// Bytes behind their length in two bytes.
fn opaque(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat()
}

struct Maker {
    root: Authority,
    key: KeyPair,
}

impl Maker {
    fn new() -> Self {
        Self { root: Authority::root("root", plain), key: key() }
    }

    fn issuer(&self) -> &Certificate {
        &self.root.certificate
    }

    /// The leaf with this content of the extension, or without it.
    fn leaf(&self, content: Option<&[u8]>) -> Certificate {
        self.root.leaf_of(&self.key, |leaf| {
            leaf.serial_number = Some(SerialNumber::from_slice(&[7]));
            let other = extension(&[1, 2, 3, 4], false, &[5, 0]);
            let list = content
                .map(|content| extension(&[1, 3, 6, 1, 4, 1, 11_129, 2, 4, 2], false, content));
            leaf.custom_extensions = list.into_iter().chain([other]).collect();
        })
    }

    /// The leaf with these timestamps.
    fn with(&self, timestamps: &[&[u8]]) -> Certificate {
        let list = opaque(&timestamps.concat());
        self.leaf(Some(&OctetString::new(list).unwrap().to_der().unwrap()))
    }

    fn timestamp(&self, log: &Log) -> Vec<u8> {
        log.timestamp(self.issuer(), self.leaf(None).tbs_der())
    }

    fn verify(&self, timestamps: &[&[u8]], logs: &[LogKey]) -> Result<Sct, SctError> {
        verify(&self.with(timestamps), self.issuer(), logs, &Memory::default())
    }
}

/// The timestamp with the byte at this place changed, the first two being its length.
fn changed(timestamp: &[u8], at: usize, byte: u8) -> Vec<u8> {
    let mut timestamp = timestamp.to_vec();
    timestamp[at] = byte;
    timestamp
}

#[test]
fn a_timestamp_of_a_known_log_says_when_it_was_told() {
    let (maker, log) = (Maker::new(), Log::new("log"));
    let found = maker.verify(&[&maker.timestamp(&log)], from_ref(&log.key)).unwrap();
    let time = time("2026-01-01T00:00:00.5Z");
    assert_eq!(found, Sct { log_id: log.key.id, log: "log".to_owned(), time });
}

#[test]
fn without_a_timestamp_nobody_was_told() {
    let (maker, log) = (Maker::new(), Log::new("log"));
    let logs = [log.key.clone()];
    let leaf = maker.leaf(None);
    let memory = Memory::default();
    assert_eq!(verify(&leaf, maker.issuer(), &logs, &memory), Err(SctError::Missing));
    assert_eq!(maker.verify(&[], &logs), Err(SctError::Missing));
}

#[test]
fn lists_that_are_malformed_are_refused() {
    let (maker, log) = (Maker::new(), Log::new("log"));
    let logs = [log.key.clone()];
    let good = maker.timestamp(&log);
    let malformed = |structure| Err(SctError::Malformed { structure });
    let list = malformed("SignedCertificateTimestampList");
    assert_eq!(maker.verify(&[&good, &[0]], &logs), list);
    assert_eq!(maker.verify(&[&good, &[0, 9, 1]], &logs), list);
    let one = malformed("SignedCertificateTimestamp");
    assert_eq!(maker.verify(&[&good, &[0, 0]], &logs), one);
    // Of version 2.
    assert_eq!(maker.verify(&[&changed(&good, 2, 1)], &logs), one);
    // In the year 292 million.
    assert_eq!(maker.verify(&[&changed(&good, 35, 0x7f)], &logs), one);
    // With a byte after the signature.
    let longer = opaque(&[&good[2..], &[0]].concat());
    assert_eq!(maker.verify(&[&longer], &logs), one);
    for (content, structure) in [
        (&[5, 0][..], "OCTET STRING"),
        (&[4, 1, 0], "SignedCertificateTimestampList"),
        (&[4, 3, 0, 0, 0], "SignedCertificateTimestampList"),
    ] {
        let leaf = maker.leaf(Some(content));
        let result = verify(&leaf, maker.issuer(), &logs, &Memory::default());
        assert_eq!(result, malformed(structure));
    }
    let many = vec![&good[..]; MAX_TIMESTAMPS + 1];
    assert_eq!(maker.verify(&many, &logs), Err(SctError::TooMany { limit: MAX_TIMESTAMPS }));
    assert!(maker.verify(&many[1..], &logs).is_ok());
}

#[test]
fn a_log_that_nobody_trusts_says_nothing() {
    let (maker, log, other) = (Maker::new(), Log::new("log"), Log::new("other"));
    let (good, unknown) = (maker.timestamp(&log), maker.timestamp(&other));
    let refused = Err(SctError::UnknownLog { log_id: other.key.id });
    assert_eq!(maker.verify(&[&unknown], from_ref(&log.key)), refused);
    for both in [[&good[..], &unknown], [&unknown, &good]] {
        let found = maker.verify(&both, from_ref(&log.key)).unwrap();
        assert_eq!(found.log, "log");
    }
}

#[test]
fn a_log_is_believed_only_while_it_is_trusted() {
    let (maker, log) = (Maker::new(), Log::new("log"));
    let good = maker.timestamp(&log);
    let during = |from: Option<&str>, until: Option<&str>| {
        let (valid_from, valid_until) = (from.map(time), until.map(time));
        maker.verify(&[&good], &[LogKey { valid_from, valid_until, ..log.key.clone() }])
    };
    let exactly = Some("2026-01-01T00:00:00.5Z");
    assert!(during(exactly, exactly).is_ok());
    let outside = SctError::OutsideLogValidity {
        log: "log".to_owned(),
        time: time("2026-01-01T00:00:00.5Z"),
    };
    assert_eq!(during(Some("2026-01-01T00:00:01Z"), None), Err(outside.clone()));
    assert_eq!(during(None, Some("2026-01-01T00:00:00Z")), Err(outside));
}

#[test]
fn a_signature_is_over_this_certificate_by_this_issuer_at_this_time() {
    let (maker, log) = (Maker::new(), Log::new("log"));
    let logs = [log.key.clone()];
    let invalid = Err(SctError::SignatureInvalid { log: "log".to_owned() });
    let good = maker.timestamp(&log);
    // Another millisecond.
    assert_eq!(maker.verify(&[&changed(&good, 42, good[42] ^ 1)], &logs), invalid);
    // Another issuer, another certificate.
    let other = Maker::new();
    let leaf = maker.with(&[&good]);
    assert_eq!(verify(&leaf, other.issuer(), &logs, &Memory::default()), invalid);
    assert_eq!(maker.verify(&[&other.timestamp(&log)], &logs), invalid);
    // Another log under this one's id.
    let impostor = LogKey { key: Log::new("x").key.key, ..log.key.clone() };
    assert_eq!(maker.verify(&[&good], &[impostor]), invalid);
}

#[test]
fn a_known_log_that_fails_is_not_outvoted() {
    let (maker, log, other) = (Maker::new(), Log::new("log"), Log::new("other"));
    let good = maker.timestamp(&log);
    let bad = Maker::new().timestamp(&other);
    let invalid = Err(SctError::SignatureInvalid { log: "other".to_owned() });
    for both in [[&good[..], &bad], [&bad, &good]] {
        assert_eq!(maker.verify(&both, &[log.key.clone(), other.key.clone()]), invalid);
    }
}

#[test]
fn an_algorithm_has_to_be_the_logs() {
    let (maker, log) = (Maker::new(), Log::new("log"));
    let good = maker.timestamp(&log);
    // The hash stands after length, version, id, time and extensions.
    for (hash, signature) in [(2, 3), (5, 3), (4, 1), (0, 0)] {
        let stated = changed(&changed(&good, 45, hash), 46, signature);
        let refused = SctError::Algorithm { log: "log".to_owned(), hash, signature };
        assert_eq!(maker.verify(&[&stated], from_ref(&log.key)), Err(refused));
    }
}
