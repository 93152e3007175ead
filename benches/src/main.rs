//! The benchmarks that are programs: `cargo run --release -p referee-benches -- NAME`. They are one
//! program, since each would be linked for minutes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark reports by printing, and stops where it cannot go on"
)]

mod commands {
    pub(crate) mod bare;
    pub(crate) mod load;
    pub(crate) mod rego;
    pub(crate) mod server;
    pub(crate) mod sigstore;
    pub(crate) mod soak;
    pub(crate) mod workloads;
}

use clap::Parser;
use commands::{bare, load, rego, server, sigstore, soak, workloads};
use std::process::ExitCode;

/// Benchmarks, beside peers in the same run.
#[derive(Parser)]
enum Benchmark {
    /// A server that does nothing, beside which others are measured.
    #[command(hide = true)]
    Bare(bare::Arguments),
    /// A warm ruling over HTTP beside an empty handler.
    Load(load::Arguments),
    /// Rego engines side by side.
    Rego(rego::Arguments),
    /// The server beside OPA's.
    Server(server::Arguments),
    /// Sigstore signatures on one core.
    Sigstore(sigstore::Arguments),
    /// Rulings against a registry with random faults.
    Soak(soak::Arguments),
    /// Writes the workloads of Rego engines to a folder.
    Workloads(workloads::Arguments),
}

fn main() -> ExitCode {
    match Benchmark::parse() {
        Benchmark::Bare(arguments) => bare::run(&arguments),
        Benchmark::Load(arguments) => load::run(arguments),
        Benchmark::Rego(arguments) => rego::run(arguments),
        Benchmark::Server(arguments) => server::run(&arguments),
        Benchmark::Sigstore(arguments) => sigstore::run(arguments),
        Benchmark::Soak(arguments) => soak::run(arguments),
        Benchmark::Workloads(arguments) => workloads::run(&arguments),
    }
}
