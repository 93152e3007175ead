//! Asking the policies what of a decision is logged: `drop` and `mask`.
//!
//! They are asked of the revision that decided. A mask that fails, or is no mask, never lets out
//! what it might hide; a drop that fails keeps the event.

use super::counters::{Count, Counters};
use super::event::Decision;
use super::mask;
use referee_core::Coded;
use referee_rego::{EvalBudget, Value};
use std::time::Duration;

/// How long mask and drop of one event may take. OPA sets no limit, and answers nobody meanwhile;
/// here only the log waits.
const TIME: Duration = Duration::from_secs(1);

/// How much memory they may take together.
const MEMORY: u64 = 256 << 20;

/// Which documents are asked, and the labels that they see.
#[derive(Debug)]
pub(crate) struct Filter {
    pub(crate) mask: String,
    pub(crate) drop: String,
    pub(crate) labels: Value,
}

impl Filter {
    /// Masks a decision; `false` where it is not to be logged at all.
    pub(crate) fn keeps(&self, decision: &mut Decision, counters: &Counters) -> bool {
        let input = decision.as_input(&self.labels);
        let budget = EvalBudget::new(TIME, decision.timestamp).with_limits(u64::MAX, MEMORY);
        let program = &decision.program;
        let paths = [self.drop.as_str(), self.mask.as_str()];
        // Together they share what they have in common; apart one can fail without the other.
        let (drop, mask) = match program.eval_all(&paths, &input, &budget).as_deref() {
            Ok([drop, mask]) => (Ok(drop.clone()), Ok(mask.clone())),
            _ => {
                let ask = |path| program.eval(path, &input, &budget);
                (ask(&self.drop), ask(&self.mask))
            }
        };
        match drop {
            Ok(drop) if drop.as_ref().and_then(Value::as_bool) == Some(true) => {
                counters.add(Count::DroppedByPolicy, 1);
                return false;
            }
            Ok(_) => {}
            Err(error) => {
                counters.add(Count::DropFailed, 1);
                tracing::error!(
                    code = error.code(),
                    "the drop decision failed: the event is logged"
                );
            }
        }
        let failed = match mask {
            Ok(None) => return true,
            Ok(Some(mask)) => match mask::apply(&mask, &mut decision.maskable) {
                Ok(done) => {
                    decision.erased = done.erased;
                    decision.masked = done.masked;
                    return true;
                }
                Err(_) => {
                    tracing::error!("the mask is none: the event is logged without values");
                    "mask_invalid"
                }
            },
            Err(error) => {
                // Its text could repeat what was to be masked.
                tracing::error!(
                    code = error.code(),
                    "the mask failed: the event is logged without values"
                );
                "mask_failed"
            }
        };
        counters.add(Count::MaskFailed, 1);
        decision.withhold(failed);
        true
    }
}

#[cfg(test)]
#[path = "filter_tests.rs"]
pub(crate) mod tests;
