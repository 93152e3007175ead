//! What signed statements are wrapped in: DSSE envelopes, in-toto statements, Sigstore bundles.

pub mod bundle;
pub mod dsse;
pub mod statement;
