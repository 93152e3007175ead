//! What OPA's `instrument` tells of an evaluation: how often, and how long each time, it did what
//! an evaluation is made of (`v1/topdown/instrumentation.go`).

use crate::term::Term;
use referee_rego_value::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How many times of one kind are kept to tell their distribution: OPA's number.
const SAMPLES: usize = 1_028;

/// What is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timed {
    /// Putting in what variables stand for.
    Plug,
    /// Looking up a document.
    Resolve,
    /// Looking up the definitions of a rule.
    RuleIndex,
    /// Calling a builtin.
    BuiltinCall,
    /// Putting aside that two terms are equal.
    SaveUnify,
    /// Looking whether a term is unknown.
    SaveSetContains,
    /// Looking whether something in a term is.
    SaveSetContainsRec,
    /// Taking variables that only pass something on out of a body.
    CopyPropagation,
}

impl Timed {
    /// OPA's name of it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plug => "eval_op_plug",
            Self::Resolve => "eval_op_resolve",
            Self::RuleIndex => "eval_op_rule_index",
            Self::BuiltinCall => "eval_op_builtin_call",
            Self::SaveUnify => "partial_op_save_unify",
            Self::SaveSetContains => "partial_op_save_set_contains",
            Self::SaveSetContainsRec => "partial_op_save_set_contains_rec",
            Self::CopyPropagation => "partial_op_copy_propagation",
        }
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counted {
    /// The value of a rule was known.
    VirtualCacheHit,
    /// It was not.
    VirtualCacheMiss,
    /// A base document had been looked up before.
    BaseCacheHit,
    /// It had not.
    BaseCacheMiss,
    /// A comprehension is evaluated each time.
    ComprehensionCacheSkip,
    /// One was evaluated.
    ComprehensionCacheMiss,
}

impl Counted {
    /// OPA's name of it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::VirtualCacheHit => "eval_op_virtual_cache_hit",
            Self::VirtualCacheMiss => "eval_op_virtual_cache_miss",
            Self::BaseCacheHit => "eval_op_base_cache_hit",
            Self::BaseCacheMiss => "eval_op_base_cache_miss",
            Self::ComprehensionCacheSkip => "eval_op_comprehension_cache_skip",
            Self::ComprehensionCacheMiss => "eval_op_comprehension_cache_miss",
        }
    }
}

/// How long something took each time.
#[derive(Clone, Debug, Default)]
pub struct Times {
    /// How often it was done.
    pub count: u64,
    /// How long it took together, in nanoseconds.
    pub total: u64,
    /// The shortest and the longest time, in nanoseconds.
    pub bounds: (u64, u64),
    /// Some of the times, in nanoseconds: all as long as there are no more than 1,028.
    pub samples: Vec<u64>,
}

impl Times {
    fn note(&mut self, nanoseconds: u64) {
        self.bounds = match self.count {
            0 => (nanoseconds, nanoseconds),
            _ => (self.bounds.0.min(nanoseconds), self.bounds.1.max(nanoseconds)),
        };
        self.count = self.count.saturating_add(1);
        self.total = self.total.saturating_add(nanoseconds);
        if self.samples.len() < SAMPLES {
            self.samples.push(nanoseconds);
            return;
        }
        // Later times take the places of earlier ones, far apart from one another.
        let at = self.count.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let at = usize::try_from(at).unwrap_or(0) % SAMPLES;
        if let Some(place) = self.samples.get_mut(at) {
            *place = nanoseconds;
        }
    }
}

/// What was measured.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// What was timed.
    pub timed: BTreeMap<Timed, Times>,
    /// What was counted.
    pub counted: BTreeMap<Counted, u64>,
}

/// Measures.
pub(crate) struct Instruments<'c> {
    clock: &'c dyn Fn() -> Duration,
    measured: RefCell<Measured>,
    /// The base documents that were looked up.
    base: RefCell<BTreeSet<Vec<Value>>>,
}

impl<'c> Instruments<'c> {
    /// `clock` is a monotonic time since any moment.
    pub(crate) fn new(clock: &'c dyn Fn() -> Duration) -> Self {
        Self { clock, measured: RefCell::default(), base: RefCell::default() }
    }

    /// What was measured.
    pub(crate) fn finish(self) -> Measured {
        self.measured.into_inner()
    }

    /// The time before what is timed.
    pub(crate) fn start(&self) -> Duration {
        (self.clock)()
    }

    /// What is timed is done.
    pub(crate) fn stop(&self, what: Timed, started: Duration) {
        let took = (self.clock)().saturating_sub(started).as_nanos();
        let took = u64::try_from(took).unwrap_or(u64::MAX);
        self.measured.borrow_mut().timed.entry(what).or_default().note(took);
    }

    /// One more.
    pub(crate) fn count(&self, what: Counted) {
        let mut measured = self.measured.borrow_mut();
        let count = measured.counted.entry(what).or_default();
        *count = count.saturating_add(1);
    }

    /// A base document is looked up; whether it is there.
    pub(crate) fn base(&self, parts: &[Term], there: bool) {
        let path: Option<Vec<Value>> =
            parts.iter().skip(1).map(|part| part.value().cloned()).collect();
        let Some(path) = path else { return self.count(Counted::BaseCacheMiss) };
        let mut known = self.base.borrow_mut();
        let above = |length: usize| path.get(..length).is_some_and(|above| known.contains(above));
        if there && (0..=path.len()).any(above) {
            return self.count(Counted::BaseCacheHit);
        }
        self.count(Counted::BaseCacheMiss);
        if there && known.len() < SAMPLES {
            known.insert(path);
        }
    }
}
