//! The fuzzer's targets over seeds and mutations of seeds: a bounded number of each, the same on
//! every machine. `REFEREE_FUZZ_ROUNDS` asks for more.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "what the tests are made of may fail, and they say what they skip"
)]

mod targets;

use referee_bundles::{BundleLimits, Files, pack};
use std::io::Read as _;

/// Mutations of each target unless more are asked for.
const ROUNDS: u64 = 2_000;

/// What is put in the place of a value, and between other bytes.
const PIECES: [&str; 16] = [
    "null",
    "true",
    "7",
    "1e999",
    "\"\"",
    "[]",
    "{}",
    "[[{}]]",
    "\"..\"",
    "\"/\"",
    "\"a/../b\"",
    "\"op\":\"upsert\"",
    "%2F",
    "~1",
    "\\u0000",
    "package a\n",
];

/// Files as they are in bundles.
const FILES: [(&str, &str); 9] = [
    (".manifest", r#"{"revision":"r","roots":["a","b/c"],"rego_version":1,"metadata":{"k":1.0}}"#),
    (
        ".manifest",
        r#"{"file_rego_versions":{"/a/*.rego":0,"{x,y}":1},"wasm":[{"entrypoint":"a/b","module":"/policy.wasm","annotations":[{}]}]}"#,
    ),
    ("data.json", r#"{"a":{"b":[1,2.0,1e3,null,"x"]},"b":{"c":{"d":true}}}"#),
    ("a/data.yaml", "a: yes\nb: [1, 2]\nc: &x {d: 1}\ne: *x\n"),
    ("a/x.rego", "package a.x\n\nallow if input.y == data.a.b[0]\n"),
    (
        "patch.json",
        r#"{"data":[{"op":"upsert","path":"/a/b","value":{"c":1}},{"op":"replace","path":"a/b/c","value":2},{"op":"remove","path":"/a/b"}]}"#,
    ),
    (
        ".signatures.json",
        r#"{"signatures":["eyJhbGciOiJIUzI1NiJ9.eyJmaWxlcyI6W119.AAAA"],"plugin":"_default"}"#,
    ),
    (
        "payload",
        r#"{"files":[{"name":"x.rego","hash":"e3b0c442","algorithm":"SHA-256"}],"keyid":"k","scope":"s"}"#,
    ),
    (
        "payload",
        r#"{"files":[{"name":"x.rego","hash":"ea1b09ae73da1cfbbbeb02ffb6a1f81a75b5fe3e2ba1ae8ed6b5a1e4f3b9a8a0","algorithm":"SHA-256"}]}"#,
    ),
];

fn texts() -> Vec<Vec<u8>> {
    FILES.iter().map(|(_, text)| text.as_bytes().to_vec()).collect()
}

/// Archives, as they are and before they are compressed.
fn archives() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for chosen in [0..1, 2..5, 0..7] {
        let mut files = Files::default();
        for (name, text) in FILES.iter().skip(chosen.start).take(chosen.len()) {
            // Two have one name: the first stays.
            let _ = files.add(name, text.as_bytes().to_vec(), &BundleLimits::DEFAULT);
        }
        let packed = pack(&files).unwrap();
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut plain).unwrap();
        seeds.extend([packed, plain]);
    }
    seeds
}

/// A sequence of numbers from a seed (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.0 % bound).unwrap_or_default()
    }

    /// A seed with some damage.
    fn mutation(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = seeds[self.below(seeds.len())].clone();
        for _ in 0..=self.below(6) {
            let from = self.below(bytes.len() + 1);
            match self.below(7) {
                0 => drop(bytes.drain(from..(from + self.below(24)).min(bytes.len()))),
                1 => bytes.insert(from, u8::try_from(self.below(256)).unwrap_or_default()),
                2 if from < bytes.len() => bytes[from] ^= 1 << self.below(8),
                3 if self.below(4) == 0 => bytes.truncate(from),
                4 => drop(bytes.splice(from..from, PIECES[self.below(PIECES.len())].bytes())),
                5 => {
                    let other = &seeds[self.below(seeds.len())];
                    let start = self.below(other.len() + 1);
                    let end = (start + self.below(200)).min(other.len());
                    drop(bytes.splice(from..from, other[start..end].iter().copied()));
                }
                _ => {
                    let to = (from + self.below(40)).min(bytes.len());
                    let piece = PIECES[self.below(PIECES.len())].bytes();
                    drop(bytes.splice(from.min(to)..to, piece));
                }
            }
        }
        bytes
    }
}

fn run(name: &str, seeds: &[Vec<u8>]) {
    let (_, body) = targets::TARGETS.iter().find(|(found, _)| *found == name).unwrap();
    let rounds = std::env::var("REFEREE_FUZZ_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    body(&[]);
    seeds.iter().for_each(|seed| body(seed));
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    for round in 0..rounds.unwrap_or(ROUNDS) {
        let bytes = chance.mutation(seeds);
        let tried = std::panic::catch_unwind(|| body(&bytes));
        if let Err(panic) = tried {
            // The bytes, so that the case can be kept.
            let kept = std::env::temp_dir().join(format!("fuzz-{name}"));
            std::fs::write(&kept, &bytes).unwrap_or_default();
            println!("round {round} of {name} panics on {}", kept.display());
            std::panic::resume_unwind(panic);
        }
    }
}

#[test]
fn any_bytes_are_an_archive_within_the_limits_or_are_refused() {
    run("bundle_archive", &archives());
}

#[test]
fn any_bytes_are_a_file_of_a_bundle_or_are_refused() {
    run("bundle_content", &texts());
}

#[test]
fn any_bytes_are_no_signature_that_nobody_made() {
    run("bundle_signature", &texts());
}

#[test]
fn every_target_is_run() {
    let names: Vec<_> = targets::TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["bundle_archive", "bundle_content", "bundle_signature"]);
}
