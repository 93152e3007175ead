//! Signatures of JSON Web Signatures (RFC 7515) by the algorithms of RFC 7518 section 3 and
//! RFC 8037 section 3.1: keys with the one algorithm they are for, and what they sign and check.
//!
//! The algorithm always comes with the key, from whoever configured it, never from the header of
//! a token: a header is written by whoever made the token (RFC 8725 section 3.1). Headers and
//! payloads are for the callers to read.
//!
//! Refused: `none`; keys of another kind than the algorithm's, and for ECDSA on another curve than
//! the one that RFC 7518 section 3.4 names; RSA below 2048 bits; empty secrets; encrypted keys;
//! private keys where public ones belong. No error quotes a key, and no key can be shown.

mod algorithm;
mod error;
mod sign;
mod verify;

pub use algorithm::{JwsAlgorithm, JwsAlgorithmUnknown};
pub use error::JwsKeyError;
pub use sign::JwsSigner;
pub use verify::JwsKey;
