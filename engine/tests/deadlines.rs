//! What happens when time runs out: the answer comes, the work goes on.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod common;

use async_trait::async_trait;
use bytes::Bytes;
use common::{POLICY, policy};
use referee_core::facts::VerifierStatus;
use referee_core::{Digest, Selector, Timestamp, UnavailableCode, Verdict};
use referee_engine::{Engine, Request, Settings};
use referee_store::clock::Clock;
use referee_store::{Fetched, Listing, Place, Store, StoreError};
use referee_testkit::{Options, Registry};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Semaphore;

/// A store that lets a question through only when it is told to.
#[derive(Debug)]
struct Gate {
    store: Arc<dyn Store>,
    blobs: Semaphore,
    listings: Semaphore,
    asked: AtomicU64,
}

#[async_trait]
impl Store for Gate {
    async fn manifest(
        &self,
        place: &Place,
        selector: Option<&Selector>,
    ) -> Result<Fetched, Arc<StoreError>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.store.manifest(place, selector).await
    }

    async fn blob(
        &self,
        place: &Place,
        digest: &Digest,
        size: u64,
        limit: u64,
    ) -> Result<Bytes, Arc<StoreError>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let _pass = self.blobs.acquire().await.unwrap();
        self.store.blob(place, digest, size, limit).await
    }

    async fn referrers(&self, place: &Place, digest: &Digest) -> Result<Listing, Arc<StoreError>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let _pass = self.listings.acquire().await.unwrap();
        self.store.referrers(place, digest).await
    }
}

struct Stand {
    _registry: Registry,
    gate: Arc<Gate>,
    engine: Engine,
    reference: String,
}

async fn stand(blobs: usize, listings: usize) -> Stand {
    stand_with(blobs, listings, Settings::default()).await
}

async fn stand_with(blobs: usize, listings: usize, settings: Settings) -> Stand {
    let registry = Registry::start(Options::default()).await;
    registry.mount("team/signed-one", &referee_testkit::layouts().join("signed-one"));
    let gate = Arc::new(Gate {
        store: common::store(&registry.host()),
        blobs: Semaphore::new(blobs),
        listings: Semaphore::new(listings),
        asked: AtomicU64::new(0),
    });
    let engine = common::engine(gate.clone(), common::trust(&registry.host()), settings);
    let reference = format!("{}/team/signed-one:1.4", registry.host());
    Stand { _registry: registry, gate, engine, reference }
}

fn request(stand: &Stand, deadline: u64) -> Request {
    let mut request = Request::new(stand.reference.parse().unwrap());
    request.deadline = Some(Duration::from_millis(deadline));
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_deadline_the_answer_says_what_was_missing() {
    let stand = stand(0, 10).await;
    let ruled = stand.engine.rule(&request(&stand, 300), &policy(POLICY)).await;
    let facts = ruled.gathered.unwrap().facts();
    assert_eq!(ruled.decision.verdict, Verdict::Deny);
    assert_eq!(ruled.decision.reasons[0].code.as_deref(), Some("undetermined"));
    assert!(ruled.decision.retryable);
    assert!(!facts.complete);
    assert_eq!(facts.referrers.len(), 1, "what was found by then is told");
    assert_eq!(facts.unavailable.len(), 1, "{:?}", facts.unavailable);
    assert_eq!(facts.unavailable[0].code, UnavailableCode::Timeout);
    assert_eq!(facts.verifiers["cosign"].status, VerifierStatus::Failed);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_work_goes_on_and_serves_the_retry() {
    let stand = stand(0, 10).await;
    let first = stand.engine.rule(&request(&stand, 200), &policy(POLICY)).await;
    assert_eq!(first.decision.verdict, Verdict::Deny);
    let asked = stand.gate.asked.load(Ordering::SeqCst);
    stand.gate.blobs.add_permits(10);
    let second = stand.engine.rule(&request(&stand, 5_000), &policy(POLICY)).await;
    assert_eq!(second.decision.verdict, Verdict::Allow, "{:?}", second.decision.reasons);
    assert_eq!(stand.gate.asked.load(Ordering::SeqCst), asked, "nothing was asked a second time");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_callers_impatience_fails_nobody_else() {
    let stand = Arc::new(stand(0, 10).await);
    let patient = {
        let stand = stand.clone();
        tokio::spawn(
            async move { stand.engine.rule(&request(&stand, 10_000), &policy(POLICY)).await },
        )
    };
    let impatient = stand.engine.rule(&request(&stand, 150), &policy(POLICY)).await;
    assert_eq!(impatient.decision.verdict, Verdict::Deny);
    stand.gate.blobs.add_permits(10);
    let patient = patient.await.unwrap();
    assert_eq!(patient.decision.verdict, Verdict::Allow, "{:?}", patient.decision.reasons);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_callers_at_once_cost_one_gathering() {
    let stand = Arc::new(stand(10, 0).await);
    let callers: Vec<_> = (0..100)
        .map(|_| {
            let stand = stand.clone();
            tokio::spawn(async move {
                stand.engine.rule(&request(&stand, 10_000), &policy(POLICY)).await
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    stand.gate.listings.add_permits(10);
    for caller in callers {
        assert_eq!(caller.await.unwrap().decision.verdict, Verdict::Allow);
    }
    // Manifest, referrers, three tags, one blob.
    assert_eq!(stand.gate.asked.load(Ordering::SeqCst), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_before_the_subject_is_resolved_is_a_retryable_error() {
    let faults = |_: &str, _: u64| Some(referee_testkit::Fault::Hang);
    let options = Options { referrers_api: true, faults: Box::new(faults) };
    let stand = common::Stand::start(options, &["signed-one"], Settings::default()).await;
    let mut request = Request::new(stand.reference("signed-one").parse().unwrap());
    request.deadline = Some(Duration::from_millis(150));
    let ruled = stand.engine.rule(&request, &policy(POLICY)).await;
    assert_eq!(ruled.decision.verdict, Verdict::Error);
    assert_eq!(ruled.decision.reasons[0].code.as_deref(), Some("timeout"));
    assert!(ruled.decision.retryable);
}

#[tokio::test(flavor = "multi_thread")]
async fn gatherings_whose_callers_have_gone_are_bounded_too() {
    let mut settings = Settings::default();
    settings.max_gatherings = 1;
    let stand = stand_with(0, 10, settings).await;
    let first = stand.engine.rule(&request(&stand, 150), &policy(POLICY)).await;
    assert_eq!(first.decision.verdict, Verdict::Deny, "it goes on: the blob is held back");
    let mut other = request(&stand, 5_000);
    other.source = stand.reference.replace(":1.4", ":other").parse().unwrap();
    let refused = stand.engine.rule(&other, &policy(POLICY)).await.decision;
    assert_eq!(refused.verdict, Verdict::Error);
    assert_eq!(refused.reasons[0].code.as_deref(), Some("overloaded"));
    assert!(refused.retryable);
    stand.gate.blobs.add_permits(10);
    let same = stand.engine.rule(&request(&stand, 5_000), &policy(POLICY)).await;
    assert_eq!(same.decision.verdict, Verdict::Allow, "what is under way is still joined");
}

/// A clock that is set by hand.
#[derive(Debug)]
struct Hand(Mutex<Timestamp>);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_joins_a_gathering_is_not_told_of_a_key_that_expired_since_it_began() {
    let moment = |text: &str| text.parse::<Timestamp>().unwrap();
    let Stand { _registry, gate, reference, .. } = stand(0, 10).await;
    let clock = Arc::new(Hand(Mutex::new(moment("2026-01-01T00:00:00Z"))));
    let trust = common::trust_until(&_registry.host(), Some(moment("2026-01-01T00:00:05Z")));
    let engine = Engine::builder(gate.clone(), clock.clone()).trust(trust).build().unwrap();
    let stand = Arc::new(Stand { _registry, gate, engine, reference });
    let ask = |stand: &Arc<Stand>| {
        let stand = stand.clone();
        tokio::spawn(
            async move { stand.engine.rule(&request(&stand, 10_000), &policy(POLICY)).await },
        )
    };
    let before = ask(&stand);
    tokio::time::sleep(Duration::from_millis(100)).await;
    *clock.0.lock().unwrap() = moment("2026-01-01T00:00:06Z");
    let after = ask(&stand);
    tokio::time::sleep(Duration::from_millis(100)).await;
    stand.gate.blobs.add_permits(10);
    assert_eq!(before.await.unwrap().decision.verdict, Verdict::Allow);
    assert_eq!(after.await.unwrap().decision.verdict, Verdict::Deny);
}
