//! Writes the workloads of Rego engines to a folder, for peers that are programs of their own:
//! `cargo run -p referee-benches -- workloads FOLDER`.

use clap::Args;
use referee_benches::workloads;
use std::path::PathBuf;
use std::process::ExitCode;

/// Writes the workloads of Rego engines to a folder.
#[derive(Args)]
pub(crate) struct Arguments {
    folder: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    for workload in workloads::all() {
        workload.write(&arguments.folder).expect("a folder that can be written");
    }
    ExitCode::SUCCESS
}
