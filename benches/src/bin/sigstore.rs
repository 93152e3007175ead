//! Sigstore bundles beside `sigstore-verify`, the Rust library of the Sigstore project, and beside
//! the arithmetic of their signatures: on one core, offline, the JSON read each time.
//!
//! Prints the rates as ratios. `first` is a verifier that has met nothing yet; `again` is one that
//! has met bundles of the same authorities, logs and certificates before.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark reports by printing and fails by panicking"
)]

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1,
    ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    EcdsaVerificationAlgorithm, KeyPair as _, UnparsedPublicKey,
};
use clap::Parser;
use referee_conformance::sigstore::{Artifact, Case, Client, Ruling, load};
use referee_core::Timestamp;
use referee_core::trust::WellKnown;
use sigstore_verify::trust_root::{SIGSTORE_PRODUCTION_TRUSTED_ROOT, TrustedRoot};
use sigstore_verify::types::Bundle;
use sigstore_verify::{VerificationPolicy, Verifier};
use std::hint::black_box;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Bundles, with how many signatures over P-256 and P-384 each has that must be checked: by the
/// signer, the certificate's issuer, its log, the log's promise and checkpoint, the timestamp
/// authority and its issuers.
const BUNDLES: [(&str, u32, u32); 5] = [
    ("happy-path-v0.1", 4, 1),
    ("happy-path-v0.3-new-mediaType", 4, 1),
    ("happy-path-intoto-in-dsse-v3", 4, 1),
    ("rekor2-happy-path", 4, 2),
    ("rekor2-dsse-happy-path", 4, 2),
];

/// How many verifiers stand ready to meet a bundle for the first time.
const FRESH: usize = 64;

#[derive(Parser)]
struct Arguments {
    /// The suite's folder; else it is looked for beside the project.
    #[arg(long)]
    cases: Option<PathBuf>,
    /// How long each figure is measured, in milliseconds.
    #[arg(long, default_value_t = 400)]
    time: u64,
    /// Fail where Referee's rate over authorities that it has met is not at least so many times the
    /// library's.
    #[arg(long)]
    assert: Option<f64>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors");
    let vectors = std::env::var_os("REFEREE_VECTORS").map_or_else(|| beside.into(), PathBuf::from);
    let folder = arguments.cases.unwrap_or_else(|| vectors.join("sigstore-bundle-verify"));
    if !folder.is_dir() {
        println!("SKIPPED sigstore: {} is no folder", folder.display());
        return ExitCode::SUCCESS;
    }
    let time = Duration::from_millis(arguments.time);
    let cases = load(&folder).unwrap();
    let p256 = ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING, &ECDSA_P256_SHA256_ASN1, time);
    let p384 = ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING, &ECDSA_P384_SHA384_ASN1, time);
    println!("FIGURE sigstore: one check P-256 {p256:.1} us, P-384 {p384:.1} us");
    let mut slow = Vec::new();
    for (name, of_p256, of_p384) in BUNDLES {
        let Some(case) = cases.iter().find(|case| case.name == name) else {
            println!("SKIPPED sigstore: no case {name}");
            continue;
        };
        let library = library(case, time);
        let (first, again) = (first(case, time), again(case, time));
        let arithmetic = f64::from(of_p256) * p256 + f64::from(of_p384) * p384;
        println!(
            "FIGURE sigstore: {name}: first {:.0}/s, {:.2} of the library's rate, {:.2} of the \
             arithmetic's; again {:.0}/s, {:.2} of the library's",
            1e6 / first,
            library / first,
            arithmetic / first,
            1e6 / again,
            library / again,
        );
        if arguments.assert.is_some_and(|least| library / again < least) {
            slow.push(name);
        }
    }
    match slow.is_empty() {
        true => ExitCode::SUCCESS,
        false => {
            println!("too slow: {}", slow.join(", "));
            ExitCode::FAILURE
        }
    }
}

/// The microseconds that one call takes: the median of many rounds.
fn measured(time: Duration, mut round: impl FnMut() -> Duration) -> f64 {
    let started = Instant::now();
    let mut times = Vec::new();
    while started.elapsed() < time || times.len() < 5 {
        times.push(round());
    }
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default().as_secs_f64() * 1e6
}

fn ecdsa(
    signing: &'static EcdsaSigningAlgorithm,
    verifying: &'static EcdsaVerificationAlgorithm,
    time: Duration,
) -> f64 {
    let pair = EcdsaKeyPair::generate(signing).unwrap();
    let signature = pair.sign(&SystemRandom::new(), b"message").unwrap();
    let key = UnparsedPublicKey::new(verifying, pair.public_key().as_ref());
    measured(time, || {
        let started = Instant::now();
        key.verify(black_box(b"message"), signature.as_ref()).unwrap();
        started.elapsed()
    })
}

fn library(case: &Case, time: Duration) -> f64 {
    let root = case.trusted_root.as_deref().unwrap_or(SIGSTORE_PRODUCTION_TRUSTED_ROOT);
    let verifier = Verifier::new(&TrustedRoot::from_json(root).unwrap()).unwrap();
    let policy = VerificationPolicy::any_identity();
    let text = std::str::from_utf8(&case.bundle).unwrap();
    measured(time, || {
        let started = Instant::now();
        let bundle = Bundle::from_json(black_box(text)).unwrap();
        verifier.verify(case.artifact.as_slice(), &bundle, &policy).unwrap();
        started.elapsed()
    })
}

fn client(case: &Case) -> Client {
    Client::new(&case.signer, case.trusted_root.as_deref(), WellKnown::PublicGood).unwrap()
}

fn judge(client: &Client, case: &Case, now: Timestamp) {
    let ruling = client.judge(black_box(&case.bundle), Artifact::Bytes(&case.artifact), now);
    assert_eq!(ruling, Ruling::Trusted);
}

fn now() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

/// Verifiers that have met nothing.
fn first(case: &Case, time: Duration) -> f64 {
    let now = now();
    let mut fresh: Vec<Client> = Vec::new();
    measured(time, || {
        if fresh.is_empty() {
            fresh = (0..FRESH).map(|_| client(case)).collect();
        }
        let client = fresh.pop().unwrap();
        let started = Instant::now();
        judge(&client, case, now);
        started.elapsed()
    })
}

/// A verifier that has met the same.
fn again(case: &Case, time: Duration) -> f64 {
    let (client, now) = (client(case), now());
    measured(time, || {
        let started = Instant::now();
        judge(&client, case, now);
        started.elapsed()
    })
}
