//! `referee push`: the archive of a bundle to a registry, in the layout that OPA reads.

use crate::args::{RegistryArgs, parse, parse_pair};
use crate::config::{Config, Overlay};
use crate::console::{Console, Role};
use crate::error::CliError;
use crate::escape::Safe;
use crate::exit::Exit;
use crate::files::read_bytes;
use crate::interrupt::until_interrupted;
use crate::output::json;
use crate::progress::Progress;
use crate::shipping::{DemandArgs, Form, Found, ShippingError, aside, pinned};
use bytes::Bytes;
use clap::Args;
use referee_core::Source;
use referee_store::{Copied, Copier, CopyProgress, Destination, Environment};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

/// What `--help` ends with.
const EXAMPLES: &str = "\
Examples:
  referee push bundle.tar.gz registry.example/policies/authz:1.4
  referee push bundle.tar.gz registry.example/policies/authz:latest --force
  referee push bundle.tar.gz oci-layout:build/authz:1.4

Without a tag the bundle can be pulled by its digest only; `latest` is not implied.";

/// The arguments of `referee push`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PushArgs {
    /// The archive of a bundle, as `referee build` and `opa build` write it
    #[arg(value_name = "BUNDLE")]
    bundle: String,
    /// Where to: registry/repository:tag or oci-layout:FOLDER:tag
    #[arg(value_name = "REFERENCE")]
    destination: String,
    /// Point the tag at the bundle, whatever it points at
    #[arg(long)]
    force: bool,
    /// Something to say of it, an annotation of its manifest; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_pair)]
    annotation: Vec<(String, String)>,
    /// The form of the answer: human or json
    #[arg(short, long, value_name = "FORM", default_value = "human", hide_possible_values = true)]
    format: Form,
    #[command(flatten)]
    demand: DemandArgs,
    #[command(flatten)]
    registry: RegistryArgs,
}

impl PushArgs {
    /// Adds what is given to the configuration.
    pub(crate) fn overlay(&self, overlay: &mut Overlay) {
        self.registry.overlay(overlay);
    }

    fn annotations(&self) -> Result<BTreeMap<String, String>, CliError> {
        let mut annotations = BTreeMap::new();
        for (name, value) in &self.annotation {
            if annotations.insert(name.clone(), value.clone()).is_some() {
                return Err(CliError::SetTwice { flag: "annotation", name: name.clone() });
            }
        }
        Ok(annotations)
    }
}

/// Runs the command.
///
/// # Errors
/// Where the file is no bundle that could be used, or it could not be pushed.
pub(crate) async fn run(
    args: &PushArgs,
    config: &Config,
    console: &mut Console,
) -> Result<Exit, CliError> {
    let path = PathBuf::from(args.bundle.strip_prefix("file://").unwrap_or(&args.bundle));
    let named: Source = parse(&args.destination)?;
    let failed = |source| ShippingError::NotPushed {
        bundle: path.clone(),
        destination: args.destination.clone(),
        source,
    };
    let destination = Destination::of(&args.destination, &named, None).map_err(failed)?;
    let annotations = args.annotations()?;
    let demand = args.demand.demand(config)?;
    let environment = Environment::of_process();
    let copier = Copier::new(&config.registry, &config.limits, &environment).forcing(args.force);
    let mut progress =
        Progress::new(console.watched && args.format == Form::Human, 1, "pushing the bundle");
    let file = path.clone();
    let (found, copied) = until_interrupted(progress.during(async {
        let (archive, found) = aside(move || {
            if file.is_dir() {
                return Err(ShippingError::Folder { path: file }.into());
            }
            let archive = read_bytes(&file, demand.limits.max_packed_bytes)
                .map_err(|source| CliError::File { path: file.clone(), source })?;
            let place = file.display().to_string();
            let files = demand.unpack(&archive, &place)?;
            let found = demand.read(files, &place)?;
            Ok((Bytes::from(archive), found))
        })
        .await?;
        let progress = CopyProgress::default();
        let pushed = copier.push_bundle(&archive, &annotations, &destination, &progress);
        Ok((found, pushed.await.map_err(failed)?))
    }))
    .await?;
    drop(progress);
    match args.format {
        Form::Json => {
            json::document(console.out(), &document(args, &destination, &found, &copied))?;
        }
        Form::Human => human(console, args, &destination, &found, &copied)?,
    }
    Ok(Exit::Success)
}

fn human(
    console: &mut Console,
    args: &PushArgs,
    destination: &Destination,
    found: &Found,
    copied: &Copied,
) -> io::Result<()> {
    let paint = console.paint;
    let out = console.out();
    writeln!(out, "{}  {}", paint.show(Role::Good, "PUSHED"), Safe(&args.bundle))?;
    writeln!(out, "    to  {}", Safe(&destination.to_string()))?;
    if let Some(digest) = &copied.digest {
        writeln!(out, "        {digest}")?;
    }
    writeln!(out)?;
    found.lines(out)?;
    let (pushed, present) = (copied.blobs_pushed, copied.blobs_present);
    writeln!(out, "  {:<10} {pushed} pushed, {present} were there", "blobs")
}

fn document(args: &PushArgs, destination: &Destination, found: &Found, copied: &Copied) -> Value {
    let mut members = found.document();
    let digest = copied.digest.as_ref();
    members.insert("bundle".to_owned(), args.bundle.as_str().into());
    members.insert("destination".to_owned(), destination.to_string().into());
    members.insert("digest".to_owned(), json!(digest));
    let pinned = digest.map(|digest| pinned(&destination.place, digest));
    members.insert("reference".to_owned(), json!(pinned));
    members.insert("bytes_pushed".to_owned(), copied.bytes_pushed.into());
    Value::Object(members)
}
