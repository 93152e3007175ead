//! What is counted, under names that OPA's users know where OPA counts the same.
//!
//! No label is taken from a request: what a caller can choose, a caller can make without end.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use referee_core::Verdict;
use referee_store::CacheStats;
use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Semaphore;

/// OPA's buckets, in seconds.
const OPA_SECONDS: [f64; 10] = [1e-6, 5e-6, 1e-5, 5e-5, 1e-4, 5e-4, 1e-3, 0.01, 0.1, 1.0];

/// Those of decisions, in seconds: one may wait for a registry.
const SECONDS: [f64; 10] = [1e-4, 5e-4, 1e-3, 0.01, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0];

/// Where the counters of the store's cache are read.
type CacheSource = Box<dyn Fn() -> CacheStats + Send + Sync>;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    code: u16,
    handler: &'static str,
    method: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DecisionLabels {
    verdict: &'static str,
    policy: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PolicyLabels {
    policy: String,
}

/// All that is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Histogram, RequestSeconds>,
    request_seconds: RequestSeconds,
    decisions: Family<DecisionLabels, Counter>,
    durations: Family<PolicyLabels, Histogram, fn() -> Histogram>,
    pub(crate) shed: Counter,
    cache: Arc<OnceLock<Cache>>,
    others: Arc<RwLock<Vec<Box<dyn Counting>>>>,
}

/// What is counted of one policy, at hand without a look-up.
#[derive(Clone, Debug)]
pub(crate) struct PolicyMeters {
    allow: Counter,
    deny: Counter,
    error: Counter,
    duration: Histogram,
}

impl PolicyMeters {
    pub(crate) fn ruled(&self, verdict: Verdict, elapsed: Duration) {
        let counter = match verdict {
            Verdict::Allow => &self.allow,
            Verdict::Deny => &self.deny,
            Verdict::Error => &self.error,
        };
        counter.inc();
        self.duration.observe(elapsed.as_secs_f64());
    }
}

/// The bounds of the histogram of requests, in seconds; OPA's where none were set.
#[derive(Clone, Debug, Default)]
struct RequestSeconds(Arc<OnceLock<Vec<f64>>>);

impl MetricConstructor<Histogram> for RequestSeconds {
    fn new_metric(&self) -> Histogram {
        let set = self.0.get().map_or(&OPA_SECONDS[..], Vec::as_slice);
        Histogram::new(set.iter().copied())
    }
}

fn of_decisions() -> Histogram {
    Histogram::new(SECONDS)
}

impl Metrics {
    /// Counters at zero, for a server with so much room for work.
    pub(crate) fn new(room: Arc<Semaphore>, capacity: usize) -> Self {
        let mut registry = Registry::default();
        let request_seconds = RequestSeconds::default();
        let requests = Family::new_with_constructor(request_seconds.clone());
        let decisions = Family::default();
        let durations: Family<_, _, fn() -> Histogram> = Family::new_with_constructor(of_decisions);
        let shed = Counter::default();
        let cache = Arc::default();
        let others = Arc::default();
        registry.register(
            "http_request_duration_seconds",
            "A histogram of duration for requests",
            requests.clone(),
        );
        registry.register("referee_decisions", "Decisions by verdict", decisions.clone());
        registry.register(
            "referee_decision_duration_seconds",
            "How long decisions took, from reference to verdict",
            durations.clone(),
        );
        registry.register(
            "referee_http_requests_shed",
            "Requests turned away because there was too much to do",
            shed.clone(),
        );
        let version = vec![("version", env!("CARGO_PKG_VERSION"))];
        registry.register("referee_build", "What is running", Info::new(version));
        // Clients of OPA look for this one to see whether they have metrics before them.
        let go = ConstGauge::new(0_i64);
        registry.register("go_info", "Information about the Go environment: there is none", go);
        registry.register_collector(Box::new(Live { room, capacity, cache: Arc::clone(&cache) }));
        registry.register_collector(Box::new(Others(Arc::clone(&others))));
        Self { registry, requests, request_seconds, decisions, durations, shed, cache, others }
    }

    /// The meters of a policy; from now on they stand in the text, if only with zeros.
    pub(crate) fn policy(&self, name: &str) -> PolicyMeters {
        let counter = |verdict: Verdict| {
            let policy = name.to_owned();
            let labels = DecisionLabels { verdict: verdict.as_str(), policy };
            self.decisions.get_or_create_owned(&labels)
        };
        PolicyMeters {
            allow: counter(Verdict::Allow),
            deny: counter(Verdict::Deny),
            error: counter(Verdict::Error),
            duration: self.durations.get_or_create_owned(&PolicyLabels { policy: name.to_owned() }),
        }
    }

    /// Has the counters of a cache read with the others. The first source stays.
    pub(crate) fn read_cache(&self, source: impl Fn() -> CacheStats + Send + Sync + 'static) {
        if self.cache.set(Cache(Box::new(source))).is_err() {
            tracing::warn!("the cache of this server has its counters already");
        }
    }

    /// Has requests counted by other bounds, in seconds, from the first one on. The first ones that
    /// are set stay.
    pub(crate) fn set_request_seconds(&self, bounds: &[f64]) {
        if self.request_seconds.0.set(bounds.to_vec()).is_err() {
            tracing::warn!("the bounds of http_request_duration_seconds are set already");
        }
    }

    /// Has what others count told with the rest.
    pub(crate) fn collect_also(&self, other: Box<dyn Counting>) {
        self.others.write().unwrap_or_else(PoisonError::into_inner).push(other);
    }

    /// A request was answered.
    pub(crate) fn answered(
        &self,
        handler: &'static str,
        method: &'static str,
        code: u16,
        elapsed: Duration,
    ) {
        let labels = RequestLabels { code, handler, method };
        self.requests.get_or_create(&labels).observe(elapsed.as_secs_f64());
    }

    /// The text in OpenMetrics form.
    pub(crate) fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::with_capacity(16 * 1024);
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Something that counts for itself.
pub(crate) trait Counting: Send + Sync + fmt::Debug {
    /// Writes what it counted.
    fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error>;
}

/// What is told by parts of the server that are there only where they are configured.
#[derive(Debug)]
struct Others(Arc<RwLock<Vec<Box<dyn Counting>>>>);

impl Collector for Others {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for other in &*self.0.read().unwrap_or_else(PoisonError::into_inner) {
            other.encode(&mut encoder)?;
        }
        Ok(())
    }
}

struct Cache(CacheSource);

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cache")
    }
}

/// What is read when it is asked for, not counted along.
#[derive(Debug)]
struct Live {
    room: Arc<Semaphore>,
    capacity: usize,
    cache: Arc<OnceLock<Cache>>,
}

impl Collector for Live {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let under_way = self.capacity.saturating_sub(self.room.available_permits());
        gauge(&mut encoder, "referee_http_in_flight", "Work under way", under_way)?;
        let Some(Cache(source)) = self.cache.get() else { return Ok(()) };
        let stats = source();
        for (name, help, count) in [
            ("referee_store_cache_hits", "Questions answered from memory", stats.hits),
            ("referee_store_cache_misses", "Questions that went to the store", stats.misses),
            ("referee_store_cache_joined", "Questions that joined one under way", stats.joined),
        ] {
            let counter = ConstCounter::new(count);
            let kind = prometheus_client::metrics::MetricType::Counter;
            counter.encode(encoder.encode_descriptor(name, help, None, kind)?)?;
        }
        let bytes = usize::try_from(stats.content_bytes).unwrap_or(usize::MAX);
        gauge(&mut encoder, "referee_store_cache_content_bytes", "Content held", bytes)
    }
}

fn gauge(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    value: usize,
) -> Result<(), fmt::Error> {
    let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
    let kind = prometheus_client::metrics::MetricType::Gauge;
    gauge.encode(encoder.encode_descriptor(name, help, None, kind)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_opas_bounds_or_those_that_are_set() {
        let text = |bounds: Option<&[f64]>| {
            let metrics = Metrics::new(Arc::new(Semaphore::new(1)), 1);
            if let Some(bounds) = bounds {
                metrics.set_request_seconds(bounds);
                metrics.set_request_seconds(&[7.0]);
            }
            metrics.answered("v1/data", "get", 200, Duration::ZERO);
            metrics.text().unwrap()
        };
        let bucket = |bound: &str| format!("seconds_bucket{{le=\"{bound}\",code=\"200\"");
        let (plain, set) = (text(None), text(Some(&[0.25, 5.0])));
        assert!(plain.contains(&bucket("0.001")) && plain.contains(&bucket("1.0")), "{plain}");
        assert!(!plain.contains(&bucket("3.0")), "{plain}");
        assert!(set.contains(&bucket("0.25")) && set.contains(&bucket("5.0")), "{set}");
        assert!(!set.contains(&bucket("7.0")) && !set.contains(&bucket("0.001")), "{set}");
    }
}
