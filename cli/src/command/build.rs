//! `referee build`: a bundle of policies and data, as `opa build` makes it.
//!
//! The same files give the same bytes, on whatever machine: no time, no owner and no order of a
//! folder is in them.

use crate::config::Config;
use crate::console::{Console, Role};
use crate::error::CliError;
use crate::exit::Exit;
use crate::load::{LoadError, LoadErrors, Wanted, bundle_files};
use crate::rego::{self, AbsentFromBuild, LanguageArgs, LoadArgs};
use crate::signing::{BundleCommandError, SigningArgs, VerifyingArgs, write_whole};
use clap::Args;
use referee_bundles::{
    Bundle, BundleLimits, ReadOptions, SIGNATURES_FILE, SignaturePolicy, Snapshot, pack, sign,
};
use referee_core::Limits;
use referee_rego::{Program, Value};
use std::io;
use std::path::{Path, PathBuf};

/// The arguments of `referee build`.
#[derive(Args, Debug)]
pub(crate) struct BuildArgs {
    /// Modules and data: files and folders
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<String>,
    /// The paths are bundles, folders or archives; several become one
    #[arg(short, long)]
    bundle: bool,
    /// Where the bundle is written
    #[arg(short, long, value_name = "FILE", default_value = "bundle.tar.gz")]
    output: PathBuf,
    /// The revision of the bundle
    #[arg(short, long, value_name = "TEXT")]
    revision: Option<String>,
    /// A document that will be asked for, as package/rule: it must be there
    #[arg(short, long, value_name = "PATH")]
    entrypoint: Vec<String>,
    /// The metadata of the bundle: a JSON object
    #[arg(long, value_name = "JSON")]
    metadata: Option<String>,
    /// Read what links lead to; else links in a bundle are left out
    #[arg(long)]
    follow_symlinks: bool,
    #[command(flatten)]
    load: LoadArgs,
    #[command(flatten)]
    language: LanguageArgs,
    #[command(flatten)]
    signing: SigningArgs,
    #[command(flatten)]
    verifying: VerifyingArgs,
    #[command(flatten)]
    absent: AbsentFromBuild,
}

/// Runs the command.
///
/// # Errors
/// Where files cannot be read or verified, do not compile, or the bundle cannot be written.
pub(crate) async fn run(
    args: BuildArgs,
    config: &Config,
    console: &mut Console,
) -> Result<Exit, CliError> {
    args.absent.refuse()?;
    args.check()?;
    for ignored in args.ignored_manifests() {
        let note = console.err_paint.show(Role::Warn, "note");
        let at = crate::escape::escape(&ignored.display().to_string());
        writeln!(console.err(), "{note}: {at} is not looked at without --bundle")?;
    }
    let config = config.clone();
    let work = tokio::task::spawn_blocking(move || build(&args, &config));
    crate::interrupt::until_interrupted(async {
        work.await.map_err(|error| CliError::Runtime(io::Error::other(error)))?
    })
    .await?;
    Ok(Exit::Success)
}

impl BuildArgs {
    fn check(&self) -> Result<(), BundleCommandError> {
        if !self.bundle && self.verifying.is_given() {
            return Err(BundleCommandError::NotABundle { flag: "verification-key" });
        }
        Ok(())
    }

    /// Manifests in folders that are not read as bundles: most likely a mistake.
    fn ignored_manifests(&self) -> Vec<PathBuf> {
        if self.bundle {
            return Vec::new();
        }
        let manifest = |path: &String| Path::new(path).join(".manifest");
        self.paths.iter().map(manifest).filter(|path| path.is_file()).collect()
    }
}

fn build(args: &BuildArgs, config: &Config) -> Result<(), CliError> {
    let limits = &config.limits;
    let within = BundleLimits::of_policies(limits);
    let rego_v0 = args.language.rego_v0(config);
    let signing = args.signing.signing(limits)?;
    let mut bundle = if args.bundle {
        let policy = args.verifying.policy(args.signing.algorithm()?, limits)?;
        let mut bundles = Vec::with_capacity(args.paths.len());
        for path in &args.paths {
            bundles.push((path.clone(), read(args, path, &policy, limits, rego_v0)?));
        }
        // In the order of their names, whatever the order of the arguments: as in OPA.
        bundles.sort_by(|(a, _), (b, _)| a.cmp(b));
        bundles.dedup_by(|(later, _), (first, _)| later == first);
        Snapshot::merged(bundles, rego_v0).map_err(BundleCommandError::from)?
    } else {
        let ignore = &args.load.ignore;
        let loaded = rego::load(&args.paths, ignore, false, false, (limits, rego_v0))?;
        let whole = Snapshot::of_parts(&loaded.modules, loaded.data);
        Snapshot::merged(vec![(String::new(), whole)], rego_v0).map_err(BundleCommandError::from)?
    };
    if let Some(revision) = &args.revision {
        bundle.manifest.revision.clone_from(revision);
    }
    if let Some(metadata) = &args.metadata {
        bundle.manifest.metadata = Some(object(metadata)?);
    }
    bundle.modules.sort_by(|a, b| a.path.cmp(&b.path));
    compile(args, config, &bundle)?;
    let mut files = bundle.to_files(&within).map_err(BundleCommandError::from)?;
    if let Some(signing) = signing {
        // As in OPA the name of the key is told where there are no other claims.
        let named = signing.claims.is_none().then_some(args.verifying.verification_key_id.as_str());
        let signature = sign(&files, &signing.signer, named, signing.claims.as_ref(), "")
            .map_err(BundleCommandError::from)?;
        files
            .add(SIGNATURES_FILE, signature, &within)
            .map_err(|error| BundleCommandError::Bundle(error.into()))?;
    }
    let packed = pack(&files).map_err(BundleCommandError::Packed)?;
    Ok(write_whole(&args.output, &packed)?)
}

/// Reads one bundle, whose signature must hold.
fn read(
    args: &BuildArgs,
    given: &str,
    policy: &SignaturePolicy,
    limits: &Limits,
    rego_v0: bool,
) -> Result<Snapshot, CliError> {
    let path = Path::new(given.strip_prefix("file://").unwrap_or(given));
    let wanted =
        Wanted { ignore: &args.load.ignore, own: false, all: true, links: args.follow_symlinks };
    let files = bundle_files(path, wanted, limits).map_err(LoadErrors::from)?;
    let options = ReadOptions {
        limits: BundleLimits::of_policies(limits),
        rego_v0,
        folder: path.is_dir().then_some(given),
        keep_unparsed: true,
        ..ReadOptions::new(policy)
    };
    let snapshot = Bundle::from_files(files, &options).and_then(Bundle::into_snapshot);
    let refused = |source| LoadErrors::from(LoadError::Bundle { path: path.to_owned(), source });
    Ok(snapshot.map_err(refused)?)
}

fn object(text: &str) -> Result<Value, BundleCommandError> {
    let value = Value::from_json_str(text);
    let value = value.map_err(|why| BundleCommandError::Metadata { why: Some(why) })?;
    if value.entries().is_none() {
        Err(BundleCommandError::Metadata { why: None })
    } else {
        Ok(value)
    }
}

/// Refuses modules that nobody could use, and entrypoints that lead nowhere.
fn compile(args: &BuildArgs, config: &Config, bundle: &Snapshot) -> Result<(), CliError> {
    let options = args
        .language
        .options(config)?
        .with_data_conflicts_checked(true)
        .with_annotated_schemas(false);
    let loaded = crate::load::Loaded {
        modules: bundle.modules_named("").collect(),
        data: Some(bundle.data.clone()),
        parse_time: None,
    };
    let program = rego::compile(&loaded, false, options)?;
    for entrypoint in &args.entrypoint {
        if !is_there(&program, entrypoint) {
            let entrypoint = entrypoint.clone();
            return Err(BundleCommandError::Entrypoint { entrypoint }.into());
        }
    }
    Ok(())
}

/// Whether a path names a rule or a package, or something inside of a rule.
fn is_there(program: &Program, entrypoint: &str) -> bool {
    let path = entrypoint.trim_matches('/').replace('/', ".");
    let below = |whole: &str, part: &str| {
        whole == part || whole.strip_prefix(part).is_some_and(|rest| rest.starts_with('.'))
    };
    let rules = program.all_rules().iter();
    let mut rules = rules.map(|rule| rule.path.strip_prefix("data.").unwrap_or(&rule.path));
    !path.is_empty()
        && (program.packages().iter().any(|package| below(package, &path))
            || rules.any(|rule| below(&path, rule) || below(rule, &path)))
}
