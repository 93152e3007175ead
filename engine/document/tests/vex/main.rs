//! VEX documents: OpenVEX and CSAF, which statements speak of which findings, hostile documents, and
//! those that other projects publish.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "what the tests are made of may fail, and they say what they skip"
)]

mod apply;
mod binding;
mod csaf;
mod hostile;
mod made;
mod openvex;
mod public;
#[path = "../findings_support/mod.rs"]
mod support;
mod vexctl;
