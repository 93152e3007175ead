//! The verification cases of Sigstore's clients (sigstore/sigstore-conformance,
//! `test/assets/bundle-verify`).
//!
//! A case is a folder with a bundle and what it is to be verified with. One whose name ends in
//! `_fail` must be refused; any reason would do for the suite. Here a list names the code for which
//! each is refused, so that none is refused by accident.

mod case;
mod client;
mod expected;
mod run;

pub use case::{Case, LoadError, load};
pub use client::{Artifact, Client, Ruling, Signer, Unusable};
pub use expected::{Codes, CodesError};
pub use run::{SUITE, run};
