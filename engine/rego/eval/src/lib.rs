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
//! # Where it differs
//! Keys to the right of an unknown key of a partial object do not narrow what is made of it. What
//! was computed under a `with` is still known when it is gone back into the expression.
//!
//! # Reports
//! Plans keep the place of each expression, so coverage, profiles and producers of elements come
//! from plans, by a [`Probe`]; traces, step by step, from those of [`Program::watched`].
//! Partial evaluation is not done here: `referee-rego-partial` is an evaluator of its own over the
//! compiled tree, which stays with the program.

mod arena;
mod error;
mod plan;
mod prepared;
mod probe;
mod program;
mod run;
mod steps;

pub use arena::Arena;
pub use error::{EvalCode, EvalError};
pub use plan::Changed;
pub use prepared::{Capture, ExpressionValue, PreparedPath, PreparedQuery, Row};
pub use probe::{Coverage, NoProbe, Place, Probe, Producers, Profile, Spent};
pub use program::Program;
pub use run::{Evaluation, Listener, Options};
pub use steps::{Node, NodeKind, Reader, Step, Tree, Variable};
