//! What Go's standard library does, where OPA's builtins show it.

pub(crate) mod float;
pub(crate) mod fmt;
pub(crate) mod netip;
pub(crate) mod quote;
pub(crate) mod random;
pub(crate) mod unicode;
pub(crate) mod url;
