//! `referee sign`: the signature of a bundle, as `opa sign` writes it.

use crate::config::Config;
use crate::error::CliError;
use crate::exit::Exit;
use crate::load::{LoadErrors, Wanted, bundle_files};
use crate::rego::LoadArgs;
use crate::signing::{BundleCommandError, SigningArgs, write_whole};
use clap::Args;
use referee_bundles::{SIGNATURES_FILE, sign};
use std::path::{Path, PathBuf};

/// The arguments of `referee sign`.
#[derive(Args, Debug)]
pub(crate) struct SignArgs {
    /// A bundle, a folder or an archive
    #[arg(value_name = "PATH", required = true)]
    path: String,
    /// The path is a bundle, which it always is; for those who write it as for opa
    #[arg(short, long)]
    bundle: bool,
    /// The folder in which .signatures.json is written
    #[arg(short, long, value_name = "FOLDER", default_value = ".")]
    output_file_path: PathBuf,
    /// What the key is called in the signature
    #[arg(long, value_name = "NAME")]
    signing_key_id: Option<String>,
    /// Sign what links lead to; else links are left out
    #[arg(long)]
    follow_symlinks: bool,
    #[command(flatten)]
    load: LoadArgs,
    #[command(flatten)]
    signing: SigningArgs,
}

/// Runs the command.
///
/// # Errors
/// Where files cannot be read, the key cannot be used, or the signature cannot be written.
pub(crate) fn run(args: &SignArgs, config: &Config) -> Result<Exit, CliError> {
    let limits = &config.limits;
    let signing = args.signing.signing(limits)?.ok_or(BundleCommandError::NoKey)?;
    let given = args.path.strip_prefix("file://").unwrap_or(&args.path);
    let path = Path::new(given);
    let wanted =
        Wanted { ignore: &args.load.ignore, own: false, all: true, links: args.follow_symlinks };
    let files = bundle_files(path, wanted, limits).map_err(LoadErrors::from)?;
    // OPA names the files of a folder below the path by which it was given.
    let prefix = if path.is_dir() { given } else { "" };
    let (id, claims) = (args.signing_key_id.as_deref(), signing.claims.as_ref());
    let signature = sign(&files, &signing.signer, id, claims, prefix);
    let signature = signature.map_err(BundleCommandError::from)?;
    let target = args.output_file_path.join(SIGNATURES_FILE);
    write_whole(&target, &signature)?;
    Ok(Exit::Success)
}
