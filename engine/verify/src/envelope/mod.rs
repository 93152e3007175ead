//! What attestations stand in: DSSE envelopes, in-toto statements, Sigstore bundles; and what they
//! say.

pub mod bundle;
pub(crate) mod content;
pub mod dsse;
pub(crate) mod held;
pub(crate) mod predicate;
pub mod statement;
