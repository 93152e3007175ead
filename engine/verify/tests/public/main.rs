//! Bundles that public tools attached in the world: by npm, GitHub, PyPI's publishers, conda,
//! cosign, sigstore-python, on Sigstore's public-good, staging and GitHub's instances. Each with
//! the facts that are established about it, or with the code it is refused for; and beside it what
//! `sigstore-verify` says, which never accepts less but where that is listed.
//!
//! They are read where other projects put them, see [`places`]; nothing of them is copied here.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "what the tests are made of may fail, and they say what they skip"
)]

mod github;
mod npm;
mod oracle;
mod others;
mod places;
mod refused;
mod staging;
mod support;
mod workflows;
