//! Licence expressions: single cases, laws, and the same as Python's library license-expression.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what the tests are made of may fail"
)]

mod algebra;
mod cases;
mod hostile;
mod oracle;
mod support;
