//! URLs, as Go's `net/url` reads and escapes them.

use super::netip;
use super::quote::{quoted, quoted_bytes};
use referee_rego_value::bytes::{bytes_of, text_of};

/// Which part of a URL a text is: each lets other characters stand as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Path,
    Host,
    Zone,
    User,
    Query,
    Fragment,
}

fn stands(byte: u8, mode: Mode) -> bool {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => true,
        b'$' | b'&' | b'+' | b',' | b';' | b'=' => mode != Mode::Query,
        b':' => matches!(mode, Mode::Path | Mode::Host | Mode::Zone | Mode::Fragment),
        b'@' | b'/' => matches!(mode, Mode::Path | Mode::Fragment),
        b'?' => mode == Mode::Fragment,
        b'!' | b'(' | b')' | b'*' => matches!(mode, Mode::Host | Mode::Zone | Mode::Fragment),
        b'\'' | b'[' | b']' | b'<' | b'>' | b'"' => matches!(mode, Mode::Host | Mode::Zone),
        _ => false,
    }
}

fn escape(text: &[u8], mode: Mode) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |value: u8| DIGITS.get(usize::from(value)).map_or('0', |digit| char::from(*digit));
    let mut escaped = String::with_capacity(text.len());
    for byte in text {
        if stands(*byte, mode) {
            escaped.push(char::from(*byte));
        } else if *byte == b' ' && mode == Mode::Query {
            escaped.push('+');
        } else {
            escaped.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    escaped
}

/// Escapes a part of a query.
pub(crate) fn query_escape(text: &str) -> String {
    escape(&bytes_of(text), Mode::Query)
}

/// The same of bytes.
pub(crate) fn query_escape_bytes(bytes: &[u8]) -> String {
    escape(bytes, Mode::Query)
}

/// Undoes [`query_escape`].
///
/// # Errors
/// In Go's words.
pub(crate) fn query_unescape(text: &str) -> Result<String, String> {
    unescape(text, Mode::Query).map(text_of)
}

/// The same, to bytes.
///
/// # Errors
/// In Go's words.
pub(crate) fn query_unescape_bytes(text: &str) -> Result<Vec<u8>, String> {
    unescape(text, Mode::Query)
}

fn hexadecimal(byte: Option<&u8>) -> Option<u8> {
    byte.and_then(|byte| char::from(*byte).to_digit(16)).and_then(|digit| u8::try_from(digit).ok())
}

fn bad_escape(text: &[u8]) -> String {
    let shown = text.get(..3).unwrap_or(text);
    format!("invalid URL escape {}", quoted_bytes(shown))
}

fn unescape(text: &str, mode: Mode) -> Result<Vec<u8>, String> {
    let mut plain = Vec::with_capacity(text.len());
    let text = bytes_of(text);
    let mut rest = &text[..];
    while let Some((byte, after)) = rest.split_first() {
        let at = rest;
        rest = after;
        match byte {
            b'%' => {
                let (Some(high), Some(low)) = (hexadecimal(at.get(1)), hexadecimal(at.get(2)))
                else {
                    return Err(bad_escape(at));
                };
                let value = high << 4 | low;
                let percent = value == b'%';
                // Only what is not ASCII may be escaped in a host; a zone may have spaces too.
                if mode == Mode::Host && high < 8 && !percent
                    || mode == Mode::Zone && !percent && value != b' ' && !stands(value, Mode::Host)
                {
                    return Err(bad_escape(at));
                }
                plain.push(value);
                rest = at.get(3..).unwrap_or_default();
            }
            b'+' if mode == Mode::Query => plain.push(b' '),
            other
                if matches!(mode, Mode::Host | Mode::Zone)
                    && other.is_ascii()
                    && !stands(*other, mode) =>
            {
                let shown = quoted_bytes(&[*other]);
                return Err(format!("invalid character {shown} in host name"));
            }
            other => plain.push(*other),
        }
    }
    Ok(plain)
}

/// A URL in its parts, unescaped where not said otherwise; what is not there is empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) scheme: String,
    pub(crate) hostname: String,
    pub(crate) port: String,
    pub(crate) path: String,
    /// The path as it was written, where escaping the path does not give it.
    pub(crate) raw_path: String,
    pub(crate) raw_query: String,
    pub(crate) fragment: String,
}

/// Reads a URL.
///
/// # Errors
/// In Go's words.
pub(crate) fn parse(text: &str) -> Result<Url, String> {
    let (before, fragment) = text.split_once('#').unwrap_or((text, ""));
    let failed = |text: &str, error: String| format!("parse {}: {error}", quoted(text));
    let mut url = without_fragment(before).map_err(|error| failed(before, error))?;
    let fragment = unescape(fragment, Mode::Fragment).map_err(|error| failed(text, error))?;
    url.fragment = text_of(fragment);
    Ok(url)
}

fn without_fragment(text: &str) -> Result<Url, String> {
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    let mut url = Url::default();
    if text == "*" {
        "*".clone_into(&mut url.path);
        return Ok(url);
    }
    let (scheme, rest) = scheme(text)?;
    url.scheme = scheme.to_ascii_lowercase();
    let (mut rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    query.clone_into(&mut url.raw_query);
    if !rest.starts_with('/') {
        if !url.scheme.is_empty() {
            // What follows is opaque.
            return Ok(url);
        }
        let segment = rest.split('/').next().unwrap_or_default();
        if segment.contains(':') {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
    }
    let local = url.scheme.is_empty() && rest.starts_with("///");
    if let Some(authority) = rest.strip_prefix("//").filter(|_| !local) {
        let end = authority.find('/').unwrap_or(authority.len());
        let (authority, after) = authority.split_at_checked(end).unwrap_or((authority, ""));
        rest = after;
        let host = host_of(&url.scheme, authority)?;
        (url.hostname, url.port) = split_port(&host);
    }
    let path = unescape(rest, Mode::Path)?;
    if escape(&path, Mode::Path) != rest {
        rest.clone_into(&mut url.raw_path);
    }
    url.path = text_of(path);
    Ok(url)
}

fn scheme(text: &str) -> Result<(&str, &str), String> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => return Ok(text.split_once(':').unwrap_or(("", text))),
            _ => break,
        }
    }
    Ok(("", text))
}

/// The host of an authority; the user before it is checked only.
fn host_of(scheme: &str, authority: &str) -> Result<String, String> {
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    let host = host_and_port(scheme, host)?;
    if let Some(user) = user {
        let valid = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
        if !user.chars().all(valid) {
            return Err("net/url: invalid userinfo".to_owned());
        }
        for part in user.splitn(2, ':') {
            unescape(part, Mode::User)?;
        }
    }
    Ok(host)
}

fn host_and_port(scheme: &str, host: &str) -> Result<String, String> {
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
            return Err(format!("invalid port {} after host", quoted(port)));
        }
    }
    unescape(host, Mode::Host).map(text_of)
}

/// `[fe80::1%25en0]:80`.
fn bracketed(host: &str) -> Result<String, String> {
    let Some((name, port)) = host.rsplit_once(']') else {
        return Err("missing ']' in host".to_owned());
    };
    if !is_port(port) {
        return Err(format!("invalid port {} after host", quoted(port)));
    }
    let name = name.get(1..).unwrap_or_default();
    let zone_at = name.find("%25").unwrap_or(name.len());
    let (address, zone) = name.split_at_checked(zone_at).unwrap_or((name, ""));
    let mut plain = unescape(address, Mode::Host)?;
    plain.extend(unescape(zone, Mode::Zone)?);
    let name = text_of(plain);
    let address = netip::parse(&name).map_err(|error| format!("invalid host: {error}"))?;
    if address.is_v4 {
        return Err("invalid IP-literal".to_owned());
    }
    Ok(format!("[{name}]{port}"))
}

fn is_port(text: &str) -> bool {
    text.is_empty()
        || text.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()))
}

fn split_port(host: &str) -> (String, String) {
    let (name, port) = match host.rfind(':').and_then(|at| host.split_at_checked(at)) {
        Some((name, port)) if is_port(port) => (name, port.get(1..).unwrap_or_default()),
        _ => (host, ""),
    };
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    (bare.unwrap_or(name).to_owned(), port.to_owned())
}
