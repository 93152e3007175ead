//! Runs OPA's cases through the real OPA or Referee's front: what `referee conformance rego` does,
//! with the real OPA as an engine too.

use clap::{Parser, ValueEnum};
use referee_conformance::rego::{Expectations, Front, Implementation, Oracle, load, run};
use referee_conformance::report::{Format, write};
use referee_rego::EngineChoice;
use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// Runs OPA's cases.
#[derive(Parser)]
struct Arguments {
    /// The folder of cases.
    #[arg(long)]
    cases: PathBuf,
    /// What runs them.
    #[arg(long, value_enum, default_value_t = Engine::Native)]
    engine: Engine,
    /// The oracle's program, where it lies elsewhere than its build script puts it.
    #[arg(long)]
    oracle: Option<PathBuf>,
    /// A list of cases that are expected to fail.
    #[arg(long)]
    expect: Option<PathBuf>,
    /// How the report is written.
    #[arg(long, value_enum, default_value_t = Output::Human)]
    output: Output,
    /// The name of the suite.
    #[arg(long, default_value = "opa-v1")]
    suite: String,
}

#[derive(Clone, Copy, ValueEnum)]
enum Engine {
    /// Referee's own engine.
    Native,
    /// The crate `regorus`, behind Referee's front.
    Regorus,
    /// The real OPA.
    Opa,
}

#[derive(Clone, Copy, ValueEnum)]
enum Output {
    Human,
    Json,
    Junit,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = Arguments::parse();
    let cases = load(&arguments.cases)?;
    let expectations = match &arguments.expect {
        Some(path) => Expectations::read(path)?,
        None => Expectations::none(),
    };
    let implementation: Box<dyn Implementation + Sync> = match arguments.engine {
        Engine::Native => Box::new(Front::new(EngineChoice::Native)),
        Engine::Regorus => Box::new(Front::new(EngineChoice::Regorus)),
        Engine::Opa => {
            let program = arguments.oracle.or_else(Oracle::find);
            let program = program.ok_or("no oracle: run conformance/opa/build.sh")?;
            Box::new(Oracle::start(&program, 2)?)
        }
    };
    let report = run(&arguments.suite, &cases, implementation.as_ref(), &expectations);
    let format = match arguments.output {
        Output::Human => Format::Human,
        Output::Json => Format::Json,
        Output::Junit => Format::Junit,
    };
    let mut out = std::io::stdout().lock();
    write(&report, format, &mut out)?;
    out.flush()?;
    Ok(if report.is_as_expected() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
