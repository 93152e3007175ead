//! URLs, as Go's `net/url` reads and writes them: RFC 3986 with Go's leniencies and errors.

mod error;
mod escape;
mod host;
mod resolve;

use escape::{Part, unescape, written};
use referee_rego_value::bytes::text_of_slice;

pub use error::{UrlError, UrlFault};
pub use escape::{query_escape, query_escape_bytes, query_unescape, query_unescape_bytes};

/// A URL in its parts; what is not there is empty. Parts that are bytes were unescaped, and may be
/// no UTF-8.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Url {
    /// In lower case.
    pub scheme: String,
    /// What follows the scheme, where it does not begin with a slash.
    pub opaque: String,
    /// The name before the host, and the password where there is one.
    pub user: Option<(Vec<u8>, Option<Vec<u8>>)>,
    /// With the port, and with the brackets of an address.
    pub host: Vec<u8>,
    /// The path.
    pub path: Vec<u8>,
    /// The path as it was written, where escaping the path does not give it.
    pub raw_path: String,
    /// Whether there is a scheme, but no place for a host.
    pub omit_host: bool,
    /// Whether a `?` ends it.
    pub force_query: bool,
    /// What follows `?`, as it was written.
    pub raw_query: String,
    /// What follows `#`.
    pub fragment: Vec<u8>,
    /// The fragment as it was written, where escaping the fragment does not give it.
    pub raw_fragment: String,
}

impl Url {
    /// Reads a URL.
    ///
    /// # Errors
    /// Where it is none, in Go's words.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let (before, fragment) = text.split_once('#').unwrap_or((text, ""));
        let failed = |url: &str, fault| UrlError { url: url.to_owned(), fault };
        let mut url = Self::without_fragment(before).map_err(|fault| failed(before, fault))?;
        url.fragment = unescape(fragment, Part::Fragment).map_err(|fault| failed(text, fault))?;
        if escape::escape(&url.fragment, Part::Fragment) != fragment {
            fragment.clone_into(&mut url.raw_fragment);
        }
        Ok(url)
    }

    fn without_fragment(text: &str) -> Result<Self, UrlFault> {
        if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return Err(UrlFault::ControlCharacter);
        }
        let mut url = Self::default();
        if text == "*" {
            url.path.push(b'*');
            return Ok(url);
        }
        let (scheme, mut rest) = split_scheme(text)?;
        url.scheme = scheme.to_ascii_lowercase();
        if let Some((before, query)) = rest.split_once('?') {
            rest = before;
            url.force_query = query.is_empty();
            query.clone_into(&mut url.raw_query);
        }
        if !rest.starts_with('/') {
            if !url.scheme.is_empty() {
                rest.clone_into(&mut url.opaque);
                return Ok(url);
            }
            if rest.split('/').next().is_some_and(|segment| segment.contains(':')) {
                return Err(UrlFault::ColonInPath);
            }
        }
        let local = url.scheme.is_empty() && rest.starts_with("///");
        if let Some(authority) = rest.strip_prefix("//").filter(|_| !local) {
            let end = authority.find('/').unwrap_or(authority.len());
            let (authority, path) = authority.split_at_checked(end).unwrap_or((authority, ""));
            rest = path;
            url.set_authority(authority)?;
        } else {
            url.omit_host = !url.scheme.is_empty() && rest.starts_with('/');
        }
        url.set_path(rest)?;
        Ok(url)
    }

    fn set_path(&mut self, path: &str) -> Result<(), UrlFault> {
        self.path = unescape(path, Part::Path)?;
        self.raw_path.clear();
        if escape::escape(&self.path, Part::Path) != path {
            self.raw_path.push_str(path);
        }
        Ok(())
    }

    fn set_authority(&mut self, authority: &str) -> Result<(), UrlFault> {
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        self.host = host::host_of(&self.scheme, host)?;
        let Some(user) = user else {
            return Ok(());
        };
        let valid = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
        if !user.chars().all(valid) {
            return Err(UrlFault::UserInfo);
        }
        let (name, password) = match user.split_once(':') {
            Some((name, password)) => (name, Some(password)),
            None => (user, None),
        };
        let name = unescape(name, Part::User)?;
        let password = password.map(|text| unescape(text, Part::User)).transpose()?;
        self.user = Some((name, password));
        Ok(())
    }

    /// The path with its escapes: as it was written where that fits, else as Go escapes it.
    #[must_use]
    pub fn escaped_path(&self) -> String {
        if self.path == b"*" && self.raw_path.is_empty() {
            return "*".to_owned();
        }
        written(&self.raw_path, &self.path, Part::Path)
    }

    /// The host with its port, as text.
    #[must_use]
    pub fn host_text(&self) -> String {
        text_of_slice(&self.host)
    }

    /// The host without its port and without brackets, and the port.
    #[must_use]
    pub fn host_and_port(&self) -> (String, String) {
        let host = self.host_text();
        let (name, port) = match host.rfind(':').and_then(|at| host.split_at_checked(at)) {
            Some((name, port)) if host::is_port(port) => (name, port.get(1..).unwrap_or_default()),
            _ => (host.as_str(), ""),
        };
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
        (bare.unwrap_or(name).to_owned(), port.to_owned())
    }

    fn write_hierarchy(&self, out: &mut String) {
        let authority = !self.host.is_empty() || self.user.is_some();
        if authority || !self.scheme.is_empty() && !self.omit_host && !self.path.is_empty() {
            out.push_str("//");
        }
        if let Some((name, password)) = &self.user {
            out.push_str(&escape::escape(name, Part::User));
            if let Some(password) = password {
                out.push(':');
                out.push_str(&escape::escape(password, Part::User));
            }
            out.push('@');
        }
        out.push_str(&escape::escape(&self.host, Part::Host));
        let path = self.escaped_path();
        if !path.is_empty() && !path.starts_with('/') && !self.host.is_empty() {
            out.push('/');
        }
        // Such a path would be read as a scheme.
        if out.is_empty() && path.split('/').next().is_some_and(|first| first.contains(':')) {
            out.push_str("./");
        }
        out.push_str(&path);
    }
}

impl std::fmt::Display for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut out = String::new();
        if !self.scheme.is_empty() {
            out.push_str(&self.scheme);
            out.push(':');
        }
        if self.opaque.is_empty() {
            self.write_hierarchy(&mut out);
        } else {
            out.push_str(&self.opaque);
        }
        if self.force_query || !self.raw_query.is_empty() {
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

fn split_scheme(text: &str) -> Result<(&str, &str), UrlFault> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err(UrlFault::NoScheme),
            b':' => return Ok(text.split_once(':').unwrap_or(("", text))),
            _ => break,
        }
    }
    Ok(("", text))
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
            let url = Url::parse(text).unwrap_or_default();
            assert_eq!(url.to_string(), text.replace("a b", "a%20b"), "{url:?}");
        }
    }

    #[test]
    fn what_is_no_url_is_refused_in_gos_words() {
        for (text, error) in [
            (":a", "parse \":a\": missing protocol scheme"),
            ("a:b/%zz?", ""),
            ("http://a/%zz", "parse \"http://a/%zz\": invalid URL escape \"%zz\""),
            ("http://a b", "parse \"http://a b\": invalid character \" \" in host name"),
            ("http://a:b", "parse \"http://a:b\": invalid port \":b\" after host"),
            ("http://[::1", "parse \"http://[::1\": missing ']' in host"),
            ("1:2", "parse \"1:2\": first path segment in URL cannot contain colon"),
            (
                "//[::g]",
                "parse \"//[::g]\": invalid host: ParseAddr(\"::g\"): each colon-separated field \
                 must have at least one digit (at \"g\")",
            ),
        ] {
            assert_eq!(
                Url::parse(text).err().map(|error| error.to_string()).unwrap_or_default(),
                error,
                "{text}"
            );
        }
    }

    #[test]
    fn a_host_stands_without_brackets_and_port() {
        let parts = |text: &str| Url::parse(text).unwrap_or_default().host_and_port();
        assert_eq!(parts("//[::1]:80"), ("::1".to_owned(), "80".to_owned()));
        assert_eq!(parts("//h:"), ("h".to_owned(), String::new()));
        assert_eq!(parts("x://a:1:2"), ("a:1".to_owned(), "2".to_owned()));
    }
}
