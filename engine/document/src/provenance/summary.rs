//! Verification summaries: SLSA's VSA 1 (<https://slsa.dev/spec/v1.2/verification_summary>) and 0.2
//! (<https://slsa.dev/verification_summary/v0.2>), which says the same in other names and has one
//! level.
//!
//! Refuses one without `verifier` or without a result. A result that is neither `PASSED` nor
//! `FAILED`, or that passes at the level `FAILED`, is none.

use super::draft::said;
use super::material::{Checked, Descriptor, Materials};
use crate::error::DocumentError;
use crate::json;
use crate::limits::Limits;
use crate::problems::Problems;
use crate::text::shorten;
use referee_core::facts::{Problem, VerificationSummary};
use serde::Deserialize;
use serde_json::value::RawValue;
use smol_str::SmolStr;
use std::collections::BTreeMap;

const FIRST: &str = "verification summary 1";
const SECOND: &str = "verification summary 0.2";

/// The most levels, and the most parts of a verifier. There are 12 in SLSA 1.2's tracks.
const MAX_LEVELS: usize = 256;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "M: Deserialize<'de>"))]
struct Current<M> {
    verifier: Option<Verifier>,
    time_verified: Option<String>,
    resource_uri: Option<String>,
    policy: Option<Descriptor>,
    input_attestations: Option<M>,
    verification_result: Option<String>,
    verified_levels: Option<Vec<String>>,
    dependency_levels: Option<BTreeMap<SmolStr, u64>>,
    slsa_version: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "M: Deserialize<'de>"))]
struct Old<M> {
    verifier: Option<Verifier>,
    time_verified: Option<String>,
    resource_uri: Option<String>,
    policy: Option<Descriptor>,
    input_attestations: Option<M>,
    verification_result: Option<String>,
    policy_level: Option<String>,
    dependency_levels: Option<BTreeMap<SmolStr, u64>>,
}

#[derive(Debug, Deserialize)]
struct Verifier {
    id: Option<String>,
    version: Option<BTreeMap<SmolStr, Option<String>>>,
}

/// Reads a summary of version 1.
pub(super) fn first(
    predicate: &[u8],
    limits: &Limits,
) -> Result<VerificationSummary, DocumentError> {
    let read: Current<&RawValue> = json::read(FIRST, predicate, limits)?;
    let check = || json::read::<Current<Checked>>(FIRST, predicate, limits).map(|_| ());
    finish(FIRST, "verificationResult", read, limits, check)
}

/// Reads a summary of version 0.2.
pub(super) fn second(
    predicate: &[u8],
    limits: &Limits,
) -> Result<VerificationSummary, DocumentError> {
    let read: Old<&RawValue> = json::read(SECOND, predicate, limits)?;
    let check = || json::read::<Old<Checked>>(SECOND, predicate, limits).map(|_| ());
    let read = Current {
        verifier: read.verifier,
        time_verified: read.time_verified,
        resource_uri: read.resource_uri,
        policy: read.policy,
        input_attestations: read.input_attestations,
        verification_result: read.verification_result,
        verified_levels: read.policy_level.map(|level| vec![level]),
        dependency_levels: read.dependency_levels,
        slsa_version: None,
    };
    finish(SECOND, "verification_result", read, limits, check)
}

fn finish(
    format: &'static str,
    result: &'static str,
    read: Current<&RawValue>,
    limits: &Limits,
    check: impl FnOnce() -> Result<(), DocumentError>,
) -> Result<VerificationSummary, DocumentError> {
    let missing = |member| DocumentError::Missing { format, member };
    let verifier = read.verifier.ok_or_else(|| missing("verifier"))?;
    let outcome = said(read.verification_result).ok_or_else(|| missing(result))?;
    let mut problems = Problems::new(limits.max_problems);
    let list = read.input_attestations;
    let inputs = Materials::read(list, "an attestation", limits.max_materials, &mut problems)
        .or_else(|_| check().map(|()| Materials::default()))?;
    let mut left_out = BTreeMap::new();
    let input_count = inputs.left_out();
    left_out.insert("input attestations", input_count);
    let policy = read.policy.map(|policy| policy.fact("policy", &mut problems));
    let levels = read.verified_levels.unwrap_or_default();
    let passed = passed(&outcome, &levels, &mut problems);
    let mut over = |what, count: usize| {
        let over = u64::try_from(count.saturating_sub(MAX_LEVELS)).unwrap_or(u64::MAX);
        left_out.insert(what, over);
    };
    over("levels", levels.len());
    over("levels of dependencies", read.dependency_levels.as_ref().map_or(0, BTreeMap::len));
    let parts = verifier.version.unwrap_or_default();
    over("versions of the verifier's parts", parts.len());
    let verified_at = problems.time("time of the verification", read.time_verified.as_deref());
    let mut problems = problems.finish();
    left_out.retain(|_, count| *count > 0);
    problems.extend(left_out.iter().map(|(what, count)| Problem {
        code: "document_truncated".to_owned(),
        message: format!("{count} {what} are left out"),
        hint: None,
    }));
    let parts = parts.into_iter().filter_map(|(part, version)| Some((part, version?)));
    Ok(VerificationSummary {
        verifier: said(verifier.id),
        verifier_version: parts.take(MAX_LEVELS).collect(),
        verified_at,
        resource: said(read.resource_uri),
        policy,
        input_attestations: inputs.kept,
        passed,
        levels: levels.into_iter().take(MAX_LEVELS).collect(),
        dependency_levels: read
            .dependency_levels
            .map(|levels| levels.into_iter().take(MAX_LEVELS).collect()),
        slsa_version: said(read.slsa_version).map(SmolStr::from),
        truncated: !left_out.is_empty(),
        problems,
    })
}

fn passed(outcome: &str, levels: &[String], problems: &mut Problems) -> Option<bool> {
    match outcome {
        "FAILED" => Some(false),
        "PASSED" if levels.iter().all(|level| level != "FAILED") => Some(true),
        "PASSED" => {
            problems.add("document_result", || {
                "the result is PASSED, and the level is FAILED".to_owned()
            });
            None
        }
        other => {
            problems.add("document_result", || {
                format!("the result {:?} is neither PASSED nor FAILED", shorten(other, 80))
            });
            None
        }
    }
}
