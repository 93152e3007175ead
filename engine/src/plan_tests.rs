//! The plan, driven by hand: no IO, no time.

use super::*;
use referee_core::oci::Document;
use referee_core::{Budget, Evidence, Job, Step, Timestamp};

/// Wants everything.
#[derive(Debug)]
struct Curious;

impl Verifier for Curious {
    fn name(&self) -> &'static str {
        "curious"
    }

    fn wants(&self, _: &Referrer) -> bool {
        true
    }

    fn verify(&self, _: &Job<'_>, _: &Evidence, _: Timestamp, _: &Budget) -> Step {
        Step::Done(Findings::default())
    }
}

fn descriptor(content: &str, artifact_type: &str) -> Descriptor {
    Descriptor {
        media_type: media_type::IMAGE_MANIFEST.into(),
        digest: Digest::sha256(content.as_bytes()),
        size: 1,
        artifact_type: Some(artifact_type.into()),
        annotations: BTreeMap::new(),
        platform: None,
    }
}

fn subject() -> Arc<Subject> {
    let (document, _) = Document::parse(b"{}", "").unwrap();
    Arc::new(Subject {
        repository: None,
        tag: None,
        descriptor: descriptor("subject", ""),
        document,
        bytes: Bytes::new(),
    })
}

fn start(limits: &Limits) -> (Plan, Vec<(WorkId, Work)>) {
    let verifiers: [Arc<dyn Verifier>; 1] = [Arc::new(Curious)];
    Plan::start(limits, &verifiers, subject())
}

fn listing(descriptors: Vec<Descriptor>) -> Outcome {
    Outcome::Listed(Ok(Listing { descriptors, found_by: FoundBy::ReferrersApi, incomplete: None }))
}

fn absent() -> Outcome {
    Outcome::Tagged(Err(Arc::new(StoreError::NotFound { target: "tag".into() })))
}

fn examined() -> Outcome {
    Outcome::Examined {
        findings: Findings::default(),
        fetch: Duration::ZERO,
        verify: Duration::ZERO,
    }
}

/// Answers all work with what `answer` says, until there is none left.
fn drive(
    plan: &mut Plan,
    mut work: Vec<(WorkId, Work)>,
    mut answer: impl FnMut(&Work) -> Outcome,
) -> usize {
    let mut done = 0;
    while let Some((id, item)) = work.pop() {
        done += 1;
        assert!(done < 100_000, "the plan does not end");
        work.extend(plan.finish(id, answer(&item)));
    }
    done
}

#[test]
fn one_signature_costs_one_listing() {
    let (mut plan, work) = start(&Limits::DEFAULT);
    let mut listings = 0;
    drive(&mut plan, work, |work| match work {
        Work::List { .. } => {
            listings += 1;
            listing(vec![descriptor("s", media_type::SIGSTORE_BUNDLE_V03)])
        }
        Work::Tag { .. } => absent(),
        Work::Examine { .. } | Work::ExamineSubject { .. } => examined(),
    });
    assert_eq!(listings, 1, "nobody signs a signature");
    assert!(plan.is_finished());
    assert!(plan.troubles().is_empty());
}

#[test]
fn referrers_of_referrers_are_followed_to_the_limit() {
    let mut limits = Limits::DEFAULT;
    limits.max_depth = 3;
    let (mut plan, work) = start(&limits);
    let mut number = 0;
    drive(&mut plan, work, |work| match work {
        Work::List { .. } => {
            number += 1;
            listing(vec![descriptor(&format!("sbom {number}"), "application/spdx+json")])
        }
        Work::Tag { .. } => absent(),
        Work::Examine { .. } | Work::ExamineSubject { .. } => examined(),
    });
    let depths: Vec<u32> = plan.in_order().iter().map(|f| f.referrer.depth).collect();
    assert_eq!(depths, [1, 2, 3]);
    let troubles = plan.troubles();
    assert_eq!(troubles.len(), 1, "what may refer to the deepest was not asked for: {troubles:?}");
    assert_eq!(troubles[0].message, "it stands at depth 3, the greatest that is followed");
}

#[test]
fn referrers_that_claim_to_refer_to_one_another_come_to_an_end() {
    let mut limits = Limits::DEFAULT;
    limits.max_depth = 1_000;
    let (mut plan, work) = start(&limits);
    drive(&mut plan, work, |work| match work {
        // Everything is listed as a referrer of everything.
        Work::List { .. } => listing(vec![
            descriptor("a", "application/spdx+json"),
            descriptor("b", "application/spdx+json"),
            descriptor("subject", ""),
        ]),
        Work::Tag { .. } => absent(),
        Work::Examine { .. } | Work::ExamineSubject { .. } => examined(),
    });
    assert!(plan.is_finished());
    assert_eq!(plan.in_order().len(), 9, "three targets with three referrers each");
}

#[test]
fn more_referrers_than_the_limit_are_told() {
    let mut limits = Limits::DEFAULT;
    limits.max_referrers = 10;
    let (mut plan, work) = start(&limits);
    drive(&mut plan, work, |work| match work {
        Work::List { .. } => listing(
            (0..10_000)
                .map(|n| descriptor(&n.to_string(), media_type::SIGSTORE_BUNDLE_V03))
                .collect(),
        ),
        Work::Tag { .. } => absent(),
        Work::Examine { .. } | Work::ExamineSubject { .. } => examined(),
    });
    assert_eq!(plan.in_order().len(), 10);
    let troubles = plan.troubles();
    assert_eq!(troubles.len(), 1, "told once");
    assert_eq!(troubles[0].code, UnavailableCode::TooLarge);
    assert_eq!(troubles[0].message, "more than 10 referrers, the rest was not examined");
    assert!(troubles[0].affects.contains(&"signatures".to_owned()));
}

#[test]
fn what_is_under_way_is_told_as_a_timeout() {
    let (plan, work) = start(&Limits::DEFAULT);
    assert_eq!(work.len(), 4, "the listing and cosign's three tags");
    let troubles = plan.troubles();
    assert_eq!(troubles.len(), 4);
    assert!(troubles.iter().all(|t| t.code == UnavailableCode::Timeout && t.retryable));
    assert!(troubles.iter().any(|t| t.target.ends_with(".sig")));
}

#[test]
fn a_tag_that_is_not_there_is_an_answer_and_one_that_cannot_be_read_is_not() {
    let (mut plan, work) = start(&Limits::DEFAULT);
    drive(&mut plan, work, |work| match work {
        Work::List { .. } => listing(Vec::new()),
        Work::Tag { tag: CosignTag::Signature, .. } => {
            Outcome::Tagged(Err(Arc::new(StoreError::Throttled {
                target: "the tag".into(),
                retry_after: None,
            })))
        }
        Work::Tag { .. } => absent(),
        Work::Examine { .. } | Work::ExamineSubject { .. } => examined(),
    });
    let troubles = plan.troubles();
    assert_eq!(troubles.len(), 1);
    assert_eq!(troubles[0].code, UnavailableCode::Throttled);
    assert_eq!(troubles[0].affects, ["referrers", "signatures"]);
}

#[test]
fn the_order_is_that_of_the_tree_whatever_answers_first() {
    let answer = |work: &Work| match work {
        Work::List { depth: 1, .. } => listing(vec![
            descriptor("first", "application/spdx+json"),
            descriptor("second", media_type::SIGSTORE_BUNDLE_V03),
        ]),
        Work::List { .. } => listing(vec![descriptor("nested", media_type::SIGSTORE_BUNDLE_V03)]),
        Work::Tag { depth: 1, tag: CosignTag::Signature, .. } => Outcome::Tagged(Ok(Fetched {
            bytes: Bytes::from_static(b"{}"),
            digest: Digest::sha256(b"sig"),
            media_type: media_type::IMAGE_MANIFEST.into(),
        })),
        Work::Tag { .. } => absent(),
        Work::Examine { .. } | Work::ExamineSubject { .. } => examined(),
    };
    let (mut one, work) = start(&Limits::DEFAULT);
    drive(&mut one, work, answer);
    let (mut two, mut work) = start(&Limits::DEFAULT);
    work.reverse();
    drive(&mut two, work, answer);
    let digests = |plan: &Plan| -> Vec<Digest> {
        plan.in_order().iter().map(|f| f.referrer.descriptor.digest.clone()).collect()
    };
    assert_eq!(digests(&one), digests(&two));
    let expected = ["first", "nested", "second", "sig"].map(|c| Digest::sha256(c.as_bytes()));
    assert_eq!(digests(&one), expected);
}

/// Wants what is listed as a signature.
#[derive(Debug)]
struct Choosy;

impl Verifier for Choosy {
    fn name(&self) -> &'static str {
        "choosy"
    }

    fn wants(&self, referrer: &Referrer) -> bool {
        referrer.artifact_type() == media_type::COSIGN_SIGNATURE
    }

    fn verify(&self, _: &Job<'_>, _: &Evidence, _: Timestamp, _: &Budget) -> Step {
        Step::Done(Findings::default())
    }
}

#[test]
fn what_is_found_in_two_ways_is_examined_whichever_answers_first() {
    let sig = Bytes::from_static(b"{}");
    let answer = |work: &Work| match work {
        // The listing lies about what the tag names.
        Work::List { depth: 1, .. } => listing(vec![Descriptor {
            digest: Digest::sha256(b"{}"),
            ..descriptor("", "application/spdx+json")
        }]),
        Work::List { .. } => listing(Vec::new()),
        Work::Tag { depth: 1, tag: CosignTag::Signature | CosignTag::Sbom, .. } => {
            Outcome::Tagged(Ok(Fetched {
                bytes: sig.clone(),
                digest: Digest::sha256(b"{}"),
                media_type: media_type::IMAGE_MANIFEST.into(),
            }))
        }
        Work::Tag { .. } => absent(),
        Work::Examine { .. } | Work::ExamineSubject { .. } => examined(),
    };
    let verifiers: [Arc<dyn Verifier>; 1] = [Arc::new(Choosy)];
    let mut told = Vec::new();
    for turn in 0..4 {
        let (mut plan, mut work) = Plan::start(&Limits::DEFAULT, &verifiers, subject());
        work.rotate_left(turn);
        drive(&mut plan, work, answer);
        assert!(plan.is_finished());
        let found: Vec<_> = plan
            .in_order()
            .iter()
            .map(|f| (f.referrer.found_by, f.referrer.artifact_type().to_owned(), f.findings.len()))
            .collect();
        told.push((found, plan.troubles()));
    }
    let expected = (FoundBy::CosignTag, media_type::COSIGN_SIGNATURE.to_owned(), 1);
    assert_eq!(told[0], (vec![expected], Vec::new()));
    assert!(told.iter().all(|other| *other == told[0]), "{told:?}");
}

#[test]
fn facts_that_grow_too_large_are_cut_and_say_so() {
    let mut limits = Limits::DEFAULT;
    limits.max_facts_bytes = 10_000;
    let (mut plan, work) = start(&limits);
    drive(&mut plan, work, |work| match work {
        Work::List { .. } => listing(
            (0..100)
                .map(|n| Descriptor {
                    annotations: BTreeMap::from([("a".to_owned(), "x".repeat(1_000))]),
                    ..descriptor(&n.to_string(), media_type::SIGSTORE_BUNDLE_V03)
                })
                .collect(),
        ),
        Work::Tag { .. } => absent(),
        Work::Examine { .. } | Work::ExamineSubject { .. } => examined(),
    });
    assert!(plan.in_order().len() < 10);
    let troubles = plan.troubles();
    assert_eq!(troubles.len(), 1, "told once");
    assert_eq!(troubles[0].code, UnavailableCode::TooLarge);
}
