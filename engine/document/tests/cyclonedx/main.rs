//! CycloneDX: what the reader makes of documents, of its own making and of others', beside what the
//! reference implementation makes of them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what the tests are made of may fail"
)]

mod facts;
mod findings;
mod hostile;
mod oracle;
mod refused;
mod specification;
mod support;
mod tools;
