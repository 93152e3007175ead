//! The fuzzer's targets over seeds and mutations of seeds: a bounded number of each, the same on
//! every machine. `REFEREE_FUZZ_ROUNDS` asks for more.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unreachable,
    reason = "what the tests are made of may fail, and they say what they skip"
)]

mod targets;

/// Mutations of each target unless more are asked for.
const ROUNDS: u64 = 1_500;

const BUNDLE: &str = r#"{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"certificate":{"rawBytes":"MIIB"},"tlogEntries":[{"logIndex":"1","logId":{"keyId":"wNI9atQGlz+VWfO6LRygH4QUfY/8W4RFwiT5i5WRgB0="},"kindVersion":{"kind":"hashedrekord","version":"0.0.1"},"integratedTime":"1710869186","inclusionPromise":{"signedEntryTimestamp":"MEQC"},"inclusionProof":{"logIndex":"1","rootHash":"AAAA","treeSize":"2","hashes":["AAAA"],"checkpoint":{"envelope":"rekor.sigstore.dev - 1\n2\nAAAA\n\n— rekor.sigstore.dev wNI9ajBF\n"}},"canonicalizedBody":"e30="}],"timestampVerificationData":{"rfc3161Timestamps":[{"signedTimestamp":"MIIC"}]}},"messageSignature":{"messageDigest":{"algorithm":"SHA2_256","digest":"oM/HEnHW"},"signature":"MEUC"}}"#;

const ENVELOPE: &str = r#"{"payload":"eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCJzdWJqZWN0IjpbeyJkaWdlc3QiOnsic2hhMjU2IjoiMDAifX1dLCJwcmVkaWNhdGVUeXBlIjoicCIsInByZWRpY2F0ZSI6e319","payloadType":"application/vnd.in-toto+json","signatures":[{"sig":"AAAA","keyid":""}]}"#;

const CHECKPOINT: &str = "rekor.sigstore.dev - 1193050959916656506\n649584076\nrnpacIXSjoToEDh0qD4CLAKdkPnW1Y4R1DhFMS+AGlI=\n\n— rekor.sigstore.dev wNI9ajBFAiB+dI3iNRQRRAEwq+BzKTSdPsCKz/m9BkbkJhT9TXRKxQIhANcH3cgUq9pObcC7hQct9sqjd4ZW54GyCHRXiLC8FF17\n";

/// Seeds of all targets: each target reads some of them.
fn seeds() -> Vec<Vec<u8>> {
    let chain = include_bytes!("data/certificate.pem").to_vec();
    let root = sigstore_trust_root::SIGSTORE_PRODUCTION_TRUSTED_ROOT;
    let leaf = pem(&chain);
    let texts = [BUNDLE, ENVELOPE, CHECKPOINT, root, ""];
    let texts = texts.into_iter().map(|text| text.as_bytes().to_vec());
    texts.chain([chain, leaf]).chain(made_by_tools()).collect()
}

/// Bundles of real tools, and what is in them: tokens, bodies, checkpoints, certificates.
fn made_by_tools() -> Vec<Vec<u8>> {
    let names = ["blob-attested-dev-v1", "blob-dev-v2", "blob-release-v2", "js-workflow-stamped"];
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/sigstore/blobs");
    let mut made = Vec::new();
    for name in names {
        let bundle = std::fs::read(format!("{folder}/{name}.sigstore.json")).unwrap();
        let document = serde_json::from_slice(&bundle).unwrap();
        made.push(bundle);
        texts_of(&document, &mut made);
    }
    assert!(made.len() > 12, "{} seeds in the fixtures", made.len());
    made
}

/// The longer texts of a document, decoded where they are base64.
fn texts_of(document: &serde_json::Value, found: &mut Vec<Vec<u8>>) {
    match document {
        serde_json::Value::String(text) if text.len() > 100 => {
            let decoded = data_encoding::BASE64.decode(text.as_bytes());
            found.push(decoded.unwrap_or_else(|_| text.as_bytes().to_vec()));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| texts_of(item, found)),
        serde_json::Value::Object(members) => {
            members.values().for_each(|member| texts_of(member, found));
        }
        _ => {}
    }
}

/// The DER of a PEM block.
fn pem(text: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(text).unwrap();
    let lines: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    data_encoding::BASE64.decode(lines.as_bytes()).unwrap()
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
    any_bytes_are_a_bundle_that_is_not_trusted = "bundle";
    any_bytes_are_a_certificate_that_leads_nowhere_or_are_refused = "certificate";
    any_bytes_are_an_envelope_or_a_statement_or_are_refused = "envelope";
    any_bytes_are_a_timestamp_of_nobody_or_are_refused = "timestamp";
    any_text_is_a_checkpoint_or_is_refused = "checkpoint";
    any_text_is_a_trusted_root_or_is_refused = "trusted_root";
}
