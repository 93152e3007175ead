//! `referee version`: the version of the command and of what decides.

use crate::console::Console;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::json;
use clap::{Args, ValueEnum};
use serde_json::json;

/// The back end that evaluates Rego, and its version; a test holds it to Cargo.lock.
pub(crate) const REGO: (&str, &str) = ("regorus", "0.14.1");

/// The arguments of `referee version`.
#[derive(Args, Debug)]
pub(crate) struct VersionArgs {
    /// The form of the answer: human or json
    #[arg(short, long, value_name = "FORM", default_value = "human", hide_possible_values = true)]
    output: Form,
}

/// The form of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Lines.
    Human,
    /// A document.
    Json,
}

/// Runs the command.
///
/// # Errors
/// Where the answer cannot be written.
pub(crate) fn run(args: &VersionArgs, console: &mut Console) -> Result<Exit, CliError> {
    let version = env!("CARGO_PKG_VERSION");
    let (name, rego) = REGO;
    let facts = referee_core::facts::FACTS_VERSION;
    match args.output {
        Form::Human => {
            writeln!(console.out(), "referee {version}")?;
            writeln!(console.out(), "facts   version {facts}")?;
            writeln!(console.out(), "rego    {name} {rego}")?;
        }
        Form::Json => json::document(
            console.out(),
            // The parts of the workspace are released together: one version is that of all.
            &json!({
                "version": version,
                "engine": version,
                "facts_version": facts,
                "rego": { "back_end": name, "version": rego },
            }),
        )?,
    }
    Ok(Exit::Success)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rego_back_end_is_the_one_that_is_built_in() {
        let lock = include_str!("../../../Cargo.lock");
        let (name, version) = REGO;
        let entry = format!("name = \"{name}\"\nversion = \"{version}\"");
        assert!(lock.contains(&entry), "Cargo.lock has another version of {name}");
    }
}
