//! The implementations that come with this crate.

mod front;
mod host;
mod oracle;

pub use front::Front;
pub use oracle::{Oracle, OracleError};
