//! `referee verify-blob`: decide whether a file may be used, by the bundles that vouch for it.

use crate::args::{PolicyArgs, QuestionArgs, TrustArgs};
use crate::config::{Config, Overlay};
use crate::console::{Console, Role};
use crate::error::CliError;
use crate::escape::Safe;
use crate::evidence::{EvidenceArgs, SavingFile};
use crate::exit::Exit;
use crate::files;
use crate::interrupt::until_interrupted;
use crate::output::sheet::View;
use crate::output::{Answer, Format, github, human, json, junit, sarif};
use crate::progress::Progress;
use crate::roots;
use crate::setup::{self, Reach};
use bytes::Bytes;
use clap::Args;
use referee_core::Digest;
use referee_engine::{Engine, FileRequest};
use referee_verify::protocol::tlog::{Digests, DigestsOfPieces};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Files up to so many bytes are held in memory, which signatures by Ed25519 keys need: those are
/// over the bytes themselves. Of a larger file there are its digests, which all others need.
const HELD: usize = 64 << 20;

/// How much is read at once.
const PIECE: usize = 1 << 16;

/// What `--help` ends with.
const EXAMPLES: &str = "\
Examples:
  referee verify-blob checksums.txt --bundle checksums.txt.sigstore.json --trust trust.yaml
  referee verify-blob app.tar.gz --bundle provenance.json --as registry.example/team/app --trust trust.yaml
  referee verify-blob sha256:… --bundle app.sigstore.json --trust trust.yaml
  referee verify-blob --evidence app.tar --offline

Exit codes: 0 the file may be used, 1 it is denied, 2 there is no answer.";

/// The arguments of `referee verify-blob`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct VerifyBlobArgs {
    /// The file, or sha256: and its digest
    #[arg(value_name = "FILE", required_unless_present = "evidence")]
    file: Option<String>,
    /// A Sigstore bundle that vouches for it; may be given several times
    #[arg(
        long = "bundle",
        short = 'b',
        value_name = "BUNDLE",
        required_unless_present = "evidence",
        conflicts_with = "evidence"
    )]
    bundles: Vec<PathBuf>,
    /// Save every byte used but the file, to rule again without a network: to a folder, or to a
    /// tar file where the name ends in .tar
    #[arg(long, value_name = "DIR|TAR", conflicts_with = "evidence")]
    save_evidence: Option<PathBuf>,
    #[command(flatten)]
    evidence: EvidenceArgs,
    #[command(flatten)]
    trust: TrustArgs,
    /// The form of the answer: human, json, junit, sarif or github
    #[arg(short, long, value_name = "FORM", default_value = "human", hide_possible_values = true)]
    output: Format,
    /// With --output json: the decision with the facts it was made of
    #[arg(long)]
    facts: bool,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    question: QuestionArgs,
}

impl VerifyBlobArgs {
    /// Adds what is given to the configuration.
    ///
    /// # Errors
    /// Where the arguments contradict one another.
    pub(crate) fn overlay(&self, overlay: &mut Overlay) -> Result<(), CliError> {
        self.trust.overlay(overlay);
        self.question.overlay(overlay);
        self.policy.overlay(overlay)
    }
}

/// Runs the command.
///
/// # Errors
/// Where the file, a bundle or what else the arguments name cannot be read.
pub(crate) async fn run(
    args: VerifyBlobArgs,
    config: &Config,
    verbose: bool,
    console: &mut Console,
) -> Result<Exit, CliError> {
    let opened = args.evidence.open()?;
    let policy = setup::policy(config)?;
    let given = match args.file.clone() {
        Some(file) => {
            let request = args.question.about_file(file.clone(), config)?;
            let (bundles, limit) = (args.bundles.clone(), config.limits.max_payload_bytes);
            let read = move || fill(request, &file, &bundles, limit);
            let work = tokio::task::spawn_blocking(read);
            let read = async { work.await.map_err(|e| CliError::Runtime(io::Error::other(e)))? };
            Some(until_interrupted(read).await?)
        }
        None => None,
    };
    let (engine, request) = match (&opened, given) {
        (Some(opened), given) => {
            given.map_or(Ok(()), |given| opened.is_of(&given))?;
            opened.file_engine(&args.question, args.trust.given(), config, console).await?
        }
        (None, Some(request)) => over_file(&args, request, config, console).await?,
        // The arguments demand one of the two.
        (None, None) => return Ok(Exit::Error),
    };
    let mut progress =
        Progress::new(console.watched && args.output == Format::Human, 1, "verifying");
    let work = async { Ok(engine.rule_file(&request, &policy).await?) };
    let ruled = until_interrupted(progress.during(work)).await?;
    drop(progress);
    if let (Some(opened), Some(digest)) = (&opened, &ruled.decision.facts_digest) {
        opened.compare(digest, &args.question, args.trust.given(), console)?;
    }
    let answers = [Answer {
        decision: ruled.decision,
        facts: ruled.gathered.map(|gathered| gathered.facts()),
        read_from: None,
        config: config.file.as_ref().map(|file| file.display().to_string()),
    }];
    let view = View { paint: console.paint, width: console.width, verbose };
    let out = console.out();
    match args.output {
        Format::Human => {
            for answer in &answers {
                human::write(out, answer, view)?;
            }
        }
        Format::Json => json::write(out, &answers, args.facts)?,
        Format::Junit => junit::decisions(out, &answers)?,
        Format::Sarif => sarif::write(out, &answers)?,
        Format::Github => github::write(out, &answers)?,
    }
    Ok(answers.iter().map(Answer::exit).fold(Exit::Success, Exit::and))
}

/// The engine for a file that was read, and the question; where evidence is to be saved, it is.
async fn over_file(
    args: &VerifyBlobArgs,
    request: FileRequest,
    config: &Config,
    console: &mut Console,
) -> Result<(Engine, FileRequest), CliError> {
    setup::note_trust(config, console)?;
    let reach = args.evidence.reach();
    let Some(path) = args.save_evidence.as_deref() else {
        let store = setup::store(config, Reach::Offline)?;
        let trust = setup::trust(config)?;
        let trust = roots::renewed(trust, config, reach, console).await?.trust;
        return Ok((setup::engine_over(store, config, trust)?, request));
    };
    let saving = SavingFile { path, reach, config };
    let (engine, request, digest) = saving.save(request, console).await?;
    let note = console.err_paint.show(Role::Head, "evidence");
    let path = path.display().to_string();
    writeln!(console.err(), "{note}: {} saved, {digest}", Safe(&path))?;
    Ok((engine, request))
}

/// Reads the file and the bundles.
fn fill(
    mut request: FileRequest,
    file: &str,
    bundles: &[PathBuf],
    limit: u64,
) -> Result<FileRequest, CliError> {
    for path in bundles {
        let unread = |source| CliError::File { path: path.clone(), source };
        let text = files::read_text(path, limit).map_err(unread)?;
        request.bundles.push(Bytes::from(text));
    }
    match file.starts_with("sha256:") {
        true => {
            let digest: Digest = file
                .parse()
                .map_err(|source| CliError::BlobDigest { text: file.to_owned(), source })?;
            let sha256 = digest.value().as_slice().try_into().ok();
            request.digests = Digests { sha256, ..Digests::default() };
            request.digest = digest;
        }
        false => {
            let path = Path::new(file);
            read(path, &mut request)
                .map_err(|source| CliError::File { path: path.to_owned(), source })?;
        }
    }
    Ok(request)
}

fn read(path: &Path, request: &mut FileRequest) -> io::Result<()> {
    if std::fs::metadata(path)?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    let mut file = File::open(path)?;
    let mut digests = DigestsOfPieces::default();
    let mut held = Some(Vec::new());
    let mut size = 0_u64;
    let mut piece = vec![0; PIECE];
    loop {
        let count = match file.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let read = piece.get(..count).unwrap_or_default();
        digests.update(read);
        size += u64::try_from(count).unwrap_or(u64::MAX);
        held = held.filter(|held| held.len() + count <= HELD);
        if let Some(held) = &mut held {
            held.extend_from_slice(read);
        }
    }
    request.digests = digests.finish();
    if let Some(sha256) = &request.digests.sha256 {
        request.digest = Digest::from_sha256(sha256);
    }
    request.size = Some(size);
    request.bytes = held.map(Bytes::from);
    Ok(())
}
