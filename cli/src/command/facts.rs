//! `referee facts`: the facts about an artifact, for policy authors and for replays.

use crate::args::{QuestionArgs, RegistryArgs, TrustArgs};
use crate::config::{Config, Overlay, ViewName};
use crate::console::{Console, Role};
use crate::error::CliError;
use crate::escape::Safe;
use crate::evidence::{EvidenceArgs, Saving};
use crate::exit::Exit;
use crate::interrupt::until_interrupted;
use crate::output::json;
use crate::progress::Progress;
use crate::roots;
use crate::setup::{self, Reach};
use clap::Args;
use referee_engine::{Engine, Gathered, InputView, Request};
use serde::Serialize;
use std::path::PathBuf;

/// The arguments of `referee facts`.
#[derive(Args, Debug)]
pub(crate) struct FactsArgs {
    /// The artifact: registry/repository:tag, …@digest, or oci-layout:PATH, with `:tag` or `@digest` after it
    #[arg(value_name = "REF", required_unless_present = "evidence", conflicts_with = "evidence")]
    reference: Option<String>,
    /// Save every byte used, to establish the facts again without a network: to a folder, or to a
    /// tar file where the name ends in .tar
    #[arg(long, value_name = "DIR|TAR", conflicts_with = "evidence")]
    save_evidence: Option<PathBuf>,
    #[command(flatten)]
    evidence: EvidenceArgs,
    #[command(flatten)]
    trust: TrustArgs,
    /// What is shown: facts, or ratify for the document that Ratify would give to a policy
    #[arg(long, value_name = "VIEW", default_value = "facts", hide_possible_values = true)]
    input_view: ViewName,
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
    const WHAT: &str = "gathering facts about";
    let replay = args.evidence.open()?;
    let gathered = match (&replay, &args.reference, &args.save_evidence) {
        (Some(replay), _, _) => {
            let question = &args.question;
            let (engine, request) =
                replay.engine(question, args.trust.given(), config, console).await?;
            let gathered = gather_with(&engine, request, console, WHAT).await?;
            replay.compare(gathered.digest(), question, args.trust.given(), console)?;
            gathered
        }
        (None, Some(reference), save) => {
            let mut request = args.question.request(reference, config)?;
            args.evidence.check(&request)?;
            match save {
                Some(path) => {
                    let reach = args.evidence.reach();
                    let saving = Saving { path, reference, reach, config };
                    let gathered = saving.gather(request, console).await?;
                    let note = console.err_paint.show(Role::Head, "evidence");
                    let (digest, path) = (gathered.1, path.display().to_string());
                    writeln!(console.err(), "{note}: {} saved, {digest}", Safe(&path))?;
                    gathered.0
                }
                None => {
                    let reach = args.evidence.reach();
                    let store = setup::store(config, reach)?;
                    let trust = setup::trust(config)?;
                    let renewed = roots::renewed(trust, config, reach, console).await?;
                    request.deadline = renewed.left_of(request.deadline);
                    let engine = setup::engine_over(store, config, renewed.trust)?;
                    gather_with(&engine, request, console, WHAT).await?
                }
            }
        }
        // The arguments demand one of the two.
        (None, None, _) => return Ok(Exit::Error),
    };
    let facts = gathered.facts();
    if !facts.complete {
        let warning = console.err_paint.show(Role::Warn, "warning");
        let count = facts.unavailable.len();
        writeln!(
            console.err(),
            "{warning}: the facts are not complete: {count} entries under `unavailable`"
        )?;
    }
    match args.input_view {
        ViewName::Facts => written(&facts, args.compact, console)?,
        ViewName::Ratify => {
            let document = InputView::Ratify.document(&facts).map_err(CliError::View)?;
            written(&document, args.compact, console)?;
        }
    }
    Ok(Exit::Success)
}

fn written(
    document: &impl Serialize,
    compact: bool,
    console: &mut Console,
) -> Result<(), CliError> {
    match compact {
        true => json::compact(console.out(), document)?,
        false => json::document(console.out(), document)?,
    }
    Ok(())
}

/// Gathers the facts for one request.
///
/// # Errors
/// Where the reference cannot be resolved, or the work is interrupted.
pub(crate) async fn gather(
    config: &Config,
    mut request: Request,
    console: &mut Console,
    what: &'static str,
) -> Result<Gathered, CliError> {
    let store = setup::store(config, Reach::Anywhere)?;
    let renewed = roots::renewed(setup::trust(config)?, config, Reach::Anywhere, console).await?;
    request.deadline = renewed.left_of(request.deadline);
    let engine = setup::engine_over(store, config, renewed.trust)?;
    gather_with(&engine, request, console, what).await
}

/// Gathers the facts for one request with an engine.
///
/// # Errors
/// Where the reference cannot be resolved, or the work is interrupted.
pub(crate) async fn gather_with(
    engine: &Engine,
    request: Request,
    console: &Console,
    what: &'static str,
) -> Result<Gathered, CliError> {
    let mut progress = Progress::new(console.watched, 1, what);
    until_interrupted(async { Ok(progress.during(engine.gather(&request)).await?) }).await
}
