//! The fuzzer's targets for reports and VEX over seeds and mutations of seeds: a bounded number of
//! each, the same on every machine. `REFEREE_FUZZ_ROUNDS` asks for more.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "what the tests are made of may fail, and they say what they skip"
)]

#[path = "targets/cvss.rs"]
mod cvss;
#[path = "targets/vex.rs"]
mod vex;
#[path = "targets/vulnerability.rs"]
mod vulnerability;

/// Mutations of each target unless more are asked for.
const ROUNDS: u64 = 3_000;

const REPORTS: [&str; 5] = [
    r#"{"SchemaVersion":2,"CreatedAt":"2026-01-01T00:00:00Z","ArtifactName":"x","Metadata":{"RepoDigests":["a@sha256:00"]},"Results":[{"Target":"t","Vulnerabilities":[{"VulnerabilityID":"CVE-2026-1","PkgName":"a","InstalledVersion":"1","FixedVersion":"2, 3","Status":"fixed","Severity":"HIGH","CVSS":{"nvd":{"V3Vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H","V3Score":9.8}},"PkgIdentifier":{"PURL":"pkg:npm/a@1"}},{"Severity":"LOW"}],"ExperimentalModifiedFindings":[{"Type":"vulnerability","Status":"ignored","Finding":{"VulnerabilityID":"CVE-2"}}]}]}"#,
    r#"{"matches":[{"vulnerability":{"id":"CVE-2026-1","severity":"High","cvss":[{"version":"3.1","vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H","metrics":{"baseScore":7.5}}],"fix":{"versions":["2"],"state":"fixed"}},"relatedVulnerabilities":[{"id":"GHSA-aaaa-bbbb-cccc"}],"artifact":{"name":"a","version":"1","purl":"pkg:npm/a@1","locations":[{"path":"/a"}]}}],"ignoredMatches":[],"source":{"target":{"userInput":"x","manifestDigest":"sha256:00"}},"descriptor":{"name":"grype","db":{"status":{"built":"2026-01-01T00:00:00Z"}},"timestamp":"2026-01-01T00:00:00Z"}}"#,
    r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"Trivy","rules":[{"id":"CVE-2026-1","help":{"text":"Vulnerability CVE-2026-1\nSeverity: HIGH"},"properties":{"security-severity":"7.5","tags":["HIGH"],"purls":["pkg:npm/a@1"]}}]}},"results":[{"ruleId":"CVE-2026-1","ruleIndex":0,"level":"error","message":{"text":"Package: a\nInstalled Version: 1\nFixed Version: 2"},"suppressions":[{"kind":"external"}],"locations":[{"physicalLocation":{"artifactLocation":{"uri":"x"}},"message":{"text":"x: a@1"}}]}],"invocations":[{"executionSuccessful":true,"endTimeUtc":"2026-01-01T00:00:00Z"}]}]}"#,
    r#"{"scanner":{"uri":"pkg:x","version":"1","db":{"lastUpdate":"2026-01-01T00:00:00Z"},"result":{"SchemaVersion":2,"Results":[{"Vulnerabilities":[{"VulnerabilityID":"CVE-1"}]}]}},"metadata":{"scanStartedOn":"2026-01-01T00:00:00Z"}}"#,
    r#"{"scanner":{"uri":"pkg:x","db":{},"result":[{"id":"CVE-1","severity":[{"method":"nvd","score":"medium"},{"method":"cvss","score":"9.8"}]},{"vulnerability":{"id":"CVE-2"}}]},"metadata":{}}"#,
];

const DOCUMENTS: [&str; 3] = [
    r#"{"@context":"https://openvex.dev/ns/v0.2.0","timestamp":"2026-01-01T00:00:00Z","version":1,"statements":[{"vulnerability":{"name":"CVE-2026-1","aliases":["GHSA-aaaa-bbbb-cccc"]},"products":[{"@id":"pkg:npm/x","subcomponents":[]},{"@id":"x","hashes":{"sha-256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},"subcomponents":[{"@id":"pkg:npm/x@1"}]}],"status":"not_affected","justification":"component_not_present","timestamp":"2026-01-02T00:00:00Z"},{"vulnerability":"CVE-2026-2","status":"affected"},{"vulnerability":"CVE-2026-1","products":["pkg:npm/x@1"],"status":"fixed"}]}"#,
    r#"{"document":{"category":"csaf_vex","csaf_version":"2.0","tracking":{"id":"x","current_release_date":"2026-01-01T00:00:00Z"}},"product_tree":{"branches":[{"category":"vendor","name":"v","branches":[{"category":"product_version","name":"1","product":{"product_id":"x","name":"x","product_identification_helper":{"purl":"pkg:npm/x@1"}}}]}],"product_groups":[{"group_id":"g","product_ids":["x"]}],"relationships":[{"category":"default_component_of","full_product_name":{"product_id":"r","name":"r"},"product_reference":"x","relates_to_product_reference":"x"}]},"vulnerabilities":[{"cve":"CVE-2026-1","ids":[{"text":"GHSA-aaaa-bbbb-cccc"}],"product_status":{"known_not_affected":["x","r"],"fixed":["x"]},"flags":[{"label":"component_not_present","group_ids":["g"]}],"threats":[{"category":"impact","details":"none"}]}]}"#,
    r#"{"@context":"https://openvex.dev/ns","statements":[{"vulnerability":"CVE-2026-1","products":["pkg:npm/x"],"subcomponents":["y"],"status":"under_investigation"}]}"#,
];

const VECTORS: [&str; 4] = [
    "AV:N/AC:M/Au:N/C:C/I:C/A:C/E:F/RL:OF/RC:C/CDP:H/TD:H/CR:M/IR:M/AR:H",
    "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N/E:U/RL:O/RC:C/CR:H/MAV:L/MS:C",
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H",
    "CVSS:4.0/AV:P/AC:H/AT:P/PR:L/UI:P/VC:H/VI:H/VA:H/SC:L/SI:L/SA:L/E:A/S:P/AU:Y/R:A/V:D/RE:L/U:Red",
];

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

    /// A seed with some damage: bytes changed, or a part of a document in the place of another.
    fn mutation(&mut self, seeds: &[&str]) -> Vec<u8> {
        let mut bytes = seeds[self.below(seeds.len())].as_bytes().to_vec();
        for _ in 0..=self.below(4) {
            let from = self.below(bytes.len() + 1);
            match self.below(6) {
                0 => drop(bytes.drain(from..(from + self.below(24)).min(bytes.len()))),
                1 => bytes.insert(from, u8::try_from(self.below(256)).unwrap_or_default()),
                2 if from < bytes.len() => bytes[from] ^= 1 << self.below(8),
                3 => self.exchange(&mut bytes, seeds),
                4 => self
                    .exchange(&mut bytes, &["null", "7", "\"\"", "[]", "{}", "-1.5e9", "[[{}]]"]),
                _ => self
                    .exchange(&mut bytes, &["\"CVE-2026-1\"", "\"pkg:npm/x@1\"", "\"x\"", "true"]),
            }
        }
        bytes
    }

    /// Puts a value in the place of another, so that what comes out is still JSON more often.
    fn exchange(&mut self, bytes: &mut Vec<u8>, values: &[&str]) {
        let places: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] == b':').collect();
        if places.is_empty() {
            return;
        }
        let start = places[self.below(places.len())] + 1;
        let ends = b",}]";
        let end = bytes[start..]
            .iter()
            .position(|byte| ends.contains(byte))
            .map_or(bytes.len(), |n| start + n);
        let value = values[self.below(values.len())].as_bytes().to_vec();
        bytes.splice(start..end, value);
    }
}

fn run(name: &str, body: impl Fn(&[u8]) + std::panic::RefUnwindSafe, seeds: &[&str]) {
    let rounds = std::env::var("REFEREE_FUZZ_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    seeds.iter().for_each(|seed| body(seed.as_bytes()));
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
fn any_bytes_are_a_report_within_the_limits_or_are_refused() {
    run("vulnerability", vulnerability::vulnerability, &REPORTS);
}

#[test]
fn any_bytes_are_a_vex_document_whose_statements_hold_or_are_refused() {
    run("vex", vex::vex, &DOCUMENTS);
}

#[test]
fn any_text_is_a_vector_with_a_score_from_nought_to_ten_or_is_none() {
    run("cvss", cvss::cvss, &VECTORS);
}
