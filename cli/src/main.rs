//! The `referee` command: may this OCI artifact be used?
//!
//! Arguments, environment and configuration in; an answer on standard output, everything else on
//! standard error, and an exit code that a script can hold on to ([`exit::Exit`]). What is decided
//! is decided by `referee-engine`; this crate only asks and tells. All text from outside passes
//! through [`escape`] before a terminal sees it.

mod args;
mod command;
mod config;
mod console;
mod descriptors;
mod error;
mod escape;
mod evidence;
mod exit;
mod files;
mod interrupt;
mod layout;
mod load;
mod log;
mod output;
mod packs;
mod progress;
mod rego;
mod roots;
mod setup;
mod shipping;
mod signing;

use crate::args::Cli;
use crate::console::{ColorChoice, Console};
use crate::error::CliError;
use crate::exit::Exit;
use clap::Parser as _;

fn main() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let mut console = Console::of_process(cli.global.color);
    let result = run(cli, &mut console);
    let flushed = console.flush().map_err(CliError::Output);
    match result.and_then(|exit| flushed.map(|()| exit)) {
        Ok(exit) => exit,
        Err(error) => {
            let paint = console.err_paint;
            // Without a standard error there is nobody left to tell.
            let _nobody_to_tell = error::report(console.err(), paint, &error);
            error.exit()
        }
    }
}

fn run(cli: Cli, console: &mut Console) -> Result<Exit, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(CliError::Runtime)?;
    let result = runtime.block_on(cli.command.run(&cli.global, console));
    // A policy that does not look at its time limit, or a registry that does not answer, must not
    // keep the process once the answer is given.
    runtime.shutdown_background();
    result
}

/// Help, the version, or arguments that cannot be used.
fn usage(error: &clap::Error) -> Exit {
    let mut console = Console::of_process(ColorChoice::Auto);
    let styled = error.render();
    let told = if error.use_stderr() {
        let text =
            if console.err_paint.is_on() { styled.ansi().to_string() } else { styled.to_string() };
        console.err().write_all(text.as_bytes())
    } else {
        let text =
            if console.paint.is_on() { styled.ansi().to_string() } else { styled.to_string() };
        console.out().write_all(text.as_bytes()).and_then(|()| console.flush())
    };
    if error.use_stderr() || told.is_err() { Exit::Error } else { Exit::Success }
}
