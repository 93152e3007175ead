//! Runs programs of its own making through an engine and through the real OPA, and writes a case
//! file for each on which they divide.

use clap::{Parser, ValueEnum};
use referee_conformance::fuzz::{Differ, Level, Options, Tally, sketch, write_case};
use referee_conformance::rego::{Front, Implementation, Oracle};
use referee_rego::EngineChoice;
use std::collections::BTreeMap;
use std::error::Error;
use std::io::{Write, stdout};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Compares an engine with the real OPA on random programs.
#[derive(Parser)]
struct Arguments {
    /// How many programs.
    #[arg(long, default_value_t = 10_000)]
    count: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// What is examined. `opa` compares OPA with itself: what it answers differently twice is no
    /// function of the program.
    #[arg(long, value_enum, default_value_t = Engine::Native)]
    engine: Engine,
    /// How closely outcomes are compared.
    #[arg(long, value_enum, default_value_t = Closeness::Exact)]
    level: Closeness,
    /// Where case files go.
    #[arg(long, default_value = "divergences")]
    out: PathBuf,
    /// Stop after so many divergences.
    #[arg(long, default_value_t = 1_000)]
    limit: usize,
    /// At most so many case files of divergences that look alike.
    #[arg(long, default_value_t = 2)]
    alike: usize,
    /// Programs in a batch.
    #[arg(long, default_value_t = 500)]
    batch: u64,
    /// Programs that are broken on purpose, in percent.
    #[arg(long)]
    broken: Option<usize>,
    /// Only show the program of the first seed.
    #[arg(long)]
    show: bool,
    /// Say how often each form and builtin was used, and which errors there were.
    #[arg(long)]
    coverage: bool,
    /// Leave divergences as large as they are.
    #[arg(long)]
    no_shrink: bool,
    /// The oracle's program, where it lies elsewhere than its build script puts it.
    #[arg(long)]
    oracle: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Engine {
    Native,
    Regorus,
    Opa,
}

#[derive(Clone, Copy, ValueEnum)]
enum Closeness {
    Values,
    Codes,
    Messages,
    Exact,
}

/// The stack of the thread that evaluates.
const STACK: usize = 512 << 20;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = Arguments::parse();
    let thread = std::thread::Builder::new().stack_size(STACK);
    let done = thread.spawn(move || work(&arguments).map_err(|error| error.to_string()))?;
    match done.join() {
        Ok(result) => Ok(result?),
        Err(_) => Err("the fuzzer panicked".into()),
    }
}

fn work(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let mut options = Options::default();
    options.broken = arguments.broken.unwrap_or(options.broken);
    let mut out = stdout().lock();
    if arguments.show {
        return show(arguments.seed, &options, &mut out);
    }
    let program = arguments.oracle.clone().or_else(Oracle::find);
    let program = program.ok_or("no oracle: run conformance/opa/build.sh")?;
    let oracle = Oracle::start(&program, 2)?;
    let subject: Box<dyn Implementation + Sync> = match arguments.engine {
        Engine::Native => Box::new(Front::new(EngineChoice::Native)),
        Engine::Regorus => Box::new(Front::new(EngineChoice::Regorus)),
        Engine::Opa => Box::new(Oracle::start(&program, 1)?),
    };
    let level = match arguments.level {
        Closeness::Values => Level::Values,
        Closeness::Codes => Level::Codes,
        Closeness::Messages => Level::Messages,
        Closeness::Exact => Level::Exact,
    };
    let differ = Differ { reference: &oracle, subject: subject.as_ref(), level, options };
    let mut tally = Tally::default();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut signatures: BTreeMap<String, usize> = BTreeMap::new();
    let started = Instant::now();
    let end = arguments.seed.saturating_add(arguments.count);
    let mut next = arguments.seed;
    let mut told = Instant::now();
    while next < end {
        let upto = next.saturating_add(arguments.batch).min(end);
        // Where the process dies, this says which programs it was at.
        std::fs::create_dir_all(&arguments.out)?;
        std::fs::write(
            arguments.out.join("under-way"),
            format!("--seed {next} --count {}\n", upto - next),
        )?;
        for divergence in differ.run(next..upto, &mut tally) {
            *kinds.entry(divergence.difference.to_string()).or_default() += 1;
            let count = signatures.entry(divergence.signature()).or_default();
            *count += 1;
            if *count > arguments.alike {
                continue;
            }
            let found = if arguments.no_shrink { divergence } else { differ.shrink(divergence) };
            let note = format!("{}/{}", found.difference, found.seed);
            let program = found.sketch.program();
            let path = write_case(&arguments.out, &note, &program, &found.wanted, &found.got)?;
            writeln!(out, "{} {}", found.difference, path.display())?;
        }
        next = upto;
        if told.elapsed() > Duration::from_secs(20) {
            told = Instant::now();
            let seconds = started.elapsed().as_secs().max(1);
            let programs = u64::try_from(tally.programs).unwrap_or(u64::MAX);
            writeln!(out, "{programs} programs, {}/s, {kinds:?}", programs / seconds)?;
        }
        if kinds.values().sum::<usize>() >= arguments.limit {
            break;
        }
    }
    std::fs::remove_file(arguments.out.join("under-way"))?;
    for (signature, count) in &signatures {
        writeln!(out, "{count:>8} {signature}")?;
    }
    report(&mut out, arguments, &tally, started.elapsed(), &kinds)?;
    Ok(if kinds.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn report(
    out: &mut dyn Write,
    arguments: &Arguments,
    tally: &Tally,
    elapsed: Duration,
    kinds: &BTreeMap<String, usize>,
) -> std::io::Result<()> {
    if arguments.coverage {
        writeln!(out, "{} forms and builtins:", tally.forms.len())?;
        for (form, count) in &tally.forms {
            writeln!(out, "{count:>8} {form}")?;
        }
        let mut errors: Vec<_> = tally.errors.iter().collect();
        errors.sort_by(|one, two| two.1.cmp(one.1));
        for (error, count) in errors.into_iter().take(80) {
            writeln!(out, "{count:>8} {error}")?;
        }
    }
    let Tally { programs, refused, broken, wavering, queries, .. } = tally;
    let Tally { defined, telling, failed, .. } = tally;
    let divergences: usize = kinds.values().sum();
    writeln!(
        out,
        "{programs} programs in {:.1} s: {refused} refused, {broken} not answered; {queries} \
         queries: {defined} defined ({telling} telling), {failed} failed; {wavering} answered \
         differently by the reference; {divergences} divergences {kinds:?}",
        elapsed.as_secs_f64(),
    )
}

fn show(seed: u64, options: &Options, out: &mut dyn Write) -> Result<ExitCode, Box<dyn Error>> {
    let program = sketch(seed, options).program();
    for module in &program.modules {
        writeln!(out, "# {}\n{}", module.name, module.text)?;
    }
    let data = program.data.as_ref().map(ToString::to_string).unwrap_or_default();
    writeln!(out, "data {data}\ninput {:?}\n{:#?}", program.input, program.settings)?;
    for query in &program.queries {
        writeln!(out, "query {query}")?;
    }
    Ok(ExitCode::SUCCESS)
}
