//! Provenance and verification summaries: by the rules of each builder, against documents of other
//! projects, against an independent reading in Python, and against hostile input.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "what the tests are made of may fail, and they say what they skip"
)]

mod builders;
mod hostile;
mod limits;
mod oracle;
mod places;
mod published;
mod summaries;
mod support;
