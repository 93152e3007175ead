//! Encodings: base64, hexadecimal, JSON, URL queries and URIs; `topdown/encoding.go`,
//! `topdown/uri.go`.

mod base64;
mod hex;
mod json;
mod query;
mod uri;

pub(crate) use base64::TABLE as BASE64;
pub(crate) use hex::TABLE as HEX;
pub(crate) use json::TABLE as JSON;
pub(crate) use query::TABLE as QUERY;
pub(crate) use uri::TABLE as URI;
