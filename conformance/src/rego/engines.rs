//! The implementations that come with this crate.

mod front;
mod oracle;

pub use front::Front;
pub use oracle::{Oracle, OracleError};
