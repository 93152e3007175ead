//! `referee conformance`: suites of other projects, run against Referee.
//!
//! The suites lie where the user has them; that of OPA's REST API alone comes with the command.

use crate::config::{Config, EngineName};
use crate::console::Console;
use crate::error::CliError;
use crate::escape::is_deceptive;
use crate::exit::Exit;
use clap::{Args, Subcommand, ValueEnum};
use referee_conformance::opa_api;
use referee_conformance::rego::{Expectations, Front, load, run as run_cases};
use referee_conformance::report::{Format, Report, write};
use referee_conformance::sigstore::{self, Codes};
use referee_rego::EngineChoice;
use referee_store::{Clock as _, SystemClock};
use std::io::{self, Write};
use std::path::PathBuf;

/// The arguments of `referee conformance`.
#[derive(Args, Debug)]
pub(crate) struct ConformanceArgs {
    #[command(subcommand)]
    suite: Suite,
}

/// Which suites there are.
#[derive(Debug, Subcommand)]
enum Suite {
    /// Run OPA's cases, as OPA's own runner judges them
    Rego(RegoArgs),
    /// Run Sigstore's verification cases: each is accepted, or refused for its own reason
    Sigstore(SigstoreArgs),
    /// Compare two servers of OPA's REST API: each request is sent to both
    OpaApi(OpaApiArgs),
}

/// The arguments of `referee conformance rego`.
#[derive(Args, Debug)]
struct RegoArgs {
    /// The folder of cases, JSON or YAML, or a file of them
    #[arg(long, value_name = "DIR")]
    cases: PathBuf,
    /// What evaluates: native or regorus [default: native]
    #[arg(long, value_name = "ENGINE", hide_possible_values = true)]
    engine: Option<EngineName>,
    /// The form of the report: human, json or junit
    #[arg(
        short,
        long,
        short_alias = 'f',
        alias = "format",
        value_name = "FORM",
        default_value = "human",
        hide_possible_values = true
    )]
    output: Form,
    /// A list of cases that are expected to fail, with the reason of each; one that passes all the
    /// same is a failure
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
    /// What the suite is called in the report
    #[arg(long, value_name = "NAME", default_value = "opa-v1")]
    suite: String,
}

/// The arguments of `referee conformance sigstore`.
#[derive(Args, Debug)]
struct SigstoreArgs {
    /// The folder of cases, a folder each: sigstore-conformance's test/assets/bundle-verify
    #[arg(long, value_name = "DIR")]
    cases: PathBuf,
    /// The form of the report: human, json or junit
    #[arg(
        short,
        long,
        short_alias = 'f',
        alias = "format",
        value_name = "FORM",
        default_value = "human",
        hide_possible_values = true
    )]
    output: Form,
    /// A map from codes to the cases that are refused for them, instead of the one that comes with
    /// Referee; a case that stands in none is judged by its ending `_fail`
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
}

/// The arguments of `referee conformance opa-api`.
#[derive(Args, Debug)]
struct OpaApiArgs {
    /// The server whose answers are right: http://HOST:PORT, without policies and data
    #[arg(long, value_name = "URL")]
    reference: String,
    /// The server whose answers must be the same: http://HOST:PORT, without policies and data
    #[arg(long, value_name = "URL")]
    target: String,
    /// A folder of scenarios instead of those that come with Referee
    #[arg(long, value_name = "DIR")]
    cases: Option<PathBuf>,
    /// The form of the report: human, json or junit
    #[arg(
        short,
        long,
        short_alias = 'f',
        alias = "format",
        value_name = "FORM",
        default_value = "human",
        hide_possible_values = true
    )]
    output: Form,
    /// A list of differences that are expected, with the reason of each; a case that agrees all the
    /// same is a failure
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
}

/// The form of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Passes by folder, what fails, and the total.
    Human,
    /// Lines of JSON; the last has the totals.
    Json,
    /// For build servers.
    Junit,
}

/// Runs the command.
///
/// # Errors
/// Where the cases, or the list of those that are expected to fail, cannot be read.
pub(crate) async fn run(
    args: ConformanceArgs,
    config: &Config,
    console: &mut Console,
) -> Result<Exit, CliError> {
    let configured = config.policy.engine;
    let form = match &args.suite {
        Suite::Rego(args) => args.output,
        Suite::Sigstore(args) => args.output,
        Suite::OpaApi(args) => args.output,
    };
    let work = tokio::task::spawn_blocking(move || match &args.suite {
        Suite::Rego(args) => examine(args, args.engine.map_or(configured, EngineChoice::from)),
        Suite::Sigstore(args) => examine_sigstore(args),
        Suite::OpaApi(args) => Ok(examine_opa_api(args)?),
    });
    let report = crate::interrupt::until_interrupted(async {
        work.await.map_err(|error| CliError::Runtime(io::Error::other(error)))
    });
    let report = report.await??;
    tell(&report, form, console.out())?;
    Ok(if report.is_as_expected() { Exit::Success } else { Exit::Denied })
}

/// Writes the report. What could deceive a reader of a terminal is an escape of the form's own.
fn tell(report: &Report, form: Form, out: &mut dyn Write) -> io::Result<()> {
    let format = match form {
        Form::Human => Format::Human,
        Form::Json => Format::Json,
        Form::Junit => Format::Junit,
    };
    let mut text = Vec::new();
    write(report, format, &mut text)?;
    for character in String::from_utf8_lossy(&text).chars() {
        if character == '\n' || !is_deceptive(character) {
            write!(out, "{character}")?;
            continue;
        }
        match form {
            Form::Human => write!(out, "{}", character.escape_unicode())?,
            Form::Json => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
            Form::Junit => write!(out, "&#{};", u32::from(character))?,
        }
    }
    Ok(())
}

fn examine(args: &RegoArgs, engine: EngineChoice) -> Result<Report, CliError> {
    let cases = load(&args.cases)?;
    let expectations = match &args.expect {
        Some(path) => Expectations::read(path)?,
        None => Expectations::none(),
    };
    Ok(run_cases(&args.suite, &cases, &Front::new(engine), &expectations))
}

fn examine_opa_api(args: &OpaApiArgs) -> Result<Report, opa_api::Unusable> {
    let scenarios = match &args.cases {
        Some(folder) => opa_api::load_folder(folder)?,
        None => opa_api::load()?,
    };
    let expected = match &args.expect {
        Some(path) => opa_api::Expected::read(path)?,
        None => opa_api::Expected::default(),
    };
    let reference = opa_api::Address::parse(&args.reference)?;
    let target = opa_api::Address::parse(&args.target)?;
    Ok(opa_api::run(&scenarios, &reference, &target, &expected)?)
}

fn examine_sigstore(args: &SigstoreArgs) -> Result<Report, CliError> {
    let cases = sigstore::load(&args.cases)?;
    let codes = match &args.expect {
        Some(path) => Codes::read(path)?,
        None => Codes::own()?,
    };
    Ok(sigstore::run(&cases, &codes, SystemClock.now()))
}
