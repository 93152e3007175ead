//! Sigstore's cases, whole: against the family's own verifier, and altered field by field.

#![allow(clippy::unwrap_used, reason = "what the tests are made of may fail")]

mod alterations;
mod oracle;
mod vectors;
