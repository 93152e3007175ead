//! Behaviour of Go's standard library that shows in results and in error texts, and only in those
//! of this crate.

pub(crate) mod asn1;
pub(crate) mod json;
pub(crate) mod pem;
