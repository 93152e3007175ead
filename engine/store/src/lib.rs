//! All IO of the engine: registries, OCI layouts, caches, credentials, trust files and the clock.
//!
//! What comes out of this crate has been checked as far as bytes can be: what was asked for by
//! digest has that digest and size, nothing is larger than its limit, and "there are none" is
//! said only after a listing was read to its end.

pub mod error;
pub mod source;

pub use error::StoreError;
pub use source::{Fetched, Listing, Place, Store};
