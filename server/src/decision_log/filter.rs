//! Asking the policies what of a decision is logged: `drop` and `mask`.
//!
//! They are asked of the revision that decided. A mask that fails, or is no mask, never lets out
//! what it might hide; a drop that fails keeps the event.

use super::counters::{Count, Counters};
use super::event::Decision;
use super::mask::{self, MaskError};
use crate::explain::log_prints;
use referee_core::Coded;
use referee_rego::{EvalBudget, RegoError, Value, World};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

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
    /// Masks a decision; `false` where it is not to be logged at all. From when on `hurried` is set
    /// nothing is asked, and what is being asked is not waited for: as where the mask fails.
    pub(crate) fn keeps(
        &self,
        decision: &mut Decision,
        counters: &Counters,
        hurried: &AtomicBool,
    ) -> bool {
        if hurried.load(Ordering::Relaxed) {
            counters.add(Count::MaskFailed, 1);
            decision.withhold("mask_failed");
            return true;
        }
        let begun = Instant::now();
        let input = decision.as_input(&self.labels);
        let (drop, mask) = self.ask(decision, &input, begun, hurried);
        let is_over = || begun.elapsed() >= TIME || hurried.load(Ordering::Relaxed);
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
            Ok(Some(mask)) => match mask::apply(&mask, &mut decision.maskable, &is_over) {
                Ok(done) => {
                    decision.erased = done.erased;
                    decision.masked = done.masked;
                    return true;
                }
                Err(MaskError::TooLong) => {
                    tracing::error!("the mask takes too long: the event is logged without values");
                    "mask_failed"
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

    /// What `drop` and `mask` say, asked within one time for both.
    fn ask(
        &self,
        decision: &Decision,
        input: &Value,
        begun: Instant,
        hurried: &AtomicBool,
    ) -> (Said, Said) {
        let program = &decision.program;
        let world = World::NONE.with_cancel(hurried);
        let budget = || {
            let left = TIME.saturating_sub(begun.elapsed());
            EvalBudget::new(left, decision.timestamp).with_limits(u64::MAX, MEMORY)
        };
        let paths = [self.drop.as_str(), self.mask.as_str()];
        // Together they share what they have in common; apart one can fail without the other. Where
        // the time is over neither is asked again.
        match program.evaluate_all(&paths, input, &budget(), &world) {
            Ok((values, prints)) => {
                log_prints(&prints);
                let mut values = values.into_iter();
                (Ok(values.next().flatten()), Ok(values.next().flatten()))
            }
            Err(error) if begun.elapsed() >= TIME || hurried.load(Ordering::Relaxed) => {
                (Err(error.clone()), Err(error))
            }
            Err(_) => {
                let ask = |path| {
                    let found = program.evaluate_in(path, Some(input), &budget(), &world)?;
                    log_prints(&found.prints);
                    Ok(found.value)
                };
                (ask(&self.drop), ask(&self.mask))
            }
        }
    }
}

/// What one of them says.
type Said = Result<Option<Value>, RegoError>;

#[cfg(test)]
#[path = "filter_tests.rs"]
pub(crate) mod tests;
