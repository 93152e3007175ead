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
//!    value is used, a generated variable is its last operand. `x := y`, `x = y` and, in rules,
//!    `x == y` are calls of `eq`; in queries `x == y` stays a call of `equal`, because its result
//!    is asked for.
//! 4. References with variables or references inside them, and references as operands, are pulled
//!    out as OPA pulls them out (`RewriteDynamicTerms`).
//! 5. `some` is gone: `some x in xs` is `__local1__ = xs[__local0__]`, as in OPA. `every` stays,
//!    and its domain is a variable.
//! 6. Bodies, those of comprehensions and closures included, are in an order in which each
//!    variable is bound before it is needed, which is OPA's order.
//! 7. `print` is `internal.print` of a list of set comprehensions, or is gone.
//! 8. Calls of `rego.metadata.*` are constants.
//! 9. Objects and sets are in OPA's order, each key or element once.
//!
//! What is not here: the indices of rules and comprehensions, which belong to the evaluator.
//! Where OPA's order of errors follows from Go's random order of maps (variables of one place,
//! rules of several paths, ways through a cycle), there is one order here.
//!
//! [`ExprKind::Call`]: referee_rego_syntax::ast::ExprKind::Call

mod against;
mod annotations;
mod capture;
mod compiler;
mod comprehensions;
mod conflicts;
mod dynamics;
mod errors;
mod footprint;
mod functions;
mod graph;
mod heads;
mod locals;
mod make;
mod metadata;
mod names;
mod order;
mod outputs;
mod prints;
mod query;
mod required;
mod residual;
mod resolve;
mod roots;
mod rule_locals;
mod safety;
mod scope;
mod statements;
mod templates;
mod terms;
mod testing;
mod tree;
mod typing;
mod unify;
mod unsafe_vars;
mod unused;
mod vars;
mod walk;
mod walk_mut;
mod withs;

pub use annotations::{AnnotationSet, Attached, Link, Target};
pub use footprint::{Dependence, Footprint};
pub use graph::Graph;
pub use residual::{open_vars_of_body, vars_of_body, vars_of_term};
pub use tree::{Key, Node, RuleId, RulePlace, RuleTree};

use referee_rego_syntax::Error;
use referee_rego_syntax::ast::{Body, Import, Module, Ref, Rule};
use referee_rego_types::Capabilities;
use referee_rego_types::check::{SchemaSet, TypeEnv};
use referee_rego_value::{Str, Value};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// What has been compiled.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The modules, rewritten, by name in the order in which OPA goes through them (sorted). Their
    /// imports are gone.
    pub modules: Vec<(Arc<str>, Arc<Module>)>,
    /// For each generated local the name it was written with.
    pub rewritten: HashMap<Str, Str>,
    /// The builtins it was compiled against.
    pub capabilities: Arc<Capabilities>,
    /// The imports of the modules, in their order.
    pub imports: Vec<Vec<Import>>,
    /// The rules by their paths.
    pub tree: RuleTree,
    /// Which rules depend on which.
    pub graph: Graph,
    /// The metadata.
    pub annotations: AnnotationSet,
    /// The builtins that are called, as they were written (`print`, not `internal.print`).
    pub required: BTreeSet<Arc<str>>,
    /// The types of all rules.
    pub types: TypeEnv,
    /// How it was compiled.
    pub options: Options,
}

impl Compiled {
    /// A rule by its number, with its module.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> Option<(&Module, &Rule)> {
        tree::rule_at(&*self.modules, self.tree.rule(id)?)
    }

    /// The chain of metadata of a rule, the closest first; there is always a link for the rule.
    #[must_use]
    pub fn metadata_chain(&self, id: RuleId) -> Vec<Link> {
        self.annotations.chain(&*self.modules, &self.tree, id)
    }
}

/// A query that has been compiled against modules.
#[derive(Clone, Debug)]
pub struct CompiledQuery {
    /// The query, rewritten as the bodies of rules are.
    pub body: Body,
    /// For each generated local the name it was written with.
    pub rewritten: HashMap<Str, Str>,
    /// Whether an expression that is false ends a row: there are several, or it may hold in several
    /// ways. Otherwise `false` is its value.
    pub strict_rows: bool,
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
    /// Schemas by reference: `schema` for the whole input, others for annotations.
    pub schemas: Option<SchemaSet>,
    /// Whether schemas that annotations name are used.
    pub use_annotations: bool,
    /// The base document, for conflicts between rules and data.
    pub data: Value,
    /// How many errors are told before OPA says `rego_compile_error: error limit reached`; 0 for
    /// no limit.
    pub max_errors: usize,
    /// Whether functions may be called that do not exist. Then bodies are not put into order.
    pub allow_undefined_functions: bool,
    /// For a run of tests: tests of the same name get numbers (`test_x#01`), and those over cases
    /// call `internal.test_case`.
    pub tests: bool,
    /// Whether what tests compare gets variables, so that its values can be shown.
    pub rewrite_tests: bool,
}

impl Default for Options {
    /// As OPA's compiler is, without data and schemas.
    fn default() -> Self {
        Self {
            capabilities: Arc::new(Capabilities::current()),
            strict: false,
            keep_prints: false,
            unsafe_builtins: Vec::new(),
            schemas: None,
            use_annotations: false,
            data: Value::object::<Value>([]),
            max_errors: 10,
            allow_undefined_functions: false,
            tests: false,
            rewrite_tests: false,
        }
    }
}

/// How to compile a query.
#[derive(Clone, Debug, Default)]
pub struct QueryOptions {
    /// The package in which the query stands: `data.a.b`.
    pub package: Option<Ref>,
    /// What is imported.
    pub imports: Vec<Import>,
    /// Whether calls of `print` stay.
    pub keep_prints: bool,
    /// Whether the checks of strict mode are made, beside what the modules were compiled with.
    pub strict: bool,
    /// Builtins that may not be called, instead of those of the modules.
    pub unsafe_builtins: Option<Vec<Str>>,
    /// Whether `x == y` becomes `x = y` once it is known that all variables are bound: where
    /// nobody asks for the values of expressions.
    pub rewrite_equals: bool,
    /// Whether the values of its expressions are given to variables, `$term1` and so on, as OPA
    /// does where somebody asks for them.
    pub capture_values: bool,
}

/// Compiles modules, each with its name.
///
/// # Errors
/// All errors of the first stage that has any, in OPA's order.
pub fn compile(
    modules: Vec<(Arc<str>, Module)>,
    options: &Options,
) -> Result<Compiled, Vec<Error>> {
    compiler::compile(modules, options)
}

/// Compiles a query against modules.
///
/// # Errors
/// All errors of the first stage that has any, in OPA's order.
pub fn compile_query(
    compiled: &Compiled,
    query: Body,
    options: &QueryOptions,
) -> Result<CompiledQuery, Vec<Error>> {
    query::compile_query(compiled, query, options)
}

/// The rules that stand where a base document has something, as OPA looks for them when data is
/// written: none where the modules and the document go together.
#[must_use]
pub fn conflicts_with_data(compiled: &Compiled, data: &Value) -> Vec<Error> {
    let mut errors = errors::Errors::new(0);
    conflicts::with_data(&*compiled.modules, &compiled.tree, data, &mut errors);
    errors.check().err().unwrap_or_default()
}
