//! The commands, a file each.

mod absent;
mod build;
mod capabilities;
mod check;
mod config;
mod conformance;
mod copy;
mod discover;
mod eval;
mod facts;
mod inspect;
mod parse;
mod pull;
mod push;
mod roots;
pub(crate) mod serve;
mod sign;
mod test;
mod verify;
mod verify_blob;
mod version;

pub(crate) use facts::gather_with;

use crate::args::GlobalArgs;
use crate::config::{Config, Overlay, Variables};
use crate::console::Console;
use crate::error::CliError;
use crate::exit::Exit;
use crate::log::{self, LogConfig};
use clap::Subcommand;

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Decide whether artifacts may be used
    Verify(verify::VerifyArgs),
    /// Decide whether a file may be used, by the bundles that vouch for it
    VerifyBlob(Box<verify_blob::VerifyBlobArgs>),
    /// Show what refers to an artifact, as a tree
    Discover(discover::DiscoverArgs),
    /// Write the facts about an artifact, the document that a policy sees as its input
    Facts(facts::FactsArgs),
    /// Copy an artifact with everything that refers to it
    Copy(copy::CopyArgs),
    /// Renew the trusted roots of Sigstore instances, and show them
    Roots(roots::RootsArgs),
    /// Evaluate a Rego query, over saved facts or any other input
    Eval(Box<eval::EvalArgs>),
    /// Run the tests of a policy
    Test(test::TestArgs),
    /// Find everything that is wrong with modules, before they are evaluated
    Check(check::CheckArgs),
    /// Build a bundle of policies and data
    Build(Box<build::BuildArgs>),
    /// Sign a bundle
    Sign(sign::SignArgs),
    /// Show what is in a bundle
    Inspect(inspect::InspectArgs),
    /// Push a bundle to a registry, in the layout that OPA reads
    Push(Box<push::PushArgs>),
    /// Pull a bundle from a registry
    Pull(Box<pull::PullArgs>),
    /// Show the syntax tree of a module
    Parse(parse::ParseArgs),
    #[command(flatten)]
    Absent(absent::AbsentCommand),
    /// Show the builtins and keywords there are, in OPA's form
    Capabilities(capabilities::CapabilitiesArgs),
    /// Run a suite of another project against Referee
    Conformance(conformance::ConformanceArgs),
    /// Serve decisions over HTTP
    Serve(Box<serve::ServeArgs>),
    /// Show the configuration in force
    Config(config::ConfigArgs),
    /// Show the version of the command and its parts
    Version(version::VersionArgs),
}

impl Command {
    /// Does it.
    ///
    /// # Errors
    /// [`CliError`] where there is no answer.
    pub(crate) async fn run(
        self,
        global: &GlobalArgs,
        console: &mut Console,
    ) -> Result<Exit, CliError> {
        let mut overlay = Overlay::default();
        global.overlay(&mut overlay);
        match &self {
            Self::Verify(args) => args.overlay(&mut overlay)?,
            Self::VerifyBlob(args) => args.overlay(&mut overlay)?,
            Self::Discover(args) => args.overlay(&mut overlay),
            Self::Facts(args) => args.overlay(&mut overlay),
            Self::Copy(args) => args.overlay(&mut overlay),
            Self::Roots(args) => args.overlay(&mut overlay),
            Self::Push(args) => args.overlay(&mut overlay),
            Self::Pull(args) => args.overlay(&mut overlay),
            Self::Serve(args) => args.overlay(&mut overlay)?,
            // Its answer must not depend on a configuration that may be what is wrong.
            Self::Version(args) => return version::run(args, console),
            Self::Absent(command) => return Err(command.refused()),
            Self::Eval(_)
            | Self::Test(_)
            | Self::Check(_)
            | Self::Build(_)
            | Self::Sign(_)
            | Self::Inspect(_)
            | Self::Parse(_)
            | Self::Capabilities(_)
            | Self::Conformance(_)
            | Self::Config(_) => {}
        }
        let config = Config::load(global.config.as_deref(), &Variables::of_process(), overlay)?;
        let serving = matches!(self, Self::Serve(_));
        log::start(LogConfig {
            level: config.log_level(serving),
            format: config.log_format,
            color: console.err_paint.is_on(),
        });
        match &config.file {
            Some(file) => tracing::debug!(file = %file.display(), "read the configuration"),
            None => tracing::debug!("no configuration file, the defaults are in force"),
        }
        let verbose = global.verbose > 0;
        match self {
            Self::Verify(args) => verify::run(&args, &config, verbose, console).await,
            Self::VerifyBlob(args) => verify_blob::run(*args, &config, verbose, console).await,
            Self::Discover(args) => discover::run(&args, &config, console).await,
            Self::Facts(args) => facts::run(&args, &config, console).await,
            Self::Copy(args) => copy::run(&args, &config, console).await,
            Self::Roots(args) => roots::run(&args, &config, console).await,
            Self::Eval(args) => eval::run(*args, &config, console).await,
            Self::Test(args) => test::run(args, &config, verbose, console).await,
            Self::Check(args) => check::run(args, &config, console).await,
            Self::Build(args) => build::run(*args, &config, console).await,
            Self::Sign(args) => sign::run(&args, &config),
            Self::Inspect(args) => inspect::run(&args, &config, console),
            Self::Push(args) => push::run(&args, &config, console).await,
            Self::Pull(args) => pull::run(&args, &config, console).await,
            Self::Parse(args) => parse::run(&args, &config, console),
            Self::Capabilities(args) => capabilities::run(&args, &config, console),
            Self::Conformance(args) => conformance::run(args, &config, console).await,
            Self::Serve(args) => serve::run(config, &args).await,
            Self::Config(args) => config::run(&args, &config, console),
            Self::Version(args) => version::run(&args, console),
            Self::Absent(command) => Err(command.refused()),
        }
    }
}
