//! `referee pull`: a bundle from a registry, out of OPA's layout or Conftest's, to a file.
//!
//! Nothing is written before the bundle was read as it will be used, and then the file is replaced
//! whole.

use crate::args::{RegistryArgs, parse};
use crate::config::{Config, Overlay};
use crate::console::{Console, Role};
use crate::error::CliError;
use crate::escape::Safe;
use crate::exit::Exit;
use crate::interrupt::until_interrupted;
use crate::load::{LoadError, LoadErrors};
use crate::output::json;
use crate::progress::Progress;
use crate::shipping::{Demand, DemandArgs, Form, Found, ShippingError, aside, pinned};
use crate::signing::{BundleCommandError, write_whole};
use bytes::Bytes;
use clap::Args;
use referee_bundles::{Files, pack};
use referee_core::Source;
use referee_store::bundle::{BundleBytes, PulledBundle, pull_bundle};
use referee_store::{Environment, Place};
use serde_json::{Value, json};
use std::io;
use std::path::PathBuf;

/// What `--help` ends with.
const EXAMPLES: &str = "\
Examples:
  referee pull registry.example/policies/authz:1.4
  referee pull registry.example/policies/authz@sha256:… --output authz.tar.gz
  referee pull registry.example/policies/authz:1.4 --verification-key release.pub --signing-alg ES256

What was signed is verified only with --verification-key; then a signature must be there.";

/// The arguments of `referee pull`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PullArgs {
    /// The bundle: registry/repository:tag, …@digest, or oci-layout:PATH, with `:tag` or `@digest` after it
    #[arg(value_name = "REFERENCE")]
    reference: String,
    /// Where the bundle is written
    #[arg(short, long, value_name = "FILE", default_value = "bundle.tar.gz")]
    output: PathBuf,
    /// The form of the answer: human or json
    #[arg(short, long, value_name = "FORM", default_value = "human", hide_possible_values = true)]
    format: Form,
    #[command(flatten)]
    demand: DemandArgs,
    #[command(flatten)]
    registry: RegistryArgs,
}

impl PullArgs {
    /// Adds what is given to the configuration.
    pub(crate) fn overlay(&self, overlay: &mut Overlay) {
        self.registry.overlay(overlay);
    }
}

/// What was pulled, and written.
struct Written {
    pulled: PulledBundle,
    found: Found,
    bytes: u64,
}

/// Runs the command.
///
/// # Errors
/// Where it could not be pulled, is no bundle that could be used, or could not be written.
pub(crate) async fn run(
    args: &PullArgs,
    config: &Config,
    console: &mut Console,
) -> Result<Exit, CliError> {
    let source: Source = parse(&args.reference)?;
    let demand = args.demand.demand(config)?;
    let environment = Environment::of_process();
    let mut progress =
        Progress::new(console.watched && args.format == Form::Human, 1, "pulling the bundle");
    let (place, output) = (source.to_string(), args.output.clone());
    let written = until_interrupted(progress.during(async {
        let most = demand.limits.max_packed_bytes;
        let pulled =
            pull_bundle(&source, &config.registry, &config.limits, &environment, most).await;
        let pulled = pulled.map_err(|source| ShippingError::NotPulled { source })?;
        aside(move || write(pulled, &demand, &place, &output)).await
    }))
    .await?;
    drop(progress);
    match args.format {
        Form::Json => json::document(console.out(), &document(args, &source, &written))?,
        Form::Human => human(console, args, &source, &written)?,
    }
    Ok(Exit::Success)
}

/// Reads the bundle, and writes its archive where it can be used.
fn write(
    pulled: PulledBundle,
    demand: &Demand,
    place: &str,
    output: &std::path::Path,
) -> Result<Written, CliError> {
    let (archive, found) = match &pulled.bytes {
        BundleBytes::Archive(archive) => {
            let files = demand.unpack(archive, place)?;
            (archive.clone(), demand.read(files, place)?)
        }
        BundleBytes::Files(parts) => {
            let mut files = Files::default();
            for (path, bytes) in parts {
                files.add(path, bytes.to_vec(), &demand.limits).map_err(|error| {
                    let path = PathBuf::from(place);
                    LoadErrors::from(LoadError::Bundle { path, source: error.into() })
                })?;
            }
            let archive = pack(&files).map_err(BundleCommandError::Packed)?;
            (Bytes::from(archive), demand.read(files, place)?)
        }
        // There are these two.
        _ => return Err(CliError::Runtime(io::Error::other("a bundle of another kind"))),
    };
    write_whole(output, &archive)?;
    let bytes = u64::try_from(archive.len()).unwrap_or(u64::MAX);
    Ok(Written { pulled, found, bytes })
}

fn human(
    console: &mut Console,
    args: &PullArgs,
    source: &Source,
    written: &Written,
) -> io::Result<()> {
    let paint = console.paint;
    let out = console.out();
    writeln!(out, "{}  {}", paint.show(Role::Good, "PULLED"), Safe(&source.to_string()))?;
    writeln!(out, "    to  {}", Safe(&args.output.display().to_string()))?;
    writeln!(out, "        {}", written.pulled.digest)?;
    writeln!(out)?;
    written.found.lines(out)?;
    writeln!(out, "  {:<10} {}", "layout", written.pulled.layout.as_str())
}

fn document(args: &PullArgs, source: &Source, written: &Written) -> Value {
    let mut members = written.found.document();
    let digest = &written.pulled.digest;
    let place = Place::of(source).map(|(place, _)| pinned(&place, digest));
    members.insert("source".to_owned(), source.to_string().into());
    members.insert("reference".to_owned(), json!(place));
    members.insert("digest".to_owned(), json!(digest));
    members.insert("layout".to_owned(), written.pulled.layout.as_str().into());
    members.insert("output".to_owned(), args.output.display().to_string().into());
    members.insert("bytes".to_owned(), written.bytes.into());
    Value::Object(members)
}
