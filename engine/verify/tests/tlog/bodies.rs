//! What stands in the log, against what was signed: kinds and forms that no bundle beside the
//! repository shows.

use crate::made::{ARTIFACT, CERTIFICATE, Log, SIGNATURE, hashed_rekord, pem};
use crate::vectors::now;
use data_encoding::{BASE64, HEXLOWER};
use referee_verify::PublicKey;
use referee_verify::envelope::dsse::Envelope;
use referee_verify::primitive::memory::Memory;
use referee_verify::protocol::tlog::{
    BodyProblem, Content, Digests, Kind, LogError, Signed, Verifier, Which, verify,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};

const PAYLOAD: &[u8] = b"{}";
const SECOND: &[u8] = b"second";
const WRITTEN: &[u8] = b"the envelope as it was sent";

fn judge(body: &Value, verifier: Verifier<'_>, content: Content<'_>) -> Result<(), LogError> {
    let (kind, version) = (&body["kind"], &body["apiVersion"]);
    let log = Log::v1();
    let entry = log.entry(kind.as_str().unwrap(), version.as_str().unwrap(), body);
    let signed = Signed { signature: SIGNATURE, verifier, content };
    verify(&entry, &signed, &[], now(), &Memory::default()).body
}

fn message(body: &Value) -> Result<(), LogError> {
    judge(body, Verifier::Certificate(CERTIFICATE), Content::Message(&Digests::of(ARTIFACT)))
}

fn envelope(signatures: &[&[u8]]) -> Envelope {
    Envelope {
        payload: PAYLOAD.to_vec(),
        payload_type: "type".to_owned(),
        signatures: signatures.iter().map(|signature| Some(signature.to_vec())).collect(),
    }
}

fn over(body: &Value, signatures: &[&[u8]], written: Option<&[u8]>) -> Result<(), LogError> {
    let envelope = envelope(signatures);
    let content = Content::Envelope { envelope: &envelope, written };
    judge(body, Verifier::Certificate(CERTIFICATE), content)
}

fn mismatch(which: Which) -> Result<(), LogError> {
    Err(LogError::BodyMismatch { which })
}

fn hex(bytes: &[u8]) -> Value {
    json!({"algorithm": "sha256", "value": HEXLOWER.encode(&Sha256::digest(bytes))})
}

fn dsse(signatures: &[&[u8]]) -> Value {
    let item = |signature: &&[u8]| json!({"signature": BASE64.encode(signature), "verifier": pem(CERTIFICATE)});
    let signatures: Vec<_> = signatures.iter().map(item).collect();
    json!({"apiVersion": "0.0.1", "kind": "dsse", "spec": {
        "envelopeHash": hex(WRITTEN), "payloadHash": hex(PAYLOAD), "signatures": signatures,
    }})
}

fn dsse_v2(signatures: &[&[u8]]) -> Value {
    let item = |signature: &&[u8]| {
        json!({"content": BASE64.encode(signature), "verifier": {
            "keyDetails": "PKIX_ECDSA_P256_SHA_256",
            "x509Certificate": {"rawBytes": BASE64.encode(CERTIFICATE)},
        }})
    };
    let signatures: Vec<_> = signatures.iter().map(item).collect();
    json!({"apiVersion": "0.0.2", "kind": "dsse", "spec": {"dsseV002": {
        "payloadHash": {"algorithm": "SHA2_256", "digest": BASE64.encode(&Sha256::digest(PAYLOAD))},
        "signatures": signatures,
    }}})
}

fn intoto_v1() -> Value {
    json!({"apiVersion": "0.0.1", "kind": "intoto", "spec": {
        "content": {"hash": hex(WRITTEN), "payloadHash": hex(PAYLOAD)},
        "publicKey": pem(CERTIFICATE),
    }})
}

fn intoto_v2() -> Value {
    let signature = BASE64.encode(BASE64.encode(SIGNATURE).as_bytes());
    json!({"apiVersion": "0.0.2", "kind": "intoto", "spec": {"content": {
        "envelope": {
            "payloadType": "type",
            "signatures": [{"keyid": "", "sig": signature, "publicKey": pem(CERTIFICATE)}],
        },
        "hash": hex(WRITTEN), "payloadHash": hex(PAYLOAD),
    }}})
}

#[test]
fn an_entry_with_all_signatures_of_an_envelope_has_exactly_those() {
    for logged in [dsse, dsse_v2] {
        let (one, both) = (logged(&[SIGNATURE]), logged(&[SECOND, SIGNATURE]));
        assert_eq!(over(&one, &[SIGNATURE], None), Ok(()));
        assert_eq!(over(&both, &[SIGNATURE, SECOND], None), Ok(()));
        assert_eq!(over(&one, &[SIGNATURE, SECOND], None), mismatch(Which::Signatures));
        assert_eq!(over(&both, &[SIGNATURE], None), mismatch(Which::Signatures));
        assert_eq!(over(&logged(&[SECOND]), &[SECOND], None), mismatch(Which::Signature));
        assert_eq!(over(&logged(&[]), &[SIGNATURE], None), mismatch(Which::Signature));
    }
}

#[test]
fn an_envelope_as_it_was_sent_is_held_against_its_digest() {
    for body in [dsse(&[SIGNATURE]), intoto_v2(), intoto_v1()] {
        assert_eq!(over(&body, &[SIGNATURE], Some(WRITTEN)), Ok(()), "{body}");
        let other = over(&body, &[SIGNATURE], Some(b"other"));
        assert_eq!(other, mismatch(Which::Envelope), "{body}");
    }
    let kind = Kind::IntotoV001;
    let error = LogError::BodyKindUnfit { kind, content: "this DSSE envelope" };
    assert_eq!(over(&intoto_v1(), &[SIGNATURE], None), Err(error));
    assert_eq!(over(&intoto_v1(), &[SECOND], Some(WRITTEN)), mismatch(Which::Signature));
}

#[test]
fn an_entry_of_intoto_names_payload_and_its_type() {
    let mut body = intoto_v2();
    let logged = &mut body["spec"]["content"]["envelope"];
    logged["payload"] = BASE64.encode(BASE64.encode(PAYLOAD).as_bytes()).into();
    assert_eq!(over(&body, &[SIGNATURE], None), Ok(()));
    body["spec"]["content"]["envelope"]["payload"] = BASE64.encode(b"e30K").into();
    assert_eq!(over(&body, &[SIGNATURE], None), mismatch(Which::Payload));
    let mut body = intoto_v2();
    body["spec"]["content"]["envelope"]["payloadType"] = "another".into();
    assert_eq!(over(&body, &[SIGNATURE], None), mismatch(Which::PayloadType));
    let mut body = intoto_v2();
    body["spec"]["content"]["payloadHash"] = hex(b"another");
    assert_eq!(over(&body, &[SIGNATURE], None), mismatch(Which::Payload));
    let mut body = intoto_v1();
    body["spec"]["content"]["payloadHash"] = hex(b"another");
    assert_eq!(over(&body, &[SIGNATURE], Some(WRITTEN)), mismatch(Which::Payload));
    body["spec"]["content"].as_object_mut().unwrap().remove("payloadHash");
    assert_eq!(over(&body, &[SIGNATURE], Some(WRITTEN)), Ok(()), "old entries have none");
}

#[test]
fn each_kind_is_for_its_own_content() {
    let unfit = |kind, content| Err(LogError::BodyKindUnfit { kind, content });
    let of_message = "the signature of a message";
    assert_eq!(message(&dsse(&[SIGNATURE])), unfit(Kind::DsseV001, of_message));
    assert_eq!(message(&dsse_v2(&[SIGNATURE])), unfit(Kind::DsseV002, of_message));
    assert_eq!(message(&intoto_v1()), unfit(Kind::IntotoV001, of_message));
    assert_eq!(message(&intoto_v2()), unfit(Kind::IntotoV002, of_message));
    let found = over(&hashed_rekord(), &[SIGNATURE], Some(WRITTEN));
    assert_eq!(found, unfit(Kind::HashedRekordV001, "this DSSE envelope"));
}

#[test]
fn a_digest_is_compared_by_its_own_algorithm() {
    let mut body = hashed_rekord();
    let value = HEXLOWER.encode(&Sha512::digest(ARTIFACT));
    body["spec"]["data"]["hash"] = json!({"algorithm": "sha512", "value": value});
    assert_eq!(message(&body), Ok(()));
    let digests = Digests { sha512: None, ..Digests::of(ARTIFACT) };
    let content = Content::Message(&digests);
    let found = judge(&body, Verifier::Certificate(CERTIFICATE), content);
    assert_eq!(found, Err(LogError::DigestUnknown { algorithm: "SHA-512" }));
    body["spec"]["data"]["hash"]["algorithm"] = "sha384".into();
    assert_eq!(message(&body), mismatch(Which::Digest));
    body["spec"]["data"]["hash"]["algorithm"] = "sha1".into();
    let (field, found) = ("spec.data.hash", "sha1".to_owned());
    let problem = BodyProblem::Algorithm { field, found };
    assert_eq!(message(&body), Err(LogError::BodyMalformed(problem)));
    let mut body = dsse(&[SIGNATURE]);
    let value = HEXLOWER.encode(&Sha512::digest(PAYLOAD));
    body["spec"]["payloadHash"] = json!({"algorithm": "sha512", "value": value});
    let (field, found) = ("spec.payloadHash", "sha512".to_owned());
    let problem = BodyProblem::Algorithm { field, found };
    assert_eq!(over(&body, &[SIGNATURE], None), Err(LogError::BodyMalformed(problem)));
}

#[test]
fn a_key_is_compared_by_its_id_and_never_with_a_certificate() {
    let log = Log::v1();
    let (key, other) = (log.key.key, Log::v1().key.key);
    let digests = Digests::of(ARTIFACT);
    let content = Content::Message(&digests);
    let text = |key: &str| BASE64.encode(key.as_bytes());
    let known = include_str!("../data/p256.pem");
    let compressed = include_str!("../data/p256-compressed.pem");
    let mut body = hashed_rekord();
    let trusted = PublicKey::from_pem(known).unwrap();
    for written in [known, compressed] {
        body["spec"]["signature"]["publicKey"]["content"] = text(written).into();
        assert_eq!(judge(&body, Verifier::Key(&trusted), content), Ok(()));
        for other in [&key, &other] {
            let found = judge(&body, Verifier::Key(other), content);
            assert_eq!(found, mismatch(Which::Verifier));
        }
        assert_eq!(message(&body), mismatch(Which::Verifier));
    }
    let found = judge(&hashed_rekord(), Verifier::Key(&trusted), content);
    assert_eq!(found, mismatch(Which::Verifier));
}

#[test]
fn of_a_chain_the_first_certificate_is_the_verifier() {
    let chain = |ders: [&[u8]; 2]| {
        let blocks = ders.map(|der| BASE64.decode(pem(der).as_bytes()).unwrap());
        BASE64.encode(&blocks.concat())
    };
    let mut body = hashed_rekord();
    body["spec"]["signature"]["publicKey"]["content"] = chain([CERTIFICATE, b"issuer"]).into();
    assert_eq!(message(&body), Ok(()));
    body["spec"]["signature"]["publicKey"]["content"] = chain([b"issuer", CERTIFICATE]).into();
    assert_eq!(message(&body), mismatch(Which::Verifier));
}

#[test]
fn rekord_is_of_the_format_that_cosign_wrote() {
    let mut body = hashed_rekord();
    body["kind"] = "rekord".into();
    for (format, holds) in [(json!("x509"), true), (json!("pgp"), false), (Value::Null, false)] {
        body["spec"]["signature"]["format"] = format.clone();
        let found = format.as_str().unwrap_or_default().to_owned();
        let problem = BodyProblem::Algorithm { field: "spec.signature.format", found };
        let expected = if holds { Ok(()) } else { Err(LogError::BodyMalformed(problem)) };
        assert_eq!(message(&body), expected, "{format}");
    }
}

#[test]
fn hostile_bodies_are_malformed() {
    let log = Log::v1();
    let digests = Digests::of(ARTIFACT);
    let good = hashed_rekord().to_string();
    let (head, _) = good.split_once(r#","spec""#).unwrap();
    for body in [
        String::new(),
        "[".repeat(100_000),
        "null".to_owned(),
        "{}".to_owned(),
        format!("{good}x"),
        good.replace(r#""kind":"#, r#""kind":"hashedrekord","kind":"#),
        good.replace(r#""hash":"#, r#""hash":{},"hash":"#),
        good.replace(r#""value":"#, r#""value":"","value":"#),
        format!(r#"{head},"other":1}}"#),
        format!("{head}}}"),
        good.replace(r#""content":"c2"#, r#""content":"*2"#),
        good.replace(&pem(CERTIFICATE), "AAAA"),
        good.replace(&pem(CERTIFICATE), "/w=="),
    ] {
        let mut entry = log.entry_v1(now());
        entry.canonicalized_body = body.clone().into_bytes();
        let signed = Signed {
            signature: SIGNATURE,
            verifier: Verifier::Certificate(CERTIFICATE),
            content: Content::Message(&digests),
        };
        let found = verify(&entry, &signed, &[], now(), &Memory::default()).body;
        let shown: String = body.chars().take(300).collect();
        assert!(matches!(found, Err(LogError::BodyMalformed(_))), "{shown}: {found:?}");
    }
    let many: Vec<&[u8]> = vec![SIGNATURE; 101];
    let found = over(&dsse(&many), &[SIGNATURE], None);
    assert!(matches!(found, Err(LogError::BodyMalformed(BodyProblem::Shape { .. }))));
}

#[test]
fn a_verifier_of_rekor_v2_is_one_of_two() {
    let body = |verifier: Value| {
        let mut body = dsse_v2(&[SIGNATURE]);
        body["spec"]["dsseV002"]["signatures"][0]["verifier"] = verifier;
        over(&body, &[SIGNATURE], None)
    };
    let raw = json!({"rawBytes": BASE64.encode(CERTIFICATE)});
    let details = "PKIX_ED25519_PH";
    let certificate = json!({"keyDetails": details, "x509Certificate": raw});
    assert_eq!(body(certificate), Ok(()));
    let key = json!({"keyDetails": details, "publicKey": raw});
    assert_eq!(body(key), mismatch(Which::Verifier));
    let neither = Err(LogError::BodyMalformed(BodyProblem::Verifier));
    assert_eq!(body(json!({"keyDetails": details})), neither);
    let both = json!({"keyDetails": details, "publicKey": raw, "x509Certificate": raw});
    assert_eq!(body(both), neither);
}
