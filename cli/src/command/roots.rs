//! `referee roots`: the trusted roots in force, renewed.

use crate::args::{RegistryArgs, TrustArgs};
use crate::config::{Config, Overlay};
use crate::console::{Console, Role};
use crate::error::CliError;
use crate::escape::Safe;
use crate::exit::Exit;
use crate::interrupt::until_interrupted;
use crate::output::json;
use crate::progress::Progress;
use crate::{roots, setup};
use clap::{Args, ValueEnum};
use referee_core::facts::TrustRootSource;
use referee_core::trust::{RootSource, TrustedSigstore};
use referee_core::{Coded as _, Digest, Timestamp, Trust};
use referee_store::tuf::RootsNote;
use referee_store::{Asking, Clock as _, SystemClock};
use referee_verify::protocol::sigstore::embedded;
use serde_json::{Value, json};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What `--help` ends with.
const EXAMPLES: &str = "\
Examples:
  referee roots --trust trust.yaml
  referee roots --trust trust.yaml --save roots    for a machine without a network

Exit codes: 0 every root is as new as it can be, 2 one could not be renewed.";

/// The arguments of `referee roots`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RootsArgs {
    #[command(flatten)]
    trust: TrustArgs,
    /// Touch no network: show what there is
    #[arg(long)]
    offline: bool,
    /// Write each root to FOLDER/NAME.json, to be named as `file` in a trust document
    #[arg(long, value_name = "FOLDER")]
    save: Option<PathBuf>,
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

impl RootsArgs {
    /// Adds what is given to the configuration.
    pub(crate) fn overlay(&self, overlay: &mut Overlay) {
        self.trust.overlay(overlay);
        self.registry.overlay(overlay);
    }
}

/// A root that is in force.
struct InForce<'a> {
    instance: &'a TrustedSigstore,
    json: &'a str,
    source: TrustRootSource,
    expires_at: Option<Timestamp>,
    /// Whether a signature could come to be trusted by it; others are not renewed.
    used: bool,
    note: Option<&'a RootsNote>,
}

/// Runs the command.
///
/// # Errors
/// Where a root cannot be had and nothing may stand in its place, or cannot be saved.
pub(crate) async fn run(
    args: &RootsArgs,
    config: &Config,
    console: &mut Console,
) -> Result<Exit, CliError> {
    let trust = setup::trust(config)?;
    setup::note_trust(config, console)?;
    let asking = if args.offline { Asking::Never } else { Asking::Anew };
    let watched = console.watched && args.output == Form::Human;
    let mut progress = Progress::new(watched, 1, "renewing trusted roots");
    let from = roots::of(config)?;
    let work = roots::supply(&from, trust, asking, Duration::MAX);
    let supplied = until_interrupted(progress.during(work)).await?;
    drop(progress);
    let now = SystemClock.now();
    let found = in_force(&supplied.trust, &supplied.notes);
    if let Some(folder) = &args.save {
        save(folder, &found)?;
    }
    match args.output {
        Form::Human => found.iter().try_for_each(|root| human(root, now, console))?,
        Form::Json => {
            let roots: Vec<Value> = found.iter().map(|root| document(root, now)).collect();
            json::document(console.out(), &json!({ "roots": roots }))?;
        }
    }
    Ok(if supplied.notes.is_empty() { Exit::Success } else { Exit::Error })
}

fn in_force<'a>(trust: &'a Trust, notes: &'a [RootsNote]) -> Vec<InForce<'a>> {
    let roots = trust.sigstore().iter().filter_map(|instance| {
        let (json, source, expires_at) = match &instance.root {
            RootSource::WellKnown(known) => (embedded(*known), TrustRootSource::Embedded, None),
            RootSource::Supplied { root, .. } => (root.json.as_str(), root.source, root.expires_at),
            RootSource::File { json, .. } => (json.as_str(), TrustRootSource::File, None),
            _ => return None,
        };
        let used = trust.instances_in_force().any(|used| used.name == instance.name);
        let keeper = instance.keeper();
        let note = notes.iter().find(|note| Some(&note.keeper) == keeper.as_ref());
        Some(InForce { instance, json, source, expires_at, used, note })
    });
    roots.collect()
}

fn save(folder: &Path, found: &[InForce<'_>]) -> Result<(), CliError> {
    std::fs::create_dir_all(folder)
        .map_err(|source| CliError::RootNotSaved { path: folder.to_owned(), source })?;
    for root in found {
        let plain = |c: char| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '-' };
        let name: String = root.instance.name.chars().map(plain).collect();
        let path = folder.join(format!("{name}.json"));
        std::fs::write(&path, root.json)
            .map_err(|source| CliError::RootNotSaved { path, source })?;
    }
    Ok(())
}

fn human(root: &InForce<'_>, now: Timestamp, console: &mut Console) -> io::Result<()> {
    let paint = console.paint;
    let out = console.out();
    let keeper = root.instance.keeper().map(|keeper| keeper.to_string());
    let name = Safe(&root.instance.name).to_string();
    write!(out, "{}", paint.show(Role::Head, &name))?;
    if let Some(keeper) = keeper.filter(|keeper| *keeper != root.instance.name) {
        write!(out, "  {}", Safe(&keeper))?;
    }
    writeln!(out)?;
    let from = match (root.source, &root.instance.root) {
        (TrustRootSource::Tuf, _) => "renewed over TUF".to_owned(),
        (TrustRootSource::Embedded, _) => "comes with Referee".to_owned(),
        (_, RootSource::File { name, .. }) => format!("the file {name}"),
        _ => "a file".to_owned(),
    };
    let until = match root.expires_at {
        Some(at) if at <= now => {
            paint.show(Role::Bad, &format!(", was good until {at}")).to_string()
        }
        Some(at) => format!(", good until {at}"),
        None => String::new(),
    };
    writeln!(out, "  {}{until}", Safe(&from))?;
    writeln!(out, "  {}", Digest::sha256(root.json.as_bytes()))?;
    if let Some(note) = root.note {
        writeln!(out, "  {} {}", paint.show(Role::Warn, "!"), Safe(&note.to_string()))?;
        if let Some(hint) = note.error.hint() {
            writeln!(out, "    hint: {}", Safe(&hint))?;
        }
    } else if !root.used && root.source != TrustRootSource::File {
        writeln!(out, "  not renewed: no identity and no key of the trust document needs it")?;
    }
    Ok(())
}

fn document(root: &InForce<'_>, now: Timestamp) -> Value {
    json!({
        "name": root.instance.name,
        "kept_by": root.instance.keeper().map(|keeper| keeper.to_string()),
        "source": root.source,
        "digest": Digest::sha256(root.json.as_bytes()),
        "expires_at": root.expires_at,
        "expired": root.expires_at.is_some_and(|at| at <= now),
        "used": root.used,
        "problem": root.note.map(|note| json!({
            "code": note.error.code(),
            "message": note.error.to_string(),
            "hint": note.error.hint(),
        })),
    })
}
