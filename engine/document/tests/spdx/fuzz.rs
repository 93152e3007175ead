//! The bodies of the fuzz targets over seeds and mutations of seeds: a bounded number, the same on
//! every machine. `REFEREE_FUZZ_ROUNDS` asks for more.

#[path = "../targets/license.rs"]
mod license;
#[path = "../targets/spdx.rs"]
mod spdx;

const JSON: &str = r#"{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"n","creationInfo":{"created":"2026-01-02T03:04:05Z","creators":["Tool: t-1"]},"packages":[{"SPDXID":"a","name":"a","licenseDeclared":"MIT OR GPL-2.0+","checksums":[{"algorithm":"SHA1","checksumValue":"85ed0817af83a24ad8da68c2b5094de69833983c"}],"externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:npm/a@1"}]},{"SPDXID":"b","name":"b"}],"relationships":[{"spdxElementId":"a","relationshipType":"DEPENDS_ON","relatedSpdxElement":"b"}]}"#;

const TAGS: &str = "SPDXVersion: SPDX-2.3\nPackageName: a\nSPDXID: a\nPackageLicenseDeclared: <text>MIT\nX</text>\nExternalRef: PACKAGE-MANAGER purl pkg:npm/a@1\nRelationship: a CONTAINS NONE\n";

const GRAPH: &str = r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[{"type":"SpdxDocument","spdxId":"d","rootElement":["a"]},{"type":"software_Package","spdxId":"a","name":"a"},{"type":"Relationship","from":"a","relationshipType":"hasDeclaredLicense","to":["l","m"]},{"type":"expandedlicensing_DisjunctiveLicenseSet","spdxId":"l","expandedlicensing_member":["https://spdx.org/licenses/MIT","m"]},{"type":"simplelicensing_LicenseExpression","spdxId":"m","simplelicensing_licenseExpression":"ISC AND Zlib"},{"type":"Relationship","from":"a","relationshipType":"hasDataFile","to":["a"]}]}"#;

const LICENSE: &str =
    "(MIT or GPL-2.0+) AND (Apache-2.0 WITH LLVM-exception OR DocumentRef-a:LicenseRef-b)";

/// A sequence of numbers from a seed (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }

    fn mutation(&mut self, seeds: &[&str]) -> Vec<u8> {
        let mut bytes = seeds[self.below(seeds.len())].as_bytes().to_vec();
        for _ in 0..=self.below(5) {
            let from = self.below(bytes.len() + 1);
            match self.below(4) {
                0 => drop(bytes.drain(from..(from + self.below(12)).min(bytes.len()))),
                1 => bytes.insert(from, b"(){}[]\",:+ -aA\n\xff"[self.below(16)]),
                2 if from < bytes.len() => bytes[from] ^= 1 << self.below(8),
                _ => {
                    let other = seeds[self.below(seeds.len())].as_bytes();
                    let start = self.below(other.len());
                    let end = (start + self.below(80)).min(other.len());
                    bytes.splice(from..from, other[start..end].iter().copied());
                }
            }
        }
        bytes
    }
}

fn run(body: fn(&[u8]), seeds: &[&str]) {
    let rounds = std::env::var("REFEREE_FUZZ_ROUNDS").ok().and_then(|rounds| rounds.parse().ok());
    seeds.iter().for_each(|seed| body(seed.as_bytes()));
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    for _ in 0..rounds.unwrap_or(5_000) {
        let bytes = chance.mutation(seeds);
        if let Err(panic) = std::panic::catch_unwind(|| body(&bytes)) {
            crate::support::aloud(&format!("on {:?}", String::from_utf8_lossy(&bytes)));
            std::panic::resume_unwind(panic);
        }
    }
}

#[test]
fn any_bytes_are_an_spdx_document_within_the_limits_or_are_refused() {
    run(spdx::body, &[JSON, TAGS, GRAPH]);
}

#[test]
fn any_text_is_a_licence_that_keeps_the_laws_or_is_none() {
    run(license::body, &[LICENSE, "GPL-2.0-with-classpath-exception OR eCos-2.0", "NONE"]);
}
