//! Referee's own engine.
//!
//! Parser, compiler and evaluator stand in crates of their own; here they are put together:
//! modules to a program, budgets to what measures them, their errors to the front's.

mod ask;
mod reads;
mod results;
mod rules;
mod tests;

use super::{Path, Values, monotonic};
use crate::budget::EvalBudget;
use crate::error::{RegoCode, RegoError, RegoErrors, SourceLine};
use crate::options::{CompileOptions, Schemas, TestRules};
use crate::path::Segment;
use crate::program::{Module, Producers, QueryExpression, QueryResults, QueryRow};
use crate::reads::Reads;
use crate::rules::RuleInfo;
use crate::value::Value;
use crate::world::World;
use referee_rego_builtin::{Context, Meter, SharedCaches, Table};
use referee_rego_compile::Compiled;
use referee_rego_compile::QueryOptions;
use referee_rego_eval::{
    Arena, Capture, EvalCode, EvalError, Evaluation, NoProbe, Options, PreparedPath, Probe,
    Program, Row,
};
use referee_rego_syntax::ast::{RegoVersion, Term, TermKind};
use referee_rego_syntax::{
    Code, Error, Location, ParseCapabilities, ParseOptions, parse_module, parse_query,
};
use referee_rego_types::Capabilities;
use referee_rego_types::check::SchemaSet;
use referee_rego_value as native;
use results::Results;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The longest line of source that an error shows, in characters.
const MAX_SNIPPET: usize = 300;

/// Of how many errors the lines are shown, where the parser did not choose: nobody reads more, and
/// a source can be one long line with an error at each of its characters.
const MAX_LINES: usize = 100;

/// A compiled program.
pub(crate) struct Backend {
    program: Program,
    compiled: Arc<Compiled>,
    /// For queries.
    parse: ParseOptions,
    strict: bool,
    /// The rules' paths, ready to be evaluated.
    prepared: BTreeMap<String, PreparedPath>,
    /// Regular expressions and other patterns, once compiled.
    caches: SharedCaches,
    packages: Vec<String>,
    reads: Reads,
    /// The builtins, for plans that are made later.
    tables: Vec<Table>,
    /// The program with plans that tell each step.
    watched: OnceLock<Result<Program, RegoError>>,
    /// How long parsing and compiling the modules took.
    pub(in crate::back) times: (Duration, Duration),
}

/// The builtins there are where nothing else is said; made once.
fn current() -> Arc<Capabilities> {
    static CURRENT: OnceLock<Arc<Capabilities>> = OnceLock::new();
    Arc::clone(CURRENT.get_or_init(|| Arc::new(Capabilities::current())))
}

/// All builtins that have an implementation outside the evaluator.
fn tables(options: &CompileOptions) -> Vec<Table> {
    let families =
        [referee_rego_text::TABLES, referee_rego_formats::TABLES, referee_rego_security::TABLES];
    let mut tables = families.concat();
    tables.extend(&options.builtins);
    tables
}

impl Backend {
    pub(super) fn compile(
        modules: &[Module],
        data: &Value,
        options: &CompileOptions,
    ) -> Result<(Self, Vec<RuleInfo>), RegoErrors> {
        let given = options.capabilities.clone();
        let capabilities = given.unwrap_or_else(current);
        let parse = parse_options(options, &capabilities);
        let clock = || monotonic().unwrap_or(Duration::ZERO);
        let started = clock();
        let mut errors = Vec::new();
        let mut parsed = Vec::with_capacity(modules.len());
        for module in modules {
            let own = of_module(&parse, module);
            match parse_module(&module.name, &module.text, own.as_ref().unwrap_or(&parse)) {
                Ok(tree) => parsed.push((Arc::clone(&module.name), tree)),
                Err(found) => errors.extend(as_told(found)),
            }
        }
        RegoErrors::from_list(errors)?;
        let parsed_at = clock();
        let infos: Vec<RuleInfo> = parsed.iter().flat_map(|(_, tree)| rules::of(tree)).collect();
        let packages = parsed.iter().map(|(_, tree)| rules::package(tree)).collect();

        let compile = compile_options(options, capabilities, data);
        let compiled = referee_rego_compile::compile(parsed, &compile).map_err(all)?;
        let compiled = Arc::new(compiled);
        let reads = reads::of(&compiled);
        let tables = tables(options);
        let program = Program::new(Arc::clone(&compiled), data.0.clone(), &tables)
            .map_err(|error| RegoErrors::from(failed(error)))?;
        let prepare = |info: &RuleInfo| {
            let segments = crate::path::parse(&info.path).ok()?;
            Some((info.path.clone(), program.prepare_path(&keys(&segments))))
        };
        let prepared = infos.iter().filter_map(prepare).collect();
        let strict = options.strict_builtin_errors;
        let parse = ParseOptions { skip_rules: true, ..parse };
        let caches = SharedCaches::default();
        let times = (parsed_at.saturating_sub(started), clock().saturating_sub(parsed_at));
        let back = Self {
            program,
            compiled,
            parse,
            strict,
            prepared,
            caches,
            packages,
            reads,
            tables,
            watched: OnceLock::new(),
            times,
        };
        Ok((back, infos))
    }

    pub(super) fn reads(&self) -> &Reads {
        &self.reads
    }

    pub(super) fn packages(&self) -> Vec<&str> {
        self.packages.iter().map(String::as_str).collect()
    }

    pub(super) fn eval(
        &self,
        paths: &[Path],
        input: Option<&Value>,
        budget: &EvalBudget,
        world: &World<'_>,
    ) -> Result<Values, RegoError> {
        let arena = Arena::new();
        self.run(&arena, input, (budget, world), |evaluation| {
            let mut value = |path: &Path| match self.prepared.get(&path.text) {
                Some(prepared) => evaluation.value(prepared),
                None => evaluation.value(&self.program.prepare_path(&keys(&path.segments))),
            };
            paths.iter().map(|path| Ok(value(path)?.cloned())).collect::<Result<Vec<_>, _>>()
        })
        .map(|(values, prints)| {
            let values = values.into_iter().map(|value| value.map(Value)).collect();
            Values { values, prints }
        })
    }

    pub(super) fn query(
        &self,
        query: &str,
        input: Option<&Value>,
        budget: &EvalBudget,
        world: &World<'_>,
    ) -> Result<QueryResults, RegoError> {
        let parsed = parse_query(query, &self.parse).map_err(first)?;
        let options = QueryOptions { keep_prints: true, ..QueryOptions::default() };
        let compiled =
            referee_rego_compile::compile_query(&self.compiled, parsed, &options).map_err(first)?;
        let prepared = self.program.prepare_query(&compiled, Capture::Values);
        let arena = Arena::new();
        let (rows, prints) =
            self.run(&arena, input, (budget, world), |evaluation| evaluation.rows(&prepared))?;
        Ok(QueryResults { rows: rows.into_iter().map(row).collect(), prints })
    }

    /// Where the elements of partial rules come from.
    pub(super) fn producers(
        &self,
        paths: &[Path],
        input: &Value,
        budget: &EvalBudget,
    ) -> Option<Producers> {
        let mut found = Found { wanted: paths, producers: Producers::new() };
        let arena = Arena::new();
        let within = (budget, &World::NONE);
        let done = self.run_with(&arena, Some(input), within, &mut found, |evaluation| {
            for path in paths {
                let prepared = self.program.prepare_path(&keys(&path.segments));
                evaluation.value(&prepared)?;
            }
            Ok(())
        });
        // What was found before the time was over is right all the same.
        drop(done);
        Some(found.producers)
    }

    /// Runs one evaluation inside its budget.
    fn run<'a, T: Results>(
        &'a self,
        arena: &'a Arena,
        input: Option<&'a Value>,
        within: (&EvalBudget, &World<'_>),
        evaluate: impl FnOnce(&mut Evaluation<'a, '_, '_>) -> Result<T, Box<EvalError>>,
    ) -> Result<(T, Vec<String>), RegoError> {
        self.run_with(arena, input, within, NoProbe, evaluate)
    }

    /// Runs one evaluation that tells a probe what it does.
    fn run_with<'a, T: Results, P: Probe>(
        &'a self,
        arena: &'a Arena,
        input: Option<&'a Value>,
        within: (&EvalBudget, &World<'_>),
        probe: P,
        evaluate: impl FnOnce(&mut Evaluation<'a, '_, '_, P>) -> Result<T, Box<EvalError>>,
    ) -> Result<(T, Vec<String>), RegoError> {
        let mut said = Said::default();
        let over = (&self.program, arena, input);
        let result = self.run_saying(over, within, probe, &mut said, evaluate);
        result.map(|value| (value, said.prints))
    }

    /// Runs one evaluation; what it says is said where it fails as well.
    fn run_saying<'a, T: Results, P: Probe>(
        &'a self,
        (program, arena, input): (&'a Program, &'a Arena, Option<&'a Value>),
        (budget, world): (&EvalBudget, &World<'_>),
        probe: P,
        said: &mut Said,
        evaluate: impl FnOnce(&mut Evaluation<'a, '_, '_, P>) -> Result<T, Box<EvalError>>,
    ) -> Result<T, RegoError> {
        // Without a clock no time has passed: the budget's steps are what is left.
        let clock = || monotonic().unwrap_or(Duration::ZERO);
        let deadline = clock().saturating_add(budget.time);
        let meter = Meter::new(&clock, deadline, budget.steps, budget.memory, world.cancel);
        // A time that OPA's 64 bits do not hold stops at their end.
        let now = budget.now.unix_nanoseconds();
        let now = i64::try_from(now).unwrap_or(if now < 0 { i64::MIN } else { i64::MAX });
        let nothing = Value::object([]);
        let runtime = &world.runtime.unwrap_or(&nothing).0;
        let mut context = Context::new(meter, now, budget.seed, world.host, runtime);
        context.strict = self.strict;
        context.shared = Some(&self.caches);
        let prints = &mut said.prints;
        let mut print = |location: &Location, text: &str| {
            prints.push(format!("{location}: {text}"));
        };
        let options = Options {
            print: Some(&mut print),
            depth: budget.depth,
            indexing: !said.without_indexing,
            early_exit: !said.without_early_exit,
            ..Options::default()
        };
        let input = input.map(|input| &input.0);
        let mut evaluation = program.evaluation_with(arena, input, &mut context, options, probe);
        let result = evaluate(&mut evaluation);
        let failed_builtins = evaluation.builtin_errors().iter().cloned().map(Box::new);
        said.builtin_errors.extend(failed_builtins.map(failed));
        drop(evaluation);
        results::bounded(result.map_err(failed)?, budget.output, &mut context.meter)
    }
}

/// What an evaluation says besides its result, and what it is to do without.
#[derive(Debug, Default)]
struct Said {
    prints: Vec<String>,
    builtin_errors: Vec<RegoError>,
    without_indexing: bool,
    without_early_exit: bool,
}

/// Notes which definition gives each element of the rules that are asked for.
struct Found<'a> {
    wanted: &'a [Path],
    producers: Producers,
}

impl Probe for Found<'_> {
    const ON: bool = true;

    fn element(&mut self, path: &str, location: &Location, element: &native::Value) {
        if self.wanted.iter().any(|wanted| wanted.text == path) {
            let key = (path.to_owned(), Value(element.clone()));
            self.producers.entry(key).or_insert_with(|| rules::location(location));
        }
    }
}

/// How a module is parsed that says of itself which Rego it is.
fn of_module(parse: &ParseOptions, module: &Module) -> Option<ParseOptions> {
    let version = if module.rego_v0? { RegoVersion::V0 } else { RegoVersion::V1 };
    (version != parse.version).then(|| ParseOptions { version, ..parse.clone() })
}

fn parse_options(options: &CompileOptions, capabilities: &Capabilities) -> ParseOptions {
    let version = if options.rego_v0 { RegoVersion::V0 } else { RegoVersion::V1 };
    let words = |words: &[Arc<str>]| words.iter().map(ToString::to_string).collect();
    // Without capabilities of the caller's, those that the parser has for the version.
    let given = options.capabilities.as_ref().map(|_| ParseCapabilities {
        future_keywords: words(&capabilities.future_keywords),
        features: words(&capabilities.features),
    });
    ParseOptions {
        capabilities: given,
        all_future_keywords: options.experimental_keywords,
        ..ParseOptions::new(version).with_annotations(true)
    }
}

fn compile_options(
    options: &CompileOptions,
    capabilities: Arc<Capabilities>,
    data: &Value,
) -> referee_rego_compile::Options {
    let mut schemas = SchemaSet::default();
    let schema = |path: &[String]| {
        let head = Term { kind: TermKind::Var("schema".into()), location: Location::NONE };
        let keys = path.iter().map(|key| Term {
            kind: TermKind::String(key.as_str().into()),
            location: Location::NONE,
        });
        std::iter::once(head).chain(keys).collect::<Vec<_>>()
    };
    let Schemas { input, named } = &options.schemas;
    if let Some(input) = input {
        schemas.insert(&schema(&[]), input.0.clone());
    }
    for (path, value) in named {
        schemas.insert(&schema(path), value.0.clone());
    }
    let given = input.is_some() || !named.is_empty();
    referee_rego_compile::Options {
        capabilities,
        strict: options.strict,
        keep_prints: true,
        schemas: given.then_some(schemas),
        use_annotations: true,
        data: if options.check_data_conflicts {
            data.0.clone()
        } else {
            native::Value::object::<&str>([])
        },
        max_errors: options.max_errors,
        tests: options.tests != TestRules::Plain,
        rewrite_tests: options.tests == TestRules::Values,
        ..referee_rego_compile::Options::default()
    }
}

fn keys(segments: &[Segment]) -> Vec<native::Value> {
    let key = |segment: &Segment| match segment {
        Segment::Name(name) => native::Value::from(name.as_str()),
        // No array is longer than the numbers here go.
        Segment::Number(number) => native::Value::from(i64::try_from(*number).unwrap_or(i64::MAX)),
    };
    segments.iter().map(key).collect()
}

fn row(row: Row) -> QueryRow {
    let expressions = row.expressions.into_iter().map(|expression| QueryExpression {
        text: expression.location.text().to_owned(),
        value: Value(expression.value),
        row: expression.location.row,
        col: expression.location.col,
    });
    let bindings = row.bindings.into_iter();
    QueryRow {
        expressions: expressions.collect(),
        bindings: bindings.map(|(name, value)| (name.to_string(), Value(value))).collect(),
    }
}

/// An error as the front tells it. `shown`: with its line, even where the parser did not show it.
fn read(error: Error, shown: bool) -> RegoError {
    let code = match error.code {
        Code::Parse => RegoCode::Parse,
        Code::Compile => RegoCode::Compile,
        Code::Type => RegoCode::Type,
        Code::UnsafeVar => RegoCode::UnsafeVar,
        Code::Recursion => RegoCode::Recursion,
    };
    let source_line = error.source_line();
    let source_line =
        source_line.map(|(line, index)| Box::new(SourceLine { text: line.to_owned(), index }));
    let made = RegoError { source_line, ..RegoError::new(code, error.message) };
    let made = made.with_details(error.details);
    // An empty module has a name and no line.
    if error.location.row == 0 && error.location.file().is_empty() {
        return made;
    }
    let made = made.at(rules::location(&error.location));
    let shown = shown || !made.details.is_empty();
    match shown.then(|| error.location.line()).flatten() {
        Some(line) => made.with_snippet(line.chars().take(MAX_SNIPPET).collect::<String>()),
        None => made,
    }
}

fn as_told(errors: Vec<Error>) -> impl Iterator<Item = RegoError> {
    errors.into_iter().enumerate().map(|(at, error)| read(error, at < MAX_LINES))
}

/// The errors of a stage, as the front tells them.
pub(crate) fn all(errors: Vec<Error>) -> RegoErrors {
    match RegoErrors::from_list(as_told(errors).collect()) {
        Err(errors) => errors,
        Ok(()) => RegoError::internal("the compiler refused without an error").into(),
    }
}

fn first(errors: Vec<Error>) -> RegoError {
    all(errors).first().clone()
}

#[expect(clippy::boxed_local, reason = "errors of an evaluation come in boxes")]
fn failed(error: Box<EvalError>) -> RegoError {
    let code = match error.code {
        EvalCode::Conflict => RegoCode::EvalConflict,
        EvalCode::Type => RegoCode::EvalType,
        EvalCode::Builtin => RegoCode::EvalBuiltin,
        EvalCode::Cancel => RegoCode::EvalCancel,
        EvalCode::WithMerge => RegoCode::EvalWithMerge,
        EvalCode::Internal => RegoCode::EvalInternal,
        _ => RegoCode::Internal,
    };
    let made = RegoError { cancelled: error.cancelled, ..RegoError::new(code, error.message) };
    if error.location.row == 0 { made } else { made.at(rules::location(&error.location)) }
}
