//! `referee capabilities`: the builtins, keywords and features there are, in OPA's form.

use crate::config::Config;
use crate::console::Console;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::doc::Doc;
use crate::rego::read_json;
use clap::Args;
use referee_rego::{Capabilities, Value, capabilities_document, capabilities_from};
use std::path::PathBuf;

/// The arguments of `referee capabilities`.
#[derive(Args, Debug)]
pub(crate) struct CapabilitiesArgs {
    /// Those that are built in, which is the default
    #[arg(long, conflicts_with = "file")]
    current: bool,
    /// Those of a file
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Those of a version of OPA's: there is one, that of the language here
    #[arg(long, hide = true, value_name = "VERSION")]
    version: Option<String>,
    /// Those for Rego v0
    #[arg(long, conflicts_with = "file")]
    v0_compatible: bool,
}

/// Runs the command.
///
/// # Errors
/// Where the file cannot be read or holds no capabilities.
pub(crate) fn run(
    args: &CapabilitiesArgs,
    config: &Config,
    console: &mut Console,
) -> Result<Exit, CliError> {
    if args.version.is_some() {
        let why = "there are the capabilities of one version; --file reads those of another";
        return Err(CliError::Absent { flag: "version", why });
    }
    let capabilities = match &args.file {
        Some(path) => capabilities_from(&read_json(path, &config.limits)?)
            .map_err(|source| CliError::Capabilities { path: path.clone(), source })?,
        None if args.v0_compatible => Capabilities::v0(),
        None => Capabilities::current(),
    };
    let document: Value = capabilities_document(&capabilities);
    in_opas_order(Doc::from(&document)).write(console.out())?;
    Ok(Exit::Success)
}

/// The members of the document and of each builtin in the order in which OPA writes them.
pub(super) fn in_opas_order(document: Doc) -> Doc {
    const WHOLE: [&str; 3] = ["builtins", "future_keywords", "wasm_abi_versions"];
    const BUILTIN: [&str; 4] = ["name", "description", "categories", "decl"];
    let Doc::Members(members) = document else { return document };
    let members = members.into_iter().map(|(name, member)| match member {
        Doc::List(builtins) if name == "builtins" => {
            let builtins = builtins.into_iter().map(|builtin| sorted(builtin, &BUILTIN));
            (name, Doc::List(builtins.collect()))
        }
        other => (name, other),
    });
    sorted(Doc::Members(members.collect()), &WHOLE)
}

/// An object with these members first, in this order.
fn sorted(document: Doc, first: &[&str]) -> Doc {
    let Doc::Members(mut members) = document else { return document };
    let rank = |name: &str| first.iter().position(|known| *known == name).unwrap_or(first.len());
    members.sort_by_key(|(name, _)| rank(name));
    Doc::Members(members)
}
