//! Referee's own engine.
//!
//! Parser, compiler and evaluator stand in crates of their own; here they are put together:
//! modules to a program, budgets to what measures them, their errors to the front's.

mod again;
mod ask;
mod errors;
mod explain;
mod options;
mod partial;
mod parts;
mod reads;
mod required;
mod results;
mod rules;
mod tests;

pub(crate) use errors::all;
pub(crate) use parts::Tree;

use super::{Path, Values, monotonic};
use crate::ask::Question;
use crate::budget::EvalBudget;
use crate::error::{RegoError, RegoErrors};
use crate::options::CompileOptions;
use crate::path::Segment;
use crate::program::{Module, Producers, QueryExpression, QueryResults, QueryRow};
use crate::reads::Reads;
use crate::rules::RuleInfo;
use crate::value::Value;
use crate::world::{Calls, World};
use errors::{as_told, failed};
use options::{compile_options, current, of_module, parse_options, tables};
use parts::{Parsed, Part};
use referee_rego_builtin::{Context, Meter, SharedCaches, Table};
use referee_rego_compile::Compiled;
use referee_rego_eval::{Arena, EvalError, Evaluation, NoProbe, Options, Probe, Program, Row};
use referee_rego_syntax::json::{JsonOptions, module_to_text};
use referee_rego_syntax::{Location, ParseOptions, ast, parse_module};
use referee_rego_value as native;
use results::Results;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// A compiled program over a base document; a clone shares all that was compiled.
#[derive(Clone)]
pub(crate) struct Backend {
    program: Program,
    /// Whether a builtin that fails ends the evaluation.
    strict: bool,
    made: Arc<Made>,
}

/// What was compiled, whatever the base document is.
struct Made {
    /// The whole as the compiler left it. After a change of some modules it is made where it is
    /// first asked for: paths are evaluated without it.
    compiled: OnceLock<Result<Arc<Compiled>, RegoErrors>>,
    options: CompileOptions,
    /// For queries.
    parse: ParseOptions,
    /// Regular expressions and other patterns, once compiled.
    caches: Arc<SharedCaches>,
    /// The modules, in the order in which they were given.
    parts: Vec<Part>,
    /// What all of them read.
    reads: OnceLock<Reads>,
    /// The builtins, for plans that are made later.
    tables: Vec<Table>,
    /// The room that evaluations needed after the last compilation of the whole.
    room: usize,
    /// The program with plans that tell each step, over some base document.
    watched: OnceLock<Result<Program, RegoError>>,
    /// The rules as partial evaluation has them; made where they are first asked for.
    partial_rules: OnceLock<referee_rego_partial::Rules>,
    /// How many modules were compiled for it.
    count: usize,
    /// How long parsing and compiling them took.
    times: (Duration, Duration),
}

impl Made {
    /// The whole as the compiler left it.
    fn compiled(&self) -> Result<&Arc<Compiled>, RegoErrors> {
        let make = || {
            let nothing = Value::object([]);
            let all = 0..self.parts.len();
            let compiled = again::compile(&self.parts, all, &self.options, &nothing);
            let compiled = compiled.ok_or_else(|| {
                RegoError::internal("modules that were compiled do not compile together")
            })?;
            Ok(Arc::new(compiled))
        };
        self.compiled.get_or_init(make).as_ref().map_err(Clone::clone)
    }
}

/// A module as text, and its tree where it has been parsed already.
pub(crate) type Source<'a> = (&'a Module, Option<&'a Tree>);

/// Parses a module as a program with these options does.
pub(crate) fn parse(module: &Module, options: &CompileOptions) -> Result<ast::Module, RegoErrors> {
    let capabilities = options.capabilities.clone().unwrap_or_else(current);
    let parse = parse_options(options, &capabilities);
    let own = of_module(&parse, module);
    parse_module(&module.name, &module.text, own.as_ref().unwrap_or(&parse)).map_err(all)
}

impl Backend {
    pub(super) fn compile(
        modules: &[Source<'_>],
        data: &Value,
        options: &CompileOptions,
    ) -> Result<Self, RegoErrors> {
        let given = options.capabilities.clone();
        let capabilities = given.unwrap_or_else(current);
        let parse = parse_options(options, &capabilities);
        let clock = || monotonic().unwrap_or(Duration::ZERO);
        let started = clock();
        let mut errors = Vec::new();
        let mut parsed = Vec::with_capacity(modules.len());
        let mut known = Vec::with_capacity(modules.len());
        for (module, tree) in modules {
            let own = of_module(&parse, module);
            let made = match tree {
                Some(tree) => Ok(ast::Module::clone(tree)),
                None => parse_module(&module.name, &module.text, own.as_ref().unwrap_or(&parse)),
            };
            match made {
                Ok(made) => {
                    known.push(Arc::new(Parsed::of(&module.name, &made, *tree)));
                    parsed.push((Arc::clone(&module.name), made));
                }
                Err(found) => errors.extend(as_told(found)),
            }
        }
        RegoErrors::from_list(errors)?;
        let parsed_at = clock();

        let compile = compile_options(options, capabilities, data);
        let compiled = referee_rego_compile::compile(parsed, &compile).map_err(all)?;
        let parts = parts::with_reads(known, &compiled);
        let tables = tables(options);
        let program = Program::new(&compiled, data.0.clone(), &tables)
            .map_err(|error| RegoErrors::from(failed(error)))?;
        let room = program.room();
        let strict = options.strict_builtin_errors;
        let times = (parsed_at.saturating_sub(started), clock().saturating_sub(parsed_at));
        let made = Made {
            compiled: OnceLock::from(Ok(Arc::new(compiled))),
            options: options.clone(),
            parse: ParseOptions { skip_rules: true, ..parse },
            caches: Arc::default(),
            parts,
            reads: OnceLock::new(),
            tables,
            room,
            watched: OnceLock::new(),
            partial_rules: OnceLock::new(),
            count: modules.len(),
            times,
        };
        Ok(Self { program, strict, made: Arc::new(made) })
    }

    /// The same rules over another base document.
    ///
    /// # Errors
    /// Where a rule stands at a path at which the document has something, if that is `checked`.
    pub(super) fn with_data(&self, data: &Value, checked: bool) -> Result<Self, RegoErrors> {
        if checked && self.program.meets(&data.0) {
            let compiled = self.made.compiled()?;
            let conflicts = referee_rego_compile::conflicts_with_data(compiled, &data.0);
            RegoErrors::from_list(as_told(conflicts).collect())?;
        }
        Ok(Self { program: self.program.with_data(data.0.clone()), ..self.clone() })
    }

    /// The same, where a builtin that fails ends the evaluation, or not.
    pub(super) fn with_strict_builtin_errors(&self, strict: bool) -> Self {
        Self { strict, ..self.clone() }
    }

    /// A module as it was compiled, as OPA's server shows it.
    pub(crate) fn module_json(&self, name: &str) -> Option<String> {
        let compiled = self.made.compiled().ok()?;
        let (_, module) = compiled.modules.iter().find(|(given, _)| &**given == name)?;
        Some(module_to_text(module, &JsonOptions::parse_module(), false))
    }

    pub(crate) fn modules_compiled(&self) -> usize {
        self.made.count
    }

    pub(super) fn times(&self) -> (Duration, Duration) {
        self.made.times
    }

    pub(super) fn reads(&self) -> &Reads {
        let all = || self.made.parts.iter().map(|part| &*part.reads).sum();
        self.made.reads.get_or_init(all)
    }

    pub(super) fn packages(&self) -> Vec<&str> {
        self.made.parts.iter().map(|part| part.parsed.package.as_str()).collect()
    }

    /// The rules, in the order of the modules and inside them.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &RuleInfo> {
        self.made.parts.iter().flat_map(|part| &part.parsed.rules)
    }

    /// Whether a rule stands at a path or above it.
    pub(crate) fn has_rules_at(&self, segments: &[Segment]) -> bool {
        self.program.has_rules_at(&self.program.prepare_path(&keys(segments)))
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
            let mut value = |path: &Path| match path.prepared.get() {
                Some(prepared) => evaluation.value(prepared),
                None => {
                    let prepared = self.program.prepare_path(&keys(&path.segments));
                    evaluation.value(path.prepared.get_or_init(|| prepared))
                }
            };
            paths.iter().map(|path| Ok(value(path)?.cloned())).collect::<Result<Vec<_>, _>>()
        })
        .map(|(values, said)| {
            let values = values.into_iter().map(|value| value.map(Value)).collect();
            Values { values, prints: said.prints, read_base: said.read_base }
        })
    }

    pub(super) fn query(
        &self,
        query: &str,
        input: Option<&Value>,
        budget: &EvalBudget,
        world: &World<'_>,
    ) -> Result<QueryResults, RegoError> {
        let question = Question { world: *world, ..Question::new(query, *budget).over(input) };
        self.ask(&question).results.map_err(|errors| errors.first().clone())
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
    ) -> Result<(T, Said), RegoError> {
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
    ) -> Result<(T, Said), RegoError> {
        let mut said = Said::default();
        let over = (&self.program, arena, input);
        let result = self.run_saying(over, within, probe, &mut said, evaluate);
        result.map(|value| (value, said))
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
        self.within((budget, world), |context| {
            self.evaluate_within((program, arena, input), budget, context, (probe, said), evaluate)
        })
    }

    /// Does something inside a budget.
    fn within<T>(
        &self,
        (budget, world): (&EvalBudget, &World<'_>),
        work: impl FnOnce(&mut Context<'_>) -> T,
    ) -> T {
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
        context.shared = Some(&self.made.caches);
        context.calls = world.calls.map(Calls::inner);
        work(&mut context)
    }

    fn evaluate_within<'a, T: Results, P: Probe>(
        &'a self,
        (program, arena, input): (&'a Program, &'a Arena, Option<&'a Value>),
        budget: &EvalBudget,
        context: &mut Context<'_>,
        (probe, said): (P, &mut Said),
        evaluate: impl FnOnce(&mut Evaluation<'a, '_, '_, P>) -> Result<T, Box<EvalError>>,
    ) -> Result<T, RegoError> {
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
        let mut evaluation = program.evaluation_with(arena, input, context, options, probe);
        let result = evaluate(&mut evaluation);
        let failed_builtins = evaluation.builtin_errors().iter().cloned().map(Box::new);
        said.builtin_errors.extend(failed_builtins.map(failed));
        said.read_base = evaluation.has_read_base();
        drop(evaluation);
        results::bounded(result.map_err(failed)?, budget.output, &mut context.meter)
    }
}

/// What an evaluation says besides its result, and what it is to do without.
#[derive(Debug, Default)]
struct Said {
    prints: Vec<String>,
    builtin_errors: Vec<RegoError>,
    read_base: bool,
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

fn keys(segments: &[Segment]) -> Vec<native::Value> {
    let key = |segment: &Segment| match segment {
        Segment::Name(name) => native::Value::text(name),
        // No array is longer than the numbers here go.
        Segment::Number(number) => native::Value::from(*number),
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
