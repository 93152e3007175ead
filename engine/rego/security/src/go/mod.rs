//! Behaviour of Go's standard library that shows in results and in error texts.

pub(crate) mod asn1;
pub(crate) mod base64;
pub(crate) mod duration;
pub(crate) mod json;
pub(crate) mod pem;
pub(crate) mod quote;
pub(crate) mod url;
