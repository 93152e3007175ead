//! The engines behind the front.
//!
//! Each compiles modules into a back end of its own and evaluates paths and queries; the front
//! knows nothing else of it. `regorus` is the first.

pub(crate) mod regorus;

/// The time since some moment, as the engine measures its budgets: a budget that is spent in parts
/// is measured by one clock. It tells durations, never what time it is.
pub(crate) fn monotonic() -> Option<std::time::Duration> {
    ::regorus::utils::limits::monotonic_now()
}
