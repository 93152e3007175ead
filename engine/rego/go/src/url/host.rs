//! The host of a URL: a name, or an address in brackets, and perhaps a port.

use super::UrlFault;
use super::escape::{Part, unescape};
use crate::netip;
use referee_rego_value::bytes::text_of_slice;

/// The host with its port, unescaped.
pub(super) fn host_of(scheme: &str, host: &str) -> Result<Vec<u8>, UrlFault> {
    match host.rfind('[') {
        Some(0) => return bracketed(host),
        Some(_) => return Err(UrlFault::IpLiteral),
        None => {}
    }
    if let Some(first) = host.find(':') {
        let strict = matches!(scheme, "http" | "https");
        let at = if strict { first } else { host.rfind(':').unwrap_or(first) };
        check_port(host.get(at..).unwrap_or_default())?;
    }
    unescape(host, Part::Host)
}

/// `[fe80::1%25en0]:80`.
fn bracketed(host: &str) -> Result<Vec<u8>, UrlFault> {
    let Some((name, port)) = host.strip_prefix('[').and_then(|host| host.rsplit_once(']')) else {
        return Err(UrlFault::OpenBracket);
    };
    check_port(port)?;
    let zone_at = name.find("%25").unwrap_or(name.len());
    let (address, zone) = name.split_at_checked(zone_at).unwrap_or((name, ""));
    let mut plain = unescape(address, Part::Host)?;
    plain.extend(unescape(zone, Part::Zone)?);
    if netip::parse(&text_of_slice(&plain)).map_err(UrlFault::Address)?.is_v4 {
        return Err(UrlFault::IpLiteral);
    }
    Ok([b"[", plain.as_slice(), b"]", port.as_bytes()].concat())
}

/// Nothing, or digits behind a colon.
pub(super) fn is_port(text: &str) -> bool {
    text.is_empty()
        || text.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()))
}

fn check_port(port: &str) -> Result<(), UrlFault> {
    if is_port(port) { Ok(()) } else { Err(UrlFault::Port { port: port.to_owned() }) }
}
