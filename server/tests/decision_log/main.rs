//! The decision log and status of a server over real sockets: what a collector gets, and what
//! becomes of decisions that it does not get. Beside it runs the real OPA, where there is one.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod collector;
mod delivery;
mod opa;
mod stand;
mod status;
