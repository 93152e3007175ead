//! From what was established to the facts document.

use crate::plan::Plan;
use referee_core::facts::{
    AttestationFact, FACTS_VERSION, PlatformFact, ReferrerFact, RequestFact, SignatureFact,
    SubjectFact, TrustRootFact, VerifierFact,
};
use referee_core::{Facts, Findings, Subject, Timestamp, Unavailable};
use std::time::Duration;

/// The facts as they stand, whether the plan is finished or not.
pub(crate) fn facts(plan: &Plan, trust_roots: &[TrustRootFact], request: RequestFact) -> Facts {
    let mut lists = Lists { unavailable: plan.troubles(), ..Lists::default() };
    let mut referrers = Vec::new();
    for found in plan.in_order() {
        let names = plan.verifiers();
        let examined_by = found
            .findings
            .keys()
            .filter_map(|position| names.get(*position))
            .map(|verifier| verifier.name().to_owned())
            .collect();
        let descriptor = &found.referrer.descriptor;
        referrers.push(ReferrerFact {
            digest: descriptor.digest.clone(),
            subject: found.referrer.subject.clone(),
            depth: found.referrer.depth,
            artifact_type: descriptor.artifact_type.clone(),
            media_type: descriptor.media_type.clone(),
            size: descriptor.size,
            annotations: descriptor.annotations.clone(),
            found_by: found.referrer.found_by,
            examined_by,
        });
        for findings in found.findings.values() {
            lists.add(findings);
        }
    }
    let verifiers = (0..)
        .zip(plan.verifiers())
        .map(|(position, verifier)| {
            let fact = VerifierFact {
                status: plan.status(position),
                elapsed_ms: millis(plan.verify),
                cached: false,
            };
            (verifier.name().to_owned(), fact)
        })
        .collect();
    Facts {
        facts_version: FACTS_VERSION,
        request,
        subject: subject_fact(plan.subject()),
        referrers,
        signatures: lists.signatures,
        attestations: lists.attestations,
        trust_roots: trust_roots.to_vec(),
        complete: lists.unavailable.is_empty() && plan.is_finished(),
        unavailable: lists.unavailable,
        verifiers,
    }
}

/// The first time at which other facts may be due.
pub(crate) fn changes_at(plan: &Plan, trust_roots: &[TrustRootFact]) -> Option<Timestamp> {
    let found = plan.in_order();
    let findings = found.iter().flat_map(|found| found.findings.values());
    let roots = trust_roots.iter().filter(|root| !root.expired).filter_map(|root| root.expires_at);
    findings.filter_map(|findings| findings.changes_at).chain(roots).min()
}

/// The subject as a fact.
pub(crate) fn subject_fact(subject: &Subject) -> SubjectFact {
    SubjectFact {
        registry: subject.repository.as_ref().map(|r| r.registry().to_owned()),
        repository: subject.repository.as_ref().map(|r| r.path().to_owned()),
        tag: subject.tag.clone(),
        digest: subject.digest().clone(),
        media_type: subject.descriptor.media_type.clone(),
        artifact_type: subject.document.artifact_type().map(str::to_owned),
        size: subject.descriptor.size,
        annotations: subject.document.annotations().clone(),
        platforms: subject
            .platforms()
            .map(|d| PlatformFact::new(d.digest.clone(), d.platform.as_ref()))
            .collect(),
    }
}

/// A duration in whole milliseconds.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[derive(Default)]
struct Lists {
    signatures: Vec<SignatureFact>,
    attestations: Vec<AttestationFact>,
    unavailable: Vec<Unavailable>,
}

impl Lists {
    /// Adds what one verifier found in one referrer. It numbers from zero; the document numbers
    /// through.
    fn add(&mut self, findings: &Findings) {
        let offset = self.signatures.len();
        let renumber =
            |local: usize| u32::try_from(offset.saturating_add(local)).unwrap_or(u32::MAX);
        for (local, signature) in findings.signatures.iter().enumerate() {
            self.signatures.push(SignatureFact { id: renumber(local), ..signature.clone() });
        }
        for attestation in &findings.attestations {
            let id = u32::try_from(self.attestations.len()).unwrap_or(u32::MAX);
            let signed_by = attestation
                .signed_by
                .iter()
                .map(|local| renumber(usize::try_from(*local).unwrap_or(usize::MAX)))
                .collect();
            self.attestations.push(AttestationFact { id, signed_by, ..attestation.clone() });
        }
        for trouble in &findings.unavailable {
            let affects = trouble
                .affects
                .iter()
                .map(|name| match name.strip_prefix("signatures/").and_then(|n| n.parse().ok()) {
                    Some(local) => format!("signatures/{}", renumber(local)),
                    None => name.clone(),
                })
                .collect();
            self.unavailable.push(Unavailable { affects, ..trouble.clone() });
        }
    }
}
