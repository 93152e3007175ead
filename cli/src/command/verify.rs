//! `referee verify`: decide whether artifacts may be used.

use crate::args::{PolicyArgs, QuestionArgs, RegistryArgs, TrustArgs};
use crate::config::{Config, Overlay};
use crate::console::Console;
use crate::error::CliError;
use crate::evidence::EvidenceArgs;
use crate::exit::Exit;
use crate::interrupt::until_interrupted;
use crate::output::sheet::View;
use crate::output::{Answer, Format, github, human, json, junit, sarif};
use crate::progress::Progress;
use crate::{roots, setup};
use clap::Args;
use futures_util::StreamExt as _;
use futures_util::stream;
use referee_engine::{Engine, LoadedPolicy, Request};

/// How many references are under way at once. Each has its own concurrency inside; more would
/// only have them wait for one another at their registry.
const AT_ONCE: usize = 8;

/// What `--help` ends with.
const EXAMPLES: &str = "\
Examples:
  referee verify registry.example/team/app:1.4 --trust trust.yaml
  referee verify registry.example/team/app@sha256:… --trust trust.yaml --policy ./policies/release
  referee verify oci-layout:build/app --as registry.example/team/app:1.4 --trust trust.yaml
  referee verify --evidence app.tar --offline

Exit codes: 0 every artifact may be used, 1 one is denied, 2 there is no answer about one.";

/// The arguments of `referee verify`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct VerifyArgs {
    /// The artifacts: registry/repository:tag, …@digest, or oci-layout:PATH, with `:tag` or `@digest` after it
    #[arg(required_unless_present = "evidence", conflicts_with = "evidence", value_name = "REF")]
    references: Vec<String>,
    #[command(flatten)]
    evidence: EvidenceArgs,
    #[command(flatten)]
    trust: TrustArgs,
    /// The form of the answer: human, json, junit, sarif or github
    #[arg(short, long, value_name = "FORM", default_value = "human", hide_possible_values = true)]
    output: Format,
    /// With --output json: each decision with the facts it was made of
    #[arg(long)]
    facts: bool,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    question: QuestionArgs,
    #[command(flatten)]
    registry: RegistryArgs,
}

impl VerifyArgs {
    /// Adds what is given to the configuration.
    ///
    /// # Errors
    /// Where the arguments contradict one another.
    pub(crate) fn overlay(&self, overlay: &mut Overlay) -> Result<(), CliError> {
        self.trust.overlay(overlay);
        self.question.overlay(overlay);
        self.registry.overlay(overlay);
        self.policy.overlay(overlay)
    }
}

/// Runs the command.
///
/// # Errors
/// Where the arguments or what they name cannot be used. What is wrong with an artifact is no
/// error but a decision.
pub(crate) async fn run(
    args: &VerifyArgs,
    config: &Config,
    verbose: bool,
    console: &mut Console,
) -> Result<Exit, CliError> {
    let replay = args.evidence.open()?;
    let policy = setup::policy(config)?;
    let (engine, requests) = match &replay {
        Some(replay) => {
            let given = args.trust.given();
            let (engine, request) = replay.engine(&args.question, given, config, console).await?;
            (engine, vec![request])
        }
        None => {
            let mut requests = args.question.requests(&args.references, config)?;
            requests.iter().try_for_each(|request| args.evidence.check(request))?;
            let trust = setup::trust(config)?;
            let store = setup::store(config, args.evidence.reach())?;
            setup::note_trust(config, console)?;
            let renewed = roots::renewed(trust, config, args.evidence.reach(), console).await?;
            for request in &mut requests {
                request.deadline = renewed.left_of(request.deadline);
            }
            (setup::engine_over(store, config, renewed.trust)?, requests)
        }
    };
    let view = View { paint: console.paint, width: console.width, verbose };
    let watched = console.watched && args.output == Format::Human;
    let mut progress = Progress::new(watched, requests.len(), "verifying");
    let mut decisions =
        stream::iter(requests).map(|request| rule(&engine, request, &policy)).buffered(AT_ONCE);
    let file = config.file.as_ref().map(|file| file.display().to_string());
    let mut answers = Vec::new();
    while let Some(ruled) =
        until_interrupted(async { Ok(progress.during(decisions.next()).await) }).await?
    {
        progress.advance();
        let answer = Answer { config: file.clone(), ..ruled };
        if args.output == Format::Human {
            let first = answers.is_empty();
            progress.aside(|| {
                if !first {
                    writeln!(console.out())?;
                }
                human::write(console.out(), &answer, view)?;
                console.flush()
            })?;
        }
        answers.push(answer);
    }
    drop(progress);
    if let (Some(replay), Some(answer)) = (&replay, answers.first())
        && let Some(digest) = &answer.decision.facts_digest
    {
        replay.compare(digest, &args.question, args.trust.given(), console)?;
    }
    let out = console.out();
    match args.output {
        Format::Human => human::summary(out, &answers, view)?,
        Format::Json => json::write(out, &answers, args.facts)?,
        Format::Junit => junit::decisions(out, &answers)?,
        Format::Sarif => sarif::write(out, &answers)?,
        Format::Github => github::write(out, &answers)?,
    }
    Ok(answers.iter().map(Answer::exit).fold(Exit::Success, Exit::and))
}

async fn rule(engine: &Engine, request: Request, policy: &LoadedPolicy) -> Answer {
    let ruled = engine.rule(&request, policy).await;
    let read_from = request.judged_as.is_some().then(|| request.source.to_string());
    Answer {
        decision: ruled.decision,
        facts: ruled.gathered.map(|gathered| gathered.facts()),
        read_from,
        config: None,
    }
}
