//! Programs: modules and data, compiled once and evaluated many times.

mod next;

use crate::ask::{Answer, Question, Told};
use crate::back::{Back, Path, Source, Values, path_of};
use crate::budget::EvalBudget;
use crate::error::{Location, RegoCode, RegoError, RegoErrors};
use crate::options::{CompileOptions, EngineChoice};
use crate::path::{self, PathError};
use crate::reads::Reads;
use crate::report::{Coverage, CoverageKind, CoverageReport};
use crate::residual::{PartialAnswer, PartialQuestion};
use crate::rules::{RuleInfo, RuleKind};
use crate::scan;
use crate::test_runner::Test;
use crate::tree::SyntaxTree;
use crate::value::{self, Value};
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// One Rego module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its name, as errors and reasons give it: usually the path of its file.
    pub name: Arc<str>,
    /// Its text.
    pub text: Arc<str>,
    /// Whether it is Rego v0; `None` where [`CompileOptions::rego_v0`] says so for all. The native
    /// engine only.
    pub rego_v0: Option<bool>,
}

impl Module {
    /// A module of that name and text.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), text: text.into(), rego_v0: None }
    }

    /// The same, in a version of its own.
    #[must_use]
    pub fn with_rego_v0(self, rego_v0: Option<bool>) -> Self {
        Self { rego_v0, ..self }
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
        let sources: Vec<_> = modules.iter().map(|module| (module, None)).collect();
        Self::compile_sources(&sources, data, options)
    }

    /// As [`Self::compile`], of modules that have been parsed already where their tree is given:
    /// [`SyntaxTree::of_module`] with the same options. A tree saves the native engine from parsing
    /// the text again; others take no notice of it.
    ///
    /// # Errors
    /// As for [`Self::compile`].
    pub fn compile_parsed(
        modules: &[(Module, Option<SyntaxTree>)],
        data: Value,
        options: CompileOptions,
    ) -> Result<Program, RegoErrors> {
        let sources = modules.iter();
        let sources = sources.map(|(module, tree)| (module, tree.as_ref().map(SyntaxTree::module)));
        Self::compile_sources(&sources.collect::<Vec<_>>(), data, options)
    }

    fn compile_sources(
        sources: &[Source<'_>],
        data: Value,
        options: CompileOptions,
    ) -> Result<Program, RegoErrors> {
        check_modules(sources, options.engine)?;
        check_data(&data)?;
        let (back, rules) = Back::compile(sources, &data, &options)?;
        let rules = rules.map(OnceLock::from).unwrap_or_default();
        let modules = sources.iter().map(|(module, _)| (*module).clone()).collect();
        let made = Made { modules, options, rules, has_value: OnceLock::new() };
        Ok(Program { inner: Arc::new(Inner { back, data, made: Arc::new(made) }) })
    }
}

fn check_data(data: &Value) -> Result<(), RegoErrors> {
    if data.0.as_object().is_none() {
        return Err(RegoError::new(RegoCode::Compile, "the data must be an object").into());
    }
    if value::depth_exceeds(&data.0, value::MAX_DEPTH) {
        return Err(RegoError::new(RegoCode::Compile, "data is nested too deep").into());
    }
    Ok(())
}

fn check_modules(modules: &[Source<'_>], engine: EngineChoice) -> Result<(), RegoErrors> {
    let mut names = BTreeSet::new();
    let mut errors = Vec::new();
    for (module, _) in modules {
        if !names.insert(&module.name) {
            let message = format!("two modules are named {}", module.name);
            errors.push(RegoError::new(RegoCode::Compile, message));
        }
        // The native parser bounds its own depth.
        if engine == EngineChoice::Native {
            continue;
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
/// Behind it stands the engine that [`CompileOptions::engine`] names.
#[derive(Clone)]
pub struct Program {
    inner: Arc<Inner>,
}

/// A path of the data document, ready to be evaluated.
#[derive(Clone, Debug)]
pub struct Document {
    path: Path,
}

impl Document {
    /// The path in its one written form: `data.a["b-c"][0]`.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.path.text
    }
}

struct Inner {
    back: Back,
    data: Value,
    made: Arc<Made>,
}

/// What does not depend on the base document.
struct Made {
    modules: Vec<Module>,
    options: CompileOptions,
    /// All rules; made where they are first asked for.
    rules: OnceLock<Vec<RuleInfo>>,
    /// For the path of each rule whether it has a value; a function has none. Made where it is
    /// first asked for: the native engine knows without.
    has_value: OnceLock<BTreeMap<String, bool>>,
}

/// Where the definitions stand that give the elements of partial rules: by the path of the rule
/// and the element.
pub(crate) type Producers = BTreeMap<(String, Value), Location>;

/// What an evaluation gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// The value; `None` where it is undefined.
    pub value: Option<Value>,
    /// What `print` printed, `file:row: text`.
    pub prints: Vec<String>,
    /// Whether a base document was looked up, there or not. The native engine only.
    pub read_base: bool,
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
        self.evaluate_in(path, Some(input), budget, &World::NONE)
    }

    /// As [`Self::evaluate`], with or without an input, in a world that is handed in.
    ///
    /// # Errors
    /// As for [`Self::eval`].
    pub fn evaluate_in(
        &self,
        path: &str,
        input: Option<&Value>,
        budget: &EvalBudget,
        world: &World<'_>,
    ) -> Result<Evaluation, RegoError> {
        let Values { values, prints, read_base } = self.values(&[path], input, budget, world)?;
        Ok(Evaluation { value: values.into_iter().next().flatten(), prints, read_base })
    }

    /// Makes a path ready to be evaluated many times, by this program or another over the same
    /// modules.
    ///
    /// # Errors
    /// Where the text is no path.
    pub fn document(&self, path: &str) -> Result<Document, PathError> {
        let path = path_of(path::parse(path)?, false);
        // The native engine does not ask.
        let asked = self.inner.made.options.engine != EngineChoice::Native;
        let is_rule = asked && self.has_value().get(&path.text) == Some(&true);
        Ok(Document { path: Path { is_rule, ..path } })
    }

    /// As [`Self::evaluate_in`], of a path that was made ready.
    ///
    /// # Errors
    /// As for [`Self::eval`].
    pub fn evaluate_document(
        &self,
        document: &Document,
        input: Option<&Value>,
        budget: &EvalBudget,
        world: &World<'_>,
    ) -> Result<Evaluation, RegoError> {
        let paths = std::slice::from_ref(&document.path);
        let Values { values, prints, read_base } =
            self.inner.back.eval(paths, input, budget, world)?;
        Ok(Evaluation { value: values.into_iter().next().flatten(), prints, read_base })
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
        self.evaluate_all(paths, input, budget, &World::NONE).map(|(values, _)| values)
    }

    /// As [`Self::eval_all`], with what `print` printed, in a world that is handed in.
    ///
    /// # Errors
    /// As for [`Self::eval`].
    pub fn evaluate_all(
        &self,
        paths: &[&str],
        input: &Value,
        budget: &EvalBudget,
        world: &World<'_>,
    ) -> Result<(Vec<Option<Value>>, Vec<String>), RegoError> {
        let found = self.values(paths, Some(input), budget, world)?;
        Ok((found.values, found.prints))
    }

    fn values(
        &self,
        paths: &[&str],
        input: Option<&Value>,
        budget: &EvalBudget,
        world: &World<'_>,
    ) -> Result<Values, RegoError> {
        let paths: Result<Vec<_>, _> = paths.iter().map(|path| self.path(path)).collect();
        self.inner.back.eval(&paths?, input, budget, world)
    }

    fn path(&self, path: &str) -> Result<Path, RegoError> {
        let document = self.document(path);
        let document = document.map_err(|e| RegoError::new(RegoCode::Parse, e.to_string()))?;
        Ok(document.path)
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
        self.query_in(query, input, budget, &World::NONE)
    }

    /// As [`Self::query_with`], in a world that is handed in.
    ///
    /// # Errors
    /// As for [`Self::query`].
    pub fn query_in(
        &self,
        query: &str,
        input: Option<&Value>,
        budget: &EvalBudget,
        world: &World<'_>,
    ) -> Result<QueryResults, RegoError> {
        if self.inner.made.options.engine != EngineChoice::Native
            && let Err(excess) = scan::check(query)
        {
            let location = Location { file: "query".into(), row: excess.row, col: excess.col };
            return Err(RegoError::new(RegoCode::Parse, excess.to_string()).at(location));
        }
        self.inner.back.query(query, input, budget, world)
    }

    /// Answers a query, and tells what is asked for about its evaluation.
    #[must_use]
    pub fn ask(&self, question: &Question<'_>) -> Answer {
        if let Some(answer) = self.inner.back.ask(question) {
            return answer;
        }
        let Question { query, input, budget, world, .. } = question;
        let results = self.query_in(query, *input, budget, world).map_err(RegoErrors::from);
        let prints = results.as_ref().map_or_else(|_| Vec::new(), |found| found.prints.clone());
        Answer { results, told: Told { prints, ..Told::default() } }
    }

    /// Evaluates a query as far as that can be done without what is unknown, and tells what is
    /// left. The native engine does it, alone or before another; `regorus` cannot.
    #[must_use]
    pub fn partial(&self, question: &PartialQuestion<'_>) -> PartialAnswer {
        self.inner.back.partial(question).unwrap_or_else(|| {
            let message = "the engine regorus does not evaluate partially";
            PartialAnswer::new(Err(RegoError::new(RegoCode::Compile, message).into()))
        })
    }

    /// The report of what evaluations covered, over these modules. `others` are what evaluations
    /// with something left out covered. The engine `regorus` covers nothing.
    #[must_use]
    pub fn coverage_report(
        &self,
        modules: &[Module],
        covered: &Coverage,
        others: &[(CoverageKind, &Coverage)],
    ) -> CoverageReport {
        self.inner.back.coverage(modules, covered, others)
    }

    /// How long parsing and compiling its modules took; `None` where the engine cannot tell.
    #[must_use]
    pub fn compile_times(&self) -> Option<(Duration, Duration)> {
        self.inner.back.times()
    }

    /// How many of its modules had to be compiled to make it: all of them, unless it was made by
    /// [`Self::with_parsed_modules`].
    #[must_use]
    pub fn modules_compiled(&self) -> usize {
        let native = self.inner.back.native();
        native.map_or(self.inner.made.modules.len(), |native| native.modules_compiled())
    }

    /// The tests, as the native engine has them.
    pub(crate) fn native_tests(&self) -> Option<Vec<Test>> {
        self.inner.back.tests()
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
        self.all_rules().iter().filter(move |rule| rule.package == package)
    }

    /// All rules, in the order of modules and inside them.
    #[must_use]
    pub fn all_rules(&self) -> &[RuleInfo] {
        let Inner { back, made, .. } = &*self.inner;
        let native = || back.native().map(|native| native.rules().cloned().collect());
        made.rules.get_or_init(|| native().unwrap_or_default())
    }

    fn has_value(&self) -> &BTreeMap<String, bool> {
        self.inner.made.has_value.get_or_init(|| {
            let mut has_value = BTreeMap::new();
            for rule in self.all_rules() {
                let function = matches!(rule.kind, RuleKind::Function { .. });
                *has_value.entry(rule.path.clone()).or_default() |= !function;
            }
            has_value
        })
    }

    /// What its modules read of the input and of the world: all of them, tests and library too.
    #[must_use]
    pub fn reads(&self) -> &Reads {
        self.inner.back.reads()
    }

    /// The capabilities that its modules need, in OPA's form; `None` where the engine cannot tell.
    #[must_use]
    pub fn required_capabilities(&self) -> Option<Value> {
        self.inner.back.required()
    }

    /// Checks the types of the rules at a path below `data`, and of all that they need, against a
    /// JSON Schema of `input`. Another engine than the native one checks nothing.
    ///
    /// # Errors
    /// The type errors, such as a member of `input` that there is not.
    pub fn check_input(&self, path: &[&str], schema: &Value) -> Result<(), RegoErrors> {
        self.inner.back.check_input(path, schema)
    }

    /// The modules it was compiled from.
    #[must_use]
    pub fn modules(&self) -> &[Module] {
        &self.inner.made.modules
    }

    /// The data document it was compiled with.
    #[must_use]
    pub fn data(&self) -> &Value {
        &self.inner.data
    }

    /// How it was compiled.
    #[must_use]
    pub fn options(&self) -> &CompileOptions {
        &self.inner.made.options
    }

    /// The syntax tree of a module as the compiler left it, as OPA's server shows policies: JSON on
    /// one line. `None` where there is no such module, or the engine keeps none.
    #[must_use]
    pub fn module_json(&self, name: &str) -> Option<String> {
        self.inner.back.native()?.module_json(name)
    }

    /// Whether a rule stands at a path or above it, so that what is undefined there could be
    /// defined.
    ///
    /// # Errors
    /// Where the path is none.
    pub fn has_rules_at(&self, path: &str) -> Result<bool, PathError> {
        let segments = path::parse(path)?;
        if let Back::Native(native) = &self.inner.back {
            return Ok(native.has_rules_at(&segments));
        }
        let mut paths = std::iter::successors(Some(segments.as_slice()), |path| {
            path.split_last().map(|(_, rest)| rest)
        });
        Ok(paths.any(|path| self.has_value().contains_key(&path::write(path))))
    }

    /// Whether the native engine evaluates, alone or before another.
    pub(crate) fn is_native(&self) -> bool {
        self.inner.made.options.engine != EngineChoice::Regorus
    }

    /// For each element of the partial rules at these paths where the first definition stands that
    /// gives it; `None` where the engine cannot tell.
    pub(crate) fn producers(
        &self,
        paths: &[String],
        input: &Value,
        budget: &EvalBudget,
    ) -> Option<Producers> {
        let paths: Vec<_> = paths.iter().filter_map(|path| self.path(path).ok()).collect();
        self.inner.back.producers(&paths, input, budget)
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let modules: Vec<_> = self.inner.made.modules.iter().map(|module| &module.name).collect();
        f.debug_struct("Program").field("modules", &modules).finish_non_exhaustive()
    }
}
