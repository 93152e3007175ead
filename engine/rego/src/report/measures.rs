//! What OPA's `instrument` tells of an evaluation, under OPA's names.

use referee_rego_partial::{Measured, Times};
use std::collections::BTreeMap;

/// What was measured of an evaluation.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Measures {
    /// `timer_eval_op_plug_ns` and the like: how long it took together, in nanoseconds.
    pub timers: BTreeMap<String, u64>,
    /// `counter_eval_op_virtual_cache_hit` and the like.
    pub counters: BTreeMap<String, u64>,
    /// `histogram_eval_op_plug` and the like: how long it took each time.
    pub histograms: BTreeMap<String, Histogram>,
}

/// How times are distributed, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Histogram {
    /// How many there were.
    pub count: u64,
    /// The shortest.
    pub min: u64,
    /// The longest.
    pub max: u64,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation.
    pub stddev: f64,
    /// The times below which lie 50, 75, 90, 95, 99, 99.9 and 99.99 % of them.
    pub percentiles: [f64; 7],
}

/// Which percentiles there are, as parts of 1.
const PERCENTILES: [f64; 7] = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.999_9];

impl Measures {
    pub(crate) fn of(measured: &Measured) -> Self {
        let mut measures = Self::default();
        for (what, times) in &measured.timed {
            let name = what.name();
            measures.timers.insert(format!("timer_{name}_ns"), times.total);
            measures.histograms.insert(format!("histogram_{name}"), Histogram::of(times));
        }
        for (what, count) in &measured.counted {
            measures.counters.insert(format!("counter_{}", what.name()), *count);
        }
        measures
    }
}

impl Histogram {
    #[expect(clippy::cast_precision_loss, reason = "a distribution of times is told in floats")]
    fn of(times: &Times) -> Self {
        let mut samples = times.samples.clone();
        samples.sort_unstable();
        let count = samples.len().max(1) as f64;
        let mean = samples.iter().map(|it| *it as f64).sum::<f64>() / count;
        let variance = samples.iter().map(|it| (*it as f64 - mean).powi(2)).sum::<f64>() / count;
        Self {
            count: times.count,
            min: times.bounds.0,
            max: times.bounds.1,
            mean,
            stddev: variance.sqrt(),
            percentiles: PERCENTILES.map(|part| percentile(&samples, part)),
        }
    }

    /// OPA's JSON of it.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let [median, p75, p90, p95, p99, p999, p9999] = self.percentiles;
        serde_json::json!({
            "75%": p75, "90%": p90, "95%": p95, "99%": p99, "99.9%": p999, "99.99%": p9999,
            "count": self.count, "max": self.max, "mean": self.mean, "median": median,
            "min": self.min, "stddev": self.stddev,
        })
    }
}

/// The time below which a part of sorted samples lies, between two of them in proportion.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place among at most 1,028 samples, not below 0"
)]
fn percentile(samples: &[u64], part: f64) -> f64 {
    let place = part * (samples.len() as f64 + 1.0);
    let at = |index: usize| samples.get(index).map(|sample| *sample as f64);
    let below = place.floor();
    match (at((below as usize).saturating_sub(1)), at(below as usize)) {
        _ if place < 1.0 => at(0).unwrap_or(0.0),
        (Some(lower), Some(upper)) => (place - below).mul_add(upper - lower, lower),
        _ => samples.last().map_or(0.0, |last| *last as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_tells_how_times_are_distributed() {
        let times = Times { count: 4, total: 100, bounds: (10, 40), samples: vec![40, 10, 30, 20] };
        let histogram = Histogram::of(&times);
        assert_eq!((histogram.count, histogram.min, histogram.max), (4, 10, 40));
        assert!((histogram.mean - 25.0).abs() < 1e-9);
        assert!((histogram.percentiles[0] - 25.0).abs() < 1e-9);
        assert!((histogram.percentiles[6] - 40.0).abs() < 1e-9);
        assert_eq!(histogram.to_json()["count"], 4);
        assert!(Histogram::of(&Times::default()).percentiles.iter().all(|it| *it == 0.0));
    }
}
