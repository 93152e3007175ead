//! Signatures of bundles: `.signatures.json`, as OPA has it (`v1/bundle`, page "Bundles", section
//! "Signing").
//!
//! The file holds one JSON Web Token, whose payload lists every file of the bundle with a hash.
//! What is checked, and in which order: there is exactly one token; it is signed by a key that
//! counts, by the algorithm that was configured *for that key*; its scope is the configured one;
//! every file of the bundle is listed and has its hash; no file is listed that is not there.
//!
//! Refused, where OPA goes on: MD5 and SHA-1; a header with `crit`; a delta without a signature
//! where one is demanded; keys below 2048 bits and on other curves than their algorithm's.

mod document;
mod error;
mod hash;
mod policy;
mod sign;
mod verify;

pub use error::{SignatureError, SigningError};
pub use hash::HashAlgorithm;
pub use policy::{BundleKey, BundleKeys, SignaturePolicy, SignedBy, Verification};
pub use sign::sign;

pub(crate) use verify::{Checked, check};

/// The name of the file that signatures stand in.
pub const SIGNATURES_FILE: &str = ".signatures.json";
