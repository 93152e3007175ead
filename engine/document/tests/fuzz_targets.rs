//! The fuzzer's targets over seeds and mutations of seeds: a bounded number of each, the same on
//! every machine. `REFEREE_FUZZ_ROUNDS` asks for more.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "what the tests are made of may fail, and they say what they skip"
)]

mod targets;

use std::path::Path;

/// Mutations of each target unless more are asked for.
const ROUNDS: u64 = 3_000;

/// Seeds of all targets: each target reads some of them. They are the documents in `tests/data`.
fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = vec![Vec::new()];
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data"), &mut seeds);
    assert!(seeds.len() > 2, "{} seeds in the fixtures", seeds.len());
    seeds
}

fn collect(folder: &Path, seeds: &mut Vec<Vec<u8>>) {
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, seeds);
        } else {
            let bytes = std::fs::read(&path).unwrap();
            // Larger ones would be mutated where it matters too seldom.
            if bytes.len() < 20_000 {
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

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap_or_default()
    }

    /// A seed with some damage.
    fn mutation(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = seeds[self.below(seeds.len())].clone();
        for _ in 0..=self.below(6) {
            let from = self.below(bytes.len() + 1);
            match self.below(5) {
                0 => {
                    let to = (from + self.below(24)).min(bytes.len());
                    bytes.drain(from..to);
                }
                1 => bytes.insert(from, self.byte()),
                2 if from < bytes.len() => bytes[from] ^= 1 << self.below(8),
                3 => bytes.truncate(from.max(1)),
                _ => {
                    let other = &seeds[self.below(seeds.len())];
                    let start = self.below(other.len() + 1);
                    let end = (start + self.below(200)).min(other.len());
                    let part = other.get(start..end).unwrap_or_default().to_vec();
                    bytes.splice(from..from, part);
                }
            }
        }
        bytes
    }
}

fn run(name: &str) {
    let (_, body) = targets::TARGETS.iter().find(|(found, _)| *found == name).unwrap();
    let rounds = std::env::var("REFEREE_FUZZ_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    let seeds = seeds();
    seeds.iter().for_each(|seed| body(seed));
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
    ($($name:ident = $target:literal;)*) => {$(
        #[test]
        fn $name() {
            run($target);
        }
    )*};
}

targets! {
    any_bytes_are_cyclonedx_in_json_or_are_refused = "cyclonedx_json";
    any_bytes_are_cyclonedx_in_xml_or_are_refused = "cyclonedx_xml";
    any_bytes_are_an_sbom_within_the_limits_or_are_refused = "sbom";
}
