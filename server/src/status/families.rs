//! Metrics as status tells them: families in the JSON form of Prometheus' protocol buffers, made
//! from the text that `/metrics` answers.
//!
//! 64-bit integers are strings there (ProtoJSON); numbers without a finite value are left out.

use serde_json::{Map, Value, json};

/// The families by their names. What is no metric is passed over: the text is our own.
pub(super) fn of(text: &str) -> Map<String, Value> {
    let mut families = Map::new();
    let mut family = Family::default();
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            family.end(&mut families);
            let (name, help) = help.split_once(' ').unwrap_or((help, ""));
            family.name = name.to_owned();
            family.help = help.to_owned();
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap_or((kind, ""));
            if family.name != name {
                family.end(&mut families);
                family.name = name.to_owned();
            }
            family.kind = kind.to_ascii_uppercase();
        } else if !line.starts_with('#') {
            family.sample(line);
        }
    }
    family.end(&mut families);
    families
}

#[derive(Default)]
struct Family {
    name: String,
    help: String,
    kind: String,
    metrics: Vec<Metric>,
}

struct Metric {
    labels: Vec<(String, String)>,
    /// Of a counter or gauge.
    value: Option<Value>,
    count: Option<String>,
    sum: Option<Value>,
    buckets: Vec<Value>,
}

impl Family {
    fn end(&mut self, families: &mut Map<String, Value>) {
        let Self { name, help, kind, metrics } = std::mem::take(self);
        if metrics.is_empty() {
            return;
        }
        let metrics: Vec<Value> = metrics.into_iter().map(|metric| metric.told(&kind)).collect();
        // OpenMetrics has a kind for what says which version runs; Prometheus a gauge.
        let kind = if matches!(&*kind, "COUNTER" | "HISTOGRAM") { kind } else { "GAUGE".into() };
        let family = json!({"name": name, "help": help, "type": kind, "metric": metrics});
        families.insert(name, family);
    }

    fn sample(&mut self, line: &str) {
        let Some((series, value)) = line.rsplit_once(' ') else { return };
        let (name, labels) = match series.split_once('{') {
            Some((name, labels)) => (name, parsed(labels)),
            None => (series, Vec::new()),
        };
        let Some(part) = name.strip_prefix(self.name.as_str()) else { return };
        let mut labels = labels;
        let bound = labels.iter().position(|(name, _)| name == "le").map(|at| labels.remove(at).1);
        let place = self.metrics.iter().rposition(|metric| metric.labels == labels);
        let metric = match place.and_then(|place| self.metrics.get_mut(place)) {
            Some(metric) => metric,
            None => {
                self.metrics.push(Metric::new(labels));
                let Some(last) = self.metrics.last_mut() else { return };
                last
            }
        };
        match part {
            "_count" => metric.count = Some(value.to_owned()),
            "_sum" => metric.sum = number(value),
            "_bucket" => {
                // The last one, without a bound, is the count.
                if let Some(bound) = bound.as_deref().and_then(number) {
                    let bucket = json!({"cumulativeCount": value, "upperBound": bound});
                    metric.buckets.push(bucket);
                }
            }
            _ => metric.value = number(value),
        }
    }
}

impl Metric {
    fn new(labels: Vec<(String, String)>) -> Self {
        Self { labels, value: None, count: None, sum: None, buckets: Vec::new() }
    }

    fn told(self, kind: &str) -> Value {
        let mut told = Map::new();
        if !self.labels.is_empty() {
            let labels = self.labels.iter();
            let labels = labels.map(|(name, value)| json!({"name": name, "value": value}));
            told.insert("label".to_owned(), labels.collect());
        }
        let (name, value) = match kind {
            "HISTOGRAM" => (
                "histogram",
                json!({"sampleCount": self.count, "sampleSum": self.sum, "bucket": self.buckets}),
            ),
            "COUNTER" => ("counter", json!({"value": self.value})),
            _ => ("gauge", json!({"value": self.value})),
        };
        told.insert(name.to_owned(), value);
        Value::Object(told)
    }
}

fn number(text: &str) -> Option<Value> {
    // As it is written where JSON can: 5 stays 5.
    let written = serde_json::from_str::<serde_json::Number>(text).ok();
    let parsed = || text.parse().ok().and_then(serde_json::Number::from_f64);
    written.or_else(parsed).map(Value::Number)
}

/// `name="value",…}` with the escapes of the exposition format.
fn parsed(text: &str) -> Vec<(String, String)> {
    let mut labels = Vec::new();
    let mut rest = text.strip_suffix('}').unwrap_or(text);
    while let Some((name, after)) = rest.split_once("=\"") {
        let mut value = String::new();
        let mut characters = after.char_indices();
        let mut end = after.len();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    end = at + 1;
                    break;
                }
                '\\' => match characters.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, escaped)) => value.push(escaped),
                    None => break,
                },
                other => value.push(other),
            }
        }
        labels.push((name.trim_start_matches(',').to_owned(), value));
        rest = after.get(end..).unwrap_or_default();
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_have_the_form_of_protocol_buffers_in_json() {
        let text = r#"# HELP http_seconds How long.
# TYPE http_seconds histogram
http_seconds_sum{code="200"} 0.5
http_seconds_count{code="200"} 3
http_seconds_bucket{le="0.1",code="200"} 2
http_seconds_bucket{le="+Inf",code="200"} 3
# HELP shed Turned away.
# TYPE shed counter
shed_total 7
# HELP build What runs.
# TYPE build info
build_info{version="1 \"x\"",at="a,b\\\n"} 1
# HELP in_flight Now.
# TYPE in_flight gauge
in_flight 1.5
# EOF
"#;
        let expected = json!({
            "http_seconds": {"name": "http_seconds", "help": "How long.", "type": "HISTOGRAM", "metric": [{
                "label": [{"name": "code", "value": "200"}],
                "histogram": {"sampleCount": "3", "sampleSum": 0.5, "bucket": [{"cumulativeCount": "2", "upperBound": 0.1}]},
            }]},
            "shed": {"name": "shed", "help": "Turned away.", "type": "COUNTER", "metric": [{"counter": {"value": 7}}]},
            "build": {"name": "build", "help": "What runs.", "type": "GAUGE", "metric": [{
                "label": [{"name": "version", "value": "1 \"x\""}, {"name": "at", "value": "a,b\\\n"}],
                "gauge": {"value": 1},
            }]},
            "in_flight": {"name": "in_flight", "help": "Now.", "type": "GAUGE", "metric": [{"gauge": {"value": 1.5}}]},
        });
        assert_eq!(Value::Object(of(text)), expected);
    }
}
