//! `io.jwt.*` (OPA: `v1/topdown/tokens.go`; RFC 7515, RFC 7519).

mod algorithm;
mod constraints;
mod decode;
mod decode_verify;
mod encode;
mod header;
mod header_text;
mod keys;
mod verify;

use referee_rego_builtin::{Implementation, Table};

pub(crate) const TABLE: Table = &[
    ("io.jwt.decode", Implementation::Function(decode::decode)),
    ("io.jwt.decode_verify", Implementation::Function(decode_verify::decode_verify)),
    ("io.jwt.encode_sign", Implementation::Function(encode::encode_sign)),
    ("io.jwt.encode_sign_raw", Implementation::Function(encode::encode_sign_raw)),
    ("io.jwt.verify_eddsa", Implementation::Function(verify::eddsa)),
    ("io.jwt.verify_es256", Implementation::Function(verify::es256)),
    ("io.jwt.verify_es384", Implementation::Function(verify::es384)),
    ("io.jwt.verify_es512", Implementation::Function(verify::es512)),
    ("io.jwt.verify_hs256", Implementation::Function(verify::hs256)),
    ("io.jwt.verify_hs384", Implementation::Function(verify::hs384)),
    ("io.jwt.verify_hs512", Implementation::Function(verify::hs512)),
    ("io.jwt.verify_ps256", Implementation::Function(verify::ps256)),
    ("io.jwt.verify_ps384", Implementation::Function(verify::ps384)),
    ("io.jwt.verify_ps512", Implementation::Function(verify::ps512)),
    ("io.jwt.verify_rs256", Implementation::Function(verify::rs256)),
    ("io.jwt.verify_rs384", Implementation::Function(verify::rs384)),
    ("io.jwt.verify_rs512", Implementation::Function(verify::rs512)),
];

/// Checking a signature with one key costs as much as so many steps.
const SIGNATURE: u32 = 1_000;
