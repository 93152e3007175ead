//! Answers that are remembered: within one query always, between queries where a cache is handed
//! in.

use super::error::Failure;
use referee_rego_value::{Object, Value};
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// An answer to be used again by later queries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedResponse {
    /// `200 OK`.
    pub status: String,
    /// `200`.
    pub status_code: u16,
    /// The header fields, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Until when it is fresh, in nanoseconds since 1970; none is never fresh, but may still be
    /// asked about again with its entity tag.
    pub expires_ns: Option<i64>,
}

/// A cache between queries. Its keys are requests as policies give them.
pub trait ResponseCache: Send + Sync {
    /// What is kept for a request.
    fn get(&self, request: &Value) -> Option<CachedResponse>;

    /// Keeps an answer.
    fn insert(&self, request: Value, response: CachedResponse);

    /// Forgets an answer.
    fn remove(&self, request: &Value);
}

/// The cache between queries that `http.send` uses, where there is one. Who runs a query hands it
/// in: `*context.cache::<InterQueryCache>() = InterQueryCache::new(cache)`.
#[derive(Clone, Default)]
pub struct InterQueryCache(Option<Arc<dyn ResponseCache>>);

impl InterQueryCache {
    /// Uses a cache.
    #[must_use]
    pub fn new(cache: Arc<dyn ResponseCache>) -> Self {
        Self(Some(cache))
    }

    pub(super) fn get(&self) -> Option<Arc<dyn ResponseCache>> {
        self.0.clone()
    }
}

impl fmt::Debug for InterQueryCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InterQueryCache").field(&self.0.is_some()).finish()
    }
}

/// A cache in memory that forgets what it has kept longest.
#[derive(Debug)]
pub struct MemoryCache {
    max_bytes: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    responses: HashMap<Value, CachedResponse>,
    order: VecDeque<Value>,
    bytes: usize,
}

impl MemoryCache {
    /// A cache of at most so many bytes of bodies and header fields.
    #[must_use]
    pub fn new(max_bytes: usize) -> Self {
        Self { max_bytes, kept: Mutex::default() }
    }
}

fn size(response: &CachedResponse) -> usize {
    let fields = response.headers.iter().map(|(name, value)| name.len() + value.len());
    response.body.len() + response.status.len() + fields.sum::<usize>()
}

impl Kept {
    fn forget(&mut self, request: &Value) {
        if let Some(response) = self.responses.remove(request) {
            self.bytes = self.bytes.saturating_sub(size(&response));
            self.order.retain(|kept| kept != request);
        }
    }
}

impl ResponseCache for MemoryCache {
    fn get(&self, request: &Value) -> Option<CachedResponse> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.responses.get(request).cloned()
    }

    fn insert(&self, request: Value, response: CachedResponse) {
        let needed = size(&response);
        if needed > self.max_bytes {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.forget(&request);
        while kept.bytes.saturating_add(needed) > self.max_bytes {
            let Some(oldest) = kept.order.front().cloned() else { break };
            kept.forget(&oldest);
        }
        kept.bytes = kept.bytes.saturating_add(needed);
        kept.order.push_back(request.clone());
        kept.responses.insert(request, response);
    }

    fn remove(&self, request: &Value) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).forget(request);
    }
}

/// What one query has asked for.
#[derive(Debug, Default)]
pub(super) struct QueryCache(pub(super) HashMap<Value, Result<Value, Failure>>);

/// The key of a request: the request without the header fields that it says to ignore.
///
/// # Errors
/// OPA's words.
pub(super) fn key(request: &Object) -> Result<Value, String> {
    let with = |headers: Option<Value>| {
        let members = request.iter().cloned().chain(headers.map(|it| (Value::from("headers"), it)));
        let ignored = (Value::from("cache_ignored_headers"), Value::Null);
        Value::Object(members.chain([ignored]).collect())
    };
    let (Some(ignored), Some(headers)) =
        (request.get_str("cache_ignored_headers"), request.get_str("headers"))
    else {
        return Ok(with(None));
    };
    let names = ignored.as_array().filter(|names| names.iter().all(|it| it.as_str().is_some()));
    let Some(names) = names else {
        return Err("cache_ignored_headers must be an array of strings".to_owned());
    };
    let Value::Object(headers) = headers else {
        return Err("invalid type for headers key".to_owned());
    };
    let kept = headers.iter().filter(|(name, _)| !names.as_slice().contains(name)).cloned();
    Ok(with(Some(Value::Object(kept.collect()))))
}
