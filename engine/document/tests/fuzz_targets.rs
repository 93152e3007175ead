//! The fuzzer's targets over seeds and mutations of seeds: a bounded number of each, the same on
//! every machine. `REFEREE_FUZZ_ROUNDS` asks for more. The seeds are documents in `tests/data`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "what the tests are made of may fail, and they say what they skip"
)]

mod targets;

use std::path::Path;

/// Mutations of each target unless more are asked for.
const ROUNDS: u64 = 4_000;

/// Larger seeds would be mutated where it matters too seldom.
const MAX_SEED_BYTES: usize = 20_000;

/// What is put in the place of a value, and between other bytes.
const PIECES: [&str; 18] = [
    "null",
    "true",
    "7",
    "-1.5e9",
    "1e999",
    "\"\"",
    "[]",
    "{}",
    "[[{}]]",
    "\"x\"",
    "\"CVE-2026-1\"",
    "\"pkg:npm/x@1\"",
    "sha256:",
    "://",
    "@refs/",
    "%",
    "\\u0000",
    " OR (",
];

/// The documents in some folders of `tests/data`, but for the scripts that made them.
fn seeds(folders: &[&str]) -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for folder in folders {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
        collect(&data.join(folder), &mut seeds);
    }
    assert!(seeds.len() > 2, "{} seeds in {folders:?}", seeds.len());
    seeds
}

fn collect(folder: &Path, seeds: &mut Vec<Vec<u8>>) {
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let script = path.extension().is_some_and(|ending| ending == "sh" || ending == "py");
        if path.is_dir() {
            collect(&path, seeds);
        } else if !script {
            let bytes = std::fs::read(&path).unwrap();
            if bytes.len() < MAX_SEED_BYTES {
                seeds.push(bytes);
            }
        }
    }
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
            match self.below(8) {
                0 => drop(bytes.drain(from..(from + self.below(24)).min(bytes.len()))),
                1 => bytes.insert(from, u8::try_from(self.below(256)).unwrap_or_default()),
                2 if from < bytes.len() => bytes[from] ^= 1 << self.below(8),
                3 if self.below(4) == 0 => bytes.truncate(from),
                4 => drop(bytes.splice(from..from, self.piece())),
                5 => {
                    let other = &seeds[self.below(seeds.len())];
                    let start = self.below(other.len() + 1);
                    let end = (start + self.below(200)).min(other.len());
                    drop(bytes.splice(from..from, other[start..end].iter().copied()));
                }
                _ => self.exchange(&mut bytes),
            }
        }
        bytes
    }

    fn piece(&mut self) -> std::str::Bytes<'static> {
        PIECES[self.below(PIECES.len())].bytes()
    }

    /// Puts a value in the place of another, so that what comes out is still JSON more often.
    fn exchange(&mut self, bytes: &mut Vec<u8>) {
        let places: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] == b':').collect();
        if places.is_empty() {
            return;
        }
        let start = places[self.below(places.len())] + 1;
        let end = bytes[start..].iter().position(|byte| b",}]\n".contains(byte));
        let end = end.map_or(bytes.len(), |length| start + length);
        drop(bytes.splice(start..end, self.piece()));
    }
}

/// Runs a target over all seeds, and over mutations of those in `folders`.
fn run(name: &str, folders: &[&str]) {
    let (_, body) = targets::TARGETS.iter().find(|(found, _)| *found == name).unwrap();
    let rounds = std::env::var("REFEREE_FUZZ_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    body(&[]);
    seeds(&[""]).iter().for_each(|seed| body(seed));
    let seeds = seeds(folders);
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    for round in 0..rounds.unwrap_or(ROUNDS) {
        let bytes = chance.mutation(&seeds);
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

macro_rules! targets {
    ($($test:ident = $target:literal of $($folder:literal),+;)*) => {
        $(
            #[test]
            fn $test() {
                run($target, &[$($folder),+]);
            }
        )*

        #[test]
        fn every_target_is_run() {
            let run = [$($target),*];
            assert!(targets::TARGETS.iter().map(|(name, _)| *name).eq(run));
        }
    };
}

targets! {
    any_text_is_a_vector_with_a_score_from_nought_to_ten_or_is_none = "cvss" of "fuzz/cvss";
    any_bytes_are_cyclonedx_in_json_or_are_refused = "cyclonedx_json" of "cyclonedx";
    any_bytes_are_cyclonedx_in_xml_or_are_refused = "cyclonedx_xml" of "cyclonedx";
    any_text_is_a_licence_that_keeps_the_laws_or_is_none = "license" of "fuzz/license";
    any_bytes_are_a_provenance_within_the_limits_or_are_refused =
        "provenance" of "fuzz/provenance", "provenance";
    any_bytes_are_an_sbom_within_the_limits_or_are_refused = "sbom" of "cyclonedx", "fuzz/spdx";
    any_bytes_are_spdx_within_the_limits_or_are_refused = "spdx" of "fuzz/spdx";
    any_bytes_are_a_vex_document_whose_statements_hold_or_are_refused = "vex" of "fuzz/vex";
    any_bytes_are_a_report_within_the_limits_or_are_refused =
        "vulnerability" of "fuzz/vulnerability";
}
