//! The promises of ARCHITECTURE.md that a machine can check. Each failure names the file and line
//! and says which promise it breaks.

#![allow(clippy::expect_used, reason = "tests fail by panicking")]

mod arrows;
mod documents;
mod sources;
mod variables;

use std::path::{Path, PathBuf};

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tidy is a member").to_owned()
}

/// Fails with every breach listed, or not at all.
pub fn report(promise: &str, breaches: &[String]) {
    assert!(breaches.is_empty(), "{promise}\n  {}", breaches.join("\n  "));
}
