//! `referee config`: the configuration in force, put together from all its layers.

use crate::config::{Config, ConfigFile};
use crate::console::{Console, Role};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::json;
use clap::Args;

/// The arguments of `referee config`.
#[derive(Args, Debug)]
pub(crate) struct ConfigArgs {
    /// Write the JSON Schema of the configuration instead, for editors
    #[arg(long)]
    schema: bool,
}

/// Runs the command.
///
/// # Errors
/// Where the answer cannot be written.
pub(crate) fn run(
    args: &ConfigArgs,
    config: &Config,
    console: &mut Console,
) -> Result<Exit, CliError> {
    if args.schema {
        json::document(console.out(), &schemars::schema_for!(ConfigFile))?;
        return Ok(Exit::Success);
    }
    let from = match &config.file {
        Some(file) => format!("# read from {}", file.display()),
        None => "# no configuration file was found".to_owned(),
    };
    let from = console.paint.show(Role::Faint, crate::escape::escape(&from));
    // No setting holds a secret: credentials stand in Docker's own file and are never read here.
    let text =
        yaml_serde::to_string(&config.effective).map_err(|e| CliError::Write(Box::new(e)))?;
    writeln!(console.out(), "{from}")?;
    write!(console.out(), "{text}")?;
    Ok(Exit::Success)
}
