//! The syntax of Rego: tokens, tree, parser, annotations.
//!
//! The tree has the shape of OPA's (`v1/ast/policy.go`, `v1/ast/term.go`), because its JSON form
//! is OPA's, and because the stages of the compiler rewrite it step by step as OPA's do.

pub mod ast;
mod error;
mod location;

pub use error::{Code, Error};
pub use location::{Location, Source};
