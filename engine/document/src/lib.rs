//! Documents about artifacts: SBOMs, licences, vulnerability reports, VEX, provenance.
//!
//! Each reader takes bytes and gives one form for all formats (`referee_core::facts`). What cannot
//! be read at all is a [`DocumentError`]; what is wrong with a part of a document is a problem in
//! what is read; what is over a limit is left out and counted. Nothing here judges.
//!
//! This crate is pure: no IO, no clock.

mod error;
mod expected;
mod hashes;
mod json;
mod library;
mod limits;
mod problems;
mod purl;
mod stream;
mod strict;
mod text;

pub mod cyclonedx;
pub mod license;
pub mod provenance;
pub mod sbom;
pub mod spdx;
pub mod vex;
pub mod vulnerability;

pub use error::DocumentError;
pub use expected::Expected;
pub use library::{Library, Reading, read};
pub use limits::Limits;
