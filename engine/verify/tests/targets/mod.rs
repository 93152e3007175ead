//! What a fuzzer runs: bodies that take any bytes, which must neither panic nor be trusted.
//!
//! `fuzz/` at the root of the tree has a libFuzzer target for each of them; `fuzz_targets.rs` runs
//! them over seeds and mutations of seeds as ordinary tests.

use referee_core::trust::{TrustDocument, TrustSource};
use referee_core::{Budget, Digest, Limits, Timestamp, Trust};
use referee_verify::CosignVerifier;
use referee_verify::cosign::Blob;
use referee_verify::envelope::dsse::Envelope;
use referee_verify::envelope::statement::Statement;
use referee_verify::primitive::base64;
use referee_verify::primitive::memory::Memory;
use referee_verify::primitive::x509::{Certificate, Usage, fulcio, path};
use referee_verify::protocol::tlog::Digests;
use referee_verify::protocol::tlog::checkpoint::Checkpoint;
use referee_verify::protocol::{sct, timestamp};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// A body: it takes any bytes.
pub(crate) type Target = fn(&[u8]);

/// All of them, by the name of the fuzzer's target.
pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("bundle", bundle),
    ("certificate", certificate),
    ("envelope", envelope),
    ("timestamp", stamp),
    ("checkpoint", checkpoint),
    ("trusted_root", trusted_root),
];

/// The instance that signed the fixtures, and those who signed: what they did not sign is not
/// trusted, however much of what they signed is in it.
const TRUST: &str = "
identities:
  - {name: anybody, issuer: {glob: '**'}, subject: {glob: '**'}, scopes: ['**']}
keys: [{name: release, file: key, scopes: ['**']}]
sigstore:
  - {name: acme, file: root}
  - {name: lax, file: root, log: optional, sct: optional}
";

fn root() -> String {
    include_str!("../data/sigstore/trusted_root.json").to_owned()
}

fn verifier() -> &'static CosignVerifier {
    static VERIFIER: OnceLock<CosignVerifier> = OnceLock::new();
    VERIFIER.get_or_init(|| {
        let key = include_str!("../data/sigstore/release.pub").to_owned();
        let files = BTreeMap::from([("root".to_owned(), root()), ("key".to_owned(), key)]);
        CosignVerifier::new(&trust(TRUST, files)).unwrap()
    })
}

/// The timestamp authorities of the fixtures have a certificate authority that is known.
fn authorities() -> &'static [timestamp::Authority] {
    static AUTHORITIES: OnceLock<Vec<timestamp::Authority>> = OnceLock::new();
    AUTHORITIES.get_or_init(|| {
        let root: serde_json::Value = serde_json::from_str(&root()).unwrap();
        let chain = root["timestampAuthorities"][0]["certChain"]["certificates"].as_array();
        let chain: Vec<Certificate> = chain
            .unwrap()
            .iter()
            .map(|one| base64::standard(one["rawBytes"].as_str().unwrap()))
            .map(|der| Certificate::from_der(&der.unwrap()).unwrap())
            .collect();
        let anchors = chain.last().cloned().into_iter().collect();
        let pinned = timestamp::Authority::pinned("pinned".into(), &chain).unwrap();
        vec![pinned, timestamp::Authority::anchored("anchored".into(), anchors)]
    })
}

fn trust(text: &str, files: BTreeMap<String, String>) -> Trust {
    let document = TrustDocument::read("trust", text).unwrap();
    Trust::new(&[TrustSource { name: "trust".into(), document, files }]).unwrap()
}

/// After the fixtures were made.
fn now() -> Timestamp {
    "2026-12-01T00:00:00Z".parse().unwrap()
}

fn bundle(bytes: &[u8]) {
    let digest = Digest::sha256(b"artifact");
    let digests = Digests::of(b"artifact");
    let budget = Budget::new(&Limits::DEFAULT, std::sync::Arc::default());
    let blob =
        Blob { digest: &digest, digests: &digests, bytes: Some(b"artifact"), repository: None };
    let findings = verifier().verify_blob(&blob, bytes, now(), &budget);
    assert!(!findings.signatures.is_empty(), "what is no bundle is a signature all the same");
    for signature in findings.signatures {
        assert!(!signature.trusted && !signature.errors.is_empty());
    }
    assert!(findings.attestations.iter().all(|attestation| !attestation.verified));
}

fn certificate(bytes: &[u8]) {
    let Ok(leaf) = Certificate::from_der(bytes) else {
        let text = String::from_utf8_lossy(bytes);
        drop(Certificate::from_pem(&text));
        return;
    };
    assert_eq!(leaf.der(), bytes, "it is kept as it was read");
    drop(fulcio::claims(&leaf));
    drop(fulcio::identity(&leaf));
    let memory = Memory::default();
    let own = std::slice::from_ref(&leaf);
    drop(path(&leaf, own, &[], Usage::CodeSigning, now(), &memory).unwrap_err());
    drop(path(&leaf, own, own, Usage::TimeStamping, leaf.not_before(), &memory));
    drop(sct::verify(&leaf, &leaf, &[], &memory).unwrap_err());
}

fn envelope(bytes: &[u8]) {
    if let Ok(envelope) = Envelope::parse(bytes) {
        drop(Statement::parse(&envelope.payload));
    }
    drop(Statement::parse(bytes));
}

fn stamp(bytes: &[u8]) {
    let memory = Memory::default();
    timestamp::verify(bytes, b"signature", authorities(), &memory).unwrap_err();
}

fn checkpoint(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        drop(Checkpoint::parse(text));
    }
}

fn trusted_root(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let files = BTreeMap::from([("root".to_owned(), text.to_owned())]);
    drop(CosignVerifier::new(&trust("sigstore: [{name: a, file: root}]", files)));
}
