//! OPA's `metrics`: how long the parts of an answer took, and what was counted.

use crate::query::Query;
use referee_rego::Measures;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// What is told of an answer's parts; nothing is kept where nobody asks.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    kept: Option<BTreeMap<&'static str, u64>>,
    /// What `instrument` tells besides.
    measures: Measures,
}

/// OPA's names.
pub(crate) const INPUT_PARSE: &str = "timer_rego_input_parse_ns";
pub(crate) const QUERY_COMPILE: &str = "timer_rego_query_compile_ns";
pub(crate) const QUERY_EVAL: &str = "timer_rego_query_eval_ns";
pub(crate) const MODULE_PARSE: &str = "timer_rego_module_parse_ns";
pub(crate) const MODULE_COMPILE: &str = "timer_rego_module_compile_ns";
pub(crate) const READ_BYTES: &str = "timer_server_read_bytes_ns";
pub(crate) const HANDLER: &str = "timer_server_handler_ns";
pub(crate) const EXTERNAL_RESOLVE: &str = "timer_rego_external_resolve_ns";
pub(crate) const CACHE_HIT: &str = "counter_server_query_cache_hit";

impl Timers {
    /// Kept where `wanted`.
    pub(crate) fn new(wanted: bool) -> Self {
        Self { kept: wanted.then(BTreeMap::new), measures: Measures::default() }
    }

    /// Kept where the answer is to have them.
    pub(crate) fn asked(query: &Query) -> Self {
        Self::new(wanted(query))
    }

    /// Whether they are kept.
    pub(crate) fn is_on(&self) -> bool {
        self.kept.is_some()
    }

    pub(crate) fn note(&mut self, name: &'static str, elapsed: Duration) {
        if let Some(kept) = &mut self.kept {
            kept.insert(name, u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX));
        }
    }

    pub(crate) fn since(&mut self, name: &'static str, started: Instant) {
        if self.is_on() {
            self.note(name, started.elapsed());
        }
    }

    pub(crate) fn count(&mut self, name: &'static str, count: u64) {
        if let Some(kept) = &mut self.kept {
            kept.insert(name, count);
        }
    }

    /// Where a base document was looked up OPA tells how long others were asked for it first: there
    /// are none here.
    pub(crate) fn read_base(&mut self, read: bool) {
        if read {
            self.note(EXTERNAL_RESOLVE, Duration::ZERO);
        }
    }

    /// What was measured of the evaluation.
    pub(crate) fn measured(&mut self, measures: Measures) {
        self.measures = measures;
    }

    /// Those that are counted and timed for each answer.
    pub(crate) fn all(&self) -> Option<&BTreeMap<&'static str, u64>> {
        self.kept.as_ref()
    }

    /// What was measured of the evaluation.
    pub(crate) fn measures(&self) -> &Measures {
        &self.measures
    }

    /// All of them, as an answer tells them.
    pub(crate) fn told(&self) -> Option<BTreeMap<&str, serde_json::Value>> {
        self.kept.as_ref().map(|kept| together(kept, &self.measures))
    }
}

/// What was counted, timed and measured, by name.
pub(crate) fn together<'a>(
    kept: &'a BTreeMap<&'static str, u64>,
    measures: &'a Measures,
) -> BTreeMap<&'a str, serde_json::Value> {
    let kept = kept.iter().map(|(name, value)| (*name, (*value).into()));
    let numbers = measures.timers.iter().chain(&measures.counters);
    let numbers = numbers.map(|(name, value)| (name.as_str(), (*value).into()));
    let histograms = measures.histograms.iter();
    let histograms = histograms.map(|(name, value)| (name.as_str(), value.to_json()));
    kept.chain(numbers).chain(histograms).collect()
}

/// Whether an answer is to have them.
pub(crate) fn wanted(query: &Query) -> bool {
    query.flag("metrics") || query.flag("instrument")
}

/// Whether what the evaluation did is to be measured.
pub(crate) fn instrumented(query: &Query) -> bool {
    query.flag("instrument")
}
