//! Programs: modules and data, compiled once and evaluated many times.

use crate::back::regorus::Backend;
use crate::budget::EvalBudget;
use crate::error::{Location, RegoCode, RegoError, RegoErrors};
use crate::path;
use crate::reads::Reads;
use crate::rules::{RuleInfo, RuleKind};
use crate::scan;
use crate::value::{self, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// One Rego module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its name, as errors and reasons give it: usually the path of its file.
    pub name: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
}

impl Module {
    /// A module of that name and text.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), text: text.into() }
    }
}

/// How to compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompileOptions {
    /// Whether a builtin that fails ends the evaluation. As in OPA it does not by default: the
    /// call is undefined.
    pub strict_builtin_errors: bool,
    /// Whether modules are Rego as it was before OPA 1.0 (no `if`, no `contains`), unless they
    /// import `rego.v1`.
    pub rego_v0: bool,
}

impl CompileOptions {
    /// As OPA does it: builtins that fail are undefined, modules are Rego v1.
    pub const DEFAULT: Self = Self { strict_builtin_errors: false, rego_v0: false };

    /// The same, with builtins that end the evaluation where they fail, or not.
    #[must_use]
    pub const fn with_strict_builtin_errors(self, strict_builtin_errors: bool) -> Self {
        Self { strict_builtin_errors, ..self }
    }

    /// The same, with modules read as Rego v0, or not.
    #[must_use]
    pub const fn with_rego_v0(self, rego_v0: bool) -> Self {
        Self { rego_v0, ..self }
    }
}

impl Default for CompileOptions {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The compiler.
#[derive(Clone, Copy, Debug)]
pub struct RegoEngine;

impl RegoEngine {
    /// Compiles modules and a data document into a program.
    ///
    /// `data` must be an object; what a module defines may not stand in it as well.
    ///
    /// # Errors
    /// Every error that can be told before evaluation: text that does not parse, unsafe
    /// variables, recursion, unknown functions, wrong numbers of arguments, nesting over the
    /// limits, two modules of one name.
    pub fn compile(
        modules: &[Module],
        data: Value,
        options: CompileOptions,
    ) -> Result<Program, RegoErrors> {
        check_modules(modules)?;
        if value::depth_exceeds(&data.0, value::MAX_DEPTH) {
            return Err(RegoError::new(RegoCode::Compile, "data is nested too deep").into());
        }
        let (back, rules) = Backend::compile(modules, &data, options)?;
        let modules = modules.to_vec();
        let mut has_value = BTreeMap::new();
        for rule in &rules {
            let function = matches!(rule.kind, RuleKind::Function { .. });
            *has_value.entry(rule.path.clone()).or_default() |= !function;
        }
        let inner = Inner { back, modules, data, options, rules, has_value };
        Ok(Program { inner: Arc::new(inner) })
    }
}

fn check_modules(modules: &[Module]) -> Result<(), RegoErrors> {
    let mut names = BTreeSet::new();
    let mut errors = Vec::new();
    for module in modules {
        if !names.insert(&module.name) {
            let message = format!("two modules are named {}", module.name);
            errors.push(RegoError::new(RegoCode::Compile, message));
        }
        if let Err(excess) = scan::check(&module.text) {
            let location =
                Location { file: module.name.to_string(), row: excess.row, col: excess.col };
            errors.push(RegoError::new(RegoCode::Parse, excess.to_string()).at(location));
        }
    }
    RegoErrors::from_list(errors)
}

/// A compiled program: immutable, shared between threads, cheap to clone.
///
/// Behind it stands the interpreter of the crate `regorus`. What that lacks against OPA is a
/// compile error where it can be told (63 builtins, among them `io.jwt.*`, `crypto.*` and
/// `graphql.*`; `a.if` and other keywords in references; string interpolation).
#[derive(Clone)]
pub struct Program {
    inner: Arc<Inner>,
}

struct Inner {
    back: Backend,
    modules: Vec<Module>,
    data: Value,
    options: CompileOptions,
    rules: Vec<RuleInfo>,
    /// For the path of each rule whether it has a value; a function has none.
    has_value: BTreeMap<String, bool>,
}

/// What an evaluation gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// The value; `None` where it is undefined.
    pub value: Option<Value>,
    /// What `print` printed, `file:row: text`.
    pub prints: Vec<String>,
}

/// What a query gave.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct QueryResults {
    /// One row for each way in which the query holds. Empty: undefined.
    pub rows: Vec<QueryRow>,
    /// What `print` printed, `file:row: text`.
    pub prints: Vec<String>,
}

/// One way in which a query holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryRow {
    /// The expressions of the query, in its order.
    pub expressions: Vec<QueryExpression>,
    /// The variables of the query, sorted by name.
    pub bindings: Vec<(String, Value)>,
}

/// One expression of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryExpression {
    /// Its text.
    pub text: String,
    /// Its value.
    pub value: Value,
    /// Its line in the query, from 1.
    pub row: u32,
    /// Its column in the query, from 1.
    pub col: u32,
}

impl Program {
    /// Evaluates what stands at a path of the data document: a rule, a package, base data.
    ///
    /// # Errors
    /// Where the path is none (`rego_parse_error`), the time is over (`eval_cancel_error`), the
    /// evaluation fails, or the value is nested deeper than 128 levels.
    pub fn eval(
        &self,
        path: &str,
        input: &Value,
        budget: &EvalBudget,
    ) -> Result<Option<Value>, RegoError> {
        self.evaluate(path, input, budget).map(|evaluation| evaluation.value)
    }

    /// As [`Self::eval`], with what `print` printed.
    ///
    /// # Errors
    /// As for [`Self::eval`].
    pub fn evaluate(
        &self,
        path: &str,
        input: &Value,
        budget: &EvalBudget,
    ) -> Result<Evaluation, RegoError> {
        let segments = path::parse(path)
            .map_err(|error| RegoError::new(RegoCode::Parse, error.to_string()))?;
        let path = path::write(&segments);
        // The interpreter has a faster way for a path that is exactly a rule, and none of its
        // other ways for one that is not.
        let has_value = self.inner.has_value.get(&path);
        if has_value == Some(&false) {
            // A function has no value of its own.
            return Ok(Evaluation { value: None, prints: Vec::new() });
        }
        self.inner.back.eval(&path, has_value.is_some(), Some(input), budget)
    }

    /// Evaluates several paths at once: what they have in common is evaluated once.
    ///
    /// # Errors
    /// As for [`Self::eval`].
    pub fn eval_all(
        &self,
        paths: &[&str],
        input: &Value,
        budget: &EvalBudget,
    ) -> Result<Vec<Option<Value>>, RegoError> {
        if let [path] = paths {
            return Ok(vec![self.eval(path, input, budget)?]);
        }
        let mut query = String::from("[");
        for path in paths {
            let segments = path::parse(path)
                .map_err(|error| RegoError::new(RegoCode::Parse, error.to_string()))?;
            // A comprehension is empty, not undefined, where its body is undefined.
            query.push_str(&format!("[v | v := {}],", path::write(&segments)));
        }
        query.push(']');
        let results = self.inner.back.query(&query, Some(input), budget)?;
        let values = results.rows.first().and_then(|row| row.expressions.first());
        let values = values.and_then(|expression| expression.value.elements()).unwrap_or_default();
        if values.len() != paths.len() {
            return Err(RegoError::internal("a query over several paths lost some of them"));
        }
        let first = |value: Value| value.elements().and_then(|found| found.into_iter().next());
        Ok(values.into_iter().map(first).collect())
    }

    /// Evaluates a query: Rego text such as `x := data.trust.deny; count(x) > 0`.
    ///
    /// # Errors
    /// Where the query does not parse or is not safe, and as for [`Self::eval`].
    pub fn query(
        &self,
        query: &str,
        input: &Value,
        budget: &EvalBudget,
    ) -> Result<QueryResults, RegoError> {
        self.query_with(query, Some(input), budget)
    }

    /// As [`Self::query`], with or without an input. Without one, `input` is undefined.
    ///
    /// # Errors
    /// As for [`Self::query`].
    pub fn query_with(
        &self,
        query: &str,
        input: Option<&Value>,
        budget: &EvalBudget,
    ) -> Result<QueryResults, RegoError> {
        if let Err(excess) = scan::check(query) {
            let location = Location { file: "query".into(), row: excess.row, col: excess.col };
            return Err(RegoError::new(RegoCode::Parse, excess.to_string()).at(location));
        }
        self.inner.back.query(query, input, budget)
    }

    /// The packages, without `data.`, sorted.
    #[must_use]
    pub fn packages(&self) -> Vec<&str> {
        let mut packages = self.inner.back.packages();
        packages.sort_unstable();
        packages.dedup();
        packages
    }

    /// The rules of a package (named without `data.`), in the order of modules and inside them.
    pub fn rules<'a>(&'a self, package: &'a str) -> impl Iterator<Item = &'a RuleInfo> {
        self.inner.rules.iter().filter(move |rule| rule.package == package)
    }

    /// All rules, in the order of modules and inside them.
    #[must_use]
    pub fn all_rules(&self) -> &[RuleInfo] {
        &self.inner.rules
    }

    /// What its modules read of the input and of the world: all of them, tests and library too.
    #[must_use]
    pub fn reads(&self) -> &Reads {
        self.inner.back.reads()
    }

    /// The modules it was compiled from.
    #[must_use]
    pub fn modules(&self) -> &[Module] {
        &self.inner.modules
    }

    /// The data document it was compiled with.
    #[must_use]
    pub fn data(&self) -> &Value {
        &self.inner.data
    }

    /// The same data and options with other modules.
    pub(crate) fn with_modules(&self, modules: &[Module]) -> Result<Self, RegoErrors> {
        RegoEngine::compile(modules, self.inner.data.clone(), self.inner.options)
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let modules: Vec<_> = self.inner.modules.iter().map(|module| &module.name).collect();
        f.debug_struct("Program").field("modules", &modules).finish_non_exhaustive()
    }
}
