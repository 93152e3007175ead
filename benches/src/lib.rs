//! Shared parts of the benchmarks: an engine over a registry on loopback, a server, a client;
//! Rego engines and their workloads; Sigstore signatures and their arithmetic.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on has nothing better to do than to say so and stop"
)]

pub mod apart;
pub mod client;
pub mod documents;
pub mod percentile;
pub mod rego;
pub mod servers;
pub mod sigstore;
pub mod stand;
pub mod wire;
pub mod workloads;
