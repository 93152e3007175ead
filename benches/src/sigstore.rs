//! Sigstore signatures on one core: Referee's verifier beside `sigstore-verify`, the Rust library of
//! the Sigstore project, and beside the arithmetic of the signatures.

mod arithmetic;
mod hundred;
mod measure;
mod one_image;
mod vectors;

pub use arithmetic::Arithmetic;
pub use hundred::{Hundred, hundreds};
pub use vectors::{Vector, vectors};

use referee_core::Timestamp;

/// The point in time at which everything is judged.
fn now() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().expect("a time")
}
