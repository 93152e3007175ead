//! The implementations that come with this crate.

mod front;
mod host;
#[cfg(feature = "fuzz")]
mod oracle;

pub use front::Front;
#[cfg(feature = "fuzz")]
pub use oracle::{Oracle, OracleError};
