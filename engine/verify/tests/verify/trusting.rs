//! What the trust document says of a good signature: scopes, validity, revocation.

use crate::support::{Signer, World, told, trust};
use referee_core::{Coded as _, Findings, Timestamp};
use referee_verify::primitive::keyring::Proven;
use referee_verify::{CosignVerifier, Keyring};
use serde_json::{Value, json};

/// The findings about one good signature under a trust document.
fn findings(key: &Signer, keys: Value, now: &str) -> Findings {
    let mut world = World::new();
    world.now = now.parse().unwrap();
    let layer = world.signed_layer(key);
    let referrer = world.legacy(&[layer]);
    world.run(&trust(json!({ "keys": keys })), &referrer)
}

const NOW: &str = crate::support::NOW;

#[test]
fn scopes_admit_or_do_not() {
    let key = Signer::p256();
    let cases = [
        ("**", "trusted"),
        ("registry.example/team/*", "trusted"),
        ("registry.example/team/app", "trusted"),
        ("registry.example/team", "untrusted key_out_of_scope"),
        ("registry.example/other/**", "untrusted key_out_of_scope"),
    ];
    for (scope, expected) in cases {
        let keys = json!([{"name": "release", "pem": key.pem, "scopes": ["x.example/y", scope]}]);
        let findings = findings(&key, keys, NOW);
        assert_eq!(told(&findings), [expected], "{scope}");
        let fact = &findings.signatures[0];
        assert!(fact.valid);
        let admitted = expected == "trusted";
        assert_eq!(fact.in_scope, Some(admitted));
        assert_eq!(fact.scope.as_deref(), admitted.then_some(scope));
        assert_eq!(fact.key.as_ref().unwrap().name, "release");
    }
}

#[test]
fn an_artifact_that_nothing_names_needs_a_scope_for_everything() {
    let (mut world, key) = (World::new(), Signer::p256());
    world.subject.repository = None;
    let layer = world.signed_layer(&key);
    let referrer = world.legacy(&[layer]);
    for (scope, expected) in [("**", "trusted"), ("*/**", "untrusted key_out_of_scope")] {
        let trust = trust(json!({"keys": [{"name": "k", "pem": key.pem, "scopes": [scope]}]}));
        assert_eq!(told(&world.run(&trust, &referrer)), [expected]);
    }
}

#[test]
fn validity_starts_with_its_first_moment_and_ends_before_its_last() {
    let key = Signer::p256();
    let (start, end) = ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z");
    let keys = json!([
        {"name": "k", "pem": key.pem, "scopes": ["**"], "not_before": start, "not_after": end}
    ]);
    let cases = [
        ("2025-12-31T23:59:59.999999999Z", "untrusted key_not_yet_valid", Some(start)),
        (start, "trusted", Some(end)),
        ("2026-01-31T23:59:59.999999999Z", "trusted", Some(end)),
        (end, "untrusted key_expired", None),
        ("2026-03-01T00:00:00Z", "untrusted key_expired", None),
    ];
    for (now, expected, changes_at) in cases {
        let findings = findings(&key, keys.clone(), now);
        assert_eq!(told(&findings), [expected], "{now}");
        assert!(findings.signatures[0].valid);
        assert_eq!(findings.signatures[0].in_scope, Some(true));
        let changes_at: Option<Timestamp> = changes_at.map(|at| at.parse().unwrap());
        assert_eq!(findings.changes_at, changes_at, "{now}");
    }
}

#[test]
fn findings_of_several_keys_change_when_the_first_of_them_does() {
    let (mut world, a, b) = (World::new(), Signer::p256(), Signer::p256());
    let layers = [world.signed_layer(&a), world.signed_layer(&b)];
    let referrer = world.legacy(&layers);
    let ends = ["2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"];
    for [first, second] in [ends, [ends[1], ends[0]]] {
        let trust = trust(json!({"keys": [
            {"name": "a", "pem": a.pem, "scopes": ["**"], "not_after": first},
            {"name": "b", "pem": b.pem, "scopes": ["**"], "not_after": second},
            {"name": "c", "pem": Signer::p256().pem, "scopes": ["**"], "not_after": "2026-12-01T00:00:00Z"},
        ]}));
        let findings = world.run(&trust, &referrer);
        assert_eq!(findings.changes_at, Some(ends[0].parse().unwrap()));
    }
}

#[test]
fn a_revoked_key_is_not_trusted_and_the_reason_is_told() {
    let key = Signer::p256();
    let keys = json!([{
        "name": "k", "pem": key.pem, "scopes": ["**"],
        "revoked": {"reason": "laptop stolen", "at": "2026-01-01T00:00:00Z"},
    }]);
    let findings = findings(&key, keys, NOW);
    assert_eq!(told(&findings), ["untrusted key_revoked"]);
    let fact = &findings.signatures[0];
    assert!(fact.valid && fact.key.as_ref().unwrap().revoked);
    assert!(fact.errors[0].message.contains("laptop stolen"));
}

#[test]
fn a_revocation_in_one_entry_holds_for_all_and_in_every_form() {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/");
    let read = |name: &str| std::fs::read_to_string(format!("{data}{name}")).unwrap();
    let message = std::fs::read(format!("{data}message")).unwrap();
    let cases = [
        ("p256.pem", "p256-compressed.pem", "p256-sha256.sig"),
        ("rsa-2048.pem", "rsa-2048-pkcs1.pem", "rsa-2048-pkcs1-sha256.sig"),
    ];
    for (one, other, signature) in cases {
        let trust = trust(json!({"keys": [
            {"name": "live", "pem": read(one), "scopes": ["**"]},
            {"name": "dead", "pem": read(other), "scopes": ["x.example/y"], "revoked": {"reason": "r"}},
        ]}));
        let ring = Keyring::new(&trust).unwrap();
        assert_eq!(ring.len(), 1);
        let key = &ring.keys()[0];
        let signature = std::fs::read(format!("{data}{signature}")).unwrap();
        let scheme = key.public().made(&message, &signature).unwrap();
        let judgement = key.judge(scheme, None, Proven::default(), Timestamp::UNIX_EPOCH);
        assert!(judgement.trusted_by.is_empty() && judgement.key.revoked);
        assert_eq!(judgement.problems[0].code(), "key_revoked");
    }
}

#[test]
fn all_entries_that_make_it_trusted_are_named() {
    let key = Signer::p256();
    let keys = json!([
        {"name": "elsewhere", "pem": key.pem, "scopes": ["x.example/y"]},
        {"name": "old", "pem": key.pem, "scopes": ["**"], "not_after": "2026-01-01T00:00:00Z"},
        {"name": "a", "pem": key.pem, "scopes": ["registry.example/team/app"]},
        {"name": "b", "pem": key.pem, "scopes": ["**"], "not_after": "2027-01-01T00:00:00Z"},
    ]);
    let findings = findings(&key, keys, NOW);
    assert_eq!(told(&findings), ["trusted"]);
    let fact = &findings.signatures[0];
    assert_eq!(fact.trusted_by, ["a", "b"]);
    assert_eq!(fact.key.as_ref().unwrap().name, "a");
    assert_eq!(fact.scope.as_deref(), Some("registry.example/team/app"));
    assert_eq!(findings.changes_at, Some("2027-01-01T00:00:00Z".parse().unwrap()));
}

#[test]
fn of_several_problems_the_gravest_comes_first() {
    let key = Signer::p256();
    let entry = |name: &str, more: Value| {
        let mut entry = json!({"name": name, "pem": key.pem, "scopes": ["x.example/y"]});
        for (field, value) in more.as_object().unwrap() {
            entry[field] = value.clone();
        }
        entry
    };
    let expired = json!({"not_after": "2026-01-01T00:00:00Z", "revoked": {"reason": "r"}});
    let told_of = |keys| told(&findings(&key, keys, NOW));
    assert_eq!(
        told_of(json!([entry("a", expired)])),
        ["untrusted key_revoked,key_out_of_scope,key_expired"]
    );
    // One entry is current: it is the revocation that counts, not the other's dates.
    let current = json!({"scopes": ["**"], "revoked": {"reason": "r"}});
    let old = json!({"scopes": ["**"], "not_after": "2026-01-01T00:00:00Z"});
    assert_eq!(told_of(json!([entry("a", current), entry("b", old)])), ["untrusted key_revoked"]);
    // An entry that is out of scope does not add its dates to one that is in scope.
    let in_scope = json!({"scopes": ["**"], "not_before": "2027-01-01T00:00:00Z"});
    assert_eq!(
        told_of(json!([entry("a", json!({})), entry("b", in_scope)])),
        ["untrusted key_not_yet_valid"]
    );
}

#[test]
fn an_entry_vouches_only_for_the_paddings_of_the_key_as_it_writes_it() {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/");
    let read = |name: &str| std::fs::read(format!("{data}{name}")).unwrap();
    let plain = String::from_utf8(read("rsa-2048.pem")).unwrap();
    // The same numbers under id-RSASSA-PSS without parameters (RFC 4055 section 3.1).
    let text: String = plain.lines().filter(|line| !line.starts_with('-')).collect();
    let der = data_encoding::BASE64.decode(text.as_bytes()).unwrap();
    let header = data_encoding::HEXLOWER.decode(b"30820120300b06092a864886f70d01010a").unwrap();
    let pss = data_encoding::BASE64.encode(&[&header[..], &der[19..]].concat());
    let pss = format!("-----BEGIN PUBLIC KEY-----\n{pss}\n-----END PUBLIC KEY-----");
    let entry = |name: &str, pem: &str| json!({"name": name, "pem": pem, "scopes": ["**"]});
    let (pss, plain) = (entry("pss", &pss), entry("plain", &plain));
    for keys in [json!([pss, plain]), json!([plain, pss])] {
        let ring = Keyring::new(&trust(json!({ "keys": keys }))).unwrap();
        let [key] = ring.keys() else { panic!("two forms of one key") };
        let vouching = |signature: &str| {
            let scheme = key.public().made(&read("message"), &read(signature)).unwrap();
            let mut names =
                key.judge(scheme, None, Proven::default(), Timestamp::UNIX_EPOCH).trusted_by;
            names.sort();
            names
        };
        assert_eq!(vouching("rsa-2048-pkcs1-sha256.sig"), ["plain"]);
        assert_eq!(vouching("rsa-2048-pss-sha384.sig"), ["plain", "pss"]);
    }
}

#[test]
fn a_key_that_cannot_be_used_ends_the_making_of_a_verifier_by_name() {
    let trust = trust(json!({"keys": [{"name": "broken", "pem": "x", "scopes": ["**"]}]}));
    let error = CosignVerifier::new(&trust).unwrap_err();
    assert_eq!(error.code(), "key_no_pem");
    assert!(error.to_string().contains("\"broken\""), "{error}");
    assert!(error.hint().is_some());
}

#[test]
fn the_hinted_key_is_tried_first_and_no_key_twice() {
    let (a, b) = (Signer::p256(), Signer::p256());
    let trust = crate::support::trusting(&[("a", &a), ("b", &b)]);
    let ring = Keyring::new(&trust).unwrap();
    let hint = data_encoding::BASE64.decode(b.hint().as_bytes()).unwrap();
    let order: Vec<_> = ring.candidates(Some(&hint)).map(|key| key.id().clone()).collect();
    assert_eq!(order, [b.id.clone(), a.id.clone()]);
    assert_eq!(ring.candidates(None).count(), 2);
    assert_eq!(ring.by_id(&a.id).unwrap().names().collect::<Vec<_>>(), ["a"]);
}
