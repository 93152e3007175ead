//! URLs as Go's `net/url` parses and writes them (RFC 3986 with Go's leniencies and errors).

use super::quote::{quote, quote_bytes};
use referee_rego_value::bytes::{bytes_of, text_of_slice};
use std::net::Ipv6Addr;

/// A URL in its parts. Parts that were unescaped may be no UTF-8.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) scheme: String,
    pub(crate) opaque: String,
    /// Name, and password where there is one.
    pub(crate) user: Option<(Vec<u8>, Option<Vec<u8>>)>,
    pub(crate) host: Vec<u8>,
    pub(crate) path: Vec<u8>,
    pub(crate) raw_path: String,
    pub(crate) omit_host: bool,
    pub(crate) force_query: bool,
    pub(crate) raw_query: String,
    pub(crate) fragment: Vec<u8>,
    pub(crate) raw_fragment: String,
}

/// Which part of a URL a text is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    Host,
    Zone,
    User,
    Fragment,
}

/// Parses a URL.
///
/// # Errors
/// Go's words.
pub(crate) fn parse(text: &str) -> Result<Url, String> {
    let (before, fragment) = text.split_once('#').unwrap_or((text, ""));
    let failed = |text: &str, error: String| format!("parse {}: {error}", quote(text));
    let mut url = parts(before).map_err(|error| failed(before, error))?;
    if !fragment.is_empty() {
        url.fragment = unescape(fragment, Part::Fragment).map_err(|error| failed(text, error))?;
        if escape(&url.fragment, Part::Fragment) != fragment {
            url.raw_fragment = fragment.to_owned();
        }
    }
    Ok(url)
}

fn parts(text: &str) -> Result<Url, String> {
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    let mut url = Url::default();
    if text == "*" {
        url.path = b"*".to_vec();
        return Ok(url);
    }
    let (scheme, mut rest) = scheme(text)?;
    url.scheme = scheme.to_ascii_lowercase();
    match rest.strip_suffix('?') {
        Some(before) if !before.contains('?') => {
            url.force_query = true;
            rest = before;
        }
        _ => {
            if let Some((before, query)) = rest.split_once('?') {
                rest = before;
                url.raw_query = query.to_owned();
            }
        }
    }
    if !rest.starts_with('/') {
        if !url.scheme.is_empty() {
            url.opaque = rest.to_owned();
            return Ok(url);
        }
        if rest.split('/').next().is_some_and(|segment| segment.contains(':')) {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
    }
    if (!url.scheme.is_empty() || !rest.starts_with("///"))
        && let Some(after) = rest.strip_prefix("//")
    {
        let (authority, path) = match after.find('/') {
            Some(at) => after.split_at_checked(at).unwrap_or((after, "")),
            None => (after, ""),
        };
        rest = path;
        url.take_authority(authority)?;
    } else if !url.scheme.is_empty() && rest.starts_with('/') {
        url.omit_host = true;
    }
    url.path = unescape(rest, Part::Path)?;
    if escape(&url.path, Part::Path) != rest {
        url.raw_path = rest.to_owned();
    }
    Ok(url)
}

fn scheme(text: &str) -> Result<(&str, &str), String> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => {
                let (scheme, rest) = text.split_at_checked(at).unwrap_or(("", text));
                return Ok((scheme, rest.strip_prefix(':').unwrap_or(rest)));
            }
            _ => break,
        }
    }
    Ok(("", text))
}

impl Url {
    fn take_authority(&mut self, authority: &str) -> Result<(), String> {
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        self.host = parse_host(&self.scheme, host)?;
        let Some(user) = user else { return Ok(()) };
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
        if !user.chars().all(allowed) {
            return Err("net/url: invalid userinfo".to_owned());
        }
        self.user = Some(match user.split_once(':') {
            None => (unescape(user, Part::User)?, None),
            Some((name, password)) => {
                (unescape(name, Part::User)?, Some(unescape(password, Part::User)?))
            }
        });
        Ok(())
    }

    /// The path with its escapes: as it was written where that fits, else as Go escapes.
    pub(crate) fn escaped_path(&self) -> String {
        if let Some(written) = as_written(&self.raw_path, &self.path, Part::Path) {
            return written;
        }
        if self.path == b"*" {
            return "*".to_owned();
        }
        escape(&self.path, Part::Path)
    }

    /// The whole URL.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        if !self.scheme.is_empty() {
            text.push_str(&self.scheme);
            text.push(':');
        }
        if self.opaque.is_empty() {
            self.write_hierarchy(&mut text);
        } else {
            text.push_str(&self.opaque);
        }
        if self.force_query || !self.raw_query.is_empty() {
            text.push('?');
            text.push_str(&self.raw_query);
        }
        if !self.fragment.is_empty() {
            text.push('#');
            let written = as_written(&self.raw_fragment, &self.fragment, Part::Fragment);
            text.push_str(&written.unwrap_or_else(|| escape(&self.fragment, Part::Fragment)));
        }
        text
    }

    fn write_hierarchy(&self, text: &mut String) {
        let has_authority = !self.host.is_empty() || self.user.is_some();
        if has_authority || !self.scheme.is_empty() && !self.omit_host {
            if has_authority || !self.path.is_empty() {
                text.push_str("//");
            }
            if let Some((name, password)) = &self.user {
                text.push_str(&escape(name, Part::User));
                if let Some(password) = password {
                    text.push(':');
                    text.push_str(&escape(password, Part::User));
                }
                text.push('@');
            }
            text.push_str(&escape(&self.host, Part::Host));
        }
        let path = self.escaped_path();
        if !path.is_empty() && !path.starts_with('/') && !self.host.is_empty() {
            text.push('/');
        }
        if text.is_empty() && path.split('/').next().is_some_and(|segment| segment.contains(':')) {
            text.push_str("./");
        }
        text.push_str(&path);
    }

    /// The host with its port.
    pub(crate) fn host_text(&self) -> String {
        text_of_slice(&self.host)
    }
}

fn as_written(raw: &str, plain: &[u8], part: Part) -> Option<String> {
    let allowed = |byte: u8| b"!$&'()*+,;=:@[]%".contains(&byte) || !must_escape(byte, part);
    let fits = !raw.is_empty()
        && raw.bytes().all(allowed)
        && unescape(raw, part).is_ok_and(|unescaped| unescaped == plain);
    fits.then(|| raw.to_owned())
}

fn parse_host(scheme: &str, host: &str) -> Result<Vec<u8>, String> {
    match host.rfind('[') {
        Some(0) => return parse_literal(host),
        Some(_) => return Err("invalid IP-literal".to_owned()),
        None => {}
    }
    if let Some(first) = host.find(':') {
        let at = match host.rfind(':') {
            Some(last) if scheme != "http" && scheme != "https" => last,
            _ => first,
        };
        let (_, port) = host.split_at_checked(at).unwrap_or((host, ""));
        check_port(port)?;
    }
    unescape(host, Part::Host)
}

fn check_port(port: &str) -> Result<(), String> {
    let fine = match port.strip_prefix(':') {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_digit()),
        None => port.is_empty(),
    };
    if fine { Ok(()) } else { Err(format!("invalid port {} after host", quote(port))) }
}

/// An address of IPv6 in brackets, with a zone perhaps, and a port perhaps.
fn parse_literal(host: &str) -> Result<Vec<u8>, String> {
    let Some((inside, port)) = host.strip_prefix('[').and_then(|host| host.rsplit_once(']')) else {
        return Err("missing ']' in host".to_owned());
    };
    check_port(port)?;
    let name = match inside.find("%25") {
        Some(at) => {
            let (address, zone) = inside.split_at_checked(at).unwrap_or((inside, ""));
            [unescape(address, Part::Host)?, unescape(zone, Part::Zone)?].concat()
        }
        None => unescape(inside, Part::Host)?,
    };
    let text = text_of_slice(&name);
    let (address, zone) = text.split_once('%').unwrap_or((&text, "-"));
    if text.parse::<std::net::Ipv4Addr>().is_ok() {
        return Err("invalid IP-literal".to_owned());
    }
    if address.parse::<Ipv6Addr>().is_err() || zone.is_empty() {
        return Err(format!("invalid host: ParseAddr({}): unable to parse IP", quote(&text)));
    }
    Ok([b"[", name.as_slice(), b"]", port.as_bytes()].concat())
}

fn must_escape(byte: u8, part: Part) -> bool {
    if byte.is_ascii_alphanumeric() {
        return false;
    }
    if matches!(part, Part::Host | Part::Zone) && b"!$&'()*+,;=:[]<>\"".contains(&byte) {
        return false;
    }
    match byte {
        b'-' | b'_' | b'.' | b'~' => false,
        b'$' | b'&' | b'+' | b',' | b'/' | b':' | b';' | b'=' | b'?' | b'@' => match part {
            Part::Path => byte == b'?',
            Part::User => matches!(byte, b'@' | b'/' | b'?' | b':'),
            Part::Fragment => false,
            Part::Host | Part::Zone => true,
        },
        b'!' | b'(' | b')' | b'*' => part != Part::Fragment,
        _ => true,
    }
}

fn escape(bytes: &[u8], part: Part) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        if must_escape(byte, part) {
            text.push_str(&format!("%{byte:02X}"));
        } else {
            text.push(char::from(byte));
        }
    }
    text
}

fn unescape(text: &str, part: Part) -> Result<Vec<u8>, String> {
    let bytes = bytes_of(text);
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte != b'%' {
            if matches!(part, Part::Host | Part::Zone) && byte < 0x80 && must_escape(byte, part) {
                let character = quote(&char::from(byte).to_string());
                return Err(format!("invalid character {character} in host name"));
            }
            plain.push(byte);
            at += 1;
            continue;
        }
        let code = bytes.get(at..).unwrap_or_default();
        let code = code.get(..3).unwrap_or(code);
        let digit = |index: usize| code.get(index).and_then(|&b| char::from(b).to_digit(16));
        let value = digit(1).zip(digit(2)).and_then(|(a, b)| u8::try_from(a * 16 + b).ok());
        let allowed = |value: u8| match part {
            Part::Host => value >= 0x80 || code == b"%25",
            Part::Zone => code == b"%25" || value == b' ' || !must_escape(value, Part::Host),
            _ => true,
        };
        match value.filter(|value| allowed(*value)) {
            Some(value) => plain.push(value),
            None => return Err(format!("invalid URL escape {}", quote_bytes(code))),
        }
        at += 3;
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_comes_back() {
        for text in [
            "https://user:pa%3Ass@example.com:8080/a%2Fb/c?q=1#f%20g",
            "spiffe://cluster.local/ns/default",
            "urn:uuid:1",
            "mailto:a@b",
            "/a b",
            "//host/x",
            "http://[::1]:80/",
            "file:/x",
            "x?",
        ] {
            let url = parse(text).unwrap_or_default();
            assert_eq!(url.text(), text.replace("a b", "a%20b"), "{url:?}");
        }
    }

    #[test]
    fn errors_are_told_in_gos_words() {
        for (text, error) in [
            (":a", "parse \":a\": missing protocol scheme"),
            ("a:b/%zz?", ""),
            ("http://a/%zz", "parse \"http://a/%zz\": invalid URL escape \"%zz\""),
            ("http://a b", "parse \"http://a b\": invalid character \" \" in host name"),
            ("http://a:b", "parse \"http://a:b\": invalid port \":b\" after host"),
            ("http://[::1", "parse \"http://[::1\": missing ']' in host"),
            ("1:2", "parse \"1:2\": first path segment in URL cannot contain colon"),
        ] {
            assert_eq!(parse(text).err().unwrap_or_default(), error, "{text}");
        }
    }
}
