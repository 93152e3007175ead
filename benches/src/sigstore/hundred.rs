//! A hundred signatures by one workflow, as it makes them: in a run each, with a key and a
//! certificate each, or in one run, which has one.
//!
//! A private instance made here issues the certificates and keeps the logs
//! ([`referee_testkit::sigstore`]).

use super::arithmetic::{Arithmetic, Checks};
use super::measure::{Fresh, in_turn, laps, once};
use super::now;
use super::one_image::Image;
use referee_core::trust::{TrustDocument, TrustSource};
use referee_core::{Budget, Digest, Limits, Trust};
use referee_testkit::sigstore::{Instance, Rekor, Signer, Workflow};
use referee_verify::CosignVerifier;
use referee_verify::cosign::Blob;
use referee_verify::protocol::tlog::Digests;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sigstore_verify::trust_root::TrustedRoot;
use sigstore_verify::types::{Bundle, Sha256Hash};
use sigstore_verify::{VerificationPolicy, Verifier};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

/// How many signatures.
const COUNT: u32 = 100;
/// How many of them are measured one by one, each by a verifier of its own.
const SEVERAL: u8 = 16;

/// What became of a hundred signatures, in microseconds.
#[derive(Clone, Debug)]
pub struct Hundred {
    /// How they were made.
    pub name: &'static str,
    /// Whether one certificate made them all.
    pub shares_a_certificate: bool,
    /// Whether each was measured by itself, so that a busy machine hardly shows.
    pub steady: bool,
    /// The arithmetic of the signatures to be checked behind one of them.
    pub arithmetic_of_one: f64,
    /// That of those behind all of them, each counted once.
    pub arithmetic: f64,
    /// One of them, by a verifier that has met nothing.
    pub one: f64,
    /// All of them, by a verifier that has met nothing.
    pub all: f64,
    /// All of them, by a verifier that has met them.
    pub again: f64,
    /// The library, which cannot read every layout.
    pub library: Option<f64>,
}

impl Hundred {
    /// What the hundred cost, by a hundred times what one costs.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.all / (f64::from(COUNT) * self.one)
    }

    /// The same of the hundred that were met before.
    #[must_use]
    pub fn ratio_again(&self) -> f64 {
        self.again / (f64::from(COUNT) * self.one)
    }
}

/// Measures all of them.
#[must_use]
pub fn hundreds(time: Duration) -> Vec<Hundred> {
    let mut instance = Instance::new();
    let (workflow, images) = (Workflow::default(), images());
    let signers: Vec<Signer> = images.iter().map(|_| instance.signer(&workflow)).collect();
    let each: Vec<(&Signer, [u8; 32])> = signers.iter().zip(images.iter().copied()).collect();
    let one_run: Vec<(&Signer, [u8; 32])> =
        images.iter().map(|image| (&signers[0], *image)).collect();
    let each_v1 = instance.bundles(&each, Rekor::V1);
    let each_v2 = instance.bundles(&each, Rekor::V2);
    let run_v1 = instance.bundles(&one_run, Rekor::V1);
    let run_v2 = instance.bundles(&one_run, Rekor::V2);
    let mut image = Image::new(&mut instance, &signers);
    let trust = trust(&instance, &workflow);
    image.fetch(&verifier(&trust));
    let root = instance.trusted_root();
    let bundles = |name, bundles: &[Vec<u8>], one, all| {
        let bundles: Vec<_> = bundles.iter().zip(&images).collect();
        bundled(name, one, all, &bundles, &trust, &root, time)
    };
    let v1 = Checks { p256: 4, p384: 1, ed25519: 0 };
    let v2 = Checks { p256: 2, p384: 3, ed25519: 1 };
    // Of a run its certificate and what its log says of it; of a batch its checkpoint; of the
    // timestamp authority its certificate.
    let all_v1 = Checks { p256: 4 * COUNT, p384: COUNT, ed25519: 0 };
    let all_v2 = Checks { p256: 2 * COUNT, p384: 2 * COUNT + 1, ed25519: 1 };
    let run_of_v1 = Checks { p256: 3 * COUNT + 1, p384: 1, ed25519: 0 };
    let run_of_v2 = Checks { p256: COUNT + 1, p384: COUNT + 2, ed25519: 1 };
    vec![
        bundles("a run each, Rekor v1", &each_v1, v1, all_v1),
        bundles("a run each, Rekor v2", &each_v2, v2, all_v2),
        bundles("one run, Rekor v1", &run_v1, v1, run_of_v1),
        bundles("one run, Rekor v2", &run_v2, v2, run_of_v2),
        // All of them in one lap, of which a busy machine spoils many.
        layered(&image, &trust, 4 * time),
    ]
}

fn images() -> Vec<[u8; 32]> {
    (0..COUNT).map(|number| Sha256::digest(number.to_be_bytes()).into()).collect()
}

/// A trust document that trusts this workflow by this instance.
fn trust(instance: &Instance, workflow: &Workflow) -> Trust {
    let document = json!({
        "sigstore": [{"name": "acme", "file": "trusted_root.json"}],
        "identities": [{
            "name": "release",
            "issuer": workflow.issuer,
            "subject": workflow.subject,
            "scopes": ["**"],
        }],
    });
    let name = "trust.json".to_owned();
    let document = TrustDocument::read(&name, &document.to_string()).expect("a trust document");
    let files = BTreeMap::from([("trusted_root.json".to_owned(), instance.trusted_root())]);
    Trust::new(&[TrustSource { name, document, files }]).expect("a trust")
}

fn verifier(trust: &Trust) -> CosignVerifier {
    CosignVerifier::new(trust).expect("a verifier")
}

pub(super) fn budget() -> Budget {
    Budget::new(&Limits::DEFAULT, Arc::default())
}

/// Measures bundles, each with the image that it is for.
fn bundled(
    name: &'static str,
    one_checks: Checks,
    checks: Checks,
    bundles: &[(&Vec<u8>, &[u8; 32])],
    trust: &Trust,
    root: &str,
    time: Duration,
) -> Hundred {
    let budget = budget();
    let judge = |verifier: &CosignVerifier, (bundle, image): &(&Vec<u8>, &[u8; 32])| {
        let digest = Digest::from_sha256(image);
        let digests = Digests { sha256: Some(**image), ..Digests::default() };
        let blob = Blob { digest: &digest, digests: &digests, bytes: None, repository: None };
        let findings = verifier.verify_blob(&blob, black_box(bundle), now(), &budget);
        let trusted = findings.signatures.iter().filter(|signature| signature.trusted);
        assert_eq!(trusted.count(), 1, "{name}: {:?}", findings.signatures);
    };
    let (mut fresh, met) = (Fresh::new(|| verifier(trust)), verifier(trust));
    let mut fresh_for_one = Fresh::new(|| verifier(trust));
    bundles.iter().for_each(|bundle| judge(&met, bundle));

    let root = TrustedRoot::from_json(root).expect("a root");
    let peer = Verifier::new(&root).expect("a verifier");
    let policy = VerificationPolicy::any_identity();
    let library = |(bundle, image): &(&Vec<u8>, &[u8; 32])| {
        let text = std::str::from_utf8(black_box(bundle)).expect("JSON");
        let bundle = Bundle::from_json(text).expect("a bundle");
        peer.verify(Sha256Hash::new(**image), &bundle, &policy).expect("it holds");
    };

    let several = bundles.get(..usize::from(SEVERAL)).expect("a hundred");
    let [p256, p384, ed25519] = Arithmetic::rounds();
    let [one, all, again, library, p256, p384, ed25519] = in_turn(
        time,
        [
            Box::new(|| {
                let strangers: Vec<_> = several.iter().map(|_| fresh_for_one.next()).collect();
                laps(strangers.iter().zip(several), |(verifier, bundle)| judge(verifier, bundle))
            }),
            Box::new(|| {
                let verifier = fresh.next();
                laps(bundles, |bundle| judge(&verifier, bundle))
            }),
            Box::new(|| laps(bundles, |bundle| judge(&met, bundle))),
            Box::new(|| laps(bundles, library)),
            p256,
            p384,
            ed25519,
        ],
    );
    let check = Arithmetic::of_rounds([p256, p384, ed25519]);
    let (arithmetic_of_one, arithmetic) = (check.of(one_checks), check.of(checks));
    let shares_a_certificate = name.starts_with("one run");
    let (one, library) = (one / f64::from(SEVERAL), Some(library));
    let steady = true;
    Hundred {
        name,
        shares_a_certificate,
        steady,
        arithmetic_of_one,
        arithmetic,
        one,
        all,
        again,
        library,
    }
}

/// Measures the signatures of one image in cosign's old layout, which the library does not read.
fn layered(image: &Image, trust: &Trust, time: Duration) -> Hundred {
    let (mut fresh, met) = (Fresh::new(|| verifier(trust)), verifier(trust));
    let mut fresh_for_one = Fresh::new(|| verifier(trust));
    image.judge_all(&met);
    let [p256, p384, ed25519] = Arithmetic::rounds();
    let [one, all, again, p256, p384, ed25519] = in_turn(
        time,
        [
            Box::new(|| {
                let strangers: Vec<_> = (0..SEVERAL).map(|_| fresh_for_one.next()).collect();
                laps(&strangers, |verifier| image.judge_one(verifier))
            }),
            Box::new(|| {
                let verifier = fresh.next();
                vec![once(|| image.judge_all(&verifier))]
            }),
            Box::new(|| vec![once(|| image.judge_all(&met))]),
            p256,
            p384,
            ed25519,
        ],
    );
    let one = one / f64::from(SEVERAL);
    // There is no checkpoint beside such a layer.
    let one_checks = Checks { p256: 3, p384: 1, ed25519: 0 };
    let checks = Checks { p256: 3 * COUNT, p384: COUNT, ed25519: 0 };
    let check = Arithmetic::of_rounds([p256, p384, ed25519]);
    let (arithmetic_of_one, arithmetic) = (check.of(one_checks), check.of(checks));
    let name = "a run each, layers of one image";
    let (shares_a_certificate, steady, library) = (false, false, None);
    Hundred {
        name,
        shares_a_certificate,
        steady,
        arithmetic_of_one,
        arithmetic,
        one,
        all,
        again,
        library,
    }
}
