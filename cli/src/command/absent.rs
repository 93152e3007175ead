//! Commands of OPA's that there are not here. Who uses them is told what there is instead, and not
//! that they are misspelled.

use crate::error::CliError;
use clap::{Args, Subcommand};
use std::ffi::OsString;

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum AbsentCommand {
    #[command(hide = true, disable_help_flag = true)]
    Run(Anything),
    #[command(hide = true, disable_help_flag = true)]
    Exec(Anything),
    #[command(hide = true, disable_help_flag = true)]
    Fmt(Anything),
    #[command(hide = true, disable_help_flag = true)]
    Bench(Anything),
    #[command(hide = true, disable_help_flag = true)]
    Deps(Anything),
    #[command(hide = true, disable_help_flag = true)]
    Oracle(Anything),
    #[command(hide = true, disable_help_flag = true)]
    Refactor(Anything),
}

/// Whatever they are given.
#[derive(Args, Debug)]
pub(crate) struct Anything {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    rest: Vec<OsString>,
}

impl AbsentCommand {
    /// Refuses it.
    pub(crate) fn refused(&self) -> CliError {
        let (command, instead) = match self {
            Self::Run(_) => (
                "run",
                "`referee serve PATH…` is `opa run --server PATH…`, with most of its flags; a query \
                 is asked by `referee eval`",
            ),
            Self::Exec(_) => (
                "exec",
                "`referee eval --data POLICY --input FILE --fail-defined QUERY` decides about a file",
            ),
            Self::Fmt(_) => ("fmt", "modules are formatted by opa or regal"),
            Self::Bench(_) => ("bench", "`referee eval --profile` tells what an evaluation takes"),
            Self::Deps(_) => ("deps", "`referee eval --partial` tells what is left open"),
            Self::Oracle(_) => ("oracle", "editors ask regal"),
            Self::Refactor(_) => ("refactor", "packages are renamed by opa"),
        };
        CliError::AbsentCommand { command, instead }
    }
}
