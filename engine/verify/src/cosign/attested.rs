//! Attestations: what signed statements say, and that there is one where it cannot be read.

use super::examiner::{Examiner, Pushed};
use crate::envelope::content;
use crate::envelope::statement::Statement;
use crate::problem::Raised;
use referee_core::Descriptor;
use referee_core::facts::{AttestationFact, AttestationFormat, Contents, Format};
use serde_json::Value;
use std::sync::Arc;

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
    let mut fact = unread(examiner, format, pushed);
    let (predicate_type, predicate) = (&statement.predicate_type, statement.predicate);
    let contents =
        content::of_predicate(&mut fact, examiner.library, predicate_type, predicate, limit);
    fact.names_subject = wrong.is_none();
    push(examiner, fact, contents, wrong);
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
    push(examiner, fact, None, Some(wrong));
}

fn push(
    examiner: &mut Examiner<'_>,
    mut fact: AttestationFact,
    contents: Option<Arc<Contents>>,
    wrong: Option<Raised>,
) {
    let problems = examiner.shared.clone().into_iter().chain(wrong);
    fact.errors = problems.map(Raised::into_problem).collect();
    // No trusted signature is over what is wrong; if one ever is, this is not to be relied on.
    fact.verified &= fact.errors.is_empty();
    examiner.attest(fact, contents);
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
        signed_through: None,
        verified: pushed.iter().any(|pushed| pushed.trusted),
        predicate: Value::Null,
        predicate_omitted: false,
        unwrapped: false,
        stated_at: None,
        names_subject: false,
        content: None,
        errors: Vec::new(),
    }
}
