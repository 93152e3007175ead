//! What Go's standard library does, where OPA's builtins show it and only those here need it.

pub(crate) mod float;
pub(crate) mod fmt;
pub(crate) mod quote;
pub(crate) mod random;
pub(crate) mod unicode;
