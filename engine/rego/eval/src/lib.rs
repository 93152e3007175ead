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
//! A rule or function is evaluated to its value before the body that asked for it goes on, where
//! OPA goes on with the first value and looks for others afterwards. Results are the same; of two
//! errors another one may be told, and what is printed may come in another order. Keys to the
//! right of an unknown key of a partial object do not narrow what is made of it.
//!
//! # Where partial evaluation and traces will fit
//! Both follow OPA's evaluator event by event, which a plan does not. They are for an evaluator
//! of their own over the compiled tree, which stays with the program: bindings in place of slots,
//! an unknown being a variable that stays unbound. Plans keep the place of each expression, so
//! coverage, profiles and producers of elements come from plans, by a [`Probe`].

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
pub use prepared::{Capture, ExpressionValue, PreparedPath, PreparedQuery, Row};
pub use probe::{Coverage, NoProbe, Place, Probe, Producers, Profile, Spent};
pub use program::Program;
pub use steps::{Node, NodeKind, Reader, Step, Variable};
pub use run::{Evaluation, Listener, Options};
