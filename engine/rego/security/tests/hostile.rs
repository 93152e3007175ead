//! Operands made to do harm: they are refused, or end the evaluation, and never a panic.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use referee_rego_builtin::{
    BuiltinError, Cancelled, Context, ErrorKind, Implementation, Meter, NoHost, Result,
};
use referee_rego_value::{JsonLimits, Value};
use std::path::Path;
use std::time::Duration;

const STEPS: u64 = 50_000_000;

fn call(name: &str, operands: &[Value], steps: u64) -> Result<Option<Value>> {
    let clock = || Duration::ZERO;
    let runtime = Value::Null;
    let meter = Meter::new(&clock, Duration::from_secs(1), steps, 1 << 30, None);
    let mut context = Context::new(meter, 1_800_000_000_000_000_000, 7, &NoHost, &runtime);
    let mut found = referee_rego_security::TABLES.iter().flat_map(|table| table.iter());
    match found.find(|(found, _)| *found == name) {
        Some((_, Implementation::Function(function))) => function(&mut context, operands),
        _ => panic!("no function {name}"),
    }
}

fn text(text: impl AsRef<str>) -> Value {
    Value::from(text.as_ref())
}

/// The first operands of the calls of a builtin in a file of cases.
fn operands_of(family: &str, builtin: &str) -> Vec<Vec<Value>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(family);
    let lines = std::fs::read_to_string(path.with_extension("jsonl")).unwrap();
    let cases = lines.lines().map(|line| Value::from_json(line, &JsonLimits::DEFAULT).unwrap());
    cases
        .filter_map(|case| {
            let case = case.as_array()?.clone();
            let named = case.first()?.as_str() == Some(builtin);
            named.then(|| case.get(1).unwrap().as_array().unwrap().as_slice().to_vec())
        })
        .collect()
}

fn base64(bytes: &[u8]) -> String {
    data_encoding::BASE64.encode(bytes)
}

/// A sequence of numbers that looks random.
fn noise(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

#[test]
fn certificates_with_changed_bytes_never_panic() {
    let mut seed = 1;
    for operands in operands_of("certificates", "crypto.x509.parse_certificates").iter().take(3) {
        let pem = operands[0].as_str().unwrap().replace(['\n'], "");
        let body = pem.split("-----").nth(2).unwrap();
        let der = data_encoding::BASE64.decode(body.as_bytes()).unwrap();
        for _ in 0..3_000 {
            let mut changed = der.clone();
            for _ in 0..=noise(&mut seed) % 3 {
                let place = usize::try_from(noise(&mut seed)).unwrap() % changed.len();
                changed[place] = u8::try_from(noise(&mut seed) % 256).unwrap();
            }
            changed.truncate(changed.len() - usize::try_from(noise(&mut seed) % 4).unwrap());
            for builtin in
                ["crypto.x509.parse_certificates", "crypto.x509.parse_and_verify_certificates"]
            {
                drop(call(builtin, &[text(base64(&changed))], STEPS));
            }
        }
    }
}

#[test]
fn sequences_nested_a_hundred_thousand_deep_are_refused() {
    // Sequences of indefinite length are refused, and those of a length, too.
    let indefinite = [0x30, 0x80].repeat(100_000);
    let mut definite = Vec::new();
    for _ in 0..20_000 {
        let mut head = vec![0x30, 0x84];
        head.extend(u32::try_from(definite.len()).unwrap().to_be_bytes());
        definite.splice(0..0, head);
    }
    for der in [indefinite, definite] {
        let outcome = call("crypto.x509.parse_certificates", &[text(base64(&der))], STEPS);
        assert_eq!(outcome.unwrap_err().kind, ErrorKind::Builtin);
    }
}

#[test]
fn json_nested_a_hundred_thousand_deep_is_refused() {
    let deep = "[".repeat(100_000);
    let header = data_encoding::BASE64URL_NOPAD.encode(deep.as_bytes());
    let token = text(format!("{header}.e30.AAAA"));
    assert!(call("io.jwt.decode", std::slice::from_ref(&token), STEPS).is_err());
    drop(call("io.jwt.verify_hs256", &[token, text("k")], STEPS));
    let key = format!("{{\"keys\":{deep}");
    let token = text("eyJhbGciOiJSUzI1NiJ9.e30.AAAA");
    assert!(call("io.jwt.verify_rs256", &[token, text(key)], STEPS).is_err());
    let outcome = call("io.jwt.encode_sign_raw", &[text(&deep), text("{}"), text("{}")], STEPS);
    assert!(outcome.is_err());
}

#[test]
fn a_set_of_very_many_keys_is_refused_or_ends_with_the_steps() {
    let operands = operands_of("tokens", "io.jwt.verify_rs256");
    let set = operands.iter().map(|operands| operands[1].as_str().unwrap());
    let key = set.into_iter().find(|key| key.starts_with("{\"kty\": \"RSA\"")).unwrap();
    let token = "eyJhbGciOiJSUzI1NiJ9.e30.AAAA";
    let verify = |count: usize| {
        let keys = vec![key; count].join(",");
        let operands = [text(token), text(format!("{{\"keys\":[{keys}]}}"))];
        call("io.jwt.verify_rs256", &operands, 100_000).unwrap_err()
    };
    assert_eq!(verify(1_000).kind, ErrorKind::Cancel(Cancelled::Steps));
    let error = verify(1_001);
    assert!(error.message.ends_with("too many keys in \"keys\" array: max 1000"), "{error:?}");
}

#[test]
fn a_modulus_of_very_many_bits_is_refused() {
    let modulus = data_encoding::BASE64URL_NOPAD.encode(&[0xff; 100_000]);
    let key = format!(r#"{{"kty":"RSA","n":"{modulus}","e":"AQAB"}}"#);
    let token = text("eyJhbGciOiJSUzI1NiJ9.e30.AAAA");
    let outcome = call("io.jwt.verify_rs256", &[token, text(key)], STEPS);
    assert!(!matches!(outcome, Ok(Some(Value::Bool(true)))));
}

#[test]
fn tokens_in_tokens_are_opened_only_so_often() {
    let part = |bytes: &[u8]| data_encoding::BASE64URL_NOPAD.encode(bytes);
    let header = part(br#"{"alg":"HS256","cty":"JWT"}"#);
    let mut token = format!("{}.e30.AAAA", part(br#"{"alg":"HS256"}"#));
    // A token grows by a third with each layer.
    for _ in 0..20 {
        token = format!("{header}.{}.AAAA", part(token.as_bytes()));
    }
    assert!(call("io.jwt.decode", &[text(&token)], STEPS).is_ok());
    for _ in 0..12 {
        token = format!("{header}.{}.AAAA", part(token.as_bytes()));
    }
    drop(call("io.jwt.decode", &[text(token)], STEPS));
}

#[test]
fn wrong_types_are_refused_everywhere() {
    let values = [Value::Null, Value::from(1), Value::from(true), Value::array([]), text("")];
    for (name, _) in referee_rego_security::TABLES.iter().flat_map(|table| table.iter()) {
        for first in &values {
            for second in &values {
                let operands = [first.clone(), second.clone(), second.clone()];
                for count in 0..=3 {
                    drop(call(name, &operands[..count], STEPS));
                }
            }
        }
    }
}

#[test]
fn a_signature_that_needs_randomness_is_another_each_time_and_holds() {
    for (algorithm, key) in [
        ("ES256", include_str!("keys/p256.json")),
        ("ES384", include_str!("keys/p384.json")),
        ("ES512", include_str!("keys/p521.json")),
        ("PS256", include_str!("keys/rsa.json")),
        ("PS384", include_str!("keys/rsa.json")),
        ("PS512", include_str!("keys/rsa.json")),
    ] {
        let header = text(format!(r#"{{"alg":"{algorithm}"}}"#));
        let sign = || {
            let operands = [header.clone(), text("{}"), text(key)];
            call("io.jwt.encode_sign_raw", &operands, STEPS).unwrap().unwrap()
        };
        let (one, other) = (sign(), sign());
        assert_ne!(one, other, "{algorithm}");
        let members = Value::from_json(key, &JsonLimits::DEFAULT).unwrap();
        let public = members.as_object().unwrap().iter().filter(|(name, _)| {
            ["kty", "crv", "x", "y", "n", "e"].contains(&name.as_str().unwrap())
        });
        let public = text(Value::Object(public.cloned().collect()).to_json());
        let verify = format!("io.jwt.verify_{}", algorithm.to_lowercase());
        for token in [one, other] {
            let outcome = call(&verify, &[token, public.clone()], STEPS);
            assert_eq!(outcome, Ok(Some(Value::from(true))), "{algorithm}");
        }
    }
}

#[test]
fn a_key_of_too_few_bits_signs_nothing() {
    let outcome = call(
        "io.jwt.encode_sign_raw",
        &[text(r#"{"alg":"HS256"}"#), text("{}"), text(r#"{"kty":"EC"}"#)],
        STEPS,
    );
    let BuiltinError { kind, .. } = outcome.unwrap_err();
    assert_eq!(kind, ErrorKind::Builtin);
}
