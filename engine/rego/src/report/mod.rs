//! What can be told about evaluations: coverage, profile, trace.
//!
//! The evaluator tells a [`Recorder`] what it does; the reports have OPA's form (`v1/cover`,
//! `v1/profiler`, `v1/topdown/trace.go`).

mod coverage;
pub(crate) mod explained;
mod measures;
mod profile;
mod record;
mod span;
mod trace;
mod tracer;

pub use coverage::{Coverage, CoverageKind, CoverageReport, CoveredRange, FileCoverage};
pub use measures::{Histogram, Measures};
pub use profile::{Profile, ProfileLine, ProfileOrder};
pub(crate) use record::Recorder;
pub use span::{Position, Range};
pub use trace::{Explain, Trace, TraceEvent, TraceNode, TraceOp, TraceVariable};
pub(crate) use tracer::Names;
