//! Facts that stand: the document, its digest, and the form in which a policy takes it in.

use crate::documents::Values;
use crate::drive::State;
use crate::report;
use crate::rulings::Rulings;
use referee_core::decision::Elapsed;
use referee_core::facts::RequestFact;
use referee_core::json::length;
use referee_core::{Digest, Facts, Timestamp};
use referee_rego::Value;
use serde::Serialize;
use serde_json::Map;
use std::sync::Arc;
use std::time::Duration;

/// What a gathering established, without what one request adds to it. Shared by every request
/// that asks about the same artifact.
#[derive(Debug)]
pub(crate) struct Established {
    /// The document; its `request` is a placeholder.
    facts: Facts,
    /// Its members but `request`, in the evaluator's own form.
    members: Vec<(&'static str, Value)>,
    pub(crate) digest: Digest,
    pub(crate) changes_at: Option<Timestamp>,
    pub(crate) retryable: bool,
    pub(crate) elapsed: Elapsed,
    /// The rulings made of them that hold as long as they do.
    pub(crate) rulings: Rulings,
    /// About how many bytes all this takes in memory.
    pub(crate) weight: u32,
}

/// Facts that cannot be written. No document of the type can be such, but what comes from outside
/// may be nested deeper than the evaluator takes.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Unwritable {
    #[error("the facts cannot be written as JSON")]
    Json(#[source] Arc<serde_json::Error>),
    #[error("the facts cannot be handed to the policy")]
    Value(#[source] Arc<referee_rego::ValueError>),
}

impl From<serde_json::Error> for Unwritable {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(Arc::new(error))
    }
}

impl From<referee_rego::ValueError> for Unwritable {
    fn from(error: referee_rego::ValueError) -> Self {
        Self::Value(Arc::new(error))
    }
}

impl Established {
    /// The facts of a gathering as they stand now; `None` while there is no subject.
    pub(crate) fn of(state: &State, values: &Values) -> Option<Result<Self, Unwritable>> {
        let plan = state.plan.as_ref()?;
        let facts = report::facts(plan, &state.trust_roots, placeholder());
        let elapsed = Elapsed {
            resolve: state.resolved_after.map(report::millis).unwrap_or_default(),
            discover: span(state.resolved_after, state.discovered_after),
            fetch: report::millis(plan.fetch),
            verify: report::millis(plan.verify),
            policy: 0,
            total: 0,
        };
        let changes_at = report::changes_at(plan, &state.trust_roots);
        Some(Self::new(facts, changes_at, elapsed, values))
    }

    pub(crate) fn new(
        facts: Facts,
        changes_at: Option<Timestamp>,
        elapsed: Elapsed,
        values: &Values,
    ) -> Result<Self, Unwritable> {
        let digest = facts.digest()?;
        let members = members(&facts, values)?;
        let length = length(&facts);
        Ok(Self {
            members,
            digest,
            changes_at,
            retryable: facts.unavailable.iter().any(|fact| fact.retryable),
            elapsed,
            rulings: Rulings::default(),
            // The document and the evaluator's copy: maps and strings of their own, measured at
            // three to five times the text each.
            weight: u32::try_from(length.saturating_mul(8)).unwrap_or(u32::MAX),
            facts,
        })
    }

    /// The same facts, told as taken from the cache.
    pub(crate) fn as_cached(&self) -> Result<Self, Unwritable> {
        let mut facts = self.facts.clone();
        for verifier in facts.verifiers.values_mut() {
            verifier.cached = true;
            verifier.elapsed_ms = 0;
        }
        let mut members = self.members.clone();
        for (name, member) in &mut members {
            if *name == VERIFIERS {
                *member = value(&facts.verifiers)?;
            }
        }
        Ok(Self {
            facts,
            members,
            digest: self.digest.clone(),
            changes_at: self.changes_at,
            retryable: self.retryable,
            elapsed: Elapsed::default(),
            rulings: Rulings::default(),
            weight: self.weight,
        })
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.facts.complete
    }

    /// The document for one request.
    pub(crate) fn facts(&self, request: RequestFact) -> Facts {
        Facts { request, ..self.facts.clone() }
    }

    /// The subject.
    pub(crate) fn subject(&self) -> &referee_core::facts::SubjectFact {
        &self.facts.subject
    }

    /// The document for one request, in the evaluator's form: everything but the request is
    /// shared.
    pub(crate) fn input(&self, request: &RequestFact) -> Result<Value, Unwritable> {
        let request = value(request)?;
        let members = self.members.iter().map(|(name, value)| (*name, value.clone()));
        Ok(Value::object(members.chain([("request", request)])))
    }
}

/// The member that tells what each verifier did.
const VERIFIERS: &str = "verifiers";

fn members(facts: &Facts, values: &Values) -> Result<Vec<(&'static str, Value)>, Unwritable> {
    // Named one by one so that a member added to the document is missed by the compiler, not by
    // a policy.
    let Facts {
        facts_version,
        request: _,
        subject,
        referrers,
        signatures,
        attestations,
        sboms,
        vulnerability_reports,
        vex,
        provenance,
        verification_summaries,
        schema_checks,
        trust_roots,
        unavailable,
        complete,
        verifiers,
    } = facts;
    Ok(vec![
        ("facts_version", value(facts_version)?),
        ("subject", value(subject)?),
        ("referrers", value(referrers)?),
        ("signatures", value(signatures)?),
        ("attestations", value(attestations)?),
        ("sboms", list(sboms, |fact| values.entry(&fact.source, &fact.sbom))?),
        ("vulnerability_reports", list(vulnerability_reports, |fact| values.report(fact))?),
        ("vex", list(vex, |fact| values.entry(&fact.source, &fact.document))?),
        ("provenance", list(provenance, |fact| values.entry(&fact.source, &fact.provenance))?),
        (
            "verification_summaries",
            list(verification_summaries, |fact| values.entry(&fact.source, &fact.summary))?,
        ),
        ("schema_checks", value(schema_checks)?),
        ("trust_roots", value(trust_roots)?),
        ("unavailable", value(unavailable)?),
        ("complete", value(complete)?),
        (VERIFIERS, value(verifiers)?),
    ])
}

fn list<T>(
    facts: &[T],
    entry: impl Fn(&T) -> Result<Value, Unwritable>,
) -> Result<Value, Unwritable> {
    let entries: Result<Vec<Value>, Unwritable> = facts.iter().map(entry).collect();
    Ok(Value::array(entries?))
}

fn value<T: Serialize>(item: &T) -> Result<Value, Unwritable> {
    Ok(Value::from_serialize(item)?)
}

fn placeholder() -> RequestFact {
    RequestFact {
        reference: String::new(),
        time: Timestamp::UNIX_EPOCH,
        deadline_ms: None,
        namespace: None,
        parameters: Map::new(),
    }
}

fn span(from: Option<Duration>, to: Option<Duration>) -> u64 {
    match (from, to) {
        (Some(from), Some(to)) => report::millis(to.saturating_sub(from)),
        _ => 0,
    }
}
