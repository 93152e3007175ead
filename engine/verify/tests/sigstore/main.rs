//! Sigstore's cases, whole: against the family's own verifier, and altered field by field.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unreachable,
    reason = "what the tests are made of may fail, and they say what they skip"
)]

mod alterations;
mod met;
mod oracle;
mod roots;
mod vectors;
