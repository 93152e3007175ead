//! Builtins of Rego: certificates, keys, tokens, signatures, requests.
//!
//! Nothing here reads a clock, a file or the network: time comes from the context, requests go
//! through its host. The one source of randomness is that of signatures, which must not be
//! predictable (`signature::sign`).

mod aws;
mod der;
mod digest;
mod go;
mod http;
mod jwk;
mod key;
mod keys;
mod signature;
mod token;
mod x509;

pub use http::{CachedResponse, InterQueryCache, MemoryCache, ResponseCache};

use referee_rego_builtin::Table;

/// Its builtins, by family.
pub const TABLES: &[Table] =
    &[aws::TABLE, digest::TABLE, http::TABLE, keys::TABLE, token::TABLE, x509::TABLE];
