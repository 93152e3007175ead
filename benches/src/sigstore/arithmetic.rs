//! What the mathematics of signatures costs by itself.

use super::measure::{Round, in_turn, laps};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1,
    ECDSA_P384_SHA384_ASN1_SIGNING, ED25519, EcdsaKeyPair, EcdsaSigningAlgorithm,
    EcdsaVerificationAlgorithm, Ed25519KeyPair, KeyPair as _, ParsedPublicKey, Signature,
};
use std::hint::black_box;
use std::time::Duration;

/// How many messages a key is measured with.
const MESSAGES: u8 = 8;

/// How many signatures are to be checked, by curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Checks {
    /// ECDSA on P-256 with SHA-256.
    pub(super) p256: u32,
    /// ECDSA on P-384 with SHA-384.
    pub(super) p384: u32,
    /// Ed25519.
    pub(super) ed25519: u32,
}

/// The microseconds of one check.
#[derive(Clone, Copy, Debug)]
pub struct Arithmetic {
    /// ECDSA on P-256 with SHA-256.
    pub p256: f64,
    /// ECDSA on P-384 with SHA-384.
    pub p384: f64,
    /// Ed25519.
    pub ed25519: f64,
}

impl Arithmetic {
    /// Measures it with the library that Referee checks with, by keys that are read already.
    #[must_use]
    pub fn measured(time: Duration) -> Self {
        Self::of_rounds(in_turn(time, Self::rounds()))
    }

    /// The rounds by which it is measured, to take turns with others: the speed of a machine
    /// changes from second to second.
    pub(super) fn rounds() -> [Round<'static>; 3] {
        [
            ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING, &ECDSA_P256_SHA256_ASN1),
            ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING, &ECDSA_P384_SHA384_ASN1),
            ed25519(),
        ]
    }

    /// What the rounds say.
    pub(super) fn of_rounds(rounds: [f64; 3]) -> Self {
        let [p256, p384, ed25519] = rounds.map(|all| all / f64::from(MESSAGES));
        Self { p256, p384, ed25519 }
    }

    /// The microseconds of so many checks.
    pub(super) fn of(self, checks: Checks) -> f64 {
        f64::from(checks.p256) * self.p256
            + f64::from(checks.p384) * self.p384
            + f64::from(checks.ed25519) * self.ed25519
    }
}

fn ecdsa(
    signing: &'static EcdsaSigningAlgorithm,
    verifying: &'static EcdsaVerificationAlgorithm,
) -> Round<'static> {
    let pair = EcdsaKeyPair::generate(signing).expect("a key");
    let key = ParsedPublicKey::new(verifying, pair.public_key().as_ref()).expect("a key");
    check(key, |message| pair.sign(&SystemRandom::new(), message).expect("a signature"))
}

fn ed25519() -> Round<'static> {
    let pair = Ed25519KeyPair::generate().expect("a key");
    let key = ParsedPublicKey::new(&ED25519, pair.public_key().as_ref()).expect("a key");
    check(key, |message| pair.sign(message))
}

/// Checks of one key over many messages: no signature is checked like another.
fn check(key: ParsedPublicKey, sign: impl Fn(&[u8]) -> Signature) -> Round<'static> {
    let signed: Vec<([u8; 1], Signature)> =
        (0..MESSAGES).map(|number| ([number], sign(&[number]))).collect();
    Box::new(move || {
        laps(&signed, |(message, signature)| {
            key.verify_sig(black_box(message), signature.as_ref()).expect("it holds");
        })
    })
}
