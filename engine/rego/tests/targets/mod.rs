//! What a fuzzer runs: bodies that take any bytes and panic where a law of the engine is broken.
//!
//! `fuzz/` at the root of the tree has a libFuzzer target for each of them; `fuzz_targets.rs` runs
//! them over seeds and mutations of seeds as ordinary tests.

mod builtins;
mod grammar;
mod programs;
mod texts;
mod values;

use referee_core::Timestamp;
use referee_rego::EvalBudget;
use std::time::Duration;

/// A body: it takes any bytes.
pub(crate) type Target = fn(&[u8]);

/// All of them, by the name of the fuzzer's target.
pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("rego_parse", programs::parse),
    ("rego_eval", programs::evaluate),
    ("builtins", builtins::call),
    ("json", texts::json),
    ("yaml", texts::yaml),
    ("patterns", texts::patterns),
    ("times", texts::times),
    ("value_laws", values::laws),
    ("numbers", values::numbers),
];

/// So that nothing takes long: a second of work, a quarter of a GiB.
fn budget() -> EvalBudget {
    let time = Duration::from_secs(60);
    EvalBudget::new(time, Timestamp::UNIX_EPOCH).with_limits(20_000_000, 256 << 20)
}
