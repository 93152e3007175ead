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
    /// The native engine looks at the clock and at the cancel flag every 1,024 units of work, inside
    /// builtins as well, so it ends about a millisecond later. What is done in one piece can take
    /// longer where it is large: `docs/policies.md` says what that is. Parsing and compiling come
    /// before it begins. Zero cancels at once.
    pub time: Duration,
    /// What `time.now_ns` answers.
    pub now: Timestamp,
    /// What `rand.intn` and `uuid.rfc4122` are derived from.
    pub seed: u64,
    /// How many steps it may take: about so many comparisons. The native engine only.
    pub steps: u64,
    /// How many bytes it may take for what it makes; what it gives back counts as well. The native
    /// engine only.
    pub memory: u64,
    /// How deep rules, functions and comprehensions may be under evaluation inside one another.
    /// The native engine only.
    pub depth: u32,
    /// How large the results may be together: about their bytes as JSON on one line, each part
    /// counted as often as it occurs. The native engine only.
    pub output: u64,
}

/// Enough for rules over a thousand facts documents; what takes more does not end.
const DEFAULT_MEMORY: u64 = 4 << 30;

/// Policies people write stay under 50. The stack of a thread, 2 MiB, holds this many unoptimised.
const DEFAULT_DEPTH: u32 = 512;

/// Who asks for a whole data document of the largest size gets it; values that share their parts
/// can have a text that fills no disk.
const DEFAULT_OUTPUT: u64 = 1 << 30;

impl EvalBudget {
    /// A budget of `time` at the time `now`, with the seed 0.
    #[must_use]
    pub const fn new(time: Duration, now: Timestamp) -> Self {
        Self {
            time,
            now,
            seed: 0,
            steps: u64::MAX,
            memory: DEFAULT_MEMORY,
            depth: DEFAULT_DEPTH,
            output: DEFAULT_OUTPUT,
        }
    }

    /// The same with another seed.
    #[must_use]
    pub const fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// The same with a limit on steps and on memory.
    #[must_use]
    pub const fn with_limits(self, steps: u64, memory: u64) -> Self {
        Self { steps, memory, ..self }
    }

    /// The same with another limit on depth.
    #[must_use]
    pub const fn with_depth(self, depth: u32) -> Self {
        Self { depth, ..self }
    }

    /// The same with another limit on the size of results.
    #[must_use]
    pub const fn with_output(self, output: u64) -> Self {
        Self { output, ..self }
    }

    /// The same with another time limit.
    #[must_use]
    pub const fn with_time(self, time: Duration) -> Self {
        Self { time, ..self }
    }
}
