//! From what was established to the facts document.

use crate::coverage;
use crate::documents::Documents;
use crate::plan::Plan;
use referee_core::facts::{
    AttestationFact, Contents, FACTS_VERSION, PlatformFact, ReferrerFact, RequestFact,
    SchemaCheckFact, SignatureFact, SubjectFact, TrustRootFact, VerifierFact, VerifierStatus,
};
use referee_core::{Facts, Findings, Subject, Timestamp, Unavailable, Verifier};
use std::sync::Arc;
use std::time::Duration;

/// The facts as they stand, whether the plan is finished or not.
pub(crate) fn facts(plan: &Plan, trust_roots: &[TrustRootFact], request: RequestFact) -> Facts {
    let mut lists = Lists { unavailable: plan.troubles(), ..Lists::default() };
    let mut referrers = Vec::new();
    for findings in plan.own().values() {
        lists.add(findings);
    }
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
    coverage::cover(&mut lists.attestations, &lists.signatures, plan.subject());
    let subject = subject_fact(plan.subject());
    let documents = Documents::of(&lists.attestations, &lists.contents, &subject);
    lists.unavailable.extend(documents.trouble);
    Facts {
        facts_version: FACTS_VERSION,
        request,
        subject,
        referrers,
        signatures: lists.signatures,
        attestations: lists.attestations,
        sboms: documents.sboms,
        vulnerability_reports: documents.vulnerability_reports,
        vex: documents.vex,
        provenance: documents.provenance,
        verification_summaries: documents.verification_summaries,
        schema_checks: lists.schema_checks,
        trust_roots: trust_roots.to_vec(),
        complete: lists.unavailable.is_empty() && plan.is_finished(),
        unavailable: lists.unavailable,
        verifiers,
    }
}

/// The facts about a file, of which nothing was looked for but the bundles that were handed over.
pub(crate) fn file_facts(
    subject: SubjectFact,
    referrers: Vec<ReferrerFact>,
    findings: &[Findings],
    verifier: &dyn Verifier,
    now: Timestamp,
    verify: Duration,
    request: RequestFact,
) -> Facts {
    let mut lists = Lists::default();
    findings.iter().for_each(|found| lists.add(found));
    let status = match (findings.is_empty(), lists.unavailable.is_empty()) {
        (true, _) => VerifierStatus::Skipped,
        (false, true) => VerifierStatus::Done,
        (false, false) => VerifierStatus::Partial,
    };
    let fact = VerifierFact { status, elapsed_ms: millis(verify), cached: false };
    let documents = Documents::of(&lists.attestations, &lists.contents, &subject);
    lists.unavailable.extend(documents.trouble);
    Facts {
        facts_version: FACTS_VERSION,
        request,
        subject,
        referrers,
        signatures: lists.signatures,
        attestations: lists.attestations,
        sboms: documents.sboms,
        vulnerability_reports: documents.vulnerability_reports,
        vex: documents.vex,
        provenance: documents.provenance,
        verification_summaries: documents.verification_summaries,
        schema_checks: lists.schema_checks,
        trust_roots: verifier.trust_roots(now),
        complete: lists.unavailable.is_empty(),
        unavailable: lists.unavailable,
        verifiers: [(verifier.name().to_owned(), fact)].into(),
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
    contents: Vec<(u32, Arc<Contents>)>,
    schema_checks: Vec<SchemaCheckFact>,
    unavailable: Vec<Unavailable>,
}

impl Lists {
    /// Adds what one verifier found in one referrer. It numbers from zero; the document numbers
    /// through.
    fn add(&mut self, findings: &Findings) {
        let (signatures, attestations) = (self.signatures.len(), self.attestations.len());
        let add = |offset: usize, local: usize| {
            u32::try_from(offset.saturating_add(local)).unwrap_or(u32::MAX)
        };
        let renumber = |local: usize| add(signatures, local);
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
        for (local, contents) in &findings.contents {
            let local = usize::try_from(*local).unwrap_or(usize::MAX);
            self.contents.push((add(attestations, local), contents.clone()));
        }
        self.schema_checks.extend_from_slice(&findings.schema_checks);
        for trouble in &findings.unavailable {
            let affects = trouble
                .affects
                .iter()
                .map(|name| match name.split_once('/').map(|(list, n)| (list, n.parse())) {
                    Some(("signatures", Ok(local))) => format!("signatures/{}", renumber(local)),
                    Some(("attestations", Ok(local))) => {
                        format!("attestations/{}", add(attestations, local))
                    }
                    _ => name.clone(),
                })
                .collect();
            self.tell(Unavailable { affects, ..trouble.clone() });
        }
    }

    /// Adds what could not be had: once, where two verifiers wanted it.
    fn tell(&mut self, trouble: Unavailable) {
        let same = |other: &&mut Unavailable| {
            (other.kind, other.code, &other.target, &other.message)
                == (trouble.kind, trouble.code, &trouble.target, &trouble.message)
        };
        let Some(other) = self.unavailable.iter_mut().find(same) else {
            return self.unavailable.push(trouble);
        };
        other.elapsed_ms = other.elapsed_ms.max(trouble.elapsed_ms);
        for name in trouble.affects {
            if !other.affects.contains(&name) {
                other.affects.push(name);
            }
        }
    }
}
