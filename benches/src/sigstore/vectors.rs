//! Bundles of Sigstore's own verification cases, offline, the JSON read each time.

use super::arithmetic::{Arithmetic, Checks};
use super::measure::{Fresh, in_turn, once};
use super::now;
use referee_conformance::sigstore::{Artifact, Case, Client, Ruling, load};
use referee_core::trust::WellKnown;
use sigstore_verify::trust_root::{SIGSTORE_PRODUCTION_TRUSTED_ROOT, TrustedRoot};
use sigstore_verify::types::Bundle;
use sigstore_verify::{VerificationPolicy, Verifier};
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

/// By the signer, the certificate's log, the log's promise and its checkpoint; by the certificate's
/// issuer.
const REKOR1: Checks = Checks { p256: 4, p384: 1, ed25519: 0 };
/// By the signer and the certificate's log; by the certificate's issuer, the timestamp authority and
/// its issuer; the log's checkpoint.
const REKOR2: Checks = Checks { p256: 2, p384: 3, ed25519: 1 };

/// Bundles, with the signatures in each that must be checked.
const BUNDLES: [(&str, Checks); 5] = [
    ("happy-path-v0.1", REKOR1),
    ("happy-path-v0.3-new-mediaType", REKOR1),
    ("happy-path-intoto-in-dsse-v3", REKOR1),
    ("rekor2-happy-path", REKOR2),
    ("rekor2-dsse-happy-path", REKOR2),
];

/// What became of one bundle, in microseconds.
#[derive(Clone, Debug)]
pub struct Vector {
    /// The case.
    pub name: &'static str,
    /// The arithmetic of its signatures.
    pub arithmetic: f64,
    /// A verifier that has met nothing.
    pub first: f64,
    /// A verifier that has met the same.
    pub again: f64,
    /// The library.
    pub library: f64,
}

/// Measures the bundles among the cases of a folder; those that it lacks are left out.
#[must_use]
pub fn vectors(folder: &Path, time: Duration) -> Vec<Vector> {
    let cases = load(folder).expect("the suite's cases");
    let found = BUNDLES.into_iter().filter_map(|(name, checks)| {
        let Some(case) = cases.iter().find(|case| case.name == name) else {
            println!("SKIPPED sigstore: no case {name}");
            return None;
        };
        Some(measured(name, checks, case, time))
    });
    found.collect()
}

fn measured(name: &'static str, checks: Checks, case: &Case, time: Duration) -> Vector {
    let root = case.trusted_root.as_deref();
    let own = || Client::new(&case.signer, root, WellKnown::PublicGood).expect("a client");
    let (mut fresh, met) = (Fresh::new(own), own());
    let judge = |client: &Client| {
        let ruling = client.judge(black_box(&case.bundle), Artifact::Bytes(&case.artifact), now());
        assert_eq!(ruling, Ruling::Trusted);
    };
    judge(&met);

    let root = TrustedRoot::from_json(root.unwrap_or(SIGSTORE_PRODUCTION_TRUSTED_ROOT));
    let verifier = Verifier::new(&root.expect("a root")).expect("a verifier");
    let policy = VerificationPolicy::any_identity();
    let text = std::str::from_utf8(&case.bundle).expect("JSON");
    let library = || {
        let bundle = Bundle::from_json(black_box(text)).expect("a bundle");
        verifier.verify(case.artifact.as_slice(), &bundle, &policy).expect("it holds");
    };

    let [p256, p384, ed25519] = Arithmetic::rounds();
    let [first, again, library, p256, p384, ed25519] = in_turn(
        time,
        [
            Box::new(|| {
                let client = fresh.next();
                vec![once(|| judge(&client))]
            }),
            Box::new(|| vec![once(|| judge(&met))]),
            Box::new(|| vec![once(library)]),
            p256,
            p384,
            ed25519,
        ],
    );
    let arithmetic = Arithmetic::of_rounds([p256, p384, ed25519]).of(checks);
    Vector { name, arithmetic, first, again, library }
}
