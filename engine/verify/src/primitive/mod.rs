//! What signatures are made of: keys, the mathematics, and which keys are trusted.

pub mod base64;
pub mod jws;
pub mod key;
mod key_error;
pub mod keyring;
pub mod memory;
pub mod pem;
pub mod signature;
pub mod x509;
