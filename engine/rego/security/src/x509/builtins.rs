//! `crypto.x509.*` of certificates (OPA: `v1/topdown/crypto.go`).

use super::options::{self, Options};
use super::{Certificate, chain, key_pair, parse, request};
use crate::digest::work;
use crate::go::pem;
use referee_rego_builtin::{BuiltinError, Context, Implementation, Result, Table, operand};
use referee_rego_go::base64::{self, Alphabet};
use referee_rego_value::Value;
use referee_rego_value::bytes::{bytes_of, lossy};

pub(crate) const TABLE: Table = &[
    ("crypto.x509.parse_certificates", Implementation::Function(parse_certificates)),
    ("crypto.x509.parse_certificate_request", Implementation::Function(parse_request)),
    ("crypto.x509.parse_and_verify_certificates", Implementation::Function(parse_and_verify)),
    (
        "crypto.x509.parse_and_verify_certificates_with_options",
        Implementation::Function(parse_and_verify_with_options),
    ),
    ("crypto.x509.parse_keypair", Implementation::Function(parse_keypair)),
];

/// Reading a byte of a certificate and showing it takes about so many bytes.
const SHOWN: usize = 16;

/// The certificates of a text: PEM, base64 of PEM, or base64 of DER.
fn read(
    context: &mut Context<'_>,
    text: &[u8],
) -> Result<std::result::Result<Vec<Certificate>, String>> {
    work(context, text.len().saturating_mul(8))?;
    context.reserve(text.len().saturating_mul(SHOWN))?;
    Ok(certificates(text))
}

fn certificates(text: &[u8]) -> std::result::Result<Vec<Certificate>, String> {
    if text.starts_with(b"-----BEGIN") {
        return from_pem(text);
    }
    let decoded = base64::decode(text, Alphabet::Standard)?;
    if decoded.starts_with(b"-----BEGIN") {
        return from_pem(&decoded);
    }
    parse::certificates(&decoded)
}

fn from_pem(mut text: &[u8]) -> std::result::Result<Vec<Certificate>, String> {
    let mut der = Vec::new();
    while let (Some(block), rest) = pem::decode(text) {
        if block.kind != b"CERTIFICATE" {
            let kind = lossy(&block.kind);
            return Err(format!("PEM block type is '{kind}', expected CERTIFICATE"));
        }
        der.extend(block.bytes);
        text = rest;
    }
    parse::certificates(&der)
}

fn parse_certificates(context: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    let text = operand::string(operands, 1)?;
    let found = read(context, &bytes_of(text))?.map_err(BuiltinError::new)?;
    Ok(Some(Value::array(found.iter().map(|one| one.show(true)))))
}

fn parse_and_verify(context: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    let text = operand::string(operands, 1)?;
    let Ok(found) = read(context, &bytes_of(text))? else { return Ok(Some(unverified())) };
    verified(context, &found, &Options::default(), true)
}

fn parse_and_verify_with_options(
    context: &mut Context<'_>,
    operands: &[Value],
) -> Result<Option<Value>> {
    let text = operand::string(operands, 1)?;
    let options = operand::object(operands, 2)?;
    let Ok(found) = read(context, &bytes_of(text))? else { return Ok(Some(unverified())) };
    let options = options::read(options)?;
    verified(context, &found, &options, false)
}

fn unverified() -> Value {
    Value::array([Value::from(false), Value::array([])])
}

fn verified(
    context: &mut Context<'_>,
    certificates: &[Certificate],
    options: &Options,
    with_uris: bool,
) -> Result<Option<Value>> {
    let Some(chain) = chain::verify(context, certificates, options)? else {
        return Ok(Some(unverified()));
    };
    let chain = Value::array(chain.into_iter().map(|one| one.show(with_uris)));
    Ok(Some(Value::array([Value::from(true), chain])))
}

fn parse_request(context: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    let text = operand::string(operands, 1)?;
    work(context, text.len().saturating_mul(8))?;
    context.reserve(text.len().saturating_mul(SHOWN))?;
    let mut bytes = bytes_of(text).into_owned();
    if !text.starts_with("-----BEGIN CERTIFICATE REQUEST-----") {
        bytes = base64::decode(&bytes, Alphabet::Standard).map_err(BuiltinError::new)?;
    }
    if let (Some(block), _) = pem::decode(&bytes) {
        if block.kind != b"CERTIFICATE REQUEST" {
            return Err(BuiltinError::new("invalid PEM-encoded certificate signing request"));
        }
        bytes = block.bytes;
    }
    request::parse(&bytes).map(Some).map_err(BuiltinError::new)
}

fn parse_keypair(context: &mut Context<'_>, operands: &[Value]) -> Result<Option<Value>> {
    let certificate = operand::string(operands, 1)?;
    let key = operand::value(operands, 2)?;
    // OPA counts this operand as the first, too.
    let Value::String(key) = key else {
        return Err(BuiltinError::operand(1, "string", key.type_name()));
    };
    let size = certificate.len().saturating_add(key.len());
    work(context, size.saturating_mul(8))?;
    context.reserve(size.saturating_mul(SHOWN))?;
    context.work(1_000)?;
    let pair = key_pair::parse(&bytes_of(certificate), &bytes_of(key));
    pair.map(Some).map_err(BuiltinError::new)
}
