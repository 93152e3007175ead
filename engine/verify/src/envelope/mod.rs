//! What signed statements are wrapped in: DSSE envelopes and in-toto statements.

pub mod dsse;
pub mod statement;
