//! Rulings over artifacts that the real cosign signed, served by a registry.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod common;

use common::{POLICY, Stand, policy};
use referee_core::Verdict;
use referee_core::facts::{Facts, SignatureStatus};
use referee_engine::{Request, Settings};
use referee_testkit::{Fault, Options};

async fn facts(stand: &Stand, layout: &str) -> Facts {
    let request = Request::new(stand.reference(layout).parse().unwrap());
    stand.engine.gather(&request).await.unwrap().facts()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cold_ruling_takes_four_round_trips_and_asks_nothing_twice() {
    for layout in ["signed-one", "signed-one-bundle"] {
        // Late answers, so that what is asked at once is seen to be.
        let late = |_: &str, _: u64| Some(Fault::Late(std::time::Duration::from_millis(50)));
        let options = Options { referrers_api: true, faults: Box::new(late) };
        let stand = Stand::start(options, &[layout], Settings::default()).await;
        let request = Request::new(stand.reference(layout).parse().unwrap());
        let ruled = stand.engine.rule(&request, &policy(POLICY)).await;
        assert_eq!(ruled.decision.verdict, Verdict::Allow, "{:?}", ruled.decision.reasons);
        // Resolve, referrers (beside them cosign's three tags), manifest, blob. In the legacy
        // layout the tag brings the manifest along, so there it is one less.
        let expected = if layout == "signed-one" { 3 } else { 4 };
        assert_eq!(stand.registry.round_trips(), expected, "{:#?}", stand.registry.requests());
        let mut paths: Vec<String> =
            stand.registry.requests().into_iter().map(|r| r.path).collect();
        let count = paths.len();
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), count, "asked twice: {:#?}", stand.registry.requests());
        assert_eq!(count, if layout == "signed-one" { 6 } else { 7 }, "{paths:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warm_ruling_asks_the_registry_nothing() {
    let stand = Stand::start(Options::default(), &["signed-one"], Settings::default()).await;
    let request = Request::new(stand.reference("signed-one").parse().unwrap());
    let first = stand.engine.gather(&request).await.unwrap();
    let asked = stand.registry.requests().len();
    let second = stand.engine.gather(&request).await.unwrap();
    assert_eq!(stand.registry.requests().len(), asked);
    assert!(second.facts().verifiers["cosign"].cached);
    assert_eq!(first.digest(), second.digest(), "where facts come from is no part of them");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_signature_is_a_fact_in_order_and_none_hides_another() {
    let layouts = ["signed-two", "signed-five", "hundred-signatures", "signed-mixed"];
    let stand = Stand::start(Options::default(), &layouts, Settings::default()).await;
    for (layout, count) in layouts.into_iter().zip([2, 5, 100, 2]) {
        let facts = facts(&stand, layout).await;
        assert_eq!(facts.signatures.len(), count, "{layout}");
        for (position, signature) in (0u32..).zip(&facts.signatures) {
            assert_eq!(signature.id, position, "{layout}");
        }
        assert!(facts.complete, "{layout}: {:?}", facts.unavailable);
    }
    // `signed-two` is by `release`, in scope, and `build`, out of scope.
    let two = facts(&stand, "signed-two").await;
    let status: Vec<_> = two.signatures.iter().map(|s| s.status).collect();
    assert_eq!(status, [SignatureStatus::Trusted, SignatureStatus::Untrusted]);
    assert_eq!(two.signatures[1].errors[0].code, "key_out_of_scope");
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_are_about_the_index_and_about_each_platform() {
    let layout = "index-two-platforms";
    let stand = Stand::start(Options::default(), &[layout], Settings::default()).await;
    let facts = facts(&stand, layout).await;
    assert_eq!(facts.subject.platforms.len(), 2);
    let mut subjects: Vec<_> = facts.signatures.iter().map(|s| s.subject.clone()).collect();
    assert_eq!(subjects.len(), 3);
    assert_eq!(subjects[0], facts.subject.digest, "the index comes first");
    subjects.sort();
    subjects.dedup();
    assert_eq!(subjects.len(), 3, "one signature for each of index and platforms");
}

#[tokio::test(flavor = "multi_thread")]
async fn buildkit_attestations_are_found_through_the_index() {
    let layout = "buildkit-attestation";
    let stand = Stand::start(Options::default(), &[layout], Settings::default()).await;
    let facts = facts(&stand, layout).await;
    let by_index: Vec<_> =
        facts.referrers.iter().filter(|r| r.found_by == referee_core::FoundBy::Index).collect();
    assert_eq!(by_index.len(), 1);
    assert!(facts.subject.platforms.iter().any(|p| p.digest == by_index[0].subject));
    assert_eq!(facts.subject.platforms.len(), 1, "the attestation manifest is no platform");
    assert!(facts.complete, "{:?}", facts.unavailable);
    assert_eq!(by_index[0].examined_by, ["cosign", "in-toto"]);
    assert_eq!(facts.attestations.len(), 2);
    for (position, fact) in (0u32..).zip(&facts.attestations) {
        assert_eq!((fact.id, &fact.subject), (position, &by_index[0].subject));
        // Nobody signed them; somebody trusted signed the index that lists them.
        let through = Some(referee_core::facts::SignedThrough::Index);
        assert!(fact.verified && fact.signed_through == through && fact.errors.is_empty());
        assert_eq!(fact.signed_by, [0]);
        assert_eq!(facts.signatures[0].subject, facts.subject.digest);
        assert_eq!(fact.format, referee_core::facts::AttestationFormat::InToto);
    }
    let done = referee_core::facts::VerifierStatus::Done;
    assert!(facts.verifiers.values().all(|verifier| verifier.status == done));
}

#[tokio::test(flavor = "multi_thread")]
async fn attestations_of_cosigns_tags_name_their_signatures() {
    let layout = "attested-legacy";
    let stand = Stand::start(Options::default(), &[layout], Settings::default()).await;
    let facts = facts(&stand, layout).await;
    assert!(facts.complete, "{:?}", facts.unavailable);
    assert_eq!((facts.signatures.len(), facts.attestations.len()), (2, 2));
    for fact in &facts.attestations {
        assert_eq!(fact.signed_by, [fact.id]);
        // The second key may not sign here.
        assert_eq!(fact.verified, fact.id == 0, "{fact:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_referrers_tag_serves_where_there_is_no_api() {
    let layout = "signed-bundle-tag-schema";
    let options = Options { referrers_api: false, ..Options::default() };
    let stand = Stand::start(options, &[layout], Settings::default()).await;
    let facts = facts(&stand, layout).await;
    assert!(facts.complete, "{:?}", facts.unavailable);
    assert_eq!(facts.signatures.len(), 2);
    assert!(facts.referrers.iter().all(|r| r.found_by == referee_core::FoundBy::ReferrersTag));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_that_fails_is_never_an_absence() {
    let cases = [
        (Fault::Status(401, None), "denied"),
        (Fault::Status(403, None), "denied"),
        (Fault::Status(429, None), "throttled"),
        (Fault::Status(500, None), "refused"),
        (Fault::Html, "malformed"),
        (Fault::WrongBytes, "malformed"),
        (Fault::Truncate, "refused"),
    ];
    for (fault, code) in cases {
        for part in ["/referrers/", ".sig"] {
            let faults = move |path: &str, _: u64| path.contains(part).then_some(fault);
            let options = Options { referrers_api: true, faults: Box::new(faults) };
            let stand = Stand::start(options, &["unsigned"], Settings::default()).await;
            let request = Request::new(stand.reference("unsigned").parse().unwrap());
            let ruled = stand.engine.rule(&request, &policy(POLICY)).await;
            let facts = ruled.gathered.unwrap().facts();
            assert!(!facts.complete, "{fault:?} at {part}: {facts:#?}");
            assert_eq!(ruled.decision.verdict, Verdict::Deny);
            assert_eq!(
                ruled.decision.reasons[0].code.as_deref(),
                Some("undetermined"),
                "{fault:?}"
            );
            let codes: Vec<_> = facts.unavailable.iter().map(|u| u.code.as_str()).collect();
            // Bytes of the right length that are no JSON are malformed as a listing; under a tag
            // they contradict the digest that the registry announces with them, where it does.
            assert_eq!(codes, [code], "{fault:?} at {part}: {:?}", facts.unavailable);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subject_that_cannot_be_had_is_an_error_with_the_reason() {
    let cases = [
        (Fault::Status(403, None), "denied", false),
        (Fault::Status(429, None), "throttled", true),
        (Fault::Status(500, None), "server_failed", true),
        (Fault::Html, "malformed", false),
    ];
    for (fault, code, retryable) in cases {
        let faults = move |path: &str, _: u64| path.ends_with("/1.4").then_some(fault);
        let options = Options { referrers_api: true, faults: Box::new(faults) };
        let stand = Stand::start(options, &["signed-one"], Settings::default()).await;
        let request = Request::new(stand.reference("signed-one").parse().unwrap());
        let ruled = stand.engine.rule(&request, &policy(POLICY)).await;
        assert_eq!(ruled.decision.verdict, Verdict::Error, "{fault:?}");
        assert_eq!(ruled.decision.reasons[0].code.as_deref(), Some(code), "{fault:?}");
        assert_eq!(ruled.decision.retryable, retryable, "{fault:?}");
        assert!(ruled.gathered.is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_fails_is_an_error_and_never_an_allow() {
    let stand = Stand::start(Options::default(), &["signed-one"], Settings::default()).await;
    let request = Request::new(stand.reference("signed-one").parse().unwrap());
    let cases = [
        (
            "package demo\nallow := 1 if { input.complete }\nallow := 2 if { input.complete }",
            "eval_conflict_error",
        ),
        ("package demo\ndeny if { input.complete }", "policy_type"),
        (
            "package demo\ndeny contains x if { some a in numbers.range(1, 3000); some b in numbers.range(1, 3000); some c in numbers.range(1, 3000); a + b + c == 0; x := \"no\" }",
            "eval_cancel_error",
        ),
    ];
    for (text, code) in cases {
        let mut request = request.clone();
        request.deadline = Some(std::time::Duration::from_millis(600));
        let started = std::time::Instant::now();
        let ruled = stand.engine.rule(&request, &policy(text)).await;
        assert_eq!(ruled.decision.verdict, Verdict::Error, "{text}");
        let found = ruled.decision.reasons[0].code.as_deref().unwrap().to_owned();
        // The evaluator stops itself; where the machine is busy the engine may be first.
        assert!(
            found == code || (code == "eval_cancel_error" && found == "policy_timeout"),
            "{text}: {found}"
        );
        assert!(started.elapsed() < std::time::Duration::from_secs(5), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_ruling_is_never_given_to_another_question() {
    let stand = Stand::start(Options::default(), &["signed-one"], Settings::default()).await;
    let policy = policy(
        "package demo\nallow if input.request.namespace == \"prod\"\nallow if input.request.parameters.x == 1",
    );
    let mut request = Request::new(stand.reference("signed-one").parse().unwrap());
    for _ in 0..3 {
        request.namespace = Some("prod".into());
        assert_eq!(stand.engine.rule(&request, &policy).await.decision.verdict, Verdict::Allow);
        request.namespace = Some("test".into());
        assert_eq!(stand.engine.rule(&request, &policy).await.decision.verdict, Verdict::Deny);
        request.parameters = [("x".to_owned(), 1.into())].into_iter().collect();
        assert_eq!(stand.engine.rule(&request, &policy).await.decision.verdict, Verdict::Allow);
        request.parameters = [("x".to_owned(), 2.into())].into_iter().collect();
        assert_eq!(stand.engine.rule(&request, &policy).await.decision.verdict, Verdict::Deny);
        request.parameters.clear();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_looks_at_the_time_is_asked_each_time() {
    let clock = std::sync::Arc::new(referee_store::FixedClock::new(
        referee_core::Timestamp::from_unix_seconds(1_000).unwrap(),
    ));
    let stand = Stand::start(Options::default(), &["signed-one"], Settings::default()).await;
    let engine =
        referee_engine::Engine::builder(common::store(&stand.registry.host()), clock.clone())
            .trust(common::trust(&stand.registry.host()))
            .build()
            .unwrap();
    let request = Request::new(stand.reference("signed-one").parse().unwrap());
    for text in [
        "package demo\nallow if time.now_ns() < 2000 * 1000000000",
        "package demo\nallow if time.parse_rfc3339_ns(input.request.time) < 2000 * 1000000000",
        "package demo\nr := input.request\nallow if time.parse_rfc3339_ns(r.time) < 2000 * 1000000000",
        "package demo\nallow if { i := input; time.parse_rfc3339_ns(i.request.time) < 2000 * 1000000000 }",
    ] {
        let policy = policy(text);
        clock.set(referee_core::Timestamp::from_unix_seconds(1_000).unwrap());
        assert_eq!(engine.rule(&request, &policy).await.decision.verdict, Verdict::Allow, "{text}");
        clock.set(referee_core::Timestamp::from_unix_seconds(3_000).unwrap());
        assert_eq!(engine.rule(&request, &policy).await.decision.verdict, Verdict::Deny, "{text}");
    }
}
