//! OPA's `metrics`: how long the parts of an answer took, and what was counted.

use crate::query::Query;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// What is told of an answer's parts; nothing is kept where nobody asks.
#[derive(Debug, Default)]
pub(crate) struct Timers(Option<BTreeMap<&'static str, u64>>);

/// OPA's names.
pub(crate) const INPUT_PARSE: &str = "timer_rego_input_parse_ns";
pub(crate) const QUERY_COMPILE: &str = "timer_rego_query_compile_ns";
pub(crate) const QUERY_EVAL: &str = "timer_rego_query_eval_ns";
/// What a document takes that comes from outside. Nothing does; OPA tells it wherever base documents
/// are looked at.
pub(crate) const EXTERNAL_RESOLVE: &str = "timer_rego_external_resolve_ns";
pub(crate) const MODULE_PARSE: &str = "timer_rego_module_parse_ns";
pub(crate) const MODULE_COMPILE: &str = "timer_rego_module_compile_ns";
pub(crate) const READ_BYTES: &str = "timer_server_read_bytes_ns";
pub(crate) const HANDLER: &str = "timer_server_handler_ns";
pub(crate) const CACHE_HIT: &str = "counter_server_query_cache_hit";

impl Timers {
    /// Kept where `wanted`.
    pub(crate) fn new(wanted: bool) -> Self {
        Self(wanted.then(BTreeMap::new))
    }

    /// Kept where the answer is to have them.
    pub(crate) fn asked(query: &Query) -> Self {
        Self::new(wanted(query))
    }

    /// Whether they are kept.
    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn note(&mut self, name: &'static str, elapsed: Duration) {
        if let Some(kept) = &mut self.0 {
            kept.insert(name, u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX));
        }
    }

    pub(crate) fn since(&mut self, name: &'static str, started: Instant) {
        if self.is_on() {
            self.note(name, started.elapsed());
        }
    }

    pub(crate) fn count(&mut self, name: &'static str, count: u64) {
        if let Some(kept) = &mut self.0 {
            kept.insert(name, count);
        }
    }

    /// All of them.
    pub(crate) fn all(&self) -> Option<&BTreeMap<&'static str, u64>> {
        self.0.as_ref()
    }
}

/// Whether an answer is to have them. What OPA's `instrument` tells besides is of its evaluator.
pub(crate) fn wanted(query: &Query) -> bool {
    query.flag("metrics") || query.flag("instrument")
}
