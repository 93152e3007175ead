//! Any bytes as a provenance or a summary: nothing panics, what is read is within its limits, and is
//! the same when it is read again.

use referee_document::provenance::{
    PROVENANCE_V0_1, PROVENANCE_V0_2, PROVENANCE_V1, SUMMARY_V0_2, SUMMARY_V1,
};
use referee_document::{Limits, provenance};

/// Limits that small inputs reach.
const SMALL: Limits = Limits { max_materials: 3, max_problems: 2, ..Limits::DEFAULT };

/// The target.
///
/// # Panics
/// Where a law is broken.
pub(crate) fn provenance(bytes: &[u8]) {
    for kind in [PROVENANCE_V0_1, PROVENANCE_V0_2, PROVENANCE_V1] {
        let Ok(read) = provenance::read(kind, bytes, &SMALL) else { continue };
        assert!(read.materials.len() <= SMALL.max_materials);
        assert!(u64::try_from(read.materials.len()).unwrap_or(u64::MAX) <= read.material_count);
        // One more for how many are not told, and one for the materials that are left out.
        assert!(read.problems.len() <= SMALL.max_problems + 2);
        assert!(read.problems.iter().all(|problem| problem.code.starts_with("document_")));
        assert!(read.source.as_ref().is_none_or(|source| source.digest.is_some()));
        for image in &read.images {
            let material = image.material.and_then(|at| usize::try_from(at).ok());
            assert!(material.is_none_or(|at| at < read.materials.len()));
        }
        let written = serde_json::to_string(&read).expect("facts are JSON");
        let again = serde_json::from_str(&written).expect("facts are read as they are written");
        assert_eq!(read, again);
    }
    for kind in [SUMMARY_V0_2, SUMMARY_V1] {
        let Ok(read) = provenance::summary(kind, bytes, &SMALL) else { continue };
        let failed = read.levels.iter().any(|level| level == "FAILED");
        assert!(read.passed != Some(true) || !failed);
        assert!(read.input_attestations.len() <= SMALL.max_materials);
    }
}

#[cfg(test)]
mod tests {
    use super::provenance;

    const SEEDS: &[&str] = &[
        r#"{"buildDefinition":{"buildType":"https://actions.github.io/buildtypes/workflow/v1","externalParameters":{"workflow":{"ref":"refs/heads/main","repository":"https://github.com/o/r","path":"w.yml"}},"internalParameters":{"github":{"event_name":"push"}},"resolvedDependencies":[{"uri":"git+https://github.com/o/r@refs/heads/main","digest":{"gitCommit":"aa"}},{"uri":"pkg:docker/alpine@3?platform=linux%2Famd64&digest=sha256%3Aaa","digest":{"sha256":"aa"}}]},"runDetails":{"builder":{"id":"b","version":{"a":"1"}},"metadata":{"startedOn":"2026-01-02T03:04:05Z"}}}"#,
        r#"{"builder":{"id":"b"},"buildType":"https://mobyproject.org/buildkit@v1","invocation":{"configSource":{"uri":"https://github.com/o/r.git#main:sub","digest":{"sha1":"aa"},"entryPoint":"Dockerfile"},"parameters":{"a":1},"environment":{"b":2}},"metadata":{"completeness":{"parameters":true},"https://mobyproject.org/buildkit@v1#metadata":{"vcs":{"source":"s","revision":"aa"}}},"materials":[{"uri":"oci://gcr.io/a/b","digest":{"sha256":"aa"}},{"uri":"git@h:a/b@c#d"},{},{}]}"#,
        r#"{"builder":{"id":"b"},"recipe":{"type":"https://cloudbuild.googleapis.com/CloudBuildYaml@v0.1","definedInMaterial":"0","entryPoint":"e"},"materials":[{"uri":"https://h/r/commit/4b220de5058abfd01ff619c9d2ff6b09a049bea0"}]}"#,
        r#"{"verifier":{"id":"v"},"verificationResult":"PASSED","verification_result":"FAILED","verifiedLevels":["FAILED"],"policy_level":"L","dependencyLevels":{"L":1},"inputAttestations":[{},{},{},{}]}"#,
    ];

    #[test]
    fn mutations_of_seeds_break_no_law() {
        let rounds = std::env::var("REFEREE_FUZZ_ROUNDS").ok().and_then(|text| text.parse().ok());
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = |bound: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % u64::try_from(bound.max(1)).unwrap()).unwrap()
        };
        let pieces =
            ["null", "[]", "{}", "\"\"", "@refs/", "%", "sha256:", "1e999", "-1", "://", "\\u0000"];
        for round in 0..rounds.unwrap_or(20_000) {
            let mut bytes = SEEDS[round % SEEDS.len()].as_bytes().to_vec();
            for _ in 0..=next(4) {
                let (at, end) = (next(bytes.len()), next(bytes.len()));
                match next(5) {
                    0 => bytes[at] = u8::try_from(next(256)).unwrap(),
                    1 => drop(bytes.drain(at.min(end)..at.max(end).min(at.min(end) + 20))),
                    2 => drop(bytes.splice(at..at, pieces[next(pieces.len())].bytes())),
                    3 => {
                        let copy = bytes[at.min(end)..at.max(end)].to_vec();
                        drop(bytes.splice(at..at, copy));
                    }
                    // A value in place of another.
                    _ => {
                        if let Some(colon) = bytes[at..].iter().position(|byte| *byte == b':') {
                            let from = at + colon + 1;
                            let to = bytes[from..].iter().position(|b| matches!(b, b',' | b'}'));
                            let to = from + to.unwrap_or(0);
                            drop(bytes.splice(from..to, pieces[next(pieces.len())].bytes()));
                        }
                    }
                }
                if bytes.is_empty() {
                    break;
                }
            }
            provenance(&bytes);
        }
    }
}
