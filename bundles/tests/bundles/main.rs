//! Bundles from outside: archives that mean harm, content that cannot be, signatures that do not
//! hold, changes; and the real `opa`, with which bundles are exchanged both ways.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what the tests are made of may fail"
)]

mod archives;
mod deltas;
#[path = "../../../cli/tests/peers/find.rs"]
mod find;
mod keys;
mod opa;
mod packing;
mod reading;
mod signatures;
mod support;
