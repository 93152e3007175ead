//! A store that remembers what another store answered.
//!
//! Content by digest is kept as long as there is room: it cannot change. What a tag points at and
//! what refers to a digest is kept for seconds, and only where the answer is whole: a listing
//! that broke off and every failure are given to those who wait and then forgotten. The one
//! negative answer kept is that a tag does not exist, for the same seconds.
//!
//! The folder of a layout may change between two questions, so its tags and listings are asked
//! for each time.

use crate::config::CacheConfig;
use crate::error::StoreError;
use crate::files::length;
use crate::flight::Flight;
use crate::source::{Fetched, Listing, Place, Store};
use async_trait::async_trait;
use bytes::Bytes;
use moka::sync::Cache;
use referee_core::{Digest, Selector};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What an entry takes besides its bytes: key, digest and the cache's own bookkeeping, measured
/// generously so that many small entries cannot pass the limit unseen.
const ENTRY_OVERHEAD: u64 = 512;

/// The longest that a tag or a listing is remembered, whatever is configured.
const MAX_RECENT: Duration = Duration::from_secs(24 * 3600);

/// A store with a cache before it, and each question under way at most once.
///
/// The work behind an answer goes on when the caller stops waiting, within the limits of the
/// store that does it, and what it brings is kept for the next.
pub struct Cached<S> {
    shared: Arc<Shared<S>>,
}

impl<S> Clone for Cached<S> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<S: fmt::Debug> fmt::Debug for Cached<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached")
            .field("store", &self.shared.store)
            .field("stats", &self.stats())
            .finish()
    }
}

struct Shared<S> {
    store: S,
    content: Cache<ContentKey, Content>,
    recent: Cache<Question, Recent>,
    remember: bool,
    flight: Flight<Question, Result<Answer, Arc<StoreError>>>,
    counters: Counters,
}

/// Content is kept per place: what one repository may show says nothing about another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum ContentKey {
    Manifest(Place, Digest),
    Blob(Place, Digest),
}

#[derive(Clone, Debug)]
enum Content {
    Manifest(Fetched),
    Blob(Bytes),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Question {
    Manifest(Place, Option<Selector>),
    Blob(Place, Digest, u64, u64),
    Referrers(Place, Digest),
}

#[derive(Clone, Debug)]
enum Recent {
    Answer(Answer),
    NotFound(Arc<StoreError>),
}

#[derive(Clone, Debug)]
enum Answer {
    Manifest(Fetched),
    Blob(Bytes),
    Referrers(Listing),
}

#[derive(Debug, Default)]
struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
    joined: AtomicU64,
}

/// What a cache did so far, and what it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheStats {
    /// Questions answered from memory.
    pub hits: u64,
    /// Questions that went to the store.
    pub misses: u64,
    /// Questions that joined one under way.
    pub joined: u64,
    /// Manifests and blobs held.
    pub content_entries: u64,
    /// Their bytes, with the cache's own.
    pub content_bytes: u64,
    /// Tags and listings held.
    pub recent_entries: u64,
}

impl<S: Store + 'static> Cached<S> {
    /// A cache before a store.
    #[must_use]
    pub fn new(store: S, config: &CacheConfig) -> Self {
        let content = Cache::builder()
            .max_capacity(config.content_bytes)
            .weigher(|_, content: &Content| {
                weight(match content {
                    Content::Manifest(fetched) => length(&fetched.bytes),
                    Content::Blob(bytes) => length(bytes),
                })
            })
            .build();
        let recent = Cache::builder()
            .max_capacity(config.recent_bytes)
            .time_to_live(Duration::from_millis(config.recent_ms).min(MAX_RECENT))
            .weigher(|_, recent: &Recent| {
                weight(match recent {
                    Recent::Answer(Answer::Manifest(fetched)) => length(&fetched.bytes),
                    Recent::Answer(Answer::Blob(bytes)) => length(bytes),
                    Recent::Answer(Answer::Referrers(listing)) => listing_weight(listing),
                    Recent::NotFound(_) => 0,
                })
            })
            .build();
        Self {
            shared: Arc::new(Shared {
                store,
                content,
                recent,
                remember: config.recent_ms > 0,
                flight: Flight::default(),
                counters: Counters::default(),
            }),
        }
    }
}

impl<S> Cached<S> {
    /// The store behind the cache.
    #[must_use]
    pub fn inner(&self) -> &S {
        &self.shared.store
    }

    /// What the cache did so far.
    #[must_use]
    pub fn stats(&self) -> CacheStats {
        let Shared { content, recent, counters, .. } = &*self.shared;
        CacheStats {
            hits: counters.hits.load(Ordering::Relaxed),
            misses: counters.misses.load(Ordering::Relaxed),
            joined: counters.joined.load(Ordering::Relaxed),
            content_entries: content.entry_count(),
            content_bytes: content.weighted_size(),
            recent_entries: recent.entry_count(),
        }
    }

    /// Forgets everything. Work under way still lands here.
    pub fn clear(&self) {
        self.shared.content.invalidate_all();
        self.shared.recent.invalidate_all();
    }

    /// Carries out what the cache has put off (evictions), so that [`Cached::stats`] is exact.
    pub fn settle(&self) {
        self.shared.content.run_pending_tasks();
        self.shared.recent.run_pending_tasks();
    }
}

impl<S: Store + 'static> Cached<S> {
    async fn ask(&self, question: Question) -> Result<Answer, Arc<StoreError>> {
        if let Some(answer) = self.shared.remembered(&question) {
            self.shared.counters.hits.fetch_add(1, Ordering::Relaxed);
            return answer;
        }
        let (shared, work) = (Arc::clone(&self.shared), question.clone());
        let (landing, joined) = self.shared.flight.join(question.clone(), move || async move {
            let answer = shared.fetch(&work).await;
            shared.remember(&work, &answer);
            answer
        });
        let counters = &self.shared.counters;
        let counter = if joined { &counters.joined } else { &counters.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        landing
            .await
            .unwrap_or_else(|| Err(Arc::new(StoreError::Internal { target: question.to_string() })))
    }
}

impl<S: Store> Shared<S> {
    async fn fetch(&self, question: &Question) -> Result<Answer, Arc<StoreError>> {
        match question {
            Question::Manifest(place, selector) => {
                self.store.manifest(place, selector.as_ref()).await.map(Answer::Manifest)
            }
            Question::Blob(place, digest, size, limit) => {
                self.store.blob(place, digest, *size, *limit).await.map(Answer::Blob)
            }
            Question::Referrers(place, digest) => {
                self.store.referrers(place, digest).await.map(Answer::Referrers)
            }
        }
    }
}

impl<S> Shared<S> {
    fn remembered(&self, question: &Question) -> Option<Result<Answer, Arc<StoreError>>> {
        match question {
            Question::Manifest(place, Some(Selector::Digest(digest))) => {
                let key = ContentKey::Manifest(place.clone(), digest.clone());
                match self.content.get(&key)? {
                    Content::Manifest(fetched) => Some(Ok(Answer::Manifest(fetched))),
                    Content::Blob(_) => None,
                }
            }
            Question::Blob(place, digest, size, limit) => {
                let key = ContentKey::Blob(place.clone(), digest.clone());
                match self.content.get(&key)? {
                    // Another size or a smaller limit is the store's to refuse.
                    Content::Blob(bytes) if length(&bytes) == *size && size <= limit => {
                        Some(Ok(Answer::Blob(bytes)))
                    }
                    _ => None,
                }
            }
            Question::Manifest(_, _) | Question::Referrers(_, _) => {
                self.recent.get(question).map(|recent| match recent {
                    Recent::Answer(answer) => Ok(answer),
                    Recent::NotFound(error) => Err(error),
                })
            }
        }
    }

    fn remember(&self, question: &Question, answer: &Result<Answer, Arc<StoreError>>) {
        match (question, answer) {
            (Question::Manifest(place, selector), Ok(Answer::Manifest(fetched))) => {
                let key = ContentKey::Manifest(place.clone(), fetched.digest.clone());
                // By its digest only what was asked for by digest may replace what is there: a
                // media type that came with a tag is a tag's word.
                if matches!(selector, Some(Selector::Digest(_))) || !self.content.contains_key(&key)
                {
                    self.content.insert(key, Content::Manifest(fetched.clone()));
                }
                if matches!(selector, Some(Selector::Tag(_))) && self.remembers(place) {
                    let answer = Recent::Answer(Answer::Manifest(fetched.clone()));
                    self.recent.insert(question.clone(), answer);
                }
            }
            (Question::Manifest(place, Some(Selector::Tag(_))), Err(error))
                if matches!(**error, StoreError::NotFound { .. }) && self.remembers(place) =>
            {
                self.recent.insert(question.clone(), Recent::NotFound(Arc::clone(error)));
            }
            (Question::Blob(place, digest, _, _), Ok(Answer::Blob(bytes))) => {
                let key = ContentKey::Blob(place.clone(), digest.clone());
                self.content.insert(key, Content::Blob(bytes.clone()));
            }
            (Question::Referrers(place, _), Ok(answer @ Answer::Referrers(listing)))
                if listing.incomplete.is_none() && self.remembers(place) =>
            {
                self.recent.insert(question.clone(), Recent::Answer(answer.clone()));
            }
            _ => {}
        }
    }

    fn remembers(&self, place: &Place) -> bool {
        self.remember && matches!(place, Place::Registry(_))
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manifest(place, Some(selector)) => write!(f, "{place} {selector}"),
            Self::Manifest(place, None) => place.fmt(f),
            Self::Blob(place, digest, _, _) => write!(f, "{place} {digest}"),
            Self::Referrers(place, digest) => write!(f, "{place} referrers of {digest}"),
        }
    }
}

fn weight(bytes: u64) -> u32 {
    u32::try_from(bytes.saturating_add(ENTRY_OVERHEAD)).unwrap_or(u32::MAX)
}

fn listing_weight(listing: &Listing) -> u64 {
    listing
        .descriptors
        .iter()
        .map(|descriptor| {
            let texts = descriptor.annotations.iter().map(|(k, v)| k.len() + v.len() + 64);
            let own = descriptor.media_type.len()
                + descriptor.artifact_type.as_ref().map_or(0, String::len);
            u64::try_from(texts.sum::<usize>() + own).unwrap_or(u64::MAX)
        })
        .fold(0, |sum: u64, own| sum.saturating_add(own).saturating_add(ENTRY_OVERHEAD))
}

#[async_trait]
impl<S: Store + 'static> Store for Cached<S> {
    async fn manifest(
        &self,
        place: &Place,
        selector: Option<&Selector>,
    ) -> Result<Fetched, Arc<StoreError>> {
        let question = Question::Manifest(place.clone(), selector.cloned());
        match self.ask(question).await? {
            Answer::Manifest(fetched) => Ok(fetched),
            _ => Err(Arc::new(StoreError::Internal { target: place.to_string() })),
        }
    }

    async fn blob(
        &self,
        place: &Place,
        digest: &Digest,
        size: u64,
        limit: u64,
    ) -> Result<Bytes, Arc<StoreError>> {
        let question = Question::Blob(place.clone(), digest.clone(), size, limit);
        match self.ask(question).await? {
            Answer::Blob(bytes) => Ok(bytes),
            _ => Err(Arc::new(StoreError::Internal { target: place.to_string() })),
        }
    }

    async fn referrers(&self, place: &Place, digest: &Digest) -> Result<Listing, Arc<StoreError>> {
        let question = Question::Referrers(place.clone(), digest.clone());
        match self.ask(question).await? {
            Answer::Referrers(listing) => Ok(listing),
            _ => Err(Arc::new(StoreError::Internal { target: place.to_string() })),
        }
    }
}
