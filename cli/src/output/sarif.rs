//! SARIF 2.1.0, the form that code scanning services show (OASIS sarif-v2.1.0).

use crate::output::{Answer, reason_code};
use referee_core::{Decision, Reason, Verdict};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Write};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Writes one run with a result for each reason and warning.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn write(out: &mut dyn Write, answers: &[Answer]) -> io::Result<()> {
    let mut rules: BTreeMap<&str, Value> = BTreeMap::new();
    let mut results = Vec::new();
    for answer in answers {
        let decision = &answer.decision;
        // A denial that is let through is not what fails the scan.
        let level = if answer.is_let_through() { "warning" } else { "error" };
        let reasons = decision.reasons.iter().map(|reason| (reason, level));
        let warnings = decision.warnings.iter().map(|warning| (warning, "warning"));
        for (reason, level) in reasons.chain(warnings) {
            rules.entry(reason_code(reason)).or_insert_with(|| rule(reason));
            results.push(result(decision, reason, level));
        }
    }
    let positions: BTreeMap<&str, usize> = rules.keys().copied().zip(0..).collect();
    for result in &mut results {
        let position =
            result.get("ruleId").and_then(Value::as_str).and_then(|id| positions.get(id));
        if let (Some(position), Some(members)) = (position.copied(), result.as_object_mut()) {
            members.insert("ruleIndex".to_owned(), position.into());
        }
    }
    let failed = answers.iter().any(|answer| answer.decision.verdict == Verdict::Error);
    let run = json!({
        "tool": { "driver": {
            "name": "referee",
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": rules.into_values().collect::<Vec<_>>(),
        } },
        "invocations": [ { "executionSuccessful": !failed } ],
        "results": results,
    });
    super::json::document(out, &json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] }))
}

fn rule(reason: &Reason) -> Value {
    let id = reason_code(reason);
    let mut rule =
        json!({ "id": id, "name": id, "shortDescription": { "text": id.replace('_', " ") } });
    if let (Some(hint), Some(members)) = (&reason.hint, rule.as_object_mut()) {
        members.insert("help".to_owned(), json!({ "text": hint }));
    }
    rule
}

fn result(decision: &Decision, reason: &Reason, level: &str) -> Value {
    let code = reason_code(reason);
    let digest = decision.subject.as_ref().map(|subject| subject.digest.as_str());
    let mut location = json!({
        "logicalLocations": [ { "fullyQualifiedName": decision.reference, "kind": "resource" } ],
    });
    // Services that show results need a physical place as well; the rule's is the one there is.
    let place = reason.location.as_deref().and_then(|place| place.rsplit_once(':'));
    if let (Some((file, line)), Some(members)) = (place, location.as_object_mut())
        && let Ok(line) = line.parse::<u32>()
    {
        members.insert(
            "physicalLocation".to_owned(),
            json!({ "artifactLocation": { "uri": file }, "region": { "startLine": line.max(1) } }),
        );
    }
    json!({
        "ruleId": code,
        "level": level,
        "message": { "text": format!("{}: {}", decision.reference, reason.message) },
        "locations": [location],
        // The same finding about the same artifact is the same alert in the next run.
        "partialFingerprints": {
            "refereeReason/v1": format!("{code}:{}:{}", decision.reference, reason.referrer.as_deref().unwrap_or("")),
        },
        "properties": {
            "verdict": decision.verdict.as_str(),
            "digest": digest,
            "rule": reason.rule,
            "policyRevision": decision.policy.revision,
        },
    })
}
