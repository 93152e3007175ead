//! SPDX: the published examples and real documents beside Python's spdx-tools, single documents, and
//! hostile ones.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::unreachable,
    reason = "what the tests are made of may fail"
)]

mod examples;
mod hostile;
mod json;
mod jsonld;
#[path = "../license/support.rs"]
mod support;
mod tag_value;

use referee_core::facts::Sbom;
use referee_document::{DocumentError, Limits, spdx};

/// Reads a document that is expected to be read, whatever serialisation it is in.
fn read(text: &str) -> Sbom {
    spdx::read(text.as_bytes(), &Limits::DEFAULT).unwrap()
}

/// The error of one that is not.
fn error(text: &str) -> DocumentError {
    spdx::read(text.as_bytes(), &Limits::DEFAULT).unwrap_err()
}

/// The codes of what is wrong with it.
fn codes(sbom: &Sbom) -> Vec<&str> {
    sbom.problems.iter().map(|problem| problem.code.as_str()).collect()
}
