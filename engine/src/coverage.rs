//! Signatures that cover a statement or document only by its digest: over the index that lists it, or
//! over the referrer that holds it.
//!
//! BuildKit puts statements into manifests that stand in the image's index and signs nothing (BuildKit
//! `docs/attestations/attestation-storage.md`); a trusted signature of the index covers them, since
//! the index names their manifest by its digest and that names them. A document that is attached as
//! it is can be signed as an artifact of its own; a trusted signature of its manifest covers it, and
//! what it is about where that manifest names its subject. Whoever signed vouches for those bytes,
//! not that they made them, so the facts say through what (`signed_through`).

use referee_core::facts::{AttestationFact, Purpose, SignatureFact, SignedThrough};
use referee_core::{Digest, Subject};
use std::collections::{BTreeMap, BTreeSet};

/// Adds the signatures that cover what nobody signed by itself.
pub(crate) fn cover(
    attestations: &mut [AttestationFact],
    signatures: &[SignatureFact],
    subject: &Subject,
) {
    let mut trusted: BTreeMap<&Digest, Vec<u32>> = BTreeMap::new();
    for signature in signatures {
        if signature.trusted && signature.purpose == Purpose::Signature {
            trusted.entry(&signature.subject).or_default().push(signature.id);
        }
    }
    if trusted.is_empty() {
        return;
    }
    let listed: BTreeSet<(&Digest, Digest)> = subject
        .attestation_manifests()
        .map(|(manifest, platform)| (&manifest.digest, platform))
        .collect();
    for attestation in attestations {
        let coverable = !attestation.format.is_signable()
            && attestation.names_subject
            && attestation.errors.is_empty();
        if !coverable {
            continue;
        }
        let by_referrer = trusted.get(&attestation.referrer);
        let in_index = listed.contains(&(&attestation.referrer, attestation.subject.clone()));
        let by_index = trusted.get(subject.digest()).filter(|_| in_index);
        let (through, by) = match (by_referrer, by_index) {
            (Some(by), _) => (SignedThrough::Referrer, by),
            (None, Some(by)) => (SignedThrough::Index, by),
            (None, None) => continue,
        };
        attestation.signed_by.clone_from(by);
        attestation.signed_through = Some(through);
        attestation.verified = true;
    }
}

#[cfg(test)]
#[path = "coverage_tests.rs"]
mod tests;
