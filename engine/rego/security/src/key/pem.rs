//! The private keys in a text of PEM blocks, as OPA collects them.

use super::{PrivateKey, parse_ec, parse_pkcs1, parse_pkcs8};
use crate::go::pem;
use referee_rego_go::base64::{self, Alphabet};

/// The private keys of a text: PEM, or base64 of PEM. Blocks of other kinds are passed over.
///
/// # Errors
/// Go's words for the first key that is broken.
pub(crate) fn private_keys(text: &[u8]) -> Result<Vec<PrivateKey>, String> {
    let decoded = base64::decode(text, Alphabet::Standard).ok();
    let mut rest = decoded.as_deref().unwrap_or(text);
    let mut keys = Vec::new();
    while let (Some(block), after) = pem::decode(rest) {
        rest = after;
        match block.kind.as_slice() {
            b"RSA PRIVATE KEY" => keys.push(parse_pkcs1(&block.bytes)?),
            b"PRIVATE KEY" => keys.push(parse_pkcs8(&block.bytes)?),
            b"EC PRIVATE KEY" => keys.push(parse_ec(&block.bytes)?),
            _ => {}
        }
    }
    Ok(keys)
}
