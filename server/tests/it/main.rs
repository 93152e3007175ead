//! The server over real sockets, in front of a registry with artifacts that the real cosign
//! signed.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests fail by panicking"
)]

mod authz;
mod bundle_server;
mod bundle_versions;
mod bundles;
mod client;
mod data;
mod deadlines;
mod docs;
mod limits;
mod listen;
mod logs;
mod opa;
mod operation;
mod registries;
mod requests;
mod rest;
mod stand;
mod verify;
mod warm;
