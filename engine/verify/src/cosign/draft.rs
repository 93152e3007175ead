//! A signature fact in the making.
//!
//! The status is never set: it follows from the problems, so that no path can call a signature
//! trusted that has one, or leave one without a status.

use super::target::Target;
use crate::primitive::keyring::{Judgement, Missing};
use crate::problem::{Code, Raised, weight};
use crate::protocol::sigstore::{Backing, Recognised, Signer};
use referee_core::facts::{
    Check, ChecksFact, Format, IdentityFact, Purpose, RevocationFact, RevocationStatus,
    SignatureFact, SignatureStatus,
};

/// A signature fact in the making.
#[derive(Debug)]
pub(super) struct Draft {
    /// What is filled in as it becomes known. Its status, flags and errors are set at the end.
    pub(super) fact: SignatureFact,
    problems: Vec<Raised>,
    made: bool,
}

impl Draft {
    pub(super) fn new(target: &Target<'_>, format: Format) -> Self {
        Self {
            fact: SignatureFact {
                id: 0,
                verifier: super::NAME.to_owned(),
                format,
                // What stands in an envelope by itself is an attestation, if it can be read or not.
                purpose: match format {
                    Format::Dsse => Purpose::Attestation,
                    _ => Purpose::Signature,
                },
                predicate_type: None,
                referrer: target.referrer.clone(),
                subject: target.subject.clone(),
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
                checks: ChecksFact::default(),
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

    /// Whether what is signed names the digest that the referrer is for.
    pub(super) fn bound(&mut self, holds: Result<(), Raised>) {
        self.fact.checks.binding = match holds {
            Ok(()) => Check::Passed,
            Err(problem) => {
                self.raise(problem);
                Check::Failed
            }
        };
    }

    /// Nobody who is known made it.
    pub(super) fn not_made(&mut self, problem: Raised) {
        self.fact.checks.signature = Check::Failed;
        self.raise(problem);
    }

    /// The certificate that came with it, and who it says the signer is.
    pub(super) fn signed_with(&mut self, signer: &Signer) {
        self.fact.certificate = Some(signer.leaf.fact(signer.claims.clone()));
        self.fact.identity = signer.identity.as_ref().ok().map(|identity| IdentityFact {
            subject: identity.subject.clone(),
            issuer: identity.issuer.clone(),
        });
        self.fact.revocation = Some(RevocationFact {
            status: RevocationStatus::NotChecked,
            method: None,
            checked_at: None,
            stale: false,
        });
    }

    /// It is not by whom the certificate names: nothing that came with that is this signature's.
    pub(super) fn signed_without(&mut self) {
        self.fact.certificate = None;
        self.fact.identity = None;
        self.fact.revocation = None;
        self.fact.transparency.clear();
        self.fact.timestamps.clear();
    }

    /// The key in that certificate made it.
    pub(super) fn made_with_certificate(&mut self) {
        self.made = true;
        self.fact.checks.signature = Check::Passed;
    }

    /// What stands behind it.
    pub(super) fn backed(&mut self, backing: Backing) {
        let checks = &mut self.fact.checks;
        (checks.certificate, checks.sct) = (backing.certificate, backing.sct);
        (checks.log, checks.time) = (backing.log, backing.time);
        self.fact.transparency = backing.transparency;
        self.fact.timestamps = backing.timestamps;
        self.problems.extend(backing.problems);
    }

    /// The key's entries demand what it does not have: an entry in a log, a timestamp.
    pub(super) fn lacks(
        &mut self,
        missing: Missing,
        unlogged: Option<Raised>,
        unstamped: Option<Raised>,
    ) {
        if missing.log {
            self.fact.checks.log = Check::Failed;
            let none = || Raised::new(Code::LogEntryMissing, "the signature stands in no log");
            self.demanded(unlogged.unwrap_or_else(none).hint(
                "sign with a transparency log, or set `log: optional` for the key in the trust \
                 document",
            ));
        }
        if missing.timestamp {
            self.fact.checks.time = Check::Failed;
            let none = || Raised::new(Code::TimestampMissing, "the signature has no timestamp");
            self.demanded(unstamped.unwrap_or_else(none).hint(
                "sign with a timestamp authority, or set `timestamp: optional` for the key in the \
                 trust document",
            ));
        }
    }

    /// It may be there already, where what is wrong with a proof is told in any case.
    fn demanded(&mut self, problem: Raised) {
        if !self.problems.iter().any(|other| other.code() == problem.code()) {
            self.raise(problem);
        }
    }

    /// What the trust document says of who the certificate names.
    pub(super) fn recognised(&mut self, recognised: Recognised) {
        self.fact.trusted_by = recognised.trusted_by;
        self.fact.in_scope = recognised.in_scope;
        self.fact.scope = recognised.scope;
        self.problems.extend(recognised.problems);
    }

    /// A key of the trust document made it.
    pub(super) fn made_by(&mut self, judgement: Judgement) {
        self.made = true;
        self.fact.checks.signature = Check::Passed;
        self.fact.key = Some(judgement.key);
        self.fact.trusted_by = judgement.trusted_by;
        self.fact.in_scope = Some(judgement.in_scope);
        self.fact.scope = judgement.scope;
        self.problems.extend(judgement.problems);
    }

    /// The fact: its status is that of its gravest problem, and trusted only where it has none and
    /// a key or a certificate is known to have made it.
    pub(super) fn finish(mut self) -> SignatureFact {
        if self.problems.is_empty() && (!self.made || self.fact.trusted_by.is_empty()) {
            // No path leads here; if one ever does, it must not lead to trust.
            self.raise(Raised::new(Code::KeyUnknown, "no key is known to have made it"));
        }
        self.problems.sort_by_key(|problem| weight(problem.status()));
        let status = self.problems.first().map_or(SignatureStatus::Trusted, Raised::status);
        let mut fact = self.fact;
        if !self.made {
            // Whose certificate it is says nothing about who signed.
            fact.in_scope = None;
            fact.scope = None;
        }
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
