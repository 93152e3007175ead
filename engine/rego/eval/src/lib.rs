//! The evaluator of Rego: plans, indexes, execution.
//!
//! [`Program::new`] turns what the compiler leaves into a plan: rules by their path, bodies as
//! operations over numbered slots, an index of which rules can apply. A [`Program`] is immutable
//! and shared. An [`Evaluation`] runs prepared paths and queries over one input; what it computes
//! once it keeps, in an [`Arena`] that outlives it, so that looking into input, data, constants
//! and results copies nothing and counts no references.
//!
//! It follows OPA's `v1/topdown`: the same results in the same order, the same errors. It refuses
//! to go deeper, longer or larger than its context allows; it never overflows the stack.
//!
//! # Where partial evaluation will fit
//! A plan knows for each operation the expression it comes from, and the compiled modules stay
//! with the program. An unknown is a further kind of slot: an operation that meets one keeps its
//! expression instead of holding or failing.

mod arena;
mod error;
mod plan;
mod prepared;
mod probe;
mod program;
mod run;

pub use arena::Arena;
pub use error::{EvalCode, EvalError};
pub use prepared::{Capture, ExpressionValue, PreparedPath, PreparedQuery, Row};
pub use probe::{Coverage, NoProbe, Place, Probe, Producers, Profile, Spent};
pub use program::Program;
pub use run::{Evaluation, Listener, Options};
