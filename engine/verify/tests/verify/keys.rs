//! Keys and signatures that openssl made; see `tests/data/make.sh`.

use referee_core::{Coded as _, Digest};
use referee_verify::PublicKey;
use referee_verify::primitive::signature::{Hash, Scheme};
use std::path::PathBuf;

fn data(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn pem(name: &str) -> String {
    String::from_utf8(data(name)).unwrap()
}

fn key(name: &str) -> PublicKey {
    PublicKey::from_pem(&pem(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The content of a PEM file.
fn der(name: &str) -> Vec<u8> {
    let text: String = pem(name).lines().filter(|line| !line.starts_with('-')).collect();
    data_encoding::BASE64.decode(text.as_bytes()).unwrap()
}

#[test]
fn what_openssl_signs_is_verified_by_the_scheme_it_was_signed_with() {
    let cases = [
        ("p256.pem", "p256-sha256.sig", "ecdsa-p256-sha256"),
        ("p256-compressed.pem", "p256-sha256.sig", "ecdsa-p256-sha256"),
        ("p384.pem", "p384-sha384.sig", "ecdsa-p384-sha384"),
        ("p384.pem", "p384-sha256.sig", "ecdsa-p384-sha256"),
        ("p521.pem", "p521-sha512.sig", "ecdsa-p521-sha512"),
        ("p521.pem", "p521-sha256.sig", "ecdsa-p521-sha256"),
        ("rsa-2048.pem", "rsa-2048-pkcs1-sha256.sig", "rsa-pkcs1-2048-sha256"),
        ("rsa-2048-pkcs1.pem", "rsa-2048-pkcs1-sha256.sig", "rsa-pkcs1-2048-sha256"),
        ("rsa-2048.pem", "rsa-2048-pkcs1-sha384.sig", "rsa-pkcs1-2048-sha384"),
        ("rsa-2048.pem", "rsa-2048-pkcs1-sha512.sig", "rsa-pkcs1-2048-sha512"),
        ("rsa-2048.pem", "rsa-2048-pss-sha256.sig", "rsa-pss-2048-sha256"),
        ("rsa-2048.pem", "rsa-2048-pss-sha256-max.sig", "rsa-pss-2048-sha256"),
        ("rsa-2048.pem", "rsa-2048-pss-sha384.sig", "rsa-pss-2048-sha384"),
        ("rsa-2048.pem", "rsa-2048-pss-sha512.sig", "rsa-pss-2048-sha512"),
        ("rsa-3072.pem", "rsa-3072-pkcs1-sha256.sig", "rsa-pkcs1-3072-sha256"),
        ("rsa-4096.pem", "rsa-4096-pkcs1-sha256.sig", "rsa-pkcs1-4096-sha256"),
        ("pss.pem", "pss-sha384.sig", "rsa-pss-2048-sha384"),
        ("pss-sha512.pem", "pss-sha512.sig", "rsa-pss-2048-sha512"),
        ("ed25519.pem", "ed25519.sig", "ed25519"),
    ];
    let message = data("message");
    for (name, signature, expected) in cases {
        let key = key(name);
        let signature = data(signature);
        let scheme = key.made(&message, &signature).unwrap_or_else(|| panic!("{name} {expected}"));
        assert_eq!(key.algorithm(scheme), expected, "{name}");
        assert!(key.verify(scheme, &message, &signature));
        if let Some(hash) = scheme.hash() {
            let made = key.made_over_hash(hash, &hash.of(&message), &signature);
            assert_eq!(made, Some(scheme), "{name}");
        }
    }
}

#[test]
fn schemes_outside_the_list_are_refused_though_the_mathematics_would_hold() {
    let message = data("message");
    for (name, signature) in [
        ("p256.pem", "p256-sha512.sig"),
        ("rsa-2048.pem", "rsa-2048-pkcs1-sha1.sig"),
        ("rsa-2048.pem", "rsa-2048-pss-sha1.sig"),
        ("rsa-2048.pem", "rsa-2048-pss-sha256-salt-7.sig"),
        // The key is restricted to SHA-512.
        ("pss-sha512.pem", "pss-sha384.sig"),
    ] {
        assert_eq!(key(name).made(&message, &data(signature)), None, "{signature}");
    }
}

#[test]
fn a_signature_does_not_verify_under_a_neighbouring_key_or_message() {
    let message = data("message");
    let signature = data("p256-sha256.sig");
    for name in ["p384.pem", "p521.pem", "ed25519.pem", "rsa-2048.pem", "pss.pem"] {
        assert_eq!(key(name).made(&message, &signature), None, "{name}");
    }
    assert_eq!(key("p256.pem").made(b"what is signed", &signature), None);
    assert_eq!(key("rsa-3072.pem").made(&message, &data("rsa-2048-pkcs1-sha256.sig")), None);
}

#[test]
fn malformed_signatures_are_refused_by_every_key() {
    let message = data("message");
    let names = ["p256.pem", "p384.pem", "p521.pem", "rsa-2048.pem", "pss.pem", "ed25519.pem"];
    let odd: [&[u8]; 9] = [
        b"",
        &[0],
        &[0x30],
        &[0x30, 0],
        &[0x30, 6, 2, 1, 0, 2, 1, 0],
        &[0x30, 6, 2, 1, 1, 2, 1, 1],
        &[0x30, 0x80, 2, 1, 1, 2, 1, 1, 0, 0],
        &[0; 64],
        &[0xff; 256],
    ];
    for name in names {
        let key = key(name);
        for signature in odd {
            assert_eq!(key.made(&message, signature), None, "{name} {signature:?}");
            assert_eq!(key.made(b"", signature), None, "{name} {signature:?}");
        }
    }
}

#[test]
fn an_ecdsa_signature_is_read_as_strict_der() {
    let message = data("message");
    let key = key("p256.pem");
    let good = data("p256-sha256.sig");
    assert!(key.made(&message, &good).is_some());
    let length = good[3];
    let (r, rest) = good[4..].split_at(usize::from(length));

    let mut trailing = good.clone();
    trailing.push(0);
    let mut padded = vec![0x30, good[1] + 1, 2, length + 1, 0];
    padded.extend_from_slice(r);
    padded.extend_from_slice(rest);
    let mut long_form = vec![0x30, 0x81, good[1]];
    long_form.extend_from_slice(&good[2..]);
    for (what, signature) in [
        ("bytes after it", trailing),
        ("truncated", good[..good.len() - 1].to_vec()),
        ("a leading zero", padded),
        ("a length in its long form", long_form),
    ] {
        assert_eq!(key.made(&message, &signature), None, "{what}");
    }
}

/// `n - s` for P-256 (SEC 2 section 2.4.2 has the order).
fn other_s(s: &[u8]) -> Vec<u8> {
    let order = data_encoding::HEXLOWER
        .decode(b"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
        .unwrap();
    let mut padded = vec![0; 32 - s.len()];
    padded.extend_from_slice(s);
    let mut borrow = 0i16;
    let mut result = vec![0u8; 32];
    for at in (0..32).rev() {
        let difference = i16::from(order[at]) - i16::from(padded[at]) - borrow;
        borrow = i16::from(difference < 0);
        result[at] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    result
}

#[test]
fn both_values_of_s_verify_as_cosign_accepts_them() {
    let message = data("message");
    let good = data("p256-sha256.sig");
    let (r, rest) = good[4..].split_at(usize::from(good[3]));
    let s: Vec<u8> = rest[2..].iter().copied().skip_while(|byte| *byte == 0).collect();
    let mut other: Vec<u8> = other_s(&s).into_iter().skip_while(|byte| *byte == 0).collect();
    if other[0] >= 0x80 {
        other.insert(0, 0);
    }
    let mut body = vec![2, good[3]];
    body.extend_from_slice(r);
    body.push(2);
    body.push(u8::try_from(other.len()).unwrap());
    body.extend_from_slice(&other);
    let mut signature = vec![0x30, u8::try_from(body.len()).unwrap()];
    signature.extend_from_slice(&body);
    assert_ne!(signature, good);
    assert!(key("p256.pem").made(&message, &signature).is_some());
}

#[test]
fn the_id_is_the_digest_of_the_subject_public_key_info() {
    for name in ["p256.pem", "p384.pem", "p521.pem", "rsa-2048.pem", "rsa-4096.pem", "ed25519.pem"]
    {
        assert_eq!(*key(name).id(), Digest::sha256(&der(name)), "{name}");
    }
}

#[test]
fn one_key_has_one_id_however_it_is_written() {
    assert_eq!(key("p256-compressed.pem").id(), key("p256.pem").id());
    assert_eq!(key("rsa-2048-pkcs1.pem").id(), key("rsa-2048.pem").id());
    assert_ne!(key("rsa-3072.pem").id(), key("rsa-2048.pem").id());
}

#[test]
fn a_hint_is_the_digest_of_the_key_as_written_or_as_canonical() {
    for name in ["p256.pem", "p256-compressed.pem", "pss.pem", "rsa-2048.pem"] {
        let key = key(name);
        let written = Hash::Sha256.of(&der(name));
        let canonical = data_encoding::HEXLOWER.decode(key.id().hex().as_bytes()).unwrap();
        assert!(key.is_hinted_by(&written) && key.is_hinted_by(&canonical), "{name}");
        assert!(!key.is_hinted_by(b"") && !key.is_hinted_by(&written[1..]), "{name}");
    }
}

#[test]
fn a_pss_key_does_not_verify_with_other_paddings() {
    let schemes: Vec<_> = key("pss-sha512.pem").schemes().collect();
    assert_eq!(schemes, [Scheme::RsaPss(Hash::Sha512)]);
    assert!(key("pss.pem").schemes().all(|scheme| matches!(scheme, Scheme::RsaPss(_))));
}

#[test]
fn what_is_no_acceptable_public_key_is_refused_with_its_reason() {
    let cases = [
        ("private.pem", "key_private", "PRIVATE KEY"),
        ("private-ec.pem", "key_private", "EC PRIVATE KEY"),
        ("certificate.pem", "key_certificate", "certificate"),
        ("rsa-1024.pem", "key_rsa_size", "1024 bits"),
        ("rsa-exponent-3.pem", "key_rsa_exponent", "exponent"),
        ("secp256k1.pem", "key_curve", "secp256k1"),
        ("p256-explicit.pem", "key_curve", "explicit parameters"),
        ("ed448.pem", "key_algorithm", "Ed448"),
        ("pss-sha1.pem", "key_pss_parameters", "hash"),
    ];
    for (name, code, says) in cases {
        let error = PublicKey::from_pem(&pem(name)).unwrap_err();
        assert_eq!(error.code(), code, "{name}: {error}");
        assert!(error.to_string().contains(says), "{name}: {error}");
    }
}

#[test]
fn no_error_about_a_private_key_repeats_any_of_it() {
    let text = pem("private.pem");
    let secret = text.lines().nth(1).unwrap();
    let error = PublicKey::from_pem(&text).unwrap_err();
    let told = format!("{error} {error:?} {:?}", error.hint());
    assert!(
        secret.as_bytes().windows(8).all(|part| !told.contains(std::str::from_utf8(part).unwrap()))
    );
}

/// An Ed25519 key with NULL parameters, which RFC 8410 section 3 forbids.
fn with_parameters(key: &[u8]) -> Vec<u8> {
    [&[0x30, 0x2c, 0x30, 7], &key[4..9], &[5, 0], &key[9..]].concat()
}

#[test]
fn an_exponent_of_many_bytes_is_refused_whatever_its_last_ones_are() {
    use pkcs1::der::{Decode as _, Encode as _, asn1::UintRef};
    let pkcs1 = der("rsa-2048-pkcs1.pem");
    let mut key = pkcs1::RsaPublicKey::from_der(&pkcs1).unwrap();
    key.public_exponent = UintRef::new(&[1, 0, 0, 0, 0, 0, 1, 0, 1]).unwrap();
    let text = data_encoding::BASE64.encode(&key.to_der().unwrap());
    let pem = format!("-----BEGIN RSA PUBLIC KEY-----\n{text}\n-----END RSA PUBLIC KEY-----");
    assert_eq!(PublicKey::from_pem(&pem).unwrap_err().code(), "key_rsa_exponent");
}

#[test]
fn altered_keys_are_refused_with_their_reason() {
    let p256 = der("p256.pem");
    let ed25519 = der("ed25519.pem");
    let rsa = der("rsa-2048.pem");
    let pss = der("pss-sha512.pem");
    let change = |der: &[u8], at: usize, to: u8| {
        let mut der = der.to_vec();
        der[at] = to;
        der
    };
    let last = p256.len() - 1;
    let small_order = [&ed25519[..12], &[1], &[0; 31]].concat();
    let cases = [
        ("bytes after it", [&p256[..], &[0]].concat(), "key_malformed"),
        ("truncated", p256[..last].to_vec(), "key_malformed"),
        ("nothing", Vec::new(), "key_malformed"),
        ("a point off the curve", change(&p256, last, p256[last] ^ 1), "key_rejected"),
        ("the point at infinity", change(&p256, 26, 0), "key_rejected"),
        ("a bit string with unused bits", change(&p256, 25, 1), "key_malformed"),
        ("another algorithm", change(&ed25519, 8, 110), "key_algorithm"),
        ("a point of small order", small_order, "key_weak"),
        (
            "an even modulus",
            {
                let n = rsa.len() - 6;
                change(&rsa, n, rsa[n] & 0xfe)
            },
            "key_rejected",
        ),
        ("an even exponent", change(&rsa, rsa.len() - 1, 2), "key_rsa_exponent"),
    ];
    let more = [
        ("a small exponent", change(&rsa, rsa.len() - 1, 0), "key_rsa_exponent"),
        ("RSA with parameters", change(&rsa, 17, 4), "key_malformed"),
        ("Ed25519 with parameters", with_parameters(&ed25519), "key_malformed"),
        ("a salt longer than the hash", change(&pss, 70, 65), "key_pss_parameters"),
        ("a mask with another hash", change(&pss, 63, 1), "key_pss_parameters"),
        ("an unknown trailer", change(&pss, 68, 5), "key_malformed"),
    ];
    for (what, der, code) in cases.into_iter().chain(more) {
        let error = PublicKey::from_spki(&der).expect_err(what);
        assert_eq!(error.code(), code, "{what}: {error}");
    }
}
