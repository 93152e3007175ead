//! Attestations: what signed statements say, and that there is one where it cannot be read.

use super::examiner::{Examiner, Pushed};
use crate::envelope::predicate::Predicate;
use crate::envelope::statement::Statement;
use crate::problem::Raised;
use referee_core::Descriptor;
use referee_core::facts::{AttestationFact, AttestationFormat, Format};
use serde_json::Value;

/// The annotation by which cosign names the predicate's type beside an envelope
/// (`specs/ATTESTATION_SPEC.md`).
const PREDICATE_TYPE: &str = "predicateType";

/// An attestation of which the signatures stand where `pushed` says.
pub(super) fn attest(
    examiner: &mut Examiner<'_>,
    format: Format,
    statement: &Statement<'_>,
    wrong: Option<Raised>,
    pushed: &[Pushed],
) {
    let limit = examiner.budget.max_predicate_bytes;
    let predicate = Predicate::of(&statement.predicate_type, statement.predicate, limit);
    let fact = AttestationFact {
        predicate_type: Some(statement.predicate_type.clone()),
        predicate: predicate.value,
        predicate_omitted: predicate.omitted,
        unwrapped: predicate.unwrapped,
        stated_at: predicate.stated_at,
        ..unread(examiner, format, pushed)
    };
    push(examiner, fact, wrong);
}

/// An attestation that could not be read. The annotation beside it may say of which type it is.
pub(super) fn attest_unread(
    examiner: &mut Examiner<'_>,
    format: Format,
    layer: Option<&Descriptor>,
    wrong: Raised,
    pushed: &[Pushed],
) {
    let claimed = layer.and_then(|layer| layer.annotations.get(PREDICATE_TYPE)).cloned();
    let fact = AttestationFact { predicate_type: claimed, ..unread(examiner, format, pushed) };
    push(examiner, fact, Some(wrong));
}

fn push(examiner: &mut Examiner<'_>, mut fact: AttestationFact, wrong: Option<Raised>) {
    let problems = examiner.shared.clone().into_iter().chain(wrong);
    fact.errors = problems.map(Raised::into_problem).collect();
    // No trusted signature is over what is wrong; if one ever is, this is not to be relied on.
    fact.verified &= fact.errors.is_empty();
    examiner.attest(fact);
}

fn unread(examiner: &Examiner<'_>, format: Format, pushed: &[Pushed]) -> AttestationFact {
    AttestationFact {
        id: 0,
        verifier: super::NAME.to_owned(),
        format: match format {
            Format::SigstoreBundle => AttestationFormat::SigstoreBundle,
            _ => AttestationFormat::Dsse,
        },
        referrer: examiner.target.referrer.clone(),
        subject: examiner.target.subject.clone(),
        predicate_type: None,
        signed_by: pushed.iter().map(|pushed| pushed.position).collect(),
        verified: pushed.iter().any(|pushed| pushed.trusted),
        predicate: Value::Null,
        predicate_omitted: false,
        unwrapped: false,
        stated_at: None,
        errors: Vec::new(),
    }
}
