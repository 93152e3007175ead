//! The cache: what it remembers, what it must not, and who waits for whom.

use async_trait::async_trait;
use bytes::Bytes;
use referee_core::{Digest, FoundBy, Repository, Selector};
use referee_store::{
    CacheConfig, Cached, Fetched, Listing, MemoryStore, Place, Router, Store, StoreError,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Answers when the gate is opened, counts, and fails or panics where told.
#[derive(Debug)]
struct Gated {
    gate: Semaphore,
    asked: AtomicUsize,
    failing: AtomicBool,
    panicking: AtomicBool,
    cut: AtomicBool,
}

impl Gated {
    fn new(open: usize) -> Arc<Self> {
        Arc::new(Self {
            gate: Semaphore::new(open),
            asked: AtomicUsize::new(0),
            failing: AtomicBool::new(false),
            panicking: AtomicBool::new(false),
            cut: AtomicBool::new(false),
        })
    }

    async fn pass(&self) -> Result<(), Arc<StoreError>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.gate.acquire().await.unwrap().forget();
        assert!(!self.panicking.load(Ordering::SeqCst), "on purpose");
        if self.failing.load(Ordering::SeqCst) {
            return Err(Arc::new(StoreError::Server { target: "t".into(), status: 500 }));
        }
        Ok(())
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Store for Gated {
    async fn manifest(
        &self,
        _: &Place,
        selector: Option<&Selector>,
    ) -> Result<Fetched, Arc<StoreError>> {
        self.pass().await?;
        if matches!(selector, Some(Selector::Tag(tag)) if &**tag == "missing") {
            return Err(Arc::new(StoreError::NotFound { target: "missing".into() }));
        }
        let bytes = Bytes::from_static(b"{}");
        Ok(Fetched { digest: Digest::sha256(&bytes), bytes, media_type: String::new() })
    }

    async fn blob(
        &self,
        _: &Place,
        _: &Digest,
        size: u64,
        _: u64,
    ) -> Result<Bytes, Arc<StoreError>> {
        self.pass().await?;
        Ok(vec![0; usize::try_from(size).unwrap()].into())
    }

    async fn referrers(&self, _: &Place, _: &Digest) -> Result<Listing, Arc<StoreError>> {
        self.pass().await?;
        let cut = self.cut.load(Ordering::SeqCst);
        let incomplete =
            cut.then(|| Arc::new(StoreError::Throttled { target: "t".into(), retry_after: None }));
        Ok(Listing { descriptors: vec![], found_by: FoundBy::ReferrersApi, incomplete })
    }
}

fn place() -> Place {
    Place::Registry(Repository::new("registry.example", "team/app").unwrap())
}

fn other_place() -> Place {
    Place::Registry(Repository::new("registry.example", "team/other").unwrap())
}

fn digest() -> Digest {
    Digest::sha256(b"x")
}

fn tag(tag: &str) -> Option<Selector> {
    Some(Selector::Tag(tag.into()))
}

fn cached(store: &Arc<Gated>) -> Cached<Arc<Gated>> {
    Cached::new(Arc::clone(store), &CacheConfig::default())
}

const OPEN: usize = 1_000;

#[tokio::test]
async fn content_is_fetched_once_for_each_place() {
    let store = Gated::new(OPEN);
    let cache = cached(&store);
    for _ in 0..3 {
        cache.blob(&place(), &digest(), 5, 10).await.unwrap();
    }
    assert_eq!(store.asked(), 1);
    cache.blob(&other_place(), &digest(), 5, 10).await.unwrap();
    assert_eq!(store.asked(), 2);
    let stats = cache.stats();
    assert_eq!((stats.hits, stats.misses, stats.joined), (2, 2, 0));
    // A blob at hand does not pass a limit or a size that it does not fit.
    cache.blob(&place(), &digest(), 5, 4).await.unwrap();
    cache.blob(&place(), &digest(), 6, 10).await.unwrap();
    assert_eq!(store.asked(), 4);
    cache.clear();
    cache.blob(&place(), &digest(), 6, 10).await.unwrap();
    assert_eq!(store.asked(), 5);
}

#[tokio::test]
async fn a_manifest_fetched_by_tag_is_at_hand_by_digest() {
    let store = Gated::new(OPEN);
    let cache = cached(&store);
    let fetched = cache.manifest(&place(), tag("1").as_ref()).await.unwrap();
    cache.manifest(&place(), Some(&Selector::Digest(fetched.digest))).await.unwrap();
    assert_eq!(store.asked(), 1);
}

#[tokio::test]
async fn tags_listings_and_missing_tags_are_remembered_for_a_while_only() {
    let store = Gated::new(OPEN);
    let mut config = CacheConfig::default();
    config.recent_ms = 300;
    let cache = Cached::new(Arc::clone(&store), &config);
    for _ in 0..2 {
        cache.manifest(&place(), tag("1").as_ref()).await.unwrap();
        cache.referrers(&place(), &digest()).await.unwrap();
        let missing = cache.manifest(&place(), tag("missing").as_ref()).await.unwrap_err();
        assert!(matches!(*missing, StoreError::NotFound { .. }));
    }
    assert_eq!(store.asked(), 3);
    tokio::time::sleep(Duration::from_millis(400)).await;
    cache.manifest(&place(), tag("1").as_ref()).await.unwrap();
    cache.referrers(&place(), &digest()).await.unwrap();
    cache.manifest(&place(), tag("missing").as_ref()).await.unwrap_err();
    assert_eq!(store.asked(), 6);
    config.recent_ms = 0;
    let forgetful = Cached::new(Arc::clone(&store), &config);
    forgetful.referrers(&place(), &digest()).await.unwrap();
    forgetful.referrers(&place(), &digest()).await.unwrap();
    assert_eq!(store.asked(), 8);
}

#[tokio::test]
async fn failures_and_cut_listings_are_not_remembered() {
    let store = Gated::new(OPEN);
    let cache = cached(&store);
    store.failing.store(true, Ordering::SeqCst);
    let error = cache.blob(&place(), &digest(), 5, 10).await.unwrap_err();
    assert!(matches!(*error, StoreError::Server { status: 500, .. }));
    cache.manifest(&place(), tag("1").as_ref()).await.unwrap_err();
    cache.referrers(&place(), &digest()).await.unwrap_err();
    store.failing.store(false, Ordering::SeqCst);
    store.cut.store(true, Ordering::SeqCst);
    cache.blob(&place(), &digest(), 5, 10).await.unwrap();
    cache.manifest(&place(), tag("1").as_ref()).await.unwrap();
    assert!(cache.referrers(&place(), &digest()).await.unwrap().incomplete.is_some());
    store.cut.store(false, Ordering::SeqCst);
    assert!(cache.referrers(&place(), &digest()).await.unwrap().incomplete.is_none());
    assert_eq!(store.asked(), 7);
}

#[tokio::test]
async fn one_caller_gives_up_and_the_other_gets_the_answer() {
    let store = Gated::new(0);
    let cache = cached(&store);
    let (impatient, patient) = (cache.clone(), cache.clone());
    let first = tokio::spawn(async move {
        timeout(Duration::from_millis(20), impatient.blob(&place(), &digest(), 5, 10)).await
    });
    let second = tokio::spawn(async move { patient.blob(&place(), &digest(), 5, 10).await });
    assert!(first.await.unwrap().is_err(), "the first gives up");
    store.gate.add_permits(1);
    let answer = timeout(Duration::from_secs(5), second).await.unwrap().unwrap();
    assert_eq!(answer.unwrap().len(), 5);
    assert_eq!(store.asked(), 1);
    assert_eq!((cache.stats().misses, cache.stats().joined), (1, 1));
}

#[tokio::test]
async fn work_that_nobody_waits_for_any_more_still_fills_the_cache() {
    let store = Gated::new(0);
    let cache = cached(&store);
    timeout(Duration::from_millis(20), cache.blob(&place(), &digest(), 5, 10)).await.unwrap_err();
    store.gate.add_permits(1);
    for _ in 0..500 {
        cache.settle();
        if cache.stats().content_entries == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    timeout(Duration::from_secs(5), cache.blob(&place(), &digest(), 5, 10)).await.unwrap().unwrap();
    assert_eq!(store.asked(), 1);
    assert_eq!(cache.stats().hits, 1);
}

#[tokio::test]
async fn a_failure_is_given_to_all_who_wait_and_the_next_asks_anew() {
    let store = Gated::new(0);
    store.failing.store(true, Ordering::SeqCst);
    let cache = cached(&store);
    let waiting: Vec<_> = (0..5)
        .map(|_| {
            let cache = cache.clone();
            tokio::spawn(async move { cache.referrers(&place(), &digest()).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(30)).await;
    store.gate.add_permits(1);
    for waiter in waiting {
        let error = timeout(Duration::from_secs(5), waiter).await.unwrap().unwrap().unwrap_err();
        assert!(matches!(*error, StoreError::Server { status: 500, .. }));
    }
    assert_eq!(store.asked(), 1);
    assert_eq!((cache.stats().misses, cache.stats().joined), (1, 4));
    store.failing.store(false, Ordering::SeqCst);
    store.gate.add_permits(1);
    cache.referrers(&place(), &digest()).await.unwrap();
}

#[tokio::test]
async fn a_panic_in_the_store_is_an_error_and_not_a_hang() {
    let store = Gated::new(OPEN);
    store.panicking.store(true, Ordering::SeqCst);
    let cache = cached(&store);
    let asked = timeout(Duration::from_secs(5), cache.referrers(&place(), &digest())).await;
    let error = asked.unwrap().unwrap_err();
    assert!(matches!(*error, StoreError::Internal { .. }), "{error:?}");
}

#[tokio::test]
async fn the_cache_stays_within_its_bytes() {
    let store = Gated::new(OPEN);
    let mut config = CacheConfig::default();
    config.content_bytes = 100_000;
    let cache = Cached::new(Arc::clone(&store), &config);
    for number in 0..200u32 {
        let digest = Digest::sha256(&number.to_be_bytes());
        cache.blob(&place(), &digest, 5_000, 10_000).await.unwrap();
    }
    cache.settle();
    let stats = cache.stats();
    assert!(stats.content_bytes <= 100_000, "{stats:?}");
    assert!(stats.content_entries >= 5, "{stats:?}");
    let huge = Digest::sha256(b"huge");
    cache.blob(&place(), &huge, 200_000, 200_000).await.unwrap();
    cache.settle();
    assert!(cache.stats().content_bytes <= 100_000, "{:?}", cache.stats());
}

#[tokio::test]
async fn what_a_folder_may_change_is_asked_each_time() {
    let store = Gated::new(OPEN);
    let cache = cached(&store);
    let layout = Place::Layout("layout".into());
    for _ in 0..2 {
        cache.manifest(&layout, tag("1").as_ref()).await.unwrap();
        cache.manifest(&layout, None).await.unwrap();
        cache.referrers(&layout, &digest()).await.unwrap();
        cache.blob(&layout, &digest(), 5, 10).await.unwrap();
    }
    assert_eq!(store.asked(), 7, "only the blob was at hand");
}

#[tokio::test]
async fn a_router_serves_what_it_was_given_and_nothing_else() {
    let memory = Arc::new(MemoryStore::new());
    let blob = memory.push_blob(&place(), "hello");
    let router = Router::new().with_registry(memory);
    assert_eq!(router.blob(&place(), &blob, 5, 5).await.unwrap(), "hello");
    let error = router.blob(&Place::Layout("/etc".into()), &blob, 5, 5).await.unwrap_err();
    assert!(matches!(*error, StoreError::Unserved { .. }), "{error:?}");
}
