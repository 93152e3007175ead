//! The engines behind the front.
//!
//! Each compiles modules into a back end of its own and evaluates paths and queries; the front
//! knows nothing else of it. `regorus` is the first.

pub(crate) mod regorus;
