//! What to do next: the state of one gathering, as a machine without IO.
//!
//! The driver asks for work, does it, and reports what came of it; the plan answers with more
//! work and keeps everything established so far. At any moment a snapshot of it can be taken: an
//! answer at the deadline is the same code as an answer at leisure, with what is still under way
//! told as unavailable.

use crate::order::Order;
use crate::troubles::{affecting, no_room, overflow, too_deep, unopened};
use bytes::Bytes;
use referee_core::facts::VerifierStatus;
use referee_core::json::length;
use referee_core::oci::media_type;
use referee_core::subject::is_index;
use referee_core::{
    Descriptor, Digest, Findings, FoundBy, Limits, Referrer, Subject, Unavailable, UnavailableCode,
    UnavailableKind, Verifier,
};
use referee_store::{Fetched, Listing, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// One of cosign's tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CosignTag {
    Signature,
    Attestation,
    Sbom,
}

impl CosignTag {
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::Signature => "sig",
            Self::Attestation => "att",
            Self::Sbom => "sbom",
        }
    }

    fn artifact_type(self) -> &'static str {
        match self {
            Self::Signature => media_type::COSIGN_SIGNATURE,
            Self::Attestation => media_type::COSIGN_ATTESTATION,
            Self::Sbom => media_type::COSIGN_SBOM,
        }
    }

    /// What a reader misses while this tag could not be read.
    fn affects(self) -> &'static [&'static str] {
        match self {
            Self::Signature => &["referrers", "signatures"],
            // Signatures over statements stand among the signatures.
            Self::Attestation => &["referrers", "signatures", "attestations"],
            Self::Sbom => &["referrers", "attestations"],
        }
    }
}

/// Something to be done outside.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    /// List what refers to a digest.
    List { target: Digest, depth: u32 },
    /// Fetch one of cosign's tags for a digest.
    Tag { target: Digest, depth: u32, tag: CosignTag },
    /// Have a verifier examine a referrer.
    Examine { found: usize, verifier: usize },
    /// Have a verifier examine the artifact itself.
    ExamineSubject { verifier: usize },
}

/// What came of a piece of work.
#[derive(Debug)]
pub(crate) enum Outcome {
    Listed(Result<Listing, Arc<StoreError>>),
    Tagged(Result<Fetched, Arc<StoreError>>),
    Examined { findings: Findings, fetch: Duration, verify: Duration },
}

/// A number for a piece of work under way.
pub(crate) type WorkId = u64;

#[derive(Clone, Debug)]
struct Pending {
    order: Order,
    work: Work,
}

/// A referrer and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) order: Order,
    pub(crate) referrer: Arc<Referrer>,
    /// Its manifest, where finding it brought that along.
    pub(crate) manifest: Option<Bytes>,
    /// What the verifiers established, in the verifiers' order.
    pub(crate) findings: BTreeMap<usize, Findings>,
    /// Which verifiers examine it.
    pub(crate) wanted_by: Vec<usize>,
}

impl Found {
    /// Which of several ways to one referrer counts: the least.
    fn rank(&self) -> (bool, bool, &Order) {
        let tagged = self.referrer.found_by == FoundBy::CosignTag;
        (self.wanted_by.is_empty(), !tagged, &self.order)
    }
}

/// The state of one gathering.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    limits: Limits,
    verifiers: Vec<Arc<dyn Verifier>>,
    subject: Arc<Subject>,
    pending: BTreeMap<WorkId, Pending>,
    next_id: WorkId,
    found: Vec<Found>,
    /// What the verifiers established about the artifact itself.
    own: BTreeMap<usize, Findings>,
    /// Where the referrer of a digest with a digest stands in `found`.
    seen: BTreeMap<(Digest, Digest), usize>,
    targets: BTreeSet<Digest>,
    /// What may be referred to and was not asked about, because it is too deep.
    unfollowed: BTreeSet<Digest>,
    overflowed: bool,
    /// How many bytes of facts there is room for.
    room: u64,
    troubles: Vec<(Order, Unavailable)>,
    pub(crate) fetch: Duration,
    pub(crate) verify: Duration,
}

impl Plan {
    /// The plan for a resolved subject, with the first work.
    pub(crate) fn start(
        limits: &Limits,
        verifiers: &[Arc<dyn Verifier>],
        subject: Arc<Subject>,
    ) -> (Self, Vec<(WorkId, Work)>) {
        let mut plan = Self {
            limits: limits.clone(),
            verifiers: verifiers.to_vec(),
            subject: subject.clone(),
            pending: BTreeMap::new(),
            next_id: 0,
            found: Vec::new(),
            own: BTreeMap::new(),
            seen: BTreeMap::new(),
            targets: BTreeSet::new(),
            unfollowed: BTreeSet::new(),
            overflowed: false,
            room: limits.max_facts_bytes,
            troubles: Vec::new(),
            fetch: Duration::ZERO,
            verify: Duration::ZERO,
        };
        let mut work = Vec::new();
        let root = Order::root();
        plan.discover(subject.digest().clone(), 1, root.child(0), &mut work);
        let platforms: Vec<Digest> = subject.platforms().map(|d| d.digest.clone()).collect();
        let limit = usize::try_from(plan.limits.max_platforms).unwrap_or(usize::MAX);
        if platforms.len() > limit {
            plan.trouble(
                root.child(1),
                Unavailable::new(
                    UnavailableKind::Registry,
                    subject.digest().as_str(),
                    UnavailableCode::TooLarge,
                    format!("the index has {} platforms, {limit} are examined", platforms.len()),
                )
                .affecting("referrers")
                .affecting("signatures"),
            );
        }
        for (position, digest) in platforms.into_iter().take(limit).enumerate() {
            plan.discover(digest, 1, root.child(1).child(position), &mut work);
        }
        for (position, nested) in subject.platforms().enumerate().take(limit) {
            if is_index(&nested.media_type) {
                plan.trouble(root.child(1).child(position), unopened(&nested.digest));
            }
        }
        let attestations: Vec<(Descriptor, Digest)> =
            subject.attestation_manifests().map(|(d, platform)| (d.clone(), platform)).collect();
        for (position, (descriptor, platform)) in attestations.into_iter().enumerate() {
            let referrer =
                Referrer { descriptor, subject: platform, depth: 1, found_by: FoundBy::Index };
            plan.add(root.child(2).child(position), referrer, None, &mut work);
        }
        for (verifier, wants) in verifiers.iter().map(|v| v.wants_subject()).enumerate() {
            if wants {
                let examine = Work::ExamineSubject { verifier };
                plan.enqueue(root.child(3).child(verifier), examine, &mut work);
            }
        }
        (plan, work)
    }

    /// Takes in what came of a piece of work; answers with what to do next.
    pub(crate) fn finish(&mut self, id: WorkId, outcome: Outcome) -> Vec<(WorkId, Work)> {
        let mut next = Vec::new();
        let Some(Pending { order, work }) = self.pending.remove(&id) else {
            return next;
        };
        match (work, outcome) {
            (Work::List { target, depth }, Outcome::Listed(result)) => {
                self.listed(&order, &target, depth, result, &mut next);
            }
            (Work::Tag { target, depth, tag }, Outcome::Tagged(result)) => {
                self.tagged(&order, &target, depth, tag, result, &mut next);
            }
            (Work::Examine { found, verifier }, Outcome::Examined { findings, fetch, verify }) => {
                self.fetch = self.fetch.max(fetch);
                self.verify += verify;
                let target = self.found(found).map(|f| f.referrer.descriptor.digest.to_string());
                let findings = self.hold(target.unwrap_or_default(), findings);
                if let Some(found) = self.found.get_mut(found) {
                    found.findings.insert(verifier, findings);
                }
            }
            (Work::ExamineSubject { verifier }, Outcome::Examined { findings, fetch, verify }) => {
                self.fetch = self.fetch.max(fetch);
                self.verify += verify;
                let target = self.subject.digest().to_string();
                let findings = self.hold(target, findings);
                self.own.insert(verifier, findings);
            }
            // The driver answers each piece of work with its own kind of outcome.
            (work, _) => {
                self.pending.insert(id, Pending { order, work });
            }
        }
        next
    }

    /// The findings, where there is room for them in the facts; else that there is none. Whoever
    /// may push may attach thousands of referrers, each with a megabyte that goes into the facts.
    fn hold(&mut self, target: String, findings: Findings) -> Findings {
        let contents = findings.contents.iter().map(|(_, contents)| contents.facts_bytes);
        let size = contents
            .fold(0, u64::saturating_add)
            .saturating_add(length(&findings.signatures))
            .saturating_add(length(&findings.attestations))
            .saturating_add(length(&findings.schema_checks))
            .saturating_add(length(&findings.unavailable));
        if let Some(left) = self.room.checked_sub(size) {
            self.room = left;
            return findings;
        }
        let trouble = Unavailable::new(
            UnavailableKind::Verification,
            target,
            UnavailableCode::TooLarge,
            no_room(&self.limits),
        );
        let trouble = affecting(trouble, &["signatures", "attestations"]);
        Findings { unavailable: vec![trouble], ..Findings::default() }
    }

    fn listed(
        &mut self,
        order: &Order,
        target: &Digest,
        depth: u32,
        result: Result<Listing, Arc<StoreError>>,
        next: &mut Vec<(WorkId, Work)>,
    ) {
        let listing = match result {
            Ok(listing) => listing,
            Err(error) => {
                let trouble = error.to_unavailable(UnavailableKind::Registry);
                self.trouble(
                    order.clone(),
                    affecting(trouble, &["referrers", "signatures", "attestations"]),
                );
                return;
            }
        };
        if let Some(error) = listing.incomplete {
            let trouble = error.to_unavailable(UnavailableKind::Registry);
            self.trouble(
                order.clone(),
                affecting(trouble, &["referrers", "signatures", "attestations"]),
            );
        }
        for (position, descriptor) in listing.descriptors.into_iter().enumerate() {
            let referrer =
                Referrer { descriptor, subject: target.clone(), depth, found_by: listing.found_by };
            self.add(order.child(position), referrer, None, next);
        }
    }

    fn tagged(
        &mut self,
        order: &Order,
        target: &Digest,
        depth: u32,
        tag: CosignTag,
        result: Result<Fetched, Arc<StoreError>>,
        next: &mut Vec<(WorkId, Work)>,
    ) {
        match result {
            Ok(fetched) => {
                let descriptor = Descriptor {
                    media_type: fetched.media_type,
                    digest: fetched.digest,
                    size: u64::try_from(fetched.bytes.len()).unwrap_or(u64::MAX),
                    artifact_type: Some(tag.artifact_type().to_owned()),
                    annotations: BTreeMap::new(),
                    platform: None,
                };
                let referrer = Referrer {
                    descriptor,
                    subject: target.clone(),
                    depth,
                    found_by: FoundBy::CosignTag,
                };
                self.add(order.clone(), referrer, Some(fetched.bytes), next);
            }
            // The place itself says that there is no such tag: that is an answer.
            Err(error) if matches!(*error, StoreError::NotFound { .. }) => {}
            Err(error) => {
                let trouble = error.to_unavailable(UnavailableKind::Registry);
                self.trouble(order.clone(), affecting(trouble, tag.affects()));
            }
        }
    }

    /// Everything that may refer to a digest, once: a hash has no cycles, but a listing may claim
    /// one, and one referrer may refer to several things that are looked at.
    fn discover(
        &mut self,
        target: Digest,
        depth: u32,
        order: Order,
        next: &mut Vec<(WorkId, Work)>,
    ) {
        if !self.targets.insert(target.clone()) {
            return;
        }
        let tags: &[CosignTag] = if depth == 1 {
            &[CosignTag::Signature, CosignTag::Attestation, CosignTag::Sbom]
        } else {
            // cosign attaches nothing but signatures to what is itself attached.
            &[CosignTag::Signature]
        };
        let list = Work::List { target: target.clone(), depth };
        self.enqueue(order.child(0), list, next);
        for (position, tag) in tags.iter().enumerate() {
            let work = Work::Tag { target: target.clone(), depth, tag: *tag };
            self.enqueue(order.child(position + 1), work, next);
        }
    }

    fn add(
        &mut self,
        order: Order,
        referrer: Referrer,
        manifest: Option<Bytes>,
        next: &mut Vec<(WorkId, Work)>,
    ) {
        let key = (referrer.subject.clone(), referrer.descriptor.digest.clone());
        let wanted_by: Vec<usize> = (0..)
            .zip(&self.verifiers)
            .filter(|(_, verifier)| verifier.wants(&referrer))
            .map(|(position, _)| position)
            .collect();
        let followed = may_be_referred_to(&referrer);
        let (digest, depth) = (referrer.descriptor.digest.clone(), referrer.depth);
        let entry = Found {
            order: order.clone(),
            referrer: Arc::new(referrer),
            manifest,
            findings: BTreeMap::new(),
            wanted_by,
        };
        match self.seen.get(&key).copied() {
            Some(found) => self.found_again(found, entry, next),
            None => {
                let limit = usize::try_from(self.limits.max_referrers).unwrap_or(usize::MAX);
                if self.found.len() >= limit {
                    if !self.overflowed {
                        self.overflowed = true;
                        let message =
                            format!("more than {limit} referrers, the rest was not examined");
                        self.trouble(order, overflow(self.subject.digest(), message));
                    }
                    return;
                }
                let size = length(&entry.referrer.descriptor);
                let Some(left) = self.room.checked_sub(size) else {
                    if !self.overflowed {
                        self.overflowed = true;
                        let message = no_room(&self.limits);
                        self.trouble(order, overflow(self.subject.digest(), message));
                    }
                    return;
                };
                self.room = left;
                let found = self.found.len();
                self.seen.insert(key, found);
                self.found.push(entry);
                self.examine(found, next);
            }
        }
        if followed && depth < self.limits.max_depth {
            self.discover(digest, depth + 1, order, next);
        } else if followed
            && !self.targets.contains(&digest)
            && self.unfollowed.insert(digest.clone())
        {
            self.trouble(order, too_deep(&digest, depth));
        }
    }

    /// The same manifest was found for the same digest in another way. Which way came first must
    /// not decide what the facts say, and no way may hide that another has it examined: cosign's
    /// tag counts before a listing that wants an examination, and that before one that does not.
    fn found_again(&mut self, found: usize, entry: Found, next: &mut Vec<(WorkId, Work)>) {
        let Some(known) = self.found.get_mut(found) else { return };
        if entry.rank() >= known.rank() {
            return;
        }
        *known = entry;
        // What was asked for on the other's word is asked for anew.
        self.pending.retain(
            |_, pending| !matches!(pending.work, Work::Examine { found: other, .. } if other == found),
        );
        self.examine(found, next);
    }

    fn examine(&mut self, found: usize, next: &mut Vec<(WorkId, Work)>) {
        let Some(entry) = self.found.get(found) else { return };
        let (order, wanted_by) = (entry.order.clone(), entry.wanted_by.clone());
        for verifier in wanted_by {
            self.enqueue(order.clone(), Work::Examine { found, verifier }, next);
        }
    }

    fn enqueue(&mut self, order: Order, work: Work, next: &mut Vec<(WorkId, Work)>) {
        let id = self.next_id;
        self.next_id += 1;
        self.pending.insert(id, Pending { order, work: work.clone() });
        next.push((id, work));
    }

    fn trouble(&mut self, order: Order, trouble: Unavailable) {
        self.troubles.push((order, trouble));
    }

    /// The subject.
    pub(crate) fn subject(&self) -> &Arc<Subject> {
        &self.subject
    }

    /// The verifiers.
    pub(crate) fn verifiers(&self) -> &[Arc<dyn Verifier>] {
        &self.verifiers
    }

    /// A referrer by the number that [`Work::Examine`] gives.
    pub(crate) fn found(&self, number: usize) -> Option<&Found> {
        self.found.get(number)
    }

    /// What the verifiers established about the artifact itself.
    pub(crate) fn own(&self) -> &BTreeMap<usize, Findings> {
        &self.own
    }

    /// The referrers in the order of the facts.
    pub(crate) fn in_order(&self) -> Vec<&Found> {
        let mut found: Vec<&Found> = self.found.iter().collect();
        found.sort_by(|a, b| a.order.cmp(&b.order));
        found
    }

    /// Whether all work is done.
    pub(crate) fn is_finished(&self) -> bool {
        self.pending.is_empty()
    }

    /// What could not be had, and what is still under way as a timeout, in the order of the facts.
    pub(crate) fn troubles(&self) -> Vec<Unavailable> {
        let mut troubles: Vec<(Order, Unavailable)> = self.troubles.clone();
        for pending in self.pending.values() {
            troubles.push((pending.order.clone(), self.timeout(&pending.work)));
        }
        troubles.sort_by(|a, b| a.0.cmp(&b.0));
        troubles.into_iter().map(|(_, trouble)| trouble).collect()
    }

    fn timeout(&self, work: &Work) -> Unavailable {
        let (kind, target, what, affects): (_, _, _, &[&str]) = match work {
            Work::List { target, .. } => (
                UnavailableKind::Registry,
                format!("referrers of {target}"),
                "listing the referrers",
                &["referrers", "signatures", "attestations"],
            ),
            Work::Tag { target, tag, .. } => (
                UnavailableKind::Registry,
                target.cosign_tag(tag.suffix()),
                "looking for cosign's tag",
                tag.affects(),
            ),
            Work::Examine { found, .. } => (
                UnavailableKind::Verification,
                self.found(*found)
                    .map(|f| f.referrer.descriptor.digest.to_string())
                    .unwrap_or_default(),
                "examining the referrer",
                &["signatures", "attestations"],
            ),
            Work::ExamineSubject { .. } => (
                UnavailableKind::Verification,
                self.subject.digest().to_string(),
                "examining the artifact itself",
                &["schema_checks"],
            ),
        };
        let message = format!("{what} was not done when the deadline came");
        affecting(Unavailable::new(kind, target, UnavailableCode::Timeout, message), affects)
    }

    /// How far a verifier came.
    pub(crate) fn status(&self, verifier: usize) -> VerifierStatus {
        let own = self.verifiers.get(verifier).is_some_and(|verifier| verifier.wants_subject());
        let wanted = self.found.iter().filter(|f| f.wanted_by.contains(&verifier)).count()
            + usize::from(own);
        let referrers = self.found.iter().filter_map(|f| f.findings.get(&verifier));
        let findings: Vec<&Findings> = referrers.chain(self.own.get(&verifier)).collect();
        let whole = findings.iter().filter(|f| f.unavailable.is_empty()).count();
        let empty = findings.iter().all(|f| f.signatures.is_empty() && f.attestations.is_empty());
        match (wanted, whole) {
            (0, _) => VerifierStatus::Skipped,
            (wanted, whole) if wanted == whole => VerifierStatus::Done,
            (_, 0) if empty => VerifierStatus::Failed,
            _ => VerifierStatus::Partial,
        }
    }
}

/// Nobody signs a signature: what only vouches for something else is not asked about again, so
/// that one signature costs one listing.
fn may_be_referred_to(referrer: &Referrer) -> bool {
    let artifact_type = referrer.artifact_type();
    let vouches = artifact_type.starts_with(media_type::SIGSTORE_BUNDLE_PREFIX)
        || matches!(
            artifact_type,
            media_type::COSIGN_SIGNATURE
                | media_type::NOTARY_SIGNATURE
                | media_type::COSIGN_ATTESTATION
        );
    !vouches && referrer.found_by != FoundBy::Index
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
