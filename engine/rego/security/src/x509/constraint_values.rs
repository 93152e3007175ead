//! Name constraints as they stand in a certificate (RFC 5280 section 4.2.1.10).

use super::mailbox;
use super::san::is_domain;
use super::{Certificate, Extension};
use crate::der::{CONSTRUCTED, CONTEXT, Reader, tag};
use referee_rego_go::quote::{quoted, quoted_bytes};
use referee_rego_value::bytes::lossy;
use std::net::IpAddr;

/// Names that are permitted, or excluded.
#[derive(Clone, Debug, Default)]
pub(super) struct Subtrees {
    pub(super) dns: Vec<String>,
    /// Address and mask, of the same length.
    pub(super) networks: Vec<(Vec<u8>, Vec<u8>)>,
    pub(super) emails: Vec<String>,
    pub(super) uri_domains: Vec<String>,
}

/// Reads the extension into a certificate; whether there is something in it that is not handled.
///
/// # Errors
/// Go's words.
pub(super) fn read(certificate: &mut Certificate, extension: &Extension) -> Result<bool, String> {
    let invalid = || "x509: invalid NameConstraints extension".to_owned();
    let mut outer = Reader::new(&extension.value);
    let mut inside = outer.inside(tag::SEQUENCE).filter(|_| outer.is_empty());
    let inside = inside.as_mut().ok_or_else(invalid)?;
    let permitted = inside.optional(CONTEXT | CONSTRUCTED).ok_or_else(invalid)?;
    let excluded = inside.optional(CONTEXT | CONSTRUCTED | 1).ok_or_else(invalid)?;
    if !inside.is_empty() {
        return Err(invalid());
    }
    let (permitted, excluded) = (permitted.unwrap_or_default(), excluded.unwrap_or_default());
    if permitted.is_empty() && excluded.is_empty() {
        return Err("x509: empty name constraints extension".to_owned());
    }
    let mut unhandled = false;
    certificate.permitted = subtrees(permitted, &mut unhandled)?;
    certificate.excluded = subtrees(excluded, &mut unhandled)?;
    certificate.constraints_critical = extension.critical;
    Ok(unhandled)
}

fn subtrees(bytes: &[u8], unhandled: &mut bool) -> Result<Subtrees, String> {
    let mut found = Subtrees::default();
    let mut reader = Reader::new(bytes);
    while !reader.is_empty() {
        let value = reader.inside(tag::SEQUENCE).and_then(|mut subtree| subtree.any());
        let value = value.ok_or_else(|| "x509: invalid NameConstraints extension".to_owned())?;
        match value.tag ^ CONTEXT {
            1 => found.emails.push(email(value.content)?),
            2 => found.dns.push(domain(value.content, "dnsName")?),
            6 => {
                let text = ascii(value.content)?;
                if text.parse::<IpAddr>().is_ok() {
                    let text = quoted(&text);
                    return Err(format!(
                        "x509: failed to parse URI constraint {text}: cannot be IP address"
                    ));
                }
                found.uri_domains.push(domain(value.content, "URI")?);
            }
            7 => found.networks.push(network(value.content)?),
            _ => *unhandled = true,
        }
    }
    Ok(found)
}

fn ascii(bytes: &[u8]) -> Result<String, String> {
    if bytes.is_ascii() {
        return Ok(lossy(bytes));
    }
    let text = quoted_bytes(bytes);
    Err(format!("x509: invalid constraint value: x509: {text} cannot be encoded as an IA5String"))
}

fn domain(bytes: &[u8], kind: &str) -> Result<String, String> {
    let text = ascii(bytes)?;
    if is_domain(bytes, true) {
        return Ok(text);
    }
    Err(format!("x509: failed to parse {kind} constraint {}", quoted(&text)))
}

fn email(bytes: &[u8]) -> Result<String, String> {
    let text = ascii(bytes)?;
    if !text.contains('@') {
        return domain(bytes, "rfc822Name");
    }
    if mailbox::parse(&text).is_some() {
        return Ok(text);
    }
    Err(format!("x509: failed to parse rfc822Name constraint {}", quoted(&text)))
}

fn network(bytes: &[u8]) -> Result<(Vec<u8>, Vec<u8>), String> {
    let length = bytes.len();
    if length != 8 && length != 32 {
        return Err(format!("x509: IP constraint contained value of length {length}"));
    }
    let (address, mask) = bytes.split_at(length / 2);
    let ones = mask.iter().take_while(|&&byte| byte == 0xff).count();
    let rest = mask.get(ones..).unwrap_or_default();
    let fine = match rest.split_first() {
        None => true,
        Some((first, rest)) => {
            first.leading_ones() + first.trailing_zeros().min(8) == 8
                && rest.iter().all(|&byte| byte == 0)
        }
    };
    if fine {
        return Ok((address.to_vec(), mask.to_vec()));
    }
    Err(format!("x509: IP constraint contained invalid mask {}", crate::digest::hex(mask)))
}
