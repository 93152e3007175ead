//! What cosign 2 and 3 and openssl really wrote: the layouts of `examples/layouts`, read straight
//! from their files, against what `MANIFEST.json` says that openssl and cosign make of them.

use crate::support::{World, told, trust};
use bytes::Bytes;
use referee_core::facts::{AttestationFormat, Purpose, SignatureFact};
use referee_core::oci::media_type;
use referee_core::trust::{TrustDocument, TrustSource};
use referee_core::{Descriptor, Digest, Findings, FoundBy, Referrer, Trust, Verifier as _};
use referee_verify::CosignVerifier;
use referee_verify::cosign::SIGN_PREDICATE;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

fn examples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

fn read(path: &str) -> Vec<u8> {
    let path = examples().join(path);
    std::fs::read(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; the layouts ship with the project", path.display())
    })
}

fn read_json(path: &str) -> Value {
    serde_json::from_slice(&read(path)).unwrap()
}

fn manifest() -> Value {
    read_json("layouts/MANIFEST.json")
}

fn layouts() -> Vec<Value> {
    let layouts = manifest()["layouts"].as_array().unwrap().clone();
    assert!(layouts.len() > 30, "{} layouts", layouts.len());
    layouts
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// All keys, for everywhere.
fn trust_all() -> Trust {
    let keys = manifest()["keys"].as_object().unwrap().clone();
    let keys: Vec<_> = keys
        .iter()
        .map(|(name, key)| {
            let pem = String::from_utf8(read(text(&key["file"]))).unwrap();
            json!({"name": name, "pem": pem, "scopes": ["**"]})
        })
        .collect();
    trust(json!({ "keys": keys }))
}

/// A layout, with one of its images or indexes as the subject.
struct Layout {
    world: World,
    referrers: Vec<Referrer>,
}

impl Layout {
    fn open(name: &str, subject: &Digest) -> Self {
        let blob = |digest: &Digest| read(&format!("layouts/{name}/blobs/sha256/{}", digest.hex()));
        let mut world = World::around(Bytes::from(blob(subject)), "");
        let folder = examples().join(format!("layouts/{name}/blobs/sha256"));
        for entry in std::fs::read_dir(folder).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            world.put("", &bytes);
        }
        let index = read_json(&format!("layouts/{name}/index.json"));
        let mut referrers = Vec::new();
        for entry in index["manifests"].as_array().unwrap() {
            let descriptor: Descriptor = serde_json::from_value(entry.clone()).unwrap();
            let document: Value = serde_json::from_slice(&blob(&descriptor.digest)).unwrap();
            let tag = entry["annotations"]["org.opencontainers.image.ref.name"].as_str();
            let mut found = |mut descriptor: Descriptor, found_by, kind: Option<&str>| {
                let kind = kind.map(str::to_owned);
                descriptor.artifact_type = kind.or(descriptor.artifact_type);
                let subject = subject.clone();
                referrers.push(Referrer { descriptor, subject, depth: 1, found_by });
            };
            match tag {
                Some(tag) if tag == subject.cosign_tag("sig") => {
                    found(descriptor, FoundBy::CosignTag, Some(media_type::COSIGN_SIGNATURE));
                }
                Some(tag) if tag == subject.cosign_tag("att") => {
                    found(descriptor, FoundBy::CosignTag, Some(media_type::COSIGN_ATTESTATION));
                }
                Some(tag) if tag == subject.tag_schema() => {
                    for entry in document["manifests"].as_array().unwrap() {
                        let descriptor = serde_json::from_value(entry.clone()).unwrap();
                        found(descriptor, FoundBy::ReferrersTag, None);
                    }
                }
                _ if document["subject"]["digest"] == subject.as_str() => {
                    found(descriptor, FoundBy::ReferrersApi, None);
                }
                _ => {}
            }
        }
        Self { world, referrers }
    }

    /// What the verifier finds in all referrers that it wants.
    fn run(&self, trust: &Trust) -> Findings {
        let verifier = CosignVerifier::new(trust).unwrap();
        let mut all = Findings::default();
        for referrer in self.referrers.iter().filter(|referrer| verifier.wants(referrer)) {
            let findings = self.world.run(trust, referrer);
            all.signatures.extend(findings.signatures);
            all.attestations.extend(findings.attestations);
            all.unavailable.extend(findings.unavailable);
        }
        all
    }
}

fn run(name: &str, trust: &Trust) -> Findings {
    let layouts = layouts();
    let layout = layouts.iter().find(|l| l["name"] == name).unwrap_or_else(|| panic!("{name}"));
    Layout::open(name, &text(&layout["subject"]).parse().unwrap()).run(trust)
}

#[test]
fn every_layout_has_the_statuses_that_it_was_made_for() {
    let special: BTreeMap<&str, Vec<&str>> = BTreeMap::from([
        ("unsigned", vec![]),
        ("attested-legacy", vec!["trusted"; 2]),
        ("copied-signature", vec!["invalid subject_mismatch"]),
        ("copied-bundle", vec!["invalid subject_mismatch"]),
        ("payload-altered", vec!["untrusted key_unknown"]),
        ("bundle-altered", vec!["invalid signature_mismatch"]),
        ("signed-two", vec!["trusted"; 2]),
        ("signed-two-bundles", vec!["trusted"; 2]),
        ("signed-bundle-tag-schema", vec!["trusted"; 2]),
        ("signed-mixed", vec!["trusted"; 2]),
        ("attested", vec!["trusted"; 2]),
        ("signed-five", vec!["trusted"; 5]),
        ("hundred-signatures", vec!["trusted"; 100]),
    ]);
    let trust = trust_all();
    for layout in layouts() {
        let name = text(&layout["name"]);
        let expected = special.get(name).cloned().unwrap_or_else(|| vec!["trusted"]);
        assert_eq!(told(&run(name, &trust)), expected, "{name}");
    }
}

/// The name that the facts give to what openssl verified with.
fn algorithm(key: &str, with: &Value) -> String {
    let digest = with["digest"].as_str();
    match (key, digest) {
        ("ed25519", None) => "ed25519".to_owned(),
        (key, Some(digest)) if key.starts_with("rsa-") => {
            let bits = key.trim_start_matches("rsa-");
            format!("rsa-{}-{bits}-{digest}", text(&with["padding"]))
        }
        (key, Some(digest)) if key.starts_with("ecdsa-") => format!("{key}-{digest}"),
        (_, Some(digest)) => format!("ecdsa-p256-{digest}"),
        other => panic!("{other:?}"),
    }
}

/// Holds one fact against what the manifest of the layouts says of that signature.
fn compare(name: &str, fact: &SignatureFact, evidence: &Value) {
    let kind = serde_json::to_value(fact.purpose).unwrap();
    assert_eq!(kind, evidence["kind"], "{name}");
    assert_eq!(serde_json::to_value(fact.format).unwrap(), evidence["format"], "{name}");
    assert_eq!(fact.referrer.as_str(), text(&evidence["manifest"]), "{name}");
    assert_eq!(fact.predicate_type.as_deref(), evidence["predicate_type"].as_str(), "{name}");
    let bound = evidence["claims"] == evidence["subject"];
    assert_eq!(bound, !fact.errors.iter().any(|e| e.code == "subject_mismatch"), "{name}");
    if bound {
        assert_eq!(Value::from(fact.annotations.clone()), evidence["annotations"], "{name}");
    }
    let entries = evidence["log_entries"].as_u64().unwrap_or(0);
    assert_eq!(u64::try_from(fact.transparency.len()).unwrap(), entries, "{name}");
    let timestamps = evidence["timestamps"].as_u64().unwrap_or(0);
    assert_eq!(u64::try_from(fact.timestamps.len()).unwrap(), timestamps, "{name}");

    let made = fact.key.as_ref().map(|key| (key.name.clone(), key.algorithm.clone()));
    let verified = evidence["openssl_verifies"].as_array().unwrap();
    match verified.first() {
        Some(with) => {
            let key = text(&with["key"]);
            assert_eq!(made, Some((key.to_owned(), algorithm(key, with))), "{name}");
        }
        // openssl 3.0 does not know Ed25519ph, which is what cosign signs with.
        None if matches!(name, "signed-ed25519" | "signed-ed25519-bundle") => {
            assert_eq!(made, Some(("ed25519".into(), "ed25519ph".into())), "{name}");
        }
        None => assert_eq!(made, None, "{name}"),
    }
}

#[test]
fn every_signature_is_told_as_openssl_and_the_makers_of_the_layouts_know_it() {
    let trust = trust_all();
    let mut compared = 0;
    for layout in layouts() {
        let name = text(&layout["name"]);
        for subject in layout["subjects"].as_array().unwrap() {
            let findings =
                Layout::open(name, &text(&subject["digest"]).parse().unwrap()).run(&trust);
            assert!(findings.unavailable.is_empty(), "{name}");
            let evidence: Vec<_> = layout["evidence"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|e| e["subject"] == subject["digest"])
                .collect();
            assert_eq!(findings.signatures.len(), evidence.len(), "{name}");
            let mut order: BTreeMap<&str, usize> = BTreeMap::new();
            for fact in &findings.signatures {
                let position = order.entry(fact.referrer.as_str()).or_default();
                let of_it = |e: &&&Value| e["manifest"] == fact.referrer.as_str();
                compare(name, fact, evidence.iter().filter(of_it).nth(*position).unwrap());
                *position += 1;
                compared += 1;
            }
            let attestations =
                findings.signatures.iter().filter(|f| f.purpose == Purpose::Attestation).count();
            assert_eq!(findings.attestations.len(), attestations, "{name}");
        }
    }
    assert!(compared > 140, "{compared}");
}

/// Where this verifier goes further than `cosign verify` does by default, and why.
const FURTHER: [(&str, &str); 9] = [
    ("signed-ecdsa-p384", "cosign signs with SHA-384 and takes SHA-256 for granted"),
    ("signed-ecdsa-p384-bundle", "as above"),
    ("signed-ecdsa-p521", "cosign signs with SHA-512 and takes SHA-256 for granted"),
    ("signed-ecdsa-p521-bundle", "as above"),
    ("signed-ed25519", "cosign signs with Ed25519ph and verifies pure Ed25519"),
    ("signed-ed25519-bundle", "as above"),
    ("signed-rsa-pss", "cosign knows PKCS#1 v1.5 only"),
    ("signed-mixed", "cosign does not look at legacy signatures beside bundles"),
    ("signed-one-referrer", "cosign does not look for legacy signatures among referrers"),
];
/// Where it does not go as far, and why.
const LESS_FAR: [(&str, &str); 1] =
    [("attested-only", "cosign counts an attestation as a signature of the image")];

#[test]
fn we_and_cosign_agree_but_for_the_listed_layouts_and_differ_on_each_of_those() {
    let trust = trust_all();
    let (mut further, mut less_far) = (BTreeSet::new(), BTreeSet::new());
    for layout in layouts() {
        let name = text(&layout["name"]);
        let findings = run(name, &trust);
        for (key, verifies) in layout["cosign_verifies"].as_object().unwrap() {
            let trusted = findings.signatures.iter().any(|fact| {
                fact.purpose == Purpose::Signature && fact.trusted_by.iter().any(|by| by == key)
            });
            match (verifies.as_bool().unwrap(), trusted) {
                (true, false) => less_far.insert(name.to_owned()),
                (false, true) => further.insert(name.to_owned()),
                _ => false,
            };
        }
    }
    assert_eq!(further, FURTHER.iter().map(|(name, _)| (*name).to_owned()).collect());
    assert_eq!(less_far, LESS_FAR.iter().map(|(name, _)| (*name).to_owned()).collect());
}

#[test]
fn nobody_is_trusted_without_keys_and_hints_name_who_signed() {
    let nobody = Trust::nobody();
    let keys = manifest()["keys"].clone();
    for layout in layouts() {
        let name = text(&layout["name"]);
        for fact in run(name, &nobody).signatures {
            assert!(!fact.valid && fact.key.is_none(), "{name}");
            if name == "signed-one-bundle" {
                let id = text(&keys["release"]["id"]);
                assert!(fact.errors[0].message.contains(id), "{}", fact.errors[0].message);
            }
        }
    }
}

#[test]
fn the_shipped_trust_document_keeps_a_key_to_its_repositories() {
    let name = "trust.yaml";
    let document = TrustDocument::read(name, &String::from_utf8(read(name)).unwrap()).unwrap();
    let files = document
        .files()
        .map(|file| (file.to_owned(), String::from_utf8(read(file)).unwrap()))
        .collect();
    let trust = Trust::new(&[TrustSource { name: name.into(), document, files }]).unwrap();
    let findings = run("out-of-scope", &trust);
    assert_eq!(told(&findings), ["untrusted key_out_of_scope"]);
    let fact = &findings.signatures[0];
    assert!(fact.valid && fact.in_scope == Some(false));
    assert_eq!(fact.key.as_ref().unwrap().name, "build");
    assert_eq!(told(&run("signed-one", &trust)), ["trusted"]);
}

#[test]
fn what_cosign_attested_stands_in_the_facts_without_its_wrapper() {
    let findings = run("attested-legacy", &trust_all());
    let [plain, wrapped] = &findings.attestations[..] else { panic!() };
    let said = json!({"result": "passed", "reviewer": "qa@registry.example"});
    assert_eq!((&plain.predicate, &wrapped.predicate), (&said, &said));
    assert!(plain.verified && wrapped.verified);
    assert!(!plain.unwrapped && wrapped.unwrapped);
    assert_eq!(plain.stated_at, None);
    assert_eq!(wrapped.stated_at.unwrap().to_string(), "2026-11-21T04:03:31Z");
    assert_eq!(plain.predicate_type.as_deref(), Some("https://registry.example/review/v1"));
    let custom = Some("https://cosign.sigstore.dev/attestation/v1");
    assert_eq!(wrapped.predicate_type.as_deref(), custom);
    assert_eq!((plain.signed_by.as_slice(), wrapped.signed_by.as_slice()), (&[0][..], &[1][..]));
    assert!(findings.attestations.iter().all(|a| a.format == AttestationFormat::Dsse));
    // Without keys the same is said, and by nobody.
    let findings = run("attested-legacy", &Trust::nobody());
    assert_eq!(told(&findings), ["untrusted key_unknown", "untrusted key_unknown"]);
    assert!(findings.attestations.iter().all(|a| !a.verified && a.predicate == said));
}

#[test]
fn what_buildkit_puts_into_an_index_is_read_and_never_verified() {
    let layouts = layouts();
    let layout = layouts.iter().find(|l| l["name"] == "buildkit-attestation").unwrap();
    let mut opened =
        Layout::open("buildkit-attestation", &text(&layout["subject"]).parse().unwrap());
    let attestations: Vec<_> = opened
        .world
        .subject
        .attestation_manifests()
        .map(|(descriptor, subject)| (descriptor.clone(), subject))
        .collect();
    let [(descriptor, platform)] = &attestations[..] else { panic!() };
    let mut referrer = Referrer {
        descriptor: descriptor.clone(),
        subject: platform.clone(),
        depth: 1,
        found_by: FoundBy::Index,
    };
    let findings = opened.world.read(&referrer);
    let types: Vec<_> =
        findings.attestations.iter().map(|a| a.predicate_type.as_deref().unwrap()).collect();
    assert_eq!(types, ["https://spdx.dev/Document", "https://slsa.dev/provenance/v0.2"]);
    assert!(findings.attestations.iter().all(|a| a.errors.is_empty() && a.subject == *platform));
    let [(0, sbom), (1, provenance)] = &findings.contents[..] else { panic!("{findings:?}") };
    assert_eq!(sbom.sbom.as_ref().unwrap().spec_version, "2.3");
    assert_eq!(provenance.provenance.as_ref().unwrap().slsa_version, "0.2");
    assert!(findings.unavailable.is_empty());
    // The verifier of signatures finds none in it.
    let findings = opened.world.run(&trust_all(), &referrer);
    assert!(findings.signatures.is_empty() && findings.attestations.is_empty());
    // The same for another platform speaks of that no more.
    referrer.subject = opened.world.digest();
    opened.world.limits.max_payload_bytes = 550;
    let findings = opened.world.read(&referrer);
    let codes: Vec<_> = findings.attestations.iter().map(|a| a.errors[0].code.as_str()).collect();
    assert_eq!(codes, ["subject_mismatch", "too_large"]);
}

#[test]
fn log_entries_of_a_real_log_are_told() {
    let findings = run("signed-with-timestamp", &trust_all());
    let fact = &findings.signatures[0];
    assert_eq!(fact.predicate_type.as_deref(), Some(SIGN_PREDICATE));
    let entry = &fact.transparency[0];
    assert_eq!(entry.log.len(), 64);
    assert_eq!(entry.proof, Some(referee_core::facts::Proof::Inclusion));
    // Rekor v2 gives no time of its own.
    assert_eq!(entry.integrated_at, None);
    assert_eq!(fact.timestamps.len(), 1);
}
