//! Partial evaluation of Rego: what is left of a query where something is unknown.
//!
//! It follows OPA's `v1/topdown` (`Query.PartialRun`): the same queries and the same rules that
//! stay beside them (support), down to the names of the variables it makes. It is an evaluator of
//! its own over the tree that the compiler leaves, because here a variable may stay open.
//!
//! It refuses to go longer, deeper or larger than its context allows. What it leaves over is
//! never less than what the query asks: where OPA's own remains would say something else than the
//! query, these do not follow them; `docs/opa-differences.md` names the places.
//!
//! It takes the stack of the thread it runs on: [`STACK`] bytes of it at the most.

mod body;
mod cache;
mod calls;
mod closures;
mod complete;
mod comprehension;
mod convert;
mod document;
mod function;
mod index;
mod instruments;
mod look;
mod machine;
mod made;
mod negation;
mod partial;
mod print;
mod propagate;
mod residual;
mod rules;
mod save;
mod scopes;
mod size;
mod stop;
mod support;
mod term;
mod trail;
mod tree;
mod unify;
mod unknown;
mod whole;
mod with;

pub use instruments::{Counted, Measured, Timed, Times};
pub use residual::{Outcome, Residual, Telling, evaluate};
pub use rules::Rules;
pub use trail::{Local, MAX_STEPS, Nodes, Step, StepNode, StepOp, Steps, Wanted};
pub use whole::{Explained, explain};

use referee_rego_syntax::ast::{Ref, Term};
use referee_rego_value::Value;

/// How deep an evaluation may go: expressions of all bodies on the way to the one under
/// evaluation, and what is looked into for them.
const MAX_DEPTH: u32 = 24_000;

/// How much of a stack an evaluation needs at the most, in bytes.
pub const STACK: usize = 512 << 20;

/// What is unknown, and how to evaluate.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// The input; without one `input` is undefined, as far as it is not unknown.
    pub input: Option<&'a Value>,
    /// What is unknown: references into `input` and `data`, or variables of the query.
    pub unknowns: &'a [Term],
    /// Documents that are not put in place of references to them.
    pub disable_inlining: &'a [Ref],
    /// Whether rules that leave something over are kept whole, as support.
    pub shallow_inlining: bool,
    /// Whether builtins that give something else each time are called now.
    pub nondeterministic_builtins: bool,
    /// The name of the package under which the support stands.
    pub namespace: &'a str,
    /// Whether the support stands under no name but its own.
    pub skip_namespace: bool,
}
