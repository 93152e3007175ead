//! What stands behind a signature: timestamps, transparency logs, certificate transparency, and
//! the Sigstore instances that vouch with them.

pub mod log_key;
pub mod sct;
pub mod sigstore;
pub mod timestamp;
pub mod tlog;
