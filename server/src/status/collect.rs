//! What `/metrics` tells of bundles, plugins and the decision log, under OPA's names.
//!
//! OPA's counters of bundles have names that do not end in `_total`; so that they are found under
//! the same names they are told as gauges here. What each is about is said in OPA's words.

use crate::metrics::Counting;
use crate::plugin_state::Plugins;
use crate::plugins::bundle::BundleStatus;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use referee_core::Timestamp;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The clocks of a bundle that OPA tells.
const STAGES: [&str; 5] = [
    "timer_bundle_request_ns",
    "timer_rego_data_parse_ns",
    "timer_rego_module_parse_ns",
    "timer_rego_module_compile_ns",
    "timer_rego_load_bundles_ns",
];

/// The most different failures that are told apart: their texts come from outside.
const MAX_FAILURES: usize = 1_000;

/// The most characters of such a text.
const MAX_TEXT: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StageLabels {
    name: String,
    stage: &'static str,
}

/// Makes the histogram of one bundle and stage.
#[derive(Clone, Debug)]
struct Buckets(Arc<Vec<f64>>);

impl prometheus_client::metrics::family::MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(self.0.iter().copied())
    }
}

/// What is counted of bundles.
#[derive(Debug)]
pub(super) struct Counted {
    plugins: Arc<Plugins>,
    bundles: Mutex<Bundles>,
    durations: Family<StageLabels, Histogram, Buckets>,
}

#[derive(Debug, Default)]
struct Bundles {
    last: BTreeMap<String, BundleStatus>,
    loaded: BTreeMap<String, u64>,
    failed: BTreeMap<(String, String, String), u64>,
}

impl Counted {
    pub(super) fn new(plugins: Arc<Plugins>, buckets: Vec<f64>) -> Self {
        let buckets = Buckets(Arc::new(buckets));
        let durations = Family::new_with_constructor(buckets);
        Self { plugins, bundles: Mutex::default(), durations }
    }

    /// Counts one round of bundles. One that was not asked for yet has neither loaded nor failed.
    pub(super) fn note(&self, statuses: &BTreeMap<String, BundleStatus>) {
        let mut bundles = self.bundles.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, status) in statuses {
            if status.code.is_empty() && status.last_successful_activation.is_some() {
                *bundles.loaded.entry(name.clone()).or_default() += 1;
            } else if !status.code.is_empty() || status.last_request.is_some() {
                let text = |text: &str| text.chars().take(MAX_TEXT).collect::<String>();
                let key = (name.clone(), text(status.code), text(&status.message));
                if bundles.failed.len() < MAX_FAILURES || bundles.failed.contains_key(&key) {
                    *bundles.failed.entry(key).or_default() += 1;
                }
            }
            for stage in STAGES {
                if let Some(nanoseconds) = status.metrics.get(stage) {
                    let labels = StageLabels { name: name.clone(), stage };
                    self.durations.get_or_create(&labels).observe(float(*nanoseconds));
                }
            }
        }
        bundles.last.clone_from(statuses);
    }
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus knows floats only")]
fn float(number: u64) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus knows floats only")]
fn nanoseconds(time: Option<Timestamp>) -> f64 {
    time.map_or(0.0, |time| time.unix_nanoseconds() as f64)
}

/// A time of a bundle.
type TimeOf = fn(&BundleStatus) -> Option<Timestamp>;

/// One line: labels and a value.
type Line<'a> = (Vec<(&'static str, &'a str)>, f64);

/// What is told of [`Counted`].
#[derive(Debug)]
pub(super) struct Told(pub(super) Arc<Counted>);

impl Counting for Told {
    fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let version = vec![(vec![("version", env!("CARGO_PKG_VERSION"))], 1.0)];
        gauges(encoder, "opa_info", "Information about the OPA environment.", version)?;
        let plugins = self.0.plugins.all();
        let lines = plugins.iter().map(|(name, status)| {
            (vec![("name", name.as_str()), ("status", status.state.as_str())], 1.0)
        });
        gauges(encoder, "plugin_status_gauge", "Gauge for the plugin by status.", lines.collect())?;
        let bundles = self.0.bundles.lock().unwrap_or_else(PoisonError::into_inner);
        let loaded = bundles.loaded.iter();
        let loaded = loaded.map(|(name, count)| (vec![("name", name.as_str())], float(*count)));
        gauges(
            encoder,
            "bundle_loaded_counter",
            "Counter for the bundle loaded.",
            loaded.collect(),
        )?;
        let failed = bundles.failed.iter().map(|((name, code, message), count)| {
            (vec![("name", name.as_str()), ("code", code), ("message", message)], float(*count))
        });
        let help = "Counter for the failed bundle load.";
        gauges(encoder, "bundle_failed_load_counter", help, failed.collect())?;
        let last: [(&str, &str, TimeOf); 4] = [
            ("last_bundle_request", "Gauge for the last bundle request.", |bundle| {
                bundle.last_request
            }),
            (
                "last_success_bundle_activation",
                "Gauge for the last success bundle activation.",
                |bundle| bundle.last_successful_activation,
            ),
            (
                "last_success_bundle_download",
                "Gauge for the last success bundle download.",
                |bundle| bundle.last_successful_download,
            ),
            (
                "last_success_bundle_request",
                "Gauge for the last success bundle request.",
                |bundle| bundle.last_successful_request,
            ),
        ];
        for (metric, help, time) in last {
            let lines = bundles.last.iter().map(|(name, bundle)| {
                let mut labels = vec![("name", name.as_str())];
                if metric == "last_success_bundle_activation" {
                    labels.push(("active_revision", &bundle.active_revision));
                }
                (labels, nanoseconds(time(bundle)))
            });
            gauges(encoder, metric, help, lines.collect())?;
        }
        let (name, help) =
            ("bundle_loading_duration_ns", "Histogram for the bundle loading duration by stage.");
        let descriptor = encoder.encode_descriptor(name, help, None, MetricType::Histogram)?;
        self.0.durations.encode(descriptor)
    }
}

fn gauges(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    lines: Vec<Line<'_>>,
) -> Result<(), fmt::Error> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for (labels, value) in lines {
        ConstGauge::new(value).encode(metric.encode_family(&labels)?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_that_was_not_asked_for_yet_has_not_failed() {
        let counted = Counted::new(Arc::default(), Vec::new());
        let at: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        let told = |status: BundleStatus| counted.note(&[("b".to_owned(), status)].into());
        told(BundleStatus::default());
        assert!(counted.bundles.lock().unwrap().failed.is_empty());
        told(BundleStatus { last_request: Some(at), ..BundleStatus::default() });
        told(BundleStatus { code: "bundle_error", ..BundleStatus::default() });
        told(BundleStatus { last_successful_activation: Some(at), ..BundleStatus::default() });
        let bundles = counted.bundles.lock().unwrap();
        assert_eq!(bundles.failed.values().collect::<Vec<_>>(), [&1, &1]);
        assert_eq!(bundles.loaded["b"], 1);
    }
}
