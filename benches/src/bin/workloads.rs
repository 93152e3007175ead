//! Writes the workloads of Rego engines to a folder, for peers that are programs of their own:
//! `cargo run -p referee-benches --bin workloads -- FOLDER`.

#![allow(clippy::expect_used, reason = "a bench program that cannot go on says so and stops")]

use referee_benches::workloads;
use std::path::PathBuf;

fn main() {
    let folder = PathBuf::from(std::env::args_os().nth(1).expect("a folder"));
    for workload in workloads::all() {
        workload.write(&folder).expect("a folder that can be written");
    }
}
