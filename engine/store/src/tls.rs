//! TLS, where both sides of it have something in common: whose certificates are taken, a
//! certificate with its key, and what failed told in words.
//!
//! Certificates are verified by webpki (RFC 5280). One thing is added, as Go's verifier has it
//! (`crypto/x509`, `Certificate.Verify`): a certificate that is itself one of the configured
//! authorities is taken as what it is, although it says that it is an authority's. That is what
//! `openssl req -x509` makes.

mod certified;
mod client;
mod verifier;
mod words;

pub use certified::{KeyMismatch, certified_key};
pub(crate) use client::{Trust, failure, identity};
pub use verifier::client_verifier;
pub use words::{Whose, in_words};
