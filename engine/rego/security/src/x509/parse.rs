//! A certificate from DER (RFC 5280 section 4.1), checked in Go's order.

use super::{Certificate, Extension, algorithm, extensions, name, time};
use crate::der::{CONSTRUCTED, CONTEXT, Oid, Reader, dotted, tag};
use crate::key::subject_key;
use num_bigint::BigInt;
use std::collections::HashSet;

type Result<T> = std::result::Result<T, String>;

fn malformed(what: &str) -> String {
    format!("x509: malformed {what}")
}

/// Reads exactly one certificate.
///
/// # Errors
/// Go's words.
pub(crate) fn certificate(bytes: &[u8]) -> Result<Certificate> {
    let found = first(bytes)?;
    if found.raw.len() == bytes.len() { Ok(found) } else { Err("x509: trailing data".to_owned()) }
}

/// Reads certificates that follow one another.
///
/// # Errors
/// Go's words.
pub(super) fn certificates(mut bytes: &[u8]) -> Result<Vec<Certificate>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let next = first(bytes)?;
        bytes = bytes.get(next.raw.len()..).unwrap_or_default();
        found.push(next);
    }
    Ok(found)
}

/// An algorithm and its parameters, whole.
pub(super) fn algorithm_identifier<'a>(mut inside: Reader<'a>) -> Result<(Oid, &'a [u8])> {
    let oid = inside.oid().ok_or_else(|| malformed("OID"))?;
    if inside.is_empty() {
        return Ok((oid, &[]));
    }
    let parameters = inside.any().ok_or_else(|| malformed("parameters"))?;
    Ok((oid, parameters.whole))
}

fn first(bytes: &[u8]) -> Result<Certificate> {
    let mut certificate = Certificate::default();
    let outer = Reader::new(bytes).element(tag::SEQUENCE);
    let outer = outer.ok_or_else(|| malformed("certificate"))?;
    certificate.raw = outer.whole.to_vec();
    let mut outer = Reader::new(outer.content);
    let tbs = outer.element(tag::SEQUENCE).ok_or_else(|| malformed("tbs certificate"))?;
    certificate.raw_tbs = tbs.whole.to_vec();
    let mut tbs = Reader::new(tbs.content);
    certificate.version = version(&mut tbs)?;
    let serial = tbs.integer().ok_or_else(|| malformed("serial number"))?;
    certificate.serial_number = BigInt::from_signed_bytes_be(serial);
    if serial.first().is_some_and(|byte| byte & 0x80 != 0) {
        return Err("x509: negative serial number".to_owned());
    }
    let inner = tbs.content(tag::SEQUENCE);
    let inner = inner.ok_or_else(|| malformed("signature algorithm identifier"))?;
    let repeated = outer.content(tag::SEQUENCE);
    if repeated.ok_or_else(|| malformed("algorithm identifier"))? != inner {
        return Err("x509: inner and outer signature algorithm identifiers don't match".to_owned());
    }
    let (oid, parameters) = algorithm_identifier(Reader::new(inner))?;
    certificate.signature_algorithm = algorithm::identify(&oid, parameters);
    let issuer = tbs.element(tag::SEQUENCE).ok_or_else(|| malformed("issuer"))?.whole;
    certificate.raw_issuer = issuer.to_vec();
    certificate.issuer = name::parse(issuer)?;
    let mut validity = tbs.inside(tag::SEQUENCE).ok_or_else(|| malformed("validity"))?;
    certificate.not_before = time::read(&mut validity)?;
    certificate.not_after = time::read(&mut validity)?;
    let subject = tbs.element(tag::SEQUENCE).ok_or_else(|| malformed("issuer"))?.whole;
    certificate.raw_subject = subject.to_vec();
    certificate.subject = name::parse(subject)?;
    public_key(&mut certificate, &mut tbs)?;
    if certificate.version > 1 {
        rest_of_tbs(&mut certificate, tbs)?;
    }
    let signature = outer.bits().ok_or_else(|| malformed("signature"))?;
    certificate.signature = signature.right_aligned();
    Ok(certificate)
}

/// The version, counted from 1.
fn version(tbs: &mut Reader<'_>) -> Result<i64> {
    let version = tbs.optional(CONTEXT | CONSTRUCTED).and_then(|found| match found {
        None => Some(0),
        Some(content) => {
            let mut inside = Reader::new(content);
            inside.int64().filter(|version| inside.is_empty() && *version >= 0)
        }
    });
    match version {
        None => Err(malformed("version")),
        Some(version @ 0..=2) => Ok(version + 1),
        Some(_) => Err("x509: invalid version".to_owned()),
    }
}

fn public_key(certificate: &mut Certificate, tbs: &mut Reader<'_>) -> Result<()> {
    let spki = tbs.element(tag::SEQUENCE).ok_or_else(|| malformed("spki"))?;
    certificate.raw_key = spki.whole.to_vec();
    let mut spki = Reader::new(spki.content);
    let identifier = spki.inside(tag::SEQUENCE);
    let identifier = identifier.ok_or_else(|| malformed("public key algorithm identifier"))?;
    let (oid, parameters) = algorithm_identifier(identifier)?;
    certificate.public_key_algorithm = algorithm::public_key(&oid);
    let key = spki.bits().ok_or_else(|| malformed("subjectPublicKey"))?;
    if certificate.public_key_algorithm != 0 {
        certificate.public_key = Some(subject_key(&oid, parameters, &key.right_aligned())?);
    }
    Ok(())
}

/// Unique identifiers and extensions.
fn rest_of_tbs(certificate: &mut Certificate, mut tbs: Reader<'_>) -> Result<()> {
    tbs.optional(CONTEXT | 1).ok_or_else(|| malformed("issuerUniqueID"))?;
    tbs.optional(CONTEXT | 2).ok_or_else(|| malformed("subjectUniqueID"))?;
    if certificate.version != 3 {
        return Ok(());
    }
    let found = tbs.optional(CONTEXT | CONSTRUCTED | 3).ok_or_else(|| malformed("extensions"))?;
    let Some(found) = found else { return Ok(()) };
    let inside = Reader::new(found).inside(tag::SEQUENCE);
    let mut inside = inside.ok_or_else(|| malformed("extensions"))?;
    let mut seen = HashSet::new();
    while !inside.is_empty() {
        let one = inside.inside(tag::SEQUENCE).ok_or_else(|| malformed("extension"))?;
        let one = extension(one)?;
        if !seen.insert(one.id.clone()) {
            let id = dotted(&one.id);
            return Err(format!(
                "x509: certificate contains duplicate extension with OID \"{id}\""
            ));
        }
        certificate.extensions.push(one);
    }
    extensions::process(certificate)
}

fn extension(mut inside: Reader<'_>) -> Result<Extension> {
    let id = inside.oid().ok_or_else(|| malformed("extension OID field"))?;
    let mut critical = false;
    if inside.next_is(tag::BOOLEAN) {
        critical = inside.boolean().ok_or_else(|| malformed("extension critical field"))?;
    }
    let value = inside.content(tag::OCTET_STRING);
    let value = value.ok_or_else(|| malformed("extension value field"))?.to_vec();
    Ok(Extension { id, critical, value })
}
