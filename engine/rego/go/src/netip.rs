//! Addresses of the Internet as text, as Go's `net/netip` and `net` read and write them.

use crate::quote::quoted;
use std::net::{Ipv4Addr, Ipv6Addr};

/// An address in 128 bits: one of version 4 as `::ffff:a.b.c.d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The bits.
    pub bits: u128,
    /// Whether it was written in version 4.
    pub is_v4: bool,
    /// Whether it has a zone.
    pub has_zone: bool,
}

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressError {
    text: String,
    what: &'static str,
    at: String,
}

impl std::fmt::Display for AddressError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ParseAddr({}): {}", quoted(&self.text), self.what)?;
        if self.at.is_empty() { Ok(()) } else { write!(f, " (at {})", quoted(&self.at)) }
    }
}

impl std::error::Error for AddressError {}

struct Failure<'a> {
    what: &'static str,
    at: &'a str,
}

fn failure<'a, T>(what: &'static str, at: &'a str) -> Result<T, Failure<'a>> {
    Err(Failure { what, at })
}

/// Reads an address.
///
/// # Errors
/// Where it is none, in Go's words.
pub fn parse(text: &str) -> Result<Parsed, AddressError> {
    let parsed = match text.bytes().find(|byte| matches!(byte, b'.' | b':' | b'%')) {
        Some(b'.') => {
            v4(text).map(|bits| Parsed { bits: mapped(bits), is_v4: true, has_zone: false })
        }
        Some(b':') => v6(text),
        Some(_) => failure("missing IPv6 address", ""),
        None => failure("unable to parse IP", ""),
    };
    let whole = || text.to_owned();
    parsed.map_err(|Failure { what, at }| AddressError { text: whole(), what, at: at.to_owned() })
}

/// Reads an address without a zone, as Go's `net.ParseIP`.
#[must_use]
pub fn parse_ip(text: &str) -> Option<Parsed> {
    parse(text).ok().filter(|address| !address.has_zone)
}

/// An address of version 4 in 128 bits.
#[must_use]
pub fn mapped(v4: u32) -> u128 {
    0xffff << 32 | u128::from(v4)
}

/// The address of version 4 that 128 bits stand for.
#[must_use]
pub fn to_v4(bits: u128) -> Option<u32> {
    u32::try_from(bits ^ mapped(0)).ok()
}

/// The text of an address; of version 4 where it stands for one.
#[must_use]
pub fn text(bits: u128) -> String {
    match to_v4(bits) {
        Some(v4) => Ipv4Addr::from_bits(v4).to_string(),
        None => Ipv6Addr::from_bits(bits).to_string(),
    }
}

fn v4(text: &str) -> Result<u32, Failure<'_>> {
    let mut bits = 0u32;
    let (mut value, mut digits, mut points) = (0u32, 0, 0);
    for (at, c) in text.char_indices() {
        let rest = text.get(at..).unwrap_or_default();
        if let Some(digit) = c.to_digit(10) {
            if digits == 1 && value == 0 {
                return failure("IPv4 field has octet with leading zero", "");
            }
            value = value * 10 + digit;
            digits += 1;
            if value > 255 {
                return failure("IPv4 field has value >255", "");
            }
        } else if c == '.' {
            if digits == 0 || rest.len() == 1 {
                return failure("IPv4 field must have at least one digit", rest);
            }
            if points == 3 {
                return failure("IPv4 address too long", "");
            }
            bits = bits << 8 | value;
            points += 1;
            (value, digits) = (0, 0);
        } else {
            return failure("unexpected character", rest);
        }
    }
    if points < 3 {
        return failure("IPv4 address too short", "");
    }
    Ok(bits << 8 | value)
}

/// The groups of an address of version 6 as they are read.
struct Groups {
    bits: u128,
    /// How many bytes were read.
    bytes: u32,
    /// After how many bytes `::` stands.
    ellipsis: Option<u32>,
}

impl Groups {
    fn push(&mut self, value: u32, bytes: u32) {
        self.bits = self.bits << (8 * bytes) | u128::from(value);
        self.bytes += bytes;
    }

    fn finish<'a>(self) -> Result<u128, Failure<'a>> {
        let missing = 16 - self.bytes;
        match self.ellipsis {
            None if missing > 0 => failure("address string too short", ""),
            None => Ok(self.bits),
            Some(_) if missing == 0 => {
                failure("the :: must expand to at least one field of zeros", "")
            }
            Some(at) => {
                let after = 8 * (self.bytes - at);
                let low = self.bits & (1u128 << after).wrapping_sub(1);
                let high = self.bits.checked_shr(after).unwrap_or(0);
                Ok(high.checked_shl(after + 8 * missing).unwrap_or(0) | low)
            }
        }
    }
}

fn v6(text: &str) -> Result<Parsed, Failure<'_>> {
    let (mut rest, zone) = match text.split_once('%') {
        Some((_, "")) => return failure("zone must be a non-empty string", ""),
        Some((address, _)) => (address, true),
        None => (text, false),
    };
    let mut groups = Groups { bits: 0, bytes: 0, ellipsis: None };
    if let Some(after) = rest.strip_prefix("::") {
        groups.ellipsis = Some(0);
        rest = after;
    }
    while groups.bytes < 16 && !(rest.is_empty() && groups.ellipsis == Some(groups.bytes)) {
        let length = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        if length > 4 {
            return failure("each group must have 4 or less digits", rest);
        }
        if length == 0 {
            return failure("each colon-separated field must have at least one digit", rest);
        }
        let (digits, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if after.starts_with('.') {
            if groups.ellipsis.is_none() && groups.bytes != 12 {
                let what = "embedded IPv4 address must replace the final 2 fields of the address";
                return failure(what, rest);
            }
            if groups.bytes > 12 {
                let what = "too many hex fields to fit an embedded IPv4 at the end of the address";
                return failure(what, rest);
            }
            groups.push(v4(rest)?, 4);
            rest = "";
            break;
        }
        groups.push(u32::from_str_radix(digits, 16).unwrap_or(0), 2);
        rest = after;
        if rest.is_empty() {
            break;
        }
        let Some(after) = rest.strip_prefix(':') else {
            return failure("unexpected character, want colon", rest);
        };
        if after.is_empty() {
            return failure("colon must be followed by more characters", rest);
        }
        if let Some(more) = after.strip_prefix(':') {
            if groups.ellipsis.is_some() {
                return failure("multiple :: in address", after);
            }
            groups.ellipsis = Some(groups.bytes);
            rest = more;
        } else {
            rest = after;
        }
    }
    if !rest.is_empty() {
        return failure("trailing garbage after address", rest);
    }
    Ok(Parsed { bits: groups.finish()?, is_v4: false, has_zone: zone })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_both_versions_come_back() {
        for (given, written) in [
            ("1.2.3.4", "1.2.3.4"),
            ("::", "::"),
            ("::ffff:1.2.3.4", "1.2.3.4"),
            ("2001:DB8::1:0:0:1", "2001:db8::1:0:0:1"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ] {
            let address = parse(given).unwrap();
            assert_eq!(text(address.bits), written);
            assert_eq!(address.is_v4, !given.contains(':'));
        }
        assert!(parse("fe80::1%eth0").unwrap().has_zone);
        assert_eq!(parse_ip("fe80::1%eth0"), None);
    }

    #[test]
    fn what_is_no_address_is_refused_in_gos_words() {
        for (text, error) in [
            ("", "unable to parse IP"),
            ("%1", "missing IPv6 address"),
            ("1.2.3", "IPv4 address too short"),
            ("1.2.3.04", "IPv4 field has octet with leading zero"),
            ("1..2.3", "IPv4 field must have at least one digit (at \".2.3\")"),
            ("::1%", "zone must be a non-empty string"),
            ("1::2::3", "multiple :: in address (at \":3\")"),
            ("1:", "colon must be followed by more characters (at \":\")"),
            ("1:2:3:4:5:6:7:8:9", "trailing garbage after address (at \"9\")"),
        ] {
            let shown = format!("ParseAddr(\"{text}\"): {error}");
            assert_eq!(parse(text).unwrap_err().to_string(), shown);
        }
    }
}
