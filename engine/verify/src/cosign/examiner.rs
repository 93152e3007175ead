//! One examination of one referrer: the budget, the search for the key, and what was found.

use super::CosignVerifier;
use super::draft::Draft;
use super::target::Target;
use crate::primitive::base64;
use crate::primitive::key::PublicKey;
use crate::primitive::keyring::{Key, Keyring, Proven};
use crate::primitive::memory::{Held, Memory};
use crate::primitive::signature::{Hash, Scheme};
use crate::problem::{Code, Raised};
use crate::protocol::sigstore::{self, Proofs, Signer, Sigstore};
use crate::protocol::tlog::{Content, Digests, Signed, Verifier};
use data_encoding::HEXLOWER;
use referee_core::facts::{AttestationFact, Contents};
use referee_core::{Budget, Findings, Timestamp, Unavailable, UnavailableCode, UnavailableKind};
use referee_document::Library;
use std::sync::Arc;

/// One examination of one referrer.
#[derive(Debug)]
pub(super) struct Examiner<'a> {
    pub(super) keyring: &'a Keyring,
    pub(super) sigstore: &'a Sigstore,
    pub(super) library: &'a Library,
    pub(super) target: Target<'a>,
    pub(super) budget: &'a Budget,
    /// A problem that all signatures of the referrer share.
    pub(super) shared: Option<Raised>,
    now: Timestamp,
    checks: u32,
    findings: Findings,
}

/// What the search for the key came to.
enum Search<'a> {
    Made { key: &'a Key, scheme: Scheme },
    NotMade,
    Ended(UnavailableCode),
}

/// A signature, and all that is needed to find out who made it and what it is worth.
#[derive(Debug)]
pub(super) struct Made<'a> {
    pub(super) signature: &'a [u8],
    pub(super) by: By<'a>,
    pub(super) message: Message<'a>,
    /// The same for transparency logs.
    pub(super) content: Content<'a>,
    pub(super) proofs: Proofs<'a>,
}

impl Made<'_> {
    /// How many signature checks its proofs need at most.
    fn checks_of_proofs(&self) -> u32 {
        let checks = self.proofs.entries.len().saturating_mul(2) + self.proofs.timestamps.len();
        u32::try_from(checks).unwrap_or(u32::MAX)
    }
}

/// Who a signature says that it is by.
#[derive(Clone, Copy, Debug)]
pub(super) enum By<'a> {
    /// A key of the trust document, if the hint is right.
    Key(&'a Hint),
    /// Who this certificate names.
    Certificate(&'a Signer),
    /// Who this certificate names, or a key of the trust document: one of several signatures.
    CertificateOrKey(&'a Signer),
}

/// What a signature is over.
#[derive(Clone, Copy, Debug)]
pub(super) enum Message<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// Bytes of which only a hash is at hand.
    Hash(Hash, &'a [u8]),
    /// Bytes of which only these digests are at hand.
    Digests(&'a Digests),
}

impl Message<'_> {
    /// Whether a key made a signature over it, which may have been met before.
    fn check(self, key: &PublicKey, signature: &[u8], memory: &Memory) -> Option<Held> {
        match self {
            Self::Bytes(bytes) => {
                key.schemes().find_map(|scheme| memory.check(key, scheme, bytes, signature))
            }
            Self::Hash(..) | Self::Digests(_) => {
                self.is_by(key, signature).map(|_| Held::unremembered())
            }
        }
    }

    /// By which scheme a key made a signature over it, if it did.
    fn is_by(self, key: &PublicKey, signature: &[u8]) -> Option<Scheme> {
        match self {
            Self::Bytes(bytes) => key.made(bytes, signature),
            Self::Hash(hash, value) => key.made_over_hash(hash, value, signature),
            Self::Digests(digests) => [Hash::Sha256, Hash::Sha384, Hash::Sha512]
                .into_iter()
                .find_map(|hash| key.made_over_hash(hash, digests.get(hash)?, signature)),
        }
    }
}

/// What a bundle says about the key that made its signature; unauthenticated.
#[derive(Debug, Default)]
pub(super) struct Hint {
    /// The hint, decoded; empty where there is none.
    bytes: Vec<u8>,
    /// Whether it speaks of this signature alone, so that it can be held to it.
    binding: bool,
}

impl Hint {
    pub(super) fn new(text: &str, binding: bool) -> Self {
        Self { bytes: base64::any(text).unwrap_or_default(), binding }
    }

    fn bytes(&self) -> Option<&[u8]> {
        (!self.bytes.is_empty()).then_some(self.bytes.as_slice())
    }

    /// The key id, where the hint looks like one.
    fn key_id(&self) -> Option<String> {
        (self.bytes.len() == 32).then(|| format!("sha256:{}", HEXLOWER.encode(&self.bytes)))
    }
}

impl<'a> Examiner<'a> {
    pub(super) fn new(
        verifier: &'a CosignVerifier,
        target: Target<'a>,
        now: Timestamp,
        budget: &'a Budget,
    ) -> Self {
        Self {
            keyring: &verifier.keyring,
            sigstore: &verifier.sigstore,
            library: &verifier.library,
            target,
            budget,
            shared: None,
            now,
            checks: 0,
            findings: Findings::default(),
        }
    }

    /// Finds who made a signature and puts what it means into the draft.
    pub(super) fn examine(&mut self, draft: &mut Draft, made: &Made<'_>) {
        match made.by {
            By::Key(hint) => self.by_key(draft, hint, made),
            By::Certificate(signer) => self.by_certificate(draft, signer, made),
            By::CertificateOrKey(signer) => self.by_either(draft, signer, made),
        }
    }

    /// Where the certificate's key did not make it and a key of the trust document did, it is that
    /// key's. What stands beside it speaks for the certificate's, so it counts for nothing here.
    fn by_either(&mut self, draft: &mut Draft, signer: &Signer, made: &Made<'_>) {
        if let Some(code) = self.spend(1) {
            return self.ended(draft, code);
        }
        let key = signer.leaf.public_key().ok();
        if key.is_some_and(|key| made.message.is_by(key, made.signature).is_some()) {
            return self.by_certificate(draft, signer, made);
        }
        match self.search(&Hint::default(), made) {
            Search::Made { key, scheme } => {
                draft.signed_without();
                let proofs = Proofs { entries: &[], timestamps: &[], ..made.proofs };
                self.is_by_key(draft, key, scheme, &Made { proofs, ..*made });
            }
            Search::NotMade => self.by_certificate(draft, signer, made),
            Search::Ended(code) => self.ended(draft, code),
        }
    }

    fn by_certificate(&mut self, draft: &mut Draft, signer: &Signer, made: &Made<'_>) {
        draft.signed_with(signer);
        // The signature, its certificate and that of the log; and what each proof needs.
        if let Some(code) = self.spend(made.checks_of_proofs().saturating_add(3)) {
            return self.ended(draft, code);
        }
        let memory = self.sigstore.memory();
        let key = signer.leaf.public_key();
        let held = key.map(|key| made.message.check(key, made.signature, memory));
        match &held {
            Ok(Some(_)) => draft.made_with_certificate(),
            Ok(None) => draft.not_made(
                Raised::new(
                    Code::SignatureMismatch,
                    "the key in the certificate did not make this signature: the signature or what \
                     it signs was altered",
                )
                .hint("have the artifact signed again, and find out where this comes from"),
            ),
            Err(error) => draft.not_made(Raised::new(
                Code::CertificateInvalid,
                format!("the key in the certificate cannot be used: {error}"),
            )),
        }
        let signed = Signed {
            signature: made.signature,
            verifier: Verifier::Certificate(signer.leaf.der()),
            content: made.content,
        };
        let repository = self.target.repository;
        match self.sigstore.certified(signer, &made.proofs, &signed, repository, self.now) {
            Some((backing, recognised)) => {
                // Of signers that nobody trusts there is no end.
                if let Ok(Some(held)) = held
                    && backing.problems.is_empty()
                    && !recognised.trusted_by.is_empty()
                {
                    memory.keep(held);
                }
                // Whether the certificate is worth anything comes before whom it names.
                draft.backed(backing);
                draft.recognised(recognised);
            }
            None => {
                self.unverified(draft, made);
                draft.raise(Raised::new(
                    Code::CertificateUntrusted,
                    "the trust document names no Sigstore instance, so no authority is trusted",
                ));
            }
        }
    }

    /// Tells what came with a signature and cannot be verified.
    fn unverified(&self, draft: &mut Draft, made: &Made<'_>) {
        (draft.fact.transparency, draft.fact.timestamps) = sigstore::unverified(&made.proofs);
    }

    /// Takes some signature checks out of the budget; why there are none left.
    fn spend(&mut self, checks: u32) -> Option<UnavailableCode> {
        if self.budget.cancelled() {
            return Some(UnavailableCode::Timeout);
        }
        let spent = self.checks.saturating_add(checks);
        if spent > self.budget.max_signature_checks {
            return Some(UnavailableCode::TooLarge);
        }
        self.checks = spent;
        None
    }

    fn ended(&mut self, draft: &mut Draft, code: UnavailableCode) {
        draft.raise(ended(code));
        self.note(unexamined(&self.target, code), true);
    }

    fn by_key(&mut self, draft: &mut Draft, hint: &Hint, made: &Made<'_>) {
        match self.search(hint, made) {
            Search::Made { key, scheme } => self.is_by_key(draft, key, scheme, made),
            Search::NotMade => {
                self.unverified(draft, made);
                draft.not_made(self.not_made(hint));
            }
            Search::Ended(code) => {
                self.unverified(draft, made);
                self.ended(draft, code);
            }
        }
    }

    fn is_by_key(&mut self, draft: &mut Draft, key: &'a Key, scheme: Scheme, made: &Made<'_>) {
        let checks = made.checks_of_proofs();
        if checks > 0
            && let Some(code) = self.spend(checks)
        {
            self.unverified(draft, made);
            return self.ended(draft, code);
        }
        let signed = Signed {
            signature: made.signature,
            verifier: Verifier::Key(key.public()),
            content: made.content,
        };
        let backing = self.sigstore.keyed(&made.proofs, &signed, self.now);
        let (unlogged, unstamped) = (backing.unlogged.clone(), backing.unstamped.clone());
        let proven = Proven { logged: unlogged.is_none(), stamped: unstamped.is_none() };
        let judgement = key.judge(scheme, self.target.repository, proven, self.now);
        if let Some(time) = judgement.changes_at {
            let earliest = self.findings.changes_at.map_or(time, |other| other.min(time));
            self.findings.changes_at = Some(earliest);
        }
        let missing = judgement.missing;
        draft.made_by(judgement);
        draft.backed(backing);
        if let Some(missing) = missing {
            draft.lacks(missing, unlogged, unstamped);
        }
    }

    fn search(&mut self, hint: &Hint, made: &Made<'_>) -> Search<'a> {
        let keyring = self.keyring;
        for key in keyring.candidates(hint.bytes()) {
            if let Some(code) = self.spend(1) {
                return Search::Ended(code);
            }
            if let Some(scheme) = made.message.is_by(key.public(), made.signature) {
                return Search::Made { key, scheme };
            }
        }
        Search::NotMade
    }

    fn not_made(&self, hint: &Hint) -> Raised {
        let hinted = hint.bytes().and_then(|bytes| self.keyring.by_hint(bytes));
        if let Some(key) = hinted.filter(|_| hint.binding) {
            let names: Vec<_> = key.names().map(|name| format!("{name:?}")).collect();
            return Raised::new(
                Code::SignatureMismatch,
                format!(
                    "the bundle says that key {} ({}) made this signature, and it did not: the \
                     signature or what it signs was altered",
                    names.join(", "),
                    key.id()
                ),
            )
            .hint("have the artifact signed again, and find out where this bundle comes from");
        }
        let tried = match self.keyring.len() {
            0 => "the trust document has no keys, so none of them made".to_owned(),
            1 => "the one key of the trust document did not make".to_owned(),
            count => format!("none of the {count} keys of the trust document made"),
        };
        let named = hint
            .key_id()
            .map(|id| format!("; the bundle says that it was made with key {id}"))
            .unwrap_or_default();
        Raised::new(
            Code::KeyUnknown,
            format!(
                "{tried} this signature: it was made with another key, or the signature or what \
                 it signs was altered{named}"
            ),
        )
        .hint("if the signer is to be trusted, add their public key to the trust document")
    }

    /// The examination ends before this signature's turn, if the time for it is up.
    pub(super) fn out_of_time(&mut self, draft: &mut Draft) -> bool {
        let ended_now = self.budget.cancelled();
        if ended_now {
            self.ended(draft, UnavailableCode::Timeout);
        }
        ended_now
    }

    /// What the signature needs could not be had.
    pub(super) fn unavailable(&mut self, draft: &mut Draft, what: &Unavailable) {
        draft.raise(Raised::unavailable(what));
        self.note(what.clone(), true);
    }

    /// Notes something that could not be had: once, however many signatures it affects. Where
    /// `next` is set it affects the signature that is in the making, else the whole list.
    pub(super) fn note(&mut self, mut what: Unavailable, next: bool) {
        let affects = match next {
            true => format!("signatures/{}", self.findings.signatures.len()),
            false => "signatures".to_owned(),
        };
        let same = |other: &&mut Unavailable| {
            (other.kind, other.code, &other.target, &other.message)
                == (what.kind, what.code, &what.target, &what.message)
        };
        match self.findings.unavailable.iter_mut().find(same) {
            Some(other) if other.affects.contains(&affects) => {}
            Some(other) => other.affects.push(affects),
            None => {
                what.affects = vec![affects];
                self.findings.unavailable.push(what);
            }
        }
    }

    /// The most signatures that are read.
    pub(super) fn max_signatures(&self) -> usize {
        usize::try_from(self.budget.max_signatures).unwrap_or(usize::MAX)
    }

    /// Whether no more signatures are read.
    pub(super) fn is_full(&self) -> bool {
        self.findings.signatures.len() >= self.max_signatures()
    }

    /// Notes that there are more signatures than are read.
    pub(super) fn too_many(&mut self) {
        let message = format!(
            "it holds more than {} signatures; the others were not read",
            self.budget.max_signatures
        );
        let target = self.target.referrer.as_str();
        let code = UnavailableCode::TooLarge;
        self.note(Unavailable::new(UnavailableKind::Verification, target, code, message), false);
    }

    /// Adds a signature and says where it stands.
    pub(super) fn push(&mut self, mut draft: Draft) -> Pushed {
        if let Some(problem) = &self.shared {
            draft.raise(problem.clone());
        }
        let mut fact = draft.finish();
        // There are never more than the budget allows, which is a u32.
        let position = u32::try_from(self.findings.signatures.len()).unwrap_or(u32::MAX);
        fact.id = position;
        let trusted = fact.trusted;
        self.findings.signatures.push(fact);
        Pushed { position, trusted }
    }

    /// Adds an attestation, with what its document says.
    pub(super) fn attest(
        &mut self,
        mut attestation: AttestationFact,
        contents: Option<Arc<Contents>>,
    ) {
        attestation.id = u32::try_from(self.findings.attestations.len()).unwrap_or(u32::MAX);
        self.findings.contents.extend(contents.map(|contents| (attestation.id, contents)));
        self.findings.attestations.push(attestation);
    }

    pub(super) fn finish(self) -> Findings {
        self.findings
    }
}

/// Where a signature came to stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pushed {
    pub(super) position: u32,
    pub(super) trusted: bool,
}

fn ended(code: UnavailableCode) -> Raised {
    let (message, hint) = match code {
        UnavailableCode::Timeout => (
            "the time for the examination ended before this signature's turn",
            "ask again with a longer deadline",
        ),
        _ => (
            "the limit of signature checks was met before this signature's turn",
            "raise `limits.max_signature_checks`, or remove signatures that nobody needs",
        ),
    };
    Raised::new(Code::VerificationBudget, message).hint(hint)
}

fn unexamined(target: &Target<'_>, code: UnavailableCode) -> Unavailable {
    let message = match code {
        UnavailableCode::Timeout => "the time for the examination ended",
        _ => "the limit of signature checks was met",
    };
    let target = target.referrer.as_str();
    Unavailable::new(UnavailableKind::Verification, target, code, message)
}

/// The problem of a signature that names other digests than the one it is attached to.
pub(super) fn other_subject(named: &str, expected: &referee_core::Digest) -> Raised {
    Raised::new(
        Code::SubjectMismatch,
        format!("it signs {named}, and it is attached to {expected}"),
    )
    .hint("this signature was made for another image: have this one signed")
}
