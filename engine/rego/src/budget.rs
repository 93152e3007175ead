//! What one evaluation may take, and what it is told about the world.

use referee_core::Timestamp;
use std::time::Duration;

/// What one evaluation may take, and what it is told about the world.
///
/// Everything that could make two evaluations of the same program differ stands here, so that a
/// decision can be replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvalBudget {
    /// How long the evaluation may take before it ends with [`crate::RegoCode::EvalCancel`].
    ///
    /// The engine looks at the time at every expression and call; a single builtin over a large
    /// value is not interrupted. Zero cancels at once.
    pub time: Duration,
    /// What `time.now_ns` answers.
    pub now: Timestamp,
    /// What `rand.intn` and `uuid.rfc4122` are derived from.
    pub seed: u64,
}

impl EvalBudget {
    /// A budget of `time` at the time `now`, with the seed 0.
    #[must_use]
    pub const fn new(time: Duration, now: Timestamp) -> Self {
        Self { time, now, seed: 0 }
    }

    /// The same with another seed.
    #[must_use]
    pub const fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// The same with another time limit.
    #[must_use]
    pub const fn with_time(self, time: Duration) -> Self {
        Self { time, ..self }
    }
}
