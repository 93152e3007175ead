//! A signature fact in the making.
//!
//! The status is never set: it follows from the problems, so that no path can call a signature
//! trusted that has one, or leave one without a status.

use crate::primitive::keyring::Judgement;
use crate::problem::{Code, Raised, weight};
use referee_core::Referrer;
use referee_core::facts::{Format, Purpose, SignatureFact, SignatureStatus};

/// A signature fact in the making.
#[derive(Debug)]
pub(super) struct Draft {
    /// What is filled in as it becomes known. Its status, flags and errors are set at the end.
    pub(super) fact: SignatureFact,
    problems: Vec<Raised>,
    made: bool,
}

impl Draft {
    pub(super) fn new(referrer: &Referrer, format: Format) -> Self {
        Self {
            fact: SignatureFact {
                id: 0,
                verifier: super::NAME.to_owned(),
                format,
                purpose: Purpose::Signature,
                predicate_type: None,
                referrer: referrer.descriptor.digest.clone(),
                subject: referrer.subject.clone(),
                status: SignatureStatus::Invalid,
                valid: false,
                trusted: false,
                key: None,
                certificate: None,
                identity: None,
                trusted_by: Vec::new(),
                in_scope: None,
                scope: None,
                claimed_reference: None,
                transparency: Vec::new(),
                timestamps: Vec::new(),
                revocation: None,
                signed_at: None,
                expires_at: None,
                annotations: serde_json::Map::new(),
                errors: Vec::new(),
            },
            problems: Vec::new(),
            made: false,
        }
    }

    pub(super) fn raise(&mut self, problem: Raised) {
        self.problems.push(problem);
    }

    /// A key of the trust document made it.
    pub(super) fn made_by(&mut self, judgement: Judgement) {
        self.made = true;
        self.fact.key = Some(judgement.key);
        self.fact.trusted_by = judgement.trusted_by;
        self.fact.in_scope = Some(judgement.in_scope);
        self.fact.scope = judgement.scope;
        self.problems.extend(judgement.problems);
    }

    /// The fact: its status is that of its gravest problem, and trusted only where it has none and
    /// a key is known to have made it.
    pub(super) fn finish(mut self) -> SignatureFact {
        if self.problems.is_empty() && (!self.made || self.fact.trusted_by.is_empty()) {
            // No path leads here; if one ever does, it must not lead to trust.
            self.raise(Raised::new(Code::KeyUnknown, "no key is known to have made it"));
        }
        self.problems.sort_by_key(|problem| weight(problem.status()));
        let status = self.problems.first().map_or(SignatureStatus::Trusted, Raised::status);
        let mut fact = self.fact;
        fact.status = status;
        fact.trusted = status == SignatureStatus::Trusted;
        fact.valid = fact.trusted || (self.made && status == SignatureStatus::Untrusted);
        if !fact.trusted {
            fact.trusted_by.clear();
        }
        fact.errors = self.problems.into_iter().map(Raised::into_problem).collect();
        fact
    }
}
