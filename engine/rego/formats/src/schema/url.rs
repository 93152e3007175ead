//! URLs as Go's `net/url` reads, resolves and writes them: JSON references are such URLs, and
//! their errors are seen by policies. Two differ in Go's words: an address in brackets that is none
//! is told without the reason.

use referee_rego_value::write_quoted;
use std::net::Ipv6Addr;

/// Which part of a URL a text is: each lets other characters stand as they are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    Host,
    Zone,
    User,
    Fragment,
}

/// A URL in its parts, unescaped where not said otherwise; what is not there is empty.
#[derive(Clone, Debug, Default)]
pub(super) struct Url {
    pub(super) scheme: String,
    /// What follows the scheme where it does not begin with a slash.
    opaque: String,
    /// The user and the password before the host.
    user: Option<(Vec<u8>, Option<Vec<u8>>)>,
    pub(super) host: Vec<u8>,
    /// Whether there is a scheme, but no place for a host.
    hostless: bool,
    pub(super) path: Vec<u8>,
    /// The path as it was written, where escaping the path does not give it.
    raw_path: String,
    /// Whether a `?` ends it.
    bare_query: bool,
    raw_query: String,
    pub(super) fragment: Vec<u8>,
    /// The fragment as it was written, where escaping the fragment does not give it.
    raw_fragment: String,
}

/// Text in double quotes, as Go's `%q`.
fn quoted(text: &str) -> String {
    let mut out = String::new();
    // Writing into a string does not fail.
    let _ = write_quoted(text, &mut out);
    out
}

fn quoted_bytes(bytes: &[u8]) -> String {
    quoted(&String::from_utf8_lossy(bytes))
}

fn stands(byte: u8, part: Part) -> bool {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => true,
        b'$' | b'&' | b'+' | b',' | b';' | b'=' => true,
        b':' => part != Part::User,
        b'@' | b'/' => matches!(part, Part::Path | Part::Fragment),
        b'?' => part == Part::Fragment,
        b'!' | b'(' | b')' | b'*' => matches!(part, Part::Host | Part::Zone | Part::Fragment),
        b'\'' | b'[' | b']' | b'<' | b'>' | b'"' => matches!(part, Part::Host | Part::Zone),
        _ => false,
    }
}

fn escape(text: &[u8], part: Part) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |value: u8| DIGITS.get(usize::from(value)).map_or('0', |digit| char::from(*digit));
    let mut escaped = String::with_capacity(text.len());
    for byte in text {
        if stands(*byte, part) {
            escaped.push(char::from(*byte));
        } else {
            escaped.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    escaped
}

fn hexadecimal(byte: Option<&u8>) -> Option<u8> {
    byte.and_then(|byte| char::from(*byte).to_digit(16)).and_then(|digit| u8::try_from(digit).ok())
}

fn bad_escape(text: &[u8]) -> String {
    format!("invalid URL escape {}", quoted_bytes(text.get(..3).unwrap_or(text)))
}

fn unescape(text: &[u8], part: Part) -> Result<Vec<u8>, String> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        let at = std::mem::replace(&mut rest, after);
        if *byte == b'%' {
            let (Some(high), Some(low)) = (hexadecimal(at.get(1)), hexadecimal(at.get(2))) else {
                return Err(bad_escape(at));
            };
            let value = high << 4 | low;
            // Only what is not ASCII may be escaped in a host; a zone may have spaces, too.
            let refused = match part {
                Part::Host => high < 8 && value != b'%',
                Part::Zone => value != b'%' && value != b' ' && !stands(value, Part::Host),
                _ => false,
            };
            if refused {
                return Err(bad_escape(at));
            }
            plain.push(value);
            rest = at.get(3..).unwrap_or_default();
        } else {
            let in_host = matches!(part, Part::Host | Part::Zone);
            if in_host && byte.is_ascii() && !stands(*byte, part) {
                let shown = quoted_bytes(&[*byte]);
                return Err(format!("invalid character {shown} in host name"));
            }
            plain.push(*byte);
        }
    }
    Ok(plain)
}

/// Whether a text could have been written as it is, escaped.
fn is_escaped(text: &str, part: Part) -> bool {
    text.bytes().all(|byte| b"!$&'()*+,;=:@[]%".contains(&byte) || stands(byte, part))
}

/// What was written, where it still stands for the text, and otherwise the text, escaped.
fn written(raw: &str, text: &[u8], part: Part) -> String {
    let kept = !raw.is_empty()
        && is_escaped(raw, part)
        && unescape(raw.as_bytes(), part).is_ok_and(|plain| plain == text);
    if kept { raw.to_owned() } else { escape(text, part) }
}

fn is_port(text: &str) -> bool {
    text.is_empty()
        || text.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()))
}

fn bad_port(port: &str) -> String {
    format!("invalid port {} after host", quoted(port))
}

impl Url {
    /// Reads a URL.
    ///
    /// # Errors
    /// In Go's words.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (before, fragment) = text.split_once('#').unwrap_or((text, ""));
        let failed = |text: &str, error: String| format!("parse {}: {error}", quoted(text));
        let mut url = Self::parse_main(before).map_err(|error| failed(before, error))?;
        url.fragment = unescape(fragment.as_bytes(), Part::Fragment)
            .map_err(|error| failed(text, error))?;
        if escape(&url.fragment, Part::Fragment) != fragment {
            fragment.clone_into(&mut url.raw_fragment);
        }
        Ok(url)
    }

    fn parse_main(text: &str) -> Result<Self, String> {
        if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        let mut url = Self::default();
        if text == "*" {
            url.path.push(b'*');
            return Ok(url);
        }
        let (scheme, mut rest) = split_scheme(text)?;
        url.scheme = scheme.to_ascii_lowercase();
        match rest.split_once('?') {
            Some((before, "")) => (rest, url.bare_query) = (before, true),
            Some((before, query)) => {
                rest = before;
                query.clone_into(&mut url.raw_query);
            }
            None => {}
        }
        if !rest.starts_with('/') {
            if !url.scheme.is_empty() {
                rest.clone_into(&mut url.opaque);
                return Ok(url);
            }
            if rest.split('/').next().is_some_and(|segment| segment.contains(':')) {
                return Err("first path segment in URL cannot contain colon".to_owned());
            }
        }
        let local = url.scheme.is_empty() && rest.starts_with("///");
        if let Some(authority) = rest.strip_prefix("//").filter(|_| !local) {
            let end = authority.find('/').unwrap_or(authority.len());
            let (authority, after) = authority.split_at_checked(end).unwrap_or((authority, ""));
            rest = after;
            url.set_authority(authority)?;
        } else {
            url.hostless = !url.scheme.is_empty() && rest.starts_with('/');
        }
        url.set_path(rest)?;
        Ok(url)
    }

    fn set_path(&mut self, path: &str) -> Result<(), String> {
        self.path = unescape(path.as_bytes(), Part::Path)?;
        self.raw_path.clear();
        if escape(&self.path, Part::Path) != path {
            self.raw_path.push_str(path);
        }
        Ok(())
    }

    fn set_authority(&mut self, authority: &str) -> Result<(), String> {
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        self.host = host_of(&self.scheme, host)?;
        let Some(user) = user else {
            return Ok(());
        };
        let valid = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
        if !user.chars().all(valid) {
            return Err("net/url: invalid userinfo".to_owned());
        }
        let (name, password) = match user.split_once(':') {
            Some((name, password)) => (name, Some(password)),
            None => (user, None),
        };
        let name = unescape(name.as_bytes(), Part::User)?;
        let password = password.map(|text| unescape(text.as_bytes(), Part::User)).transpose()?;
        self.user = Some((name, password));
        Ok(())
    }

    /// The path as it is written.
    fn escaped_path(&self) -> String {
        if self.path == b"*" && self.raw_path.is_empty() {
            return "*".to_owned();
        }
        written(&self.raw_path, &self.path, Part::Path)
    }

    /// Without its fragment.
    pub(super) fn without_fragment(mut self) -> Self {
        self.fragment.clear();
        self
    }

    /// A reference in a document of this URL, as a URL.
    pub(super) fn resolve(&self, reference: &Self) -> Self {
        let mut url = reference.clone();
        if reference.scheme.is_empty() {
            url.scheme.clone_from(&self.scheme);
        }
        let own_host = !reference.host.is_empty() || reference.user.is_some();
        if !reference.scheme.is_empty() || own_host {
            // A path that was escaped validly stays so.
            let _ = url.set_path(&resolve_path(&reference.escaped_path(), ""));
            return url;
        }
        if reference.path.is_empty() && !reference.bare_query && reference.raw_query.is_empty() {
            url.raw_query.clone_from(&self.raw_query);
            if reference.fragment.is_empty() {
                url.fragment.clone_from(&self.fragment);
                url.raw_fragment.clone_from(&self.raw_fragment);
            }
        }
        if reference.path.is_empty() && !self.opaque.is_empty() {
            url.opaque.clone_from(&self.opaque);
            return url;
        }
        url.host.clone_from(&self.host);
        url.user.clone_from(&self.user);
        let _ = url.set_path(&resolve_path(&self.escaped_path(), &reference.escaped_path()));
        url
    }
}

impl std::fmt::Display for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = String::new();
        if !self.scheme.is_empty() {
            out.push_str(&self.scheme);
            out.push(':');
        }
        if !self.opaque.is_empty() {
            out.push_str(&self.opaque);
        } else {
            let authority = !self.host.is_empty() || self.user.is_some();
            if authority || (!self.scheme.is_empty() && !self.hostless && !self.path.is_empty()) {
                out.push_str("//");
            }
            if let Some((name, password)) = &self.user {
                out.push_str(&escape(name, Part::User));
                if let Some(password) = password {
                    out.push(':');
                    out.push_str(&escape(password, Part::User));
                }
                out.push('@');
            }
            out.push_str(&escape(&self.host, Part::Host));
            let path = self.escaped_path();
            if !path.is_empty() && !path.starts_with('/') && !self.host.is_empty() {
                out.push('/');
            }
            if out.is_empty() && path.split('/').next().is_some_and(|first| first.contains(':')) {
                out.push_str("./");
            }
            out.push_str(&path);
        }
        if self.bare_query || !self.raw_query.is_empty() {
            out.push('?');
            out.push_str(&self.raw_query);
        }
        if !self.fragment.is_empty() {
            out.push('#');
            out.push_str(&written(&self.raw_fragment, &self.fragment, Part::Fragment));
        }
        f.write_str(&out)
    }
}

fn split_scheme(text: &str) -> Result<(&str, &str), String> {
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

fn host_of(scheme: &str, host: &str) -> Result<Vec<u8>, String> {
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
    let (address, zone) = match text.split_once('%') {
        Some((address, zone)) => (address, Some(zone)),
        None => (text.as_ref(), None),
    };
    if address.parse::<std::net::Ipv4Addr>().is_ok() && zone.is_none() {
        return Err("invalid IP-literal".to_owned());
    }
    if address.parse::<Ipv6Addr>().is_err() || zone == Some("") {
        return Err(format!("invalid host: ParseAddr({}): unable to parse IP", quoted(&text)));
    }
    Ok([b"[", plain.as_slice(), b"]", port.as_bytes()].concat())
}

/// A path relative to another, without `.` and `..` (RFC 3986, section 5.2.4).
fn resolve_path(base: &str, reference: &str) -> String {
    let full = if reference.is_empty() {
        base.to_owned()
    } else if reference.starts_with('/') {
        reference.to_owned()
    } else {
        let directory = base.rfind('/').and_then(|at| base.get(..=at)).unwrap_or_default();
        format!("{directory}{reference}")
    };
    if full.is_empty() {
        return full;
    }
    let mut path = String::from("/");
    let (mut first, mut last) = (true, "");
    for element in full.split('/') {
        last = element;
        match element {
            "." => first = false,
            ".." => {
                let end = path.rfind('/').filter(|at| *at > 0).unwrap_or(1);
                path.truncate(end);
                first = path.len() == 1;
            }
            other => {
                if !first {
                    path.push('/');
                }
                path.push_str(other);
                first = false;
            }
        }
    }
    if matches!(last, "." | "..") {
        path.push('/');
    }
    match path.strip_prefix("//") {
        Some(rest) => format!("/{rest}"),
        None => path,
    }
}
