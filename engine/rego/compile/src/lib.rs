//! The compiler of Rego: names, checks, safety, rewriting.
//!
//! [`compile`] takes parsed modules through the stages of OPA's compiler (`v1/ast/compile.go`), in
//! OPA's order, with OPA's errors. What comes out is the same tree, rewritten so that evaluating
//! it needs no further decisions about names:
//!
//! 1. Every reference is absolute: its head is `data`, `input` or a local variable. The operator
//!    of a call is a reference: `data.pkg.f` for a rule, `count` or `io.jwt.decode` (first part a
//!    variable, the others strings) for a builtin.
//! 2. Every local has a name of its own in its module: `__local0__` and so on.
//!    [`Compiled::rewritten`] has the names they were written with. A wildcard is `$0`, `$1`, ….
//! 3. A call stands only as an expression ([`ExprKind::Call`]), never inside a term: where its
//!    value is used, a generated variable is its last operand. `x := y`, `x = y` and `x == y` are
//!    calls of `eq`.
//! 4. References with variables or references inside them, and references as operands, are pulled
//!    out as OPA pulls them out (`RewriteDynamicTerms`).
//! 5. `some` is gone: `some x in xs` is `x = xs[$0]` and the like, as in OPA. `every` stays, and
//!    its domain is a variable or constant.
//! 6. Bodies, those of comprehensions and closures included, are in an order in which each
//!    variable is bound before it is needed, which is OPA's order.
//! 7. `print` is `internal.print` of a list of set comprehensions, or is gone.
//! 8. Calls of `rego.metadata.*` are constants.
//!
//! [`ExprKind::Call`]: referee_rego_syntax::ast::ExprKind::Call

use referee_rego_syntax::Error;
use referee_rego_syntax::ast::{Body, Module};
use referee_rego_types::Capabilities;
use referee_rego_value::{Str, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// What has been compiled.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The modules, rewritten, by name in the order in which OPA goes through them (sorted).
    pub modules: Vec<(Arc<str>, Arc<Module>)>,
    /// For each generated local the name it was written with.
    pub rewritten: HashMap<Str, Str>,
    /// The builtins it was compiled against.
    pub capabilities: Arc<Capabilities>,
}

/// A query that has been compiled against modules.
#[derive(Clone, Debug)]
pub struct CompiledQuery {
    /// The query, rewritten as the bodies of rules are.
    pub body: Body,
    /// For each generated local the name it was written with.
    pub rewritten: HashMap<Str, Str>,
}

/// How to compile.
#[derive(Clone, Debug)]
pub struct Options {
    /// The builtins there are.
    pub capabilities: Arc<Capabilities>,
    /// `--strict`: unused locals and imports, shadowing, deprecated builtins are errors.
    pub strict: bool,
    /// Whether calls of `print` stay; where not, they are taken out.
    pub keep_prints: bool,
    /// Builtins that may not be called.
    pub unsafe_builtins: Vec<Str>,
    /// Schemas by name, for annotations; `input` for the whole input.
    pub schemas: Vec<(Str, Value)>,
    /// The base document, for conflicts between rules and data.
    pub data: Value,
    /// How many errors are told before OPA says `rego_compile_error: error limit reached`.
    pub max_errors: usize,
}

/// Compiles modules, each with its name.
///
/// # Errors
/// All errors of the first stage that has any, in OPA's order.
pub fn compile(
    _modules: Vec<(Arc<str>, Module)>,
    _options: &Options,
) -> Result<Compiled, Vec<Error>> {
    Err(Vec::new())
}
