//! Referee's Rego: one front, several engines behind it.
//!
//! [`RegoEngine::compile`] turns modules and a data document into a [`Program`], which is
//! immutable, cheap to clone and shared between threads. A program is evaluated with an input and
//! an [`EvalBudget`]: how long it may take, what time it is, and the seed of whatever is random.
//! The same program, input and budget give the same answer. [`Policy`] holds the decision rules
//! of Referee; [`run_tests`] runs the rules whose names begin with `test_`.
//!
//! What it refuses: source or data nested deeper than its limits, recursion, functions that no
//! engine behind it has, and evaluation past its time. A panic of an engine is an error with the
//! code `internal_error`, never a crash. Policies have no network: `http.send` is undefined.
//!
//! This crate is pure: no IO, no wall clock, no environment. The back end in use is the crate
//! `regorus` ([`Program`] says what its own limits are); none of its types show here.

mod annotated;
mod ask;
mod attribution;
mod back;
mod budget;
mod data_tree;
mod decision;
mod edit;
mod error;
mod gather;
mod options;
mod path;
mod program;
mod reads;
mod report;
mod residual;
mod rules;
mod scan;
mod test_runner;
mod tree;
mod value;
mod walk;
mod world;
mod yaml;

pub use annotated::Annotated;
pub use ask::{Answer, Question, Reports, Times, Told};
pub use budget::EvalBudget;
pub use data_tree::DataTree;
pub use decision::{Policy, PolicyError, Ruling};
pub use edit::{Edit, EditError, escaped_path};
pub use error::{About, Location, RegoCode, RegoError, RegoErrors, SourceLine};
pub use options::{CompileOptions, EngineChoice, Schema, Schemas, TestRules, UnknownEngine};
pub use path::{PathError, data_path};
pub use program::{
    Document, Evaluation, Module, Program, QueryExpression, QueryResults, QueryRow, RegoEngine,
};
pub use reads::Reads;
pub use referee_rego_builtin as builtin;
pub use referee_rego_builtin::Cancelled;
pub use referee_rego_types::{Capabilities, Declaration, DocumentError};
pub use report::{
    Coverage, CoverageKind, CoverageReport, CoveredRange, Explain, FileCoverage, Histogram,
    Measures, Position, Profile, ProfileLine, ProfileOrder, Range, Trace, TraceEvent, TraceNode,
    TraceOp, TraceVariable,
};
pub use residual::{PartialAnswer, PartialQuestion, Residual};
pub use rules::{RuleInfo, RuleKind};
pub use test_runner::{
    SubResult, Test, TestFilter, TestOptions, TestOutcome, TestResult, run_tests,
};
pub use tree::{SyntaxTree, check_query, check_reference, check_term, query_text};
pub use value::{Value, ValueError, ValueKind};
pub use value::{capabilities_document, capabilities_from};
pub use world::{Calls, World};
