//! `referee check`: everything that is wrong with modules, before they are evaluated.

use crate::config::Config;
use crate::console::{Console, Role};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::rego as told;
use crate::rego::{self, LanguageArgs, LoadArgs, are_over_facts, facts_schema, require_native};
use clap::{Args, ValueEnum};
use referee_rego::{EngineChoice, RegoCode, RegoErrors};
use std::io;

/// The arguments of `referee check`.
#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// Modules: .rego files and folders
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<String>,
    /// The paths are bundles, folders or archives
    #[arg(short, long)]
    bundle: bool,
    #[command(flatten)]
    load: LoadArgs,
    /// Take unused variables and imports, shadowing and deprecated builtins for errors
    #[arg(short = 'S', long)]
    strict: bool,
    /// How many errors to tell; 0 for all
    #[arg(short, long, value_name = "N", default_value_t = 10)]
    max_errors: usize,
    /// The form of the answer: human or json
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
    /// Modules must be Rego v0 and Rego v1 at once
    #[arg(long, conflicts_with = "v0_compatible")]
    v0_v1: bool,
    /// Do not check what modules read of their input
    #[arg(long, conflicts_with = "schema")]
    no_schema: bool,
    #[command(flatten)]
    language: LanguageArgs,
}

/// The form of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Lines.
    #[value(alias = "pretty")]
    Human,
    /// OPA's document.
    Json,
}

/// Runs the command.
///
/// # Errors
/// Where files cannot be read, and in the form for readers where anything is wrong with modules.
pub(crate) async fn run(
    args: CheckArgs,
    config: &Config,
    console: &mut Console,
) -> Result<Exit, CliError> {
    let form = args.output;
    let limits = config.clone();
    let work = tokio::task::spawn_blocking(move || check(&args, &limits));
    let checked = crate::interrupt::until_interrupted(async {
        work.await.map_err(|error| CliError::Runtime(io::Error::other(error)))
    });
    let Checked { result, assumed_facts } = checked.await?;
    let Err(error) = result else { return Ok(Exit::Success) };
    let about_input = matches!(&error, CliError::Compile(errors) if is_about_input(errors));
    match told::told_errors(&error) {
        Some(errors) if form == Form::Json => {
            told::errors(errors).write(console.out())?;
            Ok(Exit::Error)
        }
        _ => {
            if assumed_facts && about_input {
                let note = console.err_paint.show(Role::Warn, "note");
                writeln!(
                    console.err(),
                    "{note}: the modules look like policies over facts, whose schema their input \
                     is checked against; --no-schema leaves that out, --schema names another"
                )?;
            }
            Err(error)
        }
    }
}

/// What came of a check.
struct Checked {
    result: Result<(), CliError>,
    /// The schema of the facts was taken without being asked for.
    assumed_facts: bool,
}

fn check(args: &CheckArgs, config: &Config) -> Checked {
    let mut assumed_facts = false;
    let result = check_all(args, config, &mut assumed_facts);
    Checked { result, assumed_facts }
}

fn check_all(args: &CheckArgs, config: &Config, assumed: &mut bool) -> Result<(), CliError> {
    let rego_v0 = args.language.rego_v0(config);
    let mut options = args.language.options(config)?;
    if options.engine == EngineChoice::Regorus {
        require_native(&[("strict", args.strict), ("v0-v1", args.v0_v1)])?;
    }
    options = options.with_strict(args.strict).with_max_errors(args.max_errors);
    let within = (&config.limits, rego_v0);
    let loaded = rego::load(&args.paths, &args.load.ignore, args.bundle, !args.bundle, within)?;
    let native = options.engine != EngineChoice::Regorus;
    if native
        && args.language.schema.is_none()
        && !args.no_schema
        && are_over_facts(&loaded.modules, rego_v0)
    {
        options.schemas.input = Some(facts_schema()?);
        *assumed = true;
    }
    rego::compile(&loaded, false, options.with_rego_v0_v1(args.v0_v1))?;
    Ok(())
}

/// Whether an error is about a reference into the input that leads nowhere.
fn is_about_input(errors: &RegoErrors) -> bool {
    errors.iter().any(|error| {
        error.code == RegoCode::Type && error.message.starts_with("undefined ref: input")
    })
}
