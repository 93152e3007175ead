//! Referee's verifiers: pure functions from evidence and trust to facts.
//!
//! A verifier is given bytes that the engine fetched, the compiled trust document and a point in
//! time, and says what it established. It fetches nothing, reads no clock and never panics on
//! foreign bytes: what cannot be read is a fact with status `invalid`.
//!
//! - [`cosign`]: cosign's legacy signatures and attestations, and Sigstore bundles.
//! - [`intoto`]: statements and documents that nobody signed.
//! - [`primitive`]: keys, signatures, certificates and the key ring; [`envelope`]: DSSE, in-toto
//!   statements and Sigstore bundles; [`protocol`]: timestamps, logs, Sigstore instances.
//! - [`problem`]: every code that a signature fact can carry, with its meaning and status.
//!
//! Verifiers never import one another; what two of them need stands in the shared modules.

pub mod cosign;
pub mod envelope;
pub mod intoto;
mod json;
mod layers;
pub mod primitive;
pub mod problem;
pub mod protocol;

pub use cosign::{CosignVerifier, UnusableTrust};
pub use intoto::InTotoVerifier;
pub use primitive::key::{KeyError, PublicKey};
pub use primitive::keyring::{Keyring, KeyringError};
