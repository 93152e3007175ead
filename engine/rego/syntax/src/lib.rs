//! The syntax of Rego: tokens, tree, parser, annotations.
//!
//! The tree has the shape of OPA's (`v1/ast/policy.go`, `v1/ast/term.go`), because its JSON form
//! is OPA's, and because the stages of the compiler rewrite it step by step as OPA's do.

pub mod ast;
mod attach;
mod builtins;
pub mod compare;
mod error;
pub mod inspect;
pub mod json;
mod location;
mod metadata;
mod module;
mod options;
mod parser;
pub mod print;
mod scanner;
mod token;
mod v1;

pub use attach::attach_annotations;
pub use error::{Code, Error, ref_error, term_error};
pub use location::{Location, Source};
pub use module::{
    parse_body, parse_module, parse_module_asking, parse_module_bytes, parse_query, parse_ref,
    parse_term,
};
pub use options::{DEFAULT_MAX_BYTES, DEFAULT_MAX_DEPTH, ParseCapabilities, ParseOptions};
