//! `referee copy`: an artifact with everything that refers to it, to where it is verified again.

use crate::args::{RegistryArgs, parse};
use crate::config::{Config, Overlay};
use crate::console::{Console, Role};
use crate::error::CliError;
use crate::escape::Safe;
use crate::exit::Exit;
use crate::interrupt::until_interrupted;
use crate::output::json;
use crate::progress::Progress;
use clap::{Args, ValueEnum};
use referee_core::{Selector, Source};
use referee_store::{Copied, Copier, CopyError, CopyProgress, Destination, Environment};
use serde_json::{Value, json};
use std::io;

/// What `--help` ends with.
const EXAMPLES: &str = "\
Examples:
  referee copy registry.example/team/app:1.4 mirror.example/team/app
  referee copy registry.example/team/app@sha256:… oci-layout:build/app:1.4
  referee copy oci-layout:build/app:1.4 registry.example/team/app:1.4

Without a tag at DEST the copy has the tag it was named by, if any; `latest` is not implied.";

/// The arguments of `referee copy`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CopyArgs {
    /// The artifact: registry/repository:tag, …@digest, or oci-layout:PATH, with `:tag` or `@digest` after it
    #[arg(value_name = "REF")]
    reference: String,
    /// Where to: registry/repository or oci-layout:FOLDER, with `:tag` after it where it is to be another
    #[arg(value_name = "DEST")]
    destination: String,
    /// Point tags of the destination at the copy, whatever they point at
    #[arg(long)]
    force: bool,
    /// The form of the answer: human or json
    #[arg(short, long, value_name = "FORM", default_value = "human", hide_possible_values = true)]
    output: Form,
    #[command(flatten)]
    registry: RegistryArgs,
}

/// The form of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For a reader.
    Human,
    /// A document.
    Json,
}

impl CopyArgs {
    /// Adds what is given to the configuration.
    pub(crate) fn overlay(&self, overlay: &mut Overlay) {
        self.registry.overlay(overlay);
    }

    fn failed(&self, source: CopyError) -> CliError {
        let (reference, destination) = (self.reference.clone(), self.destination.clone());
        CliError::Copy { reference, destination, source: Box::new(source) }
    }
}

/// Runs the command.
///
/// # Errors
/// Where anything could not be copied.
pub(crate) async fn run(
    args: &CopyArgs,
    config: &Config,
    console: &mut Console,
) -> Result<Exit, CliError> {
    let source: Source = parse(&args.reference)?;
    let named: Source = parse(&args.destination)?;
    let tag = tag_of(&source);
    let destination = Destination::of(&args.destination, &named, tag.as_deref())
        .map_err(|error| args.failed(error))?;
    let environment = Environment::of_process();
    let copier = Copier::new(&config.registry, &config.limits, &environment).forcing(args.force);
    let done = CopyProgress::default();
    let mut progress =
        Progress::new(console.watched && args.output == Form::Human, 1, "looking for referrers");
    let work = copier.copy(&source, &destination, &done);
    let copied = until_interrupted(async {
        progress.told(work, || moving(done.bytes())).await.map_err(|error| args.failed(error))
    })
    .await?;
    drop(progress);
    match args.output {
        Form::Json => json::document(console.out(), &document(&source, &destination, &copied))?,
        Form::Human => human(console, &source, &destination, &copied)?,
    }
    Ok(Exit::Success)
}

/// The tag that the source is named by.
fn tag_of(source: &Source) -> Option<String> {
    match source {
        Source::Registry(reference) => reference.tag().map(ToOwned::to_owned),
        Source::Layout { selector: Some(Selector::Tag(tag)), .. } => Some(tag.to_string()),
        _ => None,
    }
}

fn moving((done, total): (u64, u64)) -> String {
    if total == 0 {
        return "looking for referrers".to_owned();
    }
    format!("copying, {} of {}", size(done), size(total))
}

fn size(bytes: u64) -> String {
    match bytes {
        0..10_240 => format!("{bytes} B"),
        10_240..10_485_760 => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes / (1024 * 1024)),
    }
}

fn human(
    console: &mut Console,
    source: &Source,
    destination: &Destination,
    copied: &Copied,
) -> io::Result<()> {
    let paint = console.paint;
    let out = console.out();
    let (source, destination) = (source.to_string(), destination.to_string());
    writeln!(out, "{}  {}", paint.show(Role::Good, "COPIED"), Safe(&source))?;
    writeln!(out, "    to  {}", Safe(&destination))?;
    if let Some(digest) = &copied.digest {
        writeln!(out, "        {digest}")?;
    }
    writeln!(out)?;
    let mut line = |label: &str, text: String| writeln!(out, "  {label:<10} {}", Safe(&text));
    line(
        "manifests",
        format!("{} pushed, {} were there", copied.manifests_pushed, copied.manifests_present),
    )?;
    let mut blobs = format!(
        "{} pushed ({}), {} were there",
        copied.blobs_pushed,
        size(copied.bytes_pushed),
        copied.blobs_present
    );
    if copied.blobs_mounted > 0 {
        blobs.push_str(&format!(", {} mounted", copied.blobs_mounted));
    }
    line("blobs", blobs)?;
    if copied.blobs_left_out > 0 {
        let note = "left out: their media types say that they are not to be pushed elsewhere";
        line("", format!("{} {note}", copied.blobs_left_out))?;
    }
    line("referrers", format!("{}", copied.referrers))?;
    for (position, tag) in copied.cosign_tags.iter().enumerate() {
        line(if position == 0 { "cosign" } else { "" }, tag.clone())?;
    }
    for (position, tag) in copied.referrers_tags.iter().enumerate() {
        line(if position == 0 { "listed in" } else { "" }, tag.clone())?;
    }
    Ok(())
}

fn document(source: &Source, destination: &Destination, copied: &Copied) -> Value {
    json!({
        "reference": source.to_string(),
        "destination": destination.to_string(),
        "digest": copied.digest,
        "manifests": { "pushed": copied.manifests_pushed, "present": copied.manifests_present },
        "blobs": {
            "pushed": copied.blobs_pushed,
            "present": copied.blobs_present,
            "mounted": copied.blobs_mounted,
            "left_out": copied.blobs_left_out,
        },
        "bytes": { "pushed": copied.bytes_pushed, "present": copied.bytes_present },
        "referrers": copied.referrers,
        "cosign_tags": copied.cosign_tags,
        "referrers_tags": copied.referrers_tags,
    })
}
