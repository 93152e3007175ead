//! `referee facts`: the facts about an artifact, for policy authors and for replays.

use crate::args::{QuestionArgs, RegistryArgs, TrustArgs};
use crate::config::{Config, Overlay};
use crate::console::{Console, Role};
use crate::error::CliError;
use crate::exit::Exit;
use crate::interrupt::until_interrupted;
use crate::output::json;
use crate::progress::Progress;
use crate::setup;
use clap::Args;
use referee_engine::{Gathered, Request};

/// The arguments of `referee facts`.
#[derive(Args, Debug)]
pub(crate) struct FactsArgs {
    /// The artifact: registry/repository:tag, …@digest, or oci-layout:PATH, with `:tag` or `@digest` after it
    #[arg(value_name = "REF")]
    reference: String,
    #[command(flatten)]
    trust: TrustArgs,
    /// The document on one line
    #[arg(long)]
    compact: bool,
    /// The form of the answer; json is the only one
    #[arg(short, long, value_name = "FORM", default_value = "json", value_parser = ["json"], hide = true)]
    output: String,
    #[command(flatten)]
    question: QuestionArgs,
    #[command(flatten)]
    registry: RegistryArgs,
}

impl FactsArgs {
    /// Adds what is given to the configuration.
    pub(crate) fn overlay(&self, overlay: &mut Overlay) {
        self.trust.overlay(overlay);
        self.question.overlay(overlay);
        self.registry.overlay(overlay);
    }
}

/// Runs the command.
///
/// # Errors
/// Where the reference cannot be resolved. Facts that are not complete are an answer.
pub(crate) async fn run(
    args: &FactsArgs,
    config: &Config,
    console: &mut Console,
) -> Result<Exit, CliError> {
    let request = args.question.request(&args.reference, config)?;
    let facts = gather(config, request, console, "gathering facts about").await?.facts();
    if !facts.complete {
        let warning = console.err_paint.show(Role::Warn, "warning");
        let count = facts.unavailable.len();
        writeln!(
            console.err(),
            "{warning}: the facts are not complete: {count} entries under `unavailable`"
        )?;
    }
    match args.compact {
        true => json::compact(console.out(), &facts)?,
        false => json::document(console.out(), &facts)?,
    }
    Ok(Exit::Success)
}

/// Gathers the facts for one request.
///
/// # Errors
/// Where the reference cannot be resolved, or the work is interrupted.
pub(crate) async fn gather(
    config: &Config,
    request: Request,
    console: &Console,
    what: &'static str,
) -> Result<Gathered, CliError> {
    let engine = setup::engine(config, setup::trust(config)?)?;
    let mut progress = Progress::new(console.watched, 1, what);
    until_interrupted(async { Ok(progress.during(engine.gather(&request)).await?) }).await
}
