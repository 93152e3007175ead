//! Hosts: names, addresses in brackets, ports.

use super::escape::{Part, quoted, quoted_bytes, unescape};
use std::net::Ipv4Addr;

fn is_port(text: &str) -> bool {
    text.is_empty()
        || text.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()))
}

fn bad_port(port: &str) -> String {
    format!("invalid port {} after host", quoted(port))
}

/// The host of an authority, with its port.
pub(super) fn host_of(scheme: &str, host: &str) -> Result<Vec<u8>, String> {
    match host.rfind('[') {
        Some(0) => return bracketed(host),
        Some(_) => return Err("invalid IP-literal".to_owned()),
        None => {}
    }
    if let Some(first) = host.find(':') {
        let strict = matches!(scheme, "http" | "https");
        let at = if strict { first } else { host.rfind(':').unwrap_or(first) };
        let port = host.get(at..).unwrap_or_default();
        if !is_port(port) {
            return Err(bad_port(port));
        }
    }
    unescape(host.as_bytes(), Part::Host)
}

/// `[fe80::1%25en0]:80`.
fn bracketed(host: &str) -> Result<Vec<u8>, String> {
    let Some((name, port)) = host.rsplit_once(']') else {
        return Err("missing ']' in host".to_owned());
    };
    if !is_port(port) {
        return Err(bad_port(port));
    }
    let name = name.get(1..).unwrap_or_default();
    let zone_at = name.find("%25").unwrap_or(name.len());
    let (address, zone) = name.split_at_checked(zone_at).unwrap_or((name, ""));
    let mut plain = unescape(address.as_bytes(), Part::Host)?;
    plain.extend(unescape(zone.as_bytes(), Part::Zone)?);
    let text = String::from_utf8_lossy(&plain);
    match address_of(&text) {
        Ok(Version::Six) => {}
        Ok(Version::Four) => return Err("invalid IP-literal".to_owned()),
        Err(Wrong { what, at }) => {
            let at = at.map_or(String::new(), |at| format!(" (at {})", quoted(at)));
            let shown = quoted_bytes(&plain);
            return Err(format!("invalid host: ParseAddr({shown}): {what}{at}"));
        }
    }
    Ok([b"[", plain.as_slice(), b"]", port.as_bytes()].concat())
}

#[derive(Debug, PartialEq, Eq)]
enum Version {
    Four,
    Six,
}

/// Why a text is no address, and where.
#[derive(Debug, PartialEq, Eq)]
struct Wrong<'a> {
    what: &'static str,
    at: Option<&'a str>,
}

fn wrong<'a, T>(what: &'static str, at: &'a str) -> Result<T, Wrong<'a>> {
    Err(Wrong { what, at: Some(at).filter(|at| !at.is_empty()) })
}

/// Which version an address is of, as Go's `net/netip` reads it.
fn address_of(text: &str) -> Result<Version, Wrong<'_>> {
    match text.bytes().find(|byte| matches!(byte, b'.' | b':' | b'%')) {
        None => wrong("unable to parse IP", ""),
        Some(b'%') => wrong("missing IPv6 address", ""),
        Some(b'.') => v4(text).map(|()| Version::Four),
        Some(_) => match text.split_once('%') {
            Some((_, "")) => wrong("zone must be a non-empty string", ""),
            Some((address, _)) => v6(address).map(|()| Version::Six),
            None => v6(text).map(|()| Version::Six),
        },
    }
}

fn v4(text: &str) -> Result<(), Wrong<'_>> {
    if text.parse::<Ipv4Addr>().is_ok() {
        return Ok(());
    }
    let (mut value, mut digits, mut dots) = (0_u32, 0, 0);
    for (at, byte) in text.bytes().enumerate() {
        let rest = text.get(at..).unwrap_or_default();
        if byte.is_ascii_digit() {
            if digits == 1 && value == 0 {
                return wrong("IPv4 field has octet with leading zero", "");
            }
            value = value * 10 + u32::from(byte - b'0');
            digits += 1;
            if value > 255 {
                return wrong("IPv4 field has value >255", "");
            }
        } else if byte == b'.' {
            if digits == 0 || rest.len() == 1 {
                return wrong("IPv4 field must have at least one digit", rest);
            }
            if dots == 3 {
                return wrong("IPv4 address too long", "");
            }
            (value, digits, dots) = (0, 0, dots + 1);
        } else {
            return wrong("unexpected character", rest);
        }
    }
    wrong("IPv4 address too short", "")
}

fn v6(text: &str) -> Result<(), Wrong<'_>> {
    const MANY: &str = "too many hex fields to fit an embedded IPv4 at the end of the address";
    const PLACE: &str = "embedded IPv4 address must replace the final 2 fields of the address";
    let mut rest = text;
    // How many fields of 16 bits there are, and whether zeros are left out.
    let (mut fields, mut short) = (0, false);
    if let Some(after) = rest.strip_prefix("::") {
        (rest, short) = (after, true);
        if rest.is_empty() {
            return Ok(());
        }
    }
    while fields < 8 {
        let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        if digits > 4 {
            return wrong("each group must have 4 or less digits", rest);
        }
        if digits == 0 {
            return wrong("each colon-separated field must have at least one digit", rest);
        }
        let after = rest.get(digits..).unwrap_or_default();
        if after.starts_with('.') {
            if !short && fields != 6 {
                return wrong(PLACE, rest);
            }
            if fields > 6 {
                return wrong(MANY, rest);
            }
            v4(rest)?;
            fields += 2;
            rest = "";
            break;
        }
        fields += 1;
        rest = after;
        if rest.is_empty() {
            break;
        }
        let Some(after) = rest.strip_prefix(':') else {
            return wrong("unexpected character, want colon", rest);
        };
        if after.is_empty() {
            return wrong("colon must be followed by more characters", rest);
        }
        rest = after;
        if let Some(after) = rest.strip_prefix(':') {
            if short {
                return wrong("multiple :: in address", rest);
            }
            (rest, short) = (after, true);
            if rest.is_empty() {
                break;
            }
        }
    }
    if !rest.is_empty() {
        return wrong("trailing garbage after address", rest);
    }
    match (fields < 8, short) {
        (true, false) => wrong("address string too short", ""),
        (false, true) => wrong("the :: must expand to at least one field of zeros", ""),
        _ => Ok(()),
    }
}
