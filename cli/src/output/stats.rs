//! Statistics over repeated measurements, as OPA gives them (`v1/metrics`).

use super::doc::Doc;
use super::rego::go_duration;
use std::time::Duration;

/// Measurements of one thing, in nanoseconds.
#[derive(Clone, Debug)]
pub(crate) struct Stats {
    sorted: Vec<u64>,
}

/// The columns of a table, as OPA chooses them.
pub(crate) const COLUMNS: [&str; 5] = ["min", "max", "mean", "90%", "99%"];

impl Stats {
    /// The statistics over measurements.
    pub(crate) fn new(mut measured: Vec<u64>) -> Self {
        measured.sort_unstable();
        Self { sorted: measured }
    }

    fn exact(number: u64) -> f64 {
        // Durations of up to three months are told exactly.
        let (high, low) = (number >> 32, number & 0xffff_ffff);
        let part = |part: u64| f64::from(u32::try_from(part).unwrap_or(u32::MAX));
        part(high) * 4_294_967_296.0 + part(low)
    }

    fn count(&self) -> f64 {
        f64::from(u32::try_from(self.sorted.len()).unwrap_or(u32::MAX))
    }

    fn mean(&self) -> f64 {
        let sum: f64 = self.sorted.iter().map(|one| Self::exact(*one)).sum();
        if self.sorted.is_empty() { 0.0 } else { sum / self.count() }
    }

    fn deviation(&self) -> f64 {
        let mean = self.mean();
        let squares: f64 = self.sorted.iter().map(|one| (Self::exact(*one) - mean).powi(2)).sum();
        if self.sorted.is_empty() { 0.0 } else { (squares / self.count()).sqrt() }
    }

    /// A percentile, between two measurements in proportion.
    fn percentile(&self, percent: f64) -> f64 {
        let position = percent * (self.count() + 1.0);
        let (Some(first), Some(last)) = (self.sorted.first(), self.sorted.last()) else {
            return 0.0;
        };
        if position < 1.0 {
            return Self::exact(*first);
        }
        if position >= self.count() {
            return Self::exact(*last);
        }
        let below = self.sorted.iter().zip(self.sorted.iter().skip(1));
        let mut index = 1.0;
        for (lower, upper) in below {
            if position < index + 1.0 {
                let (lower, upper) = (Self::exact(*lower), Self::exact(*upper));
                return lower + (position - index) * (upper - lower);
            }
            index += 1.0;
        }
        Self::exact(*last)
    }

    /// The document of them.
    pub(crate) fn doc(&self) -> Doc {
        let percentile = |percent: f64| Some(Doc::float(self.percentile(percent)));
        Doc::members([
            ("75%", percentile(0.75)),
            ("90%", percentile(0.9)),
            ("95%", percentile(0.95)),
            ("99%", percentile(0.99)),
            ("99.9%", percentile(0.999)),
            ("99.99%", percentile(0.9999)),
            ("count", Some(Doc::count(self.sorted.len()))),
            ("max", Some(Doc::number(self.sorted.last().copied().unwrap_or(0)))),
            ("mean", Some(Doc::float(self.mean()))),
            ("median", percentile(0.5)),
            ("min", Some(Doc::number(self.sorted.first().copied().unwrap_or(0)))),
            ("stddev", Some(Doc::float(self.deviation()))),
        ])
    }

    /// The cells of a table: numbers, or durations.
    pub(crate) fn cells(&self, durations: bool) -> Vec<String> {
        let whole = |number: Option<&u64>| {
            let number = number.copied().unwrap_or(0);
            if durations { go_duration(Duration::from_nanos(number)) } else { number.to_string() }
        };
        let float = |number: f64| {
            if durations {
                go_duration(Duration::from_secs_f64(number.trunc() / 1e9))
            } else {
                go_float(number)
            }
        };
        vec![
            whole(self.sorted.first()),
            whole(self.sorted.last()),
            float(self.mean()),
            float(self.percentile(0.9)),
            float(self.percentile(0.99)),
        ]
    }
}

/// A number as Go's `%v` writes it: with an exponent from a million on.
fn go_float(number: f64) -> String {
    if number.abs() < 1e6 {
        return number.to_string();
    }
    let text = format!("{number:e}");
    match text.split_once('e') {
        Some((digits, exponent)) => format!("{digits}e+{exponent:0>2}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_and_forms_are_opas() {
        let stats = Stats::new(vec![5_718, 16_004, 6_680]);
        let cells = stats.cells(false);
        assert_eq!(cells, ["5718", "16004", "9467.333333333334", "16004", "16004"]);
        let cells = Stats::new(vec![36_624, 12_478, 14_600]).cells(true);
        assert_eq!(cells, ["12.478µs", "36.624µs", "21.234µs", "36.624µs", "36.624µs"]);
        assert_eq!(go_float(1_175_184.0), "1.175184e+06");
    }
}
