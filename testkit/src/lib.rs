//! A registry on loopback that serves the example layouts, with faults on demand; and a private
//! [Sigstore instance](sigstore).
//!
//! For tests and benches: nothing that ships depends on it (the tidy test sees to that). It is
//! not a registry that anybody should use: it has no authentication and keeps nothing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test support fails by panicking, as tests do"
)]

mod fault;
mod registry;
pub mod sigstore;

pub use fault::{Fault, Faults};
pub use registry::{Options, Recorded, Registry};

use std::path::{Path, PathBuf};

/// The folder of the example layouts.
#[must_use]
pub fn layouts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a member").join("examples/layouts")
}

/// The example trust document.
#[must_use]
pub fn trust() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a member").join("examples/trust.yaml")
}
