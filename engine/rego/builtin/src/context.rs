//! What a builtin may know and use.

use crate::calls::Calls;
use crate::host::Host;
use crate::shared::SharedCaches;
use referee_rego_value::Value;
use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Why an evaluation ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cancelled {
    /// The caller cancelled it.
    Caller,
    /// Its time is over.
    Time,
    /// It took more steps than it may.
    Steps,
    /// It took more memory than it may.
    Memory,
    /// It went deeper than it may.
    Depth,
    /// Its result is larger than it may be.
    Output,
}

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Caller => "caller cancelled query execution",
            Self::Time => "context deadline exceeded",
            Self::Steps => "the evaluation took more steps than it may",
            Self::Memory => "the evaluation took more memory than it may",
            Self::Depth => "the evaluation went deeper than it may",
            Self::Output => "the result is larger than it may be",
        })
    }
}

/// How much work lies between two looks at the clock and at the cancel flag.
const STRIDE: u32 = 1_024;

/// Measures what an evaluation takes, and ends it where it takes too much.
pub struct Meter<'a> {
    /// Work left until the next look at the clock.
    until_look: u32,
    /// The same of work that was counted before it began.
    until_glance: u32,
    steps_left: u64,
    memory_left: u64,
    deadline: Duration,
    clock: &'a dyn Fn() -> Duration,
    cancel: Option<&'a AtomicBool>,
}

impl<'a> Meter<'a> {
    /// `clock` is a monotonic time since any moment; `deadline` is on that clock.
    pub fn new(
        clock: &'a dyn Fn() -> Duration,
        deadline: Duration,
        steps: u64,
        memory: u64,
        cancel: Option<&'a AtomicBool>,
    ) -> Self {
        Self {
            until_look: 0,
            until_glance: 0,
            steps_left: steps,
            memory_left: memory,
            deadline,
            clock,
            cancel,
        }
    }

    /// Counts `units` of work: one is about the cost of a comparison or of a small step.
    ///
    /// # Errors
    /// Where the work or the time is used up, or the caller cancelled.
    #[inline]
    pub fn work(&mut self, units: u32) -> Result<(), Cancelled> {
        match self.until_look.checked_sub(units) {
            Some(left) => {
                self.until_look = left;
                Ok(())
            }
            None => self.look(units),
        }
    }

    #[cold]
    fn look(&mut self, units: u32) -> Result<(), Cancelled> {
        self.until_look = STRIDE;
        let spent = u64::from(STRIDE.max(units));
        self.steps_left = self.steps_left.checked_sub(spent).ok_or(Cancelled::Steps)?;
        self.glance()
    }

    /// Tells of `units` of work that have been counted already, at once and before they began: a
    /// pass over a long text or a large collection. It only looks at the clock and at the cancel
    /// flag, as often as [`Meter::work`] does.
    ///
    /// # Errors
    /// Where the time is over, or the caller cancelled.
    #[inline]
    pub fn passed(&mut self, units: u32) -> Result<(), Cancelled> {
        match self.until_glance.checked_sub(units) {
            Some(left) => {
                self.until_glance = left;
                Ok(())
            }
            None => {
                self.until_glance = STRIDE;
                self.glance()
            }
        }
    }

    #[cold]
    fn glance(&self) -> Result<(), Cancelled> {
        if self.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed)) {
            return Err(Cancelled::Caller);
        }
        if (self.clock)() >= self.deadline {
            return Err(Cancelled::Time);
        }
        Ok(())
    }

    /// Looks at the clock and at the cancel flag at once: before and after what is waited for.
    ///
    /// # Errors
    /// Where the time is over, or the caller cancelled.
    pub fn check(&self) -> Result<(), Cancelled> {
        self.glance()
    }

    /// How many bytes may still be taken.
    #[must_use]
    pub fn memory_left(&self) -> u64 {
        self.memory_left
    }

    /// Counts `bytes` that are about to be taken. What is given back is not counted.
    ///
    /// # Errors
    /// Where the memory is used up.
    #[inline]
    pub fn reserve(&mut self, bytes: usize) -> Result<(), Cancelled> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.memory_left = self.memory_left.checked_sub(bytes).ok_or(Cancelled::Memory)?;
        Ok(())
    }
}

impl fmt::Debug for Meter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter")
            .field("steps_left", &self.steps_left)
            .field("memory_left", &self.memory_left)
            .finish_non_exhaustive()
    }
}

/// What a builtin may know and use: one for each query.
pub struct Context<'a> {
    /// What the evaluation has taken.
    pub meter: Meter<'a>,
    /// What `time.now_ns` answers: nanoseconds since 1970.
    pub now_ns: i64,
    /// What whatever is random is derived from.
    pub seed: u64,
    /// The world outside.
    pub host: &'a dyn Host,
    /// Whether a builtin error ends the evaluation. (`http.send` and others never ask.)
    pub strict: bool,
    /// What `opa.runtime` answers.
    pub runtime: &'a Value,
    /// Caches that outlive the query, where who evaluates keeps some.
    pub shared: Option<&'a SharedCaches>,
    /// Where calls are noted whose answers may differ, where somebody wants them.
    pub calls: Option<&'a Calls>,
    caches: HashMap<TypeId, Box<dyn Any>>,
    own: SharedCaches,
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("meter", &self.meter).finish_non_exhaustive()
    }
}

impl<'a> Context<'a> {
    /// A context for one query.
    pub fn new(
        meter: Meter<'a>,
        now_ns: i64,
        seed: u64,
        host: &'a dyn Host,
        runtime: &'a Value,
    ) -> Self {
        Self {
            meter,
            now_ns,
            seed,
            host,
            strict: false,
            runtime,
            shared: None,
            calls: None,
            caches: HashMap::new(),
            own: SharedCaches::default(),
        }
    }

    /// As [`Meter::work`].
    ///
    /// # Errors
    /// As [`Meter::work`].
    #[inline]
    pub fn work(&mut self, units: u32) -> Result<(), Cancelled> {
        self.meter.work(units)
    }

    /// As [`Meter::passed`].
    ///
    /// # Errors
    /// As [`Meter::passed`].
    #[inline]
    pub fn passed(&mut self, units: u32) -> Result<(), Cancelled> {
        self.meter.passed(units)
    }

    /// As [`Meter::reserve`].
    ///
    /// # Errors
    /// As [`Meter::reserve`].
    #[inline]
    pub fn reserve(&mut self, bytes: usize) -> Result<(), Cancelled> {
        self.meter.reserve(bytes)
    }

    /// A cache of a family of builtins, for the length of one query: compiled patterns, random
    /// numbers already given, answers already fetched.
    pub fn cache<T: Default + 'static>(&mut self) -> &mut T {
        let cache = self.caches.entry(TypeId::of::<T>()).or_insert_with(|| Box::<T>::default());
        // The entry of a type holds a value of that type; a fresh one otherwise never happens.
        if !cache.is::<T>() {
            *cache = Box::<T>::default();
        }
        match cache.downcast_mut::<T>() {
            Some(cache) => cache,
            // Never reached, by the line above; a leak of an empty cache is better than a panic.
            None => Box::leak(Box::<T>::default()),
        }
    }

    /// A cache that outlives the query, where [`Context::shared`] is set, and otherwise one for
    /// its length: only for what is the same in every query.
    pub fn shared_cache<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        self.shared.unwrap_or(&self.own).get()
    }
}
