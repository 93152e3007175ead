//! `referee eval`: evaluate a Rego query over saved facts, or over any other input.
//!
//! The flags, the forms and the reports are those of `opa eval`.

mod args;
mod partial;

pub(crate) use args::EvalArgs;

use crate::config::{Config, PolicyChoice, ViewName};
use crate::console::Console;
use crate::error::{CliError, rego_error};
use crate::escape::Safe;
use crate::exit::Exit;
use crate::files;
use crate::interrupt::until_interrupted;
use crate::load::Loaded;
use crate::output::eval::{Form, Output, nanos};
use crate::output::rego as told;
use crate::output::stats::Stats;
use crate::rego::{self, require_native};
use crate::setup;
use args::Steps;
use referee_core::{Facts, Limits};
use referee_engine::InputView;
use referee_rego::{
    Answer, CompileOptions, Coverage, CoverageKind, EngineChoice, EvalBudget, Module, ProfileLine,
    ProfileOrder, Program, Question, Reports, Value,
};
use referee_store::{Clock as _, PolicyNetwork, SystemClock};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// What standard input is called.
const STDIN: &str = "standard input";

/// How many lines a profile has unless others are asked for; OPA's number.
const PROFILE_LINES: usize = 10;

/// What was asked, ready to be evaluated.
struct Asked {
    program: Program,
    /// The modules that were given, without the library.
    modules: Vec<Module>,
    query: String,
    package: Option<String>,
    imports: Vec<String>,
    input: Option<Value>,
    budget: EvalBudget,
    reports: Reports,
    indexing: bool,
    early_exit: bool,
    count: u32,
    coverage_kinds: Vec<CoverageKind>,
    network: Option<PolicyNetwork>,
    times: LoadTimes,
}

/// How long it took to read what was given, where anything was.
#[derive(Clone, Copy, Debug, Default)]
struct LoadTimes {
    files: Option<Duration>,
    data: Option<Duration>,
}

/// Runs the command.
///
/// # Errors
/// Where files cannot be read, or the query does not hold together or fails.
pub(crate) async fn run(
    args: EvalArgs,
    config: &Config,
    console: &mut Console,
) -> Result<Exit, CliError> {
    args.absent.refuse()?;
    partial::check_form(&args)?;
    let orders = args.report.orders()?;
    let asked = match prepare(&args, config) {
        Ok(asked) => asked,
        Err(error) => return refuse(error, args.output, console),
    };
    if args.partial.partial {
        let unknown = partial::Unknown::from(&args.partial);
        let joined = until_interrupted(async {
            let work = move || partial::evaluate(&asked, &unknown);
            let joined = tokio::task::spawn_blocking(work).await;
            joined.map_err(|error| CliError::Runtime(io::Error::other(error)))
        });
        return partial::tell(&args, joined.await?, console);
    }
    let joined = until_interrupted(async {
        let joined = tokio::task::spawn_blocking(move || evaluate(asked)).await;
        joined.map_err(|error| CliError::Runtime(io::Error::other(error)))
    });
    let done = joined.await?;
    let Some(first) = done.answers.first() else { return Ok(Exit::Success) };
    for line in done.answers.iter().flat_map(|answer| &answer.told.prints) {
        writeln!(console.err(), "{}", Safe(line))?;
    }
    let paint = console.err_paint;
    let mut exit = Exit::Success;
    let mut output = done.output(&args, &orders);
    match &first.results {
        Ok(results) => {
            let defined = !results.rows.is_empty();
            output.results = Some(results);
            if (args.fail && !defined) || (args.fail_defined && defined) {
                exit = Exit::Denied;
            }
        }
        Err(errors) => {
            output.errors = errors.iter().map(told::error).collect();
            exit = Exit::Error;
        }
    }
    output.errors.extend(first.told.builtin_errors.iter().map(told::error));
    output.write(args.output, console.out())?;
    if !matches!(args.output, Form::Json | Form::Discard) {
        if let Err(errors) = &first.results {
            return Err(CliError::Compile(errors.clone()));
        }
        for error in &first.told.builtin_errors {
            rego_error(console.err(), paint, error)?;
        }
    }
    Ok(exit)
}

/// Tells an error that came before any evaluation.
fn refuse(error: CliError, form: Form, console: &mut Console) -> Result<Exit, CliError> {
    match told::told_errors(&error) {
        Some(errors) if matches!(form, Form::Json | Form::Discard) => {
            told::errors(errors).write(console.out())?;
            Ok(Exit::Error)
        }
        _ => Err(error),
    }
}

fn prepare(args: &EvalArgs, config: &Config) -> Result<Asked, CliError> {
    let from_stdin =
        args.stdin_input || args.input.as_ref().is_some_and(|path| path.as_os_str() == "-");
    if args.stdin && from_stdin {
        return Err(CliError::StdinTwice);
    }
    let options = options(args, config)?;
    let started = Instant::now();
    let loaded = loaded(args, config)?;
    let reads_files = args.policy.is_some() || !args.data.is_empty() || !args.bundle.is_empty();
    let times =
        LoadTimes { files: reads_files.then(|| started.elapsed()), data: loaded.parse_time };
    let query = match &args.query {
        Some(query) => query.clone(),
        None => {
            let limit = config.limits.max_policy_file_bytes;
            read(STDIN, || files::read_stream(io::stdin().lock(), limit))?
        }
    };
    let package = args.package.as_deref().unwrap_or_default();
    let texts = args.import.iter().map(String::as_str).chain([query.as_str(), package]);
    let with_library = texts.into_iter().any(rego::may_use_library);
    let program = rego::compile(&loaded, with_library, options)?;
    let input = if from_stdin {
        Some(read_input(Path::new("-"), &config.limits)?)
    } else {
        args.input.as_ref().map(|path| read_input(path, &config.limits)).transpose()?
    };
    let input = input.map(|input| viewed(input, args.input_view)).transpose()?;
    Ok(Asked {
        program,
        modules: loaded.modules,
        query,
        package: args.package.clone(),
        imports: args.import.clone(),
        input,
        budget: EvalBudget::new(args.timeout, args.now.unwrap_or_else(|| SystemClock.now())),
        reports: args.report.reports(args.show_builtin_errors),
        indexing: !args.report.disable_indexing,
        early_exit: !args.report.disable_early_exit,
        count: args.report.count,
        coverage_kinds: args.report.coverage_runs.kinds()?,
        network: args.network.network(args.language.engine(config))?,
        times,
    })
}

fn options(args: &EvalArgs, config: &Config) -> Result<CompileOptions, CliError> {
    let options = args.language.options(config)?;
    let options = if is_rego_v0(args, config) { options.with_rego_v0(true) } else { options };
    if options.engine != EngineChoice::Native {
        // The other engine could not be asked the same.
        let (package, import) = (args.package.is_some(), !args.import.is_empty());
        require_native(&[("package", package), ("import", import)])?;
    }
    if options.engine == EngineChoice::Regorus {
        let report = &args.report;
        require_native(&[
            ("strict", args.strict),
            ("show-builtin-errors", args.show_builtin_errors),
            ("explain", report.explain != Steps::Off),
            ("profile", report.wants_profile()),
            ("coverage", report.coverage),
            ("disable-indexing", report.disable_indexing),
            ("disable-early-exit", report.disable_early_exit),
            ("partial", args.partial.partial),
        ])?;
    }
    Ok(options.with_strict(args.strict).with_strict_builtin_errors(args.strict_builtin_errors))
}

fn loaded(args: &EvalArgs, config: &Config) -> Result<Loaded, CliError> {
    let policy = args.policy.as_deref().map(PolicyChoice::parse);
    let within = (&config.limits, is_rego_v0(args, config));
    let ignore = &args.load.ignore;
    let mut parts = Vec::new();
    if let Some(policy) = &policy {
        parts.push(setup::named_policy(policy, &config.limits)?);
    }
    parts.push(rego::load(&args.data, ignore, false, false, within)?);
    parts.push(rego::load(&args.bundle, ignore, true, false, within)?);
    let mut all = Loaded::default();
    for part in parts {
        all.modules.extend(part.modules);
        all.parse_time = match (all.parse_time, part.parse_time) {
            (Some(one), Some(other)) => Some(one.saturating_add(other)),
            (one, other) => one.or(other),
        };
        all.data = match (all.data.take(), part.data) {
            // What comes later is laid over what came before, as data is over a pack's defaults.
            (Some(under), Some(over)) => Some(under.merged_with(&over)),
            (one, other) => one.or(other),
        };
    }
    Ok(all)
}

fn is_rego_v0(args: &EvalArgs, config: &Config) -> bool {
    args.language.rego_v0(config) || InputView::from(args.input_view).is_rego_v0()
}

/// The input as a view has it.
fn viewed(input: Value, view: ViewName) -> Result<Value, CliError> {
    if view == ViewName::Facts {
        return Ok(input);
    }
    let facts: Facts = serde_json::from_str(&input.to_json_string())
        .map_err(|source| CliError::NoFacts { source })?;
    let document = InputView::from(view).document(&facts).map_err(CliError::View)?;
    Value::from_json(document)
        .map_err(|source| CliError::Input { name: "the input".to_owned(), source })
}

/// Reads the input: JSON where it is, else YAML.
fn read_input(path: &Path, limits: &Limits) -> Result<Value, CliError> {
    let limit = limits.max_policy_data_bytes;
    if path.as_os_str() == "-" {
        let text = read(STDIN, || files::read_stream(io::stdin().lock(), limit))?;
        return rego::parse_document(STDIN, &text);
    }
    let name = path.display().to_string();
    let text = read(&name, || files::read_text(path, limit))?;
    rego::parse_document(&name, &text)
}

fn read(name: &str, read: impl FnOnce() -> io::Result<String>) -> Result<String, CliError> {
    read().map_err(|source| CliError::File { path: name.into(), source })
}

/// What came of it.
struct Done {
    answers: Vec<Answer>,
    program: Program,
    modules: Vec<Module>,
    times: LoadTimes,
    /// What was covered with something left out: the index, or leaving rules early.
    more: Vec<(CoverageKind, Coverage)>,
}

fn evaluate(asked: Asked) -> Done {
    let mut question =
        Question::new(&asked.query, asked.budget).over(asked.input.as_ref()).telling(asked.reports);
    question.package = asked.package.as_deref();
    question.imports = &asked.imports;
    question.indexing = asked.indexing;
    question.early_exit = asked.early_exit;
    question.world = rego::world(asked.network.as_ref());
    let answers: Vec<_> = (0..asked.count).map(|_| asked.program.ask(&question)).collect();
    let mut more = Vec::new();
    // As in OPA, not after an error.
    let well = answers.iter().all(|answer| answer.results.is_ok());
    for kind in asked.coverage_kinds.iter().filter(|_| asked.reports.coverage && well) {
        let only = Reports { coverage: true, ..Reports::default() };
        let mut again = question.clone().telling(only);
        again.indexing &= *kind != CoverageKind::IndexExcluded;
        again.early_exit &= *kind != CoverageKind::EarlyExit;
        more.push((*kind, asked.program.ask(&again).told.coverage));
    }
    let Asked { program, modules, times, .. } = asked;
    Done { answers, program, modules, times, more }
}

impl Done {
    fn output<'o>(&'o self, args: &EvalArgs, orders: &[ProfileOrder]) -> Output<'o> {
        let report = &args.report;
        let mut output = Output { variables: report.var_values, ..Output::default() };
        let Some(first) = self.answers.first() else { return output };
        if let Some(explain) = report.explain.explain() {
            output.explanation = first.told.trace.filtered(explain);
        }
        if report.coverage {
            let others: Vec<_> = self.more.iter().map(|(kind, covered)| (*kind, covered)).collect();
            let covered = &first.told.coverage;
            output.coverage = Some(self.program.coverage_report(&self.modules, covered, &others));
        }
        let metrics = || self.answers.iter().map(|answer| self.timers(answer));
        let profiled = report.wants_profile();
        let several = self.answers.len() > 1;
        if report.metrics || profiled {
            if several {
                let mut timers: BTreeMap<String, Vec<u64>> = BTreeMap::new();
                for (name, nanos) in metrics().flatten() {
                    timers.entry(name).or_default().push(nanos);
                }
                let stats = timers.into_iter().map(|(name, all)| (name, Stats::new(all)));
                output.aggregated_metrics = stats.collect();
            } else {
                output.metrics = metrics().next();
            }
        }
        if profiled {
            let limit = report.profile_limit.unwrap_or(PROFILE_LINES);
            let limit = (limit > 0).then_some(limit);
            let lines = first.told.profile.lines(orders, limit);
            if several {
                output.aggregated_profile = lines.into_iter().map(|line| self.over(line)).collect();
            } else {
                output.profile = lines;
            }
        }
        output
    }

    /// A line of the profile with its times in all evaluations.
    fn over(&self, line: ProfileLine) -> (ProfileLine, Stats) {
        let times = self.answers.iter().filter_map(|answer| {
            let lines = answer.told.profile.lines(&[], None);
            let same = |other: &ProfileLine| {
                (&other.location.file, other.location.row)
                    == (&line.location.file, line.location.row)
            };
            lines.into_iter().find(same).map(|line| nanos(line.time))
        });
        let stats = Stats::new(times.collect());
        (line, stats)
    }

    /// How long the parts of an answer took, by OPA's names.
    fn timers(&self, answer: &Answer) -> Vec<(String, u64)> {
        let times = answer.told.times;
        let modules = self.program.compile_times();
        let timers = [
            ("timer_rego_data_parse_ns", self.times.data),
            ("timer_rego_load_files_ns", self.times.files),
            ("timer_rego_module_compile_ns", modules.map(|(_, compile)| compile)),
            ("timer_rego_module_parse_ns", modules.map(|(parse, _)| parse)),
            ("timer_rego_query_compile_ns", Some(times.compile)),
            ("timer_rego_query_eval_ns", Some(times.eval)),
            ("timer_rego_query_parse_ns", Some(times.parse)),
        ];
        let taken = timers.into_iter().filter_map(|(name, time)| Some((name, time?)));
        taken.map(|(name, time)| (name.to_owned(), nanos(time))).collect()
    }
}
