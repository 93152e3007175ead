//! Saving evidence, and ruling over evidence that was saved.

mod blob;

pub(crate) use blob::SavingFile;

use crate::args::QuestionArgs;
use crate::command::gather_with;
use crate::config::Config;
use crate::console::{Console, Role};
use crate::error::CliError;
use crate::escape::Safe;
use crate::roots;
use crate::setup::{self, Reach};
use clap::Args;
use referee_core::facts::TrustRootSource;
use referee_core::trust::{RootKeeper, RootSource, SuppliedRoot, TrustedSigstore};
use referee_core::{Digest, Limits, Reference, Source, Trust};
use referee_engine::{Engine, Gathered, Request};
use referee_store::{
    EvidenceContext, EvidenceError, Recorder, Replay, load_trust, read_trust, trust_of,
};
use referee_verify::protocol::sigstore::embedded;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the bytes come from.
#[derive(Args, Debug)]
#[command(next_help_heading = "Evidence")]
pub(crate) struct EvidenceArgs {
    /// Take everything from evidence that was saved: the artifact, the time, the trust documents.
    /// No network is touched
    #[arg(long, value_name = "DIR|TAR")]
    evidence: Option<PathBuf>,
    /// Touch no network: an artifact in a registry is then an error
    #[arg(long)]
    offline: bool,
}

/// Evidence that was opened.
#[derive(Debug)]
pub(crate) struct Opened<'a> {
    path: &'a Path,
    replay: Replay,
}

impl EvidenceArgs {
    /// Opens the evidence, where there is to be any.
    ///
    /// # Errors
    /// Where it cannot be used.
    pub(crate) fn open(&self) -> Result<Option<Opened<'_>>, CliError> {
        let Some(path) = self.evidence.as_deref() else { return Ok(None) };
        let unusable =
            |error| CliError::Evidence { path: path.to_owned(), source: Box::new(error) };
        let replay = Replay::open(path).map_err(unusable)?;
        Ok(Some(Opened { path, replay }))
    }

    /// Which places may be asked.
    pub(crate) fn reach(&self) -> Reach {
        if self.offline { Reach::Offline } else { Reach::Anywhere }
    }

    /// Whether what is asked may be asked.
    ///
    /// # Errors
    /// [`CliError::Offline`] where it is in a registry and none may be asked.
    pub(crate) fn check(&self, request: &Request) -> Result<(), CliError> {
        if self.offline && matches!(request.source, Source::Registry(_)) {
            return Err(CliError::Offline { reference: request.source.to_string() });
        }
        Ok(())
    }
}

impl Opened<'_> {
    /// The engine over the evidence, and the question that it answers.
    ///
    /// Trust is the evidence's own, unless documents are given as arguments: those of the
    /// configuration were not asked for with this evidence in mind.
    ///
    /// # Errors
    /// Where the trust documents cannot be used.
    pub(crate) async fn engine(
        &self,
        question: &QuestionArgs,
        trust: &[PathBuf],
        config: &Config,
        console: &mut Console,
    ) -> Result<(Engine, Request), CliError> {
        let context = self.replay.context();
        if context.file.is_some() {
            return Err(self.about_other("a file", "referee verify-blob"));
        }
        let request = question.replayed(context, config)?;
        let trust = self.trust(trust, config, console).await?;
        let engine = engine(self.replay.clone(), &context.limits, config, trust)?;
        Ok((engine, request))
    }

    fn about_other(&self, about: &'static str, command: &'static str) -> CliError {
        CliError::EvidenceAboutOther { path: self.path.to_owned(), about, command }
    }

    /// Whom to trust. Where documents are given, the evidence has no say in it: not in the trusted
    /// roots either, since whoever saved it could have put in one of their own.
    async fn trust(
        &self,
        given: &[PathBuf],
        config: &Config,
        console: &mut Console,
    ) -> Result<Trust, CliError> {
        let context = self.replay.context();
        if !given.is_empty() {
            let trust = load_trust(given, &context.limits)?;
            return Ok(roots::renewed(trust, config, Reach::Offline, console).await?.trust);
        }
        let note = console.err_paint.show(Role::Warn, "note");
        writeln!(
            console.err(),
            "{note}: whom to trust is taken from the evidence (--trust names others)"
        )?;
        Ok(trust_of(&context.trust)?.supplied(&context.roots))
    }

    /// Tells where other facts came out than were saved.
    ///
    /// # Errors
    /// Where that cannot be written.
    pub(crate) fn compare(
        &self,
        digest: &Digest,
        question: &QuestionArgs,
        trust: &[PathBuf],
        console: &mut Console,
    ) -> Result<(), CliError> {
        let saved = &self.replay.context().facts_digest;
        if saved != digest && trust.is_empty() && !question.reshapes() {
            let warning = console.err_paint.show(Role::Warn, "warning");
            let path = self.path.display().to_string();
            writeln!(
                console.err(),
                "{warning}: {} was saved with the facts {saved}, and {digest} came out: another \
                 version saved it",
                Safe(&path)
            )?;
        }
        Ok(())
    }
}

fn engine(
    replay: Replay,
    limits: &Limits,
    config: &Config,
    trust: Trust,
) -> Result<Engine, CliError> {
    let config = Config { limits: limits.clone(), ..config.clone() };
    setup::engine_over(Arc::new(replay), &config, trust)
}

/// Facts that are gathered to be saved with their evidence.
pub(crate) struct Saving<'a> {
    /// Where to.
    pub(crate) path: &'a Path,
    /// The reference as it was given.
    pub(crate) reference: &'a str,
    /// Which places may be asked.
    pub(crate) reach: Reach,
    /// The configuration.
    pub(crate) config: &'a Config,
}

impl Saving<'_> {
    /// Gathers the facts and saves the evidence; with the digest of that. It is written only if
    /// the same facts come out of it.
    ///
    /// # Errors
    /// Where there are no facts, or the evidence cannot be saved.
    pub(crate) async fn gather(
        &self,
        mut request: Request,
        console: &mut Console,
    ) -> Result<(Gathered, Digest), CliError> {
        const WHAT: &str = "gathering facts about";
        let config = self.config;
        let texts = read_trust(&config.trust, &config.limits)?;
        let recorder = Recorder::new(setup::store(config, self.reach)?);
        let renewed = roots::renewed(trust_of(&texts)?, config, self.reach, console).await?;
        request.deadline = renewed.left_of(request.deadline);
        let trust = renewed.trust;
        let roots = trust.sigstore().iter().filter_map(root_of).collect();
        let engine = setup::engine_over(Arc::new(recorder.clone()), config, trust)?;
        let gathered = gather_with(&engine, request.clone(), console, WHAT).await?;
        let mut context = context(&gathered, request.judged_as.as_ref(), &config.limits);
        context.reference = self.reference.to_owned();
        context.trust = texts;
        context.roots = roots;
        let fault = |error| CliError::EvidenceNotSaved(Box::new(error));
        let evidence = recorder.evidence(&context).map_err(fault)?;
        let replay = evidence.replay().map_err(fault)?;
        let again = engine_over(&replay, config)?;
        let request = Request { now: Some(context.time), ..request };
        let replayed = gather_with(&again, request, console, WHAT).await?;
        if replayed.digest() != gathered.digest() {
            let (recorded, replayed) = (gathered.digest().clone(), replayed.digest().clone());
            return Err(fault(EvidenceError::NotReproduced { recorded, replayed }));
        }
        evidence.write(self.path).map_err(fault)?;
        Ok((gathered, evidence.digest().clone()))
    }
}

/// What is known besides the answers; without whom to trust.
fn context(gathered: &Gathered, judged_as: Option<&Reference>, limits: &Limits) -> EvidenceContext {
    let asked = gathered.facts().request;
    let digest = gathered.digest().clone();
    let mut context = EvidenceContext::new(asked.reference, asked.time, digest, limits.clone());
    context.judged_as = judged_as.map(ToString::to_string);
    context.namespace = asked.namespace;
    context.parameters = asked.parameters;
    context
}

fn engine_over(replay: &Replay, config: &Config) -> Result<Engine, CliError> {
    let context = replay.context();
    let trust = trust_of(&context.trust)?.supplied(&context.roots);
    engine(replay.clone(), &context.limits, config, trust)
}

/// The trusted root of an instance, where it is no file of the trust document.
fn root_of(trusted: &TrustedSigstore) -> Option<(RootKeeper, SuppliedRoot)> {
    match &trusted.root {
        RootSource::WellKnown(instance) => {
            let json = embedded(*instance).to_owned();
            let source = TrustRootSource::Embedded;
            let keeper = RootKeeper::WellKnown(*instance);
            Some((keeper, SuppliedRoot { json, source, expires_at: None }))
        }
        RootSource::Supplied { keeper, root } => Some((keeper.clone(), root.clone())),
        _ => None,
    }
}
