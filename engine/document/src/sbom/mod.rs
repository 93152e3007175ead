//! SBOMs of any format.

pub(crate) mod builder;
